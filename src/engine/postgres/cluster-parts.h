/*
 * The private cluster's folder, its server and its watcher.
 *
 *	TOP/pg15-101/			ours: major version and user of
 *		lock			flock: who makes, starts and stops
 *		users			flock, shared: who uses it
 *		watch			flock: there is a watcher
 *		log			what the server says
 *		socket			a path, where run's is too long
 *		run/			the server's user's, 0700
 *			data/		made as new.*, thrown away as old.*
 *			.s.PGSQL.5432
 *
 * As root everything but run/ is root's: what the server's user may change is
 * only reached through descriptors, and never through a link.
 */
#ifndef SS_POSTGRES_CLUSTER_PARTS_H
#define SS_POSTGRES_CLUSTER_PARTS_H

#include "engine/postgres/cluster.h"

#include <sys/stat.h>

#include "engine/postgres/process.h"
#include "ss/arena.h"

#define CLUSTER_PORT "5432"	/* of the socket's name */
#define CLUSTER_SUPERUSER "schemastore"

struct cluster {
	struct arena a;
	struct user as;
	char **env;
	const char *bin;
	unsigned major;
	const char *dir, *run;
	const char *sockets;	/* the folder of the socket */
	int dir_fd, run_fd;
};
#define CLUSTER_INIT { .dir_fd = -1, .run_fd = -1 }

/* "or name a scratch database", after what else can be done. */
int cluster_hint(struct err *err, const char *what);

/* cluster-bin.c: bin and major; of the major that is there, where that is not
 * 0. */
int cluster_find_bin(struct cluster *c, struct err *err) MUST_CHECK;

/* cluster-dir.c: the folders, made where they are not. */
int cluster_open_dir(struct cluster *c, struct err *err) MUST_CHECK;
/* A file in dir, made where it is not; the lock of it.  The first waits for
 * at most a minute or two. */
int cluster_lock(int dir_fd, const char *name, struct err *err) MUST_CHECK;
int cluster_open_file(int dir_fd, const char *name);
/* Where it gets it, however long that takes. */
int cluster_flock(int fd, int how) MUST_CHECK;
/* The socket's folder; only with the start lock. */
int cluster_find_sockets(struct cluster *c, struct err *err) MUST_CHECK;
/* What a server that was killed left there. */
void cluster_clear_sockets(const char *sockets);
/* The folder itself, where it is not run. */
void cluster_remove_sockets(int dir_fd);

/*
 * cluster-server.c; all of it only with the start lock.  The first makes it
 * answer, whatever there is; the others allocate nothing.
 */
int server_start(struct cluster *c, struct err *err) MUST_CHECK;
bool server_is_down(int run_fd, uid_t uid);
void server_stop(int run_fd, uid_t uid);

/* cluster-watch.c: there is a watcher; only with the start lock. */
int watch_start(struct cluster *c, struct err *err) MUST_CHECK;

/* A longer while each time: 2 ms to 20 ms. */
void pause_longer(unsigned *ms);
int64_t now_ms(void);

#endif
