/*
 * Programs that print what is to be read.
 */
#ifndef SOURCE_READER_H
#define SOURCE_READER_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"

#define READER_MOST (64u << 20)	/* bytes of what it prints */

struct program {
	const char *const *argv;	/* of /bin/sh */
	struct buf *out;
	struct buf said;		/* on stderr */
};

/* Its exit status, or -1. */
int program_run(struct program *p, struct err *err) MUST_CHECK;
/* The last line that it has said: Python's errors end in what they are. */
char *program_last_line(struct buf *said);
/* One of ours, in a folder, with arguments.  What it cannot read is its own
 * error, and a hint. */
int reader_run(struct buf *out, const char *reader, const char *dir,
	       const struct list *args, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
