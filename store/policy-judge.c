/*
 * Who may do what, under which policy.
 *
 *	policy    0 ---- 1 ---- 2 ---- 3
 *	              ^ c names 1: it is judged by 1,
 *	                and by the first later one in which its signer lost the
 *	                right, or that changes the rule of its ref: they have
 *	                sealed what was there.
 */
#include "config.h"

#include "ss/policy.h"

#include "store/policy.h"

static const struct {
	const char *rule;
	const char *text;
} verdicts[] = {
	[POLICY_FINE] = { "fine", "it is as the policy asks" },
	[POLICY_UNSIGNED] = { "unsigned", "it is not signed" },
	[POLICY_UNKNOWN] = { "policy", "the policy that it names is not one of "
			     "this project's" },
	[POLICY_OLDER] = { "policy-older", "it names an older policy than one "
			   "of its parents" },
	[POLICY_FORMAT] = { "format", "its format is lower than the policy "
			    "asks for" },
	[POLICY_NOBODY] = { "key", "the policy does not know the key that has "
			    "signed it" },
	[POLICY_DROPPED] = { "key-dropped", "the key that has signed it was "
			     "dropped" },
	[POLICY_OTHER_NAME] = { "committer", "the key that has signed it is "
				"not the committer's" },
	[POLICY_NO_RIGHT] = { "right", "whoever has signed it may not" },
	[POLICY_UNSEALED] = { "unsealed", "its signer lost the right in a "
			      "later policy, no seal of which has it" },
	[POLICY_RULE_CHANGED] = { "rule-changed", "a later policy has another "
				  "rule for its ref, whose seal has it not" },
	[POLICY_TOO_FEW] = { "approvals", "too few persons have approved it" },
	[POLICY_OTHER_DB] = { "database", "it has not the id that the policy "
			      "has for the database" },
	[POLICY_NO_MIRROR] = { "no-mirror", "the policy asks for a mirror of "
			       "the ledger" },
	[POLICY_OTHER_BRANCH] = { "branch", "the version is not on the branch "
				  "from which the policy takes the database's "
				  "versions" },
	[POLICY_NO_EDGE] = { "edges-only", "its SQL is no version's edge, and "
			     "the policy asks for that" },
};
_Static_assert(ARRAY_LEN(verdicts) == POLICY_VERDICTS, "a row per verdict");

const char *policy_verdict_rule(enum policy_verdict v)
{
	return verdicts[v].rule;
}

const char *policy_verdict_text(enum policy_verdict v)
{
	return verdicts[v].text;
}

/* ---- lines -------------------------------------------------------------- */

const struct policy_line *policy_lines(const struct policy *p,
				       enum policy_kind kind, size_t *n)
{
	*n = p->at[kind + 1] - p->at[kind];
	return p->v + p->at[kind];
}

const struct policy_line *policy_line(const struct policy *p,
				      enum policy_kind kind)
{
	size_t n;
	const struct policy_line *l = policy_lines(p, kind, &n);

	return n ? l : NULL;
}

struct list policy_role(const struct policy *p, enum policy_kind kind)
{
	const struct policy_line *l = policy_line(p, kind);
	struct list none = { NULL, 0 };

	return l ? l->who : none;
}

bool policy_lists(const struct list *l, const char *person)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], person))
			return true;
	return false;
}

bool policy_is_open(const struct policy *p)
{
	return !policy_line(p, POLICY_PERSON);
}

const struct policy_line *policy_person(const struct policy *p,
					const char *name)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_PERSON, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return &v[i];
	return NULL;
}

static const struct policy_line *key_line(const struct policy *p,
					  const struct pubkey *key)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_KEY, &n);

	for (size_t i = 0; i < n; i++)
		if (pubkey_equal(&v[i].key, key))
			return &v[i];
	return NULL;
}

const struct policy_line *policy_person_of(const struct policy *p,
					   const struct pubkey *key)
{
	const struct policy_line *l = key_line(p, key);

	return l ? policy_person(p, l->name) : NULL;
}

static const struct policy_line *drop_of(const struct policy *p,
					 const struct policy_line *key)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_DROP, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].fingerprint, key->fingerprint))
			return &v[i];
	return NULL;
}

const struct policy_line *policy_drop(const struct policy *p,
				      const struct pubkey *key)
{
	const struct policy_line *l = key_line(p, key);

	return l ? drop_of(p, l) : NULL;
}

size_t policy_able(const struct policy *p, const struct list *who)
{
	size_t nkeys, able = 0;
	const struct policy_line *key = policy_lines(p, POLICY_KEY, &nkeys);

	for (size_t i = 0; i < who->n; i++)
		for (size_t k = 0; k < nkeys; k++)
			if (!strcmp(key[k].name, who->v[i]) &&
			    !drop_of(p, &key[k])) {
				able++;
				break;
			}
	return able;
}

/* ---- who ---------------------------------------------------------------- */

const struct policy_line *policy_rule(const struct policy *p, const char *ref)
{
	bool ledger = str_starts(ref, LEDGER_REFS);
	const char *name = ref + (ledger ? strlen(LEDGER_REFS) : 0);
	size_t n;
	const struct policy_line *v = policy_lines(p, ledger ? POLICY_DB :
						   POLICY_PROTECT, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(ledger ? v[i].name : v[i].ref, name))
			return &v[i];
	return NULL;
}

static struct list approvers(const struct policy *p, const char *ref)
{
	const struct policy_line *rule = policy_rule(p, ref);

	if (!strcmp(ref, POLICY_REF))
		return policy_role(p, POLICY_ROOT);
	if (str_starts(ref, WITNESS_REFS))
		return policy_role(p, POLICY_WITNESS);
	return rule && rule->who.n ? rule->who :
	       policy_role(p, POLICY_APPROVER);
}

struct list policy_who(const struct policy *p, enum commit_kind kind,
		       const char *ref)
{
	const struct policy_line *rule;

	switch (kind) {
	case COMMIT_POLICY:
		return policy_role(p, POLICY_ROOT);
	case COMMIT_APPROVAL:
		return approvers(p, ref);
	case COMMIT_LEDGER:
		rule = policy_rule(p, ref);
		return rule && rule->kind == POLICY_DB ? rule->deployers :
		       policy_role(p, POLICY_DEPLOYER);
	default:
		return policy_role(p, POLICY_AUTHOR);
	}
}

enum policy_verdict policy_right(const struct policy *p, enum commit_kind kind,
				 const char *ref, const struct pubkey *key)
{
	struct list who = policy_who(p, kind, ref);
	struct list deployers = policy_role(p, POLICY_DEPLOYER);
	const struct policy_line *l;

	if (policy_is_open(p))
		return POLICY_FINE;
	if (!key)
		return POLICY_UNSIGNED;
	l = key_line(p, key);
	if (!l)
		return POLICY_NOBODY;
	if (drop_of(p, l))
		return POLICY_DROPPED;
	if (kind == COMMIT_CHECKPOINT && policy_lists(&deployers, l->name))
		return POLICY_FINE;
	return policy_lists(&who, l->name) ? POLICY_FINE : POLICY_NO_RIGHT;
}

bool policy_may(const struct policy *p, enum commit_kind kind, const char *ref,
		const struct pubkey *key)
{
	return policy_right(p, kind, ref, key) == POLICY_FINE;
}

/* ---- judging ------------------------------------------------------------ */

/* Is it part of the step to the next policy?  Whether that may be taken is
 * judged with its signers. */
static bool is_step(const struct policy_case *c)
{
	return c->kind == COMMIT_POLICY || (c->kind == COMMIT_APPROVAL &&
					    !strcmp(c->ref, POLICY_REF));
}

/* (1) */
static enum policy_verdict judge_by(const struct policy *p,
				    const struct policy_case *c)
{
	enum policy_verdict v = policy_right(p, c->kind, c->ref, c->key);
	uint64_t format = policy_line(p, POLICY_MIN_FORMAT)->number;
	const char *email;

	if (v != POLICY_FINE)
		return v;
	if (!c->key && format)
		return POLICY_FORMAT;
	if (policy_is_open(p))
		return POLICY_FINE;
	email = policy_person_of(p, c->key)->email;
	return strcmp(email, c->email) ? POLICY_OTHER_NAME : POLICY_FINE;
}

/* Those of the next root approve a policy, too. */
static enum policy_verdict judge_now(const struct policy_chain *chain,
				     const struct policy_case *c)
{
	enum policy_verdict v = judge_by(chain->v[c->seq], c);

	if (v != POLICY_FINE && c->kind == COMMIT_APPROVAL && is_step(c) &&
	    c->seq + 1 < chain->n &&
	    judge_by(chain->v[c->seq + 1], c) == POLICY_FINE)
		return POLICY_FINE;
	return v;
}

/* By what it says of a ref, or, where that is NULL, of any: it seals the
 * policies before it by its prev. */
static bool sealed(const struct policy *p, const struct policy_case *c,
		   const char *ref)
{
	const struct policy_line *prev = policy_line(p, POLICY_PREV);
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_SEAL, &n);

	if (!ref && prev->has_sum && c->within(c->ctx, &prev->sum))
		return true;
	for (size_t i = 0; i < n; i++)
		if ((!ref || !strcmp(v[i].ref, ref)) &&
		    c->within(c->ctx, &v[i].sum))
			return true;
	return false;
}

static bool vouched(const struct policy_chain *chain, size_t from,
		    const struct policy_case *c)
{
	for (size_t i = from; i < chain->n; i++) {
		size_t n;
		const struct policy_line *v = policy_lines(chain->v[i],
							   POLICY_VOUCH, &n);

		for (size_t k = 0; k < n; k++)
			if (!memcmp(v[k].sum.b, c->id.b, SHA256_LEN))
				return true;
	}
	return false;
}

static bool is_compromised(const struct policy *p, const struct policy_case *c)
{
	const struct policy_line *drop = c->key ? policy_drop(p, c->key) : NULL;

	return drop && drop->compromised;
}

/* (2) of the first policy in which the right is lost, and of that in which the
 * key turns out to have been in other hands. */
static bool judge_right(const struct policy_chain *chain,
			const struct policy_case *c)
{
	bool had = true, trusted = true;
	size_t i = (size_t)c->seq + 1 + is_step(c);

	for (; i < chain->n; i++) {
		const struct policy *q = chain->v[i];
		bool has = policy_may(q, c->kind, c->ref, c->key);
		bool bad = is_compromised(q, c);

		if (((had && !has) || (trusted && bad)) &&
		    !sealed(q, c, NULL) && !vouched(chain, i, c))
			return false;
		had &= has;
		trusted &= !bad;
	}
	return true;
}

static bool same_list(const struct list *a, const struct list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return true;
}

bool policy_same_rule(const struct policy *a, const struct policy *b,
		      const char *ref)
{
	const struct policy_line *x = policy_rule(a, ref);
	const struct policy_line *y = policy_rule(b, ref);
	struct list in_a = approvers(a, ref), in_b = approvers(b, ref);

	if (!x || !y)
		return x == y;
	return !strcmp(x->text, y->text) && same_list(&in_a, &in_b);
}

/* (3) */
static bool judge_rule(const struct policy_chain *chain,
		       const struct policy_case *c)
{
	for (size_t i = (size_t)c->seq + 1; i < chain->n; i++)
		if (!policy_same_rule(chain->v[c->seq], chain->v[i], c->ref))
			return sealed(chain->v[i], c, c->ref);
	return true;
}

enum policy_verdict policy_judge(const struct policy_chain *chain,
				 const struct policy_case *c)
{
	enum policy_verdict v;

	if (c->seq >= chain->n || memcmp(chain->ids[c->seq].b, c->policy.b,
					 SHA256_LEN))
		return POLICY_UNKNOWN;
	if (c->seq < c->least)
		return POLICY_OLDER;
	v = judge_now(chain, c);
	if (v != POLICY_FINE)
		return v;
	if (!judge_right(chain, c))
		return POLICY_UNSEALED;
	return judge_rule(chain, c) ? POLICY_FINE : POLICY_RULE_CHANGED;
}

/* ---- several ------------------------------------------------------------ */

/* Among the first n keys is one of this person's that may be counted. */
static bool is_of(const struct policy *p, const struct policy_keys *keys,
		  size_t n, const char *person, bool live)
{
	for (size_t i = 0; i < n; i++) {
		const struct policy_line *l = key_line(p, keys->v[i]);

		if (l && !strcmp(l->name, person) && !(live && drop_of(p, l)))
			return true;
	}
	return false;
}

size_t policy_count(const struct policy *p, const struct list *who,
		    const struct policy_keys *keys,
		    const struct policy_keys *but)
{
	size_t count = 0;

	for (size_t i = 0; i < who->n; i++)
		if (is_of(p, keys, keys->n, who->v[i], true) &&
		    !(but && is_of(p, but, but->n, who->v[i], false)))
			count++;
	return count;
}

enum policy_verdict policy_judge_landing(const struct policy *p,
					 const char *ref,
					 const struct policy_keys *approvals,
					 const struct policy_keys *authors)
{
	const struct policy_line *rule = policy_rule(p, ref);
	struct list who = approvers(p, ref);

	if (!rule || policy_count(p, &who, approvals, authors) >= rule->number)
		return POLICY_FINE;
	return POLICY_TOO_FEW;
}

static bool root_agrees(const struct policy *p, const struct policy_keys *keys)
{
	struct list who = policy_role(p, POLICY_ROOT);

	return policy_is_open(p) || policy_count(p, &who, keys, NULL) >=
				    policy_line(p, POLICY_ROOT)->number;
}

static bool among(const struct policy_keys *keys, const struct pubkey *key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (pubkey_equal(keys->v[i], key))
			return true;
	return false;
}

enum policy_verdict policy_judge_step(const struct policy_step *s)
{
	struct err why = ERR_INIT;

	if (policy_follows(s->from, s->id, s->to, &why))
		return POLICY_UNKNOWN;
	if (policy_is_open(s->from) && s->begun_by &&
	    !among(&s->signers, s->begun_by))
		return POLICY_NO_RIGHT;
	return root_agrees(s->from, &s->signers) &&
	       root_agrees(s->to, &s->signers) ? POLICY_FINE : POLICY_TOO_FEW;
}
