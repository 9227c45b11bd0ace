/*
 * What the files of the PostgreSQL engine share.
 *
 *	libpq    the client library, loaded when it is needed
 *	cluster  a private server for scratch
 *	open     connections, transactions, scratch databases
 *	again    queries whose plans are kept
 *	errors   what the server says -> an error of ours
 *	url      what of it may be shown
 *	major    which servers there are for us
 *	search-path  where users' code finds what it names
 *	load     sources, statement by statement
 *	queries  what is asked of the catalog, as data
 *	read     the answers -> a schema
 *	steps    what runs outside of transactions
 *	data     what somebody wrote by hand
 *	moment   what has been read already, and whether it is still so
 *	depend   who needs whom
 *	emit     one node -> the SQL that creates, drops or changes it
 *	lower    two schemas -> actions -> statements in their order
 */
#ifndef ENGINE_POSTGRES_H
#define ENGINE_POSTGRES_H

#include "engine/postgres/libpq.h"

#include "ss/engine.h"
#include "ss/kinds.h"
#include "ss/kinds-postgres.h"

struct conn {
	const struct engine *engine;
	PGconn *pg;
	PGconn *admin;		/* scratch: who made the database */
	char *database;		/* scratch: its name; NULL: none */
	const char *address;	/* and by what others find it */
	int major;		/* 15 */
	int dialect;		/* the same, but for tests: what queries are
				 * written for */
	bool scratch;
	unsigned cluster;	/* scratch: the private cluster's major; 0: the
				 * server is not ours alone */
	char *search_path;	/* scratch: for sources; as SQL has it */
	bool in_transaction;
	char *conninfo;		/* for a second connection; NULL: scratch */
	const char *blocker;	/* whom the last statement waited for; NULL */
	const volatile int *stop;	/* see engine.heed; NULL: never */
	unsigned looks;
	unsigned readings;	/* again.c: that have begun; scratch's */
	size_t kept, asked;	/* queries: whose plans are kept; now */
	size_t ahead;		/* that were sent all at once */
	bool noted_rows;
	char *moment;		/* moment.c: when that was read; NULL: never */
	unsigned char print[SHA256_LEN];
	struct schema *found;	/* what was read then; NULL: given away */
	struct arena found_arena;
	note_fn note;
	struct arena arena;
};

extern const struct spelling pg_spelling;
extern const struct park_forms pg_park;

int pg_connect(struct conn **out, const char *conninfo, struct err *err)
	MUST_CHECK;
/* Wherever it does not come about within so many seconds, it fails. */
PGconn *pg_connect_within(const char *conninfo, const char *seconds);
void pg_close(struct conn *c);
int pg_scratch(struct conn **out, const struct scratch_opts *opts,
	       struct err *err) MUST_CHECK;
int pg_share(struct conn *c, struct buf *url, const char *dir,
	     struct err *err) MUST_CHECK;
void pg_scratch_at(const char *url);
/* err_set() with the server's words; the result may be NULL. */
int pg_err(struct conn *c, const PGresult *r, const char *what,
	   struct err *err);
int pg_no_connection(struct conn *c, struct err *err);
/* Run, and have its rows: the caller's to pq.clear(); NULL where it failed. */
PGresult *pg_rows(struct conn *c, const char *sql, struct err *err);
/* pq.exec() on scratch: roles that a private server lacks are made there, and
 * it runs again. */
PGresult *pg_exec_scratch(struct conn *c, const char *sql);
/* Until something of the answer is there: finds out whom it waits for, and has
 * it given up where it is not wanted any more. */
void pg_wait(struct conn *c);
/* The answer to what was sent, as pq.exec() has it. */
PGresult *pg_answer(struct conn *c);
/* Two runners on one database meet at this advisory lock ("schemast", as a
 * number).  Does somebody else hold it? */
#define PG_SESSION_LOCK "8315167647266992244"
bool pg_other_runner(struct conn *c);
int pg_runner_err(struct err *err);	/* says so; -1 */
int pg_run(struct conn *c, const char *sql, struct err *err) MUST_CHECK;

/* major.c: what the server is; ERR_REFUSED where it is too old. */
int pg_find_major(struct conn *c, struct err *err) MUST_CHECK;
/* Once: it is newer than all that are known. */
void pg_tell_major(const struct conn *c);
void pg_add_version(struct buf *b, const struct conn *c);
unsigned pg_major_of(const char *version);	/* 0: of none */

/* search-path.c: as SQL has it, whatever the text; NULL is the default.
 * ERR_USAGE where it is no list of names. */
int pg_search_path(const char **out, const char *text, struct arena *a,
		   struct err *err) MUST_CHECK;
/* That of a schema's settings. */
int pg_search_path_of(const char **out, const struct schema *s,
		      struct arena *a, struct err *err) MUST_CHECK;
/* As a setting, where it is not the default. */
int pg_add_search_path(struct schema *s, const char *text, struct err *err)
	MUST_CHECK;

/* A URL without its password. */
char *pg_url_shown(struct arena *a, const char *url);
/* Is it one whose password libpq would take for something else? */
int pg_url_check(const char *url, struct err *err) MUST_CHECK;

/* The same, of the n-th query since pg_again_begin(), which is the same each
 * time: see again.c.  `sql` are the first n of them. */
int pg_again_begin(struct conn *c, const char *sql, size_t n, struct err *err)
	MUST_CHECK;
PGresult *pg_rows_again(struct conn *c, const char *sql, struct err *err);
/* Behind the last of them, and wherever one has failed. */
void pg_again_end(struct conn *c);

/* What is printed, and how, does not depend on who asks. */
int pg_settings(struct conn *c, struct err *err) MUST_CHECK;

/* Behind the token at pos: a literal, a quoted name, a comment, a word, or a
 * byte. */
size_t pg_token_end(const char *sql, size_t len, size_t pos);
/* Behind the semicolon that ends the statement at pos; sql[len] is a NUL. */
size_t pg_statement_end(const char *sql, size_t len, size_t pos);
/* Over blanks, comments and semicolons. */
size_t pg_skip_blank(const char *sql, size_t len, size_t pos);

/* ---- steps: see struct engine ------------------------------------------ */

void pg_limit(struct conn *c, int ms);
int pg_hold(struct conn *c, struct err *err) MUST_CHECK;
int pg_exec_alone(struct conn *c, const char *sql, struct err *err) MUST_CHECK;
int pg_settle(struct conn *c, const struct statement *st, struct err *err)
	MUST_CHECK;

/* ---- data: see struct engine -------------------------------------------- */

size_t pg_statement(const char *sql, size_t len, size_t *pos);
int pg_as_loaded(struct buf *out, const char *sql, const struct schema *s,
		 struct err *err) MUST_CHECK;
int pg_exec_data(struct conn *c, const char *sql, int64_t *rows,
		 struct err *err) MUST_CHECK;
int pg_lower_data(struct script *out, const struct data_run *r,
		  const struct schema *at, const struct lower_opts *o,
		  struct arena *a, struct err *err) MUST_CHECK;
int pg_lower_edited(struct script *out, const char *title, const char *sql,
		    struct arena *a, struct err *err) MUST_CHECK;

int pg_load_source(struct conn *c, const char *sql, size_t len,
		   const char *file, struct err *err) MUST_CHECK;

/* ---- read ------------------------------------------------------------- */

/* Catalogs, by the oids that they have for ever; 0: none. */
enum pg_class {
	CLASS_TYPE = 1247, CLASS_ROUTINE = 1255, CLASS_RELATION = 1259,
	CLASS_SERVER = 1417, CLASS_USER_MAPPING = 1418, CLASS_WRAPPER = 2328,
	CLASS_METHOD = 2601, CLASS_DEFAULT = 2604, CLASS_CAST = 2605,
	CLASS_CONSTRAINT = 2606, CLASS_CONVERSION = 2607,
	CLASS_LANGUAGE = 2612, CLASS_NAMESPACE = 2615, CLASS_OPCLASS = 2616,
	CLASS_OPERATOR = 2617, CLASS_REWRITE = 2618, CLASS_TRIGGER = 2620,
	CLASS_OPFAMILY = 2753, CLASS_EXTENSION = 3079, CLASS_POLICY = 3256,
	CLASS_STATISTICS = 3381, CLASS_COLLATION = 3456,
	CLASS_EVENT_TRIGGER = 3466, CLASS_TRANSFORM = 3576,
	CLASS_TS_DICTIONARY = 3600, CLASS_TS_PARSER = 3601,
	CLASS_TS_CONFIGURATION = 3602, CLASS_TS_TEMPLATE = 3764,
	CLASS_PUBLICATION = 6104, CLASS_DEFAULT_ACL = 826
};

/*
 * One query per kind; its rows' columns by their names:
 *	oid, sub	what pg_depend calls it, in `class`
 *	parent		parts: the object's oid, in `parent`; where there is
 *			no such object the row is not ours
 *	name
 *	relation, type, array, rule, default-oid
 *			what else pg_depend calls it: oids in CLASS_RELATION,
 *			CLASS_TYPE (twice), CLASS_REWRITE, CLASS_DEFAULT
 *	class		opaque: the class; what is known already is none
 *	the rest	fields, by their words in the text form: flags are
 *			booleans, lists text[]
 */
struct pg_query {
	const struct kind *kind;
	enum pg_class class, parent;
	const char *sql;
};
extern const struct pg_query pg_queries[], pg_rare_queries[];
extern const size_t pg_queries_n, pg_rare_queries_n;
extern const char pg_depend_query[];
/* {14:A|B} is A where the server's major version is at least 14, else B. */
char *pg_query_text(struct arena *a, const char *sql, int major);

typedef bool (*pg_known_fn)(void *ctx, const char *class, const char *oid);
/* The query for what is not known; NULL: all is. */
int pg_opaque_query(char **sql, struct conn *c, pg_known_fn known, void *ctx,
		    struct err *err) MUST_CHECK;
/* Of scratch: a database that has any cannot be dropped. */
void pg_forget_subscriptions(struct conn *c);

int pg_read(struct conn *c, struct schema *s, const struct read_opts *opts,
	    struct err *err) MUST_CHECK;

/* What `opts` ignores goes; ERR_REFUSED where something that stays needs it.
 * What of them counts for the schema is noted as its settings. */
int pg_leave_out(struct schema *s, const struct read_opts *opts,
		 struct err *err) MUST_CHECK;
/* 1 it has been read, and nothing has changed since: here it is; 0; -1 */
int pg_read_before(struct schema *s, struct conn *c, struct err *err)
	MUST_CHECK;
void pg_forget_moment(struct conn *c);
/* Of the schema that it is. */
int pg_fingerprint(struct conn *c, unsigned char out[SHA256_LEN],
		   struct err *err) MUST_CHECK;

/* ---- emit ------------------------------------------------------------- */

/* %I an identifier, %L a string literal, %s SQL text; nothing else. */
void pg_addf(struct buf *b, const char *fmt, ...);
char *pg_printf(struct arena *a, const char *fmt, ...);
void pg_quote_name(struct buf *b, const char *name);
void pg_quote_text(struct buf *b, const char *text);

int pg_lower(struct script *out, const struct schema *from,
	     const struct schema *to, const struct lower_opts *opts,
	     struct arena *a, struct err *err) MUST_CHECK;

#endif
