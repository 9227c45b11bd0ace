/*
 * SQL of PostgreSQL's nodes; see emit.c.
 */
#ifndef ENGINE_POSTGRES_EMIT_H
#define ENGINE_POSTGRES_EMIT_H

#include "engine/postgres/postgres.h"

/* What a kind takes. */
struct pg_ops {
	const struct kind *kind;
	const char *noun;	/* DROP noun, COMMENT ON noun */
	/* CREATE, without comment and grants; NULL: part of its object's */
	void (*create)(struct buf *b, const struct node *n);
	/* What stands behind DROP and COMMENT ON; NULL: noun and name. */
	void (*target)(struct buf *b, const struct node *n);
	const char *granted;	/* GRANT ON noun; NULL: the noun */
};
const struct pg_ops *pg_ops_of(const struct kind *k);	/* NULL: none */

extern const struct pg_ops pg_rare_ops[];
extern const size_t pg_rare_ops_n;

/* Beside %I, %L and %s: %U a word in capitals, %N a struct list of names,
 * %l one of SQL, each with commas between. */
void pg_add_column(struct buf *b, const struct node *column);
void pg_add_identity(struct buf *b, const struct pg_column *c);
void pg_add_sequence_options(struct buf *b, const struct pg_sequence *s);
void pg_add_routine_name(struct buf *b, const char *name);
/* "public.t" of "public.t.c". */
void pg_add_table_of(struct buf *b, const char *column);
/* By its name as SQL has it. */
const struct node *pg_find_column(const struct node *table, const char *name);
bool pg_list_has(const struct list *l, const char *s);
/* Is a name in the SQL, as a word of its own?  In a literal it counts, too. */
bool pg_has_name(const char *sql, const char *name);
/* CREATE INDEX under this name; a key's, CONCURRENTLY; and the key upon it. */
void pg_add_index(struct buf *b, const struct node *n, const char *name,
		  bool concurrently);
void pg_add_key_index(struct buf *b, const struct node *n, const char *name);
void pg_add_key_upon(struct buf *b, const struct node *n, const char *name);
void pg_add_schema(struct buf *b, const char *name);
/* A statement, such that what is in it reads back as it is; see repair.c. */
const char *pg_repaired(struct arena *a, const char *sql);
/* "TABLE ONLY a, TABLES IN SCHEMA b", " WITH (publish = ...)" */
void pg_add_published(struct buf *b, const struct pg_publication *p);
void pg_add_publishing(struct buf *b, const struct pg_publication *p);
/* "ONLY " where a part is not its children's. */
const char *pg_only(const struct node *part);

#endif
