/*
 * The policies of a store, and what lands on a ref that they protect.
 *
 *	struct policies p;
 *	if (policies_read(&p, s, &arena, err))
 *		return -1;
 *	rule = policy_rule(policies_last(&p), "refs/heads/main");
 */
#ifndef SS_POLICIES_H
#define SS_POLICIES_H

#include "ss/key.h"
#include "ss/policy.h"
#include "ss/store.h"

#define PROPOSAL_REF "refs/schemastore/proposal/policy"
#define APPROVAL_REFS "refs/schemastore/approval/"

struct policies {
	struct policy_chain chain;
	struct commit *commits;		/* by seq */
};

/* From the genesis on; each is checked, with its approvals: ERR_DAMAGED. */
int policies_read(struct policies *out, struct store *s, struct arena *a,
		  struct err *err) MUST_CHECK;
const struct policy *policies_last(const struct policies *p);
const struct commit *policies_tip(const struct policies *p);
/* The policy of a commit's tree, and it has the allowed signers of it. */
int policy_of_commit(struct policy *out, struct store *s,
		     const struct commit *c, struct arena *a, struct err *err)
	MUST_CHECK;
/* ERR_REFUSED where a ref with versions takes landings only. */
int policy_refuse_protected(struct store *s, const char *ref,
			    struct arena *a, struct err *err) MUST_CHECK;

/* What is approved lands: a version, or a policy. */
struct landing {
	struct store *store;
	const char *ref;	/* on that */
	struct commit what;
	struct ident who;
	struct key *key;
	const char *message;	/* an approval's text; NULL: none */
	struct policies policies;
	/* of landing_look() */
	const struct policy *next;	/* that lands; NULL: a version does */
	struct commit tip;		/* of ref */
	struct policy_keys authors;	/* of a version and what is behind it */
	struct commit *approvals;	/* that count: signed, by one who may
					 * and is no author */
	size_t n;
};
/* Whoever has signed some of what `what` has and a ref's tip has not: the
 * versions that it stands for are some. */
int policy_authors(struct policy_keys *out, struct store *s,
		   const struct oid *tip, const struct oid *what,
		   struct arena *a, struct err *err) MUST_CHECK;
/* What there is to say: policies, tip and the approvals.  ERR_REFUSED where
 * it does not stand on the tip. */
int landing_look(struct landing *l, struct arena *a, struct err *err)
	MUST_CHECK;
/* There is a key, and its person may do that, and is who acts: whose it is. */
int landing_right(const char **person, const struct landing *l,
		  enum commit_kind kind, const char *what, struct err *err)
	MUST_CHECK;
/* Signed, written and flushed. */
int landing_commit(struct commit *c, struct landing *l, struct arena *a,
		   struct err *err) MUST_CHECK;
/* "ann, carol" */
const char *landing_approvers(const struct landing *l, struct arena *a);
/* With the lock held. */
int approval_write(struct commit *out, struct landing *l, struct arena *a,
		   struct err *err) MUST_CHECK;
int landing_write(struct commit *out, struct landing *l, struct arena *a,
		  struct err *err) MUST_CHECK;
/* A policy on top of the newest one, for POLICY_REF; its text as edited: seq
 * and prev, and the seals that it has not, are filled in. */
int policy_propose(struct landing *l, const char *lines, struct arena *a,
		   struct err *err) MUST_CHECK;

#endif
