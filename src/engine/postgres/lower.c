/*
 * Two schemas become actions, and these statements.
 *
 *	diff ─▶ pairs with fates ─▶ who depends on what must go, goes too
 *	     ─▶ actions ─▶ what runs before what ─▶ order
 *
 * The catalog's own dependencies (struct node's needs) say what runs before
 * what, on both sides: a thing is made when all that it needs is there, and
 * dropped when nothing needs it any more.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

/* ---- pairs ------------------------------------------------------------- */

static char *ref_of(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;
	char *ref;

	node_ref(&b, n);
	ref = arena_strndup(l->arena, b.ptr, b.len);
	buf_release(&b);
	return ref;
}

static struct pair *add_pair(struct lowering *l, const struct node *from,
			     const struct node *to,
			     const struct change *change)
{
	struct pair *p = arena_alloc(l->arena, sizeof(*p));

	p->from = from;
	p->to = to;
	p->change = change;
	*ARENA_PUSH(l->arena, l->pairs, l->npairs, l->pairs_cap) = p;
	if (from)
		map_set(&l->by_from, ref_of(l, from), p);
	if (to)
		map_set(&l->by_to, ref_of(l, to), p);
	return p;
}

/* The pair of what is alike on both sides is made when it is asked for. */
struct pair *pg_pair_from(struct lowering *l, const struct node *n)
{
	struct pair *p = map_find(&l->by_from, ref_of(l, n)), *home;
	const struct node *to = NULL;

	if (p)
		return p;
	if (!n->parent) {
		to = schema_find(l->to, n->kind, n->name);
	} else {
		home = pg_pair_from(l, n->parent);
		if (home->to)
			to = node_find(home->to, n->kind, n->name,
				       l->to->spelling);
	}
	p = add_pair(l, n, to, NULL);
	if (!to)
		p->fate = FATE_DROPPED;
	return p;
}

struct pair *pg_pair_to(struct lowering *l, const struct node *n)
{
	struct pair *p = map_find(&l->by_to, ref_of(l, n)), *home;
	const struct node *from = NULL;

	if (p)
		return p;
	if (!n->parent) {
		from = schema_find(l->from, n->kind, n->name);
	} else {
		home = pg_pair_to(l, n->parent);
		if (home->from)
			from = node_find(home->from, n->kind, n->name,
					 l->from->spelling);
	}
	p = add_pair(l, from, n, NULL);
	if (!from)
		p->fate = FATE_CREATED;
	return p;
}

static int refuse_opaque(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;

	node_title(&b, n);
	err_set(l->err, ERR_REFUSED, "%s: this schemastore can neither make, "
		"change nor drop it", b.ptr);
	err_hint(l->err, "do that with SQL of your own; both versions have to "
		 "have the same one");
	buf_release(&b);
	return -1;
}

static int take_change(struct lowering *l, const struct change *ch)
{
	struct pair *p = add_pair(l, ch->from, ch->to, ch);

	if ((ch->from ? ch->from : ch->to)->kind == &pg_kind_opaque)
		return refuse_opaque(l, ch->from ? ch->from : ch->to);
	if (ch->op == CHANGE_ADD) {
		p->fate = FATE_CREATED;
		return 0;
	}
	if (ch->op == CHANGE_DROP) {
		p->fate = FATE_DROPPED;
		return 0;
	}
	p->fate = pg_way(l, ch);
	if (l->err->code)
		return -1;
	for (size_t i = 0; p->fate != FATE_REPLACED && i < ch->nkids; i++)
		if (take_change(l, &ch->kids[i]))
			return -1;
	return 0;
}

/* ---- dependants ---------------------------------------------------------- */

struct users {
	const struct node **v;
	size_t n, cap;
};

static void note_users(struct lowering *l, const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct users *u = map_find(&l->users, n->needs.v[i]);

		if (!u) {
			u = arena_alloc(l->arena, sizeof(*u));
			map_set(&l->users, n->needs.v[i], u);
		}
		*ARENA_PUSH(l->arena, u->v, u->n, u->cap) = n;
	}
	for (size_t i = 0; i < n->nkids; i++)
		note_users(l, n->kids[i]);
}

static bool is_gone(const struct pair *p)
{
	return p->fate == FATE_DROPPED || p->fate == FATE_REPLACED;
}

static bool is_type(const struct node *n)
{
	return n->kind == &pg_kind_enum || n->kind == &pg_kind_domain ||
	       n->kind == &pg_kind_composite || n->kind == &pg_kind_range ||
	       n->kind == &pg_kind_table;
}

static int refuse_dependent(struct lowering *l, const struct node *user,
			    const struct node *used)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	node_title(&a, user);
	node_title(&b, used);
	err_set(l->err, ERR_REFUSED, "%s depends on %s, which has to be made "
		"anew", a.ptr, b.ptr);
	err_hint(l->err, "change the two in separate versions");
	buf_release(&a);
	buf_release(&b);
	return -1;
}

static int spread(struct lowering *l, const struct pair *p);

/* What a column that is kept does when something that it uses goes. */
static int spread_to_column(struct lowering *l, struct pair *p,
			    const struct node *used)
{
	const struct pg_column *c = (const struct pg_column *)p->from;

	if (used->kind == &pg_kind_base_type)
		return refuse_dependent(l, p->from, used);
	if (is_type(used)) {
		if (p->fate == FATE_RETYPED)
			return 0;
		p->fate = FATE_RETYPED;
		return spread(l, p);
	}
	if (c->generated) {
		p->fate = FATE_REPLACED;
		return spread(l, p);
	}
	p->released = true;
	return 0;
}

/* A publication that is told of other tables does so before these go. */
static bool lets_go(struct lowering *l, const struct pair *user,
		    const struct node *used)
{
	return user->from->kind == &pg_kind_publication &&
	       user->fate == FATE_ALTERED &&
	       pg_pair_from(l, used)->fate == FATE_DROPPED;
}

static int spread_to(struct lowering *l, const struct node *user,
		     const struct node *used)
{
	const struct node *object = user->parent ? user->parent : user;
	struct pair *home = pg_pair_from(l, object), *p;

	if (is_gone(home))
		return 0;
	if (kind_is_column(user->kind) && (object->kind == &pg_kind_view ||
					   object->kind == &pg_kind_matview))
		user = object;
	p = pg_pair_from(l, user);
	if (is_gone(p) || lets_go(l, p, used))
		return 0;
	if (user->kind == &pg_kind_opaque)
		return refuse_dependent(l, user, used);
	if (kind_is_column(user->kind))
		return spread_to_column(l, p, used);
	if (kind_is_table(user->kind))
		return home->change ? 0 : refuse_dependent(l, user, used);
	p->fate = FATE_REPLACED;
	return spread(l, p);
}

static int spread_ref(struct lowering *l, const struct node *n,
		      const struct node *used)
{
	const struct users *u = map_find(&l->users, ref_of(l, n));

	for (size_t i = 0; u && i < u->n; i++)
		if (spread_to(l, u->v[i], used))
			return -1;
	return 0;
}

/* All that cannot stay when this goes. */
static int spread(struct lowering *l, const struct pair *p)
{
	const struct node *n = p->from;

	if (spread_ref(l, n, n))
		return -1;
	for (size_t i = 0; is_gone(p) && i < n->nkids; i++)
		if (spread_ref(l, n->kids[i], n))
			return -1;
	return 0;
}

static int spread_all(struct lowering *l)
{
	size_t n = l->npairs;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= is_gone(l->pairs[i]) ||
		       l->pairs[i]->fate == FATE_RETYPED;
	if (!any)
		return 0;
	l->out->concerns_others = true;
	for (size_t i = 0; i < l->from->n; i++)
		note_users(l, l->from->objects[i]);
	for (size_t i = 0; i < n; i++) {
		const struct pair *p = l->pairs[i];

		if ((is_gone(p) || p->fate == FATE_RETYPED) && spread(l, p))
			return -1;
	}
	return 0;
}

/* ---- actions ------------------------------------------------------------- */

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

static void make_create(struct lowering *l, struct pair *p)
{
	const struct node *n = p->to;
	bool partition = kind_is_table(n->kind) &&
			 ((const struct pg_table *)n)->partition_of;
	struct action *a;

	if (n->parent && is_inherited(n, !pg_pair_to(l, n->parent)->from)) {
		if (n->kind == &pg_kind_trigger)
			pg_inherit_trigger(l, p);
		return;
	}
	if (kind_is_column(n->kind) && pg_comes_with_parent(l, p))
		return;
	a = pg_action(l, stage_of(n, STAGE_CREATE), NULL, n);
	p->make = a;
	pg_create(l, a, n);
	for (size_t i = 0; i < n->nkids; i++) {
		struct pair *kid = map_find(&l->by_to, ref_of(l, n->kids[i]));

		if (!kid)
			kid = add_pair(l, NULL, n->kids[i], NULL);
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
	return (table && is_gone(pg_pair_from(l, table))) ||
	       (column && is_gone(pg_pair_from(l, column)));
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
	if (!whole || !is_gone(whole))
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
	const struct users *u = map_find(&l->users, ref_of(l, p->from));

	for (size_t i = 0; u && i < u->n; i++) {
		struct pair *type;

		if (u->v[i]->kind != &pg_kind_definition)
			continue;
		type = pg_pair_from(l, u->v[i]->parent);
		if (!is_gone(type))
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
	p->drop = pg_action(l, stage_of(n, STAGE_DROP), n, NULL);
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
					    ref_of(l, n->kids[i]));

		if (!kid)
			kid = add_pair(l, n->kids[i], NULL, NULL);
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

	return parent && is_gone(pg_pair_from(l, parent)) &&
	       !pg_pair_from(l, n->parent)->released;
}

static bool is_part_of_dropped(struct lowering *l, const struct node *n)
{
	return n->parent && is_gone(pg_pair_from(l, n->parent));
}

/* What a partition that is detached keeps is its own then. */
static bool leaves_with_parent(struct lowering *l, const struct node *n)
{
	return is_inherited(n, false) && (n->kind == &pg_kind_trigger ||
					  !pg_pair_of(l, n)->released);
}

static int make_actions_of(struct lowering *l, struct pair *p)
{
	if (p->fate == FATE_REPLACED && is_type(p->from) &&
	    !p->from->parent && p->to)
		return pg_swap_type(l, p);
	if (is_gone(p) && !p->drop && !is_part_of_dropped(l, p->from) &&
	    !goes_with_parent(l, p->from) &&
	    !(p->fate == FATE_DROPPED && leaves_with_parent(l, p->from)))
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

static int make_actions(struct lowering *l)
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
		if (make_actions_of(l, v[i]))
			return -1;
	return 0;
}

/* ---- what runs before what ------------------------------------------------ */

static void order_make(struct lowering *l, struct action *a,
		       const struct node *n)
{
	for (size_t i = 0; i < n->needs.n; i++) {
		struct pair *p = map_find(&l->by_to, n->needs.v[i]);

		if (p && p->make)
			pg_after(l, a, p->make);
	}
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
			if (a->stage != STAGE_ALTER)
				pg_after(l, p->make, a);
		}
		if (p->fate == FATE_RETYPED && p->make != a)
			pg_after(l, p->make, a);
	}
}

/* Columns change when nothing but them is left of what changes, and before
 * what is new is made. */
static void order_parts(struct lowering *l, struct pair *p)
{
	const struct node *n = p->to ? p->to : p->from;
	const struct node *sides[] = {
		n->parent ? pg_pair_of(l, n)->from : NULL,
		n->parent ? pg_pair_of(l, n)->to : NULL,
	};
	struct action *mine[] = { p->make, p->drop };

	for (size_t s = 0; s < ARRAY_LEN(sides); s++)
		for (size_t i = 0; sides[s] && i < sides[s]->nkids; i++) {
			const struct node *k = sides[s]->kids[i];
			struct pair *o = map_find(s ? &l->by_to : &l->by_from,
						  ref_of(l, k));

			if (!o || o == p || kind_is_column(k->kind))
				continue;
			for (size_t m = 0; m < ARRAY_LEN(mine); m++) {
				if (!mine[m])
					continue;
				if (o->drop && o->drop != mine[m] && !s)
					pg_after(l, mine[m], o->drop);
				if (o->make && s && o->make != mine[m])
					pg_after(l, o->make, mine[m]);
			}
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

	if (o && p->make && o->drop && !(o == p && p->swapped))
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

/* A parent's index finds those of its partitions, and takes them. */
static void order_partition(struct lowering *l, struct pair *p)
{
	const struct node *parent;
	struct pair *o;

	if (!p->to || !p->make)
		return;
	if (*pg_only(p->to))
		order_behind_parts(l, p);
	parent = pg_partition_parent(l->to, p->to);
	o = parent ? map_find(&l->by_to, ref_of(l, parent)) : NULL;
	if (o && o->make && !*pg_only(parent))
		pg_after(l, o->make, p->make);
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

static void order_all(struct lowering *l)
{
	size_t n = l->npairs;

	for (size_t i = 0; i < n; i++)
		note_name(l, l->pairs[i]);
	for (size_t i = 0; i < n; i++) {
		struct pair *p = l->pairs[i];

		if (p->make && p->to)
			order_make(l, p->make, p->to);
		if (p->finish)
			pg_after(l, p->finish, p->make);
		if (p->make && p->to && p->to->parent &&
		    pg_pair_of(l, p->to)->fate != FATE_ALTERED)
			pg_after(l, p->make, pg_pair_of(l, p->to)->make);
		if (p->from && (p->drop || p->make))
			order_drop(l, p->drop && !p->swapped ? p->drop :
				   p->make, p->from);
		if (p->release)
			order_drop(l, p->release, p->from);
		if (p->from && p->drop && p->from->kind ==
		    &pg_kind_foreign_key)
			order_partition_keys(l, p);
		order_name(l, p);
		order_partition(l, p);
		if ((p->make || p->drop) && (p->to ? p->to : p->from)->parent &&
		    kind_is_column((p->to ? p->to : p->from)->kind))
			order_parts(l, p);
		if (p->finish && p->to)
			pg_order_finish(l, p);
	}
}

/* ---- the order ------------------------------------------------------------- */

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

static void write_action(struct lowering *l, const struct action *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct statement *st = script_add(l->out, l->arena,
						  a->v[i].node, a->v[i].sql);

		st->hazards = a->v[i].hazards;
		st->nhazards = a->v[i].nhazards;
		st->check = a->v[i].check;
	}
}

static int write_all(struct lowering *l)
{
	struct heap h = { arena_alloc(l->arena, (l->nactions + 1) *
				      sizeof(*h.v)), 0 };
	size_t written = 0;

	for (size_t i = 0; i < l->nactions; i++)
		for (size_t k = 0; k < l->actions[i]->nafter; k++) {
			struct action *first = l->actions[i]->after[k];

			*ARENA_PUSH(l->arena, first->before, first->nbefore,
				    first->before_cap) = l->actions[i];
			l->actions[i]->waits++;
		}
	for (size_t i = 0; i < l->nactions; i++)
		if (!l->actions[i]->waits)
			heap_push(&h, l->actions[i]);
	while (h.n) {
		struct action *a = heap_pop(&h);

		write_action(l, a);
		a->done = true;
		written++;
		for (size_t i = 0; i < a->nbefore; i++)
			if (!--a->before[i]->waits)
				heap_push(&h, a->before[i]);
	}
	for (size_t i = 0; written < l->nactions && i < l->nactions; i++)
		if (!l->actions[i]->done)
			return refuse_circle(l, l->actions[i]);
	return 0;
}

static int lower_once(bool *circle, bool loose_ties, struct script *out,
		      const struct schema *from, const struct schema *to,
		      const struct lower_opts *opts, struct arena *a,
		      struct err *err)
{
	struct lowering l = {
		.out = out, .from = from, .to = to, .opts = opts, .arena = a,
		.err = err, .loose_ties = loose_ties,
	};
	int ret = -1;

	schema_diff(&l.diff, from, to, opts->column_order ?
		    DIFF_COLUMN_ORDER : 0, a);
	for (size_t i = 0; i < l.diff.n; i++)
		if (take_change(&l, &l.diff.v[i]))
			goto out;
	if (spread_all(&l) || make_actions(&l))
		goto out;
	order_all(&l);
	ret = write_all(&l);
	*circle = ret;
out:
	map_release(&l.by_from);
	map_release(&l.by_to);
	map_release(&l.users);
	map_release(&l.names);
	return ret;
}

int pg_lower(struct script *out, const struct schema *from,
	     const struct schema *to, const struct lower_opts *opts,
	     struct arena *a, struct err *err)
{
	struct err first = ERR_INIT;
	bool circle = false;

	if (!lower_once(&circle, false, out, from, to, opts, a, &first))
		return 0;
	if (circle) {
		memset(out, 0, sizeof(*out));
		return lower_once(&circle, true, out, from, to, opts, a, err);
	}
	*err = first;
	return -1;
}
