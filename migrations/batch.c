/*
 * Many versions at once: the files of a folder, in order, each the whole
 * schema.  One scratch stays warm, one pack takes all objects, and the branch
 * moves when they are on the disk.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations/record.h"

#include "ss/file.h"

struct batch {
	struct project *project;
	const struct commit_opts *opts;
	struct source_loader **loaders;	/* of each engine */
	struct read_cache *caches;
	struct arena arenas[2];	/* a version's, and the one before's */
	struct recording now;
	size_t made;
	bool moved;
};

/* "0007-add_users.sql" -> "0007-add_users" */
static const char *message_of(struct arena *a, const char *name)
{
	char *s = arena_strdup(a, name);

	if (str_ends(s, ".sql"))
		s[strlen(s) - 4] = '\0';
	return s;
}

/* An entry of the folder: its path, and is there something in it for one
 * engine alone? */
struct entry {
	const char *path;
	const char *name;
	bool apart;
};

/* 0007/sqlite or 0007/sqlite.sql; NULL: there is neither. */
static const char *own_path(struct arena *a, const struct entry *at,
			    const struct engine *e)
{
	const char *folder = path_join(a, at->path, e->name);
	const char *file = arena_printf(a, "%s.sql", folder);

	return dir_exists(folder) ? folder : file_exists(file) ? file : NULL;
}

static bool is_apart(struct batch *b, const struct entry *at)
{
	const struct recording *r = &b->now;

	for (size_t i = 0; i < r->n; i++)
		if (own_path(r->arena, at, r->v[i].engine))
			return true;
	return false;
}

/* What is one file gets the name of the file that is configured. */
static void name_file(struct batch *b, struct source *src,
		      const struct engine *e)
{
	const char *path = project_source(b->project, e);
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (src->n == 1)
		src->files[0].name = !path ? "schema.sql" :
				     slash ? slash + 1 : path;
}

static int load(struct batch *b, size_t i, const struct entry *at,
		struct err *err)
{
	struct recording *r = &b->now;
	struct recorded *v = &r->v[i];
	const char *name = v->engine->name;
	const char *path = at->path;
	struct source *src = arena_alloc(r->arena, sizeof(*src));
	const struct source_how how = project_how(b->project, v->engine);

	if (at->apart)
		path = own_path(r->arena, at, v->engine);
	if (!path)
		return err_set(err, ERR_USAGE, "neither %s.sql nor %s/ is "
			       "there", name, name);
	if (source_read(src, path, &how, r->arena, err))
		return -1;
	name_file(b, src, v->engine);
	v->source = src;
	return source_loader_next(&v->after, b->loaders[i], src, &v->read,
				  r->arena, err);
}

static int load_all(struct batch *b, const struct entry *at, struct err *err)
{
	struct recording *r = &b->now;

	for (size_t i = 0; i < r->n; i++) {
		if (!load(b, i, at, err))
			continue;
		if (!str_starts(err->text, at->path))
			err_wrap(err, "%s", at->path);
		return record_wrap(r, &r->v[i], err);
	}
	return 0;
}

static int make_one(struct batch *b, struct entry *at, struct err *err)
{
	struct recording *r = &b->now;
	struct commit_opts o = *b->opts;
	struct commit_result res = { .nothing = false };

	at->apart = dir_exists(at->path) && is_apart(b, at);
	o.message = message_of(r->arena, at->name);
	if (load_all(b, at, err))
		return -1;
	if (record_plan(r, &res, &o, err))
		return err_wrap(err, "%s", at->path);
	if (res.nothing)
		return 0;
	if (record_write(r, &res, &o, err) || record_proofs(r, err))
		return -1;
	b->made++;
	b->moved = true;
	r->tip = res.version.oid;
	r->parent = res.version;
	r->born = true;
	for (size_t i = 0; i < r->n; i++)
		r->v[i].born |= r->v[i].source != NULL;
	return 0;
}

/* What was `after` becomes `before`; its memory stays for one more round. */
static int next_round(struct batch *b, bool made, struct err *err)
{
	struct recording *r = &b->now;
	struct arena *other = r->arena == &b->arenas[0] ? &b->arenas[1] :
			      &b->arenas[0];
	struct commit parent;

	for (size_t i = 0; i < r->n; i++) {
		struct recorded *v = &r->v[i];

		schema_release(made ? &v->before : &v->after);
		if (made)
			v->before = v->after;
		memset(&v->after, 0, sizeof(v->after));
	}
	if (made) {
		arena_release(other);
		r->arena = other;
	}
	parent.oid = r->tip;
	return store_commit(&r->parent, b->project->store, &parent.oid,
			    r->arena, err);
}

static int run_batch(struct batch *b, const char *dir, const struct list *names,
		     struct err *err)
{
	struct arena paths = ARENA_INIT;
	int ret = 0;

	for (size_t i = 0; i < names->n && !ret; i++) {
		struct entry at = { .name = names->v[i] };
		size_t before = b->made;

		at.path = path_join(&paths, dir, at.name);
		if (!dir_exists(at.path) && !str_ends(at.path, ".sql"))
			continue;
		ret = make_one(b, &at, err);
		if (!ret)
			ret = next_round(b, b->made > before, err);
		progress_step(b->project->progress, "version", i + 1,
			      names->n);
	}
	arena_release(&paths);
	return ret;
}

static int settle_batch(struct batch *b, const char *ref, bool was_born,
			const struct oid *old, struct err *err)
{
	struct store *s = b->project->store;

	if (!b->moved) {
		odb_discard(store_odb(s));
		return 0;
	}
	if (odb_flush(store_odb(s), err) ||
	    ref_update(s, ref, was_born ? old : NULL, &b->now.tip, "batch",
		       err))
		return -1;
	record_known(&b->now, &b->now.parent);
	return 0;
}

static int open_loaders(struct batch *b, struct err *err)
{
	struct recording *r = &b->now;
	struct arena *a = b->project->arena;

	b->loaders = arena_alloc(a, r->n * sizeof(*b->loaders));
	b->caches = arena_alloc(a, r->n * sizeof(*b->caches));
	for (size_t i = 0; i < r->n; i++) {
		r->v[i].read.cache = &b->caches[i];
		if (source_loader_open(&b->loaders[i], r->v[i].engine, err))
			return record_wrap(r, &r->v[i], err);
	}
	return 0;
}

static void close_batch(struct batch *b)
{
	record_close(&b->now);
	for (size_t i = 0; b->loaders && i < b->now.n; i++) {
		source_loader_close(b->loaders[i]);
		read_cache_release(&b->caches[i]);
	}
	arena_release(&b->arenas[0]);
	arena_release(&b->arenas[1]);
}

int commit_batch(size_t *made, struct project *p, const char *dir,
		 const struct commit_opts *o, struct err *err)
{
	struct batch b = { .project = p, .opts = o };
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	const char *ref = NULL;
	struct oid old;
	bool was_born;
	int ret = -1;

	b.now.arena = &b.arenas[0];
	b.now.batch = true;
	if (dir_list(&names, dir, &a, err) || store_lock(p->store, err)) {
		arena_release(&a);
		return -1;
	}
	if (record_open(&b.now, p, err) ||
	    open_loaders(&b, err) ||
	    odb_batch(store_odb(p->store), err))
		goto out;
	ref = arena_strdup(&a, b.now.ref);
	b.now.ref = ref;
	old = b.now.tip;
	was_born = b.now.born;
	if (run_batch(&b, dir, &names, err) ||
	    settle_batch(&b, ref, was_born, &old, err))
		goto out;
	*made = b.made;
	ret = 0;
out:
	if (ret)
		odb_discard(store_odb(p->store));
	close_batch(&b);
	store_unlock(p->store);
	arena_release(&a);
	return ret;
}
