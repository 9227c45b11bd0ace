/*
 * What differs between two sealed schemas.
 *
 * Nodes are matched by origin (default: the name); equal subtrees are skipped
 * by digest.  Engines are not known here: a change says "altered", and the
 * engine's `lower` decides what that takes.
 */
#ifndef SS_DIFF_H
#define SS_DIFF_H

#include "ss/schema.h"

enum change_op {
	CHANGE_ADD,
	CHANGE_DROP,
	CHANGE_ALTER,		/* fields, name, place or kids differ */
	CHANGE_N
};

extern const char *const change_words[CHANGE_N];	/* "added" ... */

struct change {
	enum change_op op;
	const struct node *from;	/* NULL: added */
	const struct node *to;		/* NULL: dropped */
	bool renamed;
	bool moved;		/* objects: its columns stand in another
				 * order than dropping and appending gives */
	uint64_t fields;	/* bit i: the kind's fields[i] differs */
	struct change *kids;	/* changes of parts, in kind order */
	size_t nkids;
};

struct diff {
	struct change *v;	/* of objects, in kind order */
	size_t n;
	bool cosmetic_only;	/* n > 0, and none of it is in the digest */
};

enum diff_flag {
	DIFF_COLUMN_ORDER = 1,	/* `moved` is a change on every table, not
				 * only on those that are `ordered` */
	DIFF_SPELLING = 2,	/* also what only the text form shows */
	DIFF_BY_NAME = 4	/* match by name, whatever the origins say */
};

/* Both sealed, of one engine.  The result lives in the arena. */
void schema_diff(struct diff *out, const struct schema *from,
		 const struct schema *to, unsigned flags, struct arena *a);

/*
 * What one of several schemas knows of renames that were declared late, all of
 * them are taken to know: v is in the place of the schemas, and shares what
 * does not change.  Diff, merge and plan do so by themselves.
 */
struct agreed {
	const struct schema *v[3];
	size_t n;
	struct schema own[3];
};
void schema_agree(struct agreed *out, const struct schema *const *v, size_t n,
		  struct arena *a);
/* The lines of a `retired`, read: sorted, each once, each in its one form; else
 * ERR_DAMAGED. */
int retired_check(const struct list *retired, struct err *err) MUST_CHECK;
/* Has this node its origin because somebody said so, late? */
bool schema_is_late(const struct schema *s, const struct node *n);
void schema_agree_release(struct agreed *g);	/* the indexes alone */

/* Do two nodes of one kind have the same there, as the spelling folds it; sp
 * NULL: to the letter? */
bool field_same(const struct field *f, const struct node *a,
		const struct node *b, const struct spelling *sp,
		struct arena *arena);

/* "yes", "INT", "a, b", "none" */
void field_add_value(struct buf *b, const struct node *n,
		     const struct field *f);
/* The first of what differs, in half a sentence; `from` is what was wanted. */
void diff_brief(struct buf *b, const struct diff *d);

/* Is anything that holds rows renamed? */
bool diff_renames(const struct diff *d);

/*
 * A rename that somebody declared: `users.mail=email` (a column), or
 * `users=people` (an object); names with . or = in double quotes.
 */
struct rename {
	const char *object;	/* by its name in `from` */
	const char *column;	/* NULL: the object itself */
	const char *to;
	/* Declared late: it is no longer in `from`, but was this node of an
	 * earlier version, and is that one of `from`.  NULL: both are NULL. */
	const struct node *was, *now;
};
int rename_parse(struct rename *r, const char *text, struct arena *a,
		 struct err *err) MUST_CHECK;
/* Where names are qualified: "users", "public.users", "public.users.mail" are
 * looked for in the two schemas, quotes left out, and replaced by the names
 * that are there; what is not there is left as it is. */
void rename_resolve(struct rename *r, const struct schema *from,
		    const struct schema *to, struct arena *a);
/* Is it this node that somebody named, `users` or `users.mail`? */
bool rename_is_node(const char *text, const struct node *n);
/* Append the option that declares it, as a shell takes it: "--rename OLD=NEW",
 * or, where `to` is NULL, "--no-rename=NODE". */
void rename_add_flag(struct buf *b, const struct node *from,
		     const struct node *to);

/*
 * Give `to` (sealed, read anew, so without origins) the origins of `from`: by
 * the declared renames, else by name.  A rename that matches nothing, or to
 * what the engine takes for the same name, is ERR_USAGE.  Retired origins are
 * carried over and added to.  Nodes that are shared are copied before they
 * change.
 */
int schema_inherit(struct schema *to, const struct schema *from,
		   const struct rename *renames, size_t n, struct err *err)
	MUST_CHECK;

/* Which of the renames hold between these two: there is the node before, and
 * one of the new name. */
void renames_used(bool *used, struct schema *to, const struct schema *from,
		  const struct rename *renames, size_t n);

/*
 * Give `s` (sealed, read anew), which stands between others, the origins of the
 * nodes that are called so in the first of them that has one.
 */
void schema_recall(struct schema *s, const struct schema *const *others,
		   size_t n);

/*
 * The schema between two others (sealed), in which a data step finds both: what
 * is new in `to` is there, and what is dropped is not gone yet.  Columns that
 * come or go, or that become NOT NULL, need no value; keys, checks and indexes
 * that are new or altered are not there yet, dropped ones are not any more.
 * ERR_REFUSED where two of them would have one name.  Sealed; shares nodes with
 * both.  That it can be loaded is not said.
 */
int schema_between(struct schema *out, const struct schema *from,
		   const struct schema *to, struct arena *a, struct err *err)
	MUST_CHECK;

/*
 * `to`, as rows can be put back into it: in these objects of it no trigger and
 * no rule fires, and of what d, which leads there, brings anew nothing is
 * demanded of their rows but the primary key.  Sealed; shares nodes with `to`.
 * ERR_REFUSED where somebody else's triggers or rules fire there.
 */
int schema_lax(struct schema *out, const struct diff *d,
	       const struct schema *to, const struct node *const *objects,
	       size_t n, struct arena *a, struct err *err) MUST_CHECK;

/*
 * A dropped node and an added one that look alike: same parent and kind, one
 * of each, same type or columns.
 */
struct candidate {
	const struct node *from;
	const struct node *to;
};
void rename_candidates(struct candidate **out, size_t *n,
		       const struct schema *from, const struct schema *to,
		       struct arena *a);

#endif
