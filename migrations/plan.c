/*
 * Making a plan, and printing it.
 */
#include "config.h"

#include "ss/plan.h"

#include "ss/diff.h"

#include "migrations/park.h"

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

struct making {
	struct plan *plan;
	struct lower_opts lower;
	const struct schema *at;
	struct parking *parking;
	size_t stage, staged;	/* which it is, and of how many statements that
				 * is said */
	struct schema **lax;	/* on the way */
	size_t nlax, lax_cap;
	size_t cap;
	struct arena *arena;
	struct err *err;
};

/* Every stage but the first has its rows only when those before it have run. */
static void number(struct making *m)
{
	struct script *s = &m->plan->script;

	for (; m->staged < s->n; m->staged++)
		s->v[m->staged].stage = m->stage;
}

/* Behind what is there already. */
static void append(struct making *m, const struct script *part)
{
	struct script *all = &m->plan->script;

	for (size_t i = 0; i < part->n; i++)
		*ARENA_PUSH(m->arena, all->v, all->n, all->cap) = part->v[i];
	for (size_t i = 0; i < part->notes.n; i++)
		list_add(m->arena, &all->notes, part->notes.v[i]);
	all->concerns_others |= part->concerns_others;
	number(m);
}

/* What it loses is what it would be without.  What would stand in the way of
 * that it may clear away by itself; if not, it fails. */
static int edit(struct making *m, struct script *part,
		const struct stage *stage)
{
	struct script edited = { .n = 0 };
	struct statement *st;

	if (m->plan->engine->lower_edited(&edited, stage->title,
					  sql_trimmed(stage->edited,
						      m->arena), m->arena,
					  m->err))
		return -1;
	st = &edited.v[0];
	for (size_t i = 0; i < part->n; i++)
		for (size_t k = 0; k < part->v[i].nhazards; k++) {
			const struct hazard *h = &part->v[i].hazards[k];

			if (hazard_infos[h->id].severity == HAZARD_BLOCKS)
				continue;
			statement_hazard(st, m->arena, h->id, h->node,
					 h->count_sql)->hold_sql = h->hold_sql;
		}
	*part = edited;
	return 0;
}

static int lower_part(struct making *m, const struct schema *from,
		      const struct schema *to, const struct stage *stage,
		      const struct losses *losses)
{
	struct script part = { .n = 0 };

	if (m->plan->engine->lower(&part, from, to, &m->lower, m->arena,
				   m->err) ||
	    (stage && stage->edited && edit(m, &part, stage)))
		return -1;
	if (losses)
		park_hazards(losses, &part);
	append(m, &part);
	return 0;
}

/* By way of a schema that takes rows back. */
static int bring_back(struct making *m, const struct returns *r,
		      const struct stretch *s, const struct stage *stage,
		      const struct losses *losses)
{
	bool edited = stage && stage->edited;
	struct script rows = { .n = 0 };
	struct schema *lax = arena_alloc(m->arena, sizeof(*lax));

	*ARENA_PUSH(m->arena, m->lax, m->nlax, m->lax_cap) = lax;
	if (schema_lax(lax, s->diff, s->to, r->objects, r->nobjects, m->arena,
		       m->err) ||
	    (edited && lower_part(m, s->from, s->to, stage, losses)) ||
	    lower_part(m, edited ? s->to : s->from, lax, NULL, losses) ||
	    unpark(&rows, r, s, lax))
		return -1;
	append(m, &rows);
	m->stage++;
	return lower_part(m, lax, s->to, NULL, NULL);
}

/* Keeping what goes, where that is wanted, and bringing back what comes. */
static int go_parking(struct making *m, const struct schema *from,
		      const struct schema *to, const struct stage *stage)
{
	struct script kept = { .n = 0 };
	struct losses losses;
	struct returns back;
	struct diff d;
	struct stretch s = { m->parking, from, to, &d, m->arena, m->err };
	int ret = -1;

	schema_diff(&d, from, to, 0, m->arena);
	if (park_losses(&losses, &kept, &s))
		goto out;
	append(m, &kept);
	unpark_find(&back, &s);
	ret = back.n ? bring_back(m, &back, &s, stage, &losses) :
	      lower_part(m, from, to, stage, &losses);
out:
	losses_release(&losses);
	return ret;
}

static int go_to(struct making *m, const struct schema *to,
		 const struct stage *stage)
{
	const struct schema *const both[] = { m->at, to };
	struct agreed g;
	int ret;

	if (m->at == to && (!stage || !stage->edited))
		return 0;
	schema_agree(&g, both, ARRAY_LEN(both), m->arena);
	ret = m->parking ? go_parking(m, g.v[0], g.v[1], stage) :
	      lower_part(m, g.v[0], g.v[1], stage, NULL);
	schema_agree_release(&g);
	if (!ret)
		m->at = to;
	return ret;
}

static bool is_idle(const struct stage *stage)
{
	for (size_t i = 0; i < stage->n; i++)
		if (!data_run_text(&stage->runs[i])->empty)
			return false;
	return stage->n && !stage->edited;
}

static bool all_idle(const struct plan_opts *opts)
{
	for (size_t i = 0; i < opts->nstages; i++)
		if (!is_idle(&opts->stages[i]))
			return false;
	return true;
}

/* A step that has nothing to do has run all the same. */
static int call_in(struct making *m, const struct stage *stage)
{
	struct plan *p = m->plan;
	size_t first = p->script.n;

	if (!is_idle(stage) && go_to(m, stage->to, stage))
		return -1;
	for (size_t i = 0; i < stage->n; i++) {
		const struct data_run *r = &stage->runs[i];

		*ARENA_PUSH(m->arena, p->runs, p->nruns, m->cap) = r;
		if (!stage->edited && !data_run_text(r)->empty &&
		    p->engine->lower_data(&p->script, r, m->at, &m->lower,
					  m->arena, m->err))
			return -1;
	}
	number(m);
	m->stage += p->script.n > first;
	return 0;
}

static int make_stages(struct making *m, const struct plan_opts *opts,
		       const struct schema *to)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < opts->nstages; i++)
		ret = call_in(m, &opts->stages[i]);
	if (!ret && m->at != to)
		ret = go_to(m, to, NULL);
	for (size_t i = 0; i < m->nlax; i++)
		schema_release(m->lax[i]);
	return ret;
}

static void begin_plan(struct plan *out, const struct engine *engine,
		       const struct schema *from, const struct schema *to,
		       struct arena *a)
{
	memset(out, 0, sizeof(*out));
	out->engine = engine;
	out->from = from;
	out->to = to;
	out->version = version_for(out, a);
}

static void end_plan(struct plan *out, struct arena *a)
{
	collect_sql(out, a);
	schema_digest(out->from_digest, out->from);
	schema_digest(out->to_digest, out->to);
	/* Where there is nothing to run one has arrived. */
	out->proven = !out->script.n && !strcmp(out->from_digest,
						out->to_digest);
}

int plan_of_text(struct plan *out, const struct engine *engine,
		 const struct schema *from, const struct schema *to,
		 const char *title, const char *sql, struct arena *a,
		 struct err *err)
{
	begin_plan(out, engine, from, to, a);
	sql = sql_trimmed(sql, a);
	if (*sql && engine->lower_edited(&out->script, title, sql, a, err))
		return -1;
	end_plan(out, a);
	return 0;
}

int plan_make(struct plan *out, const struct engine *engine,
	      const struct schema *from, const struct schema *to,
	      const struct plan_opts *opts, struct arena *a, struct err *err)
{
	struct plan_opts none = { .nstages = 0 };
	struct making m = { .plan = out, .at = from, .arena = a, .err = err };

	if (!opts)
		opts = &none;
	begin_plan(out, engine, from, to, a);
	m.parking = opts->parking;
	m.lower = (struct lower_opts){
		.column_order = opts->column_order, .online = opts->online,
		.extensions = opts->extensions, .data = !all_idle(opts),
	};
	out->extensions = opts->extensions;
	if (opts->online && !engine->hold)
		return err_set(err, ERR_USAGE, "engine %s has no online forms",
			       engine->name);
	if (make_stages(&m, opts, to))
		return -1;
	end_plan(out, a);
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
	if (st->data)
		add_comment(b, st->node);
	buf_addf(b, "%s;\n", st->printed ? st->printed : st->sql);
}

static void add_steps(struct buf *b, const struct plan *plan)
{
	const struct script *s = &plan->script;

	for (size_t i = 0, end; i < s->n; i = end) {
		bool alone = step_is_alone(s->v[i].step) || s->v[i].printed;

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
