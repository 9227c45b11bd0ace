/*
 * What is asked of one scratch database again and again.  To plan the queries
 * of the catalog takes the server ten times as long as to answer them, so that
 * from the second reading on it keeps their plans.
 *
 * Only of scratch: what stands between us and a user's server may give each
 * transaction another session.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdlib.h>

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
		return 0;
	c->kept = 0;
	return pg_run(c, "DEALLOCATE ALL", err);
}

PGresult *pg_rows_again(struct conn *c, const char *sql, struct err *err)
{
	struct buf b = BUF_INIT;
	PGresult *r = NULL;
	size_t i = c->asked++;

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
