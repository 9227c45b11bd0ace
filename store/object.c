/*
 * The object database: what waits to be written, loose files, packs; in that
 * order.
 */
#include "config.h"

#include "store/odb.h"

#include <stdlib.h>

#include "ss/file.h"

#define LOOSE_AT_MOST 100	/* more at once go into a pack */

int odb_open(struct odb **out, const char *git_dir, struct err *err)
{
	struct odb *odb = xmalloc(sizeof(*odb));

	(void)err;
	memset(odb, 0, sizeof(*odb));
	odb->dir = arena_strdup(&odb->arena, git_dir);
	*out = odb;
	return 0;
}

void odb_close(struct odb *odb)
{
	if (!odb)
		return;
	odb_discard(odb);
	map_release(&odb->known);
	packs_close(odb->packs);
	arena_release(&odb->arena);
	free(odb);
}

static bool any_pack(const char *dir)
{
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;
	char *packs = arena_printf(&a, "%s/objects/pack", dir);
	bool any = false;

	if (dir_exists(packs) && !dir_list(&names, packs, &a, &none))
		for (size_t i = 0; i < names.n; i++)
			any |= str_ends(names.v[i], ".idx");
	arena_release(&a);
	return any;
}

/* 1 they are open, 0 there is none, -1 */
static int need_packs(struct odb *odb, struct err *err)
{
	if (odb->packs)
		return 1;
	if (odb->no_packs || !any_pack(odb->dir)) {
		odb->no_packs = true;
		return 0;
	}
	return packs_open(&odb->packs, odb->dir, err) ? -1 : 1;
}

static void packs_changed(struct odb *odb)
{
	packs_close(odb->packs);
	odb->packs = NULL;
	odb->no_packs = false;
}

/* 1 read, 0 nowhere, -1 */
static int find_object(struct buf *out, enum object_type *type,
		       struct odb *odb, const struct oid *id, struct err *err)
{
	struct pending *p = map_find_bytes(&odb->pending_by_oid, id->b,
					   SHA1_LEN);
	int ret;

	if (p) {
		*type = p->type;
		buf_add(out, p->data.ptr, p->data.len);
		return 1;
	}
	ret = loose_read(out, type, odb->dir, id, err);
	if (ret)
		return ret;
	ret = need_packs(odb, err);
	if (ret <= 0)
		return ret;
	return packs_read(out, type, odb->packs, id, err);
}

int odb_read_any(struct buf *out, enum object_type *type, struct odb *odb,
		 const struct oid *id, struct err *err)
{
	char hex[OID_HEX];
	int ret = find_object(out, type, odb, id, err);

	if (ret)
		return ret < 0 ? -1 : 0;
	oid_hex(hex, id);
	err_set(err, ERR_DAMAGED, "object %s is missing", hex);
	return err_hint(err, "run 'schemastore fsck'; fetch the object from "
			"another copy of the store");
}

int odb_read(struct buf *out, struct odb *odb, const struct oid *id,
	     enum object_type type, struct err *err)
{
	enum object_type real = type;
	size_t start = out->len;
	char hex[OID_HEX];

	if (odb_read_any(out, &real, odb, id, err))
		return -1;
	if (real == type)
		return 0;
	buf_truncate(out, start);
	oid_hex(hex, id);
	return err_set(err, ERR_DAMAGED, "object %s is a %s, not a %s", hex,
		       object_types[real], object_types[type]);
}

void odb_known(struct odb *odb, const struct oid *id)
{
	map_set_bytes(&odb->known, id->b, SHA1_LEN, odb);
}

bool odb_has(struct odb *odb, const struct oid *id)
{
	struct err none = ERR_INIT;

	if (map_find_bytes(&odb->known, id->b, SHA1_LEN))
		return true;
	if (!loose_has(odb->dir, id) &&
	    (need_packs(odb, &none) <= 0 || !packs_has(odb->packs, id)))
		return false;
	odb_known(odb, id);
	return true;
}

int odb_write(struct oid *out, struct odb *odb, enum object_type type,
	      const void *p, size_t n, struct err *err)
{
	struct bytes data = { p, n };
	struct pending *v;

	object_name(out, type, p, n);
	if (odb_has(odb, out))
		return 0;
	if (odb->batch && pack_add(odb->batch, type, &data, err))
		return -1;
	odb_known(odb, out);
	/* Of a batch only commits are read again: they are parents. */
	if (odb->batch && type != OBJECT_COMMIT)
		return 0;
	v = arena_alloc(&odb->pending_arena, sizeof(*v));
	v->oid = *out;
	v->type = type;
	v->data.ptr = arena_memdup(&odb->pending_arena, p, n);
	v->data.len = n;
	map_set_bytes(&odb->pending_by_oid, out->b, SHA1_LEN, v);
	*ARENA_PUSH(&odb->pending_arena, odb->pending, odb->npending,
		    odb->pending_cap) = *v;
	return 0;
}

int odb_batch(struct odb *odb, struct err *err)
{
	return pack_open(&odb->batch, odb->dir, err);
}

static int flush_loose(struct odb *odb, struct err *err)
{
	for (size_t i = 0; i < odb->npending; i++) {
		struct pending *p = &odb->pending[i];

		if (loose_write(odb->dir, &p->oid, p->type, &p->data, err))
			return -1;
	}
	return 0;
}

static int flush_pack(struct odb *odb, struct err *err)
{
	struct pack_writer *w = NULL;
	int ret = -1;

	if (pack_open(&w, odb->dir, err))
		return -1;
	for (size_t i = 0; i < odb->npending; i++) {
		struct pending *p = &odb->pending[i];

		if (pack_add(w, p->type, &p->data, err))
			goto out;
	}
	ret = pack_finish(w, err);
out:
	pack_close(w);
	return ret;
}

int odb_flush(struct odb *odb, struct err *err)
{
	bool pack = odb->batch || odb->npending > LOOSE_AT_MOST;
	int ret;

	if (odb->batch)
		ret = pack_finish(odb->batch, err);
	else
		ret = pack ? flush_pack(odb, err) : flush_loose(odb, err);
	if (ret)
		return -1;
	odb_discard(odb);
	if (pack)
		packs_changed(odb);
	return 0;
}

void odb_discard(struct odb *odb)
{
	/* What was only going to be there is not known any more. */
	if (odb->npending || odb->batch)
		map_release(&odb->known);
	pack_close(odb->batch);
	odb->batch = NULL;
	map_release(&odb->pending_by_oid);
	arena_release(&odb->pending_arena);
	odb->pending = NULL;
	odb->npending = odb->pending_cap = 0;
}

int odb_prefix(struct odb *odb, const char *hex, oid_fn fn, void *ctx,
	       struct err *err)
{
	int ret;

	if (loose_each(odb->dir, hex, fn, ctx))
		return 0;
	ret = need_packs(odb, err);
	if (ret > 0)
		packs_each(odb->packs, hex, fn, ctx);
	return ret < 0 ? -1 : 0;
}
