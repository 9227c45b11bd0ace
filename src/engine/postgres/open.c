/*
 * Connections to PostgreSQL, the one transaction in which a plan runs, and
 * scratch databases.
 */
#include "config.h"

#include "engine/postgres/cluster.h"
#include "engine/postgres/postgres.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_S "30"
/* Until engine.wait() says otherwise. */
#define LOOK_WAIT "SET lock_timeout = 5000"

/* What is printed, and how, does not depend on who asks (schema text, the
 * same everywhere). */
static const char settings[] =
	"SET statement_timeout = 0;"
	"SET search_path = '';"
	"SET client_encoding = 'UTF8';"
	"SET TimeZone = 'UTC';"
	"SET DateStyle = 'ISO';"
	"SET IntervalStyle = 'postgres';"
	"SET extra_float_digits = 1;"
	"SET bytea_output = 'hex';"
	"SET lc_monetary = 'C';"
	"SET quote_all_identifiers = off;"
	"SET standard_conforming_strings = on;"
	"SET check_function_bodies = off;"
	"SET client_min_messages = warning;"
	"SET xmloption = content;"
	"SET row_security = off;"
	"SET jit = off;"
	"SET synchronous_commit = on;"
	"SET idle_in_transaction_session_timeout = 0;"
	"SELECT pg_catalog.set_config('application_name', 'schemastore', "
	"false) WHERE pg_catalog.current_setting('application_name') = '';";

static void fold_name(struct buf *b, const char *name)
{
	buf_addstr(b, name);
}

const struct spelling pg_spelling = {
	.engine = "postgres",
	.fold_name = fold_name,
	.fold_sql = fold_name,
	.kinds = pg_kinds,
	.nkinds = &pg_kinds_n,
	.qualified = true,
};

static bool is_fine(const PGresult *r)
{
	ExecStatusType status = r ? pq.result_status(r) : PGRES_FATAL_ERROR;

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_EMPTY_QUERY;
}

PGresult *pg_rows(struct conn *c, const char *sql, struct err *err)
{
	PGresult *r = !c->conninfo ? pg_exec_scratch(c, sql) :
		      pq.send(c->pg, sql) ? pg_answer(c) : NULL;

	if (is_fine(r))
		return r;
	pg_err(c, r, "the database refused", err);
	pq.clear(r);
	return NULL;
}

int pg_run(struct conn *c, const char *sql, struct err *err)
{
	PGresult *r = pg_rows(c, sql, err);

	if (!r)
		return -1;
	pq.clear(r);
	return 0;
}

int pg_settings(struct conn *c, struct err *err)
{
	return pg_run(c, settings, err);
}

static bool owns(const char *url)
{
	return str_starts(url, "postgres://") ||
	       str_starts(url, "postgresql://");
}

/* It names a server. */
static const char *no_file(const char *url)
{
	(void)url;
	return NULL;
}

static bool recognizes(const char *path)
{
	(void)path;
	return false;
}

static void ignore_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

/* The last word is the one that counts: the URL's, unless it is not asked. */
PGconn *pg_connect_within(const char *conninfo, const char *seconds)
{
	const char *const keys[] = { "connect_timeout", "dbname",
				     "connect_timeout", NULL };
	const char *values[] = { CONNECT_S, conninfo, seconds, NULL };
	size_t first = getenv("PGCONNECT_TIMEOUT") ? 1 : 0;

	return pq.connect(keys + first, values + first, 1);
}

int pg_connect(struct conn **out, const char *conninfo, struct err *err)
{
	struct conn *c;

	if (pg_url_check(conninfo, err) || pq_load(err))
		return -1;
	c = xmalloc(sizeof(*c));
	memset(c, 0, sizeof(*c));
	c->engine = &engine_postgres;
	c->pg = pg_connect_within(conninfo, NULL);
	if (pq.status(c->pg) != CONNECTION_OK) {
		pg_no_connection(c, err);
		pg_close(c);
		return -1;
	}
	pq.notice_receiver(c->pg, ignore_notice, NULL);
	if (pg_find_major(c, err) || pg_settings(c, err)) {
		pg_close(c);
		return -1;
	}
	*out = c;
	return 0;
}

static int check_primary(struct conn *c, struct err *err)
{
	PGresult *r = pg_rows(c, LOOK_WAIT ";SELECT pg_catalog."
			      "pg_is_in_recovery()", err);
	bool standby = r && *pq.getvalue(r, 0, 0) == 't';

	if (standby)
		err_set(err, ERR_REFUSED, "database '%s' is on a standby, "
			"which can only be read", pq.db(c->pg));
	if (standby)
		err_hint(err, "connect to the primary");
	pq.clear(r);
	return r && !standby ? 0 : -1;
}

static int open_url(struct conn **out, const char *url, unsigned flags,
		    struct err *err)
{
	if (pg_connect(out, url, err))
		return -1;
	(*out)->conninfo = xstrdup(url);
	if (flags & (CONN_WRITE | CONN_CREATE) ? !check_primary(*out, err) :
	    !pg_run(*out, LOOK_WAIT ";SET SESSION CHARACTERISTICS AS "
		    "TRANSACTION READ ONLY", err))
		return 0;
	pg_close(*out);
	*out = NULL;
	return -1;
}

static void drop_scratch(struct conn *c)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "DROP DATABASE IF EXISTS %s WITH (FORCE)", c->database);
	pq.clear(pq.exec(c->admin, b.ptr));
	buf_release(&b);
}

void pg_close(struct conn *c)
{
	if (!c)
		return;
	if (c->admin && c->database)
		pg_forget_subscriptions(c);
	pq.finish(c->pg);
	if (c->admin) {
		if (c->database)
			drop_scratch(c);
		pq.finish(c->admin);
	}
	if (c->cluster)
		pg_cluster_done(c->cluster);
	free(c->conninfo);
	free(c->database);
	free(c->search_path);
	pg_forget_moment(c);
	arena_release(&c->arena);
	free(c);
}

/* ---- queries ----------------------------------------------------------- */

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21,
       OID_INT4 = 23, OID_OID = 26 };

#define QUERY_COLUMNS 16

/* Blobs are the caller's to free, by what is set in *free_me. */
static void take_value(struct value *v, const PGresult *r, int row, int col,
		       void **free_me)
{
	Oid type = pq.ftype(r, col);
	const char *text = pq.getvalue(r, row, col);

	memset(v, 0, sizeof(*v));
	if (pq.getisnull(r, row, col))
		return;
	v->ptr = text;
	v->len = (size_t)pq.getlength(r, row, col);
	v->type = VALUE_TEXT;
	if (type == OID_BOOL) {
		v->type = VALUE_INT;
		v->i = *text == 't';
	} else if (type == OID_INT2 || type == OID_INT4 || type == OID_INT8 ||
		   type == OID_OID) {
		v->type = VALUE_INT;
		v->i = strtoll(text, NULL, 10);
	} else if (type == OID_BYTEA) {
		v->type = VALUE_BLOB;
		*free_me = pq.unescape_bytea((const unsigned char *)text,
					     &v->len);
		v->ptr = *free_me;
	}
}

static int each_row(const PGresult *r, row_fn fn, void *ctx)
{
	struct value v[QUERY_COLUMNS];
	void *blobs[QUERY_COLUMNS] = { NULL };
	int n = pq.nfields(r), stop = 0;

	if (n > QUERY_COLUMNS)
		n = QUERY_COLUMNS;
	for (int row = 0; !stop && row < pq.ntuples(r); row++) {
		for (int i = 0; i < n; i++)
			take_value(&v[i], r, row, i, &blobs[i]);
		stop = fn(ctx, v, (size_t)n);
		for (int i = 0; i < n; i++) {
			if (blobs[i])
				pq.freemem(blobs[i]);
			blobs[i] = NULL;
		}
	}
	return stop;
}

static int query(struct conn *c, const char *sql, const struct value *args,
		 size_t nargs, row_fn fn, void *ctx, struct err *err)
{
	Oid types[QUERY_COLUMNS] = { 0 };
	const char *values[QUERY_COLUMNS] = { NULL };
	int lengths[QUERY_COLUMNS] = { 0 }, formats[QUERY_COLUMNS] = { 0 };
	char numbers[QUERY_COLUMNS][24];
	PGresult *r;

	assert(nargs <= QUERY_COLUMNS);
	for (size_t i = 0; i < nargs; i++) {
		if (args[i].type == VALUE_INT) {
			snprintf(numbers[i], sizeof(numbers[i]), "%lld",
				 (long long)args[i].i);
			values[i] = numbers[i];
			types[i] = OID_INT8;
		} else if (args[i].type != VALUE_NULL) {
			values[i] = args[i].ptr;
			lengths[i] = (int)args[i].len;
			formats[i] = 1;
			types[i] = args[i].type == VALUE_BLOB ? OID_BYTEA : 25;
		}
	}
	r = pq.send_params(c->pg, sql, (int)nargs, types, values, lengths,
			   formats, 0) ? pg_answer(c) : NULL;
	if (!is_fine(r)) {
		pg_err(c, r, "the database refused", err);
		pq.clear(r);
		return -1;
	}
	if (fn)
		each_row(r, fn, ctx);
	pq.clear(r);
	return 0;
}

/* ---- transactions ------------------------------------------------------ */

static int look(struct conn *c, struct err *err)
{
	if (!c->in_transaction && !c->looks &&
	    pg_run(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err))
		return -1;
	c->looks++;
	return 0;
}

static void look_end(struct conn *c)
{
	if (!--c->looks && !c->in_transaction)
		pq.clear(pq.exec(c->pg, "COMMIT"));
}

static void wait_ms(struct conn *c, int ms)
{
	struct buf b = BUF_INIT;

	/* To the server 0 is for ever. */
	buf_addf(&b, "SET lock_timeout = %d", ms < 0 ? 0 : ms > 0 ? ms : 1);
	pq.clear(pq.exec(c->pg, b.ptr));
	buf_release(&b);
}

static int first_int(void *ctx, const struct value *v, size_t n)
{
	*(int64_t *)ctx = n ? v[0].i : 0;
	return 0;
}

static void heed(struct conn *c, const volatile int *stop)
{
	c->stop = stop;
}

/* Whatever is written takes a transaction id.  All of the snapshot: one that
 * began before others ended moves neither of its ends. */
static int stamp(struct conn *c, int64_t *out, struct err *err)
{
	return query(c, "SELECT pg_catalog.hashtextextended(pg_catalog."
		     "pg_current_snapshot()::pg_catalog.text, 0)", NULL, 0,
		     first_int, out, err);
}

static void rollback(struct conn *c)
{
	if (!c->in_transaction)
		return;
	pq.clear(pq.exec(c->pg, "ROLLBACK"));
	c->in_transaction = false;
}

static int begin(struct conn *c, struct err *err)
{
	assert(!c->in_transaction && !c->looks);
	if (pg_run(c, "BEGIN", err))
		return -1;
	c->in_transaction = true;
	if (!pg_run(c, "SELECT pg_catalog.pg_advisory_xact_lock("
		    PG_SESSION_LOCK ")", err))
		return 0;
	rollback(c);
	return err->code == ERR_BUSY ? pg_runner_err(err) : -1;
}

static int commit_lost(struct err *err)
{
	err->code = ERR_LOST;
	err_wrap(err, "COMMIT");
	return err_hint(err, "the database is at the old version or at the new "
			"one, never between: 'schemastore status' says which, "
			"and then try again");
}

static int commit(struct conn *c, struct err *err)
{
	PGresult *r = pg_rows(c, "COMMIT", err);

	if (!r && pq.status(c->pg) == CONNECTION_BAD)
		return commit_lost(err);
	if (!r)
		return -1;
	pq.clear(r);
	c->in_transaction = false;
	return 0;
}

static int extend(struct conn *c, const struct list *paths, struct err *err)
{
	(void)c;
	if (!paths || !paths->n)
		return 0;
	return err_set(err, ERR_USAGE, "PostgreSQL's extensions belong in the "
		       "schema (CREATE EXTENSION), not in the configuration");
}

static void listen(struct conn *c, note_fn note)
{
	c->note = note;
	pg_tell_major(c);
}

static void alone(void)
{
}

static void target(struct buf *b, struct conn *c)
{
	const char *v = pq.parameter(c->pg, "server_version");

	buf_addf(b, "postgresql %.*s", v ? (int)strcspn(v, " ") : 0,
		 v ? v : "");
}

const struct engine engine_postgres = {
	.name = "postgres",
	.spelling = &pg_spelling,
	.alone = alone,
	.owns = owns,
	.file = no_file,
	.shown = pg_url_shown,
	.recognizes = recognizes,
	.open = open_url,
	.scratch = pg_scratch,
	.share = pg_share,
	.scratch_at = pg_scratch_at,
	.extend = extend,
	.listen = listen,
	.close = pg_close,
	.load = pg_load_source,
	.exec = pg_run,
	.query = query,
	.statement = pg_statement,
	.as_loaded = pg_as_loaded,
	.exec_data = pg_exec_data,
	.read = pg_read,
	.fingerprint = pg_fingerprint,
	.wait = wait_ms,
	.heed = heed,
	.limit = pg_limit,
	.hold = pg_hold,
	.exec_alone = pg_exec_alone,
	.settle = pg_settle,
	.stamp = stamp,
	.look = look,
	.look_end = look_end,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.lower = pg_lower,
	.lower_data = pg_lower_data,
	.lower_edited = pg_lower_edited,
	.park = &pg_park,
	.reprints = true,
	.script_stop = "\\set ON_ERROR_STOP on\n",
	.script_head = "SET client_encoding = 'UTF8';\n"
		"SET search_path = '';\n"
		"SET check_function_bodies = off;\n",
	.script_begin = "BEGIN;\n",
	.script_foot = "COMMIT;\n",
	.source_head = "SET check_function_bodies = off;\n",
	.version = pg_add_version,
	.by_version = true,
	.target = target,
};
