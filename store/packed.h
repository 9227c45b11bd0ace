/*
 * packed-refs: what refs.c needs of it.
 */
#ifndef STORE_PACKED_H
#define STORE_PACKED_H

#include "ss/refs.h"

/* Every line, in the file's order; fn returns non-zero to stop. */
typedef int (*packed_fn)(void *ctx, const struct ref *ref);
int packed_each(struct store *s, packed_fn fn, void *ctx, struct err *err)
	MUST_CHECK;
/* The file without this one, under git's lock; other lines stay as they are. */
int packed_drop(struct store *s, const char *name, struct err *err) MUST_CHECK;

/* refs.c.  A lock file that nobody else has: its descriptor, or -1 ... */
int lock_open(struct store *s, const char *path, struct err *err) MUST_CHECK;
/* ... which is closed, with this text in it, synced; gone where that fails. */
int lock_write(int fd, const char *path, const struct bytes *text,
	       struct err *err) MUST_CHECK;

#endif
