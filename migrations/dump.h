/*
 * A database's dump, taken for the database.
 */
#ifndef MIGRATIONS_DUMP_H
#define MIGRATIONS_DUMP_H

#include "ss/audit.h"

struct standing;

/* Where it stands, by its rows and the digest that it says it has. */
int dump_standing(struct standing *out, struct project *p,
		  const struct dump *d, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
