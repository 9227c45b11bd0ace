/*
 * What the SQL of a migration does: which of it changes the schema, and which
 * the rows; what it renames.
 */
#ifndef MIGRATIONS_HANDWORK_H
#define MIGRATIONS_HANDWORK_H

#include "ss/engine.h"

struct handwork {
	size_t schema, data;	/* how many statements are of which kind */
	/* Rows are changed in the midst of it, or in a way that no other SQL
	 * would. */
	bool mixed;
	const char *lead;	/* what changes rows before all else; NULL */
	const char *trail;	/* and behind it, or alone; NULL */
	const char *all;	/* without transactions and settings */
	struct rename *renames;	/* from the schema before it */
	size_t nrenames, renames_cap;
};

/* own: the tool's tables, NULL at the end, which are made and dropped beside
 * the schema.  sql NULL: nothing.  It is taken for what it begins with; the
 * proof of what is made of it tells whether that is so. */
void handwork_read(struct handwork *out, const char *sql,
		   const struct engine *e, const char *const *own,
		   struct arena *a);

#endif
