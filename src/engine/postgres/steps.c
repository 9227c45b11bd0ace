/*
 * Statements that take no transaction, and the session lock that lasts beyond
 * the transactions around them.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdio.h>
#include <stdlib.h>

void pg_limit(struct conn *c, int ms)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SET statement_timeout = %d", ms);
	pq.clear(pq.exec(c->pg, sql));
}

int pg_hold(struct conn *c, struct err *err)
{
	if (!pg_run(c, "SELECT pg_catalog.pg_advisory_lock("
		    PG_SESSION_LOCK ")", err))
		return 0;
	return err->code == ERR_BUSY ? pg_runner_err(err) : -1;
}

int pg_exec_alone(struct conn *c, const char *sql, struct err *err)
{
	size_t len = strlen(sql), pos = 0;
	struct buf one = BUF_INIT;
	int ret = 0;

	while (!ret && (pos = pg_skip_blank(sql, len, pos)) < len) {
		size_t end = pg_statement_end(sql, len, pos);

		buf_truncate(&one, 0);
		buf_add(&one, sql + pos, end - pos);
		ret = pg_run(c, one.ptr, err);
		pos = end;
	}
	if (ret)
		pq.clear(pq.exec(c->pg, "SET search_path = ''"));
	buf_release(&one);
	return ret;
}

/* What the server says of an index; its name as SQL there, for DROP. */
struct found {
	bool there, whole;
	char *name;
};

static int take_found(void *ctx, const struct value *v, size_t n)
{
	struct found *f = ctx;

	f->there = n == 2;
	f->whole = v[0].i;
	f->name = xstrdup(v[1].ptr);
	return 1;
}

int pg_settle(struct conn *c, const struct statement *st, struct err *err)
{
	struct value name = { .type = VALUE_TEXT, .ptr = st->index,
			      .len = strlen(st->index) };
	struct found f = { false, false, NULL };
	struct buf b = BUF_INIT;
	int ret = 0;

	/* The name is the server's own: nothing in it can be SQL. */
	if (c->engine->query(c, "SELECT i.indisvalid, "
			     "i.indexrelid::pg_catalog.regclass::text FROM "
			     "pg_catalog.pg_index i WHERE i.indexrelid = "
			     "pg_catalog.to_regclass($1)", &name, 1,
			     take_found, &f, err))
		return -1;
	if (st->step == STEP_DROPS) {
		ret = !f.there;
	} else if (f.there && f.whole) {
		ret = 1;
	} else if (f.there) {
		buf_addf(&b, "DROP INDEX CONCURRENTLY %s", f.name);
		ret = pg_run(c, b.ptr, err);
	}
	free(f.name);
	buf_release(&b);
	return ret;
}
