/*
 * By which columns the rows of a table are told apart, now and later.
 */
#include "config.h"

#include "migrations/park.h"

#include <strings.h>

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"
#include "ss/sqltok.h"

/* Its term's name; NULL: it is none.  PostgreSQL's are names as they are. */
static const char *name_of(const struct stretch *s, const struct node *key,
			   const char *term)
{
	struct sqllex lex = sqllex_init(term, strlen(term));
	struct sqltok t;

	if (key->kind == &pg_kind_primary_key || key->kind == &pg_kind_unique)
		return term;
	return sqltok_next(&lex, &t) && sqltok_is_name(&t) ?
	       sqltok_name(s->arena, &t) : NULL;
}

static const struct node *column_of(const struct stretch *s,
				    const struct node *key, const char *term)
{
	const char *name = name_of(s, key, term);
	const struct node *table = key->parent;

	if (!name)
		return NULL;
	name = fold_name_in(s->arena, s->from->spelling, name);
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    !strcmp(table->kids[i]->fold, name))
			return table->kids[i];
	return NULL;
}

bool park_has_column(const struct node *table, const char *key)
{
	for (size_t i = 0; i < table->nkids; i++)
		if (kind_is_column(table->kids[i]->kind) &&
		    !strcmp(table->kids[i]->key, key))
			return true;
	return false;
}

static const struct list *terms_of(const struct node *key)
{
	for (size_t i = 0; i < key->kind->nfields; i++)
		if (!strcmp(key->kind->fields[i].name, "key"))
			return field_list(key, &key->kind->fields[i]);
	return NULL;
}

/* Columns are compared by their own collation: one that tells less apart than
 * the key's would put values into others' rows. */
static bool compares_alike(const struct stretch *s, const struct node *c,
			   const char *term)
{
	struct sqllex lex = sqllex_init(term, strlen(term));
	const char *own;
	struct sqltok t;

	if (c->kind != &kind_column)
		return true;
	own = ((const struct column *)c)->collate;
	while (sqltok_next(&lex, &t))
		if (sqltok_is(&t, "COLLATE"))
			return sqltok_next(&lex, &t) &&
			       !strcasecmp(sqltok_name(s->arena, &t),
					   own ? own : "BINARY");
	return true;
}

/* Do these columns tell rows apart, there and then? */
static bool take_key(struct taking *t, const struct stretch *s,
		     const struct node *key, const struct node *to, bool all)
{
	const struct list *terms = terms_of(key);
	const struct park_forms *f = s->parking->engine->park;

	t->keys = arena_alloc(s->arena, (terms->n + 1) * sizeof(*t->keys));
	t->nkeys = 0;
	for (size_t i = 0; i < terms->n; i++) {
		const struct node *c = column_of(s, key, terms->v[i]);

		if (!c || !f->has_values(c) || !park_has_column(to, c->key) ||
		    (all && !node_demands(c)) ||
		    !compares_alike(s, c, terms->v[i]))
			return false;
		t->keys[t->nkeys++] = c;
	}
	return t->nkeys;
}

static bool is_kind(const struct node *n, const struct kind *a,
		    const struct kind *b)
{
	return n->kind == a || n->kind == b;
}

/* The primary key, or a unique one whose columns always have values. */
bool park_find_key(struct taking *t, const struct stretch *s,
		   const struct node *to)
{
	const struct node *table = t->table;

	for (size_t i = 0; i < table->nkids; i++)
		if (is_kind(table->kids[i], &kind_primary_key,
			    &pg_kind_primary_key) &&
		    take_key(t, s, table->kids[i], to, false))
			return true;
	for (size_t i = 0; i < table->nkids; i++)
		if (is_kind(table->kids[i], &kind_unique, &pg_kind_unique) &&
		    take_key(t, s, table->kids[i], to, true))
			return true;
	return false;
}
