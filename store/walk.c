/*
 * Walking back through versions, newest first, each once.
 *
 *	queue: the commits whose descendants have all been shown
 *
 * A commit is never older than its parents, so that the newest of the queue
 * is nobody's ancestor in it but of the same second; then seq decides.
 */
#include "config.h"

#include "ss/store.h"

#include <stdlib.h>

struct walk {
	struct store *store;
	struct arena *arena;
	struct link *queue;
	size_t n;
	size_t cap;
	struct map seen;	/* 20 bytes -> pushed, or hidden */
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

int walk_push(struct walk *w, const struct oid *tip, struct err *err)
{
	struct link l;

	if (map_find_bytes(&w->seen, tip->b, SHA1_LEN))
		return 0;
	if (store_link(&l, w->store, tip, err))
		return -1;
	map_set_bytes(&w->seen, tip->b, SHA1_LEN, w);
	*ARENA_PUSH(w->arena, w->queue, w->n, w->cap) = l;
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

static bool newer(const struct link *a, const struct link *b)
{
	if (a->time != b->time)
		return a->time > b->time;
	if (a->seq != b->seq)
		return a->seq > b->seq;
	return memcmp(a->oid.b, b->oid.b, SHA1_LEN) > 0;
}

int walk_next_link(struct walk *w, struct link *out, struct err *err)
{
	while (w->n) {
		size_t best = 0;

		for (size_t i = 1; i < w->n; i++)
			if (newer(&w->queue[i], &w->queue[best]))
				best = i;
		*out = w->queue[best];
		w->queue[best] = w->queue[--w->n];
		for (size_t i = 0; i < out->nparents; i++)
			if (walk_push(w, &out->parents[i], err))
				return -1;
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

/* Everything that is reachable from a tip, itself included. */
static int ancestors(struct map *out, struct store *s, const struct oid *tip,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct link l;
	int ret = walk_push(w, tip, err) ? -1 : 1;

	while (ret > 0 && (ret = walk_next_link(w, &l, err)) > 0)
		map_set_bytes(out, l.oid.b, SHA1_LEN, s);
	walk_free(w);
	arena_release(&a);
	return ret;
}

/* Of the common ancestors, those that no other one has behind it. */
static int best_of(struct oid *v, size_t *n, struct store *s, struct err *err)
{
	for (size_t i = 0; i < *n; i++) {
		struct map behind = MAP_INIT;

		if (ancestors(&behind, s, &v[i], err)) {
			map_release(&behind);
			return -1;
		}
		for (size_t k = *n; k-- > 0;) {
			if (k == i || !map_find_bytes(&behind, v[k].b,
						      SHA1_LEN))
				continue;
			v[k] = v[--*n];
			if (k < i)
				i--;
		}
		map_release(&behind);
	}
	return 0;
}

int merge_bases(struct oid *out, size_t max, struct store *s,
		const struct oid *a, const struct oid *b, struct err *err)
{
	struct map of_a = MAP_INIT;
	struct arena arena = ARENA_INIT;
	struct walk *w = walk_new(s, &arena);
	struct link l;
	size_t n = 0;
	int ret = -1;

	if (ancestors(&of_a, s, a, err))
		goto out;
	ret = walk_push(w, b, err) ? -1 : 1;
	while (ret > 0 && n < max && (ret = walk_next_link(w, &l, err)) > 0) {
		if (!map_find_bytes(&of_a, l.oid.b, SHA1_LEN))
			continue;
		out[n++] = l.oid;
		/* One that nothing is left beside is the only best one. */
		if (!w->n || (w->n == 1 && l.nparents == 1 &&
			      oid_equal(&w->queue[0].oid, &l.parents[0])))
			break;
	}
	if (ret >= 0)
		ret = best_of(out, &n, s, err) ? -1 : (int)n;
out:
	walk_free(w);
	map_release(&of_a);
	arena_release(&arena);
	return ret;
}
