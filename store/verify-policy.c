/*
 * Verify's part that asks the policies: might this key have made that commit,
 * for that ref, under the policy that it names; and has what stands on a
 * protected ref been approved.
 */
#include "config.h"

#include "ss/verify.h"

#include "ss/policies.h"
#include "ss/refs.h"

#include "store/verified.h"

struct judging {
	struct verify *v;
	struct store *store;
	const struct policies *policies;
	const struct verified *it;
	const struct strong_id *id;
	struct arena *arena;
	struct err *err;
	bool failed;
};

/* ---- seals --------------------------------------------------------------- */

/* What is behind a seal, and is no version: entries, approvals. */
struct behind {
	struct map seen;	/* all of it */
	struct oid *todo;
	size_t n, cap;
};

static void push(struct behind *b, const struct oid *id, struct arena *a)
{
	if (map_find_bytes(&b->seen, id->b, SHA1_LEN))
		return;
	map_set_bytes(&b->seen, id->b, SHA1_LEN, b);
	*ARENA_PUSH(a, b->todo, b->n, b->cap) = *id;
}

/* Of what has landed the link does not say who approved it.  What is damaged
 * has been told. */
static int push_parents(struct behind *b, struct judging *j,
			const struct oid *id, struct arena *a,
			struct err *err)
{
	struct commit c;
	struct link l;

	if (store_link(&l, j->store, id, err))
		return err->code == ERR_DAMAGED ? 0 : -1;
	for (size_t i = 0; i < l.nparents; i++)
		push(b, &l.parents[i], a);
	if (l.squash)
		push(b, &l.replaced, a);
	if (l.kind == COMMIT_SCHEMA && !l.squash)
		return 0;
	if (store_commit(&c, j->store, id, a, err))
		return -1;
	for (size_t i = 1; i < c.nparents; i++)
		push(b, &c.parents[i].oid, a);
	return 0;
}

static struct behind *behind_seal(struct judging *j, const struct oid *seal)
{
	struct behind *b = map_find_bytes(&j->v->seals, seal->b, SHA1_LEN);
	struct arena a = ARENA_INIT;

	if (b)
		return b;
	b = arena_alloc(j->v->arena, sizeof(*b));
	*b = (struct behind){ .seen = MAP_INIT };
	map_set_bytes(&j->v->seals, seal->b, SHA1_LEN, b);
	push(b, seal, &a);
	while (b->n && !j->failed) {
		struct oid id = b->todo[--b->n];
		struct err err = ERR_INIT;

		if (!push_parents(b, j, &id, &a, &err))
			continue;
		*j->err = err;
		j->failed = true;
	}
	b->todo = NULL;
	arena_release(&a);
	return b;
}

static bool is_behind(struct judging *j, const struct oid *seal)
{
	struct link l;

	j->failed |= store_link(&l, j->store, seal, j->err) < 0;
	/* No branch leads to an entry of a ledger. */
	if (j->failed || (j->it->kind == COMMIT_LEDGER &&
			  l.kind != COMMIT_LEDGER))
		return false;
	return map_find_bytes(&behind_seal(j, seal)->seen, j->it->oid.b,
			      SHA1_LEN);
}

/* Is the commit an ancestor of that one, or it? */
static bool within(void *ctx, const struct strong_id *seal)
{
	struct judging *j = ctx;
	const struct oid *id = map_find_bytes(&j->v->by_strong, seal->b,
					      SHA256_LEN);
	struct oid base;
	int n;

	if (!id || j->failed)
		return false;
	if (j->it->kind != COMMIT_SCHEMA)
		return is_behind(j, id);
	n = merge_bases(&base, 1, j->store, &j->it->oid, id, j->err);
	j->failed |= n < 0;
	return n > 0 && oid_equal(&base, &j->it->oid);
}

static void release_seals(struct verify *v)
{
	const char *key;
	void *b;

	for (size_t i = 0; map_next(&v->seals, &i, &key, &b);)
		map_release(&((struct behind *)b)->seen);
	map_release(&v->seals);
}

/* ------------------------------------------------------------------------- */

/* Of the commit that is judged: 1, 0 it is none of ours, or damaged, which is
 * told; -1 */
static int read_parent(struct commit *out, struct judging *j,
		       const struct commit *c, size_t i)
{
	struct err why = ERR_INIT;

	if (!store_commit(out, j->store, &c->parents[i].oid, j->arena, &why))
		return 1;
	if (why.code == ERR_DAMAGED)
		return 0;
	*j->err = why;
	return -1;
}

static int newest_of_parents(uint64_t *out, struct judging *j)
{
	struct commit c, p;

	*out = j->it->least;
	if (!j->it->lone)
		return 0;
	if (store_commit(&c, j->store, &j->it->oid, j->arena, j->err))
		return -1;
	for (size_t i = 0; i < c.nparents; i++) {
		int ret = read_parent(&p, j, &c, i);

		if (ret < 0)
			return -1;
		if (ret && p.kind != COMMIT_POLICY && p.policy_seq > *out)
			*out = p.policy_seq;
	}
	return 0;
}

static const struct policy *policy_of(const struct judging *j)
{
	return j->policies->chain.v[j->it->seq];
}

static bool must_land(const struct judging *j)
{
	return j->it->kind == COMMIT_SCHEMA &&
	       policy_rule(policy_of(j), j->it->ref);
}

static int judge_landing(enum policy_verdict *out, struct judging *j)
{
	struct commit c;

	return store_commit(&c, j->store, &j->it->oid, j->arena, j->err) ||
	       landing_judge(out, j->store, policy_of(j), &c, j->arena,
			     j->err) ? -1 : 0;
}

static void tell(struct judging *j, const char *rule, const char *text)
{
	struct err none = ERR_INIT;
	char hex[OID_HEX];
	struct commit c;
	bool read = !store_commit(&c, j->store, &j->it->oid, j->arena, &none);

	oid_hex(hex, &j->it->oid);
	verify_tell(j->v, hex, rule, read ? &c : NULL, text);
}

static int judge(struct judging *j)
{
	const struct verified *it = j->it;
	struct policy_case q = {
		.kind = it->kind, .ref = it->ref, .email = it->email,
		.key = it->signer ? &j->v->signers[it->signer - 1].key : NULL,
		.policy = *it->policy, .seq = it->seq, .id = *j->id,
		.within = within, .ctx = j,
	};
	enum policy_verdict verdict;

	if (newest_of_parents(&q.least, j))
		return -1;
	verdict = policy_judge(&j->policies->chain, &q);
	if (j->failed)
		return -1;
	if (verdict == POLICY_FINE && must_land(j) &&
	    judge_landing(&verdict, j))
		return -1;
	if (verdict != POLICY_FINE && verdict != POLICY_UNKNOWN)
		tell(j, policy_verdict_rule(verdict),
		     policy_verdict_text(verdict));
	return 0;
}

/* It names a policy of the chain. */
static bool is_known(const struct policies *p, const struct verified *it)
{
	return it->seq < p->chain.n &&
	       !memcmp(p->chain.ids[it->seq].b, it->policy->b, SHA256_LEN);
}

static int judge_one(struct verify *v, struct store *s,
		     const struct policies *p, const struct verified *it,
		     const struct strong_id *id, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct judging j = {
		.v = v, .store = s, .policies = p, .it = it, .id = id,
		.arena = &a, .err = err,
	};
	int ret = 0;

	/* Policies, and who approved them, are judged as they are read. */
	if (it->kind == COMMIT_POLICY ||
	    (it->kind == COMMIT_APPROVAL && !strcmp(it->ref, POLICY_REF)))
		return 0;
	if (!is_known(p, it))
		tell(&j, "policy-line", "it names a policy that this project "
		     "does not have");
	else if (p->chain.n > 1)
		ret = judge(&j);
	arena_release(&a);
	return ret;
}

/* ---- refs that are protected --------------------------------------------- */

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
		if (ret && strcmp(c.ref, l[i].ref) &&
		    !policies_sealed_there(p, l[i].ref, &c.strong))
			verify_tell(v, l[i].ref, "ref-line", &c, "what it "
				    "names was made for another ref");
	}
	return 0;
}

void verify_take_policies(struct verify *v, struct store *s)
{
	struct policies *p = arena_alloc(v->arena, sizeof(*p));
	struct err why = ERR_INIT;

	/* Without the genesis fsck has told. */
	if (!v->has_project)
		return;
	if (policies_read(p, s, v->arena, &why))
		verify_tell(v, "refs/schemastore/policy", "policy-chain", NULL,
			    why.text);
	else
		v->policies = p;
}

/* On a protected ref one version follows another.  Two that have landed on one
 * show that somebody was given another history. */
static void tell_fork(struct verify *v, const struct verified *it)
{
	struct commit c = { .is_signed = it->signer };
	char hex[OID_HEX];

	if (it->signer)
		c.sig.key = v->signers[it->signer - 1].key;
	oid_hex(hex, &it->oid);
	verify_tell(v, hex, "fork", &c, arena_printf(v->arena, "another "
		    "version has landed on the same one of %s", it->ref));
}

static void check_fork(struct verify *v, struct map *landed,
		       const struct policies *p, struct verified *it)
{
	const struct policy *policy = is_known(p, it) ?
				      p->chain.v[it->seq] : NULL;
	struct buf key = BUF_INIT;
	const struct verified *other;

	if (it->kind != COMMIT_SCHEMA || !it->first || !policy ||
	    !policy_rule(policy, it->ref))
		return;
	buf_add(&key, it->first->strong.b, SHA256_LEN);
	buf_addstr(&key, it->ref);
	other = map_find_bytes(landed, key.ptr, key.len);
	if (other) {
		tell_fork(v, other);
		tell_fork(v, it);
	} else {
		map_set_bytes(landed, key.ptr, key.len, it);
	}
	buf_release(&key);
}

int verify_policies(struct verify *v, struct store *s, struct err *err)
{
	struct map landed = MAP_INIT;
	struct strong_id id;
	const char *key;
	int ret = 0;
	void *it;

	if (!v->policies)
		return 0;
	for (size_t i = 0; !ret && map_next(&v->by_strong, &i, &key, &it);) {
		memcpy(id.b, key, SHA256_LEN);
		ret = judge_one(v, s, v->policies, it, &id, err);
		check_fork(v, &landed, v->policies, it);
	}
	map_release(&landed);
	release_seals(v);
	return ret ? -1 : check_protected(v, s, v->policies, err);
}
