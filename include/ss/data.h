/*
 * Data steps: SQL written by hand that belongs to an edge, and its way back.
 *
 * What else there is to say of one stands in the comments that its text begins
 * with, one to a line:
 *
 *	-- schemastore: before		the schema is still as it was
 *	-- schemastore: between		(the default) what is new is there,
 *					what goes is not gone yet, and nothing
 *					new must have a value
 *	-- schemastore: after		the schema is as it will be
 *	-- schemastore: batch		it is one statement, to be repeated
 *					until it changes no row
 *	-- schemastore: require QUERY	must be true before it is run
 *	-- schemastore: ensure QUERY	must be true behind it
 */
#ifndef SS_DATA_H
#define SS_DATA_H

#include "ss/script.h"

enum data_when { DATA_BETWEEN, DATA_BEFORE, DATA_AFTER, DATA_WHENS };
extern const char *const data_when_words[DATA_WHENS];

/* One direction of a step. */
struct data_text {
	const char *sql;	/* as it was written */
	bool empty;		/* nothing but blanks and comments */
	bool batch;
	struct list require, ensure;
};

#define DATA_NAME_MOST 64

struct data_step {
	const char *name;	/* letters, digits, - and _ */
	enum data_when when;
	unsigned char id[SHA256_LEN];	/* of up, NUL, down */
	unsigned char as[SHA256_LEN];	/* the id that it counts by: its own,
					 * or that of the step whose place it
					 * takes */
	size_t nth;		/* 2 and on: among several of its name, which */
	struct data_text up;
	struct data_text down;
	bool has_down;		/* else it is irreversible */
};

/* One that is run, in one direction. */
struct data_run {
	const struct data_step *step;
	bool down;
	const char *of;		/* "version 1234567890 ('Add users')" */
};

/* Where both directions are in one text it is between them. */
#define DATA_DOWN_LINE "-- schemastore: down\n"

/* Compute id and as. */
void data_step_id(struct data_step *step);
/*
 * A name and its texts; down NULL: there is no way back, "": nothing is to be
 * undone.  The texts are copied.  ERR_USAGE with what is wrong.
 */
int data_step_parse(struct data_step *out, const char *name, const char *up,
		    const char *down, struct arena *a, struct err *err)
	MUST_CHECK;
/* The same, of one that takes the place of another, maybe with nothing to do:
 * then there is no statement in it. */
int data_step_replace(struct data_step *out, const char *name, const char *up,
		      const char *down, const unsigned char as[SHA256_LEN],
		      struct arena *a, struct err *err) MUST_CHECK;
bool data_step_replaces(const struct data_step *step);
/*
 * What undoes a step that has a way back, as a step of the same name: its way
 * back is the step, without the word that says where that stood.
 */
int data_step_undo(struct data_step *out, const struct data_step *step,
		   struct arena *a, struct err *err) MUST_CHECK;
bool data_name_valid(const char *name);
const struct data_text *data_run_text(const struct data_run *r);
/* "data step fill", "data step fill~2" */
char *data_step_title(const struct data_step *step, struct arena *a);
/* The same, or "the way back of data step fill" */
char *data_run_title(const struct data_run *r, struct arena *a);
/* A text as one statement of a script: what ends it comes from there. */
char *sql_trimmed(const char *sql, struct arena *a);
/* The text without the comment lines it begins with, blanks and semicolons at
 * its end: what is sent. */
char *data_statement(const struct data_text *t, struct arena *a);

#endif
