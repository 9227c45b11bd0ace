/*
 * The Merkle tree of RFC 6962 over what only ever grows: one hash says what all
 * of it is, and a few say that one part is in it, or that it has grown from
 * what it was.
 *
 *	struct tlog t = TLOG_INIT;
 *	tlog_add(&t, bytes, len);
 *	tlog_root(root, &t);
 *	tlog_release(&t);
 */
#ifndef SS_TLOG_H
#define SS_TLOG_H

#include "ss/hash.h"

struct tlog_hash {
	unsigned char b[SHA256_LEN];
};

struct tlog {
	struct tlog_hash *v;	/* of each leaf */
	size_t n, cap;
};
#define TLOG_INIT { NULL, 0, 0 }

#define TLOG_PROOF 64		/* hashes of a proof, at most */

void tlog_add(struct tlog *t, const void *leaf, size_t len);
void tlog_release(struct tlog *t);
/* Of the first n leaves. */
void tlog_root(struct tlog_hash *out, const struct tlog *t, size_t n);

/* That leaf i is among the first n: returns how many hashes. */
size_t tlog_inclusion(struct tlog_hash out[TLOG_PROOF], const struct tlog *t,
		      size_t i, size_t n);
bool tlog_includes(const struct tlog_hash *leaf, size_t i,
		   const struct tlog_hash *root, size_t n,
		   const struct tlog_hash *proof, size_t nproof);
/* That the first n leaves begin with the first m of them, 0 < m <= n. */
size_t tlog_consistency(struct tlog_hash out[TLOG_PROOF],
			const struct tlog *t, size_t m, size_t n);
bool tlog_extends(const struct tlog_hash *old, size_t m,
		  const struct tlog_hash *root, size_t n,
		  const struct tlog_hash *proof, size_t nproof);

#endif
