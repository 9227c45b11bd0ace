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

/* ---- merge-choices.c ----------------------------------------------------- */

/* A conflict about a node: the side that was chosen; where none is it goes
 * into the list (or into the doubts), and ours holds its place. */
enum merge_side merge_conflict(struct merge *m, struct trio *t,
			       const struct conflict *c);
/* Somebody has said what a node is altogether: t->merged is that. */
bool merge_is_decided(struct merge *m, struct trio *t);
/* The same of one of its parts. */
bool merge_is_decided_inside(struct merge *m, const struct trio *t);
/* Of a node that was taken whole: its parts, as was said of them. */
void merge_decide_inside(struct merge *m, struct trio *t);
int merge_read_choices(struct merge *m, struct err *err) MUST_CHECK;
const struct node *merge_one_of(const struct trio *t);
const char *merge_text(struct merge *m, const struct node *n);

/* ---- merge-doubts.c ------------------------------------------------------ */

/* What the bases do not agree on, of one node. */
struct doubt {
	uint64_t fields;	/* bit i: the kind's fields[i] */
	bool name;
	bool places;		/* of its columns */
	bool whole;		/* whether it is there, and what it is */
	bool inside;		/* some part of it */
};
/* All false where nothing is in doubt. */
struct doubt merge_doubt(const struct merge *m, const struct trio *t);
void merge_leave_doubt(struct merge *m, const struct trio *t,
		       const struct conflict *c);

/* ---- merge.c ------------------------------------------------------------- */

/* An object is shared, a part gets another parent. */
struct node *merge_take(struct merge *m, const struct node *n);
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
/* A line each; NULL: it is empty. */
const char *merge_list_text(struct merge *m, const struct list *l);

/* merge-order.c: add the columns of t->merged to it. */
void merge_columns(struct merge *m, struct trio *t,
		   const struct trios *kids);

#endif
