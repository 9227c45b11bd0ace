/*
 * What has landed, as it is found afterwards.
 *
 *	tip ─────────────── L		parents: tip, a1, a2
 *	 ╲── v ── a1, a2 ──╱		L has the tree of v
 */
#include "config.h"

#include "ss/policies.h"

/* 1, 0 it is none of ours, or damaged, which is told elsewhere; -1 */
static int read_it(struct commit *out, struct store *s, const struct oid *id,
		   struct arena *a, struct err *err)
{
	struct err why = ERR_INIT;

	if (!store_commit(out, s, id, a, &why))
		return 1;
	if (why.code == ERR_DAMAGED)
		return 0;
	*err = why;
	return -1;
}

/* Of one version on top of the tip: whatever is older, or stands elsewhere, may
 * have that tree, too, and would have no authors here. */
static int is_proposal(struct store *s, const struct commit *approval,
		       const struct commit *c, struct arena *a,
		       struct err *err)
{
	struct commit v;
	int ret = read_it(&v, s, &approval->parents[0].oid, a, err);

	return ret <= 0 ? ret : v.kind == COMMIT_SCHEMA && v.nparents == 1 &&
	       !memcmp(v.strong.b, approval->approves.b, SHA256_LEN) &&
	       !memcmp(v.parents[0].strong.b, c->parents[0].strong.b,
		       SHA256_LEN);
}

/* Of this landing: of these bytes, on that version. */
static bool is_for(const struct commit *approval, const struct commit *c)
{
	return approval->kind == COMMIT_APPROVAL && approval->is_signed &&
	       !strcmp(approval->ref, c->ref) &&
	       !memcmp(approval->onto.b, c->parents[0].strong.b,
		       SHA256_LEN) &&
	       !memcmp(approval->tree256, c->tree256, SHA256_LEN);
}

int landing_judge(enum policy_verdict *out, struct store *s,
		  const struct policy *p, const struct commit *c,
		  struct arena *a, struct err *err)
{
	const struct pubkey **v = arena_alloc(a, (c->nparents + 1) *
					      sizeof(*v));
	struct policy_keys authors = { NULL, 0 }, approvals = { v, 0 };

	for (size_t i = 1; i < c->nparents; i++) {
		struct commit *by = arena_alloc(a, sizeof(*by));
		int ret = read_it(by, s, &c->parents[i].oid, a, err);

		if (ret > 0)
			ret = is_for(by, c) ? is_proposal(s, by, c, a, err) :
			      0;
		if (ret < 0 || (ret && !approvals.n &&
				policy_authors(&authors, s, &c->parents[0].oid,
					       &by->parents[0].oid, a, err)))
			return -1;
		if (ret)
			v[approvals.n++] = &by->sig.key;
	}
	*out = policy_judge_landing(p, c->ref, &approvals, &authors);
	return 0;
}
