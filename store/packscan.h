/*
 * A pack of a stranger's, looked at as its bytes come, before anything that
 * believes it gets to see them: that it is put together as a pack is, and no
 * object of it is larger than the store keeps.
 */
#ifndef STORE_PACKSCAN_H
#define STORE_PACKSCAN_H

#include <zlib.h>

#include "ss/err.h"

enum packscan_state {
	SCAN_HEAD,		/* "PACK" 2 count */
	SCAN_TYPE, SCAN_SIZE,	/* of an entry */
	SCAN_BACK, SCAN_BASE,	/* of a delta: where its base is */
	SCAN_DATA,
	SCAN_SUM,
	SCAN_END,
	SCAN_STATES
};

struct packscan {
	enum packscan_state state;
	unsigned char word[20];	/* head, base or sum; the lengths in a delta */
	size_t nword;
	uint32_t left;		/* entries */
	unsigned type, shift;
	uint64_t size, done;	/* of its data, inflated */
	uint64_t total;		/* bytes that all of it unpacks to */
	z_stream z;
	bool z_open;
};

void packscan_start(struct packscan *s);
/* ERR_DAMAGED, or ERR_REFUSED where it is too much. */
int packscan_add(struct packscan *s, const void *p, size_t n, struct err *err)
	MUST_CHECK;
/* Was that all of it? */
int packscan_end(const struct packscan *s, struct err *err) MUST_CHECK;
void packscan_release(struct packscan *s);

#endif
