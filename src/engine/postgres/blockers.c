/*
 * A statement that waits for somebody's lock: who that is, is asked while it
 * waits, on a second connection.  One that is not wanted any more is given up.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <poll.h>
#include <time.h>

#define PATIENCE_MS 250		/* before anybody is asked */
#define GLANCE_MS 200		/* how often we look whether to go on */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static const char question[] =
	"SELECT 'pid ' || a.pid || coalesce(' (' || nullif(a.application_name, "
	"'') || ')', '') || ', ' || coalesce(a.state, '?') || ': ' || "
	"regexp_replace(left(a.query, 80), '\\s+', ' ', 'g') "
	"FROM pg_catalog.pg_stat_activity a WHERE a.pid = ANY ("
	"pg_catalog.pg_blocking_pids(%d)) ORDER BY a.xact_start LIMIT 1";

/* Into c->blocker; what cannot be asked is not known. */
static void ask(struct conn *c)
{
	struct err none = ERR_INIT;
	struct conn *other = NULL;
	PGresult *r;

	if (!c->conninfo || pg_connect(&other, c->conninfo, &none))
		return;
	r = pg_rows(other, arena_printf(&c->arena, question,
					pq.backend_pid(c->pg)), &none);
	if (r && pq.ntuples(r))
		c->blocker = arena_strdup(&c->arena, pq.getvalue(r, 0, 0));
	pq.clear(r);
	pg_close(other);
}

/* The server ends it with an error, which is then read as any other. */
static void give_up(struct conn *c)
{
	PGcancel *cancel = pq.get_cancel(c->pg);
	char why[256];

	if (cancel)
		(void)!pq.cancel(cancel, why, sizeof(why));
	pq.free_cancel(cancel);
}

/* False where nothing came until then; until < 0: whenever it comes. */
static bool wait_until(struct conn *c, int64_t until)
{
	struct pollfd fd = { .fd = pq.socket(c->pg), .events = POLLIN };
	bool given_up = false;

	while (pq.is_busy(c->pg)) {
		int64_t left = until < 0 ? GLANCE_MS : until - now_ms();

		if (left <= 0)
			return false;
		if (!given_up && c->stop && *c->stop) {
			give_up(c);
			given_up = true;
		}
		poll(&fd, 1, (int)(left < GLANCE_MS ? left : GLANCE_MS));
		if (!pq.consume(c->pg))
			break;
	}
	return true;
}

PGresult *pg_exec_waiting(struct conn *c, const char *sql)
{
	PGresult *last = NULL, *r;

	c->blocker = NULL;
	if (!pq.send(c->pg, sql))
		return NULL;
	if (!wait_until(c, now_ms() + PATIENCE_MS)) {
		ask(c);
		wait_until(c, -1);
	}
	/* As PQexec() does: the last one, or the first that went wrong. */
	while ((r = pq.get_result(c->pg))) {
		if (last && pq.result_status(last) == PGRES_FATAL_ERROR) {
			pq.clear(r);
			continue;
		}
		pq.clear(last);
		last = r;
	}
	return last;
}
