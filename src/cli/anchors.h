/*
 * What verify can hold a store against that may have been put back whole: pins,
 * checkpoints, the databases that were looked at; and what none of these would
 * have betrayed.
 */
#ifndef CLI_ANCHORS_H
#define CLI_ANCHORS_H

#include "cli/cmd.h"

#include "ss/verify.h"

struct anchors {
	struct list found;
	struct list missing;	/* what is not covered */
	size_t databases;
};

/* A database that was looked at, with so many rows. */
void anchors_add(struct anchors *x, struct ctx *c, const struct verify *v,
		 const struct database *db, size_t rows);
/* Then, of the store. */
void anchors_end(struct anchors *x, struct ctx *c, const struct verify *v);
void anchors_show(const struct anchors *x, struct ctx *c,
		  const struct verify *v);

#endif
