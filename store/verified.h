/*
 * What of a commit is remembered for the policies, which are asked when all of
 * them have been read.
 */
#ifndef STORE_VERIFIED_H
#define STORE_VERIFIED_H

#include "ss/verify.h"

struct verified {
	struct oid oid;		/* first: see verify.by_strong */
	enum commit_kind kind;
	bool lone;		/* a parent is not what it says that it is:
				 * `least` has to be read */
	uint64_t seq;		/* of the policy that it names */
	uint64_t least;		/* the newest that its parents name */
	size_t signer;		/* verify.signers[signer - 1]; 0: nobody */
	struct strong_id strong;
	const struct verified *first;	/* parent; NULL: none, or lone */
	const char *ref, *email;
	const struct strong_id *policy;
};

#endif
