/*
 * What is asked of one scratch database again and again.  To plan the queries
 * of the catalog takes the server ten times as long as to answer them, so that
 * from the second reading on it keeps their plans, and from the third on they
 * are sent all at once.
 *
 * Only of scratch: what stands between us and a user's server may give each
 * transaction another session.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdlib.h>

static int ask_ahead(struct conn *c, struct err *err)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < c->kept; i++)
		buf_addf(&b, "EXECUTE schemastore_%zu;", i);
	c->ahead = c->kept && pq.send(c->pg, b.ptr);
	buf_release(&b);
	return c->ahead || !c->kept ? 0 :
	       pg_err(c, NULL, "the database refused", err);
}

/* A source may have thrown them away. */
int pg_again_begin(struct conn *c, struct err *err)
{
	PGresult *r;
	size_t there;

	c->asked = 0;
	if (!c->scratch || !c->readings++)
		return 0;
	r = pg_rows(c, "SELECT count(*) FROM pg_catalog.pg_prepared_statements "
		    "WHERE name ~ '^schemastore_'", err);
	if (!r)
		return -1;
	there = strtoul(pq.getvalue(r, 0, 0), NULL, 10);
	pq.clear(r);
	if (there == c->kept)
		return ask_ahead(c, err);
	c->kept = 0;
	return pg_run(c, "DEALLOCATE ALL", err);
}

static PGresult *next_rows(struct conn *c, struct err *err)
{
	PGresult *r = pq.get_result(c->pg);

	if (pq.result_status(r) == PGRES_TUPLES_OK)
		return r;
	pg_err(c, r, "the database refused", err);
	pq.clear(r);
	return NULL;
}

PGresult *pg_rows_again(struct conn *c, const char *sql, struct err *err)
{
	struct buf b = BUF_INIT;
	PGresult *r = NULL;
	size_t i = c->asked++;

	if (c->ahead && i < c->kept)
		return next_rows(c, err);
	pg_again_end(c);
	if (c->readings < 2)
		return pg_rows(c, sql, err);
	if (i >= c->kept) {
		buf_addf(&b, "PREPARE schemastore_%zu AS %s", i, sql);
		if (pg_run(c, b.ptr, err))
			goto out;
		c->kept = i + 1;
		buf_truncate(&b, 0);
	}
	buf_addf(&b, "EXECUTE schemastore_%zu", i);
	r = pg_rows(c, b.ptr, err);
out:
	buf_release(&b);
	return r;
}

void pg_again_end(struct conn *c)
{
	PGresult *r;

	while (c->ahead && (r = pq.get_result(c->pg)))
		pq.clear(r);
	c->ahead = false;
}
