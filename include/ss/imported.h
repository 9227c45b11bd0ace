/*
 * Versions that were imported, and where a database is that their tool has
 * brought to one of them.
 */
#ifndef SS_IMPORTED_H
#define SS_IMPORTED_H

#include "ss/project.h"

/* What was imported, from the first version to the tip of the branch. */
struct imported {
	const char *format;
	const char *number;
	struct oid version;
};
/* Its tool ran it in no transaction: a line of the version's body. */
#define IMPORTED_ALONE "Run-In-Transaction: no"
bool imported_alone(const struct commit *c);
int imported_list(struct imported **out, size_t *n, struct store *s,
		  const struct oid *tip, const struct engine *e,
		  struct arena *a, struct err *err) MUST_CHECK;
/*
 * At which of them the database is, as the tool says that brought it there: 1;
 * 0: nothing says; -1.
 */
int imported_version(struct commit *out, const char **table,
		     struct project *p, const struct database *db,
		     struct arena *a, struct err *err) MUST_CHECK;

#endif
