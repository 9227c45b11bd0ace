/*
 * A state: anything that has a schema.  `plan` and `diff` take two, in any
 * pairing.
 */
#ifndef SS_STATE_H
#define SS_STATE_H

#include "ss/plan.h"
#include "ss/project.h"
#include "ss/way.h"

enum state_type { STATE_EMPTY, STATE_VERSION, STATE_SOURCE, STATE_DATABASE };

struct state {
	enum state_type type;
	const char *label;	/* as the user wrote it */
	const char *path;	/* STATE_SOURCE: NULL: what is configured */
	struct commit version;	/* STATE_VERSION; STATE_DATABASE, where it is
				 * placed */
	bool placed;		/* the store has the version that the ledger
				 * names; after state_plan() */
	struct source source;	/* STATE_SOURCE */
	struct database database;	/* STATE_DATABASE */
	struct conn *conn;	/* STATE_DATABASE: after state_open() */
	const struct engine *engine;	/* NULL before state_open(): any */
	const char *like;	/* STATE_SOURCE: see read_opts */
	bool only_like;
	struct schema schema;	/* after state_read() */
	bool has_schema;
	struct way way;		/* after state_plan(), of the one that it
				 * begins with */
};

/*
 *	state_find(&from, ...)  state_find(&to, ...)
 *	state_engines(&all, ...)
 *	for each: state_open()  state_open()  state_pair()  state_close() twice
 *
 * What does the text name?  In this order: "-" alone is the empty schema; a
 * URL; @NAME (the version that database is at); a revision; a configured
 * database; a path (an SQLite file by its magic, a .sql file, a folder).  A
 * revision that is a path too is ERR_USAGE: write ./path.
 */
int state_find(struct state *out, struct project *p, const char *text,
	       struct err *err) MUST_CHECK;
/*
 * The engines that both have: those that are named (NULL: none is), or that a
 * database among them is of; else those of the project, or those of which a
 * file is the configured source.  ERR_USAGE where they have none in common, or
 * nothing says what a file is.
 */
int state_engines(struct engines *out, struct project *p, const char *names,
		  const struct state *a, const struct state *b,
		  struct err *err) MUST_CHECK;
/* A copy of what was found, as it is for this engine: connected, or its text
 * read. */
int state_open(struct state *out, const struct state *found,
	       struct project *p, const struct engine *engine,
	       struct err *err) MUST_CHECK;
/* All of it at once, where it can only be a database. */
int state_open_database(struct state *out, struct project *p, const char *text,
			struct err *err) MUST_CHECK;
/* A version by its name: a revision, or @NAME. */
int version_named(struct commit *out, struct project *p, const char *text,
		  struct err *err) MUST_CHECK;
/* Read the whole schema (once). */
int state_read(struct state *s, struct project *p, struct err *err) MUST_CHECK;
/* Both, as servers of one version() have them where that can be. */
int state_read_both(struct state *from, struct state *to, struct project *p,
		    struct err *err) MUST_CHECK;
/*
 * The schemas of both, ready for schema_diff(): where both are versions, only
 * what differs is read (*partial is set), else both whole.  Sources and
 * databases inherit origins from the other side, with these renames.
 */
int state_pair(struct state *from, struct state *to, struct project *p,
	       const struct rename *renames, size_t nrenames, bool *partial,
	       struct err *err) MUST_CHECK;
/* Where that was partial: read both versions whole after all. */
int state_whole(struct state *from, struct state *to, struct project *p,
		struct err *err) MUST_CHECK;
void state_close(struct state *s);

/*
 * The plan from one state to the other, with what is remembered of a proof.
 * What looks like a rename and is not declared is noted in the script.  It
 * lives in the project's arena; the states stay open as long as it is used.
 */
struct state_plan_opts {
	const struct rename *renames;
	size_t nrenames;
	bool no_renames;	/* nothing is renamed: nothing is noted */
	bool down;		/* the way back instead */
	bool prove;		/* run it on scratch now */
	bool column_order;
	bool online;
};
/* Where both are versions, or nothing, or a database that is at one, the plan
 * crosses data steps and edited SQL as they stand. */
int state_plan(struct plan *out, struct state *from, struct state *to,
	       struct project *p, const struct state_plan_opts *o,
	       struct err *err) MUST_CHECK;

#endif
