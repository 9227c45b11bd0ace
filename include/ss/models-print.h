/*
 * A schema as Tortoise ORM's models, to begin with: what cannot be said in a
 * model is a comment there.
 */
#ifndef SS_MODELS_PRINT_H
#define SS_MODELS_PRINT_H

#include "ss/buf.h"
#include "ss/schema.h"

/* tables: of these alone; NULL: of all but Aerich's. */
void models_print(struct buf *out, const struct schema *s,
		  const struct list *tables, const char *app,
		  struct arena *a);

#endif
