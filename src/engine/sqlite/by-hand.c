/*
 * Data steps and edited SQL: what somebody wrote by hand runs in the plan's
 * transaction, and may not leave it.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#define LEDGER OURS "ledger"
#define CHECKED OURS "check"
#define BROKEN OURS "broken"
#define MARK "what it "

struct watching {
	const char *refused;	/* the authorizer's no */
};

static int refuse(struct watching *w, const char *why)
{
	w->refused = why;
	return SQLITE_DENY;
}

static bool is_ledger(const char *name)
{
	return name && !ascii_ncasecmp(name, LEDGER, strlen(LEDGER));
}

static int authorize(void *ctx, int action, const char *arg1,
		     const char *arg2, const char *db, const char *trigger)
{
	struct watching *w = ctx;

	(void)db;
	(void)trigger;
	switch (action) {
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return refuse(w, "it may not begin or end a transaction: it "
			      "is part of its plan's");
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(w, "it may not attach databases");
	case SQLITE_PRAGMA:
		if (arg2 && ascii_casecmp(arg1, "legacy_alter_table"))
			return refuse(w, "it may not set a PRAGMA");
		return SQLITE_OK;
	case SQLITE_READ:
	case SQLITE_SELECT:
	case SQLITE_FUNCTION:
		return SQLITE_OK;
	default:
		return is_ledger(arg1) || is_ledger(arg2) ?
		       refuse(w, "the ledger is schemastore's") : SQLITE_OK;
	}
}

static int run_all(struct conn *c, const char *sql, int64_t *rows,
		   struct err *err)
{
	int64_t before = sqlite3_total_changes64(c->db);

	while (*sql) {
		sqlite3_stmt *st;

		if (sqlite_compile(&st, c, sql, &sql) ||
		    (st && sqlite_finish(c, st)))
			return sqlite_err(c, "the database refused", err);
	}
	if (rows)
		*rows = sqlite3_total_changes64(c->db) - before;
	return 0;
}

/* A check of ours is called what it finds. */
static int check_error(struct conn *c, struct err *err)
{
	static const char failed[] = "CHECK constraint failed: " MARK;
	const char *text = sqlite3_errmsg(c->db);

	return str_starts(text, failed) ?
	       err_set(err, ERR_REFUSED, "%s", text + strlen(failed) -
		       strlen(MARK)) : -1;
}

int sqlite_exec_data(struct conn *c, const char *sql, int64_t *rows,
		     struct err *err)
{
	struct watching w = { NULL };
	int ret;

	sqlite3_set_authorizer(c->db, authorize, &w);
	ret = run_all(c, sql, rows, err);
	sqlite3_set_authorizer(c->db, NULL, NULL);
	if (w.refused)
		return err_set(err, ERR_REFUSED, "%s", w.refused);
	return ret ? check_error(c, err) : 0;
}

/* ---- what is run --------------------------------------------------------- */

struct printing {
	struct buf b;
	const struct data_text *text;
	const char *title;
	bool rehearsal;
	bool foreign_keys;
	struct arena *arena;
};

/* A statement behind the others. */
static void add(struct printing *p, const char *sql)
{
	if (p->b.len)
		buf_addstr(&p->b, ";\n");
	buf_addstr(&p->b, sql);
}

/* Fails, and says so, where the expression is not true. */
static void add_check(struct printing *p, const char *what, const char *expr)
{
	struct arena *a = p->arena;

	add(p, sql_printf(a, "CREATE TEMP TABLE " CHECKED " (ok CONSTRAINT %I "
			  "CHECK (ok))", what));
	add(p, arena_printf(a, "INSERT INTO temp." CHECKED " SELECT "
			    "coalesce((%s\n), 0)", expr));
	add(p, "DROP TABLE temp." CHECKED);
}

static void add_checks(struct printing *p, const char *word,
		       const struct list *v)
{
	for (size_t i = 0; i < v->n; i++) {
		if (p->rehearsal)
			add(p, arena_printf(p->arena, "SELECT (%s\n)",
					    v->v[i]));
		else
			add_check(p, arena_printf(p->arena, MARK "%s is not "
						  "true: %s", word, v->v[i]),
				  v->v[i]);
	}
}

/* Foreign keys are off while a plan runs: the step may not leave more rows
 * without a parent than there were. */
static void add_text(struct printing *p)
{
	bool count = p->foreign_keys && !p->rehearsal;

	if (count)
		add(p, "CREATE TEMP TABLE " BROKEN " AS SELECT count(*) AS n "
		    "FROM pragma_foreign_key_check");
	add(p, data_statement(p->text, p->arena));
	if (!count)
		return;
	add_check(p, MARK "leaves are rows without a parent", "SELECT "
		  "count(*) <= (SELECT n FROM temp." BROKEN ") FROM "
		  "pragma_foreign_key_check");
	add(p, "DROP TABLE temp." BROKEN);
}

static char *print_step(struct printing *p, bool rehearsal)
{
	char *sql;

	p->b = (struct buf)BUF_INIT;
	p->rehearsal = rehearsal;
	add_checks(p, "requires", &p->text->require);
	add_text(p);
	add_checks(p, "ensures", &p->text->ensure);
	sql = arena_strndup(p->arena, p->b.ptr, p->b.len);
	buf_release(&p->b);
	return sql;
}

static bool has_foreign_keys(const struct schema *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->objects[i]->nkids; k++)
			if (s->objects[i]->kids[k]->kind == &kind_foreign_key)
				return true;
	return false;
}

int sqlite_lower_data(struct script *out, const struct data_run *r,
		      const struct schema *at, const struct lower_opts *o,
		      struct arena *a, struct err *err)
{
	struct printing p = {
		.text = data_run_text(r), .title = data_run_title(r, a),
		.foreign_keys = has_foreign_keys(at), .arena = a,
	};
	struct statement *st;

	(void)o;
	if (p.text->batch) {
		err_set(err, ERR_REFUSED, "%s: engine sqlite runs a plan in "
			"one transaction, and has no batches", p.title);
		return err_hint(err, "take 'batch' out of its text, or name a "
				"text of its own for the engine: %s.sqlite=",
				r->step->name);
	}
	st = script_add(out, a, p.title, print_step(&p, false));
	st->data = true;
	st->rehearsal = print_step(&p, true);
	return 0;
}

int sqlite_lower_edited(struct script *out, const char *title, const char *sql,
			struct arena *a, struct err *err)
{
	struct statement *st = script_add(out, a, title, sql);

	(void)err;
	st->data = true;
	return 0;
}

/* Where rows refer to those of a table that is dropped, these go with it while
 * foreign keys are on. */
bool sqlite_begins_itself(const char *sql)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	bool drop = false;
	struct sqltok t;

	while (sqltok_next(&lex, &t)) {
		if (drop && sqltok_is(&t, "TABLE"))
			return true;
		drop = sqltok_is(&t, "DROP");
	}
	return false;
}
