/*
 * Walking back through versions, newest first, each once.
 *
 *	ready: a heap of those of which all descendants have been shown
 *
 * A commit is never older than its parents, so that the newest one of the heap
 * has no descendant in it but of the same second.  Where there are several of
 * that second, all that they lead to in it are fetched, and counted are the
 * children that each has there: it is ready when the last one is shown.
 */
#include "config.h"

#include "ss/store.h"

struct entry {
	struct link link;
	size_t children;	/* of its second, that were not shown */
	bool counted;		/* among those of its parents */
};

struct walk {
	struct store *store;
	struct arena *arena;
	struct entry **ready;
	size_t n;
	size_t cap;
	struct map seen;	/* 20 bytes -> its entry, or the walk: hidden */
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
	*out = arena_alloc(w->arena, sizeof(**out));
	(*out)->link = l;
	map_set_bytes(&w->seen, id->b, SHA1_LEN, *out);
	return 0;
}

int walk_push(struct walk *w, const struct oid *tip, struct err *err)
{
	struct entry *e;

	if (see(&e, w, tip, err))
		return -1;
	if (e)
		heap_add(w, e);
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
	int ret = walk_push(hidden, tip, err) ? -1 : 1;

	while (ret > 0 && (ret = walk_next_link(hidden, &l, err)) > 0)
		map_set_bytes(&w->seen, l.oid.b, SHA1_LEN, w);
	walk_free(hidden);
	return ret;
}

/* ---- one after the other ------------------------------------------------ */

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
	void *p = map_find_bytes(&w->seen, e->link.parents[parent].b,
				 SHA1_LEN);

	return p && p != w && ((struct entry *)p)->link.time == e->link.time ?
	       p : NULL;
}

static void count_children(const struct walk *w, struct entry *e)
{
	e->counted = true;
	for (size_t i = 0; i < e->link.nparents; i++) {
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
		for (size_t k = 0; k < v[i]->link.nparents; k++) {
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
	for (size_t i = 0; i < e->link.nparents; i++) {
		struct entry *p = e->counted ? sibling(w, e, i) : NULL;

		if (!p && walk_push(w, &e->link.parents[i], err))
			return -1;
		if (p && !--p->children)
			heap_add(w, p);
	}
	return 0;
}

int walk_next_link(struct walk *w, struct link *out, struct err *err)
{
	while (w->n) {
		struct entry *e;

		if (!w->ready[0]->counted && is_shared(w) &&
		    fetch_second(w, err))
			return -1;
		e = heap_take(w);
		if (enter_parents(w, e, err))
			return -1;
		*out = e->link;
		if (out->kind == COMMIT_SCHEMA)
			return 1;
	}
	return 0;
}

int walk_next(struct walk *w, struct commit *out, struct err *err)
{
	struct link l;
	int ret = walk_next_link(w, &l, err);

	if (ret > 0 && store_commit(out, w->store, &l.oid, w->arena, err))
		return -1;
	return ret;
}
