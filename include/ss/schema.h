/*
 * A schema: the set of its objects, for one engine, as a tree of nodes.
 *
 * Each kind of node is a plain struct that begins with `struct node`, and one
 * const table of its fields (kinds.h).  Text form, digest, diff, blame and
 * JSON are each one walk over that table.
 *
 *	schema ── objects[] ── node "users" (struct table)
 *	                         ├─ kids[] column "id", column "email"
 *	                         ├─ primary key (unnamed)
 *	                         └─ index "users_email"
 *
 * A schema is built in an arena, then sealed (sorted, indexed, checked), and
 * const from then on.
 */
#ifndef SS_SCHEMA_H
#define SS_SCHEMA_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"
#include "ss/hash.h"
#include "ss/map.h"

enum field_type {
	FIELD_FLAG,		/* bool: the line stands, or it does not */
	FIELD_WORD,		/* const char *: the engine's keyword */
	FIELD_TEXT,		/* const char *: bytes, compared as they are */
	FIELD_NAME,		/* const char *: an identifier */
	FIELD_NAMES,		/* struct list of identifiers, a line each */
	FIELD_SQL,		/* const char *: an expression or a body */
	FIELD_SQLS		/* struct list of expressions, a line each */
};

enum field_flag {
	FIELD_REF = 1,		/* names other objects: a dependency; not for
				 * lists */
	FIELD_REBUILD = 2,	/* SQLite must re-create the table */
	FIELD_COSMETIC = 4,	/* differs, but is not drift */
	FIELD_NEEDED = 8,	/* without it the node is none */
	FIELD_PLACES = 16,	/* a flag: the columns' order counts; where a
				 * kind has none, it always does */
	FIELD_UNION = 32,	/* a list whose elements are merged one by
				 * one */
	FIELD_COLUMNS = 64,	/* a list of columns of its own table, maybe
				 * with words behind them, or expressions */
	FIELD_COLUMNS_THERE = 128,	/* of that which a REF field names */
	FIELD_DEMANDS = 256,	/* a flag: every row must have a value ... */
	FIELD_FILLS = 512	/* ... and gets one, where nobody gives any */
};

struct field {
	const char *name;
	size_t offset;
	enum field_type type;
	unsigned flags;
};

enum kind_flag {
	KIND_OBJECT = 1,	/* top level: a blob of its own */
	KIND_ORDERED = 2,	/* siblings keep the order they were read in */
	KIND_ROWS = 4,		/* holds rows: its origin is kept for ever */
	KIND_NAMED = 8		/* a part that always has a name */
};

struct kind {
	const char *word;	/* as the text form and paths spell it */
	size_t size;
	unsigned flags;
	const struct field *fields;
	size_t nfields;
	const struct kind *const *parts;	/* ends in a NULL; NULL: none */
};

struct node {
	const struct kind *kind;
	const char *name;	/* as spelled; NULL: unnamed */
	const char *origin;	/* NULL: born under its name */
	struct node *parent;	/* NULL: an object */
	struct node **kids;	/* sorted by kind, then as the kind says */
	size_t nkids;
	size_t kids_cap;
	const char *key;	/* after sealing: how it is matched (folded
				 * origin or name; unnamed: its digest form) */
	const char *fold;	/* after sealing: the folded name, or key */
	unsigned char digest[SHA256_LEN];	/* objects, after sealing */
	uint64_t cosmetics;	/* objects, after sealing: of what the digest
				 * leaves out and yet differs; 0: nothing */
	bool sealed;		/* objects: may be shared by many schemas */
	/* Objects: the git names of the text form, once the store has asked
	 * for them. */
	bool named;
	unsigned char oid[SHA1_LEN];
	unsigned char n256[SHA256_LEN];
	/* What it depends on, as node_ref() spells it, sorted, where the
	 * engine's catalog knows; in the text form, not in the digest. */
	struct list needs;
};

/* "s1:" and 64 hex digits and a NUL. */
#define SCHEMA_DIGEST_LEN 68

/* How an engine's names and expressions compare; const, one per engine. */
struct spelling {
	const char *engine;
	void (*fold_name)(struct buf *b, const char *name);
	void (*fold_sql)(struct buf *b, const char *sql);
	const struct kind *const *kinds;	/* that it has */
	const size_t *nkinds;
	/* Objects' names are as SQL writes them: a."B c".f(integer) */
	bool qualified;
};

struct schema {
	const struct spelling *spelling;
	struct arena *arena;
	struct arena *nodes;	/* where nodes come from; NULL: arena */
	struct node **objects;	/* after sealing: by kind, then by fold */
	size_t n;
	size_t cap;
	const char *version;	/* the engine's, that it was read with; NULL:
				 * nothing was read */
	struct list settings;	/* lines of the `engine` file that are hashed */
	struct list retired;	/* used-up origins: logical paths, sorted */
	struct map by_name;	/* after sealing: "kind/fold" -> node */
	char digest[SCHEMA_DIGEST_LEN];	/* after sealing */
	bool sealed;
};

/* The folded form of a name or an expression, in the arena. */
char *fold_name_in(struct arena *a, const struct spelling *sp, const char *s);
char *fold_sql_in(struct arena *a, const struct spelling *sp, const char *s);

void schema_init(struct schema *s, const struct spelling *sp, struct arena *a);
void schema_release(struct schema *s);	/* the index; the rest is the arena's */

/* A new node of this kind, filled with nothing. */
struct node *node_new(struct arena *a, const struct kind *kind,
		      const char *name);
void schema_add(struct schema *s, struct node *object);
void node_add(struct arena *a, struct node *parent, struct node *kid);

/* Sort, index and check: two objects or named siblings of one name fail. */
int schema_seal(struct schema *s, struct err *err) MUST_CHECK;

/* A copy of objects[i] that only this schema has, sealed, in its place. */
struct node *schema_own(struct schema *s, size_t i);
/* Let the columns of every object stand as they do in `like`, where it has the
 * same ones. */
void schema_take_order(struct schema *s, const struct schema *like);
/* What the nodes of `like`, which must live as long, need besides: which of two
 * indexes a foreign key hangs on is as it came about. */
void schema_add_needs(struct schema *s, const struct schema *like);
/* Give a sealed node another origin (NULL: its own name). */
void node_set_origin(struct node *n, const char *origin,
		     const struct schema *s);

const struct node *schema_find(const struct schema *s, const struct kind *k,
			       const char *name);
/* The table, sequence, view ... of that name (one namespace). */
const struct node *schema_find_relation(const struct schema *s,
					const char *name);
const struct node *node_find(const struct node *parent, const struct kind *k,
			     const char *name, const struct spelling *sp);

/* Append `kind/name` with the name encoded as paths are (no fan-out), folded
 * for the digest where sp is given, else as spelled. */
void node_path(struct buf *b, const struct node *object,
	       const struct spelling *sp);
/* Append what tells a node from all others of its schema: "table users",
 * "column email of table users". */
void node_ref(struct buf *b, const struct node *n);
/* Append what a user calls it: "table users", "column users.email". */
void node_title(struct buf *b, const struct node *n);

/* One object in its text form.  Exactly one encoding for one tree. */
void node_encode(struct buf *b, const struct node *object);
/* The form whose sha256 goes into the digest: no origins, nothing cosmetic,
 * names folded, columns sorted where the table is not `ordered`. */
void node_encode_folded(struct buf *b, const struct node *n,
			const struct spelling *sp);
/* Have two objects the same digest form, whether or not their columns' order
 * counts?  That is for the engine to say: what depends on it may be another
 * object. */
bool node_same_but_places(const struct node *a, const struct node *b,
			  const struct spelling *sp, struct arena *arena);
/*
 * Read a text form.  Every byte string that node_encode() would not have
 * written is refused with ERR_DAMAGED and the line.
 */
int node_decode(struct node **out, const struct spelling *sp, const char *text,
		size_t len, struct arena *a, struct err *err) MUST_CHECK;
/* A deep copy of a node, unsealed. */
struct node *node_copy(struct arena *a, const struct node *n);

/* Computed by schema_seal(). */
void schema_digest(char out[SCHEMA_DIGEST_LEN], const struct schema *s);
void schema_compute_digest(struct schema *s);
/* The same from (path, digest) pairs whose schema is not in memory. */
struct schema_entry {
	const char *path;	/* folded logical path */
	unsigned char digest[SHA256_LEN];
};
void schema_digest_of(char out[SCHEMA_DIGEST_LEN], struct schema_entry *v,
		      size_t n, const struct list *settings);

#endif
