/*
 * A source: the text that says what the schema shall be.  A file, or a folder
 * of .sql files in the order of their names; it is loaded into a scratch
 * database and read back, never parsed here.
 *
 * Or Tortoise ORM's models, of which the engine's SQL is made first:
 *
 *	tortoise:PKG.MODULE.VARIABLE	the project that this configures
 *	FILE.json			what describe_models() has printed
 */
#ifndef SS_SOURCE_H
#define SS_SOURCE_H

#include "ss/engine.h"

struct source_file {
	const char *path;	/* as errors name it */
	const char *name;	/* as a version keeps it: relative */
	const char *text;
	size_t len;
};
struct source {
	const char *path;
	struct source_file *files;
	size_t n;
	size_t cap;
	/* Models: their description, JSON.  ptr NULL: it is SQL. */
	struct bytes models;
};

#define SOURCE_LIMIT (64u << 20)

/* What modules were described as: for the next engine it is the same, whatever
 * becomes of them meanwhile. */
struct source_seen {
	const char *path;
	const char *connection;
	struct bytes json;		/* NULL: nothing yet */
};

/* How models are read. */
struct source_how {
	struct source_seen *seen;	/* NULL: they are read each time */
	const struct engine *engine;	/* whose SQL is made of them */
	const char *dir;		/* the project's folder */
	const char *describe;		/* the command that describes them;
					 * NULL: their modules are read */
	const char *version;		/* Tortoise's; NULL: as is found */
	const char *connection;		/* whose apps; NULL: all */
	const char *before;		/* a file of SQL that they need; NULL:
					 * none */
	struct list folders;		/* of modules, besides dir */
	struct list apps;		/* none: all */
};

/* Is it models, so that its text depends on the engine? */
bool source_is_models(const char *path);
bool source_is_modules(const char *path);	/* and no file */
/* Is there such a source?  (Modules: where they are is not looked for.) */
bool source_exists(const char *path);
/* Read the text.  "-" is standard input.  ERR_USAGE where it is not there, or
 * cannot be made.  how NULL: it is SQL, whatever its name. */
int source_read(struct source *out, const char *path,
		const struct source_how *how, struct arena *a,
		struct err *err) MUST_CHECK;
/* What the reader of models says of a pyproject.toml there: JSON. */
int source_project(struct buf *out, const char *dir, struct err *err)
	MUST_CHECK;
/* A scratch database for sources, as opts (or NULL) want it. */
int source_scratch(struct conn **out, const struct engine *engine,
		   const struct read_opts *opts, struct err *err) MUST_CHECK;
/* A fresh one that it is loaded into: the caller's to close, NULL where it
 * fails. */
int source_load(struct conn **out, const struct source *src,
		const struct engine *engine, const struct read_opts *opts,
		struct err *err) MUST_CHECK;
/* Load it into a fresh scratch and read the schema back, sealed. */
int source_schema(struct schema *out, const struct source *src,
		  const struct engine *engine, const struct read_opts *opts,
		  struct arena *a, struct err *err) MUST_CHECK;

/*
 * The same, where it is known what another source is read as: what the two
 * have in common is not loaded, and may share its nodes, so the arena is that
 * schema's.  The result is the same, to the byte.
 */
struct source_past {
	struct source source;
	const struct schema *schema;	/* by the same rules; sealed */
};
int source_schema_since(struct schema *out, const struct source *src,
			const struct source_past *past,
			const struct engine *engine,
			const struct read_opts *opts, struct err *err)
	MUST_CHECK;

/*
 * A warm scratch for many versions of one source, one after the other
 * (commit --batch): only the statements that differ from the last version
 * are run where that is safe, else the whole.
 */
struct source_loader;
int source_loader_open(struct source_loader **out, const struct engine *engine,
		       struct err *err) MUST_CHECK;
int source_loader_next(struct schema *out, struct source_loader *l,
		       const struct source *src, const struct read_opts *opts,
		       struct arena *a, struct err *err) MUST_CHECK;
void source_loader_close(struct source_loader *l);

#endif
