/*
 * Verify's part that asks the policies: might this key have made that commit,
 * for that ref, under the policy that it names; and has what stands on a
 * protected ref been approved.
 */
#include "config.h"

#include "ss/verify.h"

#include "ss/policies.h"
#include "ss/refs.h"

struct judging {
	struct verify *v;
	struct store *store;
	const struct policies *policies;
	const struct commit *c;
	struct arena *arena;
	struct err *err;
	bool failed;
};

/* Is the commit an ancestor of that one, or it? */
static bool within(void *ctx, const struct strong_id *seal)
{
	struct judging *j = ctx;
	const struct oid *id = map_find_bytes(&j->v->by_strong, seal->b,
					      SHA256_LEN);
	int ret;

	if (!id || j->failed)
		return false;
	ret = is_ancestor(j->store, &j->c->oid, id, j->err);
	j->failed |= ret < 0;
	return ret > 0;
}

static int newest_of_parents(uint64_t *out, struct judging *j)
{
	struct commit p;

	for (size_t i = 0; i < j->c->nparents; i++) {
		if (store_commit(&p, j->store, &j->c->parents[i].oid,
				 j->arena, j->err))
			return -1;
		if (p.kind != COMMIT_POLICY && p.policy_seq > *out)
			*out = p.policy_seq;
	}
	return 0;
}

static const struct policy *policy_of(const struct judging *j)
{
	return j->policies->chain.v[j->c->policy_seq];
}

/* An approval of this landing: of these bytes, on that version. */
static bool is_for(const struct commit *approval, const struct commit *c)
{
	return approval->kind == COMMIT_APPROVAL && approval->is_signed &&
	       !strcmp(approval->ref, c->ref) &&
	       !memcmp(approval->onto.b, c->parents[0].strong.b,
		       SHA256_LEN) &&
	       !memcmp(approval->tree256, c->tree256, SHA256_LEN);
}

static int judge_landing(enum policy_verdict *out, struct judging *j)
{
	struct policy_keys authors = { NULL, 0 }, approvals;
	const struct commit *c = j->c;
	const struct pubkey **v = arena_alloc(j->arena, (c->nparents + 1) *
					      sizeof(*v));
	size_t n = 0;

	for (size_t i = 1; i < c->nparents; i++) {
		struct commit *p = arena_alloc(j->arena, sizeof(*p));

		if (store_commit(p, j->store, &c->parents[i].oid, j->arena,
				 j->err))
			return -1;
		if (!is_for(p, c))
			continue;
		if (!n && policy_authors(&authors, j->store,
					 &c->parents[0].oid,
					 &p->parents[0].oid, j->arena,
					 j->err))
			return -1;
		v[n++] = &p->sig.key;
	}
	approvals = (struct policy_keys){ v, n };
	*out = policy_judge_landing(policy_of(j), c->ref, &approvals,
				    &authors);
	return 0;
}

/* A branch that had no version yet begins without approvals. */
static bool must_land(const struct judging *j)
{
	return j->c->kind == COMMIT_SCHEMA && j->c->nparents &&
	       policy_rule(policy_of(j), j->c->ref);
}

static int judge(struct judging *j)
{
	const struct commit *c = j->c;
	struct policy_case q = {
		.kind = c->kind, .ref = c->ref, .email = c->committer.email,
		.key = c->is_signed ? &c->sig.key : NULL,
		.seq = c->policy_seq, .id = c->strong, .within = within,
		.ctx = j,
	};
	enum policy_verdict verdict;
	char hex[OID_HEX];

	memcpy(q.policy.b, c->policy, SHA256_LEN);
	if (newest_of_parents(&q.least, j))
		return -1;
	verdict = policy_judge(&j->policies->chain, &q);
	if (j->failed)
		return -1;
	if (verdict == POLICY_FINE && must_land(j) &&
	    judge_landing(&verdict, j))
		return -1;
	if (verdict == POLICY_FINE || verdict == POLICY_UNKNOWN)
		return 0;
	oid_hex(hex, &c->oid);
	verify_tell(j->v, hex, policy_verdict_rule(verdict), c,
		    policy_verdict_text(verdict));
	return 0;
}

/* It names a policy of the chain. */
static bool is_known(const struct policies *p, const struct commit *c)
{
	return c->policy_seq < p->chain.n &&
	       !memcmp(p->chain.ids[c->policy_seq].b, c->policy, SHA256_LEN);
}

static int judge_one(struct verify *v, struct store *s,
		     const struct policies *p, const struct oid *id,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	struct judging j = {
		.v = v, .store = s, .policies = p, .c = &c, .arena = &a,
		.err = err,
	};
	char hex[OID_HEX];
	int ret = store_commit(&c, s, id, &a, err);

	/* Policies, and who approved them, are judged as they are read. */
	if (!ret && c.kind != COMMIT_POLICY &&
	    !(c.kind == COMMIT_APPROVAL && !strcmp(c.ref, POLICY_REF))) {
		oid_hex(hex, id);
		if (!is_known(p, &c))
			verify_tell(v, hex, "policy-line", &c, "it names a "
				    "policy that this project does not have");
		else if (p->chain.n > 1)
			ret = judge(&j);
	}
	arena_release(&a);
	return ret;
}

/* A protected ref has what landed there, and nothing that was made for
 * another. */
static int check_protected(struct verify *v, struct store *s,
			   const struct policies *p, struct err *err)
{
	size_t n;
	const struct policy_line *l = policy_lines(policies_last(p),
						   POLICY_PROTECT, &n);

	for (size_t i = 0; i < n; i++) {
		struct commit c;
		struct oid id;
		int ret = ref_read(&id, s, l[i].ref, err);

		if (ret < 0 || (ret && store_commit(&c, s, &id, v->arena,
						    err)))
			return -1;
		if (ret && strcmp(c.ref, l[i].ref))
			verify_tell(v, l[i].ref, "ref-line", &c, "what it "
				    "names was made for another ref");
	}
	return 0;
}

int verify_policies(struct verify *v, struct store *s, struct err *err)
{
	struct err why = ERR_INIT;
	struct policies p;
	const char *key;
	void *id;

	/* Without the genesis fsck has told. */
	if (!v->has_project)
		return 0;
	if (policies_read(&p, s, v->arena, &why)) {
		verify_tell(v, "refs/schemastore/policy", "policy-chain", NULL,
			    why.text);
		return 0;
	}
	for (size_t i = 0; map_next(&v->by_strong, &i, &key, &id);)
		if (judge_one(v, s, &p, id, err))
			return -1;
	return check_protected(v, s, &p, err);
}
