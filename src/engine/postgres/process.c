/*
 * Processes: fork, become another user, exec.
 *
 *	we ── fork ──▶ child ── exec		process_run()
 *	we ── fork ──▶ child ── fork ──▶ fn	process_detach(): the child
 *	               ends at once, so that init has what it leaves
 *
 * Between fork and exec only what is safe there in a process of many threads.
 * This file alone has what would change a process (chdir, signal), and calls
 * it in children alone: t0700.
 */
#include "config.h"

#include "engine/postgres/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT 65536		/* bytes of what a program writes */
#define KEEP_MAX 8

#ifdef SYS_close_range
#define CLOSE_RANGE(first) syscall(SYS_close_range, (first), ~0u, 0u)
#else
#define CLOSE_RANGE(first) -1
#endif

static bool user_by_name(struct user *u, const char *name)
{
	char text[16384];
	struct passwd pw, *found;

	if (getpwnam_r(name, &pw, text, sizeof(text), &found) || !found ||
	    !pw.pw_uid)
		return false;
	*u = (struct user){ name, pw.pw_uid, pw.pw_gid, true };
	return true;
}

int user_find(struct user *u, struct arena *a, struct err *err)
{
	if (geteuid()) {
		*u = (struct user){ arena_printf(a, "%lu",
						 (unsigned long)geteuid()),
				    geteuid(), getegid(), false };
		return 0;
	}
	if (user_by_name(u, "postgres") || user_by_name(u, "nobody"))
		return 0;
	err_set(err, ERR_ENGINE, "PostgreSQL does not run as root, and there "
		"is no user 'postgres' or 'nobody'");
	return err_hint(err, "run schemastore as another user");
}

/* PGDATA, PGOPTIONS and the like are settings of whatever else is there. */
char **process_env(struct arena *a)
{
	static const char *const not[] = { "PG", "LC_", "LANG", "TZ=" };
	struct list l = { NULL, 0 };

	list_add(a, &l, "LC_ALL=C");
	list_add(a, &l, "TZ=UTC");
	for (char **e = environ; e && *e; e++) {
		size_t i = 0;

		while (i < ARRAY_LEN(not) && !str_starts(*e, not[i]))
			i++;
		if (i == ARRAY_LEN(not))
			list_add(a, &l, arena_strdup(a, *e));
	}
	list_add(a, &l, NULL);
	return (char **)(void *)l.v;
}

static void close_from(int first)
{
	long max;

	if (!CLOSE_RANGE(first))
		return;
	max = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < max && fd < 65536; fd++)
		close(fd);
}

void process_alone(int *keep, int n)
{
	int high[KEEP_MAX], null;
	sigset_t none;

	/* A folder that we stand in cannot be unmounted. */
	if (chdir("/"))
		_exit(1);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way of those that they will be. */
	for (int i = 0; i < n && i < KEEP_MAX; i++)
		high[i] = fcntl(keep[i], F_DUPFD, 3 + KEEP_MAX);
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	for (int i = 0; i < n && i < KEEP_MAX; i++) {
		keep[i] = 3 + i;
		dup2(high[i], keep[i]);
	}
	close_from(3 + n);
}

static void say(const char *what)
{
	const char *why = strerror(errno);
	ssize_t n = write(STDERR_FILENO, what, strlen(what));

	n = n < 0 ? n : write(STDERR_FILENO, ": ", 2);
	n = n < 0 ? n : write(STDERR_FILENO, why, strlen(why));
	n = n < 0 ? n : write(STDERR_FILENO, "\n", 1);
	_exit(127 - (n < 0));
}

void process_exec(void *process)
{
	const struct process *p = process;
	int out = p->out;

	process_alone(&out, out >= 0);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		close(out);
	}
	if (p->as->other && (setgroups(1, &p->as->gid) ||
			     setgid(p->as->gid) || setuid(p->as->uid)))
		say(p->as->name);
	/* After setuid(), which forgets it. */
	if (p->ours)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvpe(p->argv[0], (char **)(uintptr_t)p->argv, p->env);
	say(p->argv[0]);
}

static int read_some(int fd, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return (int)got;
}

/* Did it say that all is well?  Where the host takes its children's ends for
 * itself that is not known: then what it has made must tell. */
static int reap(pid_t pid)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return status ? 1 : 0;
}

int process_run(struct buf *out, struct process *p, struct err *err)
{
	size_t before = out->len;
	char chunk[4096];
	int ends[2], n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	p->out = ends[1];
	pid = fork();
	if (!pid)
		process_exec(p);
	if (pid < 0)
		err_errno(err, "cannot make a process");
	close(ends[1]);
	while (pid > 0 && (n = read_some(ends[0], chunk, sizeof(chunk))) > 0)
		if (out->len - before < KEPT)
			buf_add(out, chunk, (size_t)n);
	close(ends[0]);
	return pid < 0 ? -1 : reap(pid);
}

/* The one in between: its child's pid, or minus errno, through the pipe. */
static void leave(int fd, void (*fn)(void *), void *arg)
{
	pid_t pid;

	setsid();
	pid = fork();
	if (!pid)
		fn(arg);
	if (pid < 0)
		pid = -errno;
	_exit(write(fd, &pid, sizeof(pid)) != sizeof(pid));
}

int process_detach(pid_t *pid, void (*fn)(void *), void *arg, struct err *err)
{
	pid_t child, left = -ECHILD;
	int ends[2], n;

	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, "cannot make a pipe");
	child = fork();
	if (!child)
		leave(ends[1], fn, arg);
	if (child < 0)
		left = -errno;
	close(ends[1]);
	n = child < 0 ? 0 : read_some(ends[0], &left, sizeof(left));
	close(ends[0]);
	if (child > 0)
		reap(child);
	if (child > 0 && n == sizeof(left) && left > 0) {
		if (pid)
			*pid = left;
		return 0;
	}
	errno = left < 0 ? -left : ECHILD;
	return err_errno(err, "cannot make a process");
}
