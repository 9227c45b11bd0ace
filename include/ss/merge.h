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
	const char *why;	/* meaning: what does not fit; else NULL */
};

/* What somebody has decided about a node. */
struct merge_choice {
	const char *node;	/* `users`, `users.mail`, or as a conflict has
				 * it */
	enum merge_side side;
	bool used;		/* out: it was in conflict */
};

struct merge {
	/* in: all sealed */
	const struct schema *of[MERGE_SIDES];
	struct merge_choice *choices;
	size_t nchoices;
	struct arena *arena;
	/* out */
	struct schema merged;	/* sealed where there is no conflict; shares
				 * nodes with the three */
	struct conflict *conflicts;
	size_t n, cap;
};

/* -1 only where what was chosen is no schema. */
int schema_merge(struct merge *m, struct err *err) MUST_CHECK;

#endif
