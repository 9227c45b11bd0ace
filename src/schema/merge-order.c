/*
 * Where the columns of a merged node stand: as in base, then what ours has
 * added, then what theirs has.  Where one side alone has changed the order, as
 * it has it; where places count and both have, that is a conflict.
 */
#include "config.h"

#include "schema/merge-parts.h"

#include "ss/kinds.h"

/* Columns, each once. */
struct places {
	struct trio *const *v;
	size_t n;
};

static bool is_in(const struct places *p, const struct trio *t)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i] == t)
			return true;
	return false;
}

static void append(struct places *to, struct places *from, struct arena *a)
{
	struct trio **v = arena_alloc(a, (to->n + from->n + 1) * sizeof(*v));
	size_t n = to->n;

	if (n)
		memcpy(v, to->v, n * sizeof(*v));
	for (size_t i = 0; i < from->n; i++)
		if (!is_in(to, from->v[i]))
			v[n++] = from->v[i];
	*to = (struct places){ v, n };
}

/* The columns that are left, in a side's order. */
static struct places of_side(const struct trio *t, const struct trios *kids,
			     enum merge_side side, struct arena *a)
{
	const struct node *parent = t->v[side];
	size_t n = 0;
	struct trio **v = arena_alloc(a, (parent->nkids + 1) * sizeof(*v));

	for (size_t i = 0; i < parent->nkids; i++)
		for (size_t k = 0; k < kids->n; k++)
			if (kids->v[k].v[side] == parent->kids[i] &&
			    kids->v[k].merged &&
			    kind_is_column(parent->kids[i]->kind))
				v[n++] = &kids->v[k];
	return (struct places){ v, n };
}

static bool same_places(const struct places *a, const struct places *b)
{
	return a->n == b->n &&
	       (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}

/* Those of `p` that base has. */
static struct places old_ones(const struct places *p, struct arena *a)
{
	struct trio **v = arena_alloc(a, (p->n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i]->v[MERGE_BASE])
			v[n++] = p->v[i];
	return (struct places){ v, n };
}

static const char *places_text(struct merge *m, const struct places *p)
{
	struct buf b = BUF_INIT;
	const char *text;

	for (size_t i = 0; i < p->n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", p->v[i]->merged->name);
	text = arena_strdup(m->arena, b.ptr);
	buf_release(&b);
	return text;
}

/* Both have changed it. */
static struct places merge_both(struct merge *m, struct trio *t,
				struct places *v)
{
	struct conflict c = { .type = CONFLICT_ALTERED,
			      .field = "column-order",
			      .no_base = merge_doubt(m, t).places };
	struct places ours = old_ones(&v[MERGE_OURS], m->arena);
	struct places out;

	if (node_places_count(t->merged) && !t->open) {
		for (size_t i = c.no_base; i < MERGE_SIDES; i++)
			c.text[i] = places_text(m, &v[i]);
		return v[merge_conflict(m, t, &c)];
	}
	out = same_places(&ours, &v[MERGE_BASE]) ?
	      old_ones(&v[MERGE_THEIRS], m->arena) : ours;
	return out;
}

void merge_columns(struct merge *m, struct trio *t,
		   const struct trios *kids)
{
	struct places v[MERGE_SIDES], out;
	bool sure = !merge_doubt(m, t).places;

	for (size_t i = 0; i < MERGE_SIDES; i++)
		v[i] = of_side(t, kids, i, m->arena);
	if (sure && same_places(&v[MERGE_OURS], &v[MERGE_BASE]))
		out = v[MERGE_THEIRS];
	else if (same_places(&v[MERGE_THEIRS], &v[MERGE_OURS]) ||
		 (sure && same_places(&v[MERGE_THEIRS], &v[MERGE_BASE])))
		out = v[MERGE_OURS];
	else
		out = merge_both(m, t, v);
	append(&out, &v[MERGE_BASE], m->arena);
	append(&out, &v[MERGE_OURS], m->arena);
	append(&out, &v[MERGE_THEIRS], m->arena);
	for (size_t i = 0; i < out.n; i++)
		node_add(m->arena, t->merged, out.v[i]->merged);
}
