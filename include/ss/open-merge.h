/*
 * A merge that stays open until its conflicts are settled: a file in the
 * store, <store>/merge, written whole or not at all.  While it is there, no
 * other version is recorded.
 *
 *	ret = open_merge_read(&o, store, a, err);	1, 0: none is open, -1
 *	if (ret > 0 && open_merge_check(&o, store, a, err))
 *		...				the branch has moved meanwhile
 */
#ifndef SS_OPEN_MERGE_H
#define SS_OPEN_MERGE_H

#include "ss/merge.h"
#include "ss/store.h"

struct open_merge {
	struct oid theirs;
	const char *name;	/* what the user calls that */
	const char *branch;	/* "refs/heads/main": it is merged into */
	struct oid tip;		/* where that was */
	const char *message;
	const char *body;	/* or NULL */
	struct merge_choice *choices;
	size_t nchoices, cap;
};

/* 1; 0 none is open, or its version was made already; -1.  All of it is in the
 * arena. */
int open_merge_read(struct open_merge *out, struct store *s, struct arena *a,
		    struct err *err) MUST_CHECK;
/* The caller has the store's lock.  Fault points: those of file_write(). */
int open_merge_write(const struct open_merge *o, struct store *s,
		     struct err *err) MUST_CHECK;
/* The same; 1 there was one, whole or damaged, 0 there was none, -1.  Fault
 * point: merge.forget. */
int open_merge_forget(struct store *s, struct err *err) MUST_CHECK;

/* Is it still what was begun?  ERR_REFUSED where the branch has moved, or HEAD
 * is on another one. */
int open_merge_check(const struct open_merge *o, struct store *s,
		     struct arena *a, struct err *err) MUST_CHECK;
/* ERR_REFUSED where one is open: what else would move the branch. */
int open_merge_none(struct store *s, struct err *err) MUST_CHECK;

#endif
