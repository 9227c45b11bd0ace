/*
 * Data steps and edited SQL: what somebody wrote by hand runs in the plan's
 * transaction, with the search_path of the schema in which it stands, and may
 * not leave it.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

#define TAG "$schemastore$"

/* By what statements of it cannot begin. */
static const char *const ends[] = {
	"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT",
	"RELEASE",
};

struct checking {
	const char *sql;
	size_t len;
	const char *title;
	struct err *err;
};

static bool is_word(const struct checking *c, size_t pos, const char *word)
{
	size_t n = strlen(word);

	return c->len - pos >= n && !ascii_ncasecmp(c->sql + pos, word, n) &&
	       !is_word_byte((unsigned char)c->sql[pos + n]);
}

static bool is_words(const struct checking *c, size_t pos, const char *first,
		     const char *second)
{
	return is_word(c, pos, first) &&
	       is_word(c, pg_skip_blank(c->sql, c->len, pos + strlen(first)),
		       second);
}

static int refuse(struct checking *c, const char *what, const char *hint)
{
	err_set(c->err, ERR_REFUSED, "%s: %s", c->title, what);
	return hint ? err_hint(c->err, "%s", hint) : -1;
}

/* COPY ... FROM STDIN has its rows where no statement can have them. */
static bool reads_stdin(const struct checking *c, size_t pos, size_t end)
{
	bool from = false;

	if (!is_word(c, pos, "COPY"))
		return false;
	while (pos < end) {
		if (from && is_word(c, pos, "STDIN"))
			return true;
		if (!strchr(" \t\n", c->sql[pos]))
			from = is_word(c, pos, "FROM");
		pos = pg_token_end(c->sql, end, pos);
	}
	return false;
}

static int check_statement(struct checking *c, size_t pos, size_t end)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (is_word(c, pos, ends[i]))
			return refuse(c, "it may not begin or end a "
				      "transaction: it is part of its plan's",
				      NULL);
	if (is_words(c, pos, "PREPARE", "TRANSACTION"))
		return refuse(c, "it may not end its plan's transaction",
			      NULL);
	if (c->sql[pos] == '\\')
		return refuse(c, "a command of psql's", "write it in SQL");
	if (reads_stdin(c, pos, end))
		return refuse(c, "COPY FROM STDIN has its rows in no statement",
			      "write them as INSERT");
	return 0;
}

static int check_text(const char *sql, const char *title, size_t *statements,
		      struct err *err)
{
	struct checking c = { sql, strlen(sql), title, err };
	size_t pos = pg_skip_blank(sql, c.len, 0);

	for (*statements = 0; pos < c.len; ++*statements) {
		size_t end = pg_statement_end(sql, c.len, pos);

		if (check_statement(&c, pos, end))
			return -1;
		pos = pg_skip_blank(sql, c.len, end);
	}
	return 0;
}

static int exec_one(struct conn *c, const char *sql, size_t n, int64_t *rows,
		    struct err *err)
{
	struct buf one = BUF_INIT;
	PGresult *r;

	buf_add(&one, sql, n);
	r = pg_rows(c, one.ptr, err);
	buf_release(&one);
	if (!r)
		return -1;
	*rows += atoll(pq.cmd_tuples(r));
	pq.clear(r);
	return 0;
}

int pg_exec_data(struct conn *c, const char *sql, int64_t *rows,
		 struct err *err)
{
	size_t len = strlen(sql), pos = pg_skip_blank(sql, len, 0);

	if (!rows)
		return pg_run(c, sql, err);
	for (*rows = 0; pos < len;) {
		size_t end = pg_statement_end(sql, len, pos);

		if (exec_one(c, sql + pos, end - pos, rows, err))
			return -1;
		pos = pg_skip_blank(sql, len, end);
	}
	return 0;
}

/* ---- what is sent -------------------------------------------------------- */

struct printing {
	struct buf b;
	const struct data_text *text;
	const char *title;
	const char *path;
	struct arena *arena;
	bool rehearsal;
};

static void add_path(struct printing *p, const char *path)
{
	if (p->b.len)
		buf_addstr(&p->b, ";\n");
	buf_addf(&p->b, "SET LOCAL search_path TO %s", path);
}

/* Fails, and says so, where the query is not true. */
static void add_check(struct printing *p, const char *what, const char *query)
{
	char *message = arena_printf(p->arena, "%s: %s: %s", p->title, what,
				     query);

	buf_addstr(&p->b, ";\n");
	if (p->rehearsal) {
		buf_addf(&p->b, "SELECT (%s\n)", query);
		return;
	}
	buf_addf(&p->b, "DO " TAG "BEGIN\nIF (%s\n) IS NOT TRUE THEN\n", query);
	buf_addf(&p->b, "%s", pg_printf(p->arena, "RAISE EXCEPTION USING "
					"MESSAGE = %L;\nEND IF;\nEND" TAG,
					message));
}

static void add_require(struct printing *p)
{
	for (size_t i = 0; i < p->text->require.n; i++)
		add_check(p, "what it requires is not true",
			  p->text->require.v[i]);
}

/* Whatever was put off is looked at now: a table that something waits for
 * cannot be changed. */
static void add_ensure(struct printing *p)
{
	buf_addstr(&p->b, ";\nSET CONSTRAINTS ALL IMMEDIATE");
	for (size_t i = 0; i < p->text->ensure.n; i++)
		add_check(p, "what it ensures is not true",
			  p->text->ensure.v[i]);
}

static void add_loop(struct printing *p, const char *sql)
{
	buf_addf(&p->b, ";\nDO " TAG "DECLARE schemastore_rows bigint;\n"
		 "BEGIN\nLOOP\n%s;\nGET DIAGNOSTICS schemastore_rows = "
		 "ROW_COUNT;\nEXIT WHEN schemastore_rows = 0;\nEND LOOP;\n"
		 "END" TAG, sql);
}

static char *finished(struct printing *p)
{
	char *sql;

	add_path(p, "''");
	sql = arena_strndup(p->arena, p->b.ptr, p->b.len);
	buf_release(&p->b);
	return sql;
}

static char *print_all(struct printing *p, bool rehearsal)
{
	char *sql = data_statement(p->text, p->arena);

	p->b = (struct buf)BUF_INIT;
	p->rehearsal = rehearsal;
	add_path(p, p->path);
	add_require(p);
	if (p->text->batch && !rehearsal)
		add_loop(p, sql);
	else
		buf_addf(&p->b, ";\n%s", sql);
	add_ensure(p);
	return finished(p);
}

static char *print_batch(struct printing *p)
{
	p->b = (struct buf)BUF_INIT;
	add_path(p, p->path);
	buf_addf(&p->b, ";\n%s;\nSET CONSTRAINTS ALL IMMEDIATE",
		 data_statement(p->text, p->arena));
	return finished(p);
}

/* Outside of a transaction a loop may end one each time. */
static char *print_loop(struct printing *p)
{
	const char *sql = data_statement(p->text, p->arena);

	return arena_printf(p->arena, "DO " TAG "DECLARE schemastore_rows "
			    "bigint;\nBEGIN\nLOOP\nSET LOCAL search_path TO "
			    "%s;\n%s;\nGET DIAGNOSTICS schemastore_rows = "
			    "ROW_COUNT;\nCOMMIT;\nEXIT WHEN schemastore_rows "
			    "= 0;\nEND LOOP;\nEND" TAG, p->path, sql);
}

static char *print_checks(struct printing *p, void (*add)(struct printing *p))
{
	p->b = (struct buf)BUF_INIT;
	p->rehearsal = false;
	add_path(p, p->path);
	add(p);
	return finished(p);
}

static struct statement *add(struct script *out, struct printing *p,
			     enum step step, const char *sql)
{
	struct statement *st = script_add(out, p->arena, p->title, sql);

	st->data = true;
	st->step = step;
	st->rehearsal = "";
	return st;
}

/* Each batch is committed, and so is what comes before and behind. */
static void lower_batches(struct script *out, struct printing *p)
{
	struct statement *st;

	if (p->text->require.n)
		add(out, p, STEP_APART, print_checks(p, add_require));
	st = add(out, p, STEP_BATCHES, print_batch(p));
	st->rehearsal = print_all(p, true);
	st->printed = print_loop(p);
	if (p->text->ensure.n)
		add(out, p, STEP_APART, print_checks(p, add_ensure));
}

static int check_tag(const struct data_text *t, const char *title,
		     struct err *err)
{
	bool has = t->batch && strstr(t->sql, TAG);

	for (size_t i = 0; i < t->require.n; i++)
		has |= strstr(t->require.v[i], TAG) != NULL;
	for (size_t i = 0; i < t->ensure.n; i++)
		has |= strstr(t->ensure.v[i], TAG) != NULL;
	return has ? err_set(err, ERR_REFUSED, "%s: it has " TAG " in it, "
			     "which is schemastore's", title) : 0;
}

int pg_lower_data(struct script *out, const struct data_run *r,
		  const struct schema *at, const struct lower_opts *o,
		  struct arena *a, struct err *err)
{
	struct printing p = {
		.text = data_run_text(r), .title = data_run_title(r, a),
		.arena = a,
	};
	size_t n;

	if (check_text(p.text->sql, p.title, &n, err) ||
	    check_tag(p.text, p.title, err) ||
	    pg_search_path_of(&p.path, at, a, err))
		return -1;
	if (p.text->batch && n != 1)
		return err_set(err, ERR_REFUSED, "%s: a batch is one "
			       "statement, and this has %zu", p.title, n);
	if (p.text->batch && o->online)
		lower_batches(out, &p);
	else
		add(out, &p, o->online ? STEP_APART : STEP_JOINED,
		    print_all(&p, false))->rehearsal = print_all(&p, true);
	return 0;
}

int pg_lower_edited(struct script *out, const char *title, const char *sql,
		    struct arena *a, struct err *err)
{
	struct statement *st;
	size_t n;

	if (check_text(sql, title, &n, err))
		return -1;
	st = script_add(out, a, title, sql);
	st->data = true;
	return 0;
}

size_t pg_statement(const char *sql, size_t len, size_t *pos)
{
	*pos = pg_skip_blank(sql, len, *pos);
	return *pos < len ? pg_statement_end(sql, len, *pos) : len;
}

int pg_as_loaded(struct buf *out, const char *sql, const struct schema *s,
		 struct err *err)
{
	struct arena a = ARENA_INIT;
	const char *path;
	int ret = pg_search_path_of(&path, s, &a, err);

	if (!ret)
		buf_addf(out, "SET LOCAL search_path TO %s;\n%s;\n"
			 "SET LOCAL search_path TO '';\n", path,
			 sql_trimmed(sql, &a));
	arena_release(&a);
	return ret;
}
