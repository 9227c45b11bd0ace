/*
 * Pack indexes, read with bounds.
 *
 *	version 2   "\377tOc" 2, 256 counts, n names, n checksums, n offsets,
 *	            large offsets; pack's sum, own sum
 *	version 1   256 counts, n of (offset, name); pack's sum, own sum
 *
 * counts[b]: how many names begin with a byte that is at most b.
 */
#include "config.h"

#include "store/packidx.h"

#define COUNTS 1024
#define V2_HEAD 8
#define SUMS (2 * SHA1_LEN)

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static const unsigned char *counts(const struct packidx *x)
{
	return x->p + (x->v1 ? 0 : V2_HEAD);
}

static const unsigned char *name(const struct packidx *x, size_t k)
{
	return x->v1 ? x->p + COUNTS + k * 24 + 4 :
	       x->p + V2_HEAD + COUNTS + k * SHA1_LEN;
}

const char *packidx_check(struct packidx *x)
{
	uint32_t before = 0;
	uint64_t need;

	if (x->len < V2_HEAD + COUNTS + SUMS)
		return "its index is cut short";
	x->v1 = be32(x->p) != 0xff744f63;
	if (!x->v1 && be32(x->p + 4) != 2)
		return "its index is of an unknown version";
	for (int k = 0; k < 256; k++) {
		uint32_t count = be32(counts(x) + 4 * k);

		if (count < before)
			return "its index is not sorted";
		before = count;
	}
	x->n = before;
	need = COUNTS + SUMS + (uint64_t)x->n * 24;
	if (x->v1)
		return x->len == need ? NULL : "its index has another length";
	need += V2_HEAD + (uint64_t)x->n * 4;
	return x->len < need || (x->len - need) % 8 ?
	       "its index has another length" : NULL;
}

static uint64_t offset(const struct packidx *x, size_t k)
{
	const unsigned char *v = x->p + V2_HEAD + COUNTS + (size_t)x->n * 24;
	size_t large;
	uint32_t at;

	if (x->v1)
		return be32(name(x, k) - 4);
	at = be32(v + k * 4);
	if (!(at & 0x80000000u))
		return at;
	large = (x->len - V2_HEAD - COUNTS - SUMS - (size_t)x->n * 28) / 8;
	at &= 0x7fffffff;
	v += (size_t)x->n * 4 + (size_t)at * 8;
	return at < large ? (uint64_t)be32(v) << 32 | be32(v + 4) : 0;
}

uint64_t packidx_find(const struct packidx *x, const struct oid *id)
{
	const unsigned char *c = counts(x);
	uint32_t lo = id->b[0] ? be32(c + 4 * (id->b[0] - 1)) : 0;
	uint32_t hi = be32(c + 4 * id->b[0]);

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int cmp = memcmp(id->b, name(x, mid), SHA1_LEN);

		if (!cmp)
			return offset(x, mid);
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

int packidx_each(const struct packidx *x, const char *prefix, oid_fn fn,
		 void *ctx)
{
	uint32_t from = 0, to = x->n;
	unsigned char first;

	if (strlen(prefix) >= 2 && !hex_decode(&first, prefix, 1)) {
		from = first ? be32(counts(x) + 4 * (first - 1)) : 0;
		to = be32(counts(x) + 4 * first);
	}
	for (uint32_t k = from; k < to; k++) {
		char hex[OID_HEX];
		struct oid id;
		int ret;

		memcpy(id.b, name(x, k), SHA1_LEN);
		oid_hex(hex, &id);
		ret = str_starts(hex, prefix) ? fn(ctx, &id) : 0;
		if (ret)
			return ret;
	}
	return 0;
}
