/*
 * What a plan destroys, and keeps: copies beside the ledger, and a registry of
 * them, all written by statements of the plan itself.
 *
 *	schemastore_parked	n  what    node               origin  part
 *				1  column  column users.mail  users   mail
 *	schemastore_parked_1	k1 (users.id)  c1 (users.mail)
 *
 * (schemastore.parked, schemastore.parked_1 in PostgreSQL.)  A way that makes
 * a node of that origin again brings it back.  Rows of the registry stay: a
 * number is given once.
 */
#ifndef SS_PARKING_H
#define SS_PARKING_H

#include "ss/engine.h"

enum park_what { PARK_TABLE, PARK_COLUMN, PARK_COUNTER, PARK_N };
extern const char *const park_words[PARK_N];

struct parked {
	int64_t n;
	enum park_what what;
	const char *node;	/* "column users.mail" */
	const char *object;	/* its object's kind */
	const char *origin;	/* and key */
	const char *part;	/* a column's key; NULL: it is the object */
	struct list held;	/* keys of the columns whose values are in c1,
				 * c2 ... of the copy */
	struct list keys;	/* and in k1, k2 ..., which tell rows apart */
	bool rowids;		/* r are the rows' own numbers */
	int64_t rows;
	const char *version;	/* that was left: 64 hex digits */
	const char *parked, *restored, *freed;	/* when, UTC; NULL: never */
};

struct parking {
	const struct engine *engine;
	bool there;		/* the registry is */
	struct parked *v;	/* by number */
	size_t n, cap;
	struct arena *arena;
	/* of a plan that is being made */
	bool wanted;
	bool made;		/* the registry, by the plan */
	const char *version;
	int64_t last;		/* the greatest number in the database */
	size_t kept, brought;
};

/* The registry of a database, those that were freed and all. */
int parking_read(struct parking *out, struct conn *c, struct arena *a,
		 struct err *err) MUST_CHECK;
/* What a copy takes up, in bytes; -1: nobody says. */
int parked_size(int64_t *out, const struct parked *e, struct conn *c,
		struct err *err) MUST_CHECK;
/* In one transaction: these copies are dropped for good. */
int parking_free(const struct parked *const *v, size_t n, struct conn *c,
		 struct err *err) MUST_CHECK;

#endif
