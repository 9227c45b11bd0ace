/*
 * Packs: the input says what is in one, and it is put together so that every
 * name, length and checksum fits.  A second, plainer reader (resolve) says
 * what each object must be, or that it is none; ours must say the same.
 *
 *	input = { type n bytes | type base n delta }
 *	type	bits 0-2 as in a pack; bit 6: its length lies; bit 7: its data
 *		is cut short
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "ss/file.h"
#include "store/odb.h"

#define ENTRIES_MOST 64
#define RESULT_MOST (1u << 20)
#define OFS_DELTA 6
#define REF_DELTA 7

struct entry {
	unsigned type, base;
	struct bytes data;
	bool lies, cut;
	enum { NEW, BUSY, WHOLE, BROKEN } state;
	unsigned real;		/* the type at the end of the chain */
	struct buf content;
	struct oid id;
	size_t offset;
};

struct pack {
	struct entry v[ENTRIES_MOST];
	size_t n;
};

static void read_input(struct pack *p, struct bytes *rest)
{
	while (rest->len && p->n < ENTRIES_MOST) {
		struct entry *e = &p->v[p->n++];
		unsigned bits = fuzz_byte(rest);
		size_t n;

		memset(e, 0, sizeof(*e));
		e->content = (struct buf)BUF_INIT;
		e->type = bits & 7;
		e->lies = bits & 64;
		e->cut = bits & 128;
		if (e->type >= OFS_DELTA)
			e->base = fuzz_byte(rest);
		n = fuzz_byte(rest);
		if (n > rest->len)
			n = rest->len;
		e->data.ptr = rest->ptr;
		e->data.len = n;
		rest->ptr += n;
		rest->len -= n;
	}
}

/* ---- the second reader -------------------------------------------------- */

static bool number(size_t *out, struct bytes *d)
{
	unsigned byte, shift = 0;

	*out = 0;
	do {
		if (!d->len || shift > 28)
			return false;
		byte = fuzz_byte(d);
		*out |= (size_t)(byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	return true;
}

/* The bytes of a number that the bits of `which` name, lowest first. */
static bool some_bytes(size_t *out, struct bytes *d, unsigned which)
{
	*out = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (!(which >> i & 1))
			continue;
		if (!d->len)
			return false;
		*out |= (size_t)fuzz_byte(d) << 8 * i;
	}
	return true;
}

static bool apply(struct buf *out, const struct buf *base, struct bytes d)
{
	size_t from, to, at, n;

	if (!number(&from, &d) || !number(&to, &d) || from != base->len)
		return false;
	while (d.len) {
		unsigned op = fuzz_byte(&d);

		if (op & 128) {
			if (!some_bytes(&at, &d, op & 15) ||
			    !some_bytes(&n, &d, op >> 4 & 7))
				return false;
			n = n ? n : 65536;
			if (at > base->len || n > base->len - at)
				return false;
			buf_add(out, base->ptr + at, n);
		} else {
			if (!op || op > d.len)
				return false;
			buf_add(out, d.ptr, op);
			d.ptr += op;
			d.len -= op;
		}
		if (out->len > to || out->len > RESULT_MOST)
			return false;
	}
	return out->len == to;
}

static bool resolve(struct pack *p, size_t i)
{
	struct entry *e = &p->v[i];
	size_t base = e->base % p->n;

	if (e->state != NEW)
		return e->state == WHOLE;
	e->state = BUSY;
	e->real = e->type;
	if (e->lies || e->cut || !e->type || e->type == 5) {
		e->state = BROKEN;
	} else if (e->type < OFS_DELTA) {
		buf_add(&e->content, e->data.ptr, e->data.len);
		e->state = WHOLE;
	} else if ((e->type == OFS_DELTA && base >= i) || !resolve(p, base) ||
		   !apply(&e->content, &p->v[base].content, e->data)) {
		e->state = BROKEN;
	} else {
		e->real = p->v[base].real;
		e->state = WHOLE;
	}
	return e->state == WHOLE;
}

/* The name of what is there; a made up one of what is not. */
static void name_all(struct pack *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct entry *e = &p->v[i];

		if (resolve(p, i)) {
			object_name(&e->id, (enum object_type)e->real,
				    e->content.ptr, e->content.len);
			continue;
		}
		memset(&e->id, (int)i, sizeof(e->id));
	}
}

/* ---- its files ---------------------------------------------------------- */

static void add_be32(struct buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addch(b, (char)(v >> shift));
}

static void add_back(struct buf *b, size_t back)
{
	char bytes[10];
	size_t n = 0;

	bytes[n++] = (char)(back & 127);
	while (back >>= 7)
		bytes[n++] = (char)(--back & 127) | (char)128;
	while (n)
		buf_addch(b, bytes[--n]);
}

static void add_deflated(struct buf *b, const struct entry *e)
{
	Bytef room[512];
	uLongf n = sizeof(room);

	if (compress(room, &n, (const Bytef *)e->data.ptr,
		     (uLong)e->data.len) != Z_OK)
		fuzz_fail("zlib does not compress");
	buf_add(b, room, e->cut ? n - 5 : n);
}

static void add_entry(struct buf *b, struct pack *p, struct entry *e)
{
	const struct entry *base = &p->v[e->base % p->n];
	size_t size = e->data.len + e->lies;
	size_t more = size >> 4;

	e->offset = b->len;
	buf_addch(b, (char)(e->type << 4 | (size & 15) | (more ? 128 : 0)));
	if (more)
		buf_addch(b, (char)more);
	if (e->type == OFS_DELTA)
		add_back(b, base < e ? e->offset - base->offset :
			 e->offset + 1);
	else if (e->type == REF_DELTA)
		buf_add(b, base->id.b, SHA1_LEN);
	add_deflated(b, e);
}

static void add_sum(struct buf *b)
{
	unsigned char sum[SHA1_LEN];
	struct sha1 h;

	sha1_start(&h);
	sha1_add(&h, b->ptr, b->len);
	sha1_end(&h, sum);
	buf_add(b, sum, sizeof(sum));
}

static void make_pack(struct buf *b, struct pack *p)
{
	buf_add(b, "PACK\0\0\0\2", 8);
	add_be32(b, (uint32_t)p->n);
	for (size_t i = 0; i < p->n; i++)
		add_entry(b, p, &p->v[i]);
	add_sum(b);
}

static int cmp_ids(const void *a, const void *b)
{
	const struct entry *const *x = a, *const *y = b;

	return memcmp((*x)->id.b, (*y)->id.b, SHA1_LEN);
}

static void make_index(struct buf *b, struct pack *p, const struct buf *data)
{
	struct entry *v[ENTRIES_MOST];
	size_t k = 0;

	for (size_t i = 0; i < p->n; i++)
		v[i] = &p->v[i];
	qsort(v, p->n, sizeof(*v), cmp_ids);
	buf_add(b, "\377tOc\0\0\0\2", 8);
	for (unsigned first = 0; first < 256; first++) {
		while (k < p->n && v[k]->id.b[0] <= first)
			k++;
		add_be32(b, (uint32_t)k);
	}
	for (size_t i = 0; i < p->n; i++)
		buf_add(b, v[i]->id.b, SHA1_LEN);
	for (size_t i = 0; i < p->n; i++)
		add_be32(b, 0);		/* checksums: we do not look at them */
	for (size_t i = 0; i < p->n; i++)
		add_be32(b, (uint32_t)v[i]->offset);
	buf_add(b, data->ptr + data->len - SHA1_LEN, SHA1_LEN);
	add_sum(b);
}

static void write_pack(struct pack *p)
{
	struct buf data = BUF_INIT, idx = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	char *dir = arena_printf(&a, "%s/objects/pack", fuzz_dir());

	if (dir_make(dir, &err))
		fuzz_fail("%s", err.text);
	make_pack(&data, p);
	make_index(&idx, p, &data);
	fuzz_write(arena_printf(&a, "%s/p.pack", dir), data.ptr, data.len);
	fuzz_write(arena_printf(&a, "%s/p.idx", dir), idx.ptr, idx.len);
	buf_release(&data);
	buf_release(&idx);
	arena_release(&a);
}

/* ---- what ours says ----------------------------------------------------- */

/* Of two entries with one name the index finds either; where only one of them
 * is whole, who is to say which. */
static void check_entry(struct packs *packs, const struct entry *e)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type type = 0;
	int ret = packs_read(&b, &type, packs, &e->id, &err);
	struct bytes want = fuzz_bytes(&e->content), got = fuzz_bytes(&b);

	if (!packs_has(packs, &e->id))
		fuzz_fail("the pack does not have what is in it");
	if (ret > 0 && e->state != WHOLE)
		fuzz_fail("a broken object was read");
	if (ret <= 0 && e->state == WHOLE)
		fuzz_fail("a whole object was not read: %s", err.text);
	if (ret > 0) {
		fuzz_same("the object", &want, &got);
		if (type != (enum object_type)e->real)
			fuzz_fail("a %s became a %s", object_types[e->real],
				  object_types[type]);
	}
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct packs *packs = NULL;
	struct err err = ERR_INIT;
	struct pack p;

	p.n = 0;
	read_input(&p, &rest);
	if (!p.n)
		return 0;
	name_all(&p);
	write_pack(&p);
	if (packs_open(&packs, fuzz_dir(), &err))
		fuzz_fail("the pack does not open: %s", err.text);
	/* Twice: the second time bases are kept. */
	for (size_t i = 0; i < 2 * p.n; i++)
		check_entry(packs, &p.v[i % p.n]);
	packs_close(packs);
	for (size_t i = 0; i < p.n; i++)
		buf_release(&p.v[i].content);
	return 0;
}
