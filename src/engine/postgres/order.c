/*
 * What runs before what, and so the order.
 */
#include "config.h"

#include "engine/postgres/lower.h"

static void order_make(struct lowering *l, struct action *a,
		       const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct pair *p = map_find(&l->by_to, n->needs.v[i]);

		if (!p)
			continue;
		pg_after(l, a, p->shell && pg_is_canonical(p->to, n) ?
			 p->shell : p->make);
		/* A key counts when each part has it. */
		if (p->complete != a)
			pg_after(l, a, p->complete);
	}
}

static struct action *schema_of(struct lowering *l, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct pair *p = str_starts(n->needs.v[i], "schema ") ?
			map_find(&l->by_to, n->needs.v[i]) : NULL;

		if (p)
			return p->make;
	}
	return NULL;
}

static void order_drop(struct lowering *l, struct action *a,
		       const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct pair *p = map_find(&l->by_from, n->needs.v[i]);

		if (!p)
			continue;
		if (p->drop && !p->swapped)
			pg_after(l, p->drop, a);
		if (p->drop && p->swapped) {
			pg_after(l, p->drop, a);
			if (a->stage != STAGE_ALTER && a != p->drop)
				pg_after(l, p->make, a);
		}
		if (p->fate == FATE_RETYPED && p->make != a)
			pg_after(l, p->make, a);
	}
}

/* Does the old one stay until the new one is ready? */
static bool stays(const struct pair *p)
{
	return p->drop && (p->drop->stage == STAGE_DROP_LATE || p->build);
}

/* Then it is in the way of what its own columns become, but for NOT NULL. */
static bool is_in_the_way(const struct pair *old, const struct pair *column)
{
	const struct pg_column *t = (const struct pg_column *)column->to;

	return column->from &&
	       pg_mentions(old->from, column->from->name) &&
	       (column->fate != FATE_ALTERED || !t->not_null);
}

/* Columns change when nothing but them is left of what changes, and before
 * what is new is made. */
static void order_column(struct lowering *l, const struct pair *column,
			 const struct pair *other)
{
	/* What is new, or altered, finds the columns that it is about... */
	pg_after(l, other->make, column->make);
	/* ...and what goes has let go of them. */
	if (stays(other) && !is_in_the_way(other, column))
		return;
	pg_after(l, column->make, other->drop);
	pg_after(l, column->drop, other->drop);
	if (other->from && !other->drop)
		pg_after(l, column->drop, other->make);
}

/* A column that is made of others comes last, and goes first. */
static void order_generated(struct lowering *l, const struct pair *p,
			    const struct pair *other)
{
	const struct pg_column *f = (const struct pg_column *)p->from;
	const struct pg_column *t = (const struct pg_column *)p->to;

	if (t && t->generated && other->to &&
	    !((const struct pg_column *)other->to)->generated)
		pg_after(l, p->make, other->make);
	if (f && f->generated && other->from &&
	    !((const struct pg_column *)other->from)->generated) {
		pg_after(l, other->drop, p->drop);
		if (p->drop && other->from && other->make)
			pg_after(l, other->make, p->drop);
	}
}

static void order_parts(struct lowering *l, struct pair *p)
{
	const struct node *n = p->to ? p->to : p->from;
	struct pair *home = pg_pair_of(l, n);
	const struct node *sides[] = { home->from, home->to };

	for (size_t s = 0; s < ARRAY_LEN(sides); s++)
		for (size_t i = 0; sides[s] && i < sides[s]->nkids; i++) {
			const struct node *k = sides[s]->kids[i];
			struct pair *o = map_find(s ? &l->by_to : &l->by_from,
						  pg_ref(l, k));

			if (o && o != p && !kind_is_column(k->kind))
				order_column(l, p, o);
			else if (o && o != p)
				order_generated(l, p, o);
		}
}

/* A name that is taken is free when who has it is gone. */
static void note_name(struct lowering *l, struct pair *p)
{
	const char *name = p->from ? pg_space_name(l->arena, p->from) : NULL;

	if (name && p->drop)
		map_set(&l->names, name, p);
}

static void order_name(struct lowering *l, struct pair *p)
{
	const char *name = p->to ? pg_space_name(l->arena, p->to) : NULL;
	struct pair *o = name ? map_find(&l->names, name) : NULL;

	/* A type that is swapped has made room by a rename. */
	if (o && p->make && o->drop && o->drop->stage != STAGE_DROP_LATE)
		pg_after(l, p->make, o->drop);
}

/* An index without its parts is made when they are attached: they would be
 * given one. */
static void order_behind_parts(struct lowering *l, struct pair *index)
{
	for (size_t i = 0; i < l->npairs; i++) {
		const struct node *n = l->pairs[i]->to;
		const char *of = n && n->kind == &pg_kind_table ?
			((const struct pg_table *)n)->partition_of : NULL;

		if (of && !strcmp(of, index->to->parent->name))
			pg_after(l, index->make, l->pairs[i]->finish);
	}
}

/* A partitioned table's key can be pointed at when each part has it. */
static void order_key_first(struct lowering *l, struct pair *fk)
{
	const struct node *table = schema_find(l->to, &pg_kind_table,
		((const struct pg_foreign_key *)fk->to)->table);

	for (size_t i = 0; table && i < table->nkids; i++) {
		struct pair *p = map_find(&l->by_to,
					  pg_ref(l, table->kids[i]));

		if (p)
			pg_after(l, fk->make, p->complete);
	}
}

/* What points at its own table comes behind the key there, and goes before. */
static void order_own_keys(struct lowering *l, struct pair *fk)
{
	const struct node *const sides[] = { fk->from, fk->to };

	for (size_t s = 0; s < ARRAY_LEN(sides); s++)
		for (size_t i = 0; sides[s] && i < sides[s]->parent->nkids;
		     i++) {
			const struct node *k = sides[s]->parent->kids[i];
			struct pair *p = pg_points_at(sides[s], k) ?
				map_find(s ? &l->by_to : &l->by_from,
					 pg_ref(l, k)) : NULL;

			if (p && s)
				pg_after(l, fk->make, p->make);
			else if (p)
				pg_after(l, p->drop, fk->drop);
		}
}

/* What points at a partitioned table points at its partitions. */
static void order_partition_keys(struct lowering *l, struct pair *fk)
{
	const char *table = ((const struct pg_foreign_key *)fk->from)->table;

	for (size_t i = 0; i < l->npairs; i++) {
		const struct node *n = l->pairs[i]->from;
		const char *of = n && n->kind == &pg_kind_table ?
			((const struct pg_table *)n)->partition_of : NULL;

		if (of && l->pairs[i]->drop && !strcmp(of, table))
			pg_after(l, l->pairs[i]->drop, fk->drop);
	}
}

/* What is made ready needs what it is made ready for needs. */
static void order_build(struct lowering *l, struct pair *p)
{
	size_t n = p->make->nafter;

	for (size_t i = 0; i < n; i++)
		if (p->make->after[i] != p->drop && p->make->after[i]->to !=
		    p->build->to)
			pg_after(l, p->build, p->make->after[i]);
	/* The old one does its work until then, and what hangs on it. */
	for (size_t i = 0; p->drop && p->change && !l->loose_ties &&
	     i < p->drop->nafter; i++)
		if (p->drop->after[i]->stage == STAGE_DROP)
			pg_after(l, p->drop->after[i], p->build);
}

void pg_order(struct lowering *l)
{
	size_t n = l->npairs;

	for (size_t i = 0; i < n; i++)
		note_name(l, l->pairs[i]);
	for (size_t i = 0; i < n; i++) {
		struct pair *p = l->pairs[i];

		if (p->make && p->to)
			order_make(l, p->make, p->to);
		if (p->shell)
			pg_after(l, p->shell, schema_of(l, p->to));
		if (p->rename)
			pg_order_rename(l, p);
		if (p->finish)
			pg_after(l, p->finish, p->make);
		if (p->make && p->to && p->to->parent &&
		    pg_pair_of(l, p->to)->fate != FATE_ALTERED)
			pg_after(l, p->make, pg_pair_of(l, p->to)->make);
		if (p->from && (p->drop || (p->make && !p->release)))
			order_drop(l, p->drop && !p->swapped ? p->drop :
				   p->make, p->from);
		if (p->release)
			order_drop(l, p->release, p->from);
		if (p->to && p->make && p->to->kind == &pg_kind_foreign_key)
			order_key_first(l, p);
		if ((p->to ? p->to : p->from)->kind == &pg_kind_foreign_key)
			order_own_keys(l, p);
		if (p->from && p->drop && p->from->kind ==
		    &pg_kind_foreign_key &&
		    !((const struct pg_foreign_key *)p->from)->inherited)
			order_partition_keys(l, p);
		if (p->to && p->to->kind == &pg_kind_check)
			pg_order_check(l, p);
		order_name(l, p);
		if (p->to && p->make && *pg_only(p->to))
			order_behind_parts(l, p);
		if ((p->make || p->drop) && (p->to ? p->to : p->from)->parent &&
		    kind_is_column((p->to ? p->to : p->from)->kind)) {
			order_parts(l, p);
			pg_order_nulls(l, p);
		}
		if (p->finish && p->to)
			pg_order_finish(l, p);
	}
	for (size_t i = 0; i < n; i++)
		if (l->pairs[i]->build)
			order_build(l, l->pairs[i]);
}

/* ---- the order ---------------------------------------------------------- */

/* What is not written waits for something that is not: going from one to the
 * next comes back to where one was. */
static int refuse_circle(struct lowering *l, const struct action *a)
{
	const struct action *start = NULL;
	struct buf b = BUF_INIT;

	for (size_t steps = 0; a != start || !steps; steps++) {
		const struct action *next = NULL;

		for (size_t i = 0; i < a->nafter && !next; i++)
			if (!a->after[i]->done)
				next = a->after[i];
		if (steps == l->nactions)
			start = a;
		if (steps >= l->nactions && a->n)
			pg_addf(&b, b.len ? " < %s" : "%s", a->v[0].node);
		a = next;
		if (steps > l->nactions && a == start)
			break;
	}
	err_set(l->err, ERR_REFUSED, "a circle of dependencies: %s", b.ptr);
	err_hint(l->err, "take the circle apart in two versions");
	buf_release(&b);
	return -1;
}

static bool comes_first(const struct action *a, const struct action *b)
{
	if (a->stage != b->stage)
		return a->stage < b->stage;
	return a->order < b->order;
}

/* Kahn's way; the ready ones in a heap. */
struct heap {
	struct action **v;
	size_t n;
};

static void heap_push(struct heap *h, struct action *a)
{
	size_t i = h->n++;

	while (i && comes_first(a, h->v[(i - 1) / 2])) {
		h->v[i] = h->v[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->v[i] = a;
}

static struct action *heap_pop(struct heap *h)
{
	struct action *top = h->v[0], *last = h->v[--h->n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < h->n) {
		if (k + 1 < h->n && comes_first(h->v[k + 1], h->v[k]))
			k++;
		if (!comes_first(h->v[k], last))
			break;
		h->v[i] = h->v[k];
		i = k;
	}
	h->v[i] = last;
	return top;
}

/* Transactions are as few as can be: what is of none, or of its own, is written
 * when nothing else is ready, and then all of it. */
struct ready {
	struct heap heaps[2];
	size_t now;
};

static void make_ready(struct ready *r, struct action *a)
{
	bool step = a->n && a->v[0].step != STEP_JOINED &&
		    a->stage != STAGE_FIRST;

	heap_push(&r->heaps[step], a);
}

static struct action *next_ready(struct ready *r)
{
	if (!r->heaps[r->now].n)
		r->now = !r->now;
	return r->heaps[r->now].n ? heap_pop(&r->heaps[r->now]) : NULL;
}

static void write_action(struct lowering *l, const struct action *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct statement *st = script_add(l->out, l->arena, NULL,
						  NULL);

		*st = a->v[i];
		st->sql = pg_repaired(l->arena, st->sql);
	}
}

static void count_waits(struct lowering *l)
{
	for (size_t i = 0; i < l->nactions; i++)
		for (size_t k = 0; k < l->actions[i]->nafter; k++) {
			struct action *first = l->actions[i]->after[k];

			*ARENA_PUSH(l->arena, first->before, first->nbefore,
				    first->before_cap) = l->actions[i];
			l->actions[i]->waits++;
		}
}

int pg_write(struct lowering *l)
{
	size_t room = (l->nactions + 1) * sizeof(struct action *);
	struct ready r = { .heaps = { { arena_alloc(l->arena, room), 0 },
				      { arena_alloc(l->arena, room), 0 } } };
	size_t written = 0;
	struct action *a;

	count_waits(l);
	for (size_t i = 0; i < l->nactions; i++)
		if (!l->actions[i]->waits)
			make_ready(&r, l->actions[i]);
	while ((a = next_ready(&r))) {
		write_action(l, a);
		a->done = true;
		written++;
		for (size_t i = 0; i < a->nbefore; i++)
			if (!--a->before[i]->waits)
				make_ready(&r, a->before[i]);
	}
	for (size_t i = 0; written < l->nactions && i < l->nactions; i++)
		if (!l->actions[i]->done)
			return refuse_circle(l, l->actions[i]);
	return 0;
}
