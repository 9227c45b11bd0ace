/*
 * Reaching everything, without recursion over history: only trees nest, and
 * those not deep.
 */
#include "config.h"

#include "store/reach.h"

#define DEPTH_MAX 12

struct stack {
	struct oid *v;
	size_t n;
	size_t cap;
};

static int broken(struct reach *r, const struct oid *id, const struct err *why,
		  struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	if (!r->broken(r->ctx, hex, why))
		return 0;
	*err = *why;
	return -1;
}

static bool first_time(struct reach *r, const struct oid *id)
{
	if (map_find_bytes(&r->seen, id->b, SHA1_LEN))
		return false;
	map_set_bytes(&r->seen, id->b, SHA1_LEN, r);
	return true;
}

static int reach_tree(struct reach *r, const struct oid *id, const char *path,
		      unsigned depth, struct err *err)
{
	struct reached it = { *id, OBJECT_TREE, path };
	struct err why = ERR_INIT;
	struct arena own = ARENA_INIT;
	struct tree t = { NULL, 0 };
	int ret = 0;

	if (!first_time(r, id))
		return 0;
	if (depth > DEPTH_MAX)
		err_set(&why, ERR_DAMAGED, "trees are nested too deep");
	if (depth > DEPTH_MAX ||
	    tree_read(&t, store_odb(r->store), id, &own, &why)) {
		arena_release(&own);
		return broken(r, id, &why, err);
	}
	for (size_t i = 0; i < t.n && !ret; i++) {
		struct reached blob = { t.v[i].oid, OBJECT_BLOB, NULL };

		/* Most of what a version holds was in the one before. */
		if (map_find_bytes(&r->seen, blob.oid.b, SHA1_LEN))
			continue;
		blob.path = arena_printf(r->arena, "%s%s%s", path,
					 *path ? "/" : "", t.v[i].name);
		if (t.v[i].dir)
			ret = reach_tree(r, &blob.oid, blob.path, depth + 1,
					 err);
		else if (first_time(r, &blob.oid))
			ret = r->fn(r->ctx, &blob);
	}
	arena_release(&own);
	return ret ? -1 : r->fn(r->ctx, &it);
}

/* A commit whose parents are all done, or -1 pushed ones first. */
static bool push_parents(struct reach *r, struct stack *s,
			 const struct commit *c)
{
	bool pushed = false;

	for (size_t i = 0; i < c->nparents; i++) {
		if (map_find_bytes(&r->seen, c->parents[i].oid.b, SHA1_LEN))
			continue;
		*ARENA_PUSH(r->arena, s->v, s->n, s->cap) = c->parents[i].oid;
		pushed = true;
	}
	return pushed;
}

static int reach_commit(struct reach *r, const struct oid *tip,
			struct err *err)
{
	struct stack s = { NULL, 0, 0 };

	*ARENA_PUSH(r->arena, s.v, s.n, s.cap) = *tip;
	while (s.n) {
		struct oid id = s.v[s.n - 1];
		struct reached it = { id, OBJECT_COMMIT, "" };
		struct err why = ERR_INIT;
		struct commit c;

		if (map_find_bytes(&r->seen, id.b, SHA1_LEN)) {
			s.n--;
			continue;
		}
		if (store_commit(&c, r->store, &id, r->arena, &why)) {
			first_time(r, &id);
			if (broken(r, &id, &why, err))
				return -1;
			continue;
		}
		if (push_parents(r, &s, &c))
			continue;
		s.n--;
		first_time(r, &id);
		if (reach_tree(r, &c.tree, "", 0, err) || r->fn(r->ctx, &it))
			return -1;
	}
	return 0;
}

int reach_all(struct reach *r, struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, r->store, "refs/", r->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (reach_commit(r, &refs[i].oid, err))
			return -1;
	return 0;
}
