/*
 * Many versions at once: the files of a folder, in order, each the whole
 * schema.  One scratch stays warm.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations/many.h"

#include "ss/file.h"

struct batch {
	struct many many;
	const struct commit_opts *opts;
	struct source_loader **loaders;	/* of each engine */
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
	const struct recording *r = &b->many.now;

	for (size_t i = 0; i < r->n; i++)
		if (own_path(r->arena, at, r->v[i].engine))
			return true;
	return false;
}

/* What is one file gets the name of the file that is configured. */
static void name_file(struct batch *b, struct source *src,
		      const struct engine *e)
{
	const char *path = project_source(b->many.project, e);
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (src->n == 1)
		src->files[0].name = !path ? "schema.sql" :
				     slash ? slash + 1 : path;
}

static int load(struct batch *b, size_t i, const struct entry *at,
		struct err *err)
{
	struct recording *r = &b->many.now;
	struct recorded *v = &r->v[i];
	const char *name = v->engine->name;
	const char *path = at->path;
	struct source *src = arena_alloc(r->arena, sizeof(*src));
	const struct source_how how = project_how(b->many.project, v->engine);

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
	struct recording *r = &b->many.now;

	for (size_t i = 0; i < r->n; i++) {
		if (!load(b, i, at, err))
			continue;
		if (!str_starts(err->text, at->path))
			err_wrap(err, "%s", at->path);
		return record_wrap(r, &r->v[i], err);
	}
	return 0;
}

static int make_one(struct batch *b, struct entry *at, bool *made,
		    struct err *err)
{
	struct recording *r = &b->many.now;
	struct commit_opts o = *b->opts;
	struct commit_result res = { .nothing = false };

	at->apart = dir_exists(at->path) && is_apart(b, at);
	o.message = message_of(r->arena, at->name);
	if (load_all(b, at, err))
		return -1;
	if (record_plan(r, &res, &o, err))
		return err_wrap(err, "%s", at->path);
	*made = !res.nothing;
	return res.nothing ? 0 : many_write(&b->many, &res, &o, err);
}

static int run_batch(struct batch *b, const char *dir, const struct list *names,
		     struct err *err)
{
	struct arena paths = ARENA_INIT;
	int ret = 0;

	for (size_t i = 0; i < names->n && !ret; i++) {
		struct entry at = { .name = names->v[i] };
		bool made = false;

		at.path = path_join(&paths, dir, at.name);
		if (!dir_exists(at.path) && !str_ends(at.path, ".sql"))
			continue;
		ret = make_one(b, &at, &made, err);
		if (!ret)
			ret = many_next(&b->many, made, err);
		progress_step(b->many.project->progress, "version", i + 1,
			      names->n);
	}
	arena_release(&paths);
	return ret;
}

static int open_loaders(struct batch *b, struct err *err)
{
	struct recording *r = &b->many.now;

	b->loaders = arena_alloc(&b->many.own, r->n * sizeof(*b->loaders));
	for (size_t i = 0; i < r->n; i++)
		if (source_loader_open(&b->loaders[i], r->v[i].engine, err))
			return record_wrap(r, &r->v[i], err);
	return 0;
}

static void close_loaders(struct batch *b)
{
	for (size_t i = 0; b->loaders && i < b->many.now.n; i++)
		source_loader_close(b->loaders[i]);
}

int commit_batch(size_t *made, struct project *p, const char *dir,
		 const struct commit_opts *o, struct err *err)
{
	struct batch b = { .opts = o };
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	int ret = -1;

	if (dir_list(&names, dir, &a, err))
		goto out;
	if (!many_open(&b.many, p, err) && !open_loaders(&b, err) &&
	    !run_batch(&b, dir, &names, err) &&
	    !many_settle(&b.many, err)) {
		if (b.many.made)
			record_known(&b.many.now, &b.many.now.parent);
		*made = b.many.made;
		ret = 0;
	}
	close_loaders(&b);
	many_close(&b.many, ret);
out:
	arena_release(&a);
	return ret;
}
