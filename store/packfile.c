/*
 * Reading packs.  Ours, and bounded: libgit2 takes 6 ms and more to start,
 * which is most of what a small command costs, and 1.5 trusts an index
 * blindly.
 *
 *	.idx   "\377tOc" 2, 256 counts, n names, n checksums, n offsets
 *	.pack  at an offset: type and length, [base], deflated bytes
 *
 * An object that is stored as a delta is built from its base; bases are kept
 * for a while, for the next object will have the same.
 */
#include "config.h"

#include "store/odb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "ss/file.h"

#define CHAIN_MAX 4096		/* deltas upon deltas */
#define KEPT_MAX (16u << 20)
#define IDX_HEAD (8 + 1024)

enum { OFS_DELTA = 6, REF_DELTA = 7 };

struct mapped {
	const unsigned char *p;
	size_t len;
};

struct pack {
	char *path;		/* of the pack; the index lies beside it */
	struct mapped idx, data;
	uint32_t n;
};

struct packs {
	struct pack *v;
	size_t n;
	struct map kept;	/* pack and offset -> struct kept */
	size_t kept_bytes;
};

struct kept {
	enum object_type type;
	size_t len;
	char data[];
};

static int damaged(const struct pack *p, const char *what, struct err *err)
{
	err_set(err, ERR_DAMAGED, "pack '%s' is damaged: %s", p->path, what);
	return err_hint(err, "run 'schemastore fsck'; fetch the objects from "
			"another copy of the store");
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int map_file(struct mapped *out, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return err_errno(err, "cannot open '%s'", path);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
	close(fd);
	if (p == MAP_FAILED)
		return err_set(err, ERR_DAMAGED, "'%s' cannot be read", path);
	out->p = p;
	out->len = (size_t)st.st_size;
	return 0;
}

/* Everything that a look-up relies on: the counts rise, and the tables they
 * speak of are there. */
static int check_idx(struct pack *p, struct err *err)
{
	const unsigned char *i = p->idx.p;
	uint32_t before = 0;
	uint64_t need;

	if (p->idx.len < IDX_HEAD + 40 || be32(i) != 0xff744f63 ||
	    be32(i + 4) != 2)
		return damaged(p, "its index is none", err);
	for (int k = 0; k < 256; k++) {
		uint32_t count = be32(i + 8 + 4 * k);

		if (count < before)
			return damaged(p, "its index is not sorted", err);
		before = count;
	}
	p->n = before;
	need = IDX_HEAD + (uint64_t)p->n * 28 + 40;
	if (p->idx.len < need || (p->idx.len - need) % 8)
		return damaged(p, "its index is cut short", err);
	return 0;
}

static int open_pack(struct pack *p, const char *idx, struct err *err)
{
	memset(p, 0, sizeof(*p));
	p->path = xmalloc(strlen(idx) + 2);
	memcpy(p->path, idx, strlen(idx) - 4);
	memcpy(p->path + strlen(idx) - 4, ".pack", 6);
	if (map_file(&p->idx, idx, err))
		return -1;
	if (check_idx(p, err) || map_file(&p->data, p->path, err))
		return -1;
	if (p->data.len < 32 || memcmp(p->data.p, "PACK\0\0\0\2", 8))
		return damaged(p, "it does not begin like one", err);
	return 0;
}

int packs_open(struct packs **out, const char *dir, struct err *err)
{
	struct packs *packs = xmalloc(sizeof(*packs));
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	char *folder = arena_printf(&a, "%s/objects/pack", dir);
	int ret = -1;

	memset(packs, 0, sizeof(*packs));
	if (dir_exists(folder) && dir_list(&names, folder, &a, err))
		goto out;
	packs->v = xmalloc((names.n + 1) * sizeof(*packs->v));
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".idx") &&
		    open_pack(&packs->v[packs->n++],
			      path_join(&a, folder, names.v[i]), err))
			goto out;
	*out = packs;
	ret = 0;
out:
	if (ret)
		packs_close(packs);
	arena_release(&a);
	return ret;
}

static void forget_kept(struct packs *packs)
{
	const char *key;
	void *value;
	size_t i = 0;

	while (map_next(&packs->kept, &i, &key, &value))
		free(value);
	map_release(&packs->kept);
	packs->kept_bytes = 0;
}

void packs_close(struct packs *packs)
{
	if (!packs)
		return;
	for (size_t i = 0; i < packs->n; i++) {
		struct pack *p = &packs->v[i];

		if (p->idx.p)
			munmap((void *)p->idx.p, p->idx.len);
		if (p->data.p)
			munmap((void *)p->data.p, p->data.len);
		free(p->path);
	}
	forget_kept(packs);
	free(packs->v);
	free(packs);
}

/* Where the object lies in the pack; 0: it does not. */
static uint64_t find_offset(const struct pack *p, const struct oid *id)
{
	const unsigned char *fan = p->idx.p + 8;
	const unsigned char *names = p->idx.p + IDX_HEAD;
	const unsigned char *offsets = names + (size_t)p->n * 24;
	uint32_t lo = id->b[0] ? be32(fan + 4 * (id->b[0] - 1)) : 0;
	uint32_t hi = be32(fan + 4 * id->b[0]);
	uint32_t at;
	size_t large;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int cmp = memcmp(id->b, names + (size_t)mid * 20, 20);

		if (!cmp) {
			at = be32(offsets + (size_t)mid * 4);
			if (!(at & 0x80000000u))
				return at;
			large = (p->idx.len - IDX_HEAD - (size_t)p->n * 28 -
				 40) / 8;
			at &= 0x7fffffff;
			if (at >= large)
				return 0;
			offsets += (size_t)p->n * 4 + (size_t)at * 8;
			return (uint64_t)be32(offsets) << 32 |
			       be32(offsets + 4);
		}
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* What stands at an offset. */
struct entry {
	unsigned type;
	uint64_t size;		/* inflated */
	uint64_t base;		/* OFS_DELTA: its base's offset */
	struct oid base_id;	/* REF_DELTA */
	size_t data;		/* where the deflated bytes begin */
};

static int read_head(struct entry *e, const struct pack *p, uint64_t offset)
{
	const unsigned char *d = p->data.p;
	size_t end = p->data.len - 20;
	size_t at = (size_t)offset;
	unsigned shift = 4;

	if (offset < 12 || offset >= end)
		return -1;
	e->type = d[at] >> 4 & 7;
	e->size = d[at] & 15;
	while (d[at++] & 0x80) {
		if (at >= end || shift > 50)
			return -1;
		e->size |= (uint64_t)(d[at] & 0x7f) << shift;
		shift += 7;
	}
	if (e->type == REF_DELTA) {
		if (at + 20 >= end)
			return -1;
		memcpy(e->base_id.b, d + at, 20);
		at += 20;
	} else if (e->type == OFS_DELTA) {
		uint64_t back = 0;

		for (unsigned i = 0;; i++) {
			if (at >= end || i > 8)
				return -1;
			back = (back + (i > 0)) << 7 | (d[at] & 0x7f);
			if (!(d[at++] & 0x80))
				break;
		}
		if (!back || back >= offset)
			return -1;
		e->base = offset - back;
	} else if (e->type < OBJECT_COMMIT || e->type > OBJECT_TAG) {
		return -1;
	}
	e->data = at;
	return e->size > OBJECT_MAX || at >= end ? -1 : 0;
}

static int inflate_entry(struct buf *out, const struct pack *p,
			 const struct entry *e)
{
	z_stream s = { 0 };
	char *room = xmalloc(e->size + 1);
	int code;

	s.next_in = (Bytef *)p->data.p + e->data;
	s.avail_in = (uInt)(p->data.len - 20 - e->data);
	s.next_out = (Bytef *)room;
	s.avail_out = (uInt)e->size + 1;	/* one more: it must stay */
	code = inflateInit(&s);
	if (code == Z_OK) {
		code = inflate(&s, Z_FINISH);
		inflateEnd(&s);
	}
	if (code == Z_STREAM_END && s.avail_out == 1)
		buf_add(out, room, e->size);
	else
		code = Z_DATA_ERROR;
	free(room);
	return code == Z_STREAM_END ? 0 : -1;
}

/* A length in a delta: 7 bits a byte, lowest first. */
static int delta_size(uint64_t *out, const struct buf *d, size_t *at)
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

/* copy = 1 oooo sss, then the bytes of offset and size that it names */
static int delta_copy(struct buf *out, const struct buf *base,
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

static int apply_delta(struct buf *out, const struct buf *base,
		       const struct buf *d)
{
	uint64_t from, to;
	size_t at = 0;

	if (delta_size(&from, d, &at) || delta_size(&to, d, &at) ||
	    from != base->len || to > OBJECT_MAX)
		return -1;
	while (at < d->len) {
		unsigned char op = (unsigned char)d->ptr[at++];

		if (op & 0x80) {
			if (delta_copy(out, base, d, &at, op))
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

struct key {
	size_t pack;
	uint64_t offset;
};

static void keep(struct packs *packs, const struct key *key,
		 enum object_type type, const struct buf *b)
{
	struct kept *k;

	if (b->len > KEPT_MAX / 8 ||
	    map_find_bytes(&packs->kept, key, sizeof(*key)))
		return;
	if (packs->kept_bytes + b->len > KEPT_MAX)
		forget_kept(packs);
	k = xmalloc(sizeof(*k) + b->len + 1);
	k->type = type;
	k->len = b->len;
	memcpy(k->data, b->ptr, b->len + 1);
	map_set_bytes(&packs->kept, key, sizeof(*key), k);
	packs->kept_bytes += b->len;
}

/* The chain from an object down to what is whole (or kept). */
struct chain {
	struct link {
		struct entry entry;
		struct key key;
	} *v;
	size_t n;
	size_t cap;
};

static struct link *chain_add(struct chain *c)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->v = xrealloc(c->v, c->cap * sizeof(*c->v));
	}
	return &c->v[c->n++];
}

/* 0 found (b has it), -1 broken */
static int walk_chain(struct chain *c, struct buf *b, enum object_type *type,
		      struct packs *packs, struct key key)
{
	const struct pack *p = &packs->v[key.pack];

	while (c->n < CHAIN_MAX) {
		const struct kept *k = map_find_bytes(&packs->kept, &key,
						      sizeof(key));
		struct entry e;
		struct link *l;

		if (k) {
			*type = k->type;
			buf_add(b, k->data, k->len);
			return 0;
		}
		if (read_head(&e, p, key.offset))
			return -1;
		if (e.type < OFS_DELTA) {
			*type = (enum object_type)e.type;
			if (inflate_entry(b, p, &e))
				return -1;
			keep(packs, &key, *type, b);
			return 0;
		}
		l = chain_add(c);
		l->entry = e;
		l->key = key;
		key.offset = e.type == OFS_DELTA ? e.base :
			     find_offset(p, &e.base_id);
	}
	return -1;
}

static int build(struct buf *out, enum object_type *type, struct packs *packs,
		 struct key key)
{
	const struct pack *p = &packs->v[key.pack];
	struct buf base = BUF_INIT, delta = BUF_INIT, next = BUF_INIT;
	struct chain c = { NULL, 0, 0 };
	int ret = walk_chain(&c, &base, type, packs, key);

	while (!ret && c.n) {
		const struct link *l = &c.v[--c.n];
		struct buf swap = base;

		buf_truncate(&delta, 0);
		buf_truncate(&next, 0);
		ret = inflate_entry(&delta, p, &l->entry);
		if (!ret)
			ret = apply_delta(&next, &base, &delta);
		if (ret)
			break;
		base = next;
		next = swap;
		keep(packs, &l->key, *type, &base);
	}
	if (!ret)
		buf_add(out, base.ptr, base.len);
	buf_release(&base);
	buf_release(&delta);
	buf_release(&next);
	free(c.v);
	return ret;
}

int packs_read(struct buf *out, enum object_type *type, struct packs *packs,
	       const struct oid *id, struct err *err)
{
	size_t start = out->len;

	for (size_t i = 0; i < packs->n; i++) {
		struct key key = { i, find_offset(&packs->v[i], id) };
		struct oid real;

		if (!key.offset)
			continue;
		if (build(out, type, packs, key))
			return damaged(&packs->v[i], "an object in it cannot "
				       "be read", err);
		object_name(&real, *type, out->ptr + start, out->len - start);
		if (oid_equal(&real, id))
			return 1;
		buf_truncate(out, start);
		return damaged(&packs->v[i], "an object in it has another "
			       "name", err);
	}
	return 0;
}

bool packs_has(struct packs *packs, const struct oid *id)
{
	for (size_t i = 0; i < packs->n; i++)
		if (find_offset(&packs->v[i], id))
			return true;
	return false;
}

/* The objects of one pack; the counts say where each first byte begins. */
static int each_in(const struct pack *p, const char *prefix, oid_fn fn,
		   void *ctx)
{
	const unsigned char *fan = p->idx.p + 8;
	uint32_t from = 0, to = p->n;
	unsigned char first;

	if (strlen(prefix) >= 2 && !hex_decode(&first, prefix, 1)) {
		from = first ? be32(fan + 4 * (first - 1)) : 0;
		to = be32(fan + 4 * first);
	}
	for (uint32_t k = from; k < to; k++) {
		char hex[OID_HEX];
		struct oid id;
		int ret;

		memcpy(id.b, p->idx.p + IDX_HEAD + (size_t)k * 20, 20);
		oid_hex(hex, &id);
		ret = str_starts(hex, prefix) ? fn(ctx, &id) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

int packs_each(struct packs *packs, const char *prefix, oid_fn fn, void *ctx)
{
	int ret = 0;

	for (size_t i = 0; i < packs->n && !ret; i++)
		ret = each_in(&packs->v[i], prefix, fn, ctx);
	return ret;
}
