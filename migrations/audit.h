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
	const char *what;	/* for findings: the mirror's ref, or the
				 * database */
	bool rows;		/* those of a database, which are its own proof;
				 * of a mirror, fsck has told */
	/* as it is told */
	size_t n;		/* entries so far */
	const char *engine;
	const struct commit *before;
	const struct commit *open;	/* a begin that has not finished: it is
					 * `before` */
	bool placed;
	struct buf place;	/* where the database is */
	bool said;		/* an entry says that: */
	struct strong_id said_by;
	char back[SHA256_HEX];	/* of a run that came half-way: the version to
				 * which it may be turned back; "": none */
	/* for the policies */
	const struct strong_id *ids;	/* of rows: all of them */
	size_t nids;
	struct strong_id *left;	/* that restores have named */
	size_t nleft, left_cap;
	struct story_branch *branches;
	size_t nbranches, branches_cap;
	struct arena room;
};
#define STORY_INIT .place = BUF_INIT, .room = ARENA_INIT

/* One of its entries. */
struct at {
	struct story *s;
	struct arena *arena;	/* the entry's */
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
void story_judged(struct story *s);	/* release */

/* The next entry; it lives until the next but one.  Tells v what is wrong with
 * it. */
int story_next(struct story *s, const struct commit *c, struct err *err)
	MUST_CHECK;
void story_release(struct story *s);

#endif
