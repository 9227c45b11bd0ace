/*
 * What applying and resuming share.
 */
#ifndef MIGRATIONS_RUN_H
#define MIGRATIONS_RUN_H

#include <sys/stat.h>

#include "ss/apply.h"
#include "ss/way.h"

/* What a run holds open. */
struct run {
	struct apply *ap;
	struct arena *arena;
	struct conn *conn;	/* the database, or its copy */
	struct conn *real;	/* where a copy is used: the database */
	const struct engine *engine;
	struct ledger ledger;
	struct schema from, to;	/* as they are in this database */
	struct schema live;	/* as the database had it */
	struct way way;
	struct parking parking;
	int64_t stamp;		/* when its rows were counted */
	unsigned char print[SHA256_LEN];	/* of the catalog, when it was
						 * read */
	const char *file;	/* the database is one; NULL: a server's */
	struct stat is;		/* the one that we have open */
	bool made;		/* by us: removed on failure */
	bool locked;
	bool in_steps;		/* the database's lock is the session's, not a
				 * transaction's */
};

int run_open(struct run *r, struct err *err) MUST_CHECK;
/* failed: what was made for it goes again. */
void run_close(struct run *r, bool failed);

/* Both locks, or none while we wait: the store's, and the database's with its
 * transaction (in steps: without one). */
int run_begin(struct run *r, struct err *err) MUST_CHECK;
void run_unlock(struct run *r);	/* the store's */
/* Before the next attempt: longer each time, some seconds at most. */
void run_pause(int attempt);

/* Says so; -1. */
int run_no_schema(const struct run *r, const struct commit *c,
		  struct err *err);
/* A version, as this database has it. */
int run_read_version(struct schema *out, struct run *r, bool nothing,
		     const struct commit *c, struct err *err) MUST_CHECK;
/* The database's schema, read as the version (or nothing) was. */
int run_read_live(struct schema *live, struct run *r, bool nothing,
		  const struct commit *c, struct err *err) MUST_CHECK;
/* It must be what the ledger says; r->live and r->from are read. */
int run_check_start(struct run *r, struct err *err) MUST_CHECK;
/* It must still be what the plan starts from. */
int run_check_unchanged(struct run *r, struct err *err) MUST_CHECK;
/* keep-aerich.c: Aerich's table, as it would be at r->to. */
int run_keep_aerich(struct run *r, struct err *err) MUST_CHECK;
/* It must be r->to. */
int run_check_arrival(struct run *r, struct err *err) MUST_CHECK;
/* Is what stands there still what we have open? */
int run_check_file(struct run *r, struct err *err) MUST_CHECK;
/* Somebody else's run, between two looks of ours? */
int run_check_moved(struct run *r, struct err *err) MUST_CHECK;
/* Neither ledger nor catalog have moved since the plan was made. */
int run_check_place(struct run *r, struct err *err) MUST_CHECK;
/* Count what hazards concern, and again if somebody has written since. */
int run_count(struct run *r, struct err *err) MUST_CHECK;
int run_check_rows(struct run *r, struct err *err) MUST_CHECK;
int run_cancelled(struct run *r, struct err *err);

/* What the ledger says of the run. */
void run_describe(struct ledger_change *ch, struct run *r);

/* ---- steps.c ------------------------------------------------------------ */

/* Begin, the statements of the plan step by step, and finish; after that is
 * committed the caller settles the ledger.  partial: see ledger_change. */
int run_steps(struct run *r, const char *partial, struct err *err) MUST_CHECK;
/* What is left of a run that has begun, as its journal has it. */
int run_rest(struct run *r, struct err *err) MUST_CHECK;

#endif
