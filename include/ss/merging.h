/*
 * Merging versions: from the current branch and another version to one that
 * has both for its parents; or, what one version has done, done again or
 * undone on the current branch.
 */
#ifndef SS_MERGING_H
#define SS_MERGING_H

#include "ss/apply.h"
#include "ss/merge.h"

enum merging_outcome {
	MERGING_NOTHING,	/* the branch has all of it already; base: a
				 * version would change nothing */
	MERGING_FORWARD,	/* the branch went on to that version */
	MERGING_MADE,
	MERGING_CONFLICTS	/* no version was */
};

/* One engine's part of it. */
struct merging_part {
	const struct engine *engine;
	const struct conflict *conflicts;
	size_t nconflicts;
	struct diff diff;	/* of the branch's schema and the merged one */
	const char *no_down[2];	/* why there is no way back to ours, to
				 * theirs; NULL: there is, or it is no
				 * parent */
	bool no_source;		/* its text was several files, which nobody
				 * has merged */
	bool generated;		/* its text is the schema, printed */
};

struct merging {
	/* in */
	struct project *project;
	struct commit theirs;
	/* What theirs has that this one has not, as a version whose only
	 * parent is ours; NULL: what it has that the merge base has not. */
	const struct commit *base;
	/* With that: whose data steps it takes, or, back, undoes. */
	const struct commit *edge_of;
	unsigned edge_parent;
	bool back;
	/* A squash: theirs is the branch's tip, and one version takes the place
	 * of what it has since this one; NULL: none. */
	const struct commit *since;
	const struct ident *author;	/* NULL: whoever commits it */
	const char *name;	/* what the user calls that */
	const char *message;
	const char *body;
	bool no_forward;	/* a version of two parents all the same */
	bool dry_run;		/* nothing is written */
	bool look;		/* only: what is in conflict */
	bool open;		/* begun before: see below */
	/* used is set; those that are not are ERR_USAGE where all else is
	 * settled */
	struct merge_choice *choices;
	size_t nchoices;
	/* out */
	enum merging_outcome outcome;
	struct commit version;	/* forward: theirs; not where nothing was
				 * written */
	bool kept;		/* conflicts: the merge stays open */
	struct merging_part *parts;	/* made, conflicts */
	size_t nparts;
};

/*
 * Into the branch that HEAD is on.  Unrelated versions are ERR_REFUSED, as is
 * an engine that the project does not name any more.  The merged schema was
 * loaded and read back, and the ways from both parents are proven; the branch
 * moves last.  Where there are conflicts the merge stays open in the store,
 * and refuses others, until it is made or given up.
 */
int merging_run(struct merging *m, struct arena *a, struct err *err)
	MUST_CHECK;

/*
 * Of the merge that is open, with the choices of before; ERR_USAGE where there
 * is none.  In: the project; m->message NULL: as it was begun.
 */
int merging_continue(struct merging *m, struct arena *a, struct err *err)
	MUST_CHECK;
/* What is to be settled; m->nchoices were. */
int merging_look(struct merging *m, struct arena *a, struct err *err)
	MUST_CHECK;
int merging_abort(struct project *p, struct err *err) MUST_CHECK;

/* The object's statements, as somebody wants it. */
struct merging_sql {
	const char *text;
	size_t len;
	const char *path;	/* as errors name it */
};
/*
 * One node is settled: as on choice->side, or as in the SQL (side is
 * MERGE_SIDES; sql NULL: it is left out).  A data step (choice->up is not NULL)
 * is replaced on the way from the side that lacks it: ERR_REFUSED where that
 * cannot be run there.  ERR_USAGE where it is in no conflict.  m->parts is what
 * is left.
 */
int merging_resolve(struct merging *m, const struct merge_choice *choice,
		    const struct merging_sql *sql, struct arena *a,
		    struct err *err) MUST_CHECK;
/* Open again. */
int merging_undo(struct merging *m, const char *node, struct arena *a,
		 struct err *err) MUST_CHECK;

#endif
