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
#include "ss/map.h"
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
/* The same; 0 where nobody has said anything yet, as in most projects: then
 * nothing is read. */
int policies_read_begun(struct policies *out, struct store *s,
			struct arena *a, struct err *err) MUST_CHECK;
const struct policy *policies_last(const struct policies *p);
const struct commit *policies_tip(const struct policies *p);
/* The policy of a commit's tree, and it has the allowed signers of it. */
int policy_of_commit(struct policy *out, struct store *s,
		     const struct commit *c, struct arena *a, struct err *err)
	MUST_CHECK;
/* Where a protected ref was when its rule came to be: that may have been made
 * for another one. */
bool policies_sealed_there(const struct policies *p, const char *ref,
			   const struct strong_id *tip);
/* ERR_REFUSED where a ref takes landings only. */
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
	bool begins;			/* there is none: the genesis is */
	struct policy_keys authors;	/* of a version and what is behind it */
	struct commit *approvals;	/* that count: signed, by one who may
					 * and is no author */
	size_t n;
};
/* Whoever has signed some of what `what` has and a ref's tip has not: the
 * versions that it stands for are some.  NULL: nothing. */
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
/* Fill in the approvals that count; write one; let go of those that were
 * kept. */
int landing_find_approvals(struct landing *l, struct arena *a,
			   struct err *err) MUST_CHECK;
int landing_approve(struct commit *out, struct landing *l, struct arena *a,
		    struct err *err) MUST_CHECK;
int landing_forget_approvals(struct landing *l, struct arena *a,
			     struct err *err) MUST_CHECK;
/* With the lock held. */
int approval_write(struct commit *out, struct landing *l, struct arena *a,
		   struct err *err) MUST_CHECK;
int landing_write(struct commit *out, struct landing *l, struct arena *a,
		  struct err *err) MUST_CHECK;
/*
 * Has a version that stands on a protected ref the approvals that the policy
 * asks for, as it is written?  Whether they are signed by those keys, who may
 * approve, is judged as of any commit.
 */
int landing_judge(enum policy_verdict *out, struct store *s,
		  const struct policy *p, const struct commit *c,
		  struct arena *a, struct err *err) MUST_CHECK;
/* A policy on top of the newest one, for POLICY_REF; its text as edited: seq
 * and prev, and the seals that it has not, are filled in. */
int policy_propose(struct landing *l, const char *lines, struct arena *a,
		   struct err *err) MUST_CHECK;

/* ---- what may be built on (rights.c) ------------------------------------- */

/*
 * Before SQL is run, or a version lands on another one: whoever can write to a
 * store could have put it there.  Verify asks the same of all that there is.
 *
 *	rights_open(&r, s, &policies, &arena);
 *	ret = rights_check_versions(&r, from, to, err);
 *	rights_close(&r);
 */
struct rights {
	struct store *store;
	const struct policies *policies;
	struct arena *arena;
	struct map by_strong;	/* what refs lead to, gathered where a seal is
				 * asked for */
	bool gathered;
};

/* From here on the store's index of versions is not believed. */
void rights_open(struct rights *r, struct store *s, const struct policies *p,
		 struct arena *a);
void rights_close(struct rights *r);
/* ERR_REFUSED where the policies do not let whoever has signed it: a version,
 * an approval or an entry.  What has landed has its approvals. */
int rights_check(struct rights *r, const struct commit *c, struct err *err)
	MUST_CHECK;
/* Every version that `to` has behind it, and is, and `from` has not; NULL is
 * nothing. */
int rights_check_versions(struct rights *r, const struct oid *from,
			  const struct oid *to, struct err *err) MUST_CHECK;
/* What a branch is at; of one that is protected it has landed there. */
int rights_check_tip(struct rights *r, const char *ref, struct err *err)
	MUST_CHECK;

/* ---- databases (deploys.c) ----------------------------------------------- */

/*
 * What is approved is that a database goes from one version to another; NULL
 * is nothing, for which the genesis stands in l->what.  l->ref is its ledger's;
 * `onto` the entry that says where it is, or the genesis.
 */
struct deploy_ends {
	const struct oid *from, *to;
	struct strong_id onto;
};
int deploy_authors(struct policy_keys *out, struct store *s,
		   const struct oid *from, const struct oid *to,
		   struct arena *a, struct err *err) MUST_CHECK;
int deploy_look(struct landing *l, const struct deploy_ends *ends,
		struct arena *a, struct err *err) MUST_CHECK;

/* The database is elsewhere now: what was kept for its ledger goes.  With the
 * lock held. */
int deploy_forget(struct store *s, const char *ledger, struct arena *a,
		  struct err *err) MUST_CHECK;

/* The versions that a database may be brought to: those of a branch, also what
 * others stand for, or, where a policy protects it, those that have landed
 * there.  More tips may be pushed to the walk before it is asked. */
struct branch_versions {
	struct walk *walk;
	struct map seen;	/* what the walk has shown so far */
	bool ended;
};
int branch_versions_open(struct branch_versions *b, struct store *s,
			 const char *ref, bool landed, struct arena *a,
			 struct err *err) MUST_CHECK;
/* 1, 0, -1 */
int branch_versions_have(struct branch_versions *b, const struct oid *version,
			 struct err *err) MUST_CHECK;
void branch_versions_close(struct branch_versions *b);

#endif
