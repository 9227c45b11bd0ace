/*
 * What the files that know origins share.
 */
#ifndef SCHEMA_ORIGINS_H
#define SCHEMA_ORIGINS_H

#include "ss/schema.h"

/* "table/users", "table/users/column/mail": by origins, encoded, folded;
 * parent NULL: an object. */
const char *origin_path(const struct spelling *sp, const struct node *parent,
			const struct kind *kind, const char *origin,
			struct arena *a);
/* Add the lines of a `retired`: paths, each with the origin that its node was
 * found to have, or "". */
void origins_add(struct map *out, const struct list *retired,
		 const struct spelling *sp, struct arena *a);
/* A line that says that the origin at that path is this one. */
const char *origin_line(const char *path, const char *origin,
			struct arena *a);
/* Does a list say of one origin that it is two others? */
int origins_check(const struct list *retired, const struct spelling *sp,
		  struct err *err) MUST_CHECK;

#endif
