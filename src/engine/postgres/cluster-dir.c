/*
 * The private cluster's folders and locks.
 */
#include "config.h"

#include "engine/postgres/cluster-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/hash.h"

#define LOCK_WAIT_MS 120000	/* initdb on a slow disk */
#define SOCKET_NAME ".s.PGSQL." CLUSTER_PORT
#define TEMP_SOCKETS "/tmp/schemastore-"

void pause_longer(unsigned *ms)
{
	struct timespec t = { 0, 0 };

	*ms = *ms < 2 ? 2 : *ms < 18 ? *ms + *ms / 2 : 20;
	t.tv_nsec = *ms * 1000000L;
	nanosleep(&t, NULL);
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int cluster_open_file(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      0600);
}

int cluster_flock(int fd, int how)
{
	int ret;

	do
		ret = flock(fd, how);
	while (ret && errno == EINTR);
	return ret;
}

int cluster_lock(int dir_fd, const char *name, struct err *err)
{
	int fd = cluster_open_file(dir_fd, name);
	int64_t until = now_ms() + LOCK_WAIT_MS;
	unsigned ms = 0;

	if (fd < 0)
		return err_errno(err, "cannot open '%s' of the private "
				 "PostgreSQL cluster", name);
	for (;;) {
		if (!cluster_flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		if (errno != EWOULDBLOCK) {
			err_errno(err, "cannot lock the private PostgreSQL "
				  "cluster");
			break;
		}
		if (now_ms() > until) {
			err_set(err, ERR_BUSY, "another schemastore has been "
				"starting the private PostgreSQL cluster for "
				"%d seconds", LOCK_WAIT_MS / 1000);
			break;
		}
		pause_longer(&ms);
	}
	close(fd);
	return -1;
}

/* A folder that is its owner's alone to change, opened; -1: it is not. */
static int open_own(const char *path, uid_t uid, mode_t mode, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		err_errno(err, "cannot open folder '%s'", path);
	else if (fstat(fd, &st))
		err_errno(err, "cannot look at folder '%s'", path);
	else if (st.st_uid != uid || (st.st_mode & 022))
		err_set(err, ERR_REFUSED, "the folder '%s' is somebody "
			"else's, or others can write to it", path);
	else if ((st.st_mode & 07777) != mode && fchmod(fd, mode))
		err_errno(err, "cannot change the mode of '%s'", path);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return cluster_hint(err, "remove it, or set SCHEMASTORE_SCRATCH_DIR "
			    "to another folder");
}

static int make_own(const char *path, mode_t mode, struct err *err)
{
	if (!mkdir(path, mode) || errno == EEXIST)
		return 0;
	err_errno(err, "cannot make folder '%s'", path);
	return cluster_hint(err, "set SCHEMASTORE_SCRATCH_DIR to a folder that "
			    "can be written");
}

/* The server's own; as root it is made and then given away. */
static int open_run(struct cluster *c, struct err *err)
{
	struct stat st;
	int fd;

	if (mkdirat(c->dir_fd, "run", 0700) && errno != EEXIST)
		return err_errno(err, "cannot make folder '%s'", c->run);
	if (c->as.other &&
	    !fstatat(c->dir_fd, "run", &st, AT_SYMLINK_NOFOLLOW) &&
	    st.st_uid == geteuid() &&
	    fchownat(c->dir_fd, "run", c->as.uid, c->as.gid,
		     AT_SYMLINK_NOFOLLOW))
		return err_errno(err, "cannot give away '%s'", c->run);
	fd = open_own(c->run, c->as.uid, 0700, err);
	if (fd < 0)
		return -1;
	c->run_fd = fd;
	return 0;
}

/* The folder for what can be made again; NULL: there is none. */
static const char *cache_folder(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	const char *found = NULL;
	struct err none = ERR_INIT;

	if (cache && *cache == '/')
		found = cache;
	else if (home && *home == '/')
		found = arena_printf(a, "%s/.cache", home);
	if (!found || dir_make(found, &none) || access(found, W_OK))
		return NULL;
	return found;
}

/* TOP: one for a user, whose name is in it where the folder is everybody's. */
static const char *top_folder(struct cluster *c, struct err *err)
{
	const char *named = getenv("SCHEMASTORE_SCRATCH_DIR");
	const char *parent, *top;
	char *real;

	parent = named && *named ? named : NULL;
	if (!parent && geteuid()) {
		parent = cache_folder(&c->a);
		if (parent)
			return arena_printf(&c->a, "%s/schemastore", parent);
	}
	if (!parent)
		parent = "/var/tmp";
	if (dir_make(parent, err)) {
		cluster_hint(err, "set SCHEMASTORE_SCRATCH_DIR to a folder "
			     "that can be written");
		return NULL;
	}
	real = realpath(parent, NULL);
	top = arena_printf(&c->a, "%s/schemastore-%lu", real ? real : parent,
			   (unsigned long)geteuid());
	free(real);
	return top;
}

int cluster_open_dir(struct cluster *c, struct err *err)
{
	/* Another user must come through it to what is its own. */
	mode_t mode = c->as.other ? 0711 : 0700;
	const char *top = top_folder(c, err);
	int fd;

	if (!top || make_own(top, mode, err))
		return -1;
	fd = open_own(top, geteuid(), mode, err);
	if (fd < 0)
		return -1;
	close(fd);
	c->dir = arena_printf(&c->a, "%s/pg%u-%lu", top, c->major,
			      (unsigned long)c->as.uid);
	c->run = path_join(&c->a, c->dir, "run");
	if (make_own(c->dir, mode, err))
		return -1;
	c->dir_fd = open_own(c->dir, geteuid(), mode, err);
	return c->dir_fd < 0 ? -1 : 0;
}

/* The path that `socket` has; NULL: none that we would have written. */
static const char *recorded(struct cluster *c)
{
	struct buf b = BUF_INIT;
	struct err none = ERR_INIT;
	const char *path = NULL;
	struct stat st;

	if (file_read_if(&b, path_join(&c->a, c->dir, "socket"), 200,
			 &none) > 0 && str_starts(b.ptr, TEMP_SOCKETS) &&
	    !lstat(b.ptr, &st) && S_ISDIR(st.st_mode) &&
	    st.st_uid == c->as.uid && (st.st_mode & 07777) == 0700)
		path = arena_strdup(&c->a, b.ptr);
	buf_release(&b);
	return path;
}

static const char *record(struct cluster *c, struct err *err)
{
	unsigned char salt[8];
	char hex[2 * sizeof(salt) + 1];
	const char *path;

	random_bytes(salt, sizeof(salt));
	hex_encode(hex, salt, sizeof(salt));
	path = arena_printf(&c->a, TEMP_SOCKETS "%s", hex);
	if (mkdir(path, 0700) || (c->as.other &&
				  lchown(path, c->as.uid, c->as.gid))) {
		err_errno(err, "cannot make folder '%s'", path);
		return NULL;
	}
	if (file_write(path_join(&c->a, c->dir, "socket"), path, strlen(path),
		       err))
		return NULL;
	return path;
}

/* libpq takes a comma for the end of a host. */
int cluster_find_sockets(struct cluster *c, struct err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path);

	if (c->run_fd < 0 && open_run(c, err))
		return -1;
	c->sockets = c->run;
	if (strlen(c->run) + sizeof("/" SOCKET_NAME) <= max &&
	    !strchr(c->run, ','))
		return 0;
	c->sockets = recorded(c);
	if (!c->sockets)
		c->sockets = record(c, err);
	return c->sockets ? 0 : -1;
}

void cluster_clear_sockets(const char *sockets)
{
	int fd = open(sockets, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		      O_CLOEXEC);

	if (fd < 0)
		return;
	unlinkat(fd, SOCKET_NAME, 0);
	unlinkat(fd, SOCKET_NAME ".lock", 0);
	close(fd);
}

void cluster_remove_sockets(int dir_fd)
{
	int fd = openat(dir_fd, "socket", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char path[200] = "";
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, path, sizeof(path) - 1);
	close(fd);
	if (n > 0 && str_starts(path, TEMP_SOCKETS)) {
		cluster_clear_sockets(path);
		rmdir(path);
	}
	unlinkat(dir_fd, "socket", 0);
}
