/*
 * The private cluster's server: made, started, asked and stopped.
 *
 *	           ┌── new.XXXX ── rename ──┐
 *	(nothing) ─┘        initdb          └─▶ data ── postgres ──▶ answers
 *	    ▲                                    │ does not start
 *	    └────────── old.XXXX, rm ────────────┘ (once)
 *
 * A process is the cluster's where it works in the data folder and belongs to
 * its user: the postmaster and what it starts all do, and no process that has
 * come by the number in a stale postmaster.pid.
 */
#include "config.h"

#include "engine/postgres/cluster-parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/hash.h"

#define START_MS 60000
#define STOP_MS 20000
#define KILL_MS 5000
#define ANSWER_S 10
#define LOG_MAX (1 << 20)

/* Quick rather than safe: what is in it can be made again. */
static const char *const settings[] = {
	"listen_addresses=",
	("port=" CLUSTER_PORT),
	"unix_socket_permissions=0700",
	"fsync=off",
	"synchronous_commit=off",
	"full_page_writes=off",
	"wal_level=minimal",
	"max_wal_senders=0",
	"max_logical_replication_workers=0",
	"max_wal_size=128MB",
	"min_wal_size=32MB",
	"checkpoint_timeout=1h",
	"bgwriter_lru_maxpages=0",
	"autovacuum=off",
	"autovacuum_max_workers=1",
	"track_counts=off",
	"max_connections=100",
	"max_locks_per_transaction=1024",	/* objects of one schema */
	"shared_buffers=16MB",
	"huge_pages=off",
	"dynamic_shared_memory_type=mmap",	/* in data: nothing stays */
	"max_parallel_workers_per_gather=0",
	"max_parallel_maintenance_workers=0",
	"jit=off",
	"timezone=UTC",
	"log_timezone=UTC",
	"logging_collector=off",
	"log_destination=stderr",
	"log_line_prefix=",
	"log_checkpoints=off",
	"log_min_messages=log",		/* no errors of the SQL that is run */
	"log_min_error_statement=panic",
};

/* ---- what runs ------------------------------------------------------------*/

enum standing { DOWN, STARTING, READY, STOPPING };

struct postmaster {
	int data_fd;
	struct stat data;
	uid_t uid;
	pid_t pid;		/* 0: none is named */
	enum standing standing;
};

static bool is_ours(const struct postmaster *pm, long pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld", pid);
	if (stat(path, &st) || st.st_uid != pm->uid)
		return false;
	snprintf(path, sizeof(path), "/proc/%ld/cwd", pid);
	return !stat(path, &st) && st.st_dev == pm->data.st_dev &&
	       st.st_ino == pm->data.st_ino;
}

/* Line 1 of postmaster.pid is the pid, line 8 how far it is. */
static void read_pid_file(struct postmaster *pm)
{
	int fd = openat(pm->data_fd, "postmaster.pid",
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[4096], *line = text;
	ssize_t n;

	pm->pid = 0;
	pm->standing = DOWN;
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	pm->pid = (pid_t)strtol(text, NULL, 10);
	if (pm->pid <= 1 || !is_ours(pm, pm->pid))
		return;
	for (int i = 1; line && i < 8; i++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	pm->standing = !line ? STARTING :
		       str_starts(line, "ready") ? READY :
		       str_starts(line, "stopping") ? STOPPING : STARTING;
}

/* -1: there is no data folder. */
static int find_postmaster(struct postmaster *pm, int run_fd, uid_t uid)
{
	*pm = (struct postmaster){ .uid = uid };
	pm->data_fd = openat(run_fd, "data", O_RDONLY | O_DIRECTORY |
			     O_NOFOLLOW | O_CLOEXEC);
	if (pm->data_fd < 0)
		return -1;
	if (fstat(pm->data_fd, &pm->data) || pm->data.st_uid != uid) {
		close(pm->data_fd);
		return -1;
	}
	read_pid_file(pm);
	return 0;
}

bool server_is_down(int run_fd, uid_t uid)
{
	struct postmaster pm;

	if (find_postmaster(&pm, run_fd, uid))
		return true;
	close(pm.data_fd);
	return pm.standing == DOWN;
}

/* ---- the end of it --------------------------------------------------------*/

/* Not opendir(): a watcher is the child of a process with threads. */
static unsigned kill_round(const struct postmaster *pm)
{
	_Alignas(struct dirent64) char names[8192];
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned found = 0;
	ssize_t n;

	while (fd >= 0 && (n = getdents64(fd, names, sizeof(names))) > 0)
		for (ssize_t at = 0; at < n;) {
			struct dirent64 *e = (void *)(names + at);
			long pid = strtol(e->d_name, NULL, 10);

			at += e->d_reclen;
			if (pid > 1 && pid != getpid() && is_ours(pm, pid)) {
				kill((pid_t)pid, SIGKILL);
				found++;
			}
		}
	if (fd >= 0)
		close(fd);
	return found;
}

/* All that works in the data folder: a postmaster that was killed leaves
 * servers that are in the middle of something. */
static void kill_all(const struct postmaster *pm)
{
	int64_t until = now_ms() + KILL_MS;
	unsigned ms = 0;

	while (kill_round(pm) && now_ms() < until)
		pause_longer(&ms);
	unlinkat(pm->data_fd, "postmaster.pid", 0);
}

/* The postmaster has the time to end as it should. */
static void stop(struct postmaster *pm)
{
	int64_t until = now_ms() + STOP_MS;
	pid_t pid = pm->pid;
	unsigned ms = 0;

	if (pm->standing != DOWN) {
		kill(pid, SIGINT);
		kill(pid, SIGCONT);
		while (is_ours(pm, pid) && now_ms() < until)
			pause_longer(&ms);
		read_pid_file(pm);
	}
	if (pm->pid)
		kill_all(pm);
}

void server_stop(int run_fd, uid_t uid)
{
	struct postmaster pm;

	if (find_postmaster(&pm, run_fd, uid))
		return;
	stop(&pm);
	close(pm.data_fd);
}

/* ---- the way to it --------------------------------------------------------*/

/* SSLRequest: a server process says N or S, or E where it is no more. */
static bool answers(const char *sockets)
{
	static const char request[] = { 0, 0, 0, 8, 4, (char)210, 22, 47 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval wait = { ANSWER_S, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is = false;
	char c;

	if (fd < 0)
		return false;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/.s.PGSQL." CLUSTER_PORT,
		 sockets);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (!connect(fd, (void *)&to, sizeof(to)) &&
	    send(fd, request, sizeof(request), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(request))
		is = recv(fd, &c, 1, 0) == 1;
	close(fd);
	return is;
}

/* Until it answers.  pid is that of a server that we have just started and
 * that may not have come to its data folder yet, or 0. */
static bool wait_ready(struct cluster *c, pid_t pid)
{
	int64_t until = now_ms() + START_MS;
	struct postmaster pm;
	char cwd[64];
	struct stat st;
	unsigned ms = 0;

	snprintf(cwd, sizeof(cwd), "/proc/%ld/cwd", (long)pid);
	while (now_ms() < until) {
		/* A zombie has none. */
		bool gone = !pid || stat(cwd, &st);

		if (find_postmaster(&pm, c->run_fd, c->as.uid))
			return false;
		close(pm.data_fd);
		if (pm.standing == READY)
			return answers(c->sockets);
		if (pm.standing == STOPPING || (pm.standing == DOWN && gone))
			return false;
		pause_longer(&ms);
	}
	return false;
}

/* The end of what it said last. */
static const char *last_words(struct arena *a, int log)
{
	struct stat st = { .st_size = 0 };
	char text[300], *p = text;
	off_t from;
	ssize_t n;

	if (fstat(log, &st))
		return "";
	from = st.st_size > (off_t)sizeof(text) - 1 ?
	       st.st_size - ((off_t)sizeof(text) - 1) : 0;
	n = pread(log, text, sizeof(text) - 1, from);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	if (from && strchr(p, '\n'))
		p = strchr(p, '\n') + 1;
	return *p ? arena_printf(a, ": %s", p) : "";
}

static int open_log(struct cluster *c)
{
	return openat(c->dir_fd, "log", O_RDWR | O_CREAT | O_APPEND |
		      O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* unix_socket_directories is a list of names, which may be quoted. */
static const char *sockets_setting(struct cluster *c)
{
	struct buf b = BUF_INIT;
	const char *kept;

	buf_addstr(&b, "unix_socket_directories=\"");
	for (const char *p = c->sockets; *p; p++) {
		if (*p == '"')
			buf_addch(&b, '"');
		buf_addch(&b, *p);
	}
	buf_addch(&b, '"');
	kept = arena_strdup(&c->a, b.ptr);
	buf_release(&b);
	return kept;
}

static const char *const *server_argv(struct cluster *c)
{
	struct list l = { NULL, 0 };

	list_add(&c->a, &l, path_join(&c->a, c->bin, "postgres"));
	list_add(&c->a, &l, "-D");
	list_add(&c->a, &l, path_join(&c->a, c->run, "data"));
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		list_add(&c->a, &l, "-c");
		list_add(&c->a, &l, settings[i]);
	}
	list_add(&c->a, &l, "-c");
	list_add(&c->a, &l, sockets_setting(c));
	list_add(&c->a, &l, NULL);
	return l.v;
}

/* It may not have come to its data folder. */
static void end_started(struct cluster *c, pid_t pid)
{
	struct stat st;
	char path[64];

	server_stop(c->run_fd, c->as.uid);
	snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (!stat(path, &st) && st.st_uid == c->as.uid)
		kill(pid, SIGKILL);
}

/* Nothing of it runs when this fails. */
static int start(struct cluster *c, struct err *err)
{
	struct process p = { .as = &c->as, .env = c->env };
	pid_t pid;
	int ret = -1;

	p.out = open_log(c);
	if (p.out < 0 || ftruncate(p.out, 0)) {
		err_errno(err, "cannot write '%s/log'", c->dir);
		goto out;
	}
	p.argv = server_argv(c);
	/* PostgreSQL takes a zombie for a server that has them. */
	cluster_clear_sockets(c->sockets);
	if (process_detach(&pid, process_exec, &p, err))
		goto out;
	if (wait_ready(c, pid)) {
		ret = 0;
		goto out;
	}
	end_started(c, pid);
	err_set(err, ERR_ENGINE, "the private PostgreSQL server does not "
		"start%s", last_words(&c->a, p.out));
	cluster_hint(err, arena_printf(&c->a, "see '%s/log'", c->dir));
out:
	if (p.out >= 0)
		close(p.out);
	return ret;
}

/* ---- its data -------------------------------------------------------------*/

static const char *new_name(struct arena *a, const char *prefix)
{
	unsigned char salt[4];
	char hex[2 * sizeof(salt) + 1];

	random_bytes(salt, sizeof(salt));
	hex_encode(hex, salt, sizeof(salt));
	return arena_printf(a, "%s.%s", prefix, hex);
}

/* What a crash left half-made or half-removed. */
static void remove_leftovers(struct cluster *c)
{
	static const char script[] = "rm -rf -- \"$0\"/new.* \"$0\"/old.*";
	const char *argv[] = { "/bin/sh", "-c", script, c->run, NULL };
	struct process p = { .argv = argv, .as = &c->as, .env = c->env };
	struct err none = ERR_INIT;
	struct buf out = BUF_INIT;

	/* What stays takes room, and does no harm. */
	if (process_run(&out, &p, &none))
		none.code = ERR_NONE;
	buf_release(&out);
}

/* Of what initdb says, from where it begins to complain. */
static const char *complaint(struct buf *out)
{
	static const char *const words[] = { "error: ", "FATAL: ", "PANIC: " };
	const char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = strstr(out->ptr, words[i]);

		if (at && (!first || at < first))
			first = at;
	}
	while (out->len && out->ptr[out->len - 1] == '\n')
		buf_truncate(out, out->len - 1);
	return first ? first : out->len > 250 ? out->ptr + out->len - 250 :
	       out->ptr;
}

static int make_data(struct cluster *c, struct err *err)
{
	const char *name = new_name(&c->a, "new");
	const char *path = path_join(&c->a, c->run, name);
	const char *argv[] = {
		path_join(&c->a, c->bin, "initdb"), "-D", path,
		"--username=" CLUSTER_SUPERUSER, "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", NULL
	};
	struct process p = { .argv = argv, .as = &c->as, .env = c->env,
			     .ours = true };
	struct buf out = BUF_INIT;
	int ret;

	remove_leftovers(c);
	ret = process_run(&out, &p, err);
	if (ret > 0) {
		ret = err_set(err, ERR_ENGINE, "cannot make the private "
			      "PostgreSQL cluster in '%s' as user '%s': %s",
			      c->run, c->as.name, complaint(&out));
		cluster_hint(err, "set SCHEMASTORE_SCRATCH_DIR to a folder "
			     "with room that this user can reach");
		remove_leftovers(c);
	} else if (!ret && renameat(c->run_fd, name, c->run_fd, "data")) {
		ret = err_errno(err, "cannot make '%s/data'", c->run);
	}
	buf_release(&out);
	return ret;
}

static void throw_away(struct cluster *c)
{
	renameat(c->run_fd, "data", c->run_fd, new_name(&c->a, "old"));
	remove_leftovers(c);
}

/* Whatever is in the way of a server that answers is gone then. */
static bool already_ready(struct cluster *c)
{
	struct postmaster pm;
	bool ready = false;

	if (find_postmaster(&pm, c->run_fd, c->as.uid))
		return false;
	if (pm.standing == READY || pm.standing == STARTING)
		ready = wait_ready(c, 0);
	if (!ready && pm.standing != STOPPING)
		kill_all(&pm);
	else if (!ready)
		stop(&pm);
	close(pm.data_fd);
	return ready;
}

static void trim_log(struct cluster *c)
{
	int fd = open_log(c);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > LOG_MAX && ftruncate(fd, 0))
		st.st_size = 0;
	close(fd);
}

int server_start(struct cluster *c, struct err *err)
{
	struct err first = ERR_INIT;

	trim_log(c);
	if (already_ready(c))
		return 0;
	if (!faccessat(c->run_fd, "data/PG_VERSION", F_OK, 0)) {
		if (!start(c, &first))
			return 0;
	}
	throw_away(c);
	return make_data(c, err) || start(c, err) ? -1 : 0;
}
