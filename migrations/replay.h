/*
 * Data steps of elsewhere, on the way from v->before to v->after,
 * each in the schema that has what it found there, and what is here besides.
 */
#ifndef MIGRATIONS_REPLAY_H
#define MIGRATIONS_REPLAY_H

#include "ss/merging.h"

#include "migrations/record.h"

struct replay {
	/* in */
	struct recording *recording;
	const struct merging *merging;
	/* out: "data step fill", which cannot be, and why; NULL: all can */
	const char *node, *why;
};
/* v is a side of the merge, ours (0) or theirs: those that the other side has
 * and this one has not; or, of a version that is picked or reverted, its own or
 * what undoes them, without those that ours has run already. */
int replay_side(struct replay *rp, struct recorded *v, size_t side,
		struct err *err) MUST_CHECK;
/* The edge could not be proven: was it one of them?  Then err is done with. */
bool replay_blame(struct replay *rp, const struct recorded *v,
		  struct err *err);

#endif
