/*
 * A matrix of changes: for every field of every kind that an engine has, a pair
 * of schemas that differ in that field alone.  The pairs are in the files of
 * tests/unit/matrix/, whose form is this:
 *
 *	# a comment
 *	== sequence increment
 *	CREATE SEQUENCE s {|INCREMENT 2};
 *
 * A case is a kind, a field (or `added`, `renamed`), and a text in which {x|y}
 * is x in the first schema and y in the second.  Behind the field may stand:
 *
 *	also FIELD	which differs with it; `also *`: any
 *	loses		values are lost on the way
 *	fresh		in databases that are made for it
 *	bare		no rows but those in the text
 *	rename OLD=NEW	is declared; as often as need be
 *	refused TEXT	both plans are, by name, and TEXT is said
 *	down-refused TEXT
 *	impossible TEXT	there is no such pair, and why: no text follows
 *
 * The last three are the last: TEXT is the rest of the line.
 */
#ifndef UNIT_MATRIX_H
#define UNIT_MATRIX_H

#include "ss/engine.h"

struct matrix_case {
	const char *file;
	size_t line;
	const char *kind, *field;
	struct list also;
	bool loses, fresh, bare;
	struct list renames;
	const char *refused, *down_refused, *impossible;
	const char *from, *to;		/* what to load */
};

struct matrix {
	struct arena arena;
	struct matrix_case *cases;
	size_t n, cap;
};

/* Every case of a folder; a fault of its form fails the test. */
void matrix_read(struct matrix *m, const char *dir);
void matrix_release(struct matrix *m);

/* Two databases, each emptied and used again. */
struct matrix_bench {
	struct conn *a, *b;
	bool show;			/* print each plan */
};

/* There and back; false where it fails, after it has said why. */
bool matrix_run(struct matrix_bench *bench, const struct matrix_case *c);
void matrix_bench_release(struct matrix_bench *bench);

#endif
