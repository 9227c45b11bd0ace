/*
 * The private cluster: one for all who use it at once.
 *
 *	lock ──▶ users (shared) ──▶ a watcher ──▶ a server ──▶ unlock
 *
 * Whoever has the start lock is alone with the cluster: making it, starting
 * it, finding out what a crash has left, stopping it.  Who uses it holds
 * `users`, shared, as long as the process lives; the kernel gives that back
 * whatever becomes of it.
 */
#include "config.h"

#include "engine/postgres/cluster.h"

#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/postgres/cluster-parts.h"

#define MAJORS 16		/* at once; there are not that many */

/* What this process holds of a cluster. */
struct held {
	unsigned major;		/* 0: nothing */
	int users;		/* the lock; only where there are uses */
	unsigned uses;
	pid_t pid;		/* a fork has not asked for it */
};

/* Of all of them: the process's as the heap is, for all its threads.  Only the
 * kernel's lock counts, so that nothing has to be handed from one connection
 * to the next. */
static struct {
	pthread_mutex_t mutex;
	struct held of[MAJORS];
} all = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct held *held_of(unsigned major)
{
	for (size_t i = 0; i < MAJORS; i++)
		if (all.of[i].major == major)
			return &all.of[i];
	return NULL;
}

/* A lock is of all who have inherited it: unlocking would take it from whoever
 * we were forked from. */
static void release(struct held *h)
{
	if (h->pid == getpid())
		flock(h->users, LOCK_UN);
	close(h->users);
	memset(h, 0, sizeof(*h));
}

static void add_quoted(struct buf *b, const char *name, const char *value)
{
	buf_addf(b, "%s='", name);
	for (const char *p = value; *p; p++) {
		if (*p == '\'' || *p == '\\')
			buf_addch(b, '\\');
		buf_addch(b, *p);
	}
	buf_addch(b, '\'');
}

static void add_conninfo(struct buf *b, const struct cluster *c)
{
	if (b->len)
		buf_addch(b, ' ');
	add_quoted(b, "host", c->sockets);
	buf_addstr(b, " port='" CLUSTER_PORT "' user='" CLUSTER_SUPERUSER
		   "' dbname='postgres'");
}

/* The lock on users; the time on it tells the watcher. */
static int begin_use(const struct cluster *c, struct err *err)
{
	struct held *h = held_of(c->major);
	int fd = cluster_open_file(c->dir_fd, "users");
	unsigned uses = 0;

	if (fd < 0 || cluster_flock(fd, LOCK_SH) || futimens(fd, NULL)) {
		err_errno(err, "cannot lock '%s/users'", c->dir);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (h && h->pid == getpid())
		uses = h->uses;
	if (h)
		release(h);
	h = held_of(0);
	assert(h);
	*h = (struct held){ c->major, fd, uses, getpid() };
	return 0;
}

static int use_locked(struct cluster *c, struct err *err)
{
	struct held *h;

	if (begin_use(c, err))
		return -1;
	/* First the watcher: what is started has one from its beginning. */
	h = held_of(c->major);
	if (cluster_find_sockets(c, err) || watch_start(c, err) ||
	    server_start(c, err)) {
		if (!h->uses)
			release(h);
		return -1;
	}
	h->uses++;
	return 0;
}

static int use(struct cluster *c, struct err *err)
{
	int lock, ret;

	if (user_find(&c->as, &c->a, err) || cluster_find_bin(c, err) ||
	    cluster_open_dir(c, err))
		return -1;
	lock = cluster_lock(c->dir_fd, "lock", err);
	if (lock < 0)
		return -1;
	ret = use_locked(c, err);
	/* Not by close() alone: a child between fork and exec has it too. */
	flock(lock, LOCK_UN);
	close(lock);
	return ret;
}

int pg_cluster_use(struct buf *conninfo, unsigned *major, struct err *err)
{
	struct cluster c = CLUSTER_INIT;
	int ret;

	c.major = *major;
	c.env = process_env(&c.a);
	pthread_mutex_lock(&all.mutex);
	ret = use(&c, err);
	pthread_mutex_unlock(&all.mutex);
	if (!ret) {
		add_conninfo(conninfo, &c);
		*major = c.major;
	}
	if (c.run_fd >= 0)
		close(c.run_fd);
	if (c.dir_fd >= 0)
		close(c.dir_fd);
	arena_release(&c.a);
	return ret;
}

void pg_cluster_done(unsigned major)
{
	struct held *h;

	pthread_mutex_lock(&all.mutex);
	h = held_of(major);
	if (h && h->pid == getpid() && h->uses && !--h->uses)
		release(h);
	pthread_mutex_unlock(&all.mutex);
}
