/*
 * Connections to SQLite files, scratch databases and copies; the one
 * transaction in which a plan runs.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/file.h"

#define READ_WAIT_MS 2000
#define HEADER_SIZE 100		/* of an SQLite file */

int sqlite_err(struct conn *c, const char *what, struct err *err)
{
	int code = sqlite3_errcode(c->db);

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
		err_set(err, ERR_BUSY, "%s: database '%s' is locked by "
			"another program", what, c->path);
		return err_hint(err, "try again when it has finished, or "
				"wait longer with --wait SECONDS");
	}
	if (code == SQLITE_FULL || code == SQLITE_IOERR ||
	    code == SQLITE_READONLY || code == SQLITE_CANTOPEN)
		return err_set(err, ERR_IO, "%s: database '%s': %s", what,
			       c->path, sqlite3_errmsg(c->db));
	if (code == SQLITE_NOTADB)
		return err_set(err, ERR_ENGINE,
			       "'%s' is not an SQLite database", c->path);
	if (code == SQLITE_CORRUPT) {
		err_set(err, ERR_ENGINE, "%s: database '%s' is damaged: %s",
			what, c->path, sqlite3_errmsg(c->db));
		return err_hint(err, "run 'PRAGMA integrity_check' on it, and "
				"restore it from a backup");
	}
	if (code == SQLITE_CONSTRAINT &&
	    str_ends(sqlite3_errmsg(c->db), FK_BROKEN)) {
		err_set(err, ERR_REFUSED, FK_BROKEN);
		return err_hint(err, "add the parents, or remove the rows, "
				"first");
	}
	err_set(err, ERR_ENGINE, "%s: %s", what, sqlite3_errmsg(c->db));
	sqlite_hint_extension(c, err);
	return -1;
}

static void fold_name(struct buf *b, const char *name)
{
	size_t i = b->len;

	buf_addstr(b, name);
	for (; i < b->len; i++)
		b->ptr[i] = ascii_lower(b->ptr[i]);
}

const struct spelling sqlite_spelling = {
	.engine = "sqlite",
	.fold_name = fold_name,
	.fold_sql = sqlite_fold_sql,
	.kinds = kinds,
	.nkinds = &kinds_n,
};

/* Where it is too late for that, SQLite says so, and is as it was. */
static void alone(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool owns(const char *url)
{
	return str_starts(url, "sqlite:");
}

/* sqlite:PATH | sqlite://PATH | PATH */
static const char *url_path(const char *url)
{
	if (str_starts(url, "sqlite://"))
		return url + strlen("sqlite://");
	if (str_starts(url, "sqlite:"))
		return url + strlen("sqlite:");
	return url;
}

/* SQLite is asked: to open and close the file by hand would drop the locks
 * that another connection of this process has on it (POSIX's, per process). */
static bool recognizes(const char *path)
{
	static const char *const endings[] = { ".db", ".sqlite", ".sqlite3" };
	sqlite3 *db = NULL;
	struct stat st;
	int code;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	for (size_t i = 0; !st.st_size && i < ARRAY_LEN(endings); i++)
		if (str_ends(path, endings[i]))
			return true;
	if (st.st_size < HEADER_SIZE)
		return false;
	code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY |
			       SQLITE_OPEN_NOMUTEX, NULL);
	if (!code && sqlite3_exec(db, "PRAGMA schema_version", NULL, NULL,
				  NULL))
		code = sqlite3_errcode(db) == SQLITE_NOTADB;
	sqlite3_close(db);
	return !code;
}

static struct conn *conn_new(const char *path)
{
	struct conn *c = xmalloc(sizeof(*c));

	memset(c, 0, sizeof(*c));
	c->engine = &engine_sqlite;
	c->path = arena_strdup(&c->arena, path);
	return c;
}

void sqlite_close_conn(struct conn *c)
{
	if (!c)
		return;
	sqlite3_close(c->db);
	map_release(&c->stars);
	map_release(&c->facts);
	arena_release(&c->arena);
	free(c);
}

/* What must hold before a file is opened. */
static int check_path(const char *path, unsigned flags, struct err *err)
{
	struct stat st;

	if (!*path)
		return err_set(err, ERR_USAGE, "no path in the database's URL");
	if (!strcmp(path, ":memory:")) {
		err_set(err, ERR_USAGE, "database ':memory:' would be gone "
			"when the command ends");
		return err_hint(err, "write sqlite:PATH, or ./:memory: for a "
				"file of that name");
	}
	if (stat(path, &st)) {
		if (errno == ENOENT && flags & CONN_CREATE)
			return 0;
		if (errno != ENOENT)
			return err_errno(err, "database '%s'", path);
		err_set(err, ERR_USAGE, "database '%s' does not exist", path);
		return err_hint(err, "'schemastore upgrade' makes it");
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE,
			       "database '%s' is not a regular file", path);
	return 0;
}

static int open_path(struct conn **out, const char *path, int flags,
		     struct err *err)
{
	struct conn *c = conn_new(path);

	/* One thread has it: SQLite's own locking is not needed. */
	flags |= SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(path, &c->db, flags, NULL) ||
	    sqlite3_extended_result_codes(c->db, 0)) {
		sqlite_err(c, "cannot open", err);
		sqlite_close_conn(c);
		return -1;
	}
	sqlite3_busy_timeout(c->db, READ_WAIT_MS);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
	/* Expressions out of a store are evaluated: no pointer comes from
	 * there.  What an extension binds is taken all the same. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0,
			  NULL);
	*out = c;
	return 0;
}

static int open_url(struct conn **out, const char *url, unsigned flags,
		    struct err *err)
{
	const char *path = url_path(url);
	int mode = SQLITE_OPEN_READWRITE;
	struct conn *c;

	if (check_path(path, flags, err))
		return -1;
	if (flags & CONN_CREATE)
		mode |= SQLITE_OPEN_CREATE;
	if (open_path(&c, path, mode, err))
		return -1;
	if (sqlite_run(c, "PRAGMA schema_version", err) ||
	    (!(flags & CONN_WRITE) && !(flags & CONN_CREATE) &&
	     sqlite_run(c, "PRAGMA query_only = ON", err))) {
		sqlite_close_conn(c);
		return -1;
	}
	*out = c;
	return 0;
}

/* There is one version of it. */
int sqlite_scratch(struct conn **out, const struct scratch_opts *opts,
		   struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	(void)opts;
	if (open_path(out, ":memory:", flags, err))
		return -1;
	(*out)->scratch = true;
	/* Whatever is run in it, no file is made or read: ATTACH, VACUUM
	 * INTO. */
	sqlite3_limit((*out)->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite_stub_collations(*out);
	return 0;
}

static int copy_into(struct conn *to, struct conn *from, struct err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db,
						"main");

	if (b)
		sqlite3_backup_step(b, -1);
	return b && !sqlite3_backup_finish(b) ? 0 :
	       sqlite_err(to, "cannot copy the database", err);
}

static int open_copy(struct conn **out, const char *path, struct conn *from,
		     struct err *err)
{
	if (open_path(out, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		      err))
		return -1;
	if (!from || !copy_into(*out, from, err))
		return 0;
	sqlite_close_conn(*out);
	return -1;
}

/* The copy is one of SQLite's own temporary files: gone when it is closed. */
static int copy(struct conn **out, struct conn *from, struct err *err)
{
	return open_copy(out, "", from, err);
}

/* What is in memory nobody else has. */
static int share(struct conn *c, struct buf *url, const char *dir,
		 struct err *err)
{
	struct conn *other;
	const char *path;

	if (!dir)
		return 0;
	path = path_join(&c->arena, dir, "scratch.db");
	if (open_copy(&other, path, c, err))
		return -1;
	sqlite_close_conn(other);
	buf_addf(url, "sqlite:%s", path);
	return 0;
}

int sqlite_compile(sqlite3_stmt **out, struct conn *c, const char *sql,
		   const char **tail)
{
	int code;

	do {
		code = sqlite3_prepare_v2(c->db, sql, -1, out, tail);
	} while (code && sqlite_add_stub(c));
	return code;
}

/* Some functions are looked for only now: a rename looks into every view. */
int sqlite_finish(struct conn *c, sqlite3_stmt *st)
{
	int code;

	for (;;) {
		do {
			code = sqlite3_step(st);
		} while (code == SQLITE_ROW);
		if (code == SQLITE_DONE || !sqlite_add_stub(c))
			break;
		sqlite3_reset(st);
	}
	return sqlite3_finalize(st);
}

int sqlite_run(struct conn *c, const char *sql, struct err *err)
{
	sqlite3_stmt *st;

	while (*sql) {
		if (sqlite_compile(&st, c, sql, &sql) ||
		    (st && sqlite_finish(c, st)))
			return sqlite_err(c, "the database refused", err);
	}
	return 0;
}

int sqlite_prepare(sqlite3_stmt **out, struct conn *c, const char *sql,
		   struct err *err)
{
	if (sqlite_compile(out, c, sql, NULL))
		return sqlite_err(c, "the database refused", err);
	return 0;
}

static void bind(sqlite3_stmt *st, int i, const struct value *v)
{
	int n = (int)v->len;

	if (v->type == VALUE_INT)
		sqlite3_bind_int64(st, i, v->i);
	else if (v->type == VALUE_TEXT)
		sqlite3_bind_text(st, i, v->ptr, n, SQLITE_TRANSIENT);
	else if (v->type == VALUE_BLOB)
		sqlite3_bind_blob(st, i, v->ptr, n, SQLITE_TRANSIENT);
}

static void column_value(struct value *v, sqlite3_stmt *st, int i)
{
	int type = sqlite3_column_type(st, i);

	memset(v, 0, sizeof(*v));
	if (type == SQLITE_NULL)
		return;
	if (type == SQLITE_INTEGER) {
		v->type = VALUE_INT;
		v->i = sqlite3_column_int64(st, i);
		return;
	}
	v->type = type == SQLITE_BLOB ? VALUE_BLOB : VALUE_TEXT;
	v->ptr = type == SQLITE_BLOB ? sqlite3_column_blob(st, i) :
		 (const void *)sqlite3_column_text(st, i);
	v->len = (size_t)sqlite3_column_bytes(st, i);
}

#define QUERY_COLUMNS 16

int sqlite_query(struct conn *c, const char *sql, const struct value *args,
		 size_t nargs, row_fn fn, void *ctx, struct err *err)
{
	struct value v[QUERY_COLUMNS];
	sqlite3_stmt *st = NULL;
	int code, ret = -1;
	int n;

	if (sqlite_prepare(&st, c, sql, err))
		return -1;
	for (size_t i = 0; i < nargs; i++)
		bind(st, (int)i + 1, &args[i]);
	n = sqlite3_column_count(st);
	if (n > QUERY_COLUMNS)
		n = QUERY_COLUMNS;
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			column_value(&v[i], st, i);
		if (fn && fn(ctx, v, (size_t)n)) {
			code = SQLITE_DONE;
			break;
		}
	}
	if (code == SQLITE_DONE)
		ret = 0;
	else
		sqlite_err(c, "the database refused", err);
	sqlite3_finalize(st);
	return ret;
}

static int first_int(void *ctx, const struct value *v, size_t n)
{
	*(int64_t *)ctx = n ? v[0].i : 0;
	return 0;
}

static void wait(struct conn *c, int ms)
{
	sqlite3_busy_timeout(c->db, ms);
}

static int stamp(struct conn *c, int64_t *out, struct err *err)
{
	return sqlite_query(c, "PRAGMA main.data_version", NULL, 0, first_int,
			    out, err);
}

static int look(struct conn *c, struct err *err)
{
	if (!c->in_transaction && !c->looks && sqlite_run(c, "BEGIN", err))
		return -1;
	c->looks++;
	return 0;
}

static void look_end(struct conn *c)
{
	/* Nothing was written: it cannot fail. */
	if (!--c->looks && !c->in_transaction)
		sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
}

static int begin(struct conn *c, struct err *err)
{
	int64_t on = 0;
	int code;

	assert(!c->in_transaction && !c->looks);
	if (sqlite_query(c, "PRAGMA foreign_keys", NULL, 0, first_int, &on,
			 err) ||
	    sqlite_run(c, "PRAGMA foreign_keys = OFF", err))
		return -1;
	c->foreign_keys = on;
	code = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (code)
		return sqlite_err(c, "cannot take the write lock", err);
	c->in_transaction = true;
	return stats_keep(c, err);
}

static void after_transaction(struct conn *c)
{
	c->in_transaction = false;
	if (c->foreign_keys)
		sqlite3_exec(c->db, "PRAGMA foreign_keys = ON", NULL, NULL,
			     NULL);
}

static int commit(struct conn *c, struct err *err)
{
	if (stats_restore(c, err))
		return -1;
	if (sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL))
		return sqlite_err(c, "cannot commit", err);
	after_transaction(c);
	return 0;
}

static void rollback(struct conn *c)
{
	if (!c->in_transaction)
		return;
	sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	after_transaction(c);
}

static void listen(struct conn *c, note_fn note)
{
	c->note = note;
}

static void version(struct buf *b, const struct conn *c)
{
	(void)c;
	buf_addstr(b, sqlite3_libversion());
}

static void target(struct buf *b, struct conn *c)
{
	(void)c;
	buf_addf(b, "sqlite %s", sqlite3_libversion());
}

const struct engine engine_sqlite = {
	.name = "sqlite",
	.spelling = &sqlite_spelling,
	.alone = alone,
	.owns = owns,
	.file = url_path,
	.recognizes = recognizes,
	.open = open_url,
	.scratch = sqlite_scratch,
	.share = share,
	.copy = copy,
	.extend = sqlite_extend,
	.listen = listen,
	.close = sqlite_close_conn,
	.load = sqlite_load,
	.exec = sqlite_run,
	.query = sqlite_query,
	.statement = sqlite_statement,
	.as_loaded = sqlite_as_loaded,
	.exec_data = sqlite_exec_data,
	.read = sqlite_read,
	.dangling = sqlite_dangling,
	.order_names = sqlite_order_names,
	.fingerprint = sqlite_fingerprint,
	.wait = wait,
	.stamp = stamp,
	.look = look,
	.look_end = look_end,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.lower = sqlite_lower,
	.lower_data = sqlite_lower_data,
	.lower_edited = sqlite_lower_edited,
	.park = &sqlite_park,
	.script_stop = ".bail on\n",
	.script_head = "PRAGMA foreign_keys = OFF;\n"
		"PRAGMA legacy_alter_table = OFF;\n",
	.script_begin = "BEGIN IMMEDIATE;\n",
	.script_foot = "COMMIT;\n",
	.begins_itself = sqlite_begins_itself,
	.script_after = "PRAGMA foreign_keys = ON;\n",
	.version = version,
	.target = target,
};
