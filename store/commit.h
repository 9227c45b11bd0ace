/*
 * What commit.c and commit-parse.c share.
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include "ss/commit.h"

extern const char *const commit_kinds[COMMIT_N];
extern const char *const commit_ledger_keys[];	/* ends in NULL */

/* Fill oid and strong from the raw bytes. */
void commit_name(struct commit *c, const char *raw, size_t len);

#endif
