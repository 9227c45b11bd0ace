/*
 * Objects that many versions share are decoded once.  None is kept for long:
 * where they have become too many, all of them go.
 */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include "ss/map.h"
#include "ss/store.h"

struct known {
	struct map nodes;	/* engine and blob -> node */
	struct arena arena;	/* where those are from that were learnt */
	size_t bytes;		/* of the texts of those */
};
#define KNOWN_INIT { MAP_INIT, ARENA_INIT, 0 }

struct node *known_find(const struct known *k, const struct spelling *sp,
			const struct oid *id);
void known_add(struct known *k, const struct spelling *sp, struct node *n);
/* Decode the bytes of a blob, which has that name; and keep it. */
int known_decode(struct node **out, struct arena *a, const struct spelling *sp,
		 const struct oid *id, const struct buf *b, struct err *err)
	MUST_CHECK;
int known_learn(struct node **out, struct known *k, const struct spelling *sp,
		const struct oid *id, const struct buf *b, struct err *err)
	MUST_CHECK;
/* Make room, where no schema is being read. */
void known_trim(struct known *k);
void known_release(struct known *k);

/* version_schema_at(), of objects that are known, or learnt now. */
int version_schema_known(struct schema *out, struct known *k, struct store *s,
			 const struct commit *c, const char *folder,
			 const struct spelling *sp, struct arena *a,
			 struct err *err) MUST_CHECK;

#endif
