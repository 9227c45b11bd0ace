/*
 * What each side of a merge can use, and the merged schema cannot.
 */
#ifndef MIGRATIONS_BROKEN_H
#define MIGRATIONS_BROKEN_H

#include "ss/engine.h"

/* Of an engine whose schemas load all the same: engine->dangling. */
struct breaking {
	const struct engine *engine;
	const struct read_opts *read;
	const struct schema *merged;
	const struct schema *side[2];
	struct arena *arena;
};
/* c: the merged one is loaded in it, which it is not any more afterwards; NULL:
 * nowhere. */
int find_broken(struct dangling *out, const struct breaking *b,
		struct conn *c, struct err *err) MUST_CHECK;

#endif
