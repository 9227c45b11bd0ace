/*
 * The way from one version to another: how many edges it crosses, and which of
 * them are more than the difference of two schemas.
 *
 *	from ── down ──▶ merge base ── up ──▶ to
 */
#include "config.h"

#include "ss/path.h"

#include <assert.h>

#include "ss/map.h"

/* The versions that one end has and the other has not. */
struct range {
	struct link *v;		/* newest first */
	size_t n, cap;
	struct map by_oid;	/* -> struct link */
	bool plain;		/* none of their edges is more than a
				 * difference */
	bool reached;		/* the base is a parent of one of them */
};

struct finding {
	struct path *out;
	struct store *store;
	const struct path_opts *opts;
	size_t cap;
	struct arena *arena;
	struct err *err;
};

/* ---- one end's edges ------------------------------------------------- */

/* By its link the version has such an edge: maybe for another engine, or from
 * another parent. */
static int cross(struct finding *f, const struct oid *id, size_t parent,
		 bool down)
{
	struct path *p = f->out;
	struct crossing c = { .parent = (unsigned)parent, .down = down };
	const struct commit_edge *e;

	if (store_commit(&c.version, f->store, id, f->arena, f->err))
		return -1;
	e = commit_edge_find(&c.version, c.parent, f->opts->engine);
	if (!e || !e->has_steps)
		return 0;
	if (edge_read(&c.edge, f->store, &c.version, c.parent, f->opts->engine,
		      f->arena, f->err))
		return -1;
	c.skip = arena_alloc(f->arena, c.edge.n + 1);
	*ARENA_PUSH(f->arena, p->cross, p->ncross, f->cap) = c;
	return 0;
}

static bool has_parent(const struct link *l, const struct oid *id)
{
	for (size_t i = 0; i < l->nparents; i++)
		if (oid_equal(&l->parents[i], id))
			return true;
	return false;
}

static int walk_range(struct range *r, struct finding *f,
		      const struct oid *tip, const struct oid *base,
		      bool replaced)
{
	struct arena own = ARENA_INIT;
	struct walk *w = walk_new(f->store, &own);
	struct link l;
	int ret = -1;

	*r = (struct range){ .plain = true, .by_oid = MAP_INIT };
	r->reached = !base || oid_equal(tip, base);
	if (replaced)
		walk_replaced(w);
	if ((base && walk_hide(w, base, f->err)) ||
	    walk_push(w, tip, f->err))
		goto out;
	while ((ret = walk_next_link(w, &l, f->err)) > 0) {
		*ARENA_PUSH(f->arena, r->v, r->n, r->cap) = l;
		r->plain &= l.plain;
		r->reached = r->reached || has_parent(&l, base);
	}
out:
	walk_free(w);
	arena_release(&own);
	return ret;
}

/* The versions that `tip` has and `base` has not; base NULL: all.  Those for
 * which a squash stands are on the way only where it begins among them. */
static int read_range(struct range *r, struct finding *f,
		      const struct oid *tip, const struct oid *base)
{
	int ret = walk_range(r, f, tip, base, false);

	return ret || r->reached ? ret : walk_range(r, f, tip, base, true);
}

/* Which of a version's parents lie on a way from the base; base NULL: from
 * nothing, which is whatever is no version. */
static bool is_on_way(const struct range *r, const struct oid *parent,
		      const struct oid *base)
{
	struct link *l = map_find_bytes(&r->by_oid, parent->b, SHA1_LEN);

	return base ? oid_equal(parent, base) || (l && l->seq) : !l || l->seq;
}

/* The first parent that does; nparents: there is none. */
static size_t way_back(const struct range *r, const struct link *l,
		       const struct oid *base)
{
	size_t i = 0;

	while (i < l->nparents && !is_on_way(r, &l->parents[i], base))
		i++;
	return i;
}

/* Oldest first: seq 0 is for those that no way from the base leads to. */
static void mark_ways(struct range *r, const struct oid *base)
{
	for (size_t i = 0; i < r->n; i++)
		map_set_bytes(&r->by_oid, r->v[i].oid.b, SHA1_LEN, &r->v[i]);
	for (size_t i = r->n; i-- > 0;) {
		struct link *l = &r->v[i];

		if (way_back(r, l, base) == l->nparents)
			l->seq = 0;
	}
}

/* Back along one of the ways. */
static int cross_range(struct finding *f, struct range *r,
		       const struct oid *tip, const struct oid *base,
		       bool down)
{
	const struct link *l;
	int ret = 0;

	mark_ways(r, base);
	l = map_find_bytes(&r->by_oid, tip->b, SHA1_LEN);
	while (l && !ret) {
		size_t i = way_back(r, l, base);

		assert(i < l->nparents);
		if (!l->plain)
			ret = cross(f, &l->oid, i, down);
		l = map_find_bytes(&r->by_oid, l->parents[i].b, SHA1_LEN);
	}
	return ret;
}

/* On the way up the oldest comes first. */
static void turn(struct crossing *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct crossing first = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = first;
	}
}

static int cross_side(struct finding *f, const struct oid *tip,
		      const struct oid *base, bool down)
{
	struct range r;
	size_t first = f->out->ncross;
	int ret = read_range(&r, f, tip, base);

	f->out->edges += r.n;
	if (!ret && !r.plain)
		ret = cross_range(f, &r, tip, base, down);
	if (!down)
		turn(f->out->cross + first, f->out->ncross - first);
	map_release(&r.by_oid);
	return ret;
}

/* Straight back by first parents: the common case, without a merge base.
 * 1 found, 0 not on that line, -1 */
static int straight(struct finding *f, const struct oid *tip,
		    const struct commit *base, bool down)
{
	uint64_t seq = UINT64_MAX;	/* goes down, whatever the index says */
	struct path *p = f->out;
	struct link l;

	if (store_link(&l, f->store, tip, f->err))
		return -1;
	while (l.kind == COMMIT_SCHEMA && l.seq > base->seq && l.seq < seq) {
		seq = l.seq;
		if (l.nparents != 1)
			break;
		if (!l.plain && cross(f, &l.oid, 0, down))
			return -1;
		++p->edges;
		if (store_link(&l, f->store, &l.parents[0], f->err))
			return -1;
	}
	if (!oid_equal(&l.oid, &base->oid)) {
		p->edges = p->ncross = 0;
		return 0;
	}
	if (!down)
		turn(p->cross, p->ncross);
	p->base = base->oid;
	return 1;
}

/* ---- what both ends have --------------------------------------------- */

static bool match(struct path *p, const struct data_step *step)
{
	for (size_t i = 0; i < p->ncross; i++) {
		struct crossing *c = &p->cross[i];

		for (size_t k = 0; !c->down && k < c->edge.n; k++)
			if (!c->skip[k] && !memcmp(c->edge.runs[k].step->as,
						   step->as, SHA256_LEN)) {
				c->skip[k] = true;
				return true;
			}
	}
	return false;
}

/* Nothing of it is to be run: it is a difference like others. */
static bool is_idle(const struct crossing *c)
{
	for (size_t k = 0; k < c->edge.n; k++)
		if (!c->skip[k])
			return false;
	return !c->edge.edited;
}

/* A step that both ends have is neither undone nor run again. */
static void skip_common(struct path *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->ncross; i++) {
		struct crossing *c = &p->cross[i];

		for (size_t k = 0; c->down && k < c->edge.n; k++)
			c->skip[k] = match(p, c->edge.runs[k].step);
	}
	for (size_t i = 0; i < p->ncross; i++)
		if (!is_idle(&p->cross[i]))
			p->cross[n++] = p->cross[i];
	p->ncross = n;
}

static int refuse_unrelated(struct err *err)
{
	err_set(err, ERR_REFUSED, "the two versions have no common ancestor");
	return err_hint(err, "see what differs with 'schemastore diff'; add "
			"--allow-unrelated if that is what is to be changed");
}

/* What one end has and the other has not. */
static int count_edges(struct finding *f, const struct oid *tip,
		       const struct oid *other)
{
	struct range r;
	int ret = walk_range(&r, f, tip, other, false);

	f->out->edges += r.n;
	return ret;
}

static int find_sideways(struct finding *f)
{
	struct path *p = f->out;
	const struct oid *from = &p->from->oid, *to = &p->to->oid;
	struct oid bases[2];
	int n = merge_bases(bases, 2, f->store, from, to, f->err);

	if (n < 0)
		return -1;
	if (!n && !f->opts->unrelated)
		return refuse_unrelated(f->err);
	p->unrelated = !n;
	p->base = bases[0];
	p->down = n && oid_equal(&bases[0], to);
	p->sideways = !n || !(p->down || oid_equal(&bases[0], from));
	if (n && (cross_side(f, from, &bases[0], true) ||
		  cross_side(f, to, &bases[0], false)))
		return -1;
	skip_common(p);
	if (n == 1)
		return 0;
	/* Behind one of several bases there is what both have. */
	p->edges = 0;
	return count_edges(f, from, to) || count_edges(f, to, from) ? -1 : 0;
}

int path_find(struct path *out, struct store *s, const struct commit *from,
	      const struct commit *to, const struct path_opts *o,
	      struct arena *a, struct err *err)
{
	struct finding f = { .out = out, .store = s, .opts = o, .arena = a,
			     .err = err };
	bool down = !to || (from && from->seq > to->seq);
	int ret;

	memset(out, 0, sizeof(*out));
	out->from = from;
	out->to = to;
	out->down = down;
	if (!from && !to)
		return 0;
	if (!from || !to)
		return cross_side(&f, from ? &from->oid : &to->oid, NULL,
				  down);
	ret = straight(&f, down ? &from->oid : &to->oid, down ? to : from,
		       down);
	return ret ? (ret < 0 ? -1 : 0) : find_sideways(&f);
}

static bool is_it(const struct commit *c, const struct strong_id *id)
{
	return c->kind == COMMIT_SCHEMA &&
	       !memcmp(c->strong.b, id->b, SHA256_LEN);
}

static int no_such_version(const struct strong_id *id, struct err *err)
{
	char hex[SHA256_HEX];

	hex_encode(hex, id->b, SHA256_LEN);
	err_set(err, ERR_USAGE, "the store has no version with the strong id "
		"%.16s...", hex);
	return err_hint(err, "fetch the branch it is on");
}

/* The link of the version with this strong id: 1, 0 there is none, -1. */
static int find_link(struct link *out, struct store *s,
		     const struct strong_id *id, const struct oid *head,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct ref *refs;
	size_t n = 0;
	int ret = -1;

	walk_replaced(w);
	if ((head && walk_push(w, head, err)) ||
	    ref_list(&refs, &n, s, "refs/", &a, err) ||
	    walk_push_refs(w, refs, n, err))
		goto out;
	do {
		ret = walk_next_link(w, out, err);
	} while (ret > 0 && memcmp(out->strong.b, id->b, SHA256_LEN));
out:
	walk_free(w);
	arena_release(&a);
	return ret;
}

int version_by_strong(struct commit *out, struct store *s,
		      const struct strong_id *id, struct arena *a,
		      struct err *err)
{
	struct oid head;
	struct link l;
	int has_head = ref_read(&head, s, "HEAD", err);
	int ret;

	if (has_head < 0 ||
	    (has_head && store_commit(out, s, &head, a, err)))
		return -1;
	if (has_head && is_it(out, id))
		return 0;
	for (int i = 0; i < 2; i++) {
		ret = find_link(&l, s, id, has_head ? &head : NULL, err);
		if (!ret)
			break;
		if (ret < 0 || store_commit(out, s, &l.oid, a, err))
			return -1;
		if (is_it(out, id))
			return 0;
		store_links_forget(s);
	}
	return no_such_version(id, err);
}
