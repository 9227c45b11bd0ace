/*
 * Fates become actions: what is created, dropped, and what goes with what.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

struct action *pg_action(struct lowering *l, enum stage stage,
			 const struct node *from, const struct node *to)
{
	struct action *a = arena_alloc(l->arena, sizeof(*a));

	a->stage = stage;
	a->from = from;
	a->to = to;
	a->order = stage == STAGE_DROP || stage == STAGE_DROP_LATE ?
		   SIZE_MAX / 2 - l->nactions : l->nactions;
	a->id = l->nactions;
	*ARENA_PUSH(l->arena, l->actions, l->nactions, l->actions_cap) = a;
	return a;
}

struct statement *pg_act(struct lowering *l, struct action *a,
			 const struct node *n, const char *sql)
{
	struct script s = { .v = a->v, .n = a->n, .cap = a->cap };
	struct buf b = BUF_INIT;
	struct statement *st;

	node_title(&b, n);
	st = script_add(&s, l->arena, arena_strndup(l->arena, b.ptr, b.len),
			sql);
	buf_release(&b);
	a->v = s.v;
	a->n = s.n;
	a->cap = s.cap;
	return st;
}

void pg_after(struct lowering *l, struct action *a, struct action *first)
{
	if (!a || !first || a == first)
		return;
	*ARENA_PUSH(l->arena, a->after, a->nafter, a->after_cap) = first;
}

/* What would act on all the rest goes first and comes last; nothing needs it.
 */
static enum stage stage_of(const struct node *n, enum stage stage)
{
	if (n->kind != &pg_kind_default_privileges &&
	    n->kind != &pg_kind_event_trigger)
		return stage;
	return stage == STAGE_DROP ? STAGE_FIRST : STAGE_LAST;
}

/* A partition that is made is attached later, and has by then what the whole
 * has; another child is made as one. */
static bool is_made_apart(struct lowering *l, const struct node *table)
{
	return !pg_pair_to(l, table)->from && kind_is_table(table->kind) &&
	       ((const struct pg_table *)table)->partition_of;
}

/* Made by its parent's, wherever that is. */
static bool is_inherited(const struct node *n, bool partition_made)
{
	if (n->kind == &pg_kind_foreign_key)
		return ((const struct pg_foreign_key *)n)->inherited;
	if (n->kind == &pg_kind_trigger)
		return ((const struct pg_trigger *)n)->inherited;
	if (n->kind == &pg_kind_check && !partition_made)
		return ((const struct pg_check *)n)->inherited;
	return false;
}

/* A domain takes no new check while it is in what a column is made of: until
 * columns have become what they will be. */
static bool is_late(struct lowering *l, const struct node *n)
{
	return n->kind == &pg_kind_check &&
	       n->parent->kind == &pg_kind_domain &&
	       !pg_is_gone(pg_pair_to(l, n->parent)) &&
	       pg_pair_to(l, n->parent)->from;
}

static void make_create(struct lowering *l, struct pair *p)
{
	const struct node *n = p->to;
	bool partition = kind_is_table(n->kind) &&
			 ((const struct pg_table *)n)->partition_of;
	struct action *a;

	if (n->kind == &pg_kind_check && pg_is_taken(l, n)) {
		p->make = pg_action(l, STAGE_CREATE, NULL, n);
		pg_take_check(l, p->make, n);
		return;
	}
	if (n->parent && is_inherited(n, is_made_apart(l, n->parent))) {
		if (n->kind == &pg_kind_trigger)
			pg_inherit_trigger(l, p);
		else if (n->kind == &pg_kind_check)
			pg_inherit_check(l, p);
		return;
	}
	if (kind_is_column(n->kind) && pg_comes_with_parent(l, p))
		return;
	pg_make_shell(l, p);
	a = pg_action(l, is_late(l, n) ? STAGE_FINISH :
		      stage_of(n, STAGE_CREATE), NULL, n);
	p->make = a;
	pg_after(l, a, p->shell);
	pg_create(l, a, n);
	for (size_t i = 0; i < n->nkids; i++) {
		struct pair *kid = map_find(&l->by_to, pg_ref(l, n->kids[i]));

		if (!kid)
			kid = pg_add_pair(l, NULL, n->kids[i], NULL);
		kid->fate = FATE_CREATED;
		if (pg_is_inline(n->kids[i]))
			kid->make = a;
		else if (!kid->make)
			make_create(l, kid);
	}
	pg_finish(l, p, partition);
}

static void drop_parts(struct lowering *l, struct pair *p);
static void make_drop(struct lowering *l, struct pair *p);

/* A sequence goes with the table or the column that owns it. */
static bool goes_with_owner(struct lowering *l, const struct node *n)
{
	const char *owner = ((const struct pg_sequence *)n)->owned_by;
	const struct node *table, *column;
	struct buf b = BUF_INIT;

	if (!owner)
		return false;
	pg_add_table_of(&b, owner);
	table = schema_find(l->from, &pg_kind_table, b.ptr);
	if (!table)
		table = schema_find(l->from, &pg_kind_foreign_table, b.ptr);
	column = table ? pg_find_column(table, owner + b.len + 1) : NULL;
	buf_release(&b);
	return (table && pg_is_gone(pg_pair_from(l, table))) ||
	       (column && pg_is_gone(pg_pair_from(l, column)));
}

/* A partition goes with the table that it is one of, and what it holds. */
static bool goes_with_whole(struct lowering *l, struct pair *p)
{
	const struct pg_table *t = (const struct pg_table *)p->from;
	const struct node *parent;
	struct pair *whole;

	if (!t->partition_of)
		return false;
	parent = schema_find(l->from, &pg_kind_table, t->partition_of);
	whole = parent ? pg_pair_from(l, parent) : NULL;
	if (!whole || !pg_is_gone(whole))
		return false;
	if (!whole->drop)
		make_drop(l, whole);
	p->drop = whole->drop;
	drop_parts(l, p);
	return true;
}

/* A base type takes the functions along that it is made of. */
static bool goes_with_type(struct lowering *l, struct pair *p)
{
	const struct users *u = map_find(&l->users, pg_ref(l, p->from));

	for (size_t i = 0; u && i < u->n; i++) {
		struct pair *type;

		if (u->v[i]->kind == &pg_kind_definition)
			type = pg_pair_from(l, u->v[i]->parent);
		else if (pg_is_canonical(u->v[i], p->from))
			type = pg_pair_from(l, u->v[i]);
		else
			continue;
		if (!pg_is_gone(type))
			continue;
		if (!type->drop)
			make_drop(l, type);
		p->drop = type->drop;
		return true;
	}
	return false;
}

static void make_drop(struct lowering *l, struct pair *p)
{
	const struct node *n = p->from;

	if (n->kind == &pg_kind_table && goes_with_whole(l, p))
		return;

	if (n->kind == &pg_kind_sequence && goes_with_owner(l, n))
		return;
	if (n->kind == &pg_kind_function && goes_with_type(l, p))
		return;
	if (kind_is_column(n->kind) && pg_goes_with_parent(l, p))
		return;
	p->drop = pg_action(l, pg_drop_stage(l, p, stage_of(n, STAGE_DROP)), n,
			    NULL);
	pg_drop(l, p->drop, n);
	drop_parts(l, p);
}

/* What may hold two objects in a circle, and can go before either. */
static bool is_tie(const struct node *n)
{
	return (n->kind == &pg_kind_foreign_key || n->kind == &pg_kind_rule ||
		n->kind == &pg_kind_trigger || n->kind == &pg_kind_policy ||
		n->kind == &pg_kind_check) && !is_inherited(n, false);
}

/* They go with it; ties before it, where two hold each other. */
static void drop_parts(struct lowering *l, struct pair *p)
{
	const struct node *n = p->from;

	for (size_t i = 0; i < n->nkids; i++) {
		struct pair *kid = map_find(&l->by_from,
					    pg_ref(l, n->kids[i]));

		if (!kid)
			kid = pg_add_pair(l, n->kids[i], NULL, NULL);
		if (l->loose_ties && is_tie(n->kids[i])) {
			make_drop(l, kid);
			pg_after(l, p->drop, kid->drop);
		} else {
			kid->drop = p->drop;
		}
	}
}

/* Of a partition's key or index: does the parent's go, and takes it along? */
static bool goes_with_parent(struct lowering *l, const struct node *n)
{
	const struct node *parent = pg_partition_parent(l->from, n);

	return parent && pg_is_gone(pg_pair_from(l, parent)) &&
	       !pg_pair_from(l, n->parent)->released;
}

static bool is_part_of_dropped(struct lowering *l, const struct node *n)
{
	return n->parent && pg_is_gone(pg_pair_from(l, n->parent));
}

/* What a partition that is detached keeps is its own then. */
static bool leaves_with_parent(struct lowering *l, const struct node *n)
{
	return is_inherited(n, false) && (n->kind == &pg_kind_trigger ||
		!pg_pair_of(l, n)->released) && !pg_is_left(l, n);
}

static int make_actions_of(struct lowering *l, struct pair *p)
{
	if (p->fate == FATE_REPLACED && pg_is_type(p->from) &&
	    !p->from->parent && p->to)
		return pg_swap_type(l, p);
	if (pg_is_gone(p) && !p->drop && !is_part_of_dropped(l, p->from) &&
	    !goes_with_parent(l, p->from) &&
	    !leaves_with_parent(l, p->from))
		make_drop(l, p);
	if ((p->fate == FATE_CREATED || p->fate == FATE_REPLACED) &&
	    !p->make && p->to)
		make_create(l, p);
	if (p->fate == FATE_ALTERED || p->fate == FATE_RETYPED ||
	    p->released) {
		if (p->fate != FATE_KEPT || p->released) {
			p->make = pg_action(l, stage_of(p->from, STAGE_ALTER),
					    p->from, p->to);
			return pg_alter(l, p->make, p);
		}
	}
	return 0;
}

static int cmp_pairs(const void *va, const void *vb)
{
	const struct pair *a = *(struct pair *const *)va;
	const struct pair *b = *(struct pair *const *)vb;
	const struct node *x = a->to ? a->to : a->from;
	const struct node *y = b->to ? b->to : b->from;
	size_t rx = kind_rank(x->kind), ry = kind_rank(y->kind);

	if (rx != ry)
		return rx < ry ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

int pg_make_actions(struct lowering *l)
{
	size_t n = l->npairs;
	struct pair **v = arena_alloc(l->arena, (n + 1) * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		v[i] = l->pairs[i];
		v[i]->place = i;
	}
	if (n)
		qsort(v, n, sizeof(*v), cmp_pairs);
	for (size_t i = 0; i < n; i++)
		if (make_actions_of(l, v[i]) || l->err->code)
			return -1;
	return 0;
}
