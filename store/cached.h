/*
 * Commits whose signatures this user has verified before: nothing but that is
 * not done again, for a strong id is of the signature's bytes, too.
 *
 *	<cache>/schemastore/<project id>/verified	0600, in a folder 0700
 *	<state>/schemastore/cache-key			0600, 32 random bytes
 *
 *	"schemastore verified 1" LF "build " VERSION LF "project " ID LF
 *	{ strong id }				32 bytes each, sorted
 *	BLAKE2b-256 of all that, under the key
 *
 * It is never in the repository: whoever writes there has no say in it.  What
 * others could have written, or it is not of this form, is not used.
 */
#ifndef STORE_CACHED_H
#define STORE_CACHED_H

#include "ss/store.h"

struct cached;

/* warn is told, in a sentence, why what is there is not used. */
struct cached *cached_open(const struct strong_id *project, warn_fn warn);
bool cached_has(const struct cached *c, const struct strong_id *id);
/* Put these, which are sorted here, in its place; where all of them were in it
 * nothing is written. */
void cached_save(struct cached *c, struct strong_id *v, size_t n);
void cached_close(struct cached *c);

#endif
