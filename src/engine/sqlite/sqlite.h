/*
 * What the files of the SQLite engine share.
 *
 *	parse   the text of a catalog row -> nodes
 *	read    the catalog -> a schema
 *	emit    one node -> the SQL that creates it
 *	lower   two schemas -> statements (rebuild: of one table)
 *	single  is a text one statement?
 *	open    connections, transactions
 *	load    sources
 *	data    what somebody wrote by hand
 *	extend  what is not SQLite's own: extensions, stubs
 */
#ifndef ENGINE_SQLITE_H
#define ENGINE_SQLITE_H

#include <sqlite3.h>

#include "ss/engine.h"
#include "ss/kinds.h"
#include "ss/sqltok.h"

#define OURS "schemastore_"
#define REBUILT "schemastore_new"

struct conn {
	const struct engine *engine;
	sqlite3 *db;
	const char *path;	/* ":memory:" for scratch */
	bool scratch;		/* stubs are allowed */
	struct list extensions;	/* their paths */
	struct list stubs;	/* "function 'f'", as they were needed */
	size_t told;		/* of how many of them `note` has heard */
	unsigned noted;		/* bit i: the i-th remark of load.c is made */
	note_fn note;		/* NULL: nobody hears */
	struct arena arena;
	struct map stars;	/* text of a row -> struct list, see read.c */
	struct map facts;	/* likewise -> struct module_facts */
	bool foreign_keys;	/* what it was before begin */
	bool in_transaction;
	unsigned looks;		/* look() without its look_end() */
	unsigned stats;		/* bit i: the i-th of stats.c is set aside */
};

/* err_set() with SQLite's own message; SQLITE_BUSY becomes ERR_BUSY. */
int sqlite_err(struct conn *c, const char *what, struct err *err);
int sqlite_prepare(sqlite3_stmt **out, struct conn *c, const char *sql,
		   struct err *err) MUST_CHECK;
/* sqlite3_prepare_v2(), and step to the end and finalize, with stubs where
 * they are allowed; an SQLite code. */
int sqlite_compile(sqlite3_stmt **out, struct conn *c, const char *sql,
		   const char **tail) MUST_CHECK;
int sqlite_finish(struct conn *c, sqlite3_stmt *st) MUST_CHECK;

/* ---- parse ----------------------------------------------------------- */

struct tokens {
	struct sqltok *v;	/* ends in an SQLTOK_END */
	size_t n;
	size_t cap;
	size_t pos;
	struct arena *arena;
	const char *what;	/* for errors: "table users" */
	const struct node *table;	/* whose keys these are, or NULL */
	/* As SQLite's parser has them: the CONSTRAINT name that no constraint
	 * has taken yet, and the table's last foreign key. */
	const char *constraint;
	struct foreign_key *fk;
	struct err *err;
};

void tokens_init(struct tokens *t, const char *sql, struct arena *a);
const struct sqltok *tok_peek(const struct tokens *t);
bool tok_accept(struct tokens *t, const char *word);
bool tok_accept2(struct tokens *t, const char *word, const char *next);
int tok_expect(struct tokens *t, const char *word) MUST_CHECK;
int tok_name(const char **out, struct tokens *t) MUST_CHECK;
int tok_error(struct tokens *t, const char *expected);
const char *tok_take_constraint(struct tokens *t);
/* "(" tokens ")": *text is what stands between, as it is spelled. */
int tok_group(const char **text, struct tokens *t) MUST_CHECK;
/* The text from one token up to (not including) another, trimmed. */
char *tok_slice(struct tokens *t, size_t first, size_t end);

/* Parts of a table's definition that stand in columns and alone alike. */
int parse_column(struct tokens *t, struct node *table) MUST_CHECK;
int parse_conflict(const char **out, struct tokens *t) MUST_CHECK;
int parse_terms(struct list *out, bool *autoincrement, struct tokens *t)
	MUST_CHECK;
int parse_references(struct foreign_key *fk, struct tokens *t) MUST_CHECK;
int parse_deferrable(struct foreign_key *fk, struct tokens *t) MUST_CHECK;

/* One row of the catalog -> a node (an object, an index or a trigger). */
struct row {
	const char *type, *name, *table, *sql;
	const struct node *object;	/* whose index or trigger it is */
};
int parse_row(struct node **out, const struct row *row, struct arena *a,
	      struct err *err) MUST_CHECK;

/* ---- emit ------------------------------------------------------------ */

/* %I an identifier, %L a string literal, %s SQL text; nothing else. */
void sql_addf(struct buf *b, const char *fmt, ...);
char *sql_printf(struct arena *a, const char *fmt, ...);
void sqlite_quote_name(struct buf *b, const char *name);

/* CREATE of any object, index or trigger; name NULL: its own. */
char *emit_create(struct arena *a, const struct node *n, const char *name);
/* `name type constraints`, as in CREATE TABLE and ADD COLUMN. */
void emit_column(struct buf *b, const struct node *n);
/* A check or a foreign key, as it stands in a column's own line. */
void emit_hosted(struct buf *b, const struct node *n);
const char *emit_drop(struct arena *a, const struct node *n);

/* Is it one statement, and no more?  Before anything is run that holds text
 * out of a store. */
bool sql_is_single(const char *sql);
/* ERR_REFUSED where it is not; title says what it is about. */
int sqlite_refuse_many(const char *sql, const char *title, struct err *err)
	MUST_CHECK;

/* ---- data: see struct engine ------------------------------------------- */

size_t sqlite_statement(const char *sql, size_t len, size_t *pos);
int sqlite_as_loaded(struct buf *out, const char *sql, const struct schema *s,
		     struct err *err) MUST_CHECK;
int sqlite_exec_data(struct conn *c, const char *sql, int64_t *rows,
		     struct err *err) MUST_CHECK;
int sqlite_lower_data(struct script *out, const struct data_run *r,
		      const struct schema *at, const struct lower_opts *o,
		      struct arena *a, struct err *err) MUST_CHECK;
bool sqlite_begins_itself(const char *sql);
int sqlite_lower_edited(struct script *out, const char *title, const char *sql,
			struct arena *a, struct err *err) MUST_CHECK;

/* ---- virtual tables ---------------------------------------------------- */

enum holding {
	HOLDS_UNKNOWN,
	HOLDS_NOTHING,		/* it shows what others hold */
	HOLDS_FTS34, HOLDS_FTS5, HOLDS_RTREE, HOLDS_GEOPOLY
};

/* What the module of this table holds, whatever its name's case. */
enum holding module_holds(const struct virtual_table *v);
/* The arguments in one spelling: ", " between them, each as it is handed to
 * the module.  NULL: none. */
char *module_arguments(struct arena *a, const char *module, const char *text);
/* The value of `option=value`, unquoted; NULL: it is not there. */
const char *module_option(const struct virtual_table *v, const char *option,
			  struct arena *a);
/* The table or view whose rows a full-text table indexes: NULL: its own, "":
 * none. */
const char *module_content(const struct virtual_table *v, struct arena *a);

/* What comes of it where it is made alone. */
struct module_facts {
	struct list columns;	/* those that rows are made of */
	struct list hidden;
	struct list shadows;	/* the tables in which it keeps them */
	bool stands_in;		/* its columns are another table's */
	bool late_stat;		/* one more may come: NAME_stat */
};
int module_probe(struct module_facts *out, const struct virtual_table *v,
		 const struct list *extensions, struct arena *a,
		 struct err *err) MUST_CHECK;

/* ---- lower ----------------------------------------------------------- */

struct lowering {
	struct script *out;
	const struct schema *before;	/* as the database stands */
	const struct schema *from;	/* behind the renames */
	const struct schema *to;
	bool by_name;		/* from and to match by name: see renames */
	bool fk_before;		/* are broken keys counted before? */
	bool order_checks;	/* are columns' orders looked at? */
	const struct lower_opts *opts;
	struct arena *arena;
	struct err *err;
};

enum table_way { TABLE_KEEP, TABLE_ALTER, TABLE_REBUILD };

/* What the change of a table takes. */
enum table_way table_way(const struct lowering *l, const struct change *ch);
void lower_alter(struct lowering *l, const struct change *ch);
void lower_rebuild(struct lowering *l, const struct change *ch);
/* All of a virtual table that is new or changed, and what it indexes. */
int lower_virtual(struct lowering *l, const struct change *ch) MUST_CHECK;
/* Refuse what SQLite would do to tables that are not the virtual table's. */
int lower_virtual_guard(struct lowering *l, const struct diff *d) MUST_CHECK;
void lower_drop_object(struct lowering *l, const struct node *n);
/* Rename what is renamed; *after: the schema as SQLite leaves it. */
int lower_renames(struct lowering *l, const struct diff *d,
		  struct schema *after) MUST_CHECK;
/* Checks that keep foreign keys whole; FK_BROKEN is what SQLite then says. */
#define FK_BROKEN "rows would lose the parent of a foreign key"
void lower_fk_before(struct lowering *l, const struct diff *d);
void lower_fk_after(struct lowering *l, const struct diff *d);

struct statement *lower_add(struct lowering *l, const struct node *n,
			    const char *sql);
/* A statement that changes nothing, and fails where something is wrong. */
void lower_check(struct lowering *l, const struct node *n, const char *sql);
/* The column of the old table that goes on in this one, NULL = none. */
const struct node *column_twin(const struct lowering *l,
			       const struct node *from,
			       const struct node *column);

/* ---- hazards ----------------------------------------------------------- */

/* Each adds to a statement what it risks, with the query that counts. */
void hazard_drop(struct lowering *l, struct statement *st,
		 const struct node *n);
void hazards_rebuild(struct lowering *l, struct statement *st,
		     const struct change *ch);
void hazards_given(struct lowering *l, struct statement *st,
		   const struct column *to);
void hazard_unique(struct lowering *l, struct statement *st,
		   const struct node *index);
void hazards_constraint(struct lowering *l, struct statement *st,
			const struct node *n);
/* How a column stores values: https://www.sqlite.org/datatype3.html, 3.1 */
enum affinity {
	AFF_NONE, AFF_BLOB, AFF_TEXT, AFF_NUMERIC, AFF_INTEGER, AFF_REAL,
	AFF_N
};
enum affinity affinity(const struct column *c);

/* What the table and the column were before; NULL: new. */
const struct node *table_before(const struct lowering *l,
				const struct node *to);
const struct node *column_before(const struct node *before,
				 const struct node *to);

/* Rows of the database as it stands; NULL: they cannot be counted.  `to`,
 * `table` and `n` are the new schema's, `column` is the old one's. */
const char *count_all(struct lowering *l, const struct node *to);
const char *count_where(struct lowering *l, const struct node *column,
			const char *condition);	/* ? is the column */
const char *count_value(struct lowering *l, const struct column *to,
			const char *condition);	/* ? is what it will hold */
const char *count_unique(struct lowering *l, const struct node *table,
			 const struct list *key, const char *where);
const char *count_check(struct lowering *l, const struct node *n);
/* before: the same foreign key in the old schema, NULL: none; what was broken
 * already does not count. */
const char *count_orphans(struct lowering *l, const struct node *n,
			  const struct node *before);

/* A column's default as an expression (`DEFAULT abc` is a string). */
const char *default_expr(struct arena *a, const struct column *c);
/* The column that is the rowid, NULL = none. */
const struct node *rowid_alias(const struct node *table);

/* Does it refuse NULL: by its own word, or as part of a key that does? */
bool column_required(const struct column *c);
/* Is its default a literal other than NULL (strict: of the column's type)? */
bool is_constant(const struct column *c, bool strict);
/* Does the default take the place of NULLs? */
bool fills_null(const struct column *from, const struct column *to);
/* An ordinary column before, another name of the rowid now? */
bool becomes_rowid(const struct column *from, const struct column *to);
/* A name by which the rowid can be had in both tables; NULL: there is none. */
const char *rowid_name(const struct node *from, const struct node *to);

extern const struct spelling sqlite_spelling;
extern const struct park_forms sqlite_park;

int sqlite_read(struct conn *c, struct schema *s, const struct read_opts *opts,
		struct err *err);
int sqlite_dangling(struct conn *c, struct dangling *out,
		    const struct schema *s, struct arena *a, struct err *err);
void sqlite_order_names(struct list *out, const char *sql, struct arena *a);
int sqlite_fingerprint(struct conn *c, unsigned char out[SHA256_LEN],
		       struct err *err);
int sqlite_load(struct conn *c, const char *sql, size_t len, const char *file,
		struct err *err);
int sqlite_lower(struct script *out, const struct schema *from,
		 const struct schema *to, const struct lower_opts *opts,
		 struct arena *a, struct err *err);
int sqlite_scratch(struct conn **out, const struct scratch_opts *opts,
		   struct err *err);
void sqlite_close_conn(struct conn *c);
int sqlite_run(struct conn *c, const char *sql, struct err *err);
int sqlite_query(struct conn *c, const char *sql, const struct value *args,
		 size_t nargs, row_fn fn, void *ctx, struct err *err);

/* ---- extensions and stubs ---------------------------------------------- */

int sqlite_extend(struct conn *c, const struct list *paths, struct err *err)
	MUST_CHECK;
/* On scratch: make what the last error misses; true: try it again. */
bool sqlite_add_stub(struct conn *c);
void sqlite_stub_collations(struct conn *c);
/* Where the last error misses something: the hint where to have it from. */
void sqlite_hint_extension(const struct conn *c, struct err *err);

/* ---- statistics -------------------------------------------------------- */

/* Set aside what ANALYZE has found out; later: bring back what still holds.
 * Both in the transaction. */
int stats_keep(struct conn *c, struct err *err) MUST_CHECK;
int stats_restore(struct conn *c, struct err *err) MUST_CHECK;

#endif
