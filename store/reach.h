/*
 * Everything that the refs reach, for fsck and gc.
 */
#ifndef STORE_REACH_H
#define STORE_REACH_H

#include "ss/map.h"
#include "ss/store.h"

#include "store/odb.h"

struct reached {
	struct oid oid;
	enum object_type type;
	const char *path;	/* where it stands in a tree; "" for others */
	const struct buf *raw;	/* a tree's bytes; NULL: another object's */
	const char *ref;	/* where the walk came from */
	bool foreign;		/* only from what schemastore did not make */
};

/* Called for every object once, a tree's entries before the tree, a commit
 * after its tree and its parents.  Non-zero stops. */
typedef int (*reach_fn)(void *ctx, const struct reached *r);
/* A commit, tree or ref that cannot be read; the walk goes on without it
 * where this returns 0. */
typedef int (*broken_fn)(void *ctx, const char *what, const struct err *why);

struct reach {
	struct store *store;
	struct arena *arena;
	struct map seen;	/* 20 bytes -> it */
	reach_fn fn;
	broken_fn broken;
	/* When all of ours but ledgers has been reached; may be NULL.  Non-zero
	 * stops. */
	int (*ledgers)(void *ctx, struct err *err);
	void *ctx;
	bool again;		/* fn reads each commit: its links need not be
				 * checked before that */
	/* reach_all's own */
	const char *ref;
	bool foreign;
};

/* From every ref, and HEAD: ours, then ledgers, then what is not ours. */
int reach_all(struct reach *r, struct err *err) MUST_CHECK;
/* From one object, as if a ref of that name led to it. */
int reach_one(struct reach *r, const char *ref, const struct oid *id,
	      struct err *err) MUST_CHECK;

#endif
