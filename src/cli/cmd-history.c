#include "config.h"

#include "cli/log.h"

struct history_args {
	bool sql;
	bool signature;
};

static const struct opt history_opts[] = {
	{ "sql", 0, OPT_FLAG, offsetof(struct history_args, sql), NULL,
	  "with the statements that were run" },
	{ "show-signature", 0, OPT_FLAG,
	  offsetof(struct history_args, signature), NULL,
	  "verify the signature of each entry, and show it" },
};

static const char *text_of(const char *s)
{
	return s ? s : "-";
}

/* "<strong id> <state>" as the version's title, where the store has it. */
static const char *place(struct ctx *c, const char *value)
{
	struct err unknown = ERR_INIT;
	struct strong_id id;
	struct commit v;
	char *hex;

	if (!value)
		return "?";
	if (*value == '-')
		return "nothing";
	hex = arena_strndup(&c->arena, value, 2 * SHA256_LEN);
	if (hex_decode(id.b, hex, SHA256_LEN) ||
	    version_by_strong(&v, c->project.store, &id, &c->arena, &unknown))
		return arena_printf(&c->arena, "%.12s (not in this store)",
				    hex);
	return version_title(c, &v);
}

static void show_sql(struct ctx *c, const struct ledger_entry *e)
{
	struct err missing = ERR_INIT;
	struct buf b = BUF_INIT;

	if (version_file(&b, c->project.store, &e->c, "up.sql", &c->arena,
			 &missing) > 0)
		buf_add(&c->out, b.ptr, b.len);
	else
		out_addf(c, COLOR_DIM, "(its SQL is in another copy of the "
			 "store)\n");
	buf_release(&b);
}

static int add_json(json_t *all, struct ctx *c, const struct ledger_entry *e,
		    const struct history_args *a, struct err *err)
{
	json_t *v = json_object();

	json_array_append_new(all, v);

	json_object_set_new(v, "row", json_integer((json_int_t)e->row));
	json_object_set_new(v, "time", json_integer(e->c.author.time));
	json_object_set_new(v, "author", json_text(e->c.author.name));
	json_object_set_new(v, "email", json_text(e->c.author.email));
	json_object_set_new(v, "subject", json_text(e->c.subject));
	if (e->c.body)
		json_object_set_new(v, "text", json_text(e->c.body));
	for (size_t i = 0; i < e->c.nlines; i++)
		json_object_set_new(v, e->c.lines[i].key,
				    json_text(e->c.lines[i].value));
	return a->signature ? json_signature(v, c, &e->c, err) : 0;
}

static int show_signature(struct ctx *c, const struct ledger_entry *e,
			  struct err *err)
{
	out_addf(c, COLOR_NONE, "    %s: ",
		 text_of(commit_line(&e->c, "Event")));
	if (log_add_signature(c, &e->c, err))
		return -1;
	out_addf(c, COLOR_NONE, "\n");
	return 0;
}

/* What somebody has said: where it is, and why. */
static void show_said(struct ctx *c, const struct ledger_entry *e,
		      const char *event, const char *when)
{
	const char *to = commit_line(&e->c, "To");

	out_addf(c, COLOR_NONE, "%s  %-8s ", when, to && !strcmp(event, "note")
		 ? "baseline" : event);
	if (to)
		out_addf(c, COLOR_NONE, "%s  ", place(c, to));
	out_addf(c, COLOR_NONE, "%s\n", e->c.author.name);
	for (const char *p = e->c.body; p && *p;) {
		size_t n = strcspn(p, "\n");

		buf_addstr(&c->out, "    ");
		buf_add_printable(&c->out, p, n);
		buf_addch(&c->out, '\n');
		p += n + (p[n] == '\n');
	}
}

/* One line for a begin and the finish behind it. */
static void show_entry(struct ctx *c, const struct ledger_entry *e,
		       const struct ledger_entry *next)
{
	const char *event = text_of(commit_line(&e->c, "Event"));
	const char *outcome = next ? commit_line(&next->c, "Outcome") : NULL;
	const char *when = format_time(&c->arena, e->c.author.time);

	if (!strcmp(event, "begin"))
		out_addf(c, COLOR_NONE, "%s  %-8s %s -> %s  %s  %s\n", when,
			 text_of(commit_line(&e->c, "Op")),
			 place(c, commit_line(&e->c, "From")),
			 place(c, commit_line(&e->c, "To")),
			 outcome ? outcome : "open", e->c.author.name);
	else if (!strcmp(event, "genesis"))
		out_addf(c, COLOR_DIM, "%s  the ledger begins\n", when);
	else if (strcmp(event, "finish"))
		show_said(c, e, event, when);
}

static int show_each(struct ctx *c, const struct ledger_entry *v, size_t n,
		     const struct history_args *a, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *event = text_of(commit_line(&v[i].c, "Event"));

		show_entry(c, &v[i], i + 1 < n ? &v[i + 1] : NULL);
		if (a->signature && show_signature(c, &v[i], err))
			return -1;
		if (a->sql && !strcmp(event, "begin"))
			show_sql(c, &v[i]);
	}
	return 0;
}

static int show_json(struct ctx *c, const struct ledger_entry *v, size_t n,
		     const struct history_args *a, struct err *err)
{
	json_t *all = json_array();
	int ret = 0;

	for (size_t i = 0; !ret && i < n; i++)
		ret = add_json(all, c, &v[i], a, err);
	if (ret)
		json_decref(all);
	else
		out_json(c, all);
	return ret;
}

static int run_history(struct ctx *c, void *args, struct err *err)
{
	struct history_args *a = args;
	struct database db;
	struct ledger_entry *v = NULL;
	struct ledger l;
	struct conn *conn;
	size_t n = 0;
	int ret = -1;

	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err) ||
	    database_open(&conn, &db, CONN_READ, err))
		return -1;
	if (ledger_read(&l, conn, &db, &c->arena, err) ||
	    (l.exists && ledger_all(&v, &n, &l, err)))
		goto out;
	if (!n && !c->global.json && !c->global.quiet)
		out_addf(c, COLOR_NONE, "%s has no ledger yet\n", db.name);
	ret = c->global.json ? show_json(c, v, n, a, err) :
	      show_each(c, v, n, a, err);
out:
	db.engine->close(conn);
	return ret;
}

const struct cmd cmd_history = {
	.name = "history",
	.summary = "Show what was done to a database: its ledger",
	.usage = "[--sql] [--show-signature] [DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = history_opts,
	.nopts = ARRAY_LEN(history_opts),
	.args_size = sizeof(struct history_args),
	.run = run_history,
};
