/*
 * Reading packs.  Ours, and bounded: libgit2 takes 6 ms and more to start,
 * which is most of what a small command costs, and 1.5 trusts an index
 * blindly.
 *
 *	at an offset: type and length, [base], deflated bytes
 *
 * An object that is stored as a delta is built from its base; bases are kept
 * for a while, for the next object will have the same.
 */
#include "config.h"

#include "store/packidx.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "ss/fault.h"
#include "ss/file.h"

#include "store/mapped.h"

#define CHAIN_MAX 4096		/* deltas upon deltas */
#define KEPT_MAX (16u << 20)
#define PAGES_MAX (16u << 20)	/* of packs, that were read from */
/* Room behind an object that must stay: zlib takes its fast way only while it
 * has 258 bytes to write in, which is more than most objects. */
#define SPARE 300

enum { OFS_DELTA = 6, REF_DELTA = 7 };

struct pack {
	char *path;		/* of the pack; the index lies beside it */
	struct packidx idx;
	struct mapped index, data;
};

struct packs {
	struct pack *v;
	size_t n;
	struct arena arena;
	struct list names;	/* of the indexes, when they were opened */
	struct map kept;	/* pack and offset -> struct kept */
	size_t kept_bytes;
	size_t read;		/* of the packs, since pages were given back */
	z_stream z;		/* one for all: to make one takes longer than
				 * to inflate a commit */
	bool z_open;
};

struct kept {
	enum object_type type;
	size_t len;
	char data[];
};

static int damaged(const struct pack *p, const char *what, struct err *err)
{
	err_set(err, ERR_DAMAGED, "pack '%s' is damaged: %s", p->path, what);
	return err_hint(err, HINT_HEAL);
}

static int damaged_index(const struct pack *p, const char *what,
			 struct err *err)
{
	damaged(p, what, err);
	return err_hint(err, "make it again: 'git index-pack %s'", p->path);
}

/* 1, 0 it went away meanwhile, -1 */
static int open_pack(struct pack *p, const char *idx, struct err *err)
{
	const char *wrong;
	int ret;

	memset(p, 0, sizeof(*p));
	p->path = xmalloc(strlen(idx) + 2);
	memcpy(p->path, idx, strlen(idx) - 4);
	memcpy(p->path + strlen(idx) - 4, ".pack", 6);
	ret = mapped_open(&p->index, idx, err);
	if (ret <= 0)
		return ret;
	p->idx.p = p->index.p;
	p->idx.len = p->index.len;
	wrong = packidx_check(&p->idx);
	if (wrong)
		return damaged_index(p, wrong, err);
	ret = mapped_open(&p->data, p->path, err);
	if (ret <= 0)
		return ret;
	if (p->data.len < 32 || memcmp(p->data.p, "PACK\0\0\0\2", 8))
		return damaged(p, "it does not begin like one", err);
	return 1;
}

static void close_pack(struct pack *p)
{
	mapped_close(&p->index);
	mapped_close(&p->data);
	free(p->path);
}

static int list_packs(struct list *out, struct arena *a, const char *dir,
		      struct err *err)
{
	char *folder = arena_printf(a, "%s/objects/pack", dir);
	struct list all = { NULL, 0 };

	if (dir_exists(folder) && dir_list(&all, folder, a, err))
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (str_ends(all.v[i], ".idx"))
			list_add(a, out, path_join(a, folder, all.v[i]));
	return 0;
}

int packs_open(struct packs **out, const char *dir, struct err *err)
{
	struct packs *packs = xmalloc(sizeof(*packs));
	int ret;

	memset(packs, 0, sizeof(*packs));
	ret = list_packs(&packs->names, &packs->arena, dir, err);
	packs->v = xmalloc((packs->names.n + 1) * sizeof(*packs->v));
	for (size_t i = 0; i < packs->names.n && ret >= 0; i++) {
		ret = open_pack(&packs->v[packs->n], packs->names.v[i], err);
		if (ret > 0)
			packs->n++;
		else
			close_pack(&packs->v[packs->n]);
	}
	if (ret >= 0 && packs->names.n)
		*out = packs;
	else
		packs_close(packs);
	return ret < 0 ? -1 : 0;
}

bool packs_stale(const struct packs *packs, const char *dir)
{
	struct arena a = ARENA_INIT;
	struct list now = { NULL, 0 };
	struct err none = ERR_INIT;
	bool stale = list_packs(&now, &a, dir, &none) ||
		     now.n != packs->names.n;

	for (size_t i = 0; !stale && i < now.n; i++)
		stale = strcmp(now.v[i], packs->names.v[i]);
	for (size_t i = 0; !stale && i < packs->n; i++) {
		const struct pack *p = &packs->v[i];

		stale = mapped_stale(&p->data, p->path) ||
			mapped_stale(&p->index, arena_printf(&a, "%.*sidx",
				    (int)strlen(p->path) - 4, p->path));
	}
	arena_release(&a);
	return stale;
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
	for (size_t i = 0; i < packs->n; i++)
		close_pack(&packs->v[i]);
	forget_kept(packs);
	if (packs->z_open)
		inflateEnd(&packs->z);
	arena_release(&packs->arena);
	free(packs->v);
	free(packs);
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

static z_stream *fresh_stream(struct packs *packs)
{
	int code = packs->z_open ? inflateReset(&packs->z) :
		   inflateInit(&packs->z);

	packs->z_open |= code == Z_OK;
	return code == Z_OK ? &packs->z : NULL;
}

/* What is mapped counts as this program's memory; it is read again where it is
 * asked for again. */
static void count_read(struct packs *packs, size_t n)
{
	packs->read += n;
	if (packs->read < PAGES_MAX)
		return;
	for (size_t i = 0; i < packs->n; i++)
		mapped_drop(&packs->v[i].data, 0, SIZE_MAX);
	packs->read = 0;
}

/* The first n bytes of it, or fewer: how many fewer. */
static size_t inflate_some(bool *ended, struct buf *out, struct packs *packs,
			   const struct pack *p, const struct entry *e,
			   size_t n)
{
	z_stream *s = fresh_stream(packs);
	size_t rest = p->data.len - 20 - e->data;

	*ended = false;
	if (!s)
		return 0;
	s->next_in = (Bytef *)p->data.p + e->data;
	s->avail_in = rest < UINT_MAX ? (uInt)rest : UINT_MAX;
	s->next_out = (Bytef *)buf_room(out, n);
	s->avail_out = (uInt)n;
	*ended = inflate(s, Z_FINISH) == Z_STREAM_END;
	count_read(packs, s->total_in);
	return s->avail_out;
}

static int inflate_entry(struct buf *out, struct packs *packs,
			 const struct pack *p, const struct entry *e)
{
	bool ended;
	size_t left = inflate_some(&ended, out, packs, p, e, e->size + SPARE);

	if (ended && left == SPARE)
		out->len += e->size;
	out->ptr[out->len] = '\0';
	return ended && left == SPARE ? 0 : -1;
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
			if (inflate_entry(b, packs, p, &e))
				return -1;
			/* What nothing was built from is seldom asked for
			 * again. */
			if (c->n)
				keep(packs, &key, *type, b);
			return 0;
		}
		l = chain_add(c);
		l->entry = e;
		l->key = key;
		key.offset = e.type == OFS_DELTA ? e.base :
			     packidx_find(&p->idx, &e.base_id);
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
		ret = inflate_entry(&delta, packs, p, &l->entry);
		if (!ret)
			ret = delta_apply(&next, &base, &delta);
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

static int damaged_object(const struct pack *p, const struct oid *id,
			  const char *what, struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	err_set(err, ERR_DAMAGED, "object %s is damaged: %s in pack '%s'", hex,
		what, p->path);
	return err_hint(err, HINT_HEAL);
}

int packs_read(struct buf *out, enum object_type *type, struct packs *packs,
	       const struct oid *id, struct err *err)
{
	size_t start = out->len;
	int ret = 0;

	for (size_t i = 0; i < packs->n; i++) {
		struct key key = { i, packidx_find(&packs->v[i].idx, id) };
		struct oid real;

		if (!key.offset)
			continue;
		if (build(out, type, packs, key)) {
			ret = damaged_object(&packs->v[i], id, "it cannot be "
					     "read", err);
			continue;
		}
		object_name(&real, *type, out->ptr + start, out->len - start);
		if (oid_equal(&real, id) ||
		    fault_number("SS_COLLIDE", "sha1", 0))
			return 1;
		buf_truncate(out, start);
		ret = damaged_object(&packs->v[i], id, "its content has "
				     "another name", err);
	}
	return ret;
}

bool packs_peek(struct buf *out, struct packs *packs, const struct oid *id,
		enum object_type type, size_t n)
{
	for (size_t i = 0; i < packs->n; i++) {
		const struct pack *p = &packs->v[i];
		uint64_t offset = packidx_find(&p->idx, id);
		struct entry e;
		bool ended;

		if (!offset)
			continue;
		if (read_head(&e, p, offset) || e.type != type || e.size < n ||
		    inflate_some(&ended, out, packs, p, &e, n))
			return false;
		out->len += n;
		out->ptr[out->len] = '\0';
		return true;
	}
	return false;
}

void packs_touch(struct packs *packs, const struct oid *id)
{
	for (size_t i = 0; i < packs->n; i++)
		if (packidx_find(&packs->v[i].idx, id))
			(void)!utimensat(AT_FDCWD, packs->v[i].path, NULL, 0);
}

bool packs_has(struct packs *packs, const struct oid *id)
{
	for (size_t i = 0; i < packs->n; i++)
		if (packidx_find(&packs->v[i].idx, id))
			return true;
	return false;
}

int packs_each(struct packs *packs, const char *prefix, oid_fn fn, void *ctx)
{
	int ret = 0;

	for (size_t i = 0; i < packs->n && !ret; i++)
		ret = packidx_each(&packs->v[i].idx, prefix, fn, ctx);
	return ret;
}

/* What was written: the pack that its index is of. */
static bool is_whole(const struct pack *p)
{
	const unsigned char *end = p->index.p + p->index.len;

	return mapped_is_summed(&p->index) && mapped_is_summed(&p->data) &&
	       !memcmp(end - 2 * SHA1_LEN, p->data.p + p->data.len - SHA1_LEN,
		       SHA1_LEN);
}

bool packs_are(struct packs *packs, const struct gc_object *v, size_t n)
{
	size_t k = 0;

	if (packs->n != 1 || packs->v[0].idx.n != n)
		return false;
	while (k < n && packidx_find(&packs->v[0].idx, &v[k].oid))
		k++;
	return k == n && is_whole(&packs->v[0]);
}

int packs_holds(struct packs *packs, const char *name,
		const struct gc_object *v, size_t n)
{
	for (size_t i = 0; i < packs->n; i++) {
		const struct pack *p = &packs->v[i];
		size_t k = 0;

		if (!strstr(p->path, name))
			continue;
		while (k < n && packidx_find(&p->idx, &v[k].oid))
			k++;
		return k == n && is_whole(p) ? 1 : -1;
	}
	return 0;
}

void packs_check(struct packs *packs, pack_fn fn, void *ctx)
{
	for (size_t i = 0; i < packs->n; i++) {
		if (!is_whole(&packs->v[i]))
			fn(ctx, packs->v[i].path);
	}
}
