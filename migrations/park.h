/*
 * The statements of a plan that keep what it destroys, and bring it back.
 */
#ifndef MIGRATIONS_PARK_H
#define MIGRATIONS_PARK_H

#include "ss/park-forms.h"
#include "ss/parking.h"

/* One stretch of a plan, from a schema to another. */
struct stretch {
	struct parking *parking;
	const struct schema *from, *to;
	const struct diff *diff;
	struct arena *arena;
	struct err *err;
};

/* ---- park-key.c ---------------------------------------------------------- */

/* What one copy takes of a table. */
struct taking {
	const struct node *table;
	const struct node **keys, **columns;
	size_t nkeys, ncolumns;
	const char *rowid;
};
bool park_has_column(const struct node *table, const char *key);
/* The primary key, or a unique one whose columns always have values; of
 * columns that are in `to` as well. */
bool park_find_key(struct taking *t, const struct stretch *s,
		   const struct node *to);

/* ---- park.c -------------------------------------------------------------- */

/* What is kept before it, for as long as the plan runs; why is what is lost
 * all the same, by its title: NULL where it is kept. */
struct losses {
	struct map why;		/* title -> text, "": it is kept */
};
int park_losses(struct losses *out, struct script *script,
		const struct stretch *s) MUST_CHECK;
/* What a script's hazards say of what was kept. */
void park_hazards(const struct losses *l, struct script *script);
void losses_release(struct losses *l);
/* What a table's copy has of columns that the table, in which its rows are
 * again, lacks: copies of their own, by its key. */
int park_rest(struct script *script, const struct stretch *s,
	      const struct parked *e, const struct node *table) MUST_CHECK;

void park_add_copy(struct buf *b, const struct engine *e, int64_t n);
/* A statement of the registry or of a copy: where there are no rows it is
 * not run. */
struct statement *park_say(struct script *script, const struct stretch *s,
			   const char *node, const char *sql);

/* ---- unpark.c ------------------------------------------------------------ */

/* What comes back on a stretch. */
struct returns {
	struct returning {
		struct parked *entry;
		const struct node *node;	/* of `to` */
	} *v;
	size_t n, cap;
	const struct node **objects;	/* of `to`, into which rows go */
	size_t nobjects, objects_cap;
};
void unpark_find(struct returns *out, const struct stretch *s);
/* In a schema that schema_lax() has made. */
int unpark(struct script *script, const struct returns *r,
	   const struct stretch *s, const struct schema *lax) MUST_CHECK;

#endif
