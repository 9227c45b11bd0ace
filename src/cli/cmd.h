/*
 * A command: what it is called, what it needs, what it does.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include <jansson.h>

#include "ss/apply.h"
#include "ss/json.h"
#include "ss/state.h"

enum need {
	NEED_NOTHING = 0,
	NEED_PROJECT = 1,	/* the configuration, where there is one */
	NEED_STORE = 2		/* and the store, open */
};

enum opt_type {
	OPT_FLAG,		/* bool */
	OPT_TEXT,		/* const char *, the last one */
	OPT_LIST,		/* struct list, every one */
	OPT_MAYBE		/* struct list; without a value: NULL in it */
};

struct opt {
	const char *name;	/* without the dashes */
	char letter;		/* -x, NUL: none */
	enum opt_type type;
	size_t offset;		/* in the command's args struct */
	const char *value;	/* what --help calls it; NULL for flags */
	const char *help;
};

/* --engine, of commands that show schemas. */
#define OPT_ENGINE(args) \
	{ "engine", 0, OPT_TEXT, offsetof(args, engine), "NAME", \
	  "of this engine alone (sqlite, postgres)" }

/* What every command has. */
struct global {
	const char *dir;	/* -C */
	bool json;
	bool quiet;
	bool yes;
	bool no_input;
	bool color;
	bool help;
};

/* Who looks on: see terminal.c. */
struct terminal {
	struct progress base;
	int64_t next;		/* not before, in ms */
	bool shown;
};

struct cmd;
struct ctx {
	const struct cmd *cmd;
	struct global global;
	struct project project;
	struct terminal terminal;
	struct arena arena;
	struct buf out;		/* the answer; printed when the command ends */
	struct list args;	/* what is no option */
	struct list paths;	/* what stands behind -- */
	volatile int *cancelled;
	int status;		/* where all went well: 0, or 1 for a finding */
};

struct cmd {
	const char *name;
	const char *summary;
	const char *usage;
	enum need needs;
	size_t min_args, max_args;
	const struct opt *opts;
	size_t nopts;
	size_t args_size;
	int (*run)(struct ctx *c, void *args, struct err *err);
};

/* ---- main.c ------------------------------------------------------------ */

/* Say what went wrong; returns the exit status that it is. */
int report(struct ctx *c, const struct err *err);

/* For a command that needs NOTHING until it has looked at its options. */
int open_needs(struct ctx *c, enum need needs, struct err *err) MUST_CHECK;

/* ---- options.c --------------------------------------------------------- */

int options_parse(struct ctx *c, void *args, int argc, char **argv,
		  struct err *err) MUST_CHECK;
void options_help(struct buf *b, const struct cmd *cmd);
/* The word of a list that is nearest to a mistyped one; NULL: none is. */
const char *nearest(const char *word, const char *const *words, size_t n);

extern const struct cmd *const commands[];
extern const size_t commands_n;
const struct cmd *command_find(const char *name);

/* ---- output.c ---------------------------------------------------------- */

enum color { COLOR_NONE, COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_BOLD,
	     COLOR_DIM };

void out_color(struct ctx *c, enum color color);	/* NONE: back again */
void out_addf(struct ctx *c, enum color color, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Print what was collected, through a pager where it is long and a person
 * looks. */
void out_flush(struct ctx *c);
/* One document, keys sorted, a newline; takes the value. */
void out_json(struct ctx *c, json_t *value);
/* A question on the terminal: 1 yes, 0 no, -1 nobody to ask (ERR_REFUSED with
 * the flag that answers it). */
int ask(struct ctx *c, const char *question, const char *flag,
	struct err *err) MUST_CHECK;
bool can_ask(const struct ctx *c);
/* Long jobs show how far they are; the line goes before anything is said. */
void progress_open(struct ctx *c);
void progress_close(struct ctx *c);
/* "1 row", "2 rows" */
const char *counted(struct arena *a, size_t n, const char *what);
/* 2026-11-24 13:06:37 +0000 */
const char *format_time(struct arena *a, int64_t t);

/* ---- parts.c ----------------------------------------------------------- */

/*
 * Where a command is about several engines, each one's part stands under its
 * name, in text and in JSON; a part that says nothing is left out.
 *
 *	struct parts parts = parts_of(c, &engines);
 *	for each: part_begin(); print, or part_json(); part_end()
 *	parts_json()
 *	parts_close(&parts);
 */
struct parts {
	struct ctx *c;
	bool many;
	const struct engine *engine;
	size_t head, body;	/* where the part begins in the answer */
	json_t *json;
};
struct parts parts_of(struct ctx *c, const struct engines *engines);
/* comment: the heading is one of SQL. */
void part_begin(struct parts *p, const struct engine *e, bool comment);
void part_json(struct parts *p, json_t *value);	/* takes it */
void part_end(struct parts *p);
/* The value of the only one, or an object of them; the caller's. */
json_t *parts_json(struct parts *p);
void parts_close(struct parts *p);

/* ---- print.c ----------------------------------------------------------- */

void print_diff(struct ctx *c, const struct diff *d);
/* "2 added, 1 dropped" */
const char *diff_summary(struct arena *a, const struct diff *d);
void print_hazards(struct ctx *c, const struct apply *ap);
/* What a version has that its first parent has not, and the SQL that leads to
 * it from there; names: of these objects alone, without SQL; NULL: of all. */
struct version_change {
	struct diff diff;
	struct edge edge;
};
int version_change_read(struct version_change *out, struct ctx *c,
			const struct commit *v, const struct engine *e,
			const struct list *names, struct err *err) MUST_CHECK;
void print_version_change(struct ctx *c, const struct version_change *ch);
/* Which objects, a line each. */
void print_version_stat(struct ctx *c, const struct version_change *ch);
json_t *json_plan(const struct plan *plan);
json_t *json_version(struct ctx *c, const struct commit *v);
const char *short_id(struct ctx *c, const struct oid *id);
/* A text in the user's editor, in the store's file EDIT_<name>. */
int edit_buf(struct buf *b, struct ctx *c, const char *name, struct err *err)
	MUST_CHECK;
/* The editor that the user has named; NULL: none. */
const char *edit_with(struct ctx *c);
/* Two texts in the user's editor, below comment lines that say what they
 * are. */
struct edit_text {
	const char *name;	/* of its file in the store: EDIT_<name>.sql */
	const char *head;	/* "-- ...\n-- ...\n" */
	const char *up;
	const char *down;	/* NULL: none */
};
/* ERR_REFUSED where nothing is left. */
int edit_text(struct edit_text *e, struct ctx *c, struct err *err) MUST_CHECK;
/* commit_opts.edit; ctx is the struct ctx. */
int edit_sql(void *ctx, struct commit_edit *e, struct err *err) MUST_CHECK;
/* --data's texts: NAME[.ENGINE]=UP[:[DOWN]]. */
/* UP[:[DOWN]]: down NULL, there is none. */
int read_data_texts(const char **up, const char **down, struct ctx *c,
		    const char *text, struct err *err) MUST_CHECK;
int read_data(struct commit_opts *o, struct ctx *c, const struct list *texts,
	      struct err *err) MUST_CHECK;
/* The versions on a way, a line each; some, where there are many.  prefix is
 * what each line begins with. */
int print_route(struct ctx *c, const struct route *r, const char *prefix,
		struct err *err) MUST_CHECK;
int json_route(json_t **out, struct ctx *c, const struct route *r,
	       struct err *err) MUST_CHECK;
/* "1a2b3c4d5e Add users" */
const char *version_title(struct ctx *c, const struct commit *v);

/* ---- cmd-commit.c ------------------------------------------------------- */

/* What the project's sources say now, as `commit -m` does; where nothing
 * differs that is said, and c->status is 1. */
int commit_project(struct ctx *c, const char *message, bool allow_empty,
		   struct err *err) MUST_CHECK;

/* ---- apply-cli.c --------------------------------------------------------- */

int parse_renames(struct rename **out, struct ctx *c, const struct list *texts,
		  struct err *err) MUST_CHECK;
/* HEAD of the current branch; ERR_USAGE where it has no version. */
int head_version(struct commit *out, struct ctx *c, struct err *err)
	MUST_CHECK;
int named_version(struct commit *out, struct ctx *c, const char *text,
		  struct err *err) MUST_CHECK;

#endif
