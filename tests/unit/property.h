/*
 * Random schemas and random edits of them, for test-property.c.
 *
 * A model is plain data: copy it with `=`, change it, and call model_settle(),
 * which takes away what refers to nothing any more.  Everything has an id that
 * survives renames, so that two models of one origin can be compared, and made
 * smaller side by side.
 */
#ifndef TESTS_PROPERTY_H
#define TESTS_PROPERTY_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/diff.h"

struct rnd {
	uint64_t state;
};
uint32_t rnd_below(struct rnd *r, uint32_t n);
bool rnd_chance(struct rnd *r, unsigned percent);

/*
 * A piece of SQL with holes: $T, $U a table's (or view's) name, $x, $y a
 * column's.  text NULL: none.
 */
struct p_sql {
	const char *text;
	int t, u, x, y;
};

struct p_column {
	int id;
	const char *name;
	const char *type;	/* NULL: none */
	bool not_null;
	const char *not_null_conflict;
	bool unique;
	const char *collate;
	const char *dflt;
	struct p_sql check;
	struct p_sql generated;
	bool stored;
};

#define P_KEY 3
struct p_key {
	int n;
	int col[P_KEY];
	bool desc[P_KEY];
};

enum p_pk_type { P_PK_NONE, P_PK_ROWID, P_PK_COLUMN, P_PK_TABLE };
enum p_constraint_type { P_UNIQUE, P_CHECK, P_FK };

struct p_constraint {
	int id;
	enum p_constraint_type type;
	const char *name;	/* NULL: none */
	struct p_key key;	/* P_UNIQUE, P_FK */
	const char *conflict;
	struct p_sql check;
	int parent;		/* P_FK */
	struct p_key parent_key;	/* n = 0: its primary key */
	const char *action;	/* ON DELETE ..., DEFERRABLE ... */
};

#define P_COLUMNS 8
#define P_CONSTRAINTS 5
struct p_table {
	int id;
	const char *name;
	bool strict;
	bool without_rowid;
	enum p_pk_type pk_type;
	struct p_key pk;
	bool autoincrement;
	struct p_column columns[P_COLUMNS];
	int ncolumns;
	struct p_constraint constraints[P_CONSTRAINTS];
	int nconstraints;
};

struct p_index {
	int id;
	const char *name;
	int table;
	bool unique;
	struct p_key key;
	const char *collate;	/* of the first term */
	struct p_sql expr;	/* one more term */
	struct p_sql where;
};

struct p_view {
	int id;
	const char *name;
	const char *columns;	/* NULL: none are listed */
	struct p_sql body;
};

struct p_trigger {
	int id;
	const char *name;
	int on;
	const char *when;	/* BEFORE, AFTER, INSTEAD OF */
	const char *event;
	int of;			/* UPDATE OF this column; 0: of all */
	struct p_sql condition;
	struct p_sql body;
};

#define P_TABLES 5
#define P_OBJECTS 6
struct p_model {
	int next_id;
	struct p_table tables[P_TABLES];
	int ntables;
	struct p_index indexes[P_OBJECTS];
	int nindexes;
	struct p_view views[P_OBJECTS];
	int nviews;
	struct p_trigger triggers[P_OBJECTS];
	int ntriggers;
};

/* ---- model: property-model.c ------------------------------------------- */

struct p_table *model_table(struct p_model *m, int id);	/* NULL = none */
struct p_view *model_view(struct p_model *m, int id);
struct p_column *model_column(struct p_model *m, int id, struct p_table **of);
/* The name of a table or view; NULL = none. */
const char *model_relation(struct p_model *m, int id);
void model_remove(void *v, int *n, int i, size_t size);
#define REMOVE(v, n, i) model_remove((v), &(n), (i), sizeof(*(v)))
/* Take away what refers to nothing, and what SQLite does not allow. */
void model_settle(struct p_model *m);
bool name_is_free(struct p_model *m, const char *name);
bool column_is_free(const struct p_table *t, const char *name);

/* ---- random: property-random.c, property-edit.c ------------------------- */

void random_model(struct p_model *m, struct rnd *r);
const char *random_name(struct p_model *m, struct rnd *r);
const char *random_column_name(const struct p_table *t, struct rnd *r);
void random_column(struct p_column *c, struct p_model *m, struct p_table *t,
		   struct rnd *r);
void random_details(struct p_column *c, struct p_table *t, struct rnd *r);
void random_table(struct p_model *m, struct rnd *r);
void random_pk(struct p_table *t, struct rnd *r);
void random_constraint(struct p_model *m, struct p_table *t, struct rnd *r);
void random_index(struct p_model *m, struct rnd *r);
void random_view(struct p_model *m, struct rnd *r);
void random_trigger(struct p_model *m, struct rnd *r);
void random_edit(struct p_model *m, struct rnd *r);

/* ---- SQL: property-sql.c ------------------------------------------------ */

/* noise: 0 none, else a seed for quotes, letter case, spaces, comments. */
void model_sql(struct buf *b, struct p_model *m, uint64_t noise);
/* INSERT statements, one a line; some of them will be refused. */
void model_rows(struct buf *b, struct p_model *m, uint64_t seed);
/* What was renamed between the two, as --rename has it. */
size_t model_renames(struct rename **out, struct p_model *from,
		     struct p_model *to, struct arena *a);
void sql_name(struct buf *b, const char *name);

/* ---- the property: property-check.c ------------------------------------- */

enum outcome {
	OUTCOME_OK,
	OUTCOME_INVALID,	/* SQLite does not take the SQL: no pair */
	OUTCOME_REFUSED,	/* we say that we cannot */
	OUTCOME_FAILED
};
struct pair {
	struct p_model a, b;
	uint64_t seed;		/* of noise and rows */
	bool column_order;
};
struct verdict {
	enum outcome outcome;
	const char *stage;	/* what did not hold */
	char text[600];
	bool blocked;		/* rows stood in the way; done without */
	bool rows;		/* there were any */
};
void pair_check(struct verdict *v, struct pair *p);

#endif
