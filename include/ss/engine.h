/*
 * An engine: `sqlite` (or, one day, `postgres`).  One const struct each; who
 * calls never learns which one it is, and asks for a capability instead.
 */
#ifndef SS_ENGINE_H
#define SS_ENGINE_H

#include "ss/data.h"
#include "ss/diff.h"
#include "ss/map.h"
#include "ss/park-forms.h"
#include "ss/script.h"

struct conn;

enum conn_flag {
	CONN_READ = 0,
	CONN_WRITE = 1,
	CONN_CREATE = 2		/* make the database where there is none */
};

struct value {
	enum { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB } type;
	int64_t i;
	const void *ptr;	/* the row function's until it returns */
	size_t len;
};
/* One row; returning non-zero stops the query without an error. */
typedef int (*row_fn)(void *ctx, const struct value *v, size_t n);

/* What was read once is not read again: many schemas share the nodes, which
 * live as long as this does, whatever becomes of the connections. */
struct read_cache {
	struct arena arena;
	struct map parsed;	/* the engine's: digest of a group -> node */
};
void read_cache_release(struct read_cache *c);

/* Something that a person should know and that is no error; one line. */
typedef void (*note_fn)(const char *text);

struct read_opts {
	const struct list *ignore;	/* names that are not ours to read */
	struct list *ignored;		/* which of them were there; in the
					 * schema's arena */
	/* See scratch_opts.  What is read has it as a setting, behind this
	 * word, where it is not the default. */
#define SETTING_SEARCH_PATH "search_path "
	const char *search_path;
	/* For sources: what their scratch is given. */
	const struct list *extensions;
	note_fn note;
	const char *like;	/* of this version() where there is one ... */
	bool only_like;		/* ... or else none; NULL: of any */
	struct read_cache *cache;	/* NULL: nodes are the schema's own */
};

/* What a scratch database is to be. */
struct scratch_opts {
	const char *version;	/* as version() has it; NULL: any */
	/* Schemas in which sources, and statements that run users' code, find
	 * what they name, as SQL has them; NULL: the engine's default. */
	const char *search_path;
};

struct lower_opts {
	bool column_order;
	bool online;		/* forms that hold up nobody, in steps */
	bool data;		/* data steps run in the same transaction, and
				 * may use whatever is new */
	const struct list *extensions;
};

/* What is there, and cannot be used. */
struct dangling {
	struct dangling_node {
		const struct node *node;
		const char *why;
	} *v;
	size_t n, cap;
};

struct engine {
	const char *name;
	const struct spelling *spelling;

	/* See engines_alone(). */
	void (*alone)(void);
	/* Is this URL ours?  (sqlite:PATH, sqlite://PATH) */
	bool (*owns)(const char *url);
	/* The file that a URL names; NULL: it names a server. */
	const char *(*file)(const char *url);
	/* A URL as it may be shown and kept: without a password; NULL: as it
	 * stands. */
	char *(*shown)(struct arena *a, const char *url);
	/* Is this file a database of ours?  (SQLite's magic, or empty with a
	 * database's ending.) */
	bool (*recognizes)(const char *path);
	int (*open)(struct conn **out, const char *url, unsigned flags,
		    struct err *err);
	/* A fresh throw-away database, out of which no file is reached; opts
	 * may be NULL.  ERR_REFUSED where there is none of that version. */
	int (*scratch)(struct conn **out, const struct scratch_opts *opts,
		       struct err *err);
	/* From now on names are found in this scratch as in a source; and,
	 * unless dir is NULL, by other programs as well: they find it, or a
	 * copy of it, by what is appended to url.  A file is made in that
	 * folder, which is the caller's to remove. */
	int (*share)(struct conn *c, struct buf *url, const char *dir,
		     struct err *err);
	/* Where scratch databases are made, instead of where the engine makes
	 * them by itself; it keeps the pointer.  NULL: there is no choice. */
	void (*scratch_at)(const char *url);
	/* A throw-away copy of a database, rows and all; from NULL: of an
	 * empty one.  Unlike scratch it lacks what a real one lacks. */
	int (*copy)(struct conn **out, struct conn *from, struct err *err);
	/* Load these libraries (NULL: none) into a connection that was just
	 * made: ERR_USAGE, ERR_ENGINE. */
	int (*extend)(struct conn *c, const struct list *paths,
		      struct err *err);
	/* Who hears what load(), or the connection itself, has to say; NULL:
	 * nobody. */
	void (*listen)(struct conn *c, note_fn note);
	void (*close)(struct conn *c);

	/* Run a source (sql[len] is a NUL); errors say file, line and column.
	 * Statements that a source may not hold (ATTACH, our names, what is
	 * temporary) are refused; what is no part of a schema (rows) is
	 * noted, once a connection. */
	int (*load)(struct conn *c, const char *sql, size_t len,
		    const char *file, struct err *err);
	/* The next statement of a text: *pos is moved to its first word, and
	 * where it ends is returned; *pos is len where there is none. */
	size_t (*statement)(const char *sql, size_t len, size_t *pos);
	/* Append a text so that edited SQL means what it means to load(): where
	 * names are found is as the schema's settings say. */
	int (*as_loaded)(struct buf *out, const char *sql,
			 const struct schema *s, struct err *err);
	/* Run statements as they stand. */
	int (*exec)(struct conn *c, const char *sql, struct err *err);
	int (*query)(struct conn *c, const char *sql, const struct value *args,
		     size_t nargs, row_fn fn, void *ctx, struct err *err);

	/* Run what somebody wrote by hand (statement.data), in the transaction
	 * that is open; rows, unless NULL: how many it has changed.  What may
	 * not be in it is ERR_REFUSED, here or by lower_data(). */
	int (*exec_data)(struct conn *c, const char *sql, int64_t *rows,
			 struct err *err);

	/* The catalog as a schema, sealed; the arena is s->arena. */
	int (*read)(struct conn *c, struct schema *s,
		    const struct read_opts *opts, struct err *err);
	/* Add what of s, which is loaded in this scratch, names what is not
	 * there; scratch is not as it was afterwards.  NULL: nothing of the
	 * kind can be loaded. */
	int (*dangling)(struct conn *c, struct dangling *out,
			const struct schema *s, struct arena *a,
			struct err *err);
	/* Add the folded names of the tables whose columns' order this view or
	 * trigger depends on, and other names; NULL: they cannot be told. */
	void (*order_names)(struct list *out, const char *sql,
			    struct arena *a);
	/* sha256 over the catalog's rows: same bytes, same schema. */
	int (*fingerprint)(struct conn *c, unsigned char out[SHA256_LEN],
			   struct err *err);

	/* Until look_end() all that is read is of one state, and no query takes
	 * a lock of its own.  Inside of another one it is nothing. */
	int (*look)(struct conn *c, struct err *err);
	void (*look_end)(struct conn *c);

	/* How long this connection waits for another one's lock; -1: as long
	 * as it takes. */
	void (*wait)(struct conn *c, int ms);
	/* A statement of a transaction that is running, or waiting, when this
	 * becomes non-zero is given up.  NULL: it ends first. */
	void (*heed)(struct conn *c, const volatile int *stop);
	/* Statements that take longer are given up; 0: none.  NULL where an
	 * engine has no online forms; so are the next four. */
	void (*limit)(struct conn *c, int ms);
	/* The session lock, beyond any transaction, until the connection is
	 * closed; begin() within it finds it taken by us. */
	int (*hold)(struct conn *c, struct err *err);
	/* Run a statement that takes no transaction (step_is_alone()). */
	int (*exec_alone)(struct conn *c, const char *sql, struct err *err);
	/* One that may have been begun before: 1 it is done, 0 it is to be
	 * run, and what was left of it is cleared away, -1. */
	int (*settle)(struct conn *c, const struct statement *st,
		      struct err *err);
	/* A number that is another one after another connection has written. */
	int (*stamp)(struct conn *c, int64_t *out, struct err *err);

	/* The one transaction: begin takes the session lock (ERR_BUSY where
	 * that takes too long); commit first brings back what the engine
	 * knew about the rows of tables that were rebuilt. */
	int (*begin)(struct conn *c, struct err *err);
	int (*commit)(struct conn *c, struct err *err);
	void (*rollback)(struct conn *c);

	/*
	 * What takes a database from one schema to the other.  Both are
	 * sealed; they may leave out what is alike, unless something is
	 * renamed (diff_renames).  What this engine cannot change is
	 * ERR_REFUSED with the object's name.
	 * So is what would be more than one statement: who has written into
	 * a store has no way to run SQL by it.
	 */
	int (*lower)(struct script *out, const struct schema *from,
		     const struct schema *to, const struct lower_opts *opts,
		     struct arena *a, struct err *err);
	/* Add what runs a data step where the schema is this one. */
	int (*lower_data)(struct script *out, const struct data_run *r,
			  const struct schema *at, const struct lower_opts *o,
			  struct arena *a, struct err *err);
	/* Add SQL that takes the place of what lower() would have added. */
	int (*lower_edited)(struct script *out, const char *title,
			    const char *sql, struct arena *a,
			    struct err *err);
	/* What it takes to keep what a plan destroys. */
	const struct park_forms *park;
	/* What is read of an object may, executed, read back as another one:
	 * see schema_reread(). */
	bool reprints;
	/* Lines around a printed script, and around its one transaction, with
	 * newlines; stop: what lets the engine's shell end at the first
	 * error. */
	const char *script_stop;
	const char *script_head;
	const char *script_begin;
	const char *script_foot;
	/* Must the SQL set what script_head sets before its transaction
	 * begins?  Then script_after is what it sets at its end.  NULL: none
	 * must. */
	bool (*begins_itself)(const char *sql);
	const char *script_after;
	/* The line before a printed schema that lets it be loaded as it
	 * stands; NULL: none is needed. */
	const char *source_head;
	/* Append what schemas are read with: "3.40.1", "postgresql 15".  c
	 * NULL, where it is the server that has it: nothing. */
	void (*version)(struct buf *b, const struct conn *c);
	/* A schema, and its digest, are as they are for one version() only. */
	bool by_version;
	/* Append "sqlite 3.40.1" or "postgresql 15.18 <system>/<oid>". */
	void (*target)(struct buf *b, struct conn *c);
};

extern const struct engine engine_sqlite, engine_postgres;

/* The process is ours and one of its threads alone uses engines, so that none
 * need guard or count what it shares with others.  Before anything else; never
 * in a library. */
void engines_alone(void);
/* Some of them, by name. */
struct engines {
	const struct engine *const *v;
	size_t n;
};
/* "sqlite, postgres": at least one, each once. */
int engines_parse(struct engines *out, const char *text, struct arena *a,
		  struct err *err) MUST_CHECK;
bool engines_have(const struct engines *v, const struct engine *e);
/* All that this build has. */
struct engines engines_known(void);
const struct engine *engine_find(const char *name);	/* NULL = none */
const struct engine *engine_of_url(const char *url);	/* NULL = none */
const struct engine *conn_engine(const struct conn *c);

#endif
