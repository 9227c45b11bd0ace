/*
 * Where the refs of a store are, in writing: what a checkpoint says of them,
 * and what a client remembers.
 *
 *	<strong id> <oid> <seq> refs/heads/dev rewound
 *	<strong id> <oid> <seq> refs/heads/main
 *	<strong id> <oid> <seq> refs/schemastore/policy
 *
 * Sorted by ref; one list has one text, and only that is read.  seq is the
 * commit's Schemastore-Seq.
 */
#ifndef SS_TIPS_H
#define SS_TIPS_H

#include "ss/policy.h"
#include "ss/store.h"

enum tip_word {
	TIP_IS,
	TIP_REWOUND,		/* anywhere else, and that is meant */
	TIP_DELETED		/* it is gone; this is where it was */
};

struct tip {
	const char *ref;
	struct strong_id strong;
	struct oid oid;
	uint64_t seq;
	enum tip_word word;
};

struct tips {
	struct tip *v;		/* sorted by ref */
	size_t n;
};

/* Branches, tags, the policy, and ledgers' mirrors, also those set aside. */
int tips_now(struct tips *out, struct store *s, struct arena *a,
	     struct err *err) MUST_CHECK;
/* One more, where that ref is: 1, 0 there is none, -1.  tips_sort() follows. */
int tips_add(struct tips *t, size_t *cap, struct store *s, const char *ref,
	     struct arena *a, struct err *err) MUST_CHECK;
void tips_sort(struct tips *t);
struct tip *tips_find(const struct tips *t, const char *ref);
void tips_add_text(struct buf *b, const struct tips *t);
int tips_parse(struct tips *out, const struct bytes *text, struct arena *a,
	       struct err *err) MUST_CHECK;

/* From one list to a later one.  Each ref is where it was or further on; but a
 * branch that no policy protects, or a tag, may be rewound or deleted, if the
 * later list says so, and a ledger set aside. */
struct tips_step {
	struct store *store;
	const struct tips *from, *to;
	const struct policy *policy;	/* in force where it led */
	/* Of refs that were rewound, or deleted, afterwards: what they then
	 * named may be gone.  NULL: there are none. */
	const struct map *left;
	void (*broken)(void *ctx, const struct tip *from, const char *text);
	void *ctx;
};
int tips_follow(const struct tips_step *s, struct err *err) MUST_CHECK;

#endif
