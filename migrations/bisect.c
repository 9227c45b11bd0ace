/*
 * Halving the versions between a good one and a bad one, as git does: by how
 * many of them each one has behind it.
 *
 *	good ── 1 ── 2 ──────── 6 ── 7 = bad	is 2 bad?  {1, 2} are left
 *	     └─ 1 ── 2 ── 3 ─┘			is it good?  {1, 2, 3, 6, 7}
 */
#include "config.h"

#include "ss/bisect.h"

#include "ss/map.h"

/* What is between them, parents first; parents by their place in it. */
static void fill(struct bisect *b, const struct link *links, size_t n,
		 struct arena *a)
{
	struct map at = MAP_INIT;

	b->n = b->left = n;
	b->bad = n - 1;
	b->v = arena_alloc(a, n * sizeof(*b->v));
	for (size_t i = 0; i < n; i++) {
		const struct link *l = &links[n - 1 - i];
		struct bisect_version *v = &b->v[i];

		v->oid = l->oid;
		v->parents = arena_alloc(a, l->nparents * sizeof(size_t) + 1);
		map_set_bytes(&at, v->oid.b, SHA1_LEN, v);
		for (size_t k = 0; k < l->nparents; k++) {
			const struct bisect_version *parent =
				map_find_bytes(&at, l->parents[k].b, SHA1_LEN);

			if (parent)
				v->parents[v->nparents++] =
					(size_t)(parent - b->v);
		}
	}
	map_release(&at);
}

int bisect_begin(struct bisect *out, struct store *s, const struct oid *good,
		 const struct oid *bad, struct arena *a, struct err *err)
{
	struct walk *w = walk_new(s, a);
	struct link *links = NULL, l;
	size_t n = 0, cap = 0;
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (!walk_hide(w, good, err) && !walk_push(w, bad, err))
		while ((ret = walk_next_link(w, &l, err)) > 0)
			*ARENA_PUSH(a, links, n, cap) = l;
	walk_free(w);
	if (ret < 0)
		return -1;
	if (!n)
		return err_set(err, ERR_USAGE, "the bad version is an ancestor "
			       "of the good one, or the same");
	fill(out, links, n, a);
	return 0;
}

/* Mark what this one has behind it, itself included; returns how many of it
 * are not out. */
static size_t mark_behind(struct bisect *b, size_t i)
{
	size_t n = 0;

	for (size_t k = 0; k < b->n; k++)
		b->v[k].mark = k == i;
	for (size_t k = i + 1; k-- > 0;) {
		const struct bisect_version *v = &b->v[k];

		if (!v->mark)
			continue;
		n += v->place != BISECT_OUT;
		for (size_t p = 0; p < v->nparents; p++)
			b->v[v->parents[p]].mark = true;
	}
	return n;
}

/* Along a line it is one more each; only where lines meet it is counted. */
static void count_behind(struct bisect *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct bisect_version *v = &b->v[i];
		const struct bisect_version *parent = v->nparents ?
			&b->v[v->parents[0]] : NULL;

		if (v->nparents > 1)
			v->behind = mark_behind(b, i);
		else
			v->behind = (parent ? parent->behind : 0) +
				    (v->place != BISECT_OUT);
	}
}

static size_t gain(const struct bisect *b, size_t i)
{
	size_t if_bad = b->left - b->v[i].behind, if_good = b->v[i].behind;

	return if_bad < if_good ? if_bad : if_good;
}

bool bisect_next(size_t *out, struct bisect *b)
{
	bool found = false;

	count_behind(b);
	for (size_t i = 0; i < b->n; i++) {
		if (b->v[i].place != BISECT_OPEN || i == b->bad ||
		    (found && gain(b, i) <= gain(b, *out)))
			continue;
		*out = i;
		found = true;
	}
	return found;
}

void bisect_answer(struct bisect *b, size_t i, enum bisect_verdict verdict)
{
	if (verdict == BISECT_SKIP) {
		b->v[i].place = BISECT_SKIPPED;
		return;
	}
	(void)mark_behind(b, i);
	b->left = 0;
	for (size_t k = 0; k < b->n; k++) {
		if (b->v[k].mark == (verdict == BISECT_GOOD))
			b->v[k].place = BISECT_OUT;
		b->left += b->v[k].place != BISECT_OUT;
	}
	if (verdict == BISECT_BAD)
		b->bad = i;
}
