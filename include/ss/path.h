/*
 * The way from one version to another.
 */
#ifndef SS_PATH_H
#define SS_PATH_H

#include "ss/store.h"

struct path {
	const struct commit *from;	/* NULL: nothing yet */
	const struct commit *to;	/* NULL: back to nothing */
	size_t edges;		/* how many it crosses */
	bool down;		/* `to` is an ancestor of `from` */
	bool sideways;		/* neither is the other's ancestor */
	bool unrelated;		/* nor have they one in common */
};

/*
 * Unrelated versions are ERR_REFUSED, unless they may be: all of the one's is
 * left then, and all of the other's entered.  An edge with data steps or
 * edited SQL on the way is ERR_REFUSED by name (crossing them is not built
 * yet).
 */
int path_find(struct path *out, struct store *s, const struct commit *from,
	      const struct commit *to, const char *engine, bool unrelated,
	      struct err *err) MUST_CHECK;

/* The versions on the way. */
struct route {
	bool related;		/* they have a common ancestor, or nothing */
	bool has_base;
	struct oid base;	/* that ancestor; none where one side is
				 * nothing */
	struct oid *left;	/* that only `from` has, newest first */
	size_t nleft;
	struct oid *entered;	/* that only `to` has, oldest first */
	size_t nentered;
};
/* from or to NULL: nothing. */
int route_find(struct route *out, struct store *s, const struct commit *from,
	       const struct commit *to, struct arena *a, struct err *err)
	MUST_CHECK;

/* The commit with this strong id: the branch tips first, then their
 * ancestors.  ERR_USAGE where the store has no such version. */
int version_by_strong(struct commit *out, struct store *s,
		      const struct strong_id *id, struct arena *a,
		      struct err *err) MUST_CHECK;

#endif
