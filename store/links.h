/*
 * The index of versions: see links.c.
 */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "ss/store.h"

struct links;

struct links *links_new(const char *store_dir);
/* What is new is written; NULL is nothing. */
void links_close(struct links *l);
bool links_find(struct link *out, struct links *l, const struct oid *id);
void links_add(struct links *l, const struct link *link);
/* Nothing that it says is believed any more. */
void links_forget(struct links *l);
/* Nor is it by this one, whatever the file has, which stays as it is. */
void links_doubt(struct links *l);

struct links *store_links(struct store *s);

#endif
