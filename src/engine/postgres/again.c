/*
 * The queries of the catalog, sent all at once: while the server answers one we
 * take the rows of the last.  Not in a transaction that changes something:
 * there each sees what was committed before it.
 *
 * Of one scratch database they are asked again and again.  To plan them takes
 * the server ten times as long as to answer them, so that from the second
 * reading on it keeps their plans.  Only of scratch: what stands between us and
 * a user's server may give each transaction another session.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <stdlib.h>

static int ask_ahead(struct conn *c, const char *sql, size_t n,
		     struct err *err)
{
	if (!n)
		return 0;
	if (!pq.send(c->pg, sql))
		return pg_err(c, NULL, "the database refused", err);
	c->ahead = n;
	/* While one waits the answers of those before it may be held back. */
	c->blocker = NULL;
	return 0;
}

static int ask_kept(struct conn *c, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret;

	for (size_t i = 0; i < c->kept; i++)
		buf_addf(&b, "EXECUTE schemastore_%zu;", i);
	ret = ask_ahead(c, b.ptr, c->kept, err);
	buf_release(&b);
	return ret;
}

/* A source may have thrown them away. */
int pg_again_begin(struct conn *c, const char *sql, size_t n,
		   struct err *err)
{
	PGresult *r;
	size_t there;

	c->asked = 0;
	if (!c->scratch || !c->readings++)
		return c->in_transaction ? 0 : ask_ahead(c, sql, n, err);
	r = pg_rows(c, "SELECT count(*) FROM pg_catalog.pg_prepared_statements "
		    "WHERE name ~ '^schemastore_'", err);
	if (!r)
		return -1;
	there = strtoul(pq.getvalue(r, 0, 0), NULL, 10);
	pq.clear(r);
	if (there == c->kept)
		return ask_kept(c, err);
	c->kept = 0;
	return pg_run(c, "DEALLOCATE ALL", err);
}

static PGresult *next_rows(struct conn *c, struct err *err)
{
	PGresult *r;

	pg_wait(c);
	r = pq.get_result(c->pg);
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

	if (i < c->ahead)
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
	c->ahead = 0;
}
