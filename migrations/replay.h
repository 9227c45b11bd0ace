/*
 * Data steps of elsewhere, on the way from v->before to v->after,
 * each in the schema that has what it found there, and what is here besides.
 */
#ifndef MIGRATIONS_REPLAY_H
#define MIGRATIONS_REPLAY_H

#include "ss/merging.h"

#include "migrations/record.h"

struct replayed;
struct replay {
	/* in */
	struct recording *recording;
	const struct merging *merging;
	struct merge *merge;	/* those that cannot be go to its conflicts */
	/* own: the steps so far, of both sides */
	struct replayed *v;
	size_t n, cap;
};
/* v is a side of the merge, ours (0) or theirs: those that the other side has
 * and this one has not, or what somebody wants in their place; or, of a version
 * that is picked or reverted, its own or what undoes them, without those that
 * ours has run already.  One that cannot be is left out, and in conflict. */
int replay_side(struct replay *rp, struct recorded *v, size_t side,
		struct err *err) MUST_CHECK;
/* The edge could not be proven: was it one of them?  Then err is done with, and
 * the edge is without it. */
bool replay_blame(struct replay *rp, struct recorded *v, struct err *err);

#endif
