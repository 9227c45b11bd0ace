/*
 * libschemastore: bring a database to a recorded schema, from any version it
 * is at, out of a program.
 *
 *	#include <schemastore.h>
 *	#include <stdio.h>
 *
 *	int bring_up(const char *file)	// "sqlite:/home/ann/a.notes"
 *	{
 *		struct ss_open_options us = SS_OPEN_OPTIONS_INIT;
 *		struct ss_project *notes = NULL;
 *		struct ss_error error = { SS_OK, "", "" };
 *
 *		us.author_name = "Notes 2.1";
 *		us.author_email = "notes@example.org";
 *		us.no_mirror = true;	// the store is only read
 *		if (ss_open(&notes, "/usr/share/notes", &us, &error) ||
 *		    ss_upgrade(notes, file, NULL, NULL, NULL, &error))
 *			fprintf(stderr, "notes: %s\n", error.text);
 *		ss_close(notes);
 *		return error.code;
 *	}
 *
 * Words.  A project is a folder with a store (.schemastore/) and mostly a
 * configuration (schemastore.conf).  A version is named as on the command
 * line: a branch, a tag, the first digits of an id, HEAD~3, or @NAME for what
 * a database is at.  A database is a name from the configuration, or
 * "sqlite:PATH"; NULL is the only one that is configured.
 *
 * Errors.  What can fail returns SS_OK, which is 0, or a code, and takes a
 * struct ss_error last.  It may be NULL; it is untouched on success and
 * complete on failure.  Whatever is returned, a database is as it was or at
 * the version that was asked for.
 *
 * Memory.  What you pass is yours and need live no longer than the call.  What
 * a function hands out through a pointer to a pointer is yours to give back,
 * with the function named there.  Where memory is out the program ends: see
 * ss_on_out_of_memory().
 *
 * Structs that you fill begin with their own size, which the _INIT macro sets,
 * so that a program built with this header runs with later libraries; those
 * that the library fills do not grow.
 *
 * Threads.  The library starts none and keeps nothing between handles.  One
 * handle is used by one thread at a time; several handles on one project, and
 * several processes, get along.
 *
 * SQLite.  Close the database, or at least end its transactions, before a call
 * that changes it.  A program that has a copy of SQLite of its own linked in
 * must have the file closed during every call: two copies in one process lose
 * each other's locks (https://sqlite.org/howtocorrupt.html).
 */
#ifndef SCHEMASTORE_H
#define SCHEMASTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version, "0.1.0"; belongs to the library. */
const char *ss_version(void);

/* ---- errors ----------------------------------------------------------- */

/* Where the program has an exit status of its own for it, that is the value
 * (it exits with 3 for BUSY and with 5 for IO). */
enum ss_code {
	SS_OK = 0,
	SS_FINDING = 1,		/* a difference; no function fails with it */
	SS_USAGE = 2,		/* no such version, file, database; bad call */
	SS_REFUSED = 3,		/* for safety: rows would be lost, drift ... */
	SS_CONFLICT = 4,
	SS_ENGINE = 5,		/* the database said no */
	SS_DAMAGED = 6,		/* the store is */
	SS_BUSY = 7,		/* somebody else holds a lock: try again */
	SS_IO = 8,		/* the system said no */
	SS_CANCELLED = 130	/* by the callback or the flag */
};

struct ss_error {
	enum ss_code code;
	char text[512];		/* one line, no full stop: what, of what */
	char hint[512];		/* empty, or what a person can do about it at
				 * the command line */
};

/*
 * Who is called when memory is out, instead of a line on stderr; for the whole
 * process, NULL again for that line.  It runs in the thread that ran out,
 * which may be in a transaction: save what is yours and end the program, do
 * not jump out of it.  Should it return, the program is ended by abort().
 */
void ss_on_out_of_memory(void (*handler)(void));

/* ---- a project -------------------------------------------------------- */

struct ss_project;

struct ss_open_options {
	size_t size;
	/* Who changes databases, for their ledgers: both, or neither, which
	 * is the user as git or the system knows him.  Named, it is all that
	 * a ledger tells of who: no login, no host, no user's address gets
	 * into a file that may be passed on. */
	const char *author_name;
	const char *author_email;	/* need not be one that works */
	/* Keep no copy of ledgers in the store, which then need not be
	 * writable; as `schemastore.mirror = none` in the configuration.
	 * Given up with it: that a database which was put back to an earlier
	 * state from a backup is noticed. */
	bool no_mirror;
};
#define SS_OPEN_OPTIONS_INIT \
	{ sizeof(struct ss_open_options), NULL, NULL, false }

/*
 * Open the project in dir itself (the folders above are not looked in).
 * options NULL: as SS_OPEN_OPTIONS_INIT.  Files are read anew by every call,
 * so that versions which are added meanwhile count; the configuration is read
 * here.
 *
 * SS_USAGE: there is no store, or the configuration is wrong.
 */
int ss_open(struct ss_project **out, const char *dir,
	    const struct ss_open_options *options, struct ss_error *error);
void ss_close(struct ss_project *project);	/* NULL is fine */

/* ---- versions --------------------------------------------------------- */

struct ss_revision {
	char id[41];		/* git's: 40 digits */
	char strong_id[65];	/* SHA-256 of it and all that led to it */
	char subject[256];	/* its message's first line, cut to fit */
};

/* What a name stands for; NULL is HEAD.  SS_USAGE: no such version. */
int ss_resolve(struct ss_project *project, const char *version,
	       struct ss_revision *out, struct ss_error *error);

/* ---- where a database stands ------------------------------------------ */

enum ss_where {
	SS_MISSING,	/* there is no such file; an upgrade makes it */
	SS_EMPTY,	/* at no version and without objects; likewise */
	SS_FOREIGN,	/* objects, but no ledger: see ss_adopt() */
	SS_HERE,	/* at the version asked for */
	SS_BEHIND,	/* an upgrade leads there */
	SS_AHEAD,	/* the way there leads back */
	SS_ASIDE,	/* on another branch: back, then up */
	SS_UNKNOWN	/* at a version that this store does not have: a newer
			 * program made it */
};

struct ss_standing {
	enum ss_where where;
	bool drifted;		/* its schema is not the one its ledger names:
				 * somebody changed it by other means */
	struct ss_revision at;	/* of HERE, BEHIND, AHEAD and ASIDE, else
				 * empty strings */
	size_t versions;	/* how many lie between, BEHIND to ASIDE */
};

/* Compare a database with a version; NULL is HEAD.  Nothing is written. */
int ss_status(struct ss_project *project, const char *database,
	      const char *version, struct ss_standing *out,
	      struct ss_error *error);

/* ---- plans ------------------------------------------------------------ */

enum ss_severity {
	SS_NOTE,		/* for the reader */
	SS_LOSES,		/* rows or values: needs allow_data_loss */
	SS_BLOCKS		/* refused where rows is not 0 */
};

struct ss_hazard {
	const char *code;	/* "drops-column": stable, all of them are in
				 * schemastore-plan(1) */
	const char *node;	/* "column users.mail" */
	const char *text;	/* "the column's values are lost" */
	enum ss_severity severity;
	int64_t rows;		/* how many are concerned: 0, none is after
				 * all; -1, not counted (no database) */
};

struct ss_plan;

struct ss_plan_options {
	size_t size;
	bool prove;		/* on a throw-away database, unless proven */
	/* Declared renames, "users.mail=email" (a column) or "users=people",
	 * where `to` is no version: versions know theirs. */
	const char *const *renames;
	size_t nrenames;
	/* "sqlite", "postgres": needed where the project has both and neither
	 * schema is a database's. */
	const char *engine;
};
#define SS_PLAN_OPTIONS_INIT \
	{ sizeof(struct ss_plan_options), false, NULL, 0, NULL }

/*
 * The way from one schema to another.  Each is a version, a database, a file
 * of SQL, a folder of .sql files, or "-", the empty schema; write ./FILE for a
 * file that might be taken for a version.  Hazards are counted where `from` is
 * a database.
 *
 * SS_REFUSED: what cannot be changed, by its name; with `prove`, a plan that
 * does not arrive.
 */
int ss_plan_make(struct ss_project *project, const char *from, const char *to,
		 const struct ss_plan_options *options, struct ss_plan **out,
		 struct ss_error *error);
void ss_plan_free(struct ss_plan *plan);	/* NULL is fine */

/* What these point to is the plan's. */

/* The statements as they are sent, each ended by ";\n"; "": nothing to do. */
const char *ss_plan_sql(const struct ss_plan *plan);
/* The same as `schemastore plan` prints it, for the sqlite3 program: with the
 * transaction around it and hazards as comments. */
const char *ss_plan_script(const struct ss_plan *plan);
/* Was it run on a throw-away database, and did it arrive? */
bool ss_plan_proven(const struct ss_plan *plan);
/* The i-th hazard, NULL behind the last. */
const struct ss_hazard *ss_plan_hazard(const struct ss_plan *plan, size_t i);
/* The version at either end, NULL where it is none. */
const struct ss_revision *ss_plan_from(const struct ss_plan *plan);
const struct ss_revision *ss_plan_to(const struct ss_plan *plan);

/* ---- changing a database ---------------------------------------------- */

struct ss_upgrade_options {
	size_t size;
	bool allow_data_loss;
	bool allow_down;	/* back to an earlier version, or aside */
	bool dry_run;		/* on a copy that is thrown away */
	int wait_ms;		/* for another program's lock on it */
	/*
	 * Asked once, before the first statement, when the plan is proven and
	 * its hazards are counted and allowed: 0 goes on, anything else ends
	 * it with SS_CANCELLED.  The plan is the library's, gone with the
	 * return; nothing is locked yet, and where the database changes
	 * meanwhile the upgrade is refused.  NULL: not asked.
	 */
	int (*confirm)(void *ctx, const struct ss_plan *plan);
	void *ctx;
	/* Looked at between statements; once it is not 0 all is rolled back
	 * and SS_CANCELLED returned.  For a signal handler or another thread;
	 * a statement that has begun is finished.  NULL: not looked at. */
	const volatile int *cancelled;
	bool park;		/* what is destroyed is kept beside the ledger,
				 * for the way back */
};
#define SS_UPGRADE_OPTIONS_INIT \
	{ sizeof(struct ss_upgrade_options), false, false, false, 5000, \
	  NULL, NULL, NULL, false }

struct ss_upgrade_result {
	bool changed;		/* false: it was there already, or dry_run */
	struct ss_revision from;	/* empty strings: at no version */
	struct ss_revision to;		/* likewise: it is of a version
					 * before the database's engine was
					 * there */
};

/*
 * Bring a database to a version (NULL is HEAD), in one transaction that ends
 * at exactly the recorded schema, or not at all; rows are kept.  A file that
 * is not there is made.  options NULL: as SS_UPGRADE_OPTIONS_INIT; result may
 * be NULL.
 *
 * SS_REFUSED: rows would be lost or do not fit, the database has drifted, has
 * objects and no ledger, is ahead.  SS_USAGE: no such version, or the
 * database is at one that the store does not have.  SS_BUSY: it is locked.
 * SS_IO: it, or the store (see no_mirror), cannot be written.
 */
int ss_upgrade(struct ss_project *project, const char *database,
	       const char *version, const struct ss_upgrade_options *options,
	       struct ss_upgrade_result *result, struct ss_error *error);

/*
 * Take in a database that has objects and no ledger, because it was made
 * before there was a store: write down that it is at `version`, whose schema
 * it must have exactly; NULL: at the newest version with its schema.  out, the
 * version, may be NULL.
 *
 * SS_REFUSED: it has another schema, or a ledger already.
 */
int ss_adopt(struct ss_project *project, const char *database,
	     const char *version, struct ss_revision *out,
	     struct ss_error *error);

/* ---- looking ---------------------------------------------------------- */

/* What ss_diff() and ss_inspect() gave. */
void ss_free(char *text);

/*
 * What differs between two schemas (named as for ss_plan_make()), as JSON: an
 * array, "[]\n" where nothing does; schemastore(3) says of what.  Where the
 * project has several engines and neither schema is a database's, it is an
 * object with such an array under each engine's name.
 */
int ss_diff(struct ss_project *project, const char *from, const char *to,
	    char **json, struct ss_error *error);

/* A live database's schema as SQL that makes the same one. */
int ss_inspect(struct ss_project *project, const char *database, char **sql,
	       struct ss_error *error);

#ifdef __cplusplus
}
#endif

#endif
