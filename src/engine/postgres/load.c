/*
 * Running a source in a scratch database, statement by statement, as psql
 * would; errors say file, line and column.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdio.h>
#include <stdlib.h>

struct loading {
	struct conn *conn;
	const char *sql;
	size_t len;
	const char *file;
	struct err *err;
};

/* As a session begins, so that a source means what it means to psql. */
static const char user_settings[] =
	"RESET ALL;"
	"SET client_encoding = 'UTF8';"
	"SET client_min_messages = warning;"
	"SET statement_timeout = 0;";

static void place(struct loading *l, size_t pos, size_t *line, size_t *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < pos && i < l->len; i++) {
		if (l->sql[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)l->sql[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static int at(struct loading *l, size_t pos)
{
	size_t line, column;

	place(l, pos, &line, &column);
	return err_wrap(l->err, "%s:%zu:%zu", l->file, line, column);
}

static int refuse(struct loading *l, size_t pos, const char *what,
		  const char *hint)
{
	err_set(l->err, ERR_REFUSED, "%s", what);
	err_hint(l->err, "%s", hint);
	return at(l, pos);
}

/* The place of the server's n-th character (from 1) of a statement. */
static size_t char_at(struct loading *l, size_t start, long n)
{
	size_t pos = start;

	while (--n > 0 && pos < l->len)
		do
			pos++;
		while (pos < l->len &&
		       ((unsigned char)l->sql[pos] & 0xc0) == 0x80);
	return pos;
}

static int refused_by_server(struct loading *l, const PGresult *r,
			     size_t start)
{
	const char *where = pq.result_field(r, PG_DIAG_STATEMENT_POSITION);
	const char *main = pq.result_field(r, PG_DIAG_MESSAGE_PRIMARY);

	pg_err(l->conn, r, "the database refused", l->err);
	if (main && str_starts(main, "extension \"") &&
	    strstr(main, "is not available"))
		err_hint(l->err, "install it where scratch databases are made "
			 "(apt-get install postgresql-%d-NAME), or name a "
			 "server that has it: SCHEMASTORE_SCRATCH",
			 l->conn->major);
	return at(l, where ? char_at(l, start, strtol(where, NULL, 10)) :
		  start);
}

/* What is the server's, not a database's. */
static const struct {
	const char *first, *second;
	const char *what;
} forbidden[] = {
	{ "CREATE", "DATABASE", "a database is not part of a schema" },
	{ "DROP", "DATABASE", "a database is not part of a schema" },
	{ "ALTER", "SYSTEM", "the server's settings are not part of a schema" },
	{ "CREATE", "TABLESPACE", "a tablespace is the server's" },
	{ "DROP", "TABLESPACE", "a tablespace is the server's" },
	{ "CREATE", "ROLE", "a role is the server's" },
	{ "CREATE", "USER", "a role is the server's" },
	{ "DROP", "ROLE", "a role is the server's" },
	{ "ALTER", "ROLE", "a role is the server's" },
};

static size_t next_word(struct loading *l, size_t *pos)
{
	size_t n = 0;

	*pos = pg_skip_blank(l->sql, l->len, *pos);
	while (*pos + n < l->len &&
	       is_word_byte((unsigned char)l->sql[*pos + n]))
		n++;
	return n;
}

static bool words_are(struct loading *l, size_t pos, const char *first,
		      const char *second)
{
	size_t n = next_word(l, &pos);

	if (n != strlen(first) || ascii_ncasecmp(l->sql + pos, first, n))
		return false;
	if (!second)
		return true;
	pos += n;
	n = next_word(l, &pos);
	return n == strlen(second) &&
	       !ascii_ncasecmp(l->sql + pos, second, n);
}

static int check_statement(struct loading *l, size_t start)
{
	size_t after = start + strlen("CREATE USER");

	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
		if (!words_are(l, start, forbidden[i].first,
			       forbidden[i].second))
			continue;
		if (words_are(l, start, "CREATE", "USER") &&
		    words_are(l, after, "MAPPING", NULL))
			continue;
		return refuse(l, start, forbidden[i].what, "take it out of "
			      "the source");
	}
	return 0;
}

/* In small letters. */
static char *lower_text(struct loading *l, size_t start, size_t end)
{
	char *text = arena_strndup(&l->conn->arena, l->sql + start,
				   end - start);

	for (char *p = text; *p; p++)
		*p = ascii_lower(*p);
	return text;
}

/* A subscription goes to another server and begins to work there, but for one
 * that is written as pg_dump does. */
static bool reaches_out(struct loading *l, size_t start, size_t end)
{
	const char *p;

	if (words_are(l, start, "ALTER", "SUBSCRIPTION"))
		return !strstr(lower_text(l, start, end), "owner to");
	if (!words_are(l, start, "CREATE", "SUBSCRIPTION"))
		return false;
	p = strstr(lower_text(l, start, end), "connect");
	while (p && p[strlen("connect")] != ' ' && p[strlen("connect")] != '=')
		p = strstr(p + 1, "connect");
	if (!p)
		return true;
	p += strlen("connect");
	p += strspn(p, " =");
	return !str_starts(p, "false");
}

/* COPY ... FROM stdin; and its rows, which are no part of a schema. */
static bool is_copy(struct loading *l, size_t start, size_t end)
{
	char *text, *from;
	bool is;

	if (!words_are(l, start, "COPY", NULL))
		return false;
	text = lower_text(l, start, end);
	from = strstr(text, "from");
	is = from && strstr(from, "stdin");
	return is;
}

static size_t skip_copy(struct loading *l, size_t pos)
{
	const char *end = strstr(l->sql + pos, "\n\\.");

	return end ? (size_t)(end - l->sql) + strlen("\n\\.") : l->len;
}

static void note_rows(struct loading *l, size_t start)
{
	size_t line, column;

	if (!l->conn->note || l->conn->noted_rows)
		return;
	place(l, start, &line, &column);
	l->conn->note(arena_printf(&l->conn->arena, "%s:%zu: rows are no part "
				   "of a schema", l->file, line));
	l->conn->noted_rows = true;
}

/* \restrict and \unrestrict are pg_dump's; the rest is psql's business. */
static int take_backslash(struct loading *l, size_t *pos)
{
	const char *p = l->sql + *pos;

	if (!str_starts(p, "\\restrict") && !str_starts(p, "\\unrestrict"))
		return refuse(l, *pos, "a command of psql's",
			      "write it in SQL, or take it out");
	*pos += strcspn(p, "\n");
	return 0;
}

/* Roles that a private server lacks are made there: it is nobody else's. */
static bool make_role(struct conn *c, const PGresult *r)
{
	const char *state = pq.result_field(r, PG_DIAG_SQLSTATE);
	const char *text = pq.result_field(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *name, *end;
	char *sql;
	PGresult *made;
	bool ok;

	if (!c->cluster || !state || strcmp(state, "42704") ||
	    !text || !str_starts(text, "role \"") || !c->admin)
		return false;
	name = text + strlen("role \"");
	end = strrchr(name, '"');
	if (!end)
		return false;
	sql = pg_printf(&c->arena, "CREATE ROLE %I",
			arena_strndup(&c->arena, name,
				      (size_t)(end - name)));
	made = pq.exec(c->admin, sql);
	ok = pq.result_status(made) == PGRES_COMMAND_OK;
	pq.clear(made);
	return ok;
}

PGresult *pg_exec_scratch(struct conn *c, const char *sql)
{
	PGresult *r = pq.exec(c->pg, sql);

	while (pq.result_status(r) == PGRES_FATAL_ERROR && make_role(c, r)) {
		pq.clear(r);
		r = pq.exec(c->pg, sql);
	}
	return r;
}

static int run_one(struct loading *l, size_t start, size_t end)
{
	char *sql = xmalloc(end - start + 1);
	PGresult *r;
	int ret = 0;

	memcpy(sql, l->sql + start, end - start);
	sql[end - start] = '\0';
	r = pg_exec_scratch(l->conn, sql);
	if (pq.result_status(r) == PGRES_FATAL_ERROR ||
	    pq.result_status(r) == PGRES_BAD_RESPONSE)
		ret = refused_by_server(l, r, start);
	else if (words_are(l, start, "INSERT", NULL))
		note_rows(l, start);
	pq.clear(r);
	free(sql);
	return ret;
}

static int load_one(struct loading *l, size_t *pos)
{
	size_t start = *pos, end;

	if (l->sql[start] == '\\')
		return take_backslash(l, pos);
	end = pg_statement_end(l->sql, l->len, start);
	*pos = end;
	if (check_statement(l, start))
		return -1;
	if (reaches_out(l, start, end))
		return refuse(l, start, "a subscription that goes to another "
			      "server", "write it as pg_dump does, WITH "
			      "(connect = false)");
	if (is_copy(l, start, end)) {
		note_rows(l, start);
		*pos = skip_copy(l, end);
		return 0;
	}
	return run_one(l, start, end);
}

static int check_ended(struct loading *l)
{
	if (pq.transaction_status(l->conn->pg) == PQTRANS_IDLE)
		return 0;
	err_set(l->err, ERR_ENGINE, "%s: a transaction is begun and not ended",
		l->file);
	return err_hint(l->err, "add the COMMIT, or take the BEGIN out");
}

int pg_load_source(struct conn *c, const char *sql, size_t len,
		   const char *file, struct err *err)
{
	struct loading l = { c, sql, len, file, err };
	size_t pos = pg_skip_blank(sql, len, 0);
	char *path = pg_printf(&c->arena, "SET search_path TO %s",
			       c->search_path ? c->search_path : "public");

	if (memchr(sql, '\0', len))
		return err_set(err, ERR_ENGINE, "%s: a NUL byte in the text",
			       file);
	if (pg_run(c, user_settings, err) || pg_run(c, path, err))
		return -1;
	while (pos < len) {
		if (load_one(&l, &pos))
			return -1;
		pos = pg_skip_blank(sql, len, pos);
	}
	if (check_ended(&l))
		return -1;
	return pg_settings(c, err);
}
