/*
 * A statement that waits for somebody's lock: who that is, is asked while it
 * waits, on a second connection.  One that is not wanted any more is given up.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <poll.h>
#include <stdio.h>
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
	"pg_catalog.pg_blocking_pids($1)) ORDER BY a.xact_start LIMIT 1";

static const char runners[] =
	"SELECT 1 FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND "
	"l.granted AND l.objsubid = 1 AND l.classid = (" PG_SESSION_LOCK
	" >> 32)::oid AND l.objid = (" PG_SESSION_LOCK " & 4294967295)::oid "
	"AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE "
	"d.datname = pg_catalog.current_database()) AND l.pid <> $1";

/* On a second connection, of our first one; NULL: nothing, or it cannot be
 * asked. */
static const char *ask(struct conn *c, const char *about)
{
	struct err none = ERR_INIT;
	struct conn *other = NULL;
	const char *answer = NULL;
	char pid[16];
	const char *value = pid;
	const Oid int4 = 23;
	PGresult *r;

	if (!c->conninfo || pg_connect(&other, c->conninfo, &none))
		return NULL;
	snprintf(pid, sizeof(pid), "%d", pq.backend_pid(c->pg));
	r = pq.exec_params(other->pg, about, 1, &int4, &value, NULL, NULL, 0);
	if (pq.ntuples(r))
		answer = arena_strdup(&c->arena, pq.getvalue(r, 0, 0));
	pq.clear(r);
	pg_close(other);
	return answer;
}

bool pg_other_runner(struct conn *c)
{
	return ask(c, runners);
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
		c->blocker = ask(c, question);
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
