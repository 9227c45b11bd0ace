/*
 * Packing a store: all that is reachable into one pack; what is not, and is
 * older than 14 days, goes.  The new pack stands, synced and checked, before
 * anything is removed, and only what was there when we began is removed: git
 * may be pushing into the store meanwhile, and takes no lock of ours.
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
#define DEAD_S (24 * 3600)	/* a temporary file that nobody writes to */

struct collecting {
	struct store *store;
	struct arena *arena;
	struct gc_object *v;
	size_t n;
	size_t cap;
	struct map *reached;
	struct gc_report *report;
	struct list packs;	/* that were there: paths without an ending */
	bool keep_all;		/* what is unreachable, too */
};

static int on_reached(void *ctx, const struct reached *r)
{
	struct collecting *c = ctx;
	struct gc_object *o = ARENA_PUSH(c->arena, c->v, c->n, c->cap);

	o->oid = r->oid;
	o->path = r->path;
	o->commit = r->type == OBJECT_COMMIT;
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

static bool is_older(const char *path, time_t seconds)
{
	struct stat st;

	return !stat(path, &st) && time(NULL) - st.st_mtime >= seconds;
}

static char *object_path(struct collecting *c, const struct oid *id)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	return arena_printf(c->arena, "%s/objects/%.2s/%s",
			    store_dir(c->store), hex, hex + 2);
}

static char *in_store(struct collecting *c, const char *name)
{
	return arena_printf(c->arena, "%s/%s", store_dir(c->store), name);
}

/* ---- what stays --------------------------------------------------------- */

/* A packed object that nothing reaches is kept where a pack is young: it may
 * be somebody's work of today. */
static int add_unreached(void *ctx, const struct oid *id)
{
	struct collecting *c = ctx;
	char *loose = object_path(c, id);
	struct gc_object *o;

	if (map_find_bytes(c->reached, id->b, SHA1_LEN) ||
	    (file_exists(loose) && !is_older(loose, KEEP_S)))
		return 0;
	map_set_bytes(c->reached, id->b, SHA1_LEN, c);
	o = ARENA_PUSH(c->arena, c->v, c->n, c->cap);
	o->oid = *id;
	o->path = "";
	o->commit = false;
	return 0;
}

/* The packs as they are now: whatever of one is left. */
static int list_packs(struct collecting *c, struct err *err)
{
	char *dir = in_store(c, "objects/pack");
	struct list names = { NULL, 0 };

	if (dir_list(&names, dir, c->arena, err))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char *stem = path_join(c->arena, dir, names.v[i]);
		const char *last = c->packs.n ? c->packs.v[c->packs.n - 1] : "";

		if (!str_starts(names.v[i], "pack-") || !strchr(names.v[i],
								'.'))
			continue;
		*strrchr(stem, '.') = '\0';
		if (strcmp(stem, last))
			list_add(c->arena, &c->packs, stem);
	}
	return 0;
}

static bool any_young(struct collecting *c)
{
	for (size_t i = 0; i < c->packs.n; i++) {
		char *pack = arena_printf(c->arena, "%s.pack", c->packs.v[i]);

		if (file_exists(pack) && !is_older(pack, KEEP_S))
			return true;
	}
	return false;
}

/* A clone with files checked out has more roots than refs: its index, its
 * reflogs, which Git's own gc knows; and an open merge names a version. */
static bool has_other_roots(struct collecting *c)
{
	static const char *const roots[] = { "index", "logs", "worktrees",
					     "merge" };

	for (size_t i = 0; i < ARRAY_LEN(roots); i++)
		if (file_exists(in_store(c, roots[i])) ||
		    dir_exists(in_store(c, roots[i])))
			return true;
	return false;
}

static int collect(struct collecting *c, struct reach *r, struct err *err)
{
	c->reached = &r->seen;
	c->keep_all = has_other_roots(c);
	if (list_packs(c, err) || reach_all(r, err))
		return -1;
	c->report->packed = c->n;
	return c->keep_all || any_young(c) ?
	       odb_prefix(store_odb(c->store), "", add_unreached, c, err) : 0;
}

/* ---- what goes ---------------------------------------------------------- */

static int prune_loose(void *ctx, const struct oid *id)
{
	struct collecting *c = ctx;
	char *path = object_path(c, id);

	if (!map_find_bytes(c->reached, id->b, SHA1_LEN)) {
		if (c->keep_all || !is_older(path, KEEP_S))
			return 0;
		c->report->pruned++;
	}
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return 0;
}

static void remove_ending(struct collecting *c, const char *stem,
			  const char *ending)
{
	unlink(arena_printf(c->arena, "%s%s", stem, ending));
}

static void remove_named(struct collecting *c, const char *dir,
			 const char *begin, time_t older)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;

	if (!dir_exists(dir) || dir_list(&names, dir, c->arena, &none))
		return;
	for (size_t i = 0; i < names.n; i++) {
		char *path = path_join(c->arena, dir, names.v[i]);

		if (str_starts(names.v[i], begin) &&
		    (!older || is_older(path, older)))
			unlink(path);
	}
}

/* What git has worked out about packs and commits that go now. */
static void remove_caches(struct collecting *c)
{
	remove_named(c, in_store(c, "objects/pack"), "multi-pack-index", 0);
	unlink(in_store(c, "objects/info/commit-graphs/commit-graph-chain"));
	remove_named(c, in_store(c, "objects/info/commit-graphs"), "graph-",
		     0);
	unlink(in_store(c, "objects/info/commit-graph"));
}

/* The index first: a pack without one is no pack, and never the other way
 * round.  Git's .keep and .promisor say that it must stay. */
static int remove_packs(struct collecting *c, const char *name,
			struct err *err)
{
	static const char *const endings[] = {
		".idx", ".bitmap", ".rev", ".mtimes", ".pack",
	};

	remove_caches(c);
	for (size_t i = 0; i < c->packs.n; i++) {
		const char *stem = c->packs.v[i];

		bool new = str_ends(stem, name);

		if (file_exists(arena_printf(c->arena, "%s.keep", stem)) ||
		    file_exists(arena_printf(c->arena, "%s.promisor", stem)))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(endings); k++)
			if (!new || !strstr(".idx.pack", endings[k]))
				remove_ending(c, stem, endings[k]);
	}
	return dir_sync(in_store(c, "objects/pack"), err);
}

/* What writers that died have left.  We hold the lock: of ours nobody is
 * alive; others get a day. */
static void remove_temporary(struct collecting *c)
{
	char *packs = in_store(c, "objects/pack");

	for (unsigned i = 0; i < 256; i++) {
		char *dir = arena_printf(c->arena, "%s/objects/%02x",
					 store_dir(c->store), i);

		remove_named(c, dir, LOOSE_TEMP, 0);
		remove_named(c, dir, "tmp_obj_", DEAD_S);
		rmdir(dir);
	}
	remove_named(c, packs, "pack_git2_", DEAD_S);
	remove_named(c, packs, "tmp_", DEAD_S);
}

static int run_gc(struct collecting *c, struct reach *r, struct err *err)
{
	struct odb *odb = store_odb(c->store);
	char name[OID_HEX];

	if (collect(c, r, err))
		return -1;
	name[0] = '\0';
	if (!odb_is_packed(odb, c->v, c->n) &&
	    packs_build(name, odb, c->v, c->n, err))
		return -1;
	if (fault("gc.built", err))
		return -1;
	if (*name && (odb_check_pack(odb, name, c->v, c->n, err) ||
		      remove_packs(c, name, err)))
		return -1;
	/* It may tell of versions that go now. */
	unlink(in_store(c, "cache/versions"));
	loose_each(store_dir(c->store), "", prune_loose, c);
	remove_temporary(c);
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
