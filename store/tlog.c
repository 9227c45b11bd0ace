/*
 * Trees of RFC 6962, section 2.1, and their proofs as RFC 9162 checks them.
 *
 *	        root		leaf = SHA256(0 bytes)
 *	       /    \		node = SHA256(1 left right)
 *	      *      2
 *	     / \		left: the greatest power of two that is less
 *	    0   1		than all
 */
#include "config.h"

#include "ss/tlog.h"

#include <stdlib.h>

#include "ss/arena.h"

static struct tlog_hash leaf_hash(const void *p, size_t n)
{
	struct tlog_hash out;
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, "\0", 1);
	sha256_add(&h, p, n);
	sha256_end(&h, out.b);
	return out;
}

static struct tlog_hash node_hash(const struct tlog_hash *left,
				  const struct tlog_hash *right)
{
	struct tlog_hash out;
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, "\1", 1);
	sha256_add(&h, left->b, SHA256_LEN);
	sha256_add(&h, right->b, SHA256_LEN);
	sha256_end(&h, out.b);
	return out;
}

static bool same(const struct tlog_hash *a, const struct tlog_hash *b)
{
	return !memcmp(a->b, b->b, SHA256_LEN);
}

void tlog_add(struct tlog *t, const void *leaf, size_t len)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->v = xrealloc(t->v, t->cap * sizeof(*t->v));
	}
	t->v[t->n++] = leaf_hash(leaf, len);
}

void tlog_release(struct tlog *t)
{
	free(t->v);
	*t = (struct tlog)TLOG_INIT;
}

/* The left part of n > 1 leaves. */
static size_t left_of(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

/* Trees nest as deep as a number has bits. */
static struct tlog_hash root_of(const struct tlog_hash *v, size_t n)
{
	struct tlog_hash left, right;
	size_t k;

	if (n == 1)
		return *v;
	k = left_of(n);
	left = root_of(v, k);
	right = root_of(v + k, n - k);
	return node_hash(&left, &right);
}

void tlog_root(struct tlog_hash *out, const struct tlog *t, size_t n)
{
	if (n)
		*out = root_of(t->v, n);
	else
		sha256_of(out->b, "", 0);
}

/* ---- inclusion ---------------------------------------------------------- */

size_t tlog_inclusion(struct tlog_hash out[TLOG_PROOF], const struct tlog *t,
		      size_t i, size_t n)
{
	const struct tlog_hash *v = t->v;
	size_t count = 0;

	/* From the root down; a proof stands the other way round. */
	while (n > 1) {
		size_t k = left_of(n);
		bool left = i < k;

		out[count++] = left ? root_of(v + k, n - k) : root_of(v, k);
		v += left ? 0 : k;
		i -= left ? 0 : k;
		n = left ? k : n - k;
	}
	for (size_t a = 0; a < count / 2; a++) {
		struct tlog_hash h = out[a];

		out[a] = out[count - 1 - a];
		out[count - 1 - a] = h;
	}
	return count;
}

bool tlog_includes(const struct tlog_hash *leaf, size_t i,
		   const struct tlog_hash *root, size_t n,
		   const struct tlog_hash *proof, size_t nproof)
{
	struct tlog_hash h = *leaf;
	size_t last = n - 1;

	if (i >= n)
		return false;
	for (size_t p = 0; p < nproof; p++) {
		if (!last)
			return false;
		if (i & 1 || i == last) {
			h = node_hash(&proof[p], &h);
			for (; !(i & 1) && i; last >>= 1)
				i >>= 1;
		} else {
			h = node_hash(&h, &proof[p]);
		}
		i >>= 1;
		last >>= 1;
	}
	return !last && same(&h, root);
}

/* ---- consistency -------------------------------------------------------- */

/* `whole`: the m leaves are a tree whose root is known. */
static size_t prove(struct tlog_hash *out, const struct tlog_hash *v, size_t m,
		    size_t n, bool whole)
{
	size_t k, count;

	if (m == n) {
		if (!whole)
			*out = root_of(v, n);
		return !whole;
	}
	k = left_of(n);
	if (m <= k) {
		count = prove(out, v, m, k, whole);
		out[count] = root_of(v + k, n - k);
	} else {
		count = prove(out, v + k, m - k, n - k, false);
		out[count] = root_of(v, k);
	}
	return count + 1;
}

size_t tlog_consistency(struct tlog_hash out[TLOG_PROOF],
			const struct tlog *t, size_t m, size_t n)
{
	return prove(out, t->v, m, n, true);
}

bool tlog_extends(const struct tlog_hash *old, size_t m,
		  const struct tlog_hash *root, size_t n,
		  const struct tlog_hash *proof, size_t nproof)
{
	struct tlog_hash from, to;
	size_t i = m - 1, last = n - 1, p = 0;

	if (!m || m > n)
		return false;
	if (m == n)
		return !nproof && same(old, root);
	for (; i & 1; last >>= 1)
		i >>= 1;
	/* A whole tree is its own first hash. */
	if (i && !nproof)
		return false;
	from = to = i ? proof[p++] : *old;
	for (; p < nproof; p++) {
		if (!last)
			return false;
		if (i & 1 || i == last) {
			from = node_hash(&proof[p], &from);
			to = node_hash(&proof[p], &to);
			for (; !(i & 1) && i; last >>= 1)
				i >>= 1;
		} else {
			to = node_hash(&to, &proof[p]);
		}
		i >>= 1;
		last >>= 1;
	}
	return !last && same(&from, old) && same(&to, root);
}
