/*
 * The kinds of nodes, as data.  A new kind is a struct here, a field table in
 * kinds.c and, per engine, its reader and emitter.
 */
#ifndef SS_KINDS_H
#define SS_KINDS_H

#include "ss/schema.h"

struct table {
	struct node node;
	bool strict;
	bool without_rowid;
	bool ordered;		/* something depends on the columns' order */
};

struct virtual_table {
	struct node node;
	const char *module;
	const char *arguments;	/* what stands between the parentheses */
};

struct view {
	struct node node;
	struct list columns;
	const char *body;	/* behind AS */
};

struct column {
	struct node node;
	const char *type;	/* NULL: none */
	bool not_null;
	const char *not_null_name;
	const char *not_null_conflict;
	const char *collate;
	const char *collate_name;
	const char *dflt;	/* NULL: none; with its parentheses */
	const char *default_name;
	const char *generated;	/* the expression, without parentheses */
	const char *generated_name;
	bool stored;
};

struct primary_key {
	struct node node;
	struct list key;	/* terms: name [COLLATE c] [DESC] */
	bool autoincrement;
	bool inline_desc;	/* INTEGER PRIMARY KEY DESC: no rowid alias */
	const char *conflict;
};

struct unique {
	struct node node;
	struct list key;
	const char *conflict;
};

struct check {
	struct node node;
	const char *expr;	/* without the outer parentheses */
	const char *conflict;
};

struct foreign_key {
	struct node node;
	struct list columns;
	const char *table;
	struct list ref_columns;	/* empty: the primary key */
	const char *on_delete;	/* NULL: no action */
	const char *on_update;
	const char *match;
	bool deferrable;
	bool initially_deferred;
};

struct index {
	struct node node;
	bool unique;
	struct list key;	/* terms: expression [COLLATE c] [DESC] */
	const char *where;
};

struct trigger {
	struct node node;
	const char *body;	/* everything behind the name */
};

extern const struct kind kind_table, kind_virtual, kind_view, kind_column,
	kind_primary_key, kind_unique, kind_check, kind_foreign_key,
	kind_index, kind_trigger;

/* SQLite's, in the order in which siblings stand. */
extern const struct kind *const kinds[];
extern const size_t kinds_n;

/* Of those that an engine has; NULL = none. */
const struct kind *kind_find(const struct spelling *sp, const char *word);
size_t kind_rank(const struct kind *k);		/* its place among them */
bool kind_is_column(const struct kind *k);
bool kind_is_qualified(const struct kind *k);	/* its names are */
bool kind_is_table(const struct kind *k);	/* rows in columns */
/* Does the order of its columns count? */
bool node_places_count(const struct node *n);
void node_forget_places(struct node *n);
/* Must every row have a value there? */
bool node_demands(const struct node *n);

/* The value of a field, by its table row. */
bool field_flag(const struct node *n, const struct field *f);
const char *field_str(const struct node *n, const struct field *f);
const struct list *field_list(const struct node *n, const struct field *f);

#endif
