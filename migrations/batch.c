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
	struct source_loader *loader;
	struct arena arenas[2];	/* a version's, and the one before's */
	struct recording now;
	struct read_cache cache;
	struct read_opts read;	/* with the cache */
	const char *source_name;
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

static int make_one(struct batch *b, const char *path, const char *name,
		    struct err *err)
{
	struct recording *r = &b->now;
	struct commit_opts o = *b->opts;
	struct commit_result res = { .nothing = false };
	struct source src;

	o.message = message_of(r->arena, name);
	o.source = &src;
	if (source_read(&src, path, r->arena, err))
		return -1;
	if (src.n == 1)
		src.files[0].name = b->source_name;
	if (source_loader_next(&r->after, b->loader, &src, &b->read, r->arena,
			       err) ||
	    record_plan(r, &res, &o, err))
		return str_starts(err->text, path) ? -1 :
		       err_wrap(err, "%s", path);
	if (res.nothing)
		return 0;
	if (record_write(r, &res, &o, err) ||
	    proof_remember(&res.up, b->project->store, err) ||
	    (r->has_down &&
	     proof_remember(&res.down, b->project->store, err)))
		return -1;
	b->made++;
	b->moved = true;
	r->tip = res.version.oid;
	r->parent = res.version;
	r->born = true;
	return 0;
}

/* What was `after` becomes `before`; its memory stays for one more round. */
static int next_round(struct batch *b, bool made, struct err *err)
{
	struct recording *r = &b->now;
	struct arena *other = r->arena == &b->arenas[0] ? &b->arenas[1] :
			      &b->arenas[0];
	struct commit parent;

	if (made) {
		schema_release(&r->before);
		r->before = r->after;
		memset(&r->after, 0, sizeof(r->after));
		arena_release(other);
		r->arena = other;
	} else {
		schema_release(&r->after);
	}
	r->has_down = false;
	r->renames = NULL;
	r->nrenames = 0;
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
		char *path = path_join(&paths, dir, names->v[i]);
		size_t before = b->made;

		if (!dir_exists(path) && !str_ends(path, ".sql"))
			continue;
		ret = make_one(b, path, names->v[i], err);
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
	source_remember(b->project, &b->now.parent.tree);
	return 0;
}

int commit_batch(size_t *made, struct project *p, const char *dir,
		 const struct commit_opts *o, struct err *err)
{
	struct batch b = { .project = p, .opts = o };
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	const char *ref = NULL, *source;
	struct oid old;
	bool was_born;
	int ret = -1;

	b.now.arena = &b.arenas[0];
	b.now.batch = true;
	b.read = p->read;
	b.read.cache = &b.cache;
	source = conf_get(&p->conf, "schemastore.source");
	b.source_name = source ? source : "schema.sql";
	if (dir_list(&names, dir, &a, err) || store_lock(p->store, err)) {
		arena_release(&a);
		return -1;
	}
	if (record_open(&b.now, p, err) ||
	    source_loader_open(&b.loader, p->engine, err) ||
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
	record_close(&b.now);
	source_loader_close(b.loader);
	read_cache_release(&b.cache);
	arena_release(&b.arenas[0]);
	arena_release(&b.arenas[1]);
	store_unlock(p->store);
	arena_release(&a);
	return ret;
}
