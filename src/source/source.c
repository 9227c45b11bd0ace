/*
 * Reading a source and loading it into a scratch database.
 */
#include "config.h"

#include "ss/source.h"

#include "source/from-models.h"

#include "ss/file.h"

static int add_file(struct source *src, const char *path, const char *name,
		    struct arena *a, struct err *err)
{
	struct buf b = BUF_INIT;
	struct source_file *f;

	if (file_read(&b, path, SOURCE_LIMIT, err)) {
		buf_release(&b);
		return -1;
	}
	f = ARENA_PUSH(a, src->files, src->n, src->cap);
	f->path = arena_strdup(a, path);
	f->name = arena_strdup(a, name);
	f->text = arena_strndup(a, b.ptr, b.len);
	f->len = b.len;
	buf_release(&b);
	return 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_models(struct source *src, const struct source_how *how,
		       struct arena *a, struct err *err)
{
	struct source_file f;

	if (from_models(&f, &src->models, src->path, how, a, err) ||
	    (how->before && add_file(src, how->before, last_name(how->before),
				     a, err)))
		return -1;
	*ARENA_PUSH(a, src->files, src->n, src->cap) = f;
	return 0;
}

static int read_folder(struct source *src, struct arena *a, struct err *err)
{
	struct list names = { NULL, 0 };

	if (dir_list(&names, src->path, a, err))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (str_ends(names.v[i], ".sql") &&
		    add_file(src, path_join(a, src->path, names.v[i]),
			     names.v[i], a, err))
			return -1;
	if (!src->n)
		return err_set(err, ERR_USAGE,
			       "no .sql file in folder '%s'", src->path);
	return 0;
}

bool source_is_modules(const char *path)
{
	return str_starts(path, "tortoise:");
}

bool source_is_models(const char *path)
{
	return source_is_modules(path) ||
	       (str_ends(path, ".json") && !dir_exists(path));
}

bool source_exists(const char *path)
{
	return source_is_modules(path) || file_exists(path) ||
	       dir_exists(path);
}

int source_read(struct source *out, const char *path,
		const struct source_how *how, struct arena *a,
		struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->path = arena_strdup(a, path);
	if (how && source_is_models(path))
		return read_models(out, how, a, err);
	if (dir_exists(path))
		return read_folder(out, a, err);
	if (strcmp(path, "-") && !file_exists(path))
		return err_set(err, ERR_USAGE, "no such file '%s'", path);
	if (!strcmp(path, "-"))
		return add_file(out, path, "schema.sql", a, err);
	return add_file(out, path, last_name(path), a, err);
}

static int scratch_like(struct conn **out, const struct engine *engine,
			const struct read_opts *opts, struct err *err)
{
	struct scratch_opts want = { NULL, NULL };
	struct err refused = ERR_INIT;

	if (opts) {
		want.version = opts->like;
		want.search_path = opts->search_path;
	}
	if (!want.version || opts->only_like)
		return engine->scratch(out, &want, err);
	if (!engine->scratch(out, &want, &refused))
		return 0;
	if (refused.code == ERR_REFUSED) {
		want.version = NULL;
		return engine->scratch(out, &want, err);
	}
	*err = refused;
	return -1;
}

int source_scratch(struct conn **out, const struct engine *engine,
		   const struct read_opts *opts, struct err *err)
{
	if (scratch_like(out, engine, opts, err))
		return -1;
	if (!opts)
		return 0;
	engine->listen(*out, opts->note);
	if (!engine->extend(*out, opts->extensions, err))
		return 0;
	engine->close(*out);
	*out = NULL;
	return -1;
}

int source_load(struct conn **out, const struct source *src,
		const struct engine *engine, const struct read_opts *opts,
		struct err *err)
{
	struct conn *c = NULL;

	*out = NULL;
	if (source_scratch(&c, engine, opts, err))
		return -1;
	for (size_t i = 0; i < src->n; i++)
		if (engine->load(c, src->files[i].text, src->files[i].len,
				 src->files[i].path, err)) {
			engine->close(c);
			return -1;
		}
	*out = c;
	return 0;
}

int source_schema(struct schema *out, const struct source *src,
		  const struct engine *engine, const struct read_opts *opts,
		  struct arena *a, struct err *err)
{
	struct conn *c;
	int ret;

	schema_init(out, engine->spelling, a);
	if (source_load(&c, src, engine, opts, err))
		return -1;
	ret = engine->read(c, out, opts, err);
	engine->close(c);
	return ret;
}
