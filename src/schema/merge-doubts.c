/*
 * What several bases do not agree on, by node.
 *
 * A node is told by the keys that it has in any of the three schemas, from its
 * object on; an unnamed one has another key wherever it is another.
 */
#include "config.h"

#include "schema/merge-parts.h"

#include "ss/kinds.h"

static void add_key(struct buf *b, const struct node *n)
{
	if (n->parent)
		add_key(b, n->parent);
	buf_addf(b, "%zu %d %s\n", kind_rank(n->kind), !n->name, n->key);
}

static struct doubt *find_doubt(const struct merge_doubts *d,
				const struct trio *t)
{
	struct buf b = BUF_INIT;
	struct doubt *found = NULL;

	for (size_t i = 0; i < MERGE_SIDES && !found; i++) {
		buf_truncate(&b, 0);
		if (!t->v[i])
			continue;
		add_key(&b, t->v[i]);
		found = map_find(&d->by_node, b.ptr);
	}
	buf_release(&b);
	return found;
}

struct doubt merge_doubt(const struct merge *m, const struct trio *t)
{
	const struct doubt *found = m->doubts && m->doubts->by_node.n ?
				    find_doubt(m->doubts, t) : NULL;

	return found ? *found : (struct doubt){ .whole = false };
}

static struct doubt *need_doubt(struct merge *m, const struct trio *t)
{
	struct doubt *d = find_doubt(m->leaves, t);
	struct buf b = BUF_INIT;

	if (!d)
		d = arena_alloc(m->arena, sizeof(*d));
	for (size_t i = 0; i < MERGE_SIDES; i++) {
		buf_truncate(&b, 0);
		if (!t->v[i])
			continue;
		add_key(&b, t->v[i]);
		map_set(&m->leaves->by_node, b.ptr, d);
	}
	buf_release(&b);
	return d;
}

static void mark_above(struct merge *m, const struct trio *t)
{
	struct trio above = { .merged = NULL };
	bool any = false;

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		above.v[i] = t->v[i] ? t->v[i]->parent : NULL;
		any |= above.v[i] != NULL;
	}
	if (!any)
		return;
	need_doubt(m, &above)->inside = true;
	mark_above(m, &above);
}

static void mark_field(struct doubt *d, const struct kind *k,
		       const char *name)
{
	for (size_t i = 0; i < k->nfields; i++)
		if (!strcmp(k->fields[i].name, name))
			d->fields |= (uint64_t)1 << i;
}

void merge_leave_doubt(struct merge *m, const struct trio *t,
		       const struct conflict *c)
{
	const struct node *n = merge_one_of(t);
	struct doubt *d;

	if (!n->key) {
		m->leaves->settings = true;
		return;
	}
	d = need_doubt(m, t);
	d->inside = true;
	mark_above(m, t);
	if (!c->field)
		d->whole = true;
	else if (c->type == CONFLICT_RENAMED)
		d->name = true;
	else if (!strcmp(c->field, "column-order"))
		d->places = true;
	else
		mark_field(d, n->kind, c->field);
}

void merge_doubts_release(struct merge_doubts *d)
{
	map_release(&d->by_node);
}
