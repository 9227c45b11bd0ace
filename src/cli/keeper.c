/*
 * A folder that does not outlive us: a child of ours, whose pipe ends when we
 * do, removes it, also where we are killed.
 */
#include "config.h"

#include "cli/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void remove_all(const char *path, int depth)
{
	DIR *d = depth < 8 ? opendir(path) : NULL;
	struct arena a = ARENA_INIT;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		char *name = arena_printf(&a, "%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    unlink(name))
			remove_all(name, depth + 1);
	}
	if (d)
		closedir(d);
	rmdir(path);
	arena_release(&a);
}

static _Noreturn void keep(const char *dir, int end)
{
	char byte;

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	while (read(end, &byte, 1) < 0 && errno == EINTR)
		;
	remove_all(dir, 0);
	_exit(0);
}

static int start_keeper(struct kept_folder *f, struct err *err)
{
	int ends[2];

	if (pipe(ends))
		return err_errno(err, "cannot make a pipe");
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	f->keeper = fork();
	if (!f->keeper) {
		close(ends[1]);
		keep(f->dir, ends[0]);
	}
	close(ends[0]);
	f->pipe = ends[1];
	return f->keeper < 0 ? err_errno(err, "cannot make a process") : 0;
}

int kept_folder_make(struct kept_folder *f, struct arena *a, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(a, "%s/schemastore-XXXXXX",
				 tmp && *tmp ? tmp : "/tmp");

	*f = (struct kept_folder){ .pipe = -1 };
	if (!mkdtemp(dir))
		return err_errno(err, "cannot make a folder in '%s'",
				 tmp && *tmp ? tmp : "/tmp");
	f->dir = dir;
	if (!start_keeper(f, err))
		return 0;
	rmdir(dir);
	return -1;
}

void kept_folder_end(struct kept_folder *f)
{
	if (f->pipe >= 0)
		close(f->pipe);
	while (f->keeper > 0 && waitpid(f->keeper, NULL, 0) < 0 &&
	       errno == EINTR)
		;
}
