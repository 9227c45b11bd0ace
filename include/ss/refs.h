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
#include "ss/ref-name.h"

struct store;

#define POLICY_REF "refs/schemastore/policy"
#define LEDGER_REFS "refs/schemastore/ledger/"
#define LEDGER_BEFORE_REFS "refs/schemastore/ledger-before/"

/* 1 and the oid, 0 where there is no such ref, -1 failed.  Symbolic refs
 * are followed (5 deep). */
int ref_read(struct oid *out, struct store *s, const char *name,
	     struct err *err) MUST_CHECK;
/* The branch that HEAD names ("refs/heads/main"), born or not; ERR_REFUSED
 * where HEAD is at a version instead. */
int head_ref(const char **out, struct store *s, struct arena *a,
	     struct err *err) MUST_CHECK;
int head_set(struct store *s, const char *ref, struct err *err) MUST_CHECK;
/*
 * Move a ref from old to new.  old NULL: it must not exist; new NULL: delete
 * it.  ERR_REFUSED where it is not at old, or where its name would be the
 * folder of another ref's, or in one.  Fault point: ref.update.
 */
int ref_update(struct store *s, const char *name, const struct oid *old,
	       const struct oid *new, const char *why, struct err *err)
	MUST_CHECK;
/* What git has kept of a ref's moves, if anything, goes with it; to NULL: it is
 * removed. */
int ref_log_move(struct store *s, const char *from, const char *to,
		 struct err *err) MUST_CHECK;
/* Is it that ref, or, where `at` ends in a slash, one below it? */
bool ref_is_at(const char *name, const char *at);

struct ref {
	const char *name;
	struct oid oid;
};
/* Those that begin with prefix ("refs/heads/").  out->bad is told of each one
 * that is damaged, and the list goes on without it; NULL: that is an error. */
struct ref_survey {
	void (*bad)(void *ctx, const char *name, const struct err *why);
	void *ctx;
	struct ref *v;		/* sorted by name */
	size_t n;
};
int ref_survey(struct ref_survey *out, struct store *s, const char *prefix,
	       struct arena *a, struct err *err) MUST_CHECK;
/* The same, all sound. */
int ref_list(struct ref **out, size_t *n, struct store *s, const char *prefix,
	     struct arena *a, struct err *err) MUST_CHECK;

#endif
