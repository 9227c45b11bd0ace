/*
 * The index of a pack: which objects it has, and where.
 */
#ifndef STORE_PACKIDX_H
#define STORE_PACKIDX_H

#include "store/odb.h"

struct packidx {
	const unsigned char *p;	/* the file, mapped */
	size_t len;
	uint32_t n;
	bool v1;
};

/* What is wrong with it; NULL: a look-up may rely on it. */
const char *packidx_check(struct packidx *x);
/* Where the object lies in the pack; 0: it does not. */
uint64_t packidx_find(const struct packidx *x, const struct oid *id);
/* The names that begin so, in order; fn returns non-zero to stop. */
int packidx_each(const struct packidx *x, const char *prefix, oid_fn fn,
		 void *ctx);

#endif
