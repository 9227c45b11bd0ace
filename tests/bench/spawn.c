/*
 * spawn COMMAND [ARG]...: run it, and print what it took in one line:
 *
 *	STATUS CPU-us WALL-us PEAK-KiB
 *
 * A process begins with the peak of the one it was made by, so the one that
 * makes it has to be small: Python's own peak would hide all of ours.
 */
#include "config.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t us_of(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static int die(const char *what, int error)
{
	fprintf(stderr, "spawn: %s: %s\n", what, strerror(error));
	return 126;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	struct rusage usage;
	int64_t begin;
	int error, status;
	pid_t pid;

	if (argc < 2)
		return die("usage", EXIT_FAILURE);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	begin = now_us();
	error = posix_spawnp(&pid, argv[1], &quiet, NULL, argv + 1, environ);
	if (error)
		return die(argv[1], error);
	if (wait4(pid, &status, 0, &usage) < 0)
		return die("wait4", 0);
	printf("%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) :
	       128 + WTERMSIG(status), (long long)(us_of(&usage.ru_utime) +
	       us_of(&usage.ru_stime)), (long long)(now_us() - begin),
	       usage.ru_maxrss);
	posix_spawn_file_actions_destroy(&quiet);
	return 0;
}
