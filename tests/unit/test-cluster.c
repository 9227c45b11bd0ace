/*
 * The private PostgreSQL cluster: made once, shared, mended after every kind
 * of crash, and gone when nobody uses it.  Skipped where there is no server.
 */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/postgres/cluster.h"
#include "ss/arena.h"
#include "ss/file.h"

#define WAIT_MS 30000		/* for what takes a second or two */

struct fixture {
	struct arena a;
	const char *top;	/* SCHEMASTORE_SCRATCH_DIR */
	const char *dir;	/* its pgN-N */
	bool server;		/* there are programs */
	unsigned uses;		/* that are not done */
};

static unsigned *major_in_use(void)
{
	static unsigned major;

	return &major;
}

static int use_any(struct buf *b, struct err *err)
{
	unsigned major = 0;

	if (pg_cluster_use(b, &major, err))
		return -1;
	*major_in_use() = major;
	return 0;
}

static void done(void)
{
	pg_cluster_done(*major_in_use());
}

/* ---- what is there --------------------------------------------------------*/

static void pause_a_little(void)
{
	struct timespec t = { 0, 10 * 1000 * 1000 };

	nanosleep(&t, NULL);
}

static void expect_use(struct fixture *f, struct buf *b)
{
	struct err err = ERR_INIT;

	if (use_any(b, &err))
		fail_msg("%s (hint: %s)", err.text, err.hint);
	f->uses++;
}

static void use(struct fixture *f)
{
	struct buf b = BUF_INIT;

	expect_use(f, &b);
	assert_non_null(strstr(b.ptr, "host='/"));
	assert_non_null(strstr(b.ptr, " user='schemastore' dbname='postgres'"));
	buf_release(&b);
}

/* The one folder in a folder. */
static const char *only_in(struct arena *a, const char *dir)
{
	struct list names = { NULL, 0 };
	struct err err = ERR_INIT;

	assert_int_equal(dir_list(&names, dir, a, &err), 0);
	assert_int_equal(names.n, 1);
	return path_join(a, dir, names.v[0]);
}

static const char *in_run(struct fixture *f, const char *name)
{
	return arena_printf(&f->a, "%s/run/%s", f->dir, name);
}

static pid_t postmaster(struct fixture *f)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	pid_t pid = 0;

	if (file_read_if(&b, in_run(f, "data/postmaster.pid"), 4096, &err) > 0)
		pid = (pid_t)strtol(b.ptr, NULL, 10);
	buf_release(&b);
	return pid;
}

static bool is_alive(pid_t pid)
{
	char path[64];
	struct stat st;

	/* Not a zombie, which has no working folder. */
	snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
	return !stat(path, &st);
}

static void wait_dead(pid_t pid)
{
	for (int ms = 0; is_alive(pid); ms += 10) {
		assert_true(ms < WAIT_MS);
		pause_a_little();
	}
}

static bool has_watcher(struct fixture *f)
{
	int fd = open(path_join(&f->a, f->dir, "watch"), O_RDWR | O_CLOEXEC);
	bool has = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB);

	if (fd >= 0)
		close(fd);
	return has;
}

/* In the only way that tells which one: by the lock file that it holds. */
static pid_t watcher(struct fixture *f)
{
	struct err err = ERR_INIT;
	struct list names = { NULL, 0 };
	struct stat watch, st;

	assert_int_equal(stat(path_join(&f->a, f->dir, "watch"), &watch), 0);
	assert_int_equal(dir_list(&names, "/proc", &f->a, &err), 0);
	for (size_t i = 0; i < names.n; i++) {
		pid_t pid = (pid_t)strtol(names.v[i], NULL, 10);

		if (pid > 0 && !stat(arena_printf(&f->a, "/proc/%ld/fd/5",
						  (long)pid), &st) &&
		    st.st_dev == watch.st_dev && st.st_ino == watch.st_ino)
			return pid;
	}
	return 0;
}

/* Nothing that was started is left. */
static void wait_stopped(struct fixture *f)
{
	pid_t pid = postmaster(f), w = watcher(f);

	for (; f->uses; f->uses--)
		done();
	if (pid)
		wait_dead(pid);
	if (w)
		wait_dead(w);
	assert_false(has_watcher(f));
	assert_false(file_exists(in_run(f, "data/postmaster.pid")));
	assert_false(file_exists(in_run(f, ".s.PGSQL.5432")));
}

static void overwrite(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* ---- other processes ------------------------------------------------------*/

struct other {
	pid_t pid;
	int answer, hold;
};

static void other_run(int answer, int hold)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	char c = use_any(&b, &err) ? '-' : '+';

	if (c == '-')
		fprintf(stderr, "# %s\n", err.text);
	_exit(write(answer, &c, 1) != 1 || read(hold, &c, 1) != 1);
}

/* A process that uses the cluster until it is let go. */
static struct other other_start(void)
{
	int answer[2], hold[2];
	struct other o;

	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	fflush(NULL);
	o = (struct other){ fork(), answer[0], hold[1] };
	assert_true(o.pid >= 0);
	if (!o.pid) {
		close(hold[1]);
		other_run(answer[1], hold[0]);
	}
	close(answer[1]);
	close(hold[0]);
	return o;
}

static void other_expect(struct other *o)
{
	char c = 0;

	assert_int_equal(read(o->answer, &c, 1), 1);
	assert_int_equal(c, '+');
}

static void other_end(struct other *o)
{
	int status;

	/* Not by closing it, which those forked later have too. */
	assert_int_equal(write(o->hold, "", 1), 1);
	close(o->hold);
	close(o->answer);
	assert_int_equal(waitpid(o->pid, &status, 0), o->pid);
	assert_int_equal(status, 0);
}

/* ---- the cases ------------------------------------------------------------*/

static struct fixture *need_server(void **state)
{
	struct fixture *f = *state;

	if (!f->server) {
		print_message("no PostgreSQL server\n");
		skip();
	}
	return f;
}

static void test_no_programs(void **state)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;

	(void)state;
	setenv("SCHEMASTORE_PGBIN", "/nonexistent", 1);
	assert_int_equal(use_any(&b, &err), -1);
	unsetenv("SCHEMASTORE_PGBIN");
	assert_int_equal(err.code, ERR_ENGINE);
	assert_non_null(strstr(err.text, "no PostgreSQL server"));
	assert_non_null(strstr(err.text, "'/nonexistent'"));
	assert_non_null(strstr(err.hint, "install postgresql"));
	assert_non_null(strstr(err.hint, "SCHEMASTORE_SCRATCH=postgres://"));
	assert_non_null(strstr(err.hint, "[postgres] in schemastore.conf"));
	assert_int_equal(b.len, 0);
}

/* One of them makes it; both have it. */
static void test_two_at_once(void **state)
{
	struct fixture *f = need_server(state);
	struct other a = other_start(), b = other_start();
	pid_t pid;

	other_expect(&a);
	other_expect(&b);
	f->dir = only_in(&f->a, only_in(&f->a, f->top));
	pid = postmaster(f);
	assert_true(is_alive(pid));
	other_end(&a);
	use(f);
	other_end(&b);
	use(f);
	assert_int_equal(postmaster(f), pid);
	assert_true(has_watcher(f));
}

/* As long as one of them lives it stays, and then no longer. */
static void test_stops(void **state)
{
	struct fixture *f = need_server(state);
	struct other o = other_start();
	pid_t pid;

	other_expect(&o);
	pid = postmaster(f);
	kill(o.pid, SIGKILL);
	waitpid(o.pid, NULL, 0);
	close(o.hold);
	close(o.answer);
	use(f);
	assert_int_equal(postmaster(f), pid);
	wait_stopped(f);
	use(f);
	assert_int_not_equal(postmaster(f), pid);
}

/* Of two users in one process one is done. */
static void test_counted(void **state)
{
	struct fixture *f = need_server(state);
	int fd;

	use(f);
	use(f);
	while (f->uses > 1) {
		done();
		f->uses--;
	}
	fd = open(path_join(&f->a, f->dir, "users"), O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
}

static void test_killed(void **state)
{
	struct fixture *f = need_server(state);
	pid_t pid;

	use(f);
	pid = postmaster(f);
	kill(pid, SIGKILL);
	use(f);
	assert_false(is_alive(pid));
	assert_true(is_alive(postmaster(f)));
}

/* Its number is somebody else's by now, who is left alone. */
static void test_stale_pid(void **state)
{
	struct fixture *f = need_server(state);
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT, old = BUF_INIT;
	struct other o;
	pid_t pid;

	use(f);
	pid = postmaster(f);
	o = other_start();
	other_expect(&o);
	assert_int_equal(file_read(&old, in_run(f, "data/postmaster.pid"),
				   4096, &err), 0);
	kill(pid, SIGKILL);
	wait_dead(pid);
	buf_addf(&b, "%ld%s", (long)o.pid, strchr(old.ptr, '\n'));
	overwrite(in_run(f, "data/postmaster.pid"), b.ptr);
	use(f);
	assert_true(is_alive(o.pid));
	assert_true(is_alive(postmaster(f)));
	assert_int_not_equal(postmaster(f), o.pid);
	other_end(&o);
	buf_release(&b);
	buf_release(&old);
}

/* What does not start is made again; what was half-made goes. */
static void test_broken(void **state)
{
	struct fixture *f = need_server(state);
	struct err err = ERR_INIT;
	struct stat st;

	use(f);
	wait_stopped(f);
	overwrite(in_run(f, "data/global/pg_control"), "");
	assert_int_equal(dir_make(in_run(f, "new.half"), &err), 0);
	assert_int_equal(stat(in_run(f, "."), &st), 0);
	assert_int_equal(chown(in_run(f, "new.half"), st.st_uid, st.st_gid),
			 0);
	use(f);
	assert_true(is_alive(postmaster(f)));
	assert_false(dir_exists(in_run(f, "new.half")));
}

static void test_watcher_killed(void **state)
{
	struct fixture *f = need_server(state);
	pid_t pid, server;

	use(f);
	server = postmaster(f);
	pid = watcher(f);
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	wait_dead(pid);
	assert_false(has_watcher(f));
	use(f);
	assert_int_equal(postmaster(f), server);
	assert_true(has_watcher(f));
	assert_int_not_equal(watcher(f), pid);
}

/* The watcher holds nothing that somebody waits for. */
static void test_holds_nothing(void **state)
{
	struct fixture *f = need_server(state);
	struct other o;
	int ends[2];
	char c;

	use(f);
	wait_stopped(f);
	assert_int_equal(pipe(ends), 0);	/* is inherited */
	o = other_start();
	other_expect(&o);
	other_end(&o);
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 0);
	close(ends[0]);
	assert_true(has_watcher(f));
	use(f);
}

static void expect_refused(struct fixture *f, const char *dir)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	setenv("SCHEMASTORE_SCRATCH_DIR", dir, 1);
	assert_int_equal(use_any(&b, &err), -1);
	setenv("SCHEMASTORE_SCRATCH_DIR", f->top, 1);
	assert_non_null(strstr(err.text, dir));
	assert_non_null(strstr(err.hint, "SCHEMASTORE_SCRATCH_DIR"));
}

static void test_not_ours(void **state)
{
	struct fixture *f = need_server(state);
	struct err err = ERR_INIT;
	const char *dir = arena_printf(&f->a, "%s-other", f->top);
	const char *own = arena_printf(&f->a, "%s/schemastore-%ld", dir,
				       (long)geteuid());

	assert_int_equal(dir_make(own, &err), 0);
	assert_int_equal(chmod(own, 0777), 0);
	expect_refused(f, dir);
	assert_int_equal(rmdir(own), 0);
	assert_int_equal(symlink(f->top, own), 0);
	expect_refused(f, dir);
	assert_int_equal(unlink(own), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Its socket is elsewhere, and goes with it. */
static void test_long_path(void **state)
{
	struct fixture *f = need_server(state);
	struct fixture g = { .server = true };
	struct buf b = BUF_INIT;
	const char *host;

	use(f);
	wait_stopped(f);
	g.top = arena_printf(&f->a, "%s/%0100d", f->top, 0);
	setenv("SCHEMASTORE_SCRATCH_DIR", g.top, 1);
	expect_use(&g, &b);
	host = strstr(b.ptr, "host='/tmp/schemastore-");
	assert_non_null(host);
	host = arena_strndup(&f->a, host + 6, strcspn(host + 6, "'"));
	assert_true(dir_exists(host));
	g.dir = only_in(&g.a, only_in(&g.a, g.top));
	kill(postmaster(&g), SIGKILL);
	buf_truncate(&b, 0);
	expect_use(&g, &b);
	assert_non_null(strstr(b.ptr, host));
	wait_stopped(&g);
	setenv("SCHEMASTORE_SCRATCH_DIR", f->top, 1);
	assert_false(dir_exists(host));
	arena_release(&g.a);
	buf_release(&b);
}

/* ---- the frame ------------------------------------------------------------*/

/* Can the server's user come to a folder below it? */
static bool is_open_to_all(struct arena *a, const char *dir)
{
	char *path = arena_strdup(a, dir), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/')) != NULL) {
		if (stat(path, &st) || !(st.st_mode & S_IXOTH))
			return false;
		*slash = '\0';
		if (!*path)
			return true;
	}
	return false;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *tmp = getenv("TMPDIR");
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	char *dir;

	if (!f)
		return -1;
	if (!tmp || (!geteuid() && !is_open_to_all(&f->a, tmp)))
		tmp = "/tmp";
	dir = arena_printf(&f->a, "%s/ss-cluster.XXXXXX", tmp);
	if (!mkdtemp(dir) || chmod(dir, 0711))
		return -1;
	f->top = dir;
	setenv("SCHEMASTORE_SCRATCH_DIR", "/dev/null", 1);
	setenv("SCHEMASTORE_SCRATCH_IDLE", "1", 1);
	/* Nothing else can be wrong before that folder is. */
	f->server = use_any(&b, &err) &&
		    !strstr(err.text, "PostgreSQL server");
	setenv("SCHEMASTORE_SCRATCH_DIR", f->top, 1);
	buf_release(&b);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[600];
	int ret;

	if (f->dir)
		wait_stopped(f);
	snprintf(command, sizeof(command), "rm -r '%s'", f->top);
	ret = system(command);
	arena_release(&f->a);
	free(f);
	return ret;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_programs),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_stale_pid),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_watcher_killed),
		cmocka_unit_test(test_holds_nothing),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
