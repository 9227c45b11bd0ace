/*
 * A source in pieces: what loader.c and since.c share.
 */
#ifndef SOURCE_LOADER_H
#define SOURCE_LOADER_H

#include "ss/map.h"
#include "ss/source.h"

/* One CREATE statement. */
struct piece {
	const char *text;
	size_t len;
	const char *kind;	/* TABLE, INDEX, VIEW, TRIGGER */
	const char *name;	/* what it makes; NULL: too odd for this */
	const char *on;		/* indexes, triggers: of which table */
	const char *base;	/* folded: `on`, or else its own name */
	unsigned char sum[SHA256_LEN];
};

struct pieces {
	struct piece *v;
	size_t n;
	size_t cap;
	struct map by_sum;	/* the caller's to release */
};

/*
 * False where a text is more than plain CREATE TABLE, INDEX, VIEW and
 * TRIGGER, or names something twice or before it is made: then only loading
 * the whole tells what comes of it.
 */
bool pieces_of(struct pieces *out, const struct source *src,
	       const struct spelling *sp, struct arena *a);

#endif
