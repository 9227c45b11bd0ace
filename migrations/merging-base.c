/*
 * The schema that two versions come from.
 *
 * Where they have several newest versions in common, these are merged two by
 * two, from what they come from in their turn, down to where there is one.
 *
 *	a ─┬─ b ─┬─ ours	bases of ours and theirs: b, c
 *	   │    ╳		base: merge(a, b, c), with what is in doubt
 *	   └─ c ─┴─ theirs
 */
#include "config.h"

#include "migrations/merging-parts.h"

#include "ss/majors.h"

#define DEPTH_MAX 64

int base_read(struct schema *out, const struct base_reader *r,
	      const struct oid *id, struct err *err)
{
	const struct engine *e = r->engine;
	struct store *s = r->project->store;
	struct commit c;

	if (store_commit(&c, s, id, r->arena, err) ||
	    (r->known ?
	     version_schema_read_like(out, r->known, s, &c, e->name, err) :
	     version_schema_read(out, s, &c, e->name, e->spelling, r->arena,
				 err)))
		return -1;
	if (!e->by_version || !r->like || !out->version ||
	    !strcmp(out->version, r->like))
		return 0;
	return schema_translate(out, r->project, e, r->like, err);
}

/* ---- which versions ------------------------------------------------------ */

struct bases {
	struct oid v[BASES_MAX];
	size_t n;
};

static bool is_in(const struct bases *b, const struct oid *id)
{
	for (size_t i = 0; i < b->n; i++)
		if (oid_equal(&b->v[i], id))
			return true;
	return false;
}

/* Is it behind another one of them? */
static int is_behind(const struct bases *all, size_t at, struct store *s,
		     struct err *err)
{
	for (size_t i = 0; i < all->n; i++) {
		struct oid found;
		int n = i == at ? 0 : merge_bases(&found, 1, s, &all->v[i],
						  &all->v[at], err);

		if (n < 0)
			return -1;
		if (n && oid_equal(&found, &all->v[at]))
			return 1;
	}
	return 0;
}

/* The newest that this version has in common with any of those. */
static int bases_with(struct bases *out, const struct bases *those,
		      const struct oid *id, struct store *s, struct err *err)
{
	struct bases all = { .n = 0 };

	for (size_t i = 0; i < those->n; i++) {
		struct oid v[BASES_MAX];
		int n = merge_bases(v, BASES_MAX, s, &those->v[i], id, err);

		if (n < 0)
			return -1;
		for (int k = 0; k < n && all.n < BASES_MAX; k++)
			if (!is_in(&all, &v[k]))
				all.v[all.n++] = v[k];
	}
	out->n = 0;
	for (size_t i = 0; i < all.n; i++) {
		int behind = is_behind(&all, i, s, err);

		if (behind < 0)
			return -1;
		if (!behind)
			out->v[out->n++] = all.v[i];
	}
	return 0;
}

/* ---- merging them -------------------------------------------------------- */

/* No version: what has nothing in common comes from an empty schema. */
static int empty_schema(struct schema *out, const struct base_reader *r,
			struct err *err)
{
	schema_init(out, r->engine->spelling, r->arena);
	return schema_seal(out, err);
}

static int merge_all(struct schema *out, struct merge_doubts *doubts,
		     const struct base_reader *r, const struct bases *bases,
		     unsigned depth, struct err *err);

/* What was merged of `those`, and one more of them. */
static int add_base(struct schema *merged, struct merge_doubts *doubts,
		    const struct base_reader *r, const struct bases *those,
		    const struct oid *next, unsigned depth, struct err *err)
{
	struct merge_doubts below = MERGE_DOUBTS_INIT;
	struct schema base = { .n = 0 }, other = { .n = 0 };
	struct merge m = {
		.of = { &base, merged, &other }, .doubts = &below,
		.leaves = doubts, .arena = r->arena,
	};
	struct bases common;
	int ret = -1;

	if (bases_with(&common, those, next, r->project->store, err) ||
	    base_read(&other, r, next, err) ||
	    merge_all(&base, &below, r, &common, depth + 1, err))
		goto out;
	ret = schema_merge(&m, err);
	schema_release(merged);
	*merged = m.merged;
out:
	merge_doubts_release(&below);
	schema_release(&other);
	schema_release(&base);
	return ret;
}

static int merge_all(struct schema *out, struct merge_doubts *doubts,
		     const struct base_reader *r, const struct bases *bases,
		     unsigned depth, struct err *err)
{
	struct bases those = { .n = 1 };

	if (depth > DEPTH_MAX)
		return err_set(err, ERR_REFUSED, "the branches were merged "
			       "into each other more than %d times over",
			       DEPTH_MAX);
	if (!bases->n)
		return empty_schema(out, r, err);
	those.v[0] = bases->v[0];
	if (base_read(out, r, &those.v[0], err))
		return -1;
	for (size_t i = 1; i < bases->n; i++) {
		if (add_base(out, doubts, r, &those, &bases->v[i], depth,
			     err))
			return -1;
		those.v[those.n++] = bases->v[i];
	}
	return 0;
}

int base_merge(struct schema *out, struct merge_doubts *doubts,
	       const struct base_reader *r, const struct oid *v, size_t n,
	       struct err *err)
{
	struct bases bases = { .n = n };

	memcpy(bases.v, v, n * sizeof(*v));
	return merge_all(out, doubts, r, &bases, 0, err);
}
