/*
 * Is a version good?  It is loaded into a throw-away database, in which a query
 * or a program is asked.
 */
#ifndef SS_PROBE_H
#define SS_PROBE_H

#include "ss/bisect.h"
#include "ss/project.h"

/* What a program finds in its environment: the database, the version. */
#define PROBE_URL "SCHEMASTORE_BISECT_URL"
#define PROBE_VERSION "SCHEMASTORE_BISECT_VERSION"

struct probe {
	struct project *project;
	const struct engine *engine;
	struct arena *arena;
	/* One of them.  sql: good where the first value is true, or a number
	 * but 0; what the engine refuses is bad. */
	const char *sql;
	/* A line for sh: 0 is good, 125 skip, else up to 127 bad; what it
	 * prints goes to stderr. */
	const char *script;
};
struct answer {
	enum bisect_verdict verdict;
	const char *why;	/* what was said, in a line; NULL: nothing */
};
/* A version that does not load is skipped. */
int probe_version(struct answer *out, const struct probe *p,
		  const struct commit *version, struct err *err) MUST_CHECK;

#endif
