/*
 * Many versions at once, one behind the other: one pack takes all objects, and
 * the branch moves when they are on the disk.
 *
 *	if (!many_open(&m, p, err)) {
 *		for each: fill m.now.v[], record_plan(), many_write() where it
 *			makes one, many_next()
 *		ret = many_settle(&m, err);
 *	}
 *	many_close(&m, ret);
 */
#ifndef MIGRATIONS_MANY_H
#define MIGRATIONS_MANY_H

#include "migrations/record.h"

struct many {
	struct project *project;
	struct recording now;
	size_t made;
	struct read_cache *caches;	/* of each engine */
	struct arena arenas[2];	/* a version's, and the one before's */
	struct arena own;
	const char *ref;
	struct oid old;
	bool was_born;
	bool locked;
};

/* Takes the store's lock. */
int many_open(struct many *m, struct project *p, struct err *err) MUST_CHECK;
int many_write(struct many *m, struct commit_result *res,
	       const struct commit_opts *o, struct err *err) MUST_CHECK;
/* What was `after` becomes `before`, where it was written. */
int many_next(struct many *m, bool written, struct err *err) MUST_CHECK;
int many_settle(struct many *m, struct err *err) MUST_CHECK;
void many_close(struct many *m, int failed);

#endif
