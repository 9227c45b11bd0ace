/*
 * A source: the text that says what the schema shall be.  A file, or a folder
 * of .sql files in the order of their names; it is loaded into a scratch
 * database and read back, never parsed here.
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
};

#define SOURCE_LIMIT (64u << 20)

/* Read the text.  "-" is standard input.  ERR_USAGE where it is not there. */
int source_read(struct source *out, const char *path, struct arena *a,
		struct err *err) MUST_CHECK;
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
