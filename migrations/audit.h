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

/* What of an entry the one behind it must fit. */
enum story_line {
	STORY_DB, STORY_OP, STORY_FROM, STORY_TO, STORY_STARTED, STORY_LINES
};

struct story_entry {
	struct strong_id id;
	uint64_t seq, policy_seq;
	int64_t time;
	struct buf lines[STORY_LINES];	/* "": it has none */
};

struct story {
	struct verify *v;
	struct project *project;
	const char *what;	/* for findings: the mirror's ref, or the
				 * database */
	bool rows;		/* those of a database, which are its own proof;
				 * of a mirror, fsck has told */
	bool stopped;		/* what comes next is not the next entry, or is
				 * not known yet */
	/* as it is told */
	size_t n;		/* entries so far */
	const char *engine;
	struct story_entry before;	/* where n is not 0 */
	bool open;		/* that is a begin, which has not finished */
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
	struct arena now;	/* the entry's that is told */
};
#define STORY_INIT .place = BUF_INIT, .room = ARENA_INIT, .before.lines = { \
	BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT }

/* One of its entries. */
struct at {
	struct story *s;
	struct arena *arena;	/* the entry's */
	size_t i;
	const struct commit *c;
	bool opens;	/* it has begun a run */
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

/* Are the versions that it names known by now? */
bool story_knows(const struct story *s, const struct commit *c);
/* The next entry.  Tells v what is wrong with it. */
int story_next(struct story *s, const struct commit *c, struct err *err)
	MUST_CHECK;
void story_release(struct story *s);

#endif
