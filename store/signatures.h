/*
 * Signatures of many commits, verified on every core.
 *
 *	struct signatures *q = signatures_start(err);
 *	while (...)
 *		signatures_add(q, &commit, err);
 *	bad = signatures_end(q, &n, arena);
 */
#ifndef STORE_SIGNATURES_H
#define STORE_SIGNATURES_H

#include "ss/commit.h"

struct bad_signature {
	struct oid commit;
	struct pubkey key;
};

struct signatures;
struct signatures *signatures_start(struct err *err);	/* NULL: it failed */
/* One that is signed. */
int signatures_add(struct signatures *q, const struct commit *c,
		   const struct buf *raw, struct err *err) MUST_CHECK;
/* Waits for the rest: those that are none, in no order. */
struct bad_signature *signatures_end(struct signatures *q, size_t *n,
				     struct arena *a);

#endif
