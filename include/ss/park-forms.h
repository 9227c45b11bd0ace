/*
 * How an engine says what keeps, and brings back, what a plan destroys.  What
 * is kept where and when is migrations/parking.c's to say.
 */
#ifndef SS_PARK_FORMS_H
#define SS_PARK_FORMS_H

#include "ss/schema.h"

struct park_forms {
	const char *registry;	/* the table of what is kept */
	const char *copy;	/* the name of a copy, before its number */
	const char *from;	/* between what is selected and a table */
	const char *update;	/* before a table */
	const char *overriding;	/* before the SELECT that fills a table */
	const char *now;

	/* Does it hold rows of its own?  A value of its own? */
	bool (*has_rows)(const struct node *table);
	bool (*has_values)(const struct node *column);
	void (*add_table)(struct buf *b, const struct node *table);
	void (*add_name)(struct buf *b, const char *column);
	/* A type that keeps its values exactly and depends on nothing, with a
	 * blank before it; the column's value as that; and, of what was kept
	 * so in a column of that name, the way back. */
	void (*add_type)(struct buf *b, const struct node *column);
	void (*add_value)(struct buf *b, const struct node *column);
	void (*add_back)(struct buf *b, const struct node *column,
			 const char *kept);
	/* Is the key of t what was kept so? */
	void (*add_match)(struct buf *b, const struct node *key,
			  const char *kept);
	/* A name by which the rows' own numbers can be had; NULL: they have
	 * none, or a column is it. */
	const char *(*rowid)(const struct node *table);
	/* Statements that keep others out; NULL: nobody can come in. */
	void (*add_lock)(struct buf *b, const struct node *table);

	/* Does it, an object or a column, count?  A query's one value: how far;
	 * and the i-th statement that sets it to one; NULL: there is none. */
	bool (*counts)(const struct node *n);
	void (*add_counter)(struct buf *b, const struct node *n);
	const char *(*set_counter)(struct arena *a, const struct node *n,
				   const char *value, size_t i);
	/* What was made from rows that were not there; NULL: nothing is. */
	void (*add_refresh)(struct buf *b, const struct node *object);
	bool (*is_made_of_rows)(const struct node *object);
	/* ERR_REFUSED where it is not one statement. */
	int (*single)(const char *sql, const char *title, struct err *err);
};

#endif
