/*
 * Running another program.
 */
#include "config.h"

#include "ss/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int set_files(posix_spawn_file_actions_t *files, const struct child *c)
{
	const int from[] = { c->in, c->out, c->err };
	int failed = 0;

	for (int to = STDIN_FILENO; !failed && to <= STDERR_FILENO; to++)
		if (from[to] >= 0)
			failed = posix_spawn_file_actions_adddup2(files,
								  from[to], to);
		else if (to == STDIN_FILENO)
			failed = posix_spawn_file_actions_addopen(
				files, to, "/dev/null", O_RDONLY, 0);
	return failed;
}

static void set_signals(posix_spawnattr_t *attr, bool alone)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETSIGMASK |
				 (alone ? POSIX_SPAWN_SETSID : 0));
}

int child_start(struct child *c, struct err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int failed;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	set_signals(&attr, c->alone);
	failed = set_files(&files, c);
	if (!failed)
		failed = posix_spawnp(&c->pid, c->argv[0], &files, &attr,
				      (char *const *)(uintptr_t)c->argv,
				      c->env ? c->env : environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	errno = failed;
	return failed ? err_errno(err, "cannot run '%s'", c->argv[0]) : 0;
}

int child_wait(int *status, const struct child *c, struct err *err)
{
	while (waitpid(c->pid, status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, "cannot wait for '%s'",
					 c->argv[0]);
	return 0;
}
