/*
 * What the files of the merge share.
 */
#ifndef SCHEMA_MERGE_PARTS_H
#define SCHEMA_MERGE_PARTS_H

#include "ss/merge.h"

/* One node, as the three schemas have it. */
struct trio {
	const struct node *v[MERGE_SIDES];	/* NULL: not there */
	struct node *merged;			/* NULL: gone */
	bool open;		/* something in it is in conflict: what follows
				 * from that is not looked for */
};
struct trios {
	struct trio *v;
	size_t n, cap;
};

/* A conflict about a node: the side that was chosen; where none is it goes
 * into the list, and ours holds its place. */
enum merge_side merge_conflict(struct merge *m, struct trio *t,
			       const struct conflict *c);

bool merge_same_name(struct merge *m, const char *a, const char *b);

/* merge-refs.c: parts go along with what they name. */
void merge_references(struct merge *m, struct trios *all);

/* merge-fields.c: every field of t->merged. */
void merge_fields(struct merge *m, struct trio *t);
/* Base's elements, without what either side dropped and with what either
 * added; false where the order cannot be told, or each has put something else
 * in the place of one. */
bool merge_lists(struct list *out, const struct list *const v[MERGE_SIDES],
		 struct arena *a);
bool merge_same_list(const struct list *a, const struct list *b);

/* merge-order.c: add the columns of t->merged to it. */
void merge_columns(struct merge *m, struct trio *t,
		   const struct trios *kids);

#endif
