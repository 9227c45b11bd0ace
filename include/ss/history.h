/*
 * Another tool's folder of migrations, read as a list of steps: what is to be
 * run to get on, and to get back.  Nothing is run here.
 */
#ifndef SS_HISTORY_H
#define SS_HISTORY_H

#include "ss/arena.h"
#include "ss/err.h"

struct history_text {
	const char *path;	/* as errors name it */
	const char *sql;	/* NULL: there is none.  Its lines are the
				 * file's: those that are not of it are empty */
};

struct history_step {
	const char *number;	/* as the tool's own table has it */
	const char *name;	/* "0001_add_users" */
	struct history_text up, down;
};

struct history_reading;
struct history_format {
	const char *name;
	/* Is the folder of this format?  The first that says so has it. */
	bool (*is)(struct history_reading *r);
	int (*read)(struct history_reading *r);
	/* What the tool keeps in a database, NULL at the end: not schema. */
	const char *const *tables;
	/* Queries of the numbers that a database has, the first that works
	 * counts; NULL at the end.  @ stands for the schema that tables are
	 * made in, and its dot, where there are any. */
	const char *const *applied;
	bool last_only;		/* it keeps the last number alone */
};

struct history {
	const struct history_format *format;
	struct history_step *v;	/* as they are run */
	size_t n;
	size_t cap;
};

/*
 * Read a folder.  format NULL: it is recognised.  Two migrations of one
 * number, one without a number, a way back without a way there are ERR_USAGE;
 * so is a number that is left out of 1, 2, 3 ..., unless there may be gaps.
 */
int history_read(struct history *out, const char *dir, const char *format,
		 bool gaps, struct arena *a, struct err *err) MUST_CHECK;
const struct history_format *history_format_find(const char *name);
/* "atlas, dbmate, ..." */
char *history_format_names(struct arena *a);

#endif
