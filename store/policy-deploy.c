/*
 * May a database be brought to that version, by that key, in that way?
 */
#include "config.h"

#include "ss/policy.h"

#include <stdlib.h>

#include "store/policy.h"

/* An id is of one name, and a name has one id. */
static bool is_other_database(const struct policy *p,
			      const struct policy_line *rule, const char *id)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, POLICY_DB, &n);

	if (rule)
		return strcmp(rule->id, id);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].id, id))
			return true;
	return false;
}

/* Whoever deploys does not approve, nor does he who wrote some of it. */
size_t policy_count_deploy(const struct policy *p,
			   const struct policy_deploy *d)
{
	struct list who = policy_who(p, COMMIT_APPROVAL, d->ref);
	const struct pubkey **v = xmalloc((d->authors.n + 1) * sizeof(*v));
	struct policy_keys but = { v, 0 };
	size_t n;

	for (size_t i = 0; i < d->authors.n; i++)
		v[but.n++] = d->authors.v[i];
	v[but.n++] = d->key;
	n = policy_count(p, &who, &d->approvals, &but);
	free(v);
	return n;
}

enum policy_verdict policy_judge_deploy(const struct policy *p,
					const struct policy_deploy *d)
{
	const struct policy_line *rule = policy_rule(p, d->ref);
	enum policy_verdict v;

	if (policy_is_open(p))
		return POLICY_FINE;
	v = policy_right(p, COMMIT_LEDGER, d->ref, d->key);
	if (v != POLICY_FINE)
		return v;
	if (is_other_database(p, rule, d->id))
		return POLICY_OTHER_DB;
	if (!rule)
		return POLICY_FINE;
	if (rule->mirror && d->no_mirror)
		return POLICY_NO_MIRROR;
	if (!d->moves)
		return POLICY_FINE;
	if (!d->on_branch)
		return POLICY_OTHER_BRANCH;
	if (rule->edges_only && !d->edge)
		return POLICY_NO_EDGE;
	return rule->number && policy_count_deploy(p, d) < rule->number ?
	       POLICY_TOO_FEW : POLICY_FINE;
}
