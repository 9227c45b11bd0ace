/*
 * A file that is read by mapping it, and that ends in the SHA-1 of all before:
 * packs, and their indexes.
 */
#ifndef STORE_MAPPED_H
#define STORE_MAPPED_H

#include <sys/stat.h>

#include "ss/err.h"

struct mapped {
	const unsigned char *p;	/* NULL: nothing */
	size_t len;
	struct stat is;		/* the very file that is mapped */
};

/* 1, 0 there is no such file, -1 */
int mapped_open(struct mapped *out, const char *path, struct err *err)
	MUST_CHECK;
void mapped_close(struct mapped *m);
/* Is the file of that name another one now? */
bool mapped_stale(const struct mapped *m, const char *path);
/* What was read counts as this program's memory: no more, of n bytes from `at`
 * on, which is a multiple of the page.  What is asked for again is read
 * again. */
void mapped_drop(const struct mapped *m, size_t at, size_t n);
/* Reads all of it. */
bool mapped_is_summed(const struct mapped *m);

#endif
