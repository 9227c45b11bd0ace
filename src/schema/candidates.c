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

/* Of one name, and not the same: that was settled when the versions were
 * made. */
static void add(struct finding *f, const struct node *from,
		const struct node *to)
{
	struct candidate *c;

	if (!strcmp(from->fold, to->fold))
		return;
	c = ARENA_PUSH(f->arena, f->v, f->n, f->cap);
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

static bool is_column(const struct change *ch, enum change_op op)
{
	return ch->op == op &&
	       kind_is_column((ch->from ? ch->from : ch->to)->kind);
}

static size_t count_columns(const struct change *ch, enum change_op op)
{
	size_t n = 0;

	for (size_t i = 0; i < ch->nkids; i++)
		n += is_column(&ch->kids[i], op);
	return n;
}

/* Columns that differ in nothing but their names. */
static bool same_column(struct finding *f, const struct node *a,
			const struct node *b)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct node *x = node_copy(f->arena, a);
	struct node *y = node_copy(f->arena, b);
	bool same;

	x->name = y->name = "x";
	node_encode_folded(&one, x, f->sp);
	node_encode_folded(&two, y, f->sp);
	same = !strcmp(one.ptr, two.ptr);
	buf_release(&one);
	buf_release(&two);
	return same;
}

/* The only column of the other direction that is like this one; NULL where
 * there is none, or several. */
static const struct node *only_like(struct finding *f, const struct change *ch,
				    enum change_op op, const struct node *n)
{
	const struct node *found = NULL;

	for (size_t i = 0; i < ch->nkids; i++) {
		const struct change *k = &ch->kids[i];
		const struct node *other = k->from ? k->from : k->to;

		if (!is_column(k, op) || !same_column(f, n, other))
			continue;
		if (found)
			return NULL;
		found = other;
	}
	return found;
}

/* One that went and one that came, of one type; among several, those that are
 * alike in everything and only once. */
static void column_candidates(struct finding *f, const struct change *ch)
{
	bool single = count_columns(ch, CHANGE_DROP) == 1 &&
		      count_columns(ch, CHANGE_ADD) == 1;
	const struct node *from = NULL, *to = NULL;

	for (size_t i = 0; i < ch->nkids; i++) {
		if (is_column(&ch->kids[i], CHANGE_ADD))
			to = ch->kids[i].to;
		if (!is_column(&ch->kids[i], CHANGE_DROP))
			continue;
		from = ch->kids[i].from;
		if (!single) {
			const struct node *like = only_like(f, ch, CHANGE_ADD,
							    from);

			if (like && only_like(f, ch, CHANGE_DROP, like))
				add(f, from, like);
		}
	}
	if (single && same_type(f, from, to))
		add(f, from, to);
}

/* The same columns, by name and type? */
static bool same_columns(struct finding *f, const struct node *a,
			 const struct node *b)
{
	size_t na = 0, nb = 0;

	for (size_t i = 0; i < a->nkids; i++)
		na += kind_is_column(a->kids[i]->kind);
	for (size_t i = 0; i < b->nkids; i++) {
		const struct node *k;

		if (!kind_is_column(b->kids[i]->kind))
			continue;
		nb++;
		k = node_find(a, b->kids[i]->kind, b->kids[i]->name, f->sp);
		if (!k || !same_type(f, k, b->kids[i]))
			return false;
	}
	return na == nb;
}

static bool looks_alike(struct finding *f, const struct change *drop,
			const struct change *come)
{
	return drop->op == CHANGE_DROP && come->op == CHANGE_ADD &&
	       kind_is_table(drop->from->kind) &&
	       drop->from->kind == come->to->kind &&
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
		    kind_is_table(d.v[i].from->kind))
			column_candidates(&f, &d.v[i]);
	*out = f.v;
	*n = f.n;
}
