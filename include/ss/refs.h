/*
 * Refs: names that move, kept as git keeps them, moved by compare-and-swap
 * under git's own locks.  Without libgit2, so that what needs no pack need not
 * start it.
 */
#ifndef SS_REFS_H
#define SS_REFS_H

#include "ss/arena.h"
#include "ss/err.h"
#include "ss/oid.h"

struct store;

/* 1 and the oid, 0 where there is no such ref, -1 failed.  Symbolic refs
 * are followed (5 deep). */
int ref_read(struct oid *out, struct store *s, const char *name,
	     struct err *err) MUST_CHECK;
/* The branch that HEAD names ("refs/heads/main"), born or not. */
int head_ref(const char **out, struct store *s, struct arena *a,
	     struct err *err) MUST_CHECK;
int head_set(struct store *s, const char *ref, struct err *err) MUST_CHECK;
/*
 * Move a ref from old to new.  old NULL: it must not exist; new NULL: delete
 * it.  ERR_REFUSED where it is not at old.  Fault point: ref.update.
 */
int ref_update(struct store *s, const char *name, const struct oid *old,
	       const struct oid *new, const char *why, struct err *err)
	MUST_CHECK;
bool ref_name_valid(const char *name);	/* git check-ref-format */

struct ref {
	const char *name;
	struct oid oid;
};
/* Sorted by name; those that begin with prefix ("refs/heads/"). */
int ref_list(struct ref **out, size_t *n, struct store *s, const char *prefix,
	     struct arena *a, struct err *err) MUST_CHECK;

#endif
