/*
 * What alter.c, alter-column.c and alter-rare.c share.
 */
#ifndef ENGINE_POSTGRES_ALTER_H
#define ENGINE_POSTGRES_ALTER_H

#include "engine/postgres/lower.h"

struct altering {
	struct lowering *l;
	struct action *a;
	struct pair *p;
	const struct change *ch;
	const struct node *from, *to;
	const char *table;	/* ALTER TABLE: of the node or of its object */
};

#define ACT(al, ...) \
	pg_act((al)->l, (al)->a, (al)->to, \
	       pg_printf((al)->l->arena, __VA_ARGS__))

/* Storage parameters that are gone, and those that are there. */
void pg_set_options(struct altering *al, const char *what,
		    const struct list *from, const struct list *to);
void pg_set_server_options(struct altering *al, const char *what,
			   const struct list *from, const struct list *to);
void pg_alter_column(struct altering *al);
/* Parents that a table leaves, and takes. */
void pg_alter_inherits(struct altering *al);
void pg_rare_alter(struct altering *al);

#endif
