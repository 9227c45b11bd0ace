/*
 * One pack of everything (gc).  An object lies beside its other forms: those
 * that stand at the same path, newest first, each as a delta against one that
 * is newer.
 *
 *	0 ◀─ 1 ◀─ 2 ... ◀─ 31	one by one
 *	0 ◀──────────────── 32 ◀──────────────── 64 ...		every 32nd
 *	0 ◀─────────────────────────────────────────── 1024 ...	every 1024th
 *
 * So the newest is whole, and the oldest of a thousand is behind 62 deltas.
 * (libgit2 1.5 finds the bases by size among ten neighbours, never takes a
 * delta of more than half the object, and begins anew after 50.)
 */
#include "config.h"

#include "store/odb.h"

#include <stdio.h>
#include <stdlib.h>

#define STRIDE 32
#define LEVELS 2		/* of strides above one by one */
#define SMALL 50		/* a delta of these saves nothing */

/* The forms of one path, as far as they are written. */
struct forms {
	size_t n;
	struct buf last;
	uint64_t last_at;	/* in the pack */
	struct {
		struct oid id;
		uint64_t at;
	} strides[LEVELS];
};

struct repacking {
	struct odb *odb;
	struct pack_writer *pack;
	struct map forms;	/* "<type>/<path>" -> struct forms */
	struct buf data, base, delta;
	struct err *err;
};

static struct forms *forms_of(struct repacking *r, enum object_type type,
			      const char *path)
{
	struct buf key = BUF_INIT;
	struct forms *f;

	buf_addf(&key, "%d/%s", (int)type, path);
	f = map_find(&r->forms, key.ptr);
	if (!f) {
		struct buf empty = BUF_INIT;

		f = xmalloc(sizeof(*f));
		memset(f, 0, sizeof(*f));
		f->last = empty;
		map_set(&r->forms, key.ptr, f);
	}
	buf_release(&key);
	return f;
}

/* How many levels up does the n-th stand: 0 for most. */
static unsigned level_of(size_t n)
{
	unsigned level = 0;

	while (level < LEVELS && n % STRIDE == 0) {
		n /= STRIDE;
		level++;
	}
	return level;
}

/* What the next form is to be made from, and where it stands. */
static int find_base(const struct buf **base, uint64_t *at,
		     struct repacking *r, struct forms *f)
{
	unsigned level = level_of(f->n);
	enum object_type type;

	*base = &f->last;
	*at = f->last_at;
	if (!level || f->strides[level - 1].at == f->last_at)
		return 0;
	buf_truncate(&r->base, 0);
	*base = &r->base;
	*at = f->strides[level - 1].at;
	return odb_read_any(&r->base, &type, r->odb, &f->strides[level - 1].id,
			    r->err);
}

static void note_form(struct repacking *r, struct forms *f,
		      const struct oid *id, uint64_t at)
{
	for (unsigned i = 0; i < level_of(f->n); i++) {
		f->strides[i].id = *id;
		f->strides[i].at = at;
	}
	buf_truncate(&f->last, 0);
	buf_add(&f->last, r->data.ptr, r->data.len);
	f->last_at = at;
	f->n++;
}

static int add_object(struct repacking *r, const struct gc_object *o,
		      enum object_type type)
{
	struct bytes to = { r->data.ptr, r->data.len };
	struct forms *f = forms_of(r, type, o->path);
	uint64_t at = pack_offset(r->pack), base_at;
	const struct buf *base;
	bool made = false;

	if (f->n && to.len > SMALL) {
		struct bytes from;

		if (find_base(&base, &base_at, r, f))
			return -1;
		from.ptr = base->ptr;
		from.len = base->len;
		buf_truncate(&r->delta, 0);
		made = delta_make(&r->delta, &from, &to, to.len);
	}
	if (made) {
		struct bytes delta = { r->delta.ptr, r->delta.len };

		if (pack_add_delta(r->pack, type, &to, base_at, &delta,
				   r->err))
			return -1;
	} else if (pack_add(r->pack, type, &to, r->err)) {
		return -1;
	}
	note_form(r, f, &o->oid, at);
	return 0;
}

/* Commits stand together: they are read alone, and many of them. */
static int add_all(struct repacking *r, const struct gc_object *v, size_t n,
		   bool commits)
{
	while (n--) {
		enum object_type type;

		if (v[n].commit != commits)
			continue;
		buf_truncate(&r->data, 0);
		if (odb_read_any(&r->data, &type, r->odb, &v[n].oid, r->err) ||
		    add_object(r, &v[n], type))
			return -1;
	}
	return 0;
}

static void forms_free(struct map *forms)
{
	const char *key;
	void *value;
	size_t i = 0;

	while (map_next(forms, &i, &key, &value)) {
		struct forms *f = value;

		buf_release(&f->last);
		free(f);
	}
	map_release(forms);
}

int packs_fill(struct pack_writer *pack, struct odb *odb,
	       const struct gc_object *v, size_t n, struct err *err)
{
	struct repacking r = {
		.odb = odb, .pack = pack, .data = BUF_INIT, .base = BUF_INIT,
		.delta = BUF_INIT, .err = err,
	};
	int ret = add_all(&r, v, n, true) || add_all(&r, v, n, false) ? -1 : 0;

	forms_free(&r.forms);
	buf_release(&r.data);
	buf_release(&r.base);
	buf_release(&r.delta);
	return ret;
}

int packs_build(char name[OID_HEX], struct odb *odb,
		const struct gc_object *v, size_t n, struct err *err)
{
	struct pack_writer *pack = NULL;
	int ret;

	name[0] = '\0';
	if (!n)
		return 0;
	ret = pack_open(&pack, odb->dir, err) ||
	      packs_fill(pack, odb, v, n, err) ||
	      pack_finish(pack, name, err) ? -1 : 0;
	pack_close(pack);
	return ret;
}
