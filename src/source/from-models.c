/*
 * Models as a source: described by a program, made into SQL here.
 *
 *	modules ──reader──▶ JSON ──models_sql──▶ SQL
 *
 * The reader is a program of ours, which runs nothing of the project; or what
 * the project says describes its models, which is the project itself.
 */
#include "config.h"

#include "source/from-models.h"

#include "source/models.h"
#include "source/reader.h"

#include "ss/file.h"

#define READER "tortoise-models"

/* ---- modules ------------------------------------------------------------ */

static void add_option(struct list *args, const char *name,
		       const struct list *values, struct arena *a)
{
	for (size_t i = 0; i < values->n; i++) {
		list_add(a, args, name);
		list_add(a, args, values->v[i]);
	}
}

static int read_modules(struct buf *out, const char *config,
			const struct source_how *how, struct arena *a,
			struct err *err)
{
	struct list args = { NULL, 0 };

	add_option(&args, "--src", &how->folders, a);
	add_option(&args, "--app", &how->apps, a);
	if (how->version)
		list_add(a, &args, arena_printf(a, "--tortoise=%s",
						how->version));
	if (how->connection)
		list_add(a, &args, arena_printf(a, "--connection=%s",
						how->connection));
	list_add(a, &args, "--more");
	list_add(a, &args, "--");
	list_add(a, &args, config);
	return reader_run(out, READER, how->dir, &args, a, err);
}

int source_project(struct buf *out, const char *dir, struct err *err)
{
	const char *words[] = { "--project" };
	const struct list args = { words, ARRAY_LEN(words) };
	struct arena a = ARENA_INIT;
	int ret = reader_run(out, READER, dir, &args, &a, err);

	arena_release(&a);
	return ret;
}

static int run_command(struct buf *out, const struct source_how *how,
		       struct err *err)
{
	const char *argv[] = { "/bin/sh", "-c", "cd -- \"$1\" && eval \"$2\"",
			       "sh", how->dir, how->describe, NULL };
	struct program p = { argv, out, BUF_INIT };
	int status = program_run(&p, err);

	if (status > 0)
		err_set(err, ERR_USAGE, "'%s' failed with %d%s%s",
			how->describe, status, p.said.len ? ": " : "",
			program_last_line(&p.said));
	buf_release(&p.said);
	return status ? -1 : 0;
}

/* ---- the source --------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int describe_modules(struct buf *out, const char *path,
			    const struct source_how *how, struct arena *a,
			    struct err *err)
{
	struct source_seen *seen = how->seen;

	if (seen && seen->json.ptr && same_text(seen->path, path) &&
	    same_text(seen->connection, how->connection)) {
		buf_add(out, seen->json.ptr, seen->json.len);
		return 0;
	}
	if (how->describe ? run_command(out, how, err) :
	    read_modules(out, strchr(path, ':') + 1, how, a, err))
		return -1;
	if (seen) {
		seen->path = arena_strdup(a, path);
		seen->connection = how->connection;
		seen->json.ptr = arena_strndup(a, out->ptr, out->len);
		seen->json.len = out->len;
	}
	return 0;
}

static int describe(struct buf *out, const char *path,
		    const struct source_how *how, struct arena *a,
		    struct err *err)
{
	return source_is_modules(path) ?
	       describe_modules(out, path, how, a, err) :
	       file_read(out, path, SOURCE_LIMIT, err);
}

static int make_sql(struct source_file *out, const struct buf *json,
		    const char *path, const struct source_how *how,
		    struct arena *a, struct err *err)
{
	const struct dialect *d = dialect_find(how->engine->name);
	struct buf sql = BUF_INIT;
	struct models m;
	int ret;

	if (!d)
		return err_set(err, ERR_USAGE, "no SQL can be made of models "
			       "for %s", how->engine->name);
	if (models_read(&m, json->ptr, json->len, path, d, how->version, a,
			err))
		return -1;
	ret = models_sql(&sql, &m, err);
	models_release(&m);
	out->path = arena_printf(a, "the SQL of %s", path);
	out->name = "models.sql";
	out->text = arena_strndup(a, sql.ptr, sql.len);
	out->len = sql.len;
	buf_release(&sql);
	return ret;
}

int from_models(struct source_file *out, const char *path,
		const struct source_how *how, struct arena *a,
		struct err *err)
{
	struct buf json = BUF_INIT;
	int ret = describe(&json, path, how, a, err);

	if (!ret)
		ret = make_sql(out, &json, path, how, a, err);
	buf_release(&json);
	return ret;
}
