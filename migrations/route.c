/*
 * The versions on the way from one to another.
 *
 *	          ┌─ left, newest first ── from
 *	base ─────┤
 *	          └─ entered, oldest first ─ to
 */
#include "config.h"

#include "ss/path.h"

static const struct oid *name_of(const struct commit *c)
{
	return c ? &c->oid : NULL;
}

struct only {
	struct oid *v;
	size_t n;
	bool reached;		/* the base is a parent of one of them */
};

static int walk_there(struct only *out, struct store *s, const struct oid *tip,
		      const struct oid *other, const struct oid *base,
		      bool replaced, struct arena *a, struct err *err)
{
	struct arena own = ARENA_INIT;
	struct walk *w = walk_new(s, &own);
	size_t cap = 0;
	struct link l;
	int ret = -1;

	*out = (struct only){ .reached = !base };
	if (replaced)
		walk_replaced(w);
	if (!(other && walk_hide(w, other, err)) && !walk_push(w, tip, err))
		while ((ret = walk_next_link(w, &l, err)) > 0) {
			*ARENA_PUSH(a, out->v, out->n, cap) = l.oid;
			for (size_t i = 0; base && i < l.nparents; i++)
				out->reached |= oid_equal(&l.parents[i], base);
		}
	walk_free(w);
	arena_release(&own);
	return ret;
}

/* What `tip` has behind it, itself included, and `other` has not; what a
 * squash stands for only where the way begins there. */
static int only_there(struct oid **v, size_t *n, struct store *s,
		      const struct oid *tip, const struct oid *other,
		      const struct oid *base, struct arena *a,
		      struct err *err)
{
	struct only only = { .reached = true };
	int ret = tip ? walk_there(&only, s, tip, other, base, false, a, err) :
		  0;

	if (!ret && !only.reached)
		ret = walk_there(&only, s, tip, other, base, true, a, err);
	*v = only.v;
	*n = only.n;
	return ret;
}

static bool is_base(const struct route *r, const struct oid *id)
{
	return r->has_base && oid_equal(&r->base, id);
}

static void turn(struct oid *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct oid first = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = first;
	}
}

int route_find(struct route *out, struct store *s, const struct commit *from,
	       const struct commit *to, struct arena *a, struct err *err)
{
	const struct oid *start = name_of(from), *end = name_of(to), *base;
	int bases = 1;

	memset(out, 0, sizeof(*out));
	if (start && end) {
		bases = merge_bases(&out->base, 1, s, start, end, err);
		if (bases < 0)
			return -1;
		out->has_base = bases > 0;
	}
	out->related = bases > 0;
	base = out->has_base ? &out->base : NULL;
	/* Who is behind the other has nothing of his own. */
	if ((!is_base(out, start) &&
	     only_there(&out->left, &out->nleft, s, start, end, base, a,
			err)) ||
	    (!is_base(out, end) &&
	     only_there(&out->entered, &out->nentered, s, end, start, base, a,
			err)))
		return -1;
	turn(out->entered, out->nentered);
	return 0;
}
