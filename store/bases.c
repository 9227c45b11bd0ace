/*
 * Merge bases: both tips' colours run down the history, newest first, until
 * all that they would reach yet lies behind a version that both have reached.
 *
 *	a ──●── x ──┬── c ── d       x, y: both colours, the best ones
 *	        ╳   │                c, d: behind those, STALE
 *	b ──●── y ──┘
 *
 * Of what is left each is a base, but where a second is shared: then one may
 * still be behind another.
 */
#include "config.h"

#include "ss/store.h"

enum { OF_A = 1, OF_B = 2, BOTH = 3, STALE = 4, FOUND = 8 };

struct spot {
	struct link link;
	unsigned paint;
	bool queued;
};

struct painting {
	struct store *store;
	struct arena arena;
	struct map spots;	/* 20 bytes -> spot */
	struct spot **queue;
	size_t n, cap;
	struct spot **found;
	size_t nfound, found_cap;
};

static int paint(struct painting *p, const struct oid *id, unsigned colour,
		 struct err *err)
{
	struct spot *spot = map_find_bytes(&p->spots, id->b, SHA1_LEN);
	struct link l;

	if (!spot) {
		if (store_link(&l, p->store, id, err))
			return -1;
		spot = arena_alloc(&p->arena, sizeof(*spot));
		spot->link = l;
		map_set_bytes(&p->spots, id->b, SHA1_LEN, spot);
	}
	if ((spot->paint & colour) == colour)
		return 0;
	spot->paint |= colour;
	if (!spot->queued)
		*ARENA_PUSH(&p->arena, p->queue, p->n, p->cap) = spot;
	spot->queued = true;
	return 0;
}

static bool newer(const struct link *a, const struct link *b)
{
	if (a->time != b->time)
		return a->time > b->time;
	if (a->seq != b->seq)
		return a->seq > b->seq;
	return memcmp(a->oid.b, b->oid.b, SHA1_LEN) > 0;
}

/* The newest of the queue; NULL where all of it is stale. */
static struct spot *take(struct painting *p)
{
	size_t best = 0;
	bool stale = true;
	struct spot *spot;

	for (size_t i = 0; i < p->n; i++) {
		stale = stale && p->queue[i]->paint & STALE;
		if (newer(&p->queue[i]->link, &p->queue[best]->link))
			best = i;
	}
	if (stale)
		return NULL;
	spot = p->queue[best];
	p->queue[best] = p->queue[--p->n];
	spot->queued = false;
	return spot;
}

static int paint_all(struct painting *p, struct err *err)
{
	struct spot *spot;

	while ((spot = take(p))) {
		unsigned colour = spot->paint & (BOTH | STALE);

		/* What is no version is no base: those behind it may be. */
		if (colour == BOTH && spot->link.kind == COMMIT_SCHEMA) {
			if (!(spot->paint & FOUND))
				*ARENA_PUSH(&p->arena, p->found, p->nfound,
					    p->found_cap) = spot;
			spot->paint |= FOUND;
			colour |= STALE;
		}
		for (size_t i = 0; i < spot->link.nparents; i++)
			if (paint(p, &spot->link.parents[i], colour, err))
				return -1;
		if (spot->link.squash &&
		    paint(p, &spot->link.replaced, colour, err))
			return -1;
	}
	return 0;
}

/* Is one behind any of the others?  Nothing older than it leads there. */
static int is_behind(struct painting *p, const struct spot *one,
		     struct err *err)
{
	struct walk *w = walk_new(p->store, &p->arena);
	struct link l;
	int ret = 0;

	walk_replaced(w);
	for (size_t i = 0; i < p->nfound && !ret; i++)
		if (p->found[i] != one)
			ret = walk_push(w, &p->found[i]->link.oid, err);
	while (!ret) {
		ret = walk_next_link(w, &l, err);
		if (ret <= 0 || l.time < one->link.time) {
			ret = ret < 0 ? -1 : 0;
			break;
		}
		ret = oid_equal(&l.oid, &one->link.oid);
	}
	walk_free(w);
	return ret;
}

static int drop_worse(struct painting *p, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nfound; i++)
		if (!(p->found[i]->paint & STALE))
			p->found[n++] = p->found[i];
	p->nfound = n;
	for (size_t i = p->nfound; i-- > 0 && p->nfound > 1;) {
		int ret = is_behind(p, p->found[i], err);

		if (ret < 0)
			return -1;
		if (ret)
			p->found[i] = p->found[--p->nfound];
	}
	return 0;
}

/* The newest ones of them, the newest first. */
static size_t take_found(struct oid *out, size_t max, struct painting *p)
{
	size_t n = 0;

	for (; n < max && n < p->nfound; n++) {
		size_t best = n;
		struct spot *spot;

		for (size_t i = n + 1; i < p->nfound; i++)
			if (newer(&p->found[i]->link, &p->found[best]->link))
				best = i;
		spot = p->found[best];
		p->found[best] = p->found[n];
		p->found[n] = spot;
		out[n] = spot->link.oid;
	}
	return n;
}

int merge_bases(struct oid *out, size_t max, struct store *s,
		const struct oid *a, const struct oid *b, struct err *err)
{
	struct painting p = { .store = s };
	int ret = -1;

	if (!paint(&p, a, OF_A, err) && !paint(&p, b, OF_B, err) &&
	    !paint_all(&p, err) && !drop_worse(&p, err))
		ret = (int)take_found(out, max, &p);
	map_release(&p.spots);
	arena_release(&p.arena);
	return ret;
}
