/*
 * Another tool's folder of migrations, read as a list of steps: what is to be
 * run to get on, and to get back.  Nothing is run here.
 */
#ifndef SS_HISTORY_H
#define SS_HISTORY_H

#include "ss/arena.h"
#include "ss/err.h"
#include "ss/schema.h"

struct history_text {
	const char *path;	/* as errors name it */
	const char *sql;	/* NULL: there is none.  Its lines are the
				 * file's: those that are not of it are empty */
};

struct history_step {
	const char *number;	/* as the tool's own table has it */
	const char *name;	/* "0001_add_users" */
	struct history_text up, down;
	bool alone;		/* the tool runs it in no transaction */
	bool lost;		/* part of it is no SQL, and is not there */
	/* What the models are behind it, as JSON; NULL: that is not said. */
	const char *state;
};

struct history_opts {
	const char *format;	/* NULL: it is recognised */
	const char *connection;	/* whose migrations, where the folder is of
				 * several; NULL: all */
	bool gaps;		/* there may be some */
	bool no_states;
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
 * Read a folder.  Two migrations of one
 * number, one without a number, a way back without a way there are ERR_USAGE;
 * so is a number that is left out of 1, 2, 3 ..., unless there may be gaps.
 */
int history_read(struct history *out, const char *dir,
		 const struct history_opts *o, struct arena *a,
		 struct err *err) MUST_CHECK;
/* Has the schema behind a migration the tables that its models say, with
 * their columns?  ERR_REFUSED where not; one without SQL may lag behind. */
int history_check_state(const struct history_step *step,
			const struct history_format *format,
			const struct schema *is, struct err *err) MUST_CHECK;
const struct history_format *history_format_find(const char *name);
/* "atlas, dbmate, ..." */
char *history_format_names(struct arena *a);

#endif
