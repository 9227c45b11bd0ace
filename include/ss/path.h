/*
 * The way from one version to another.
 */
#ifndef SS_PATH_H
#define SS_PATH_H

#include "ss/store.h"

/* An edge that is crossed as it stands: it has data steps, or edited SQL. */
struct crossing {
	struct commit version;	/* whose edge it is */
	unsigned parent;	/* from which of its parents */
	bool down;
	struct edge edge;
	bool *skip;		/* of its runs: they are on both sides, and
				 * neither undone nor run again */
};

struct path {
	const struct commit *from;	/* NULL: nothing yet */
	const struct commit *to;	/* NULL: back to nothing */
	size_t edges;		/* how many it crosses */
	bool down;		/* `to` is an ancestor of `from` */
	bool sideways;		/* neither is the other's ancestor */
	bool unrelated;		/* nor have they one in common */
	struct oid base;	/* where down ends and up begins, unless one of
				 * them is nothing, or they are unrelated */
	struct crossing *cross;	/* as they come on the way; all others are one
				 * difference of schemas */
	size_t ncross;
};

/*
 * The data steps of a version are those of every edge on any way to it from the
 * first one: an edge of a merge has what its parent lacks.  So one way is as
 * good as another, and each step that `to` has and `from` has not is on it
 * once, as is the way back of each that `from` alone has.
 *
 * Unrelated versions are ERR_REFUSED, unless they may be: then nothing is
 * crossed.  It all lives in the arena.
 */
struct path_opts {
	const char *engine;
	bool unrelated;		/* they may be */
};
int path_find(struct path *out, struct store *s, const struct commit *from,
	      const struct commit *to, const struct path_opts *o,
	      struct arena *a, struct err *err) MUST_CHECK;

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
