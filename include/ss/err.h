/*
 * What went wrong: a code that somebody acts on, a sentence, and what to do.
 *
 * A function that can fail takes `struct err *err` last and returns 0 or -1.
 * err is untouched on success and complete on failure; reporting allocates
 * nothing.  Messages: lower case, no full stop, the fault first, the user's
 * words in 'single quotes', one line.
 *
 *	if (!table)
 *		return err_set(err, ERR_USAGE, "no table '%s'", name);
 *	if (script_run(s, conn, err))
 *		return err_wrap(err, "step %zu of %zu", i + 1, n);
 */
#ifndef SS_ERR_H
#define SS_ERR_H

#include "ss/base.h"

enum err_code {
	ERR_NONE,
	ERR_FINDING,		/* a difference or a finding: exit 1 */
	ERR_USAGE,		/* wrong usage, no such version: exit 2 */
	ERR_REFUSED,		/* refused for safety: exit 3 */
	ERR_BUSY,		/* somebody else holds a lock: exit 3 */
	ERR_CONFLICT,		/* exit 4 */
	ERR_ENGINE,		/* the engine said no: exit 5 */
	ERR_IO,			/* the system said no: exit 5 */
	ERR_LOST,		/* the engine has not said whether it has
				 * committed: exit 5 */
	ERR_DAMAGED,		/* store damaged: exit 6 */
	ERR_CANCELLED,		/* the user interrupted: exit 130 */
	ERR_N
};

struct err {
	enum err_code code;
	char text[500];
	char hint[300];		/* empty, or an action the user can take */
};
#define ERR_INIT { ERR_NONE, "", "" }

/* Each returns -1, so that it is the return statement. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* err_set() with strerror(errno) behind a colon; code ERR_IO. */
int err_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "context: what was there before" */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

int err_exit_status(enum err_code code);

#endif
