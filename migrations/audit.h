/*
 * One ledger's story, for mirrors and for rows.
 */
#ifndef MIGRATIONS_AUDIT_H
#define MIGRATIONS_AUDIT_H

#include "ss/audit.h"

struct story {
	struct verify *v;
	struct project *project;
	const char *what;	/* for findings: the mirror's ref, or the
				 * database */
	bool rows;		/* those of a database, which are its own proof;
				 * of a mirror, fsck has told */
	/* as it is told */
	size_t n;		/* entries so far */
	const char *engine;
	const struct commit *before;
	const struct commit *open;	/* a begin that has not finished: it is
					 * `before` */
	bool placed;
	struct buf place;	/* where the database is */
};
#define STORY_INIT .place = BUF_INIT
/* The next entry; it lives until the next but one.  Tells v what is wrong with
 * it. */
int story_next(struct story *s, const struct commit *c, struct err *err)
	MUST_CHECK;
void story_release(struct story *s);

#endif
