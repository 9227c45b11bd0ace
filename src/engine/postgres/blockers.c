/*
 * A statement that waits for somebody's lock: who that is, is asked while it
 * waits, on a second connection.  One that is not wanted any more is given up.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

#define PATIENCE_MS 100		/* before anybody is asked; each time twice */
#define GLANCE_MS 200		/* how often we look whether to go on */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Not of the views: pg_rewrite may be what is locked. */
static const char question[] =
	"SELECT 'pid ' || a.pid || coalesce(' (' || nullif(a.application_name, "
	"'') || ')', '') || ', ' || coalesce(a.state, '?') || ': ' || "
	"regexp_replace(left(a.query, 80), '\\s+', ' ', 'g') "
	"FROM pg_catalog.pg_stat_get_activity(NULL) a WHERE a.pid = ANY ("
	"pg_catalog.pg_blocking_pids($1)) ORDER BY a.xact_start LIMIT 1";

static const char runners[] =
	"SELECT 1 FROM pg_catalog.pg_lock_status() l WHERE l.locktype = "
	"'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = ("
	PG_SESSION_LOCK " >> 32)::oid AND l.objid = (" PG_SESSION_LOCK
	" & 4294967295)::oid AND l.database = (SELECT d.oid FROM "
	"pg_catalog.pg_database d WHERE d.datname = "
	"pg_catalog.current_database()) AND l.pid <> $1";

/* On a second connection, of our first one; NULL: nothing, or it cannot be
 * asked.  Where catalogs are locked, it does not even come about. */
static const char *ask(struct conn *c, const char *about)
{
	PGconn *other = c->conninfo ? pg_connect_within(c->conninfo, "2") :
			NULL;
	const char *answer = NULL;
	char pid[16];
	const char *value = pid;
	const Oid int4 = 23;
	PGresult *r;

	snprintf(pid, sizeof(pid), "%d", pq.backend_pid(c->pg));
	pq.clear(pq.exec(other, "SET lock_timeout = 500"));
	r = pq.exec_params(other, about, 1, &int4, &value, NULL, NULL, 0);
	if (pq.ntuples(r))
		answer = arena_strdup(&c->arena, pq.getvalue(r, 0, 0));
	pq.clear(r);
	pq.finish(other);
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

/* False where nothing came until then. */
static bool wait_until(struct conn *c, int64_t until)
{
	struct pollfd fd = { .fd = pq.socket(c->pg), .events = POLLIN };
	bool given_up = false;

	while (pq.is_busy(c->pg)) {
		int64_t left = until - now_ms();

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

/* It may wait for one after another: the last one is told. */
void pg_wait(struct conn *c)
{
	int64_t pause = PATIENCE_MS;
	const char *blocker;

	while (!wait_until(c, now_ms() + pause)) {
		blocker = ask(c, question);
		if (blocker)
			c->blocker = blocker;
		pause *= 2;
	}
}

PGresult *pg_answer(struct conn *c)
{
	PGresult *last = NULL, *r;

	c->blocker = NULL;
	pg_wait(c);
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
