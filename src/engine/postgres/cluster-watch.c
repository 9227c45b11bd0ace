/*
 * The watcher: stops the server when nobody has used it for a while.
 *
 *	          nobody holds `users`           IDLE seconds later, with `lock`
 *	in use ──────────────────────▶ idle ────────────────────────▶ stop, end
 *	   ▲                            │ somebody came since
 *	   └────────────────────────────┘
 *
 * Whoever comes touches `users` once the lock on it is held, so that one who
 * came and went leaves a trace.  It waits in flock() and sleep, and wakes up
 * for nothing else; it allocates nothing.  It ends where there is no server,
 * or no folder any more.
 *
 * It holds the lock on `watch` from before it exists (it is handed down) until
 * just before it gives up the start lock: with that lock, one can tell whether
 * there is a watcher that will still look.
 */
#include "config.h"

#include "engine/postgres/cluster-parts.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define IDLE_SECONDS 60
#define IDLE_MAX 86400

enum { DIR_FD, RUN_FD, WATCH_FD, FDS };

struct watch {
	int fd[FDS];
	uid_t uid;
	unsigned idle;
};

static void sleep_for(unsigned seconds)
{
	struct timespec t = { (time_t)seconds, 0 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static bool same_time(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The end, if nobody uses it and there is nothing to stop, or nobody came
 * since (NULL: it is not time to stop yet). */
static bool end(struct watch *w, int users, const struct stat *since)
{
	struct stat now;
	bool ended = false;
	int lock = cluster_open_file(w->fd[DIR_FD], "lock");

	if (lock < 0 || cluster_flock(lock, LOCK_EX) || fstat(users, &now))
		return true;
	if (!cluster_flock(users, LOCK_EX | LOCK_NB)) {
		ended = server_is_down(w->fd[RUN_FD], w->uid);
		if (!ended && since && same_time(&now, since)) {
			server_stop(w->fd[RUN_FD], w->uid);
			ended = true;
		}
	}
	if (ended) {
		cluster_remove_sockets(w->fd[DIR_FD]);
		close(w->fd[WATCH_FD]);
	}
	flock(users, LOCK_UN);
	close(lock);
	return ended;
}

static bool look(struct watch *w)
{
	int users = cluster_open_file(w->fd[DIR_FD], "users");
	struct stat since;
	bool ended = true;

	if (users < 0 || cluster_flock(users, LOCK_EX) ||
	    fstat(users, &since) || flock(users, LOCK_UN))
		_exit(0);
	if (!end(w, users, NULL)) {
		sleep_for(w->idle);
		ended = end(w, users, &since);
	}
	close(users);
	return ended;
}

static void watch(void *arg)
{
	struct watch w = *(struct watch *)arg;

	process_alone(w.fd, FDS);
	prctl(PR_SET_NAME, "ss-pg-watch");
	while (!look(&w))
		;
	_exit(0);
}

static unsigned idle_seconds(void)
{
	const char *set = getenv("SCHEMASTORE_SCRATCH_IDLE");
	uint64_t n;

	if (!set || parse_u64(&n, set, IDLE_MAX))
		return IDLE_SECONDS;
	return (unsigned)n;
}

int watch_start(struct cluster *c, struct err *err)
{
	struct watch w = {
		.fd = { c->dir_fd, c->run_fd,
			cluster_open_file(c->dir_fd, "watch") },
		.uid = c->as.uid,
		.idle = idle_seconds(),
	};
	int ret = 0;

	if (w.fd[WATCH_FD] < 0)
		return err_errno(err, "cannot open '%s/watch'", c->dir);
	if (!cluster_flock(w.fd[WATCH_FD], LOCK_EX | LOCK_NB))
		ret = process_detach(NULL, watch, &w, err);
	close(w.fd[WATCH_FD]);
	return ret;
}
