/*
 * Packing a store: all that is reachable into one pack; what is not, and is
 * older than 14 days, goes.  The new pack stands, synced, before anything is
 * removed.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/reach.h"

#include "ss/fault.h"
#include "ss/file.h"

#define KEEP_S (14 * 24 * 3600)

struct collecting {
	struct store *store;
	struct arena *arena;
	struct gc_object *v;
	size_t n;
	size_t cap;
	struct map *reached;
	struct gc_report *report;
};

static int on_reached(void *ctx, const struct reached *r)
{
	struct collecting *c = ctx;
	struct gc_object *o = ARENA_PUSH(c->arena, c->v, c->n, c->cap);

	o->oid = r->oid;
	o->path = r->path;
	return 0;
}

static int on_broken(void *ctx, const char *what, const struct err *why)
{
	(void)ctx;
	(void)what;
	(void)why;
	return -1;
}

static uint64_t disk_use(struct arena *a, const char *dir)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;
	uint64_t sum = 0;

	if (!dir_exists(dir) || dir_list(&names, dir, a, &none))
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		char *path = path_join(a, dir, names.v[i]);
		struct stat st;

		if (dir_exists(path))
			sum += disk_use(a, path);
		else if (!stat(path, &st))
			sum += (uint64_t)st.st_size;
	}
	return sum;
}

static bool is_young(const char *path)
{
	struct stat st;

	return stat(path, &st) || time(NULL) - st.st_mtime < KEEP_S;
}

static char *object_path(struct collecting *c, const struct oid *id)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	return arena_printf(c->arena, "%s/objects/%.2s/%s",
			    store_dir(c->store), hex, hex + 2);
}

/* A packed object that nothing reaches is kept where a pack is young: it may
 * be somebody's work of today. */
static int add_unreached(void *ctx, const struct oid *id)
{
	struct collecting *c = ctx;
	struct gc_object *o;

	if (map_find_bytes(c->reached, id->b, SHA1_LEN) ||
	    loose_has(store_dir(c->store), id))
		return 0;
	map_set_bytes(c->reached, id->b, SHA1_LEN, c);
	o = ARENA_PUSH(c->arena, c->v, c->n, c->cap);
	o->oid = *id;
	o->path = "";
	return 0;
}

static int prune_loose(void *ctx, const struct oid *id)
{
	struct collecting *c = ctx;
	char *path = object_path(c, id);

	if (!map_find_bytes(c->reached, id->b, SHA1_LEN)) {
		if (is_young(path))
			return 0;
		c->report->pruned++;
	}
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return 0;
}

static int each_pack(struct collecting *c, const char *keep,
		     bool (*fn)(const char *path), bool *any, struct err *err)
{
	char *dir = arena_printf(c->arena, "%s/objects/pack",
				 store_dir(c->store));
	struct list names = { NULL, 0 };

	if (dir_list(&names, dir, c->arena, err))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (!*keep || !strstr(names.v[i], keep))
			*any |= fn(path_join(c->arena, dir, names.v[i]));
	return dir_sync(dir, err);
}

static bool young_pack(const char *path)
{
	return str_ends(path, ".pack") && is_young(path);
}

static bool remove_pack(const char *path)
{
	return !unlink(path);
}

static int collect(struct collecting *c, struct reach *r, struct err *err)
{
	bool young = false;

	c->reached = &r->seen;
	if (reach_all(r, err))
		return -1;
	c->report->packed = c->n;
	if (each_pack(c, "", young_pack, &young, err))
		return -1;
	return young ? odb_prefix(store_odb(c->store), "", add_unreached,
				  c, err) :
	       0;
}

static int run_gc(struct collecting *c, struct reach *r, struct err *err)
{
	char name[OID_HEX];
	bool any = false;

	if (collect(c, r, err) ||
	    packs_build(name, store_odb(c->store), c->v, c->n, err) ||
	    fault("gc.built", err))
		return -1;
	/* The index first: a pack without one is no pack, and never the
	 * other way round. */
	if (*name && each_pack(c, name, remove_pack, &any, err))
		return -1;
	loose_each(store_dir(c->store), "", prune_loose, c);
	return 0;
}

int store_gc(struct gc_report *out, struct store *s, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct collecting c = { .store = s, .arena = &a, .report = out };
	struct reach r = {
		.store = s, .arena = &a, .fn = on_reached,
		.broken = on_broken, .ctx = &c,
	};
	char *objects = path_join(&a, store_dir(s), "objects");
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (store_lock(s, err)) {
		arena_release(&a);
		return -1;
	}
	out->before = disk_use(&a, objects);
	if (run_gc(&c, &r, err))
		goto out;
	out->after = disk_use(&a, objects);
	ret = 0;
out:
	store_unlock(s);
	map_release(&r.seen);
	arena_release(&a);
	return ret;
}
