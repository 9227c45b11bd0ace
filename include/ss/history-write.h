/*
 * Writing a folder of migrations, in the layout of one of the tools that
 * history.h reads.
 */
#ifndef SS_HISTORY_WRITE_H
#define SS_HISTORY_WRITE_H

#include "ss/engine.h"

/* One that is written. */
struct history_out {
	const char *stem;	/* as the tool had it when it was imported;
				 * NULL: it is new */
	const char *number;	/* then as well */
	const char *title;	/* a message, of which a name is made */
	int64_t time;
	const char *author, *email;
	const char *up;
	const char *down;	/* NULL: there is no way back */
};

struct history_writing;
struct history_layout {
	const char *name;
	bool times;		/* numbers are times, else 1, 2, 3 ... */
	int digits;		/* of a number */
	bool dashes;		/* of a time: 2025-01-02-030405 */
	const char *before, *between;	/* the number, and the name */
	bool downs;
	const char *note;	/* where it begins transactions itself: what is
				 * to be done; NULL: the files say it */
	int (*write)(struct history_writing *w, const struct history_out *m);
	int (*end)(struct history_writing *w);	/* NULL: nothing is left */
};

enum file_use {
	FILE_NEW,	/* what is there must be the same */
	FILE_GROWS,	/* what is there is replaced */
	FILE_ONCE	/* what is there stays */
};
struct history_file {
	const char *path;
	const char *text;
	enum file_use use;
};

struct history_writing {
	const struct history_layout *layout;
	const struct engine *engine;
	const char *dir;
	const char *project;	/* its name, where the tool wants one */
	bool brackets;		/* one has begun its transaction itself */
	struct history_file *files;
	size_t n, cap;
	struct list stems;
	struct list lines;	/* of a plan */
	uint64_t last;		/* the number before */
	struct arena *arena;
	struct err *err;
};

const struct history_layout *history_layout_find(const char *name);
char *history_layout_names(struct arena *a);
/* The next one: what it is called is found, its files are made. */
int history_write(struct history_writing *w, struct history_out *m)
	MUST_CHECK;
/* All of them are there: files that are there already must be the same. */
int history_write_end(struct history_writing *w) MUST_CHECK;
/* Must the SQL begin its transaction itself?  Then it is written so that it
 * does, and the tool is told to begin none. */
bool history_begins_itself(const struct engine *e, const char *sql);
const char *history_bracketed(const struct engine *e, const char *sql,
			      struct arena *a);
/* In a transaction of the tool's. */
const char *history_bare(const struct engine *e, const char *sql,
			 struct arena *a);
/* A file that is to be written. */
void history_write_file(struct history_writing *w, const char *path,
			const char *text, enum file_use use);

#endif
