/*
 * Decoded objects, by what they were decoded from.
 */
#include "config.h"

#include "store/known.h"

#define TEXTS_MOST (2u << 20)	/* nodes take some ten times that */

struct key {
	unsigned char b[SHA1_LEN + sizeof(const struct spelling *)];
};

/* One blob may be an object of two engines. */
static struct key key_of(const struct spelling *sp, const unsigned char *id)
{
	struct key key;

	memcpy(key.b, id, SHA1_LEN);
	memcpy(key.b + SHA1_LEN, &sp, sizeof(sp));
	return key;
}

struct node *known_find(const struct known *k, const struct spelling *sp,
			const struct oid *id)
{
	struct key key = key_of(sp, id->b);

	return map_find_bytes(&k->nodes, key.b, sizeof(key.b));
}

void known_add(struct known *k, const struct spelling *sp, struct node *n)
{
	struct key key = key_of(sp, n->oid);

	map_set_bytes(&k->nodes, key.b, sizeof(key.b), n);
}

int known_decode(struct node **out, struct arena *a, const struct spelling *sp,
		 const struct oid *id, const struct buf *b, struct err *err)
{
	if (node_decode(out, sp, b->ptr, b->len, a, err))
		return -1;
	memcpy((*out)->oid, id->b, SHA1_LEN);
	blob_name256((*out)->n256, b->ptr, b->len);
	(*out)->named = true;
	return 0;
}

int known_learn(struct node **out, struct known *k, const struct spelling *sp,
		const struct oid *id, const struct buf *b, struct err *err)
{
	if (known_decode(out, &k->arena, sp, id, b, err))
		return -1;
	known_add(k, sp, *out);
	k->bytes += b->len;
	return 0;
}

void known_release(struct known *k)
{
	map_release(&k->nodes);
	arena_release(&k->arena);
	k->bytes = 0;
}

void known_trim(struct known *k)
{
	if (k->bytes > TEXTS_MOST)
		known_release(k);
}
