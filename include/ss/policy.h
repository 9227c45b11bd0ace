/*
 * A policy: who may do what in a project, as its text says it.  See
 * schemastore-policy(5).
 *
 *	schemastore-policy 1
 *	seq 1
 *	prev 5f3c...
 *	min-format 1
 *	person ann Ann Smith ann@example.org
 *	key ann ssh-ed25519 AAAA...
 *	root 1 ann
 *	author ann
 *
 * One policy has one text, and only that is read.  Policies are a chain, each
 * made under the one before; all of it is judged by pure functions here.
 */
#ifndef SS_POLICY_H
#define SS_POLICY_H

#include "ss/commit.h"
#include "ss/pubkey.h"
#include "ss/refs.h"

/* In the order in which they stand. */
enum policy_kind {
	POLICY_SEQ,
	POLICY_PREV,
	POLICY_MIN_FORMAT,
	POLICY_PERSON,
	POLICY_KEY,
	POLICY_ROOT,
	POLICY_AUTHOR,
	POLICY_APPROVER,
	POLICY_DEPLOYER,
	POLICY_WITNESS,
	POLICY_PROTECT,
	POLICY_DB,
	POLICY_DROP,
	POLICY_SEAL,
	POLICY_VOUCH,
	POLICY_KINDS
};

struct policy_line {
	enum policy_kind kind;
	const char *text;	/* all of it, without the newline */
	uint64_t number;	/* seq, min-format; of root, protect and db how
				 * many must agree; 0 of a db: none */
	const char *name;	/* of person and key the person's word, of a db
				 * its own */
	const char *full_name;	/* person */
	const char *email;	/* person */
	const char *ref;	/* protect, seal; of a db where its versions
				 * come from */
	const char *id;		/* db: 32 hex */
	struct pubkey key;	/* key */
	char fingerprint[PUBKEY_FINGERPRINT];	/* key, drop */
	struct strong_id sum;	/* prev, seal, vouch */
	bool has_sum;		/* else the first policy's prev */
	struct list who;	/* sorted; of protect and db who approves:
				 * empty is every approver */
	struct list deployers;	/* db */
	bool compromised;	/* drop; else retired */
	bool edges_only;	/* db */
	bool mirror;		/* db */
};

struct policy {
	struct policy_line *v;	/* as they stand */
	size_t n;
	size_t at[POLICY_KINDS + 1];	/* where each kind begins */
	uint64_t seq;
};

const char *policy_word(enum policy_kind kind);		/* "min-format" */
/* The lines of a kind; *n may be 0. */
const struct policy_line *policy_lines(const struct policy *p,
				       enum policy_kind kind, size_t *n);
/* The only one of its kind; NULL: there is none. */
const struct policy_line *policy_line(const struct policy *p,
				      enum policy_kind kind);

/* Exactly what policy_add_text() writes, and that makes sense: ERR_DAMAGED with
 * the first rule that is broken.  All is the arena's. */
int policy_parse(struct policy *out, const struct bytes *text, struct arena *a,
		 struct err *err) MUST_CHECK;
/* One that a person has edited: lines in any order, more blanks than one, empty
 * lines, and comments from # on.  ERR_USAGE. */
int policy_parse_edited(struct policy *out, const struct bytes *text,
			struct arena *a, struct err *err) MUST_CHECK;
void policy_add_text(struct buf *b, const struct policy *p);
/* git's and ssh-keygen's allowed signers: the keys that still sign. */
void policy_add_signers(struct buf *b, const struct policy *p);

/* ---- who -------------------------------------------------------------- */

/* No persons: the project has not begun to say who may do what, and everybody
 * may do everything. */
bool policy_is_open(const struct policy *p);
const struct policy_line *policy_person(const struct policy *p,
					const char *name);
/* Whose it is, dropped or not; NULL: nobody's. */
const struct policy_line *policy_person_of(const struct policy *p,
					   const struct pubkey *key);
/* Its line of kind drop; NULL: it still signs. */
const struct policy_line *policy_drop(const struct policy *p,
				      const struct pubkey *key);
/* The line protect or db that a ref is ruled by; NULL: none. */
const struct policy_line *policy_rule(const struct policy *p, const char *ref);
bool policy_same_rule(const struct policy *a, const struct policy *b,
		      const char *ref);
/* Who may sign a commit of this kind that is made for this ref; a checkpoint
 * deployers may, too. */
struct list policy_who(const struct policy *p, enum commit_kind kind,
		       const char *ref);
/* Has the person of this key, which still signs, that right? */
bool policy_may(const struct policy *p, enum commit_kind kind, const char *ref,
		const struct pubkey *key);

/* ---- judging ---------------------------------------------------------- */

enum policy_verdict {
	POLICY_FINE,
	POLICY_UNSIGNED,
	POLICY_UNKNOWN,		/* it names a policy that is not on the chain */
	POLICY_OLDER,		/* than one of its parents' */
	POLICY_FORMAT,		/* lower than the policy asks for */
	POLICY_NOBODY,		/* the key is nobody's */
	POLICY_DROPPED,		/* the key was dropped */
	POLICY_OTHER_NAME,	/* the committer is somebody else */
	POLICY_NO_RIGHT,	/* the person may not */
	POLICY_UNSEALED,	/* the right was lost later, and no seal has
				 * it */
	POLICY_RULE_CHANGED,	/* the ref's rule was, and its seal has it
				 * not */
	POLICY_TOO_FEW,		/* approvals */
	/* of a change of a database */
	POLICY_OTHER_DB,	/* the id is not the one that the policy has */
	POLICY_NO_MIRROR,
	POLICY_OTHER_BRANCH,	/* the version is not on the rule's */
	POLICY_NO_EDGE,
	POLICY_VERDICTS
};

/* "unsigned", and what that is in words. */
const char *policy_verdict_rule(enum policy_verdict v);
const char *policy_verdict_text(enum policy_verdict v);

/* All policies of a project, by their seq, and their commits' strong ids. */
struct policy_chain {
	const struct policy *const *v;
	const struct strong_id *ids;
	size_t n;
};

/* What is asked of a commit. */
struct policy_case {
	enum commit_kind kind;
	const char *ref;
	const char *email;		/* the committer's */
	const struct pubkey *key;	/* NULL: it is not signed */
	uint64_t seq;			/* the policy that it names */
	struct strong_id policy;
	uint64_t least;			/* the greatest that a parent names */
	struct strong_id id;		/* its own */
	/* Is it the commit of that strong id, or an ancestor of it? */
	bool (*within)(void *ctx, const struct strong_id *seal);
	void *ctx;
};
/* The signature itself is checked elsewhere.  A policy is judged under the one
 * before, which is to be named here. */
enum policy_verdict policy_judge(const struct policy_chain *chain,
				 const struct policy_case *c);

struct policy_keys {
	const struct pubkey *const *v;
	size_t n;
};
/* How many persons of a list these keys are, who still sign and are not among
 * those of `but`, which may be NULL: each counts once. */
size_t policy_count(const struct policy *p, const struct list *who,
		    const struct policy_keys *keys,
		    const struct policy_keys *but);
/* Do those who approved suffice for a ref that is ruled?  Whoever signed some
 * of what lands does not count. */
enum policy_verdict policy_judge_landing(const struct policy *p,
					 const char *ref,
					 const struct policy_keys *approvals,
					 const struct policy_keys *authors);
/* What an entry of a ledger says or does, as the policy is to judge it. */
struct policy_deploy {
	const char *ref;		/* the ledger's */
	const char *id;			/* the database's: 32 digits */
	const struct pubkey *key;	/* who does it; NULL: nobody signs */
	bool no_mirror;			/* and none is kept */
	bool moves;	/* it brings the database to a version, or says that it
			 * is there; the rest is of those alone */
	bool on_branch;	/* of the rule's branch that version is one, and landed
			 * there where that is protected; nothing is, too */
	bool edge;			/* what runs is a version's edge */
	struct policy_keys approvals;	/* of that version, behind the entry
					 * that says where the database is */
	struct policy_keys authors;	/* of what comes, or goes, with it */
};
/* How many approve of it, who count. */
size_t policy_count_deploy(const struct policy *p,
			   const struct policy_deploy *d);
enum policy_verdict policy_judge_deploy(const struct policy *p,
					const struct policy_deploy *d);
/* May this policy come after that one, whose strong id is given?  ERR_REFUSED:
 * seq, prev, and what never changes. */
int policy_follows(const struct policy *from, const struct strong_id *id,
		   const struct policy *to, struct err *err) MUST_CHECK;
/* That, and enough persons of the roots of both. */
struct policy_step {
	const struct policy *from, *to;
	const struct strong_id *id;	/* of `from` */
	const struct pubkey *begun_by;	/* whoever signed an open one, and must
					 * have signed the next, too */
	struct policy_keys signers;	/* of its commit, and of approvals */
};
enum policy_verdict policy_judge_step(const struct policy_step *s);

#endif
