/*
 * What one version has changed, changed again on the current branch
 * (cherry-pick), or back (revert).
 *
 *	                base            ours      theirs
 *	cherry-pick     its parent      HEAD      it
 *	revert          it              HEAD      its parent
 */
#ifndef SS_PICKING_H
#define SS_PICKING_H

#include "ss/merging.h"

struct picking {
	/* in */
	struct merging m;	/* project, choices, dry_run; message where it
				 * is not to be git's */
	struct commit version;
	bool back;
	unsigned mainline;	/* which of its parents, from 1; 0: it has but
				 * one */
	bool named;		/* cherry-pick: the message says where it is
				 * from */
};
/* Out is m's.  A version whose edge has data steps is ERR_REFUSED: what they
 * did to rows no merge of schemas does. */
int picking_run(struct picking *p, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
