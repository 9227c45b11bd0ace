/*
 * Finding the first bad version between a good one and a bad one by halves.
 *
 *	bisect_begin(&b, store, &good, &bad, a, err)
 *	while (bisect_next(&i, &b))
 *		bisect_answer(&b, i, <what of b.v[i].oid is so>);
 *
 * Then b.v[b.bad] is the first bad one, if b.left is 1; else it is one of those
 * that are not BISECT_OUT, all of which but that were skipped.
 */
#ifndef SS_BISECT_H
#define SS_BISECT_H

#include "ss/store.h"

enum bisect_verdict { BISECT_GOOD, BISECT_BAD, BISECT_SKIP, BISECT_N };

enum bisect_place { BISECT_OPEN, BISECT_SKIPPED, BISECT_OUT };

struct bisect_version {
	struct oid oid;
	size_t *parents;	/* indices; those that are good are left out */
	size_t nparents;
	enum bisect_place place;
	size_t behind;		/* how many that are not out it has behind it,
				 * itself included */
	bool mark;
};
struct bisect {
	struct bisect_version *v;	/* parents first */
	size_t n;
	size_t bad;		/* the one with the fewest behind it that is
				 * known to be */
	size_t left;		/* not out */
};
int bisect_begin(struct bisect *out, struct store *s, const struct oid *good,
		 const struct oid *bad, struct arena *a, struct err *err)
	MUST_CHECK;
/* The one whose answer leaves the fewest, whatever it is; false: none is left
 * to be asked. */
bool bisect_next(size_t *out, struct bisect *b) MUST_CHECK;
void bisect_answer(struct bisect *b, size_t i, enum bisect_verdict verdict);

#endif
