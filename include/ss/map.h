/*
 * A hash map from strings to pointers.  Keys are copied; values are not.
 *
 *	struct map m = MAP_INIT;
 *	map_set(&m, "users", table);
 *	t = map_find(&m, "users");
 *	map_release(&m);
 */
#ifndef SS_MAP_H
#define SS_MAP_H

#include "ss/base.h"

struct map_entry;
struct map {
	struct map_entry *slots;
	size_t n;
	size_t cap;
};
#define MAP_INIT { NULL, 0, 0 }

void *map_find(const struct map *m, const char *key);	/* NULL = absent */
void *map_find_bytes(const struct map *m, const void *key, size_t n);
void map_set(struct map *m, const char *key, void *value);
void map_set_bytes(struct map *m, const void *key, size_t n, void *value);
/* Only where there is none: is it new? */
bool map_add_bytes(struct map *m, const void *key, size_t n, void *value);
/* Removes nothing where the key is absent. */
void map_remove(struct map *m, const char *key);
/* Iterate in no particular order: start with *i = 0; false at the end. */
bool map_next(const struct map *m, size_t *i, const char **key, void **value);
void map_release(struct map *m);

#endif
