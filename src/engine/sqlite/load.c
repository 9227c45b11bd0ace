/*
 * Running a source: statement by statement, so that an error says where.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <stdio.h>

/* What a source may not do: reach other files, or use our names. */
static int authorize(void *ctx, int action, const char *arg1,
		     const char *arg2, const char *db, const char *trigger)
{
	(void)arg2;
	(void)db;
	(void)trigger;
	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		*(const char **)ctx = "a source may not attach databases";
		return SQLITE_DENY;
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_VTABLE:
	case SQLITE_CREATE_VIEW:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_INDEX:
		if (ascii_ncasecmp(arg1, OURS, strlen(OURS)))
			return SQLITE_OK;
		*(const char **)ctx =
			"names that begin with schemastore_ are schemastore's";
		return SQLITE_DENY;
	default:
		return SQLITE_OK;
	}
}

/* "file:line:column" of a byte of the text. */
static void place(char *out, size_t size, const char *file, const char *sql,
		  size_t offset)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column++;
		if (sql[i] != '\n')
			continue;
		line++;
		column = 1;
	}
	snprintf(out, size, "%s:%u:%u", file, line, column);
}

struct loading {
	struct conn *conn;
	const char *sql;
	size_t len;
	const char *file;
	const char *denied;	/* why the authorizer said no */
	struct err *err;
};

static bool is_blank_text(const char *sql, size_t len)
{
	struct sqllex lex = sqllex_init(sql, len);
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (!sqltok_is(&t, ";"))
			return false;
	return true;
}

/* A function that only the application's program has: a stub that answers
 * nothing lets the schema that mentions it load. */
static void stub_function(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_null(ctx);
}

static bool add_stub(struct conn *c)
{
	static const char prefix[] = "no such function: ";
	const char *message = sqlite3_errmsg(c->db);

	if (strcmp(c->path, ":memory:") || !str_starts(message, prefix))
		return false;
	return !sqlite3_create_function(c->db, message + strlen(prefix), -1,
					SQLITE_UTF8 | SQLITE_DETERMINISTIC |
					SQLITE_INNOCUOUS, NULL, stub_function,
					NULL, NULL);
}

static int load_error(struct loading *l, size_t start)
{
	int at = sqlite3_error_offset(l->conn->db);
	char where[300];
	struct sqllex lex = sqllex_init(l->sql + start, l->len - start);
	struct sqltok t;

	if (at < 0) {
		sqltok_next(&lex, &t);
		at = (int)(t.ptr - (l->sql + start));
	}
	place(where, sizeof(where), l->file, l->sql, start + (size_t)at);
	if (l->denied)
		return err_set(l->err, ERR_REFUSED, "%s: %s", where,
			       l->denied);
	err_set(l->err, ERR_ENGINE, "%s: %s", where,
		sqlite3_errmsg(l->conn->db));
	sqlite_module_hint(l->conn, l->err);
	return -1;
}

/* One statement from `start`; *end is where the next one begins. */
static int load_one(struct loading *l, size_t start, size_t *end)
{
	sqlite3_stmt *st = NULL;
	const char *tail;
	int code;

	do {
		code = sqlite3_prepare_v2(l->conn->db, l->sql + start,
					  (int)(l->len - start + 1), &st,
					  &tail);
	} while (code && add_stub(l->conn));
	if (code)
		return load_error(l, start);
	*end = (size_t)(tail - l->sql);
	if (!st)
		return 0;
	do {
		code = sqlite3_step(st);
	} while (code == SQLITE_ROW);
	if (code != SQLITE_DONE) {
		load_error(l, start);
		sqlite3_finalize(st);
		return -1;
	}
	sqlite3_finalize(st);
	return 0;
}

int sqlite_load(struct conn *c, const char *sql, size_t len, const char *file,
		struct err *err)
{
	struct loading l = { c, sql, len, file, NULL, err };
	size_t pos = 0;
	int ret = 0;

	if (memchr(sql, '\0', len))
		return err_set(err, ERR_ENGINE, "%s: a NUL byte in the text",
			       file);
	sqlite3_set_authorizer(c->db, authorize, &l.denied);
	while (!ret && pos < len && !is_blank_text(sql + pos, len - pos))
		ret = load_one(&l, pos, &pos);
	sqlite3_set_authorizer(c->db, NULL, NULL);
	if (!ret && !sqlite3_get_autocommit(c->db))
		ret = err_set(err, ERR_ENGINE, "%s: a transaction is begun "
			      "and not ended", file);
	return ret;
}
