/*
 * Pins: what the last clean verify saw, in a file of the user's own.
 *
 *	schemastore-seen 1
 *	project <64 hex>
 *	<as tips.h has it>
 */
#ifndef SS_PINS_H
#define SS_PINS_H

#include "ss/policies.h"
#include "ss/tips.h"

/* 1, 0 there are none; -1: ERR_DAMAGED, or ERR_REFUSED where they are another
 * project's, or others can change them. */
int pins_read(struct tips *out, const char *path, const unsigned char *project,
	      struct arena *a, struct err *err) MUST_CHECK;
int pins_write(const char *path, const unsigned char *project,
	       const struct tips *t, struct err *err) MUST_CHECK;
/* All that there is to be seen, and what of it is pinned: the policy, protected
 * branches, ledgers and checkpoints. */
int pins_now(struct tips *all, struct tips *pins, struct store *s,
	     const struct policies *p, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
