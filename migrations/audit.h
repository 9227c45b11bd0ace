/*
 * One ledger's story, for mirrors and for rows.
 */
#ifndef MIGRATIONS_AUDIT_H
#define MIGRATIONS_AUDIT_H

#include "ss/audit.h"
#include "ss/policies.h"

/* A branch that a policy takes versions from. */
struct story_branch {
	const char *ref;
	bool landed;
	struct branch_versions versions;
};

struct story {
	struct verify *v;
	struct project *project;
	struct arena *arena;
	const char *what;	/* for findings: the mirror's ref, or the
				 * database */
	const struct ledger_entry *entries;
	size_t n;
	bool rows;		/* those of a database, which are its own proof;
				 * of a mirror, fsck has told */
	/* as it is told */
	const char *engine;
	const struct commit *open;	/* a begin that has not finished */
	const char *place;	/* its To: where the database is; NULL: not
				 * known */
	const struct commit *said;	/* the entry that says so; NULL: none
					 * has yet */
	const char *back;	/* From of a run that came half-way: where it
				 * may be turned back to */
	struct story_branch *branches;
	size_t nbranches, branches_cap;
};

/* One of its entries. */
struct at {
	struct story *s;
	const struct ledger_entry *e;
	size_t i;
	const struct commit *c;
	bool missed;	/* a version, which is told once */
	struct err *err;
	int ret;
};
/* "<strong id> <state>": 1 and the version, 0 it is none (which is told, or it
 * is nothing), -1 */
int story_version(struct commit *out, struct at *at, const char *place)
	MUST_CHECK;
/* Might it have been written, as the policies say? */
int story_judge(struct at *at) MUST_CHECK;
void story_release(struct story *s);
/* Tells v what is wrong with it. */
int story_check(struct story *s, struct err *err) MUST_CHECK;

#endif
