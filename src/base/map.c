/*
 * Open addressing, linear probing; grows at three quarters.  A removed key
 * leaves its slot with key NULL and dead set, so that probing goes on.
 */
#include "config.h"

#include "ss/map.h"

#include <stdlib.h>

#include "ss/arena.h"

struct map_entry {
	char *key;		/* NULL: free, or dead */
	size_t len;
	uint64_t hash;
	void *value;
	bool dead;
};

/* FNV-1a: the keys are names, not an attacker's table of collisions; a
 * hostile schema can make a command slow, not wrong. */
static uint64_t hash_of(const void *key, size_t n)
{
	const unsigned char *p = key;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static struct map_entry *slot_find(const struct map *m, const void *key,
				   size_t n, uint64_t hash)
{
	struct map_entry *dead = NULL;

	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_entry *e = &m->slots[i];

		if (e->dead && !dead)
			dead = e;
		if (!e->key && !e->dead)
			return dead ? dead : e;
		if (e->key && e->hash == hash && e->len == n &&
		    !memcmp(e->key, key, n))
			return e;
	}
}

static void grow(struct map *m)
{
	struct map bigger = { NULL, 0, m->cap ? m->cap * 2 : 16 };

	bigger.slots = xmalloc(bigger.cap * sizeof(*bigger.slots));
	memset(bigger.slots, 0, bigger.cap * sizeof(*bigger.slots));
	for (size_t i = 0; i < m->cap; i++) {
		struct map_entry *e = &m->slots[i];

		if (!e->key)
			continue;
		*slot_find(&bigger, e->key, e->len, e->hash) = *e;
		bigger.n++;
	}
	free(m->slots);
	*m = bigger;
}

void *map_find_bytes(const struct map *m, const void *key, size_t n)
{
	struct map_entry *e;

	if (!m->cap)
		return NULL;
	e = slot_find(m, key, n, hash_of(key, n));
	return e->key ? e->value : NULL;
}

void *map_find(const struct map *m, const char *key)
{
	return map_find_bytes(m, key, strlen(key));
}

/* The slot of this key; its value is NULL where the key is new. */
static struct map_entry *slot_for(struct map *m, const void *key, size_t n)
{
	uint64_t hash = hash_of(key, n);
	struct map_entry *e;

	if ((m->n + 1) * 4 > m->cap * 3)
		grow(m);
	e = slot_find(m, key, n, hash);
	if (e->key)
		return e;
	if (!e->dead)
		m->n++;
	e->key = xmalloc(n + 1);
	memcpy(e->key, key, n);
	e->key[n] = '\0';
	e->len = n;
	e->hash = hash;
	e->value = NULL;
	e->dead = false;
	return e;
}

void map_set_bytes(struct map *m, const void *key, size_t n, void *value)
{
	slot_for(m, key, n)->value = value;
}

bool map_add_bytes(struct map *m, const void *key, size_t n, void *value)
{
	struct map_entry *e = slot_for(m, key, n);

	if (e->value)
		return false;
	e->value = value;
	return true;
}

void map_set(struct map *m, const char *key, void *value)
{
	map_set_bytes(m, key, strlen(key), value);
}

void map_remove(struct map *m, const char *key)
{
	size_t n = strlen(key);
	struct map_entry *e;

	if (!m->cap)
		return;
	e = slot_find(m, key, n, hash_of(key, n));
	if (!e->key)
		return;
	free(e->key);
	e->key = NULL;
	e->value = NULL;
	e->dead = true;
}

bool map_next(const struct map *m, size_t *i, const char **key, void **value)
{
	while (*i < m->cap) {
		struct map_entry *e = &m->slots[(*i)++];

		if (!e->key)
			continue;
		*key = e->key;
		*value = e->value;
		return true;
	}
	return false;
}

void map_release(struct map *m)
{
	struct map empty = MAP_INIT;

	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	*m = empty;
}
