/*
 * Git's deltas: how one object is made from another.  Making one, what both
 * begin and end with is trimmed; between, blocks of the base are looked up by
 * their hash.
 *
 *	delta = length(base) length(target) { copy offset size | n bytes }
 *	copy = 1 oooo sss, then the bytes of offset and size that it names
 */
#include "config.h"

#include "store/odb.h"

#include <stdlib.h>

#define BLOCK 16
#define TRIES 32		/* places of one hash */
#define COPY_MOST 0x10000
#define BYTES_MOST 127
#define LITTLE 64		/* is not worth an index */

struct delta {
	struct buf *out;
	const char *base;
	size_t nbase;
	const char *to;
	size_t from;		/* to[from .. at) is not yet in the delta */
	size_t most;
	uint32_t *heads, *next;	/* position / step + 1; 0: none */
	size_t step;
	unsigned bits;
};

static uint32_t hash_of(const struct delta *d, const char *p)
{
	uint64_t a, b;

	memcpy(&a, p, sizeof(a));
	memcpy(&b, p + 8, sizeof(b));
	a = a * 0x9e3779b97f4a7c15u ^ b * 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)((a ^ a >> 29) * 0x9e3779b97f4a7c15u >>
			  (64 - d->bits));
}

static void index_base(struct delta *d)
{
	size_t n = d->nbase < BLOCK ? 0 : d->nbase - BLOCK + 1, size;

	d->step = n > COPY_MOST ? 4 : 1;
	d->bits = 8;
	while ((size_t)1 << d->bits < n / d->step && d->bits < 24)
		d->bits++;
	size = ((size_t)1 << d->bits) * sizeof(*d->heads);
	d->heads = xmalloc(size);
	memset(d->heads, 0, size);
	d->next = xmalloc((n / d->step + 1) * sizeof(*d->next));
	/* From the end, so that the first place of a hash is tried first. */
	for (size_t i = n / d->step + 1; i-- > 0;) {
		uint32_t h;

		if (i * d->step >= n)
			continue;
		h = hash_of(d, d->base + i * d->step);
		d->next[i] = d->heads[h];
		d->heads[h] = (uint32_t)i + 1;
	}
}

static void add_size(struct buf *b, size_t n)
{
	for (; n > 0x7f; n >>= 7)
		buf_addch(b, (char)(n | 0x80));
	buf_addch(b, (char)n);
}

static void add_copy(struct buf *b, size_t from, size_t n)
{
	while (n) {
		size_t now = n < COPY_MOST ? n : COPY_MOST;
		size_t v[2] = { from, now == COPY_MOST ? 0 : now };
		size_t head = b->len;
		unsigned op = 0x80;

		buf_addch(b, 0);
		for (unsigned i = 0; i < 7; i++) {
			char byte = (char)(v[i / 4] >> 8 * (i % 4));

			if (!byte)
				continue;
			op |= 1u << i;
			buf_addch(b, byte);
		}
		b->ptr[head] = (char)op;
		from += now;
		n -= now;
	}
}

static void add_bytes(struct delta *d, size_t end)
{
	while (d->from < end) {
		size_t n = end - d->from;

		if (n > BYTES_MOST)
			n = BYTES_MOST;
		buf_addch(d->out, (char)n);
		buf_add(d->out, d->to + d->from, n);
		d->from += n;
	}
}

static size_t alike(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* The longest place in the base that goes on as to[at .. end) does. */
static size_t find(size_t *place, const struct delta *d, size_t at, size_t end)
{
	uint32_t i = d->heads[hash_of(d, d->to + at)];
	size_t best = 0;

	for (unsigned k = 0; i && k < TRIES; k++, i = d->next[i - 1]) {
		size_t p = (i - 1) * d->step;
		size_t room = d->nbase - p < end - at ? d->nbase - p :
			      end - at;
		size_t n = alike(d->base + p, d->to + at, room);

		if (n > best) {
			best = n;
			*place = p;
		}
	}
	return best < BLOCK ? 0 : best;
}

static bool add_middle(struct delta *d, size_t end)
{
	size_t at = d->from;

	if (end - at <= LITTLE || d->nbase < BLOCK) {
		add_bytes(d, end);
		return true;
	}
	index_base(d);
	while (at + BLOCK <= end && d->out->len + at - d->from <= d->most) {
		size_t p, n = find(&p, d, at, end);

		if (!n) {
			at++;
			continue;
		}
		while (p && at > d->from && d->base[p - 1] == d->to[at - 1]) {
			p--;
			at--;
			n++;
		}
		add_bytes(d, at);
		add_copy(d->out, p, n);
		d->from = at += n;
	}
	free(d->heads);
	free(d->next);
	if (d->out->len + end - d->from > d->most)
		return false;
	add_bytes(d, end);
	return true;
}

bool delta_make(struct buf *out, const struct bytes *base,
		const struct bytes *to, size_t most)
{
	struct delta d = {
		.out = out, .base = base->ptr, .nbase = base->len,
		.to = to->ptr, .most = most,
	};
	size_t n = base->len < to->len ? base->len : to->len;
	size_t head = alike(base->ptr, to->ptr, n), tail = 0;

	while (tail < n - head && base->ptr[base->len - tail - 1] ==
				  to->ptr[to->len - tail - 1])
		tail++;
	if (base->len > UINT32_MAX / 2 || to->len > UINT32_MAX / 2)
		return false;
	add_size(out, base->len);
	add_size(out, to->len);
	add_copy(out, 0, head);
	d.from = head;
	if (!add_middle(&d, to->len - tail))
		return false;
	add_copy(out, base->len - tail, tail);
	return out->len <= most;
}

/* ---- the way back ------------------------------------------------------- */

/* 7 bits a byte, lowest first */
static int read_size(uint64_t *out, const struct buf *d, size_t *at)
{
	unsigned shift = 0;

	*out = 0;
	do {
		if (*at >= d->len || shift > 56)
			return -1;
		*out |= (uint64_t)(d->ptr[*at] & 0x7f) << shift;
		shift += 7;
	} while (d->ptr[(*at)++] & 0x80);
	return 0;
}

static int apply_copy(struct buf *out, const struct buf *base,
		      const struct buf *d, size_t *at, unsigned char op)
{
	uint32_t v[2] = { 0, 0 };

	for (unsigned i = 0; i < 7; i++) {
		if (!(op & 1u << i))
			continue;
		if (*at >= d->len)
			return -1;
		v[i / 4] |= (uint32_t)(unsigned char)d->ptr[(*at)++] <<
			    8 * (i % 4);
	}
	if (!v[1])
		v[1] = 0x10000;
	if (v[0] > base->len || v[1] > base->len - v[0])
		return -1;
	buf_add(out, base->ptr + v[0], v[1]);
	return 0;
}

int delta_apply(struct buf *out, const struct buf *base, const struct buf *d)
{
	uint64_t from, to;
	size_t at = 0;

	if (read_size(&from, d, &at) || read_size(&to, d, &at) ||
	    from != base->len || to > OBJECT_MAX)
		return -1;
	while (at < d->len) {
		unsigned char op = (unsigned char)d->ptr[at++];

		if (op & 0x80) {
			if (apply_copy(out, base, d, &at, op))
				return -1;
		} else {
			if (!op || op > d->len - at)
				return -1;
			buf_add(out, d->ptr + at, op);
			at += op;
		}
		if (out->len > to)
			return -1;
	}
	return out->len == to ? 0 : -1;
}
