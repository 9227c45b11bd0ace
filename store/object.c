/*
 * The object database: what waits to be written, loose files, packs; in that
 * order.
 */
#include "config.h"

#include "store/odb.h"

#include <stdlib.h>

#include "ss/file.h"

#define LOOSE_AT_MOST 100	/* more at once go into a pack */
#define LOOKS 8			/* while gc after gc moves things */

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
	odb_close(odb->spare);
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
	if (odb->no_packs)
		return 0;
	if (packs_open(&odb->packs, odb->dir, err))
		return -1;
	odb->no_packs = !odb->packs;
	return odb->packs ? 1 : 0;
}

static void packs_changed(struct odb *odb)
{
	packs_close(odb->packs);
	odb->packs = NULL;
	odb->no_packs = false;
}

/* Somebody's gc has moved objects since we looked: are there other packs? */
static bool look_again(struct odb *odb)
{
	if (odb->packs ? !packs_stale(odb->packs, odb->dir) :
	    !any_pack(odb->dir))
		return false;
	packs_changed(odb);
	return true;
}

/* One look: 1 read, 0 nowhere, -1 and the first copy's damage.  An object may
 * be there twice, and one sound copy is enough. */
static int find_once(struct buf *out, enum object_type *type, struct odb *odb,
		     const struct oid *id, struct err *err)
{
	struct err loose = ERR_INIT, packed = ERR_INIT;
	size_t start = out->len;
	int ret = 0;

	/* Packs that are open answer without a system call. */
	if (odb->packs)
		ret = packs_read(out, type, odb->packs, id, &packed);
	if (ret > 0)
		return 1;
	buf_truncate(out, start);
	if (loose_read(out, type, odb->dir, id, &loose) > 0)
		return 1;
	buf_truncate(out, start);
	if (!odb->packs && need_packs(odb, &packed) > 0 &&
	    packs_read(out, type, odb->packs, id, &packed) > 0)
		return 1;
	buf_truncate(out, start);
	if (!loose.code && !packed.code)
		return 0;
	*err = loose.code ? loose : packed;
	return -1;
}

/* On the disk. */
static int find_stored(struct buf *out, enum object_type *type,
		       struct odb *odb, const struct oid *id, struct err *err)
{
	struct err why = ERR_INIT;
	int ret = find_once(out, type, odb, id, &why);

	for (int i = 0; ret <= 0 && i < LOOKS && look_again(odb); i++)
		ret = find_once(out, type, odb, id, &why);
	if (ret < 0)
		*err = why;
	return ret;
}

int odb_heal(struct odb *odb, const char *git_dir, size_t *healed,
	     struct err *err)
{
	odb->healed = healed;
	return odb_open(&odb->spare, git_dir, err);
}

/* 1 it is here now, 0 the other store has none that is sound, -1 */
static int heal(struct buf *out, enum object_type *type, struct odb *odb,
		const struct oid *id, struct err *err)
{
	struct err none = ERR_INIT;
	size_t start = out->len;
	struct bytes data;

	if (find_stored(out, type, odb->spare, id, &none) <= 0)
		return 0;
	data.ptr = out->ptr + start;
	data.len = out->len - start;
	if (loose_write(odb->dir, id, *type, &data, err))
		return -1;
	++*odb->healed;
	return 1;
}

/* 1 read, 0 nowhere, -1 */
static int find_object(struct buf *out, enum object_type *type,
		       struct odb *odb, const struct oid *id, struct err *err)
{
	struct pending *p = map_find_bytes(&odb->pending_by_oid, id->b,
					   SHA1_LEN);

	if (!p) {
		int ret = find_stored(out, type, odb, id, err);
		int healed = ret <= 0 && odb->spare ?
			     heal(out, type, odb, id, err) : 0;

		return healed ? healed : ret;
	}
	*type = p->type;
	buf_add(out, p->data.ptr, p->data.len);
	return 1;
}

/* A pack that has lost its index. */
static const char *bare_pack(struct odb *odb, struct arena *a)
{
	char *dir = arena_printf(a, "%s/objects/pack", odb->dir);
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;

	if (!dir_exists(dir) || dir_list(&names, dir, a, &none))
		return NULL;
	for (size_t i = 0; i < names.n; i++) {
		char *pack = path_join(a, dir, names.v[i]);

		if (str_starts(names.v[i], "pack-") &&
		    str_ends(pack, ".pack") &&
		    !file_exists(arena_printf(a, "%.*sidx",
					      (int)strlen(pack) - 4, pack)))
			return pack;
	}
	return NULL;
}

/* What is missing is elsewhere: where? */
static int missing(struct odb *odb, const struct oid *id, struct err *err)
{
	struct arena a = ARENA_INIT;
	const char *pack = bare_pack(odb, &a);
	char *lent = path_join(&a, odb->dir, "objects/info/alternates");
	char hex[OID_HEX];

	oid_hex(hex, id);
	err_set(err, ERR_DAMAGED, "object %s is missing", hex);
	if (pack)
		err_hint(err, "a pack has lost its index: 'git index-pack %s'",
			 pack);
	else if (file_exists(path_join(&a, odb->dir, "shallow")))
		err_hint(err, "the store is a shallow clone: run 'git "
			 "--git-dir=%s fetch --unshallow'", odb->dir);
	else if (file_exists(lent))
		err_hint(err, "the store borrows objects of another one: run "
			 "'git --git-dir=%s repack -ad', and remove '%s'",
			 odb->dir, lent);
	else
		err_hint(err, HINT_HEAL);
	arena_release(&a);
	return -1;
}

int odb_read_any(struct buf *out, enum object_type *type, struct odb *odb,
		 const struct oid *id, struct err *err)
{
	int ret = find_object(out, type, odb, id, err);

	return ret > 0 ? 0 : ret < 0 ? -1 : missing(odb, id, err);
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

bool odb_peek(struct buf *out, struct odb *odb, const struct oid *id,
	      enum object_type type, size_t n)
{
	size_t start = out->len;

	if (odb->packs && packs_peek(out, odb->packs, id, type, n))
		return true;
	buf_truncate(out, start);
	return false;
}

void odb_known(struct odb *odb, const struct oid *id)
{
	map_set_bytes(&odb->known, id->b, SHA1_LEN, odb);
}

static bool has_once(struct odb *odb, const struct oid *id)
{
	struct err none = ERR_INIT;

	return loose_has(odb->dir, id) ||
	       (need_packs(odb, &none) > 0 && packs_has(odb->packs, id));
}

bool odb_has(struct odb *odb, const struct oid *id)
{
	bool has = map_find_bytes(&odb->known, id->b, SHA1_LEN) ||
		   has_once(odb, id);

	for (int i = 0; !has && i < LOOKS && look_again(odb); i++)
		has = has_once(odb, id);
	return has;
}

bool odb_stands(struct odb *odb, const struct oid *id)
{
	enum object_type type;
	struct buf b = BUF_INIT;
	struct err none = ERR_INIT;
	bool sound;

	if (map_find_bytes(&odb->known, id->b, SHA1_LEN))
		return true;
	/* A copy that is damaged must not keep a sound one out; one that
	 * nothing names yet must not look old to somebody's gc. */
	sound = has_once(odb, id) && find_once(&b, &type, odb, id, &none) > 0;
	buf_release(&b);
	if (!sound)
		return false;
	loose_touch(odb->dir, id);
	if (odb->packs)
		packs_touch(odb->packs, id);
	odb_known(odb, id);
	return true;
}

int odb_write(struct oid *out, struct odb *odb, enum object_type type,
	      const void *p, size_t n, struct err *err)
{
	struct bytes data = { p, n };
	struct pending *v;

	if (n > OBJECT_MAX)
		return err_set(err, ERR_REFUSED, "a %s of %zu bytes: the store "
			       "keeps at most %d", object_types[type], n,
			       OBJECT_MAX);
	object_name(out, type, p, n);
	if (odb_stands(odb, out))
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
	struct buf b = BUF_INIT;
	bool folders = false;
	int ret = 0;

	for (size_t i = 0; i < odb->npending && !ret; i++) {
		struct pending *p = &odb->pending[i];

		folders |= !loose_folder(odb->dir, &p->oid);
		ret = loose_write(odb->dir, &p->oid, p->type, &p->data, err);
	}
	buf_addf(&b, "%s/objects", odb->dir);
	if (!ret && folders)
		ret = dir_sync(b.ptr, err);
	buf_release(&b);
	return ret;
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
	ret = pack_finish(w, NULL, err);
out:
	pack_close(w);
	return ret;
}

int odb_flush(struct odb *odb, struct err *err)
{
	bool pack = odb->batch || odb->npending > LOOSE_AT_MOST;
	int ret;

	if (odb->batch)
		ret = pack_finish(odb->batch, NULL, err);
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

int odb_check_packs(struct odb *odb, pack_fn fn, void *ctx, struct err *err)
{
	int ret = need_packs(odb, err);

	if (ret > 0)
		packs_check(odb->packs, fn, ctx);
	return ret < 0 ? -1 : 0;
}

bool odb_is_packed(struct odb *odb, const struct gc_object *v, size_t n)
{
	struct err none = ERR_INIT;

	packs_changed(odb);
	return need_packs(odb, &none) > 0 && packs_are(odb->packs, v, n);
}

int odb_check_pack(struct odb *odb, const char *name,
		   const struct gc_object *v, size_t n, struct err *err)
{
	int holds;

	packs_changed(odb);
	if (need_packs(odb, err) < 0)
		return -1;
	holds = odb->packs ? packs_holds(odb->packs, name, v, n) : 0;
	if (holds < 0)
		return err_set(err, ERR_DAMAGED, "the new pack %s is not whole:"
			       " nothing was removed", name);
	if (holds)
		return 0;
	err_set(err, ERR_BUSY, "another program has packed the store "
		"meanwhile: nothing was removed");
	return err_hint(err, "try again");
}
