/*
 * Three-way merge of schemas of one engine: field by field, over the trees
 * matched by origin.
 *
 *	          ┌─ ours ───┐
 *	base ─────┤          ├──▶ merged, or conflicts
 *	          └─ theirs ─┘
 *
 * What one side alone has changed is kept, and so is what both have changed
 * alike.  All else is a conflict, with the three texts.
 *
 *	struct merge m = { .of = { &base, &ours, &theirs }, .arena = &a };
 *	if (schema_merge(&m, err))
 *		return -1;
 *	if (!m.n)
 *		use(&m.merged);
 *	schema_release(&m.merged);
 */
#ifndef SS_MERGE_H
#define SS_MERGE_H

#include "ss/diff.h"

enum merge_side {
	MERGE_BASE,
	MERGE_OURS,
	MERGE_THEIRS,
	MERGE_SIDES
};
extern const char *const merge_side_words[MERGE_SIDES];

enum conflict_type {
	CONFLICT_ALTERED,	/* both altered it, each in its own way */
	CONFLICT_DROPPED,	/* one altered it, the other dropped it */
	CONFLICT_RENAMED,
	CONFLICT_ADDED,		/* both added it, unlike */
	CONFLICT_NAME,		/* two nodes, one name */
	CONFLICT_MEANING,	/* each is right, the two together are not */
	CONFLICT_STEP,		/* a data step of one cannot be run with what
				 * the other has */
	CONFLICT_N
};
extern const char *const conflict_words[CONFLICT_N];

struct conflict {
	enum conflict_type type;
	const char *node;	/* as node_title() has it */
	const char *field;	/* NULL: the node as a whole */
	const char *text[MERGE_SIDES];	/* NULL: it is not there */
	const char *object[MERGE_SIDES];	/* the text form of the whole
						 * object; NULL: none */
	const char *why;	/* what does not fit together, or NULL */
	const struct data_step *step;	/* step: as it is there */
	bool no_base;		/* there are several bases, which differ in it:
				 * none of them can be chosen */
};

/* What somebody has decided about a node. */
struct merge_choice {
	const char *node;	/* `users`, `users.mail`, or as a conflict has
				 * it */
	enum merge_side side;	/* MERGE_SIDES: none of them, but `own` */
	bool whole;		/* all of the node, whether it is in conflict
				 * or not; own always is */
	const char *own;	/* the text form of the object that is to be
				 * there, or of which that part is; NULL: the
				 * node is left out */
	const char *engine;	/* whose alone; NULL: of each */
	/* The node is a data step: what is run in its place; up "": it has
	 * nothing to do there.  up NULL: it is none. */
	const char *up;
	const char *down;	/* NULL: there is no way back */
	bool used;		/* out: it was in conflict; whole: it is
				 * there */
	const struct node *object;	/* schema_merge()'s: `own`, read */
};

/* Is this what a conflict of type step calls its node? */
bool merge_is_step(const char *node);
/* Do these words call that node, as node_title() does, or without its kind:
 * "column users.mail", "users.mail"? */
bool merge_same_words(const char *a, const char *b);

struct merge {
	/* in: all sealed */
	const struct schema *of[MERGE_SIDES];
	struct merge_choice *choices;
	size_t nchoices;
	struct arena *arena;
	/* Where the base is one of several, merged: see below. */
	const struct merge_doubts *doubts;
	struct merge_doubts *leaves;
	/* out */
	struct schema merged;	/* shares nodes with the three; where there are
				 * conflicts ours holds their place */
	bool sealed;		/* it is: where there are none, always */
	struct conflict *conflicts;
	size_t n, cap;
};

/* -1 only where what was chosen is no schema. */
int schema_merge(struct merge *m, struct err *err) MUST_CHECK;

/*
 * Two branches that were merged into each other have several bases.  These are
 * merged first; what they do not agree on is no conflict there, but left in
 * doubt, and becomes one unless both sides have the same.
 *
 *	struct merge_doubts d = MERGE_DOUBTS_INIT;
 *	struct merge b = { .of = { &below, &first, &second }, .leaves = &d };
 *	if (schema_merge(&b, err))
 *		...
 *	struct merge m = { .of = { &b.merged, ... }, .doubts = &d };
 */
struct merge_doubts {
	struct map by_node;
	bool settings;
};
#define MERGE_DOUBTS_INIT { MAP_INIT, false }
void merge_doubts_release(struct merge_doubts *d);

/* Add the title of a node, and of its object's three texts, to a conflict that
 * whoever loads the merged schema has found. */
void merge_describe(struct merge *m, struct conflict *c);

#endif
