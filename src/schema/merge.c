/*
 * Three schemas, node by node.
 *
 *	base ours theirs
 *	 a    a    a      one side alone has changed it: that one's
 *	 a    a'   a"     field by field, and so are its parts
 *	 a    -    a      dropped;   a - a': conflict
 *	 -    b    b      one;       - b b': conflict
 */
#include "config.h"

#include "ss/merge.h"

#include "schema/merge-parts.h"
#include "schema/origins.h"

#include <stdlib.h>

#include "ss/kinds.h"

const char *const merge_side_words[] = {
	[MERGE_BASE] = "base",
	[MERGE_OURS] = "ours",
	[MERGE_THEIRS] = "theirs",
};
_Static_assert(ARRAY_LEN(merge_side_words) == MERGE_SIDES, "a word per side");

const char *const conflict_words[] = {
	[CONFLICT_ALTERED] = "altered/altered",
	[CONFLICT_DROPPED] = "altered/dropped",
	[CONFLICT_RENAMED] = "renamed/renamed",
	[CONFLICT_ADDED] = "added/added",
	[CONFLICT_NAME] = "name",
	[CONFLICT_MEANING] = "meaning",
	[CONFLICT_STEP] = "step",
};
_Static_assert(ARRAY_LEN(conflict_words) == CONFLICT_N, "a word per type");

/* ---- conflicts ----------------------------------------------------------- */

/* Where nobody has chosen, and ours has none, theirs holds its place. */
static const struct node *whole_conflict(struct merge *m, struct trio *t,
					 enum conflict_type type)
{
	struct conflict c = { .type = type };
	enum merge_side side;

	c.no_base = merge_doubt(m, t).whole;
	for (size_t i = c.no_base; i < MERGE_SIDES; i++)
		c.text[i] = merge_text(m, t->v[i]);
	side = merge_conflict(m, t, &c);
	if (m->leaves && !t->v[MERGE_OURS])
		side = MERGE_THEIRS;
	return t->v[side];
}

/* ---- which node is which ------------------------------------------------- */

/* Equal ones are told apart by their number. */
static void add_side(struct merge *m, struct trios *out, struct map *by_key,
		     enum merge_side side, struct node *const *v, size_t n)
{
	struct buf key = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		size_t at, same = 0;

		do {
			buf_truncate(&key, 0);
			buf_addf(&key, "%zu %d %zu %s", kind_rank(v[i]->kind),
				 !v[i]->name, same++, v[i]->key);
			at = (size_t)(uintptr_t)map_find(by_key, key.ptr);
		} while (at && out->v[at - 1].v[side]);
		if (!at) {
			*ARENA_PUSH(m->arena, out->v, out->n, out->cap) =
				(struct trio){ .merged = NULL };
			at = out->n;
			map_set(by_key, key.ptr, (void *)(uintptr_t)at);
		}
		out->v[at - 1].v[side] = v[i];
	}
	buf_release(&key);
}

static bool is_only(const struct trio *t, enum merge_side side)
{
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (!t->v[i] != (i != side))
			return false;
	return true;
}

/* What has no name is matched by what it is: where each of the three has one
 * of a kind that the others lack it is the same one, altered. */
static void pair_unnamed(struct trios *v, size_t at)
{
	const struct kind *kind = merge_one_of(&v->v[at])->kind;
	struct trio *only[MERGE_SIDES] = { NULL };

	for (size_t i = 0; i < v->n; i++) {
		struct trio *t = &v->v[i];

		for (size_t s = 0; s < MERGE_SIDES; s++) {
			if (!is_only(t, s) || t->v[s]->name ||
			    t->v[s]->kind != kind)
				continue;
			if (only[s])
				return;
			only[s] = t;
		}
	}
	for (size_t s = 0; s < MERGE_SIDES; s++)
		if (!only[s])
			return;
	for (size_t s = MERGE_OURS; s < MERGE_SIDES; s++) {
		only[MERGE_BASE]->v[s] = only[s]->v[s];
		only[s]->v[s] = NULL;
	}
}

static struct trios match(struct merge *m, struct node *const *const v[],
			  const size_t *n)
{
	struct map by_key = MAP_INIT;
	struct trios out = { 0 };

	for (size_t i = 0; i < MERGE_SIDES; i++)
		add_side(m, &out, &by_key, i, v[i], n[i]);
	map_release(&by_key);
	for (size_t i = 0; i < out.n; i++)
		if (is_only(&out.v[i], MERGE_BASE) &&
		    !out.v[i].v[MERGE_BASE]->name)
			pair_unnamed(&out, i);
	return out;
}

static struct trios match_kids(struct merge *m, const struct trio *t)
{
	struct node *const *v[MERGE_SIDES];
	size_t n[MERGE_SIDES];

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		v[i] = t->v[i]->kids;
		n[i] = t->v[i]->nkids;
	}
	return match(m, v, n);
}

/* ---- are two the same ---------------------------------------------------- */

static bool same_node(struct merge *m, const struct node *a,
		      const struct node *b);

static const struct node *other_kid(const struct node *parent, size_t at,
				    const struct node *n, bool places)
{
	/* They stand where they stand, but for columns. */
	if (places || !kind_is_column(n->kind))
		return at < parent->nkids ? parent->kids[at] : NULL;
	for (size_t i = 0; i < parent->nkids; i++)
		if (parent->kids[i]->kind == n->kind &&
		    !strcmp(parent->kids[i]->key, n->key))
			return parent->kids[i];
	return NULL;
}

static bool same_kids(struct merge *m, const struct node *a,
		      const struct node *b)
{
	bool places = node_places_count(a);

	if (a->nkids != b->nkids)
		return false;
	for (size_t i = 0; i < a->nkids; i++) {
		const struct node *o = other_kid(b, i, a->kids[i], places);

		if (!o || !same_node(m, a->kids[i], o))
			return false;
	}
	return true;
}

static bool same_node(struct merge *m, const struct node *a,
		      const struct node *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || strcmp(a->key, b->key) ||
	    strcmp(a->fold, b->fold))
		return false;
	/* All but origins and what is cosmetic. */
	if (!a->parent && memcmp(a->digest, b->digest, SHA256_LEN))
		return false;
	for (size_t i = 0; i < a->kind->nfields; i++)
		if (!field_same(&a->kind->fields[i], a, b,
				m->merged.spelling, m->arena))
			return false;
	return same_kids(m, a, b);
}

bool merge_same_name(struct merge *m, const char *a, const char *b)
{
	return !strcmp(fold_name_in(m->arena, m->merged.spelling, a),
		       fold_name_in(m->arena, m->merged.spelling, b));
}

/* ---- nodes --------------------------------------------------------------- */

struct node *merge_take(struct merge *m, const struct node *n)
{
	if (!n)
		return NULL;
	return n->parent ? node_copy(m->arena, n) : (struct node *)n;
}

static int cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of two sorted lists all that is in either. */
static struct list both_of(const struct list *a, const struct list *b,
			   struct arena *arena)
{
	struct list all = { 0 }, out = { 0 };

	for (size_t i = 0; i < a->n; i++)
		list_add(arena, &all, a->v[i]);
	for (size_t i = 0; i < b->n; i++)
		list_add(arena, &all, b->v[i]);
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), cmp_strings);
	for (size_t i = 0; i < all.n; i++)
		if (!i || strcmp(all.v[i - 1], all.v[i]))
			list_add(arena, &out, all.v[i]);
	return out;
}

/* A name, and under which one it was born. */
static void take_name(struct node *n, const struct node *from)
{
	n->name = from->name;
	n->origin = from->origin;
}

static void merge_name(struct merge *m, struct trio *t)
{
	struct conflict c = { .type = CONFLICT_RENAMED, .field = "name" };
	const struct node *const *v = t->v;
	enum merge_side from;

	if (!v[MERGE_OURS]->name)
		return;
	c.no_base = merge_doubt(m, t).name;
	if (!strcmp(v[MERGE_OURS]->fold, v[MERGE_THEIRS]->fold)) {
		from = strcmp(v[MERGE_OURS]->name, v[MERGE_BASE]->name) ?
		       MERGE_OURS : MERGE_THEIRS;
	} else if (!c.no_base &&
		   !strcmp(v[MERGE_OURS]->fold, v[MERGE_BASE]->fold)) {
		from = MERGE_THEIRS;
	} else if (!c.no_base &&
		   !strcmp(v[MERGE_THEIRS]->fold, v[MERGE_BASE]->fold)) {
		from = MERGE_OURS;
	} else {
		for (size_t i = c.no_base; i < MERGE_SIDES; i++)
			c.text[i] = v[i]->name;
		from = merge_conflict(m, t, &c);
	}
	take_name(t->merged, v[from]);
}

static void merge_trio(struct merge *m, struct trio *t);
static void check_names(struct merge *m, struct trios *v);

static void merge_fieldwise(struct merge *m, struct trio *t)
{
	const struct node *const *v = t->v;
	struct node *n = arena_memdup(m->arena, v[MERGE_OURS],
				      v[MERGE_OURS]->kind->size);
	size_t before = m->n;
	struct trios kids;

	n->kids = NULL;
	n->nkids = n->kids_cap = 0;
	n->key = n->fold = NULL;
	n->sealed = n->named = false;
	n->needs = both_of(&v[MERGE_OURS]->needs, &v[MERGE_THEIRS]->needs,
			   m->arena);
	t->merged = n;
	merge_name(m, t);
	merge_fields(m, t);
	kids = match_kids(m, t);
	for (size_t i = 0; i < kids.n; i++)
		merge_trio(m, &kids.v[i]);
	check_names(m, &kids);
	t->open |= m->n > before;
	merge_columns(m, t, &kids);
	for (size_t i = 0; i < kids.n; i++)
		if (kids.v[i].merged &&
		    !kind_is_column(kids.v[i].merged->kind))
			node_add(m->arena, n, kids.v[i].merged);
}

/* One of the two sides lacks it. */
static const struct node *merge_one(struct merge *m, struct trio *t,
				    const struct doubt *d)
{
	const struct node *base = t->v[MERGE_BASE];
	const struct node *have = t->v[MERGE_OURS] ? t->v[MERGE_OURS] :
				  t->v[MERGE_THEIRS];

	if (!have || (!base && !d->whole))
		return have;
	if (!d->whole && !d->inside && same_node(m, base, have))
		return NULL;
	return whole_conflict(m, t, CONFLICT_DROPPED);
}

/* Both sides have it: false where that is to be merged part by part. */
static bool merge_two(const struct node **out, struct merge *m,
		      struct trio *t, const struct doubt *d)
{
	const struct node *base = t->v[MERGE_BASE];
	const struct node *ours = t->v[MERGE_OURS];
	const struct node *theirs = t->v[MERGE_THEIRS];
	bool sure = base && !d->whole && !d->inside;

	if (base && merge_is_decided_inside(m, t))
		return false;
	if (sure && same_node(m, ours, base))
		*out = theirs;
	else if (same_node(m, ours, theirs) ||
		 (sure && same_node(m, theirs, base)))
		*out = ours;
	else if (!base || d->whole)
		*out = whole_conflict(m, t, base ? CONFLICT_ALTERED :
				      CONFLICT_ADDED);
	else
		return false;
	return true;
}

static void merge_trio(struct merge *m, struct trio *t)
{
	struct doubt d = merge_doubt(m, t);
	const struct node *from;

	if (merge_is_decided(m, t))
		return;
	if (!t->v[MERGE_OURS] || !t->v[MERGE_THEIRS])
		t->merged = merge_take(m, merge_one(m, t, &d));
	else if (merge_two(&from, m, t, &d))
		t->merged = merge_take(m, from);
	else
		merge_fieldwise(m, t);
	if (!t->v[MERGE_BASE] && t->merged && merge_is_decided_inside(m, t))
		merge_decide_inside(m, t);
}

/* ---- names --------------------------------------------------------------- */

/* Who is called so on this side? */
static const struct node *called(struct merge *m, const struct trio *const *v,
				 enum merge_side side, const char *name)
{
	for (size_t i = 0; i < 2; i++)
		if (v[i]->v[side] &&
		    merge_same_name(m, v[i]->v[side]->name, name))
			return v[i]->v[side];
	return NULL;
}

/* Both stand under that name on one side already, as SQLite's constraints
 * may. */
static bool are_twins(struct merge *m, const struct trio *a,
		      const struct trio *b, const char *name)
{
	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++)
		if (a->v[i] && b->v[i] &&
		    merge_same_name(m, a->v[i]->name, name) &&
		    merge_same_name(m, b->v[i]->name, name))
			return true;
	return false;
}

/* Whoever does not have the name on the chosen side is called as in base, or
 * is not there. */
static void give_way(struct merge *m, struct trio *t, enum merge_side side,
		     const char *name)
{
	const struct node *base = t->v[MERGE_BASE];

	if (t->v[side] && merge_same_name(m, t->v[side]->name, name))
		return;
	if (!base || merge_same_name(m, base->name, name)) {
		t->merged = NULL;
		return;
	}
	t->merged = node_copy(m->arena, t->merged);
	take_name(t->merged, base);
}

static void name_conflict(struct merge *m, struct trio *a, struct trio *b)
{
	const struct trio *const both[] = { a, b };
	const char *name = a->merged->name;
	struct conflict c = { .type = CONFLICT_NAME };
	enum merge_side side;

	if (are_twins(m, a, b, name))
		return;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		c.text[i] = merge_text(m, called(m, both, i, name));
	side = merge_conflict(m, a->v[MERGE_OURS] ? a : b, &c);
	if (m->leaves)
		merge_leave_doubt(m, a->v[MERGE_OURS] ? b : a, &c);
	if (a->open || b->open)
		return;
	give_way(m, a, side, name);
	give_way(m, b, side, name);
}

static void check_names(struct merge *m, struct trios *v)
{
	struct map by_name = MAP_INIT;
	struct buf key = BUF_INIT;

	for (size_t i = 0; i < v->n; i++) {
		struct trio *t = &v->v[i], *other;

		if (!t->merged || !t->merged->name || t->open)
			continue;
		buf_truncate(&key, 0);
		buf_addf(&key, "%zu ", kind_rank(t->merged->kind));
		m->merged.spelling->fold_name(&key, t->merged->name);
		other = map_find(&by_name, key.ptr);
		if (other && other->merged)
			name_conflict(m, other, t);
		else
			map_set(&by_name, key.ptr, t);
	}
	buf_release(&key);
	map_release(&by_name);
}

/* ---- schemas ------------------------------------------------------------- */

static void merge_settings(struct merge *m)
{
	static const struct kind engine = { .word = "engine" };

	const struct list *v[MERGE_SIDES];
	struct list *out = &m->merged.settings;
	struct conflict c = { .type = CONFLICT_ALTERED, .field = "setting" };
	struct node settings = { .kind = &engine, .name = "settings" };

	c.no_base = m->doubts && m->doubts->settings;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		v[i] = &m->of[i]->settings;
	if (merge_same_list(v[MERGE_THEIRS], v[MERGE_OURS]) ||
	    (!c.no_base && merge_same_list(v[MERGE_THEIRS], v[MERGE_BASE])))
		*out = *v[MERGE_OURS];
	else if (!c.no_base && merge_same_list(v[MERGE_OURS], v[MERGE_BASE]))
		*out = *v[MERGE_THEIRS];
	else if (c.no_base || !merge_lists(out, v, m->arena)) {
		for (size_t i = c.no_base; i < MERGE_SIDES; i++)
			c.text[i] = merge_list_text(m, v[i]);
		*out = *v[merge_conflict(m, &(struct trio){
			.v = { [MERGE_OURS] = &settings } }, &c)];
	}
}

static struct trios match_objects(struct merge *m)
{
	struct node *const *v[MERGE_SIDES];
	size_t n[MERGE_SIDES];

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		v[i] = m->of[i]->objects;
		n[i] = m->of[i]->n;
	}
	return match(m, v, n);
}

/* ERR_NONE, or why it is no schema. */
static void seal(struct merge *m, const struct trios *all, struct err *why)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].merged)
			schema_add(&m->merged, all->v[i].merged);
	m->sealed = !schema_seal(&m->merged, why);
}

static int merge_agreed(struct merge *m, struct err *err)
{
	const struct schema *ours = m->of[MERGE_OURS];
	struct schema *out = &m->merged;
	struct err why = ERR_INIT;
	struct trios all;

	schema_init(out, ours->spelling, m->arena);
	out->version = ours->version ? ours->version :
		       m->of[MERGE_THEIRS]->version;
	out->retired = both_of(&ours->retired,
			       &m->of[MERGE_THEIRS]->retired, m->arena);
	m->conflicts = NULL;
	m->n = m->cap = 0;
	if (origins_check(&out->retired, out->spelling, err) ||
	    merge_read_choices(m, err))
		return -1;
	merge_settings(m);
	all = match_objects(m);
	for (size_t i = 0; i < all.n; i++)
		merge_trio(m, &all.v[i]);
	check_names(m, &all);
	if (!m->n && !m->leaves)
		merge_references(m, &all);
	seal(m, &all, &why);
	if (m->sealed || m->n)
		return 0;
	*err = why;
	return -1;
}

int schema_merge(struct merge *m, struct err *err)
{
	const struct schema *given[MERGE_SIDES];
	struct agreed g;
	int ret;

	memcpy(given, m->of, sizeof(given));
	schema_agree(&g, given, MERGE_SIDES, m->arena);
	memcpy(m->of, g.v, sizeof(given));
	ret = merge_agreed(m, err);
	memcpy(m->of, given, sizeof(given));
	schema_agree_release(&g);
	return ret;
}
