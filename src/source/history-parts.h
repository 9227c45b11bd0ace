/*
 * Reading a folder of migrations: what the formats share.
 */
#ifndef SOURCE_HISTORY_PARTS_H
#define SOURCE_HISTORY_PARTS_H

#include "ss/history.h"

#include "ss/file.h"

struct history_reading {
	struct history *out;
	const char *dir;
	struct list names;	/* of what is in the folder */
	const struct history_opts *opts;
	struct arena *arena;
	struct err *err;
};

/* What a file's name says. */
struct history_name {
	const char *number;
	const char *name;
	bool down;
};

/* 1: it is a migration's, and that is what it says; 0: not; -1 */
typedef int (*history_name_fn)(struct history_reading *r, const char *file,
			       struct history_name *out);

/* The text of a file; NULL with the error. */
char *history_file(struct history_reading *r, const char *path);
/* Add what a file has; two of one number are refused. */
int history_add(struct history_reading *r, const struct history_name *name,
		const struct history_text *text);
/* Every file of the folder; those of another name are refused where they end
 * in .sql. */
int history_read_files(struct history_reading *r, history_name_fn name);
/* By their numbers; gaps are refused. */
int history_sort(struct history_reading *r);

extern const struct history_format history_aerich, history_alembic,
	history_atlas, history_dbmate, history_diesel, history_django,
	history_flyway, history_goose,
	history_golang_migrate, history_plain, history_prisma, history_sqitch;

#endif
