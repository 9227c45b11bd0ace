/*
 * Running another program.
 *
 *	struct child c = { .argv = argv, .in = -1, .out = fd, .err = -1 };
 *	if (child_start(&c, err) || child_wait(&status, &c, err))
 *		return -1;
 */
#ifndef SS_CHILD_H
#define SS_CHILD_H

#include <sys/types.h>

#include "ss/err.h"

struct child {
	const char *const *argv;	/* its first is looked for in PATH;
					 * ends in NULL */
	char *const *env;		/* NULL: ours */
	int in;				/* -1: there is nothing to read */
	int out, err;			/* -1: where ours go */
	bool alone;			/* it has no terminal to ask at */
	pid_t pid;			/* once it was started */
};

/* ERR_IO: it cannot be run.  No signal is blocked or ignored in it. */
int child_start(struct child *c, struct err *err) MUST_CHECK;
/* Waits for its end; *status is waitpid(2)'s. */
int child_wait(int *status, const struct child *c, struct err *err) MUST_CHECK;

#endif
