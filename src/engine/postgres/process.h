/*
 * Other programs, run as a server's user: to their end, or left behind.
 *
 * What they get of ours is the environment without what would change how
 * PostgreSQL behaves, and the one file that they write to: no other
 * descriptor, no signal handler, no working folder.
 */
#ifndef SS_POSTGRES_PROCESS_H
#define SS_POSTGRES_PROCESS_H

#include <sys/types.h>

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"

/* Who runs them: PostgreSQL does not run as root. */
struct user {
	const char *name;
	uid_t uid;
	gid_t gid;
	bool other;		/* not who we are: become it */
};
/* As ourselves; as root `postgres`, or `nobody` where that is not. */
int user_find(struct user *u, struct arena *a, struct err *err) MUST_CHECK;

struct process {
	const char *const *argv;	/* ends in NULL; found through PATH */
	const struct user *as;
	int out;		/* where it writes; -1: nowhere */
	bool ours;		/* is killed where we end before it does */
	char **env;		/* process_env()'s */
};
char **process_env(struct arena *a);

/*
 * Run it to its end; what it writes is appended to out, of which only the
 * first 64 KiB.  Returns 0 where it said that all is well, 1 where it did not
 * or cannot be run, -1 where nothing can be run.
 */
int process_run(struct buf *out, struct process *p, struct err *err)
	MUST_CHECK;

/*
 * Leave fn(arg) behind: a process of no terminal, no child of ours, that has
 * all our descriptors until it closes them.  fn does not come back.  pid may
 * be NULL.
 */
int process_detach(pid_t *pid, void (*fn)(void *), void *arg, struct err *err)
	MUST_CHECK;
/* The fn of a program. */
void process_exec(void *process);

/*
 * Only for fn: no handlers, in the folder /; 0 to 2 are /dev/null, 3 to n + 2
 * what keep names, which is changed to that; nothing else is open.
 */
void process_alone(int *keep, int n);

#endif
