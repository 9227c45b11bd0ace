/*
 * What commit.c and commit-parse.c share.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "ss/commit.h"

extern const char *const commit_kinds[COMMIT_N];
extern const char *const commit_ledger_keys[];	/* ends in NULL */

/* The canonical bytes, without naming them. */
int commit_print(struct buf *raw, const struct commit *c, struct err *err)
	MUST_CHECK;
void commit_strong_id(struct strong_id *out, const char *raw, size_t len);

#endif
