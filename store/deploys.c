/*
 * What a policy asks of the change of a database, as the store has it: its
 * versions, and who approves.
 *
 *	ledger		e0 ── begin ── finish
 *			 ╲   ╱
 *	approvals	  a1, a2	Approves the version, Onto e0
 *
 * They are kept by refs of their own until then:
 *
 *	refs/schemastore/approval/db/<database>/<strong id>/<person>
 */
#include "config.h"

#include "ss/policies.h"

#include "ss/refs.h"

static int add_authors(struct policy_keys *all, struct store *s,
		       const struct oid *without, const struct oid *of,
		       struct arena *a, struct err *err)
{
	const struct pubkey **v;
	struct policy_keys some;

	if (policy_authors(&some, s, without, of, a, err))
		return -1;
	v = arena_alloc(a, (all->n + some.n + 1) * sizeof(*v));
	for (size_t i = 0; i < all->n; i++)
		v[i] = all->v[i];
	for (size_t i = 0; i < some.n; i++)
		v[all->n + i] = some.v[i];
	*all = (struct policy_keys){ v, all->n + some.n };
	return 0;
}

/* On the way down the SQL is of the versions that go. */
int deploy_authors(struct policy_keys *out, struct store *s,
		   const struct oid *from, const struct oid *to,
		   struct arena *a, struct err *err)
{
	*out = (struct policy_keys){ NULL, 0 };
	return add_authors(out, s, from, to, a, err) ||
	       add_authors(out, s, to, from, a, err) ? -1 : 0;
}

int deploy_look(struct landing *l, const struct deploy_ends *ends,
		struct arena *a, struct err *err)
{
	l->tip = (struct commit){ .strong = ends->onto };
	l->n = 0;
	return policies_read(&l->policies, l->store, a, err) ||
	       deploy_authors(&l->authors, l->store, ends->from, ends->to, a,
			      err) ||
	       landing_find_approvals(l, a, err) ? -1 : 0;
}

int deploy_forget(struct store *s, const char *ledger, struct arena *a,
		  struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, s, arena_printf(a, APPROVAL_REFS "db/%s/",
						ledger + strlen(LEDGER_REFS)),
		     a, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct commit c;

		if (store_commit(&c, s, &refs[i].oid, a, err))
			return -1;
		/* "a/b" is another database than "a". */
		if (!strcmp(c.ref, ledger) &&
		    ref_update(s, refs[i].name, &refs[i].oid, NULL, "used",
			       err))
			return -1;
	}
	return 0;
}

/* ---- versions of a branch ------------------------------------------------ */

int branch_versions_open(struct branch_versions *b, struct store *s,
			 const char *ref, bool landed, struct arena *a,
			 struct err *err)
{
	struct oid tip;
	int ret;

	*b = (struct branch_versions){ .walk = walk_new(s, a) };
	if (!landed)
		walk_replaced(b->walk);
	ret = ref_read(&tip, s, ref, err);
	return ret > 0 ? walk_push(b->walk, &tip, err) : ret;
}

int branch_versions_have(struct branch_versions *b, const struct oid *version,
			 struct err *err)
{
	struct link l;
	int ret;

	while (!map_find_bytes(&b->seen, version->b, SHA1_LEN)) {
		ret = b->ended ? 0 : walk_next_link(b->walk, &l, err);
		b->ended |= !ret;
		if (ret <= 0)
			return ret;
		map_set_bytes(&b->seen, l.oid.b, SHA1_LEN, b);
	}
	return 1;
}

void branch_versions_close(struct branch_versions *b)
{
	if (b->walk)
		walk_free(b->walk);
	map_release(&b->seen);
}
