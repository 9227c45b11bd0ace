/*
 * What looks like a rename: a node that went and one that came, alike.
 */
#include "config.h"

#include "ss/diff.h"

#include "ss/kinds.h"

struct finding {
	struct candidate *v;
	size_t n;
	size_t cap;
	struct arena *arena;
	const struct spelling *sp;
};

static void add(struct finding *f, const struct node *from,
		const struct node *to)
{
	struct candidate *c = ARENA_PUSH(f->arena, f->v, f->n, f->cap);

	c->from = from;
	c->to = to;
}

static bool same_type(struct finding *f, const struct node *a,
		      const struct node *b)
{
	const char *x = ((const struct column *)a)->type;
	const char *y = ((const struct column *)b)->type;

	if (!x || !y)
		return x == y;
	return !strcmp(fold_sql_in(f->arena, f->sp, x),
		       fold_sql_in(f->arena, f->sp, y));
}

/* The only change of this kind and direction, NULL where there are more. */
static const struct change *only(const struct change *v, size_t n,
				 enum change_op op, const struct kind *kind)
{
	const struct change *found = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct node *node = v[i].from ? v[i].from : v[i].to;

		if (v[i].op != op || node->kind != kind)
			continue;
		if (found)
			return NULL;
		found = &v[i];
	}
	return found;
}

static void column_candidates(struct finding *f, const struct change *ch)
{
	const struct change *drop = only(ch->kids, ch->nkids, CHANGE_DROP,
					 &kind_column);
	const struct change *come = only(ch->kids, ch->nkids, CHANGE_ADD,
					 &kind_column);

	if (drop && come && same_type(f, drop->from, come->to))
		add(f, drop->from, come->to);
}

/* The same columns, by name and type? */
static bool same_columns(struct finding *f, const struct node *a,
			 const struct node *b)
{
	size_t na = 0, nb = 0;

	for (size_t i = 0; i < a->nkids; i++)
		na += a->kids[i]->kind == &kind_column;
	for (size_t i = 0; i < b->nkids; i++) {
		const struct node *k;

		if (b->kids[i]->kind != &kind_column)
			continue;
		nb++;
		k = node_find(a, &kind_column, b->kids[i]->name, f->sp);
		if (!k || !same_type(f, k, b->kids[i]))
			return false;
	}
	return na == nb;
}

static bool looks_alike(struct finding *f, const struct change *drop,
			const struct change *come)
{
	return drop->op == CHANGE_DROP && come->op == CHANGE_ADD &&
	       drop->from->kind == &kind_table &&
	       come->to->kind == &kind_table &&
	       same_columns(f, drop->from, come->to);
}

static void table_candidates(struct finding *f, const struct diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct change *match = NULL;
		size_t matches = 0, rivals = 0;

		for (size_t k = 0; k < d->n; k++)
			if (looks_alike(f, &d->v[i], &d->v[k])) {
				match = &d->v[k];
				matches++;
			}
		for (size_t k = 0; match && k < d->n; k++)
			rivals += looks_alike(f, &d->v[k], match);
		if (matches == 1 && rivals == 1)
			add(f, d->v[i].from, match->to);
	}
}

void rename_candidates(struct candidate **out, size_t *n,
		       const struct schema *from, const struct schema *to,
		       struct arena *a)
{
	struct finding f = { .arena = a, .sp = from->spelling };
	struct diff d;

	schema_diff(&d, from, to, 0, a);
	table_candidates(&f, &d);
	for (size_t i = 0; i < d.n; i++)
		if (d.v[i].op == CHANGE_ALTER &&
		    d.v[i].from->kind == &kind_table)
			column_candidates(&f, &d.v[i]);
	*out = f.v;
	*n = f.n;
}
