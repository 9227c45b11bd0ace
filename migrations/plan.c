/*
 * Making a plan, and printing it.
 */
#include "config.h"

#include "ss/plan.h"

#include "ss/diff.h"

static void collect_sql(struct plan *p, struct arena *a)
{
	struct buf b = BUF_INIT;

	script_sql(&b, &p->script);
	p->sql = arena_strndup(a, b.ptr, b.len);
	p->sql_len = b.len;
	sha256_of(p->sql_sha256, b.ptr, b.len);
	buf_release(&b);
}

/* The library's, or that of the server that the schemas are as on. */
static const char *version_for(const struct plan *p, struct arena *a)
{
	struct buf b = BUF_INIT;
	const char *version = p->to->version ? p->to->version :
			      p->from->version;

	p->engine->version(&b, NULL);
	if (b.len)
		version = arena_strdup(a, b.ptr);
	buf_release(&b);
	return version;
}

int plan_make(struct plan *out, const struct engine *engine,
	      const struct schema *from, const struct schema *to,
	      const struct plan_opts *opts, struct arena *a, struct err *err)
{
	struct lower_opts lower = { 0 };

	memset(out, 0, sizeof(*out));
	if (opts) {
		lower.column_order = opts->column_order;
		lower.online = opts->online;
		lower.extensions = opts->extensions;
		out->extensions = opts->extensions;
	}
	out->engine = engine;
	out->from = from;
	out->to = to;
	out->version = version_for(out, a);
	if (lower.online && !engine->hold)
		return err_set(err, ERR_USAGE, "engine %s has no online forms",
			       engine->name);
	if (engine->lower(&out->script, from, to, &lower, a, err))
		return -1;
	collect_sql(out, a);
	schema_digest(out->from_digest, from);
	schema_digest(out->to_digest, to);
	/* Where there is nothing to run one has arrived. */
	out->proven = !out->script.n && !strcmp(out->from_digest,
						out->to_digest);
	return 0;
}

int plan_whole(struct plan *out, const struct schema *s,
	       const struct list *extensions, struct arena *a, struct err *err)
{
	struct plan_opts opts = { .extensions = extensions };
	const struct engine *e = engine_find(s->spelling->engine);
	struct schema empty;
	int ret;

	schema_init(&empty, s->spelling, a);
	empty.version = s->version;
	ret = schema_seal(&empty, err) ||
	      plan_make(out, e, &empty, s, &opts, a, err) ? -1 : 0;
	out->from = NULL;
	schema_release(&empty);
	return ret;
}

/* Every line of a text behind "-- ", so that nothing in it can be SQL. */
static void add_comment(struct buf *b, const char *text)
{
	buf_addstr(b, "-- ");
	for (; *text; text++) {
		if (*text == '\n' || *text == '\r')
			buf_addch(b, ' ');
		else
			buf_addch(b, *text);
	}
	buf_addch(b, '\n');
}

static void add_hazards(struct buf *b, const struct statement *st)
{
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < st->nhazards; i++) {
		const struct hazard *h = &st->hazards[i];
		const struct hazard_info *info = &hazard_infos[h->id];

		buf_truncate(&line, 0);
		buf_addf(&line, "hazard %s: %s: %s", info->code, h->node,
			 info->text);
		add_comment(b, line.ptr);
	}
	buf_release(&line);
}

static void add_statement(struct buf *b, const struct statement *st)
{
	add_hazards(b, st);
	buf_addf(b, "%s;\n", st->sql);
}

static void add_steps(struct buf *b, const struct plan *plan)
{
	const struct script *s = &plan->script;

	for (size_t i = 0, end; i < s->n; i = end) {
		bool alone = step_is_alone(s->v[i].step);

		end = script_step_end(s, i);
		if (!alone)
			buf_addstr(b, plan->engine->script_begin);
		for (size_t k = i; k < end; k++)
			add_statement(b, &s->v[k]);
		if (!alone)
			buf_addstr(b, plan->engine->script_foot);
	}
}

void plan_print(struct buf *b, const struct plan *plan)
{
	bool any = plan->sql_len > 0;

	for (size_t i = 0; i < plan->script.notes.n; i++)
		add_comment(b, plan->script.notes.v[i]);
	if (!any) {
		add_comment(b, "nothing to do: the schemas are alike");
		return;
	}
	if (!plan->proven)
		add_comment(b, "not proven");
	buf_addstr(b, plan->engine->script_stop);
	buf_addstr(b, plan->engine->script_head);
	add_steps(b, plan);
}

static int take_count(void *ctx, const struct value *v, size_t n)
{
	*(int64_t *)ctx = n ? v[0].i : -1;
	return 1;
}

/* A count that does not fit the database as it stands is no count: the
 * statement itself will say what is wrong.  And it spoils no transaction. */
static int count_rows(int64_t *out, const struct hazard *h, struct conn *conn,
		      struct err *err)
{
	const struct engine *e = conn_engine(conn);
	struct err cannot = ERR_INIT;

	if (e->exec(conn, "SAVEPOINT schemastore_count", err))
		return -1;
	if (!e->query(conn, h->count_sql, NULL, 0, take_count, out, &cannot))
		return e->exec(conn, "RELEASE SAVEPOINT schemastore_count",
			       err);
	*out = -1;
	if (cannot.code != ERR_BUSY && cannot.code != ERR_IO &&
	    cannot.code != ERR_CANCELLED)
		return e->exec(conn, "ROLLBACK TO SAVEPOINT schemastore_count",
			       err);
	*err = cannot;
	return -1;
}

int hazard_count(int64_t *out, const struct hazard *h, struct conn *conn,
		 struct err *err)
{
	const struct engine *e = conn_engine(conn);
	int ret;

	*out = -1;
	if (!h->count_sql)
		return 0;
	if (e->look(conn, err))
		return -1;
	ret = count_rows(out, h, conn, err);
	e->look_end(conn);
	return ret;
}
