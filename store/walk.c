/*
 * Walking back through versions, newest first, each once.
 *
 *	ready: a heap of those of which all descendants have been shown
 *
 * A commit is never older than its parents, so that the newest one of the heap
 * has no descendant in it but of the same second.  Where there are several of
 * that second, all that they lead to in it are fetched, and counted are the
 * children that each has there: it is ready when the last one is shown.
 *
 * In git's order of --topo-order the whole history is read first, and `ready`
 * is a stack: what was begun is followed to where another line joins it.
 */
#include "config.h"

#include "ss/store.h"

struct entry {
	struct link link;
	size_t children;	/* of its second, that were not shown; in topo
				 * order: all that were not */
	bool counted;		/* among those of its parents */
	bool same;		/* nothing that is asked for changes in it */
};

struct walk {
	struct store *store;
	struct arena *arena;
	struct entry **ready;
	size_t n;
	size_t cap;
	struct map seen;	/* 20 bytes -> its entry, or the walk: hidden */
	walk_same_fn same;	/* NULL: all are shown */
	void *ctx;
	struct entry **tips;	/* in the order in which they were named */
	size_t ntips, tips_cap;
	struct oid *bottoms;	/* those that were hidden by name */
	size_t nbottoms, bottoms_cap;
	bool topo;
	bool first_parent;
	bool replaced;		/* a squash has what it stands for behind it */
};

struct walk *walk_new(struct store *s, struct arena *a)
{
	struct walk *w = arena_alloc(a, sizeof(*w));

	w->store = s;
	w->arena = a;
	return w;
}

void walk_free(struct walk *w)
{
	if (w)
		map_release(&w->seen);
}

/* ---- the heap ----------------------------------------------------------- */

static bool newer(const struct entry *x, const struct entry *y)
{
	const struct link *a = &x->link, *b = &y->link;

	if (a->time != b->time)
		return a->time > b->time;
	if (a->seq != b->seq)
		return a->seq > b->seq;
	return memcmp(a->oid.b, b->oid.b, SHA1_LEN) > 0;
}

static void heap_add(struct walk *w, struct entry *e)
{
	size_t i = w->n;

	*ARENA_PUSH(w->arena, w->ready, w->n, w->cap) = e;
	for (; i && newer(e, w->ready[(i - 1) / 2]); i = (i - 1) / 2)
		w->ready[i] = w->ready[(i - 1) / 2];
	w->ready[i] = e;
}

static struct entry *heap_take(struct walk *w)
{
	struct entry *first = w->ready[0], *last = w->ready[--w->n];
	size_t i = 0;

	for (;;) {
		size_t kid = 2 * i + 1;

		if (kid + 1 < w->n && newer(w->ready[kid + 1], w->ready[kid]))
			kid++;
		if (kid >= w->n || !newer(w->ready[kid], last))
			break;
		w->ready[i] = w->ready[kid];
		i = kid;
	}
	w->ready[i] = last;
	return first;
}

/* ---- what is shown ------------------------------------------------------ */

void walk_only(struct walk *w, walk_same_fn same, void *ctx)
{
	w->same = same;
	w->ctx = ctx;
}

void walk_first_parent(struct walk *w)
{
	w->first_parent = true;
}

void walk_replaced(struct walk *w)
{
	w->replaced = true;
}

/* How many of its parents. */
static size_t followed(const struct walk *w, const struct link *l)
{
	return w->first_parent && l->nparents > 1 ? 1 : l->nparents;
}

/* NULL: hidden, or not reached. */
static struct entry *entry_of(const struct walk *w, const struct oid *id)
{
	void *p = map_find_bytes(&w->seen, id->b, SHA1_LEN);

	return p == w ? NULL : p;
}

/* What is hidden says nothing of the history that is shown, but where that
 * begins does. */
static bool is_relevant(const struct walk *w, const struct oid *id)
{
	if (map_find_bytes(&w->seen, id->b, SHA1_LEN) != w)
		return true;
	for (size_t i = 0; i < w->nbottoms; i++)
		if (oid_equal(&w->bottoms[i], id))
			return true;
	return false;
}

/* Git's simplification of history: who has what a parent has, has it from
 * there, and no other parent is followed. */
static int simplify(struct walk *w, struct entry *e, struct err *err)
{
	bool changed[2] = { false, false }, any = false;
	struct link *l = &e->link;

	for (size_t i = 0; i < followed(w, l); i++) {
		bool relevant = is_relevant(w, &l->parents[i]);
		int same = w->same(w->ctx, &l->oid, &l->parents[i], err);

		if (same < 0)
			return -1;
		if (same && relevant) {
			l->parents[0] = l->parents[i];
			l->nparents = 1;
			e->same = true;
			return 0;
		}
		any |= relevant;
		changed[relevant] |= !same;
	}
	e->same = !changed[any];
	return 0;
}

static bool is_shown(const struct entry *e)
{
	return e->link.kind == COMMIT_SCHEMA && !e->same;
}

/* ---- tips --------------------------------------------------------------- */

/* *out NULL: it was seen already, or is hidden. */
static int see(struct entry **out, struct walk *w, const struct oid *id,
	       struct err *err)
{
	struct link l;

	*out = NULL;
	if (map_find_bytes(&w->seen, id->b, SHA1_LEN))
		return 0;
	if (store_link(&l, w->store, id, err))
		return -1;
	if (w->replaced && l.squash)
		l.parents[l.nparents++] = l.replaced;
	*out = arena_alloc(w->arena, sizeof(**out));
	(*out)->link = l;
	if (w->same && l.kind == COMMIT_SCHEMA && simplify(w, *out, err))
		return -1;
	map_set_bytes(&w->seen, id->b, SHA1_LEN, *out);
	return 0;
}

int walk_push(struct walk *w, const struct oid *tip, struct err *err)
{
	struct entry *e;

	if (see(&e, w, tip, err))
		return -1;
	if (!e)
		return 0;
	heap_add(w, e);
	*ARENA_PUSH(w->arena, w->tips, w->ntips, w->tips_cap) = e;
	return 0;
}

static bool has_versions(const char *ref)
{
	return str_starts(ref, "refs/heads/") ||
	       str_starts(ref, "refs/tags/") ||
	       str_starts(ref, "refs/remotes/");
}

static int push_ref(struct walk *w, const struct ref *ref, struct err *err)
{
	struct err why = ERR_INIT;
	struct oid id = ref->oid;
	int ret;

	if (!walk_push(w, &id, &why))
		return 0;
	ret = store_peel(&id, w->store, err);
	if (ret <= 0)
		return ret;
	if (!oid_equal(&id, &ref->oid))
		return walk_push(w, &id, err);
	*err = why;
	return -1;
}

int walk_push_refs(struct walk *w, const struct ref *v, size_t n,
		   struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (has_versions(v[i].name) && push_ref(w, &v[i], err))
			return err_wrap(err, "%s", v[i].name);
	return 0;
}

int walk_hide(struct walk *w, const struct oid *tip, struct err *err)
{
	struct walk *hidden = walk_new(w->store, w->arena);
	struct link l;
	int ret;

	hidden->replaced = w->replaced;
	ret = walk_push(hidden, tip, err) ? -1 : 1;
	while (ret > 0 && (ret = walk_next_link(hidden, &l, err)) > 0)
		map_set_bytes(&w->seen, l.oid.b, SHA1_LEN, w);
	*ARENA_PUSH(w->arena, w->bottoms, w->nbottoms, w->bottoms_cap) = *tip;
	walk_free(hidden);
	return ret;
}

/* ---- newest first ------------------------------------------------------- */

/* Is another one of the newest's second? */
static bool is_shared(const struct walk *w)
{
	for (size_t i = 1; i < w->n && i < 3; i++)
		if (w->ready[i]->link.time == w->ready[0]->link.time)
			return true;
	return false;
}

/* The entry of a parent of the same second; NULL: it is of another, or
 * hidden. */
static struct entry *sibling(const struct walk *w, const struct entry *e,
			     size_t parent)
{
	struct entry *p = entry_of(w, &e->link.parents[parent]);

	return p && p->link.time == e->link.time ? p : NULL;
}

static void count_children(const struct walk *w, struct entry *e)
{
	e->counted = true;
	for (size_t i = 0; i < followed(w, &e->link); i++) {
		struct entry *p = sibling(w, e, i);

		if (p)
			p->children++;
	}
}

/* All of the newest second: ready again is who has no child in it. */
static int fetch_second(struct walk *w, struct err *err)
{
	int64_t time = w->ready[0]->link.time;
	struct entry **v = NULL, *e;
	size_t n = 0, cap = 0;

	while (w->n && w->ready[0]->link.time == time)
		*ARENA_PUSH(w->arena, v, n, cap) = heap_take(w);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < followed(w, &v[i]->link); k++) {
			if (see(&e, w, &v[i]->link.parents[k], err))
				return -1;
			if (e && e->link.time == time)
				*ARENA_PUSH(w->arena, v, n, cap) = e;
			else if (e)
				heap_add(w, e);
		}
	for (size_t i = 0; i < n; i++)
		if (!v[i]->counted)
			count_children(w, v[i]);
	for (size_t i = 0; i < n; i++)
		if (!v[i]->children)
			heap_add(w, v[i]);
	return 0;
}

static int enter_parents(struct walk *w, const struct entry *e,
			 struct err *err)
{
	for (size_t i = 0; i < followed(w, &e->link); i++) {
		struct entry *p = e->counted ? sibling(w, e, i) : NULL;

		if (!p) {
			if (see(&p, w, &e->link.parents[i], err))
				return -1;
			if (p)
				heap_add(w, p);
		} else if (!--p->children) {
			heap_add(w, p);
		}
	}
	return 0;
}

/* 1, 0, -1; what is not shown is among them. */
static int next_by_time(struct walk *w, struct entry **out, struct err *err)
{
	if (!w->n)
		return 0;
	if (!w->ready[0]->counted && is_shared(w) && fetch_second(w, err))
		return -1;
	*out = heap_take(w);
	return enter_parents(w, *out, err) ? -1 : 1;
}

/* ---- git's --topo-order ------------------------------------------------- */

/* Newest last; of one second the first named last. */
static void sort_tips(struct walk *w)
{
	for (size_t i = 0; i < w->ntips; i++) {
		struct entry *e = w->tips[i];
		size_t k = i;

		for (; k && w->tips[k - 1]->link.time >= e->link.time; k--)
			w->tips[k] = w->tips[k - 1];
		w->tips[k] = e;
	}
}

/* No version before its children: of any parent, whichever are followed. */
int walk_topo(struct walk *w, struct err *err)
{
	struct entry **all = NULL, *e;
	size_t n = 0, cap = 0;
	int ret;

	while ((ret = next_by_time(w, &e, err)) > 0)
		*ARENA_PUSH(w->arena, all, n, cap) = e;
	for (size_t i = 0; i < n; i++)
		all[i]->children = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all[i]->link.nparents; k++) {
			e = entry_of(w, &all[i]->link.parents[k]);
			if (e)
				e->children++;
		}
	sort_tips(w);
	for (size_t i = 0; i < w->ntips; i++)
		if (!w->tips[i]->children)
			*ARENA_PUSH(w->arena, w->ready, w->n, w->cap) =
				w->tips[i];
	w->topo = true;
	return ret;
}

static bool next_by_line(struct walk *w, struct entry **out)
{
	if (!w->n)
		return false;
	*out = w->ready[--w->n];
	for (size_t i = 0; i < (*out)->link.nparents; i++) {
		struct entry *p = entry_of(w, &(*out)->link.parents[i]);

		if (p && !--p->children)
			*ARENA_PUSH(w->arena, w->ready, w->n, w->cap) = p;
	}
	return true;
}

/* The nearest one that is shown, from this one on; NULL: none is. */
static const struct entry *nearest_shown(const struct walk *w,
					 const struct oid *id)
{
	const struct entry *e = entry_of(w, id);

	while (e && !is_shown(e))
		e = e->link.nparents ? entry_of(w, &e->link.parents[0]) : NULL;
	return e;
}

static void rewrite_parents(const struct walk *w, struct link *l)
{
	size_t n = 0;

	for (size_t i = 0; i < followed(w, l); i++) {
		const struct entry *e = nearest_shown(w, &l->parents[i]);
		size_t k = 0;

		while (e && k < n && !oid_equal(&l->parents[k], &e->link.oid))
			k++;
		if (e && k == n)
			l->parents[n++] = e->link.oid;
	}
	l->nparents = n;
}

/* ---- one after the other ------------------------------------------------ */

int walk_next_link(struct walk *w, struct link *out, struct err *err)
{
	struct entry *e;
	int ret;

	do {
		ret = w->topo ? next_by_line(w, &e) : next_by_time(w, &e, err);
	} while (ret > 0 && !is_shown(e));
	if (ret <= 0)
		return ret;
	*out = e->link;
	if (w->topo)
		rewrite_parents(w, out);
	return 1;
}

int walk_next(struct walk *w, struct commit *out, struct err *err)
{
	struct link l;
	int ret = walk_next_link(w, &l, err);

	if (ret > 0 && store_commit(out, w->store, &l.oid, w->arena, err))
		return -1;
	return ret;
}
