/*
 * A project: the folder that holds schemastore.conf and the store; opened
 * once by main for the commands that need it.
 */
#ifndef SS_PROJECT_H
#define SS_PROJECT_H

#include "ss/conf.h"
#include "ss/engine.h"
#include "ss/source.h"
#include "ss/store.h"

struct project {
	struct arena *arena;
	const char *dir;	/* the folder, "." where we stand in it */
	const char *store_path;
	struct conf conf;
	struct store *store;	/* NULL until project_store() */
	const struct engine *engine;
	struct list ignore;
	struct read_opts read;	/* ignore = from the conf */
	struct ident who;	/* $SCHEMASTORE_AUTHOR_*, git's config (global
				 * file read by us), else login@host; time is
				 * now, or $SCHEMASTORE_DATE (for tests) */
};

/* Look for schemastore.conf from dir upwards; without one the project is
 * empty, and dir is where we stand. */
int project_open(struct project *p, const char *dir, struct arena *a,
		 struct err *err) MUST_CHECK;
/* Open the store: ERR_USAGE with the hint to run init. */
int project_store(struct project *p, struct err *err) MUST_CHECK;
void project_close(struct project *p);
/* The configured source's path, ERR_USAGE where there is none. */
int project_source(const char **out, struct project *p, struct err *err)
	MUST_CHECK;

/* A database, as the user names it: a name of the conf, or a URL, or the path
 * of an SQLite file. */
struct database {
	const char *name;	/* ref-safe; for the mirror */
	const char *word;	/* what the user calls it on a command line */
	const char *url;
	const struct engine *engine;
};
/* text NULL: the only configured database.  ERR_USAGE lists the names. */
int project_database(struct database *out, struct project *p,
		     const char *text, struct err *err) MUST_CHECK;

#endif
