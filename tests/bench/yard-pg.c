/*
 * yard-pg read URL: the rows of the catalog, by the queries that the engine
 *	sends, its own table of them, one after the other; nothing is made of
 *	them.
 * yard-pg run URL FILE: a file of SQL, in one transaction.
 * yard-pg change URL FILE: the same between two such readings, in it.
 *
 * libpq is loaded and the session set up as the engine does it: what is read
 * is the same.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include "ss/file.h"

#include <stdio.h>

#define FILE_LIMIT (64u << 20)

static bool all_known(void *ctx, const char *class, const char *oid)
{
	(void)ctx;
	(void)class;
	(void)oid;
	return true;
}

static int ask(struct conn *c, const struct pg_query *v, size_t n, size_t *rows,
	       struct err *err)
{
	struct arena a = ARENA_INIT;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		PGresult *r = pg_rows(c, pg_query_text(&a, v[i].sql, c->major),
				      err);

		ret = r ? 0 : -1;
		*rows += r ? (size_t)pq.ntuples(r) : 0;
		pq.clear(r);
	}
	arena_release(&a);
	return ret;
}

static int read_all(struct conn *c, struct err *err)
{
	const struct pg_query depend = { .sql = pg_depend_query };
	size_t rows = 0;
	char *opaque;

	if (ask(c, pg_queries, pg_queries_n, &rows, err) ||
	    ask(c, pg_rare_queries, pg_rare_queries_n, &rows, err) ||
	    ask(c, &depend, 1, &rows, err) ||
	    pg_opaque_query(&opaque, c, all_known, NULL, err))
		return -1;
	printf("%zu rows\n", rows);
	return 0;
}

/* As psql begins; a plan says itself where it looks. */
static int run(struct conn *c, const char *path, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = pg_run(c, "SET search_path = public", err) ||
		  file_read(&b, path, FILE_LIMIT, err) ||
		  pg_run(c, b.ptr, err) ? -1 : 0;

	buf_release(&b);
	return ret;
}

static int measured(struct conn *c, int argc, char **argv, struct err *err)
{
	bool read = strcmp(argv[1], "run");

	if (pg_run(c, argc == 3 ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ "
		   "ONLY" : "BEGIN", err) ||
	    (read && read_all(c, err)) ||
	    (argc == 4 && run(c, argv[3], err)) ||
	    (argc == 4 && read && read_all(c, err)))
		return -1;
	return pg_run(c, "COMMIT", err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct conn *c = NULL;
	int ret;

	if (argc != (argc > 1 && !strcmp(argv[1], "read") ? 3 : 4))
		return 2;
	ret = pg_connect(&c, argv[2], &err) || measured(c, argc, argv, &err);
	if (ret)
		fprintf(stderr, "yard-pg: %s\n", err.text);
	pg_close(c);
	return ret;
}
