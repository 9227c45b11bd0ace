/*
 * One ledger's story, for mirrors and for rows.
 */
#ifndef MIGRATIONS_AUDIT_H
#define MIGRATIONS_AUDIT_H

#include "ss/audit.h"

struct story {
	struct verify *v;
	struct project *project;
	struct arena *arena;
	const char *what;	/* for findings: the mirror's ref, or the
				 * database */
	const struct ledger_entry *entries;
	size_t n;
	bool rows;		/* those of a database, which are its own proof;
				 * of a mirror, fsck has told */
	/* as it is told */
	const char *engine;
	const struct commit *open;	/* a begin that has not finished */
	const char *place;	/* its To: where the database is; NULL: not
				 * known */
};
/* Tells v what is wrong with it. */
int story_check(struct story *s, struct err *err) MUST_CHECK;

#endif
