/*
 * What the files of merging share.
 */
#ifndef MIGRATIONS_MERGING_PARTS_H
#define MIGRATIONS_MERGING_PARTS_H

#include "ss/merging.h"

#include "migrations/record.h"
#include "ss/open-merge.h"

#define BASES_MAX 8

/* What happens to one engine. */
struct joined {
	struct recorded side[2];	/* ours, theirs: their `before` */
	struct schema base;
	struct merge_doubts doubts;	/* of the base */
	struct merge merge;
	struct schema after;
	bool opened, made;
	struct merging_part *part;
};

struct joining {
	struct merging *m;
	struct recording r;	/* of the branch */
	struct oid bases[BASES_MAX];
	size_t nbases;
	struct joined *v;
	size_t n;
	size_t nparents;	/* ours; theirs, too, where it is merged */
	struct oid moves;	/* where the branch is */
};

/* Merge, and do whatever m asks for; the store's lock is held.  What was read
 * stays until merging_end(). */
int merging_begin(struct joining *j, struct err *err) MUST_CHECK;
void merging_end(struct joining *j);

/* ---- merging-load.c ------------------------------------------------------ */

/* v->after is v->merge.merged, loaded and read; or a conflict of meaning. */
int merging_load(struct joining *j, struct joined *v, struct err *err)
	MUST_CHECK;

/* ---- merging-base.c ------------------------------------------------------ */

struct base_reader {
	struct project *project;
	const struct engine *engine;
	const char *like;	/* the version() that all are of, or NULL */
	const struct schema *known;	/* what it has, too, is not read again;
					 * NULL: none */
	struct arena *arena;
};
int base_read(struct schema *out, const struct base_reader *r,
	      const struct oid *id, struct err *err) MUST_CHECK;
/* The one base; of several, what they are merged to, and their doubts. */
int base_merge(struct schema *out, struct merge_doubts *doubts,
	       const struct base_reader *r, const struct oid *bases, size_t n,
	       struct err *err) MUST_CHECK;

/* ---- merging-sql.c ------------------------------------------------------- */

/* What a file has of a node: c->own, and c->engine. */
int merging_read_sql(struct merge_choice *c, struct joining *j,
		     const struct merging_sql *sql, struct err *err)
	MUST_CHECK;

#endif
