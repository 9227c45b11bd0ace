/*
 * Running a source: statement by statement, so that an error says where.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <stdio.h>

struct loading {
	struct conn *conn;
	const char *sql;
	size_t len;
	const char *file;
	struct err *err;
	const struct refusal *refused;	/* the authorizer's no */
	/* What the authorizer has seen of the statement that is running. */
	bool defines;		/* it changes the schema */
	bool names;		/* maybe something by a name of ours */
	unsigned passed;	/* bits of remarks[] */
	/* Where the first that may be named so stands. */
	bool ours;
	size_t ours_at;
	/* Where the first temporary object is made. */
	bool temporary;
	size_t temporary_at;
};

struct refusal {
	const char *text, *hint;
};

static const struct refusal attaches = {
	"a source may not attach databases", NULL,
};
static const struct refusal is_ours = {
	"names that begin with schemastore_ are schemastore's", NULL,
};
static const struct refusal is_temporary = {
	"a temporary object is not part of a schema",
	"leave it out, drop it in the same file, or make it one that stays",
};

/* What is passed over.  What lasts no longer than its connection (PRAGMA
 * foreign_keys, BEGIN) is not worth a word. */
static const struct {
	const char *pragma;	/* NULL: rows */
	const char *text;
} remarks[] = {
	{ NULL, "rows are not part of a schema: left out" },
	{ "user_version", "user_version is not part of a schema: left out" },
	{ "application_id",
	  "application_id is not part of a schema: left out" },
	{ "journal_mode", "journal_mode is not part of a schema: left out" },
	{ "auto_vacuum", "auto_vacuum is not part of a schema: left out" },
	{ "page_size", "page_size is not part of a schema: left out" },
	{ "encoding", "encoding is not part of a schema: left out" },
};

static int refuse(struct loading *l, const struct refusal *why)
{
	l->refused = why;
	return SQLITE_DENY;
}

static void pass_over(struct loading *l, const char *pragma)
{
	for (unsigned i = 0; i < ARRAY_LEN(remarks); i++)
		if (!pragma ? !remarks[i].pragma : remarks[i].pragma &&
		    !ascii_casecmp(remarks[i].pragma, pragma))
			l->passed |= 1u << i;
}

/* A dump empties the counters of AUTOINCREMENT before it fills them. */
static void see_rows(struct loading *l, int action, const char *table,
		     const char *trigger)
{
	if (trigger || l->defines)
		return;
	if (!strcmp(table, "sqlite_sequence") ? action == SQLITE_DELETE :
	    !ascii_ncasecmp(table, "sqlite_", 7))
		return;
	pass_over(l, NULL);
}

/* What a source may not do: reach other files, or use our names; and what it
 * does in vain. */
static int authorize(void *ctx, int action, const char *arg1,
		     const char *arg2, const char *db, const char *trigger)
{
	struct loading *l = ctx;

	switch (action) {
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return refuse(l, &attaches);
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_VIEW:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TABLE:
	case SQLITE_CREATE_VTABLE:
	case SQLITE_CREATE_VIEW:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_INDEX:
		l->defines = true;
		if (db && !strcmp(db, "temp"))
			l->temporary = true;
		l->names |= !ascii_ncasecmp(arg1, OURS, strlen(OURS));
		return SQLITE_OK;
	case SQLITE_ALTER_TABLE:
		l->names = true;
		l->defines = true;
		return SQLITE_OK;
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_TEMP_TABLE:
	case SQLITE_DROP_VTABLE:
	case SQLITE_DROP_VIEW:
	case SQLITE_DROP_TEMP_VIEW:
		l->defines = true;
		return SQLITE_OK;
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		see_rows(l, action, arg1, trigger);
		return SQLITE_OK;
	case SQLITE_PRAGMA:
		if (arg2)
			pass_over(l, arg1);
		return SQLITE_OK;
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

static bool is_blank_text(const char *sql, size_t len)
{
	struct sqllex lex = sqllex_init(sql, len);
	struct sqltok t;

	while (sqltok_next(&lex, &t))
		if (!sqltok_is(&t, ";"))
			return false;
	return true;
}

/* Where the statement's own text begins, behind blanks and comments. */
static size_t first_token(const struct loading *l, size_t start)
{
	struct sqllex lex = sqllex_init(l->sql + start, l->len - start);
	struct sqltok t;

	return sqltok_next(&lex, &t) ? (size_t)(t.ptr - l->sql) : start;
}

static int load_refused(struct loading *l, size_t start)
{
	char where[300];

	place(where, sizeof(where), l->file, l->sql, first_token(l, start));
	err_set(l->err, ERR_REFUSED, "%s: %s", where, l->refused->text);
	return l->refused->hint ? err_hint(l->err, "%s", l->refused->hint) :
	       -1;
}

static int load_error(struct loading *l, size_t start)
{
	int at = sqlite3_error_offset(l->conn->db);
	char where[300];

	if (l->refused)
		return load_refused(l, start);
	place(where, sizeof(where), l->file, l->sql,
	      at < 0 ? first_token(l, start) : start + (size_t)at);
	err_set(l->err, ERR_ENGINE, "%s: %s", where,
		sqlite3_errmsg(l->conn->db));
	sqlite_hint_extension(l->conn, l->err);
	return -1;
}

static void note(struct loading *l, size_t start, const char *text)
{
	struct buf b = BUF_INIT;
	char where[300];

	place(where, sizeof(where), l->file, l->sql, first_token(l, start));
	buf_addf(&b, "%s: %s", where, text);
	l->conn->note(b.ptr);
	buf_release(&b);
}

/* What the statement did in vain, and what it needed that is not there. */
static void say(struct loading *l, size_t start)
{
	struct conn *c = l->conn;

	if (!c->note)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(remarks); i++)
		if (l->passed & ~c->noted & 1u << i)
			note(l, start, remarks[i].text);
	c->noted |= l->passed;
	for (; c->told < c->stubs.n; c->told++)
		note(l, start, arena_printf(&c->arena, "no %s here: a stub "
					    "stands for it",
					    c->stubs.v[c->told]));
}

static int count_rows(void *ctx, const struct value *v, size_t n)
{
	(void)v;
	*(size_t *)ctx += n;
	return 0;
}

/* What was called so on the way, as in a plan of ours, has another name by
 * now. */
static int check_names(struct loading *l)
{
	size_t found = 0;

	if (!l->ours)
		return 0;
	if (sqlite_query(l->conn, "SELECT 1 FROM sqlite_schema WHERE name "
			 "LIKE 'schemastore\\_%' ESCAPE '\\'", NULL, 0,
			 count_rows, &found, l->err))
		return -1;
	if (!found)
		return 0;
	l->refused = &is_ours;
	return load_refused(l, l->ours_at);
}

/* What was temporary all along is gone by now: it took part in the making of
 * the rest, as in a migration, and nothing is left out. */
static int check_temporary(struct loading *l)
{
	size_t found = 0;

	if (!l->temporary)
		return 0;
	if (sqlite_query(l->conn, "SELECT 1 FROM sqlite_temp_schema", NULL, 0,
			 count_rows, &found, l->err))
		return -1;
	if (!found)
		return 0;
	l->refused = &is_temporary;
	return load_refused(l, l->temporary_at);
}

/* One statement from `start`; *end is where the next one begins. */
static int load_one(struct loading *l, size_t start, size_t *end)
{
	bool temporary = l->temporary, ours = l->ours;
	sqlite3_stmt *st = NULL;
	const char *tail;

	l->passed = 0;
	l->defines = l->names = false;
	if (sqlite_compile(&st, l->conn, l->sql + start, &tail))
		return load_error(l, start);
	*end = (size_t)(tail - l->sql);
	if (st && sqlite_finish(l->conn, st))
		return load_error(l, start);
	if (l->temporary && !temporary)
		l->temporary_at = start;
	l->ours |= l->names;
	if (l->ours && !ours)
		l->ours_at = start;
	say(l, start);
	return 0;
}

int sqlite_load(struct conn *c, const char *sql, size_t len, const char *file,
		struct err *err)
{
	struct loading l = {
		.conn = c, .sql = sql, .len = len, .file = file, .err = err,
	};
	size_t pos = 0;
	int ret = 0;

	if (memchr(sql, '\0', len))
		return err_set(err, ERR_ENGINE, "%s: a NUL byte in the text",
			       file);
	sqlite3_set_authorizer(c->db, authorize, &l);
	while (!ret && pos < len && !is_blank_text(sql + pos, len - pos))
		ret = load_one(&l, pos, &pos);
	sqlite3_set_authorizer(c->db, NULL, NULL);
	if (!ret && !sqlite3_get_autocommit(c->db))
		ret = err_set(err, ERR_ENGINE, "%s: a transaction is begun "
			      "and not ended", file);
	return ret || check_names(&l) || check_temporary(&l) ? -1 : 0;
}

/* trigger = CREATE [ TEMP ] TRIGGER ... BEGIN { step ";" } END ";" */
size_t sqlite_statement(const char *sql, size_t len, size_t *pos)
{
	struct sqllex lex = sqllex_init(sql + *pos, len - *pos);
	struct sqltok t;
	bool create = false, trigger = false, step = false, last = false;
	size_t n = 0;

	*pos = len;
	while (sqltok_next(&lex, &t)) {
		bool ends = sqltok_is(&t, ";");

		if (!n && ends)
			continue;
		if (!n)
			*pos = (size_t)(t.ptr - sql);
		create |= !n && sqltok_is(&t, "CREATE");
		trigger |= create && n && n < 3 && sqltok_is(&t, "TRIGGER");
		n++;
		if (ends && (!trigger || last))
			return (size_t)(t.ptr - sql) + 1;
		last = step && sqltok_is(&t, "END");
		step = ends;
	}
	return len;
}

int sqlite_as_loaded(struct buf *out, const char *sql, const struct schema *s,
		     struct err *err)
{
	(void)s;
	(void)err;
	buf_addstr(out, sql);
	return 0;
}
