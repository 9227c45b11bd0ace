/*
 * Checkpoints: signed commits on refs/schemastore/checkpoints, each of which
 * says where all refs were, and follows the one before.
 *
 *	genesis ── checkpoint 1 ── checkpoint 2 ── ...
 *
 * Their bytes, from the genesis on, are the leaves of a tree of RFC 6962, whose
 * root a witness signs.
 *
 *	struct checkpoints c;
 *	if (!checkpoints_read(&c, s, &arena, err))
 *		...
 *	checkpoints_release(&c);
 */
#ifndef SS_CHECKPOINTS_H
#define SS_CHECKPOINTS_H

#include "ss/policies.h"
#include "ss/tips.h"
#include "ss/tlog.h"

struct checkpoints {
	struct commit *v;	/* by seq; v[0] is the genesis */
	size_t n;		/* 0: there are none; else at least 2 */
	struct tlog tree;
};

/* ERR_DAMAGED where it is no chain. */
int checkpoints_read(struct checkpoints *out, struct store *s,
		     struct arena *a, struct err *err) MUST_CHECK;
void checkpoints_release(struct checkpoints *c);
/* Where refs were. */
int checkpoint_tips(struct tips *out, struct store *s, const struct commit *c,
		    struct arena *a, struct err *err) MUST_CHECK;

/* From what is there now back to a checkpoint, a step after the other: each is
 * told of that does not follow from the one before. */
struct checkpoints_check {
	struct store *store;
	const struct checkpoints *all;
	const struct policies *policies;
	size_t from;		/* the first; 1: all of them */
	/* ref: of which one; c: the later one of the two, NULL: what is there
	 * now */
	void (*broken)(void *ctx, const char *ref, const struct commit *c,
		       const char *text);
	void *ctx;
};
int checkpoints_check(const struct checkpoints_check *c, struct err *err)
	MUST_CHECK;

/* Make the next one.  What has been rewound or deleted since the last one must
 * be among `rewound`: ERR_REFUSED.  With the lock held; l->ref is
 * CHECKPOINTS_REF. */
int checkpoint_write(struct commit *out, struct tips *tips,
		     struct landing *l, const struct list *rewound,
		     struct arena *a, struct err *err) MUST_CHECK;
/* The newest one: 1, 0 there is none, -1 */
int checkpoint_newest(struct commit *out, struct store *s, struct arena *a,
		      struct err *err) MUST_CHECK;

#endif
