/*
 * Taking a live database to a version: read, compare, plan, prove, count,
 * ask, run in one transaction, read again, compare, record.
 *
 *	          session lock, one transaction
 *	 ┌──────────────────────────────────────────────┐
 *	 digest == from?  statements  digest == to?  ledger   COMMIT  mirror
 */
#ifndef SS_APPLY_H
#define SS_APPLY_H

#include "ss/ledger.h"
#include "ss/path.h"
#include "ss/plan.h"

struct counted_hazard {
	const struct hazard *hazard;
	int64_t rows;		/* -1: not counted */
	bool late;		/* of rows that come about on the way: looked
				 * at when they are there */
};

/* How a run in steps behaves. */
struct online {
	bool wanted;
	int lock_ms;		/* for each lock of a table: whoever comes
				 * behind us waits as well */
	int tries;		/* where that was too short, or a deadlock */
	int statement_ms;	/* for each statement of a transaction that
				 * holds up others; 0: as long as it takes */
};
#define ONLINE_INIT { false, 2000, 10, 0 }

struct apply {
	/* in */
	struct project *project;
	struct database db;
	struct commit to;	/* the version asked for */
	bool to_nothing;	/* all the way down */
	bool allow_data_loss;
	bool allow_unrelated;	/* the two versions may have no ancestor in
				 * common */
	bool park;		/* what is destroyed is kept: see parking.h */
	bool keep_aerich;	/* its table is kept in step: in the same
				 * transaction */
	bool dry_run;		/* on a copy that is thrown away */
	int wait_ms;		/* for the lock */
	struct online online;
	const volatile int *cancelled;	/* set by ^C: rolled back */
	/* asked before the first statement; NULL = yes.  0 goes on. */
	int (*confirm)(void *ctx, const struct apply *a, struct err *err);
	void *ctx;
	/* out */
	struct commit from;
	bool from_nothing;
	struct path path;
	struct plan plan;
	struct counted_hazard *hazards;
	size_t nhazards;
	bool nothing_to_do;
	bool order_only;	/* columns stand in another order */
};

/* preflight: count on the database; keep others from adding to what nobody
 * has allowed to lose; refuse what blocks or loses rows. */
int hold_hazards(const struct apply *ap, struct conn *conn, struct err *err)
	MUST_CHECK;
int count_hazards(struct apply *ap, struct conn *conn, struct arena *a,
		  struct err *err) MUST_CHECK;
int refuse_hazards(const struct apply *ap, struct err *err) MUST_CHECK;
/* What stands in the way of a stage that begins now, and what it loses. */
int refuse_late(const struct apply *ap, size_t first, size_t end,
		struct conn *conn, struct err *err) MUST_CHECK;
/* Run one of its statements; not one that takes no transaction. */
int script_run(const struct script *s, size_t at, struct conn *conn,
	       struct err *err) MUST_CHECK;
/* In the transaction of a step, some time after those: what its statements
 * would lose now. */
int refuse_losses(const struct script *s, size_t first, size_t end,
		  struct conn *conn, struct err *err) MUST_CHECK;

/* upgrade, downgrade and checkout --db are this one function. */
int apply_run(struct apply *ap, struct arena *a, struct err *err) MUST_CHECK;

/*
 * Go on with a run in steps that has not come to its end; undo: back to where
 * it came from, by a plan from what is there.  ap->project, db, the options;
 * nothing_to_do where there is none.
 */
int apply_resume(struct apply *ap, bool undo, struct arena *a,
		 struct err *err) MUST_CHECK;

/*
 * Adopt a database as being at a version: its schema must have the version's
 * digest.  NEW: it was made elsewhere, and has no ledger.  RESTORED: its ledger
 * lacks entries, or it was made anew, or moved: it goes on from where it
 * stands.  COPIED: it has another database's ledger, and gets an id of its own.
 * version NULL (not for NEW): the one that the ledger names.
 */
enum baseline_kind {
	BASELINE_NEW,
	BASELINE_RESTORED,
	BASELINE_COPIED,
	BASELINE_REMARK		/* it stays where it is; there is something to
				 * say of it */
};
struct baseline {
	enum baseline_kind kind;
	const struct commit *version;
	const char *why;	/* NULL: nobody says */
};
int apply_baseline(struct project *p, const struct database *db,
		   const struct baseline *b, struct arena *a, struct err *err)
	MUST_CHECK;

/* ERR_REFUSED where another version of any branch or tag has the same schema,
 * and data steps lie between: of a database with no ledger nobody can tell
 * which of the two it is at. */
int version_is_alone(const struct commit *v, struct project *p,
		     const struct engine *e, struct err *err) MUST_CHECK;
/* The newest version of any branch or tag that has the database's schema:
 * ERR_REFUSED where there is none, or it is not alone. */
int version_of_database(struct commit *out, struct project *p,
			const struct database *db, struct arena *a,
			struct err *err) MUST_CHECK;

/* Where a database stands, for status, heads, drift and the prompt. */
struct standing {
	struct ledger ledger;
	const struct err *trouble;	/* why nothing may be built on the
					 * ledger; NULL */
	bool known;		/* the store has its version */
	struct commit version;
	bool drifted;		/* only where asked */
	struct schema real;	/* only where asked */
	char digest[SCHEMA_DIGEST_LEN];
};
int standing_read(struct standing *out, struct project *p, struct conn *conn,
		  const struct database *db, bool check_drift,
		  struct arena *a, struct err *err) MUST_CHECK;
/* Refused where the store does not have the version that it is at. */
int standing_known(const struct standing *st, const struct database *db,
		   struct err *err) MUST_CHECK;

/* And where it stands from a version that it might be brought to. */
enum place_where {
	PLACE_MISSING,		/* there is no such file yet */
	PLACE_NOWHERE,		/* no ledger, or one that is at no version */
	PLACE_UNKNOWN,		/* a version that the store does not have */
	PLACE_HERE,
	PLACE_BEHIND,		/* the way there leads up */
	PLACE_AHEAD,		/* down */
	PLACE_ASIDE		/* down and up */
};
struct place {
	enum place_where where;
	struct standing standing;	/* unless it is missing */
	struct path way;	/* behind, ahead, aside */
};
/* The database need not be there; it is opened to be read. */
int place_read(struct place *out, struct project *p, const struct database *db,
	       const struct commit *target, bool check_drift, struct arena *a,
	       struct err *err) MUST_CHECK;
void place_release(struct place *out);

/* What commit does, below the command line. */
struct commit_source {
	const struct engine *engine;
	const struct source *source;
};
/* A data step, see data.h. */
struct commit_data {
	const struct engine *engine;	/* NULL: of all of them */
	const char *name;
	const char *up, *down;	/* texts; down NULL: there is no way back */
};
/* The SQL of an edge, to be looked at before it is proven. */
struct commit_edit {
	const struct engine *engine;
	const char *up;
	const char *down;	/* NULL: there is no way back */
};
struct commit_opts {
	/* Engines of the project that have none here stay as they were. */
	const struct commit_source *sources;
	size_t nsources;
	const char *message;
	const char *body;
	const struct rename *renames;
	size_t nrenames;
	const struct list *no_renames;	/* names declared dropped and added */
	bool no_rename;		/* all of them */
	bool column_order;
	bool allow_empty;
	const struct commit_data *data;
	size_t ndata;
	/* Another text takes the place of what it was; NULL: nobody looks. */
	int (*edit)(void *ctx, struct commit_edit *e, struct err *err);
	/* candidates that nothing declares: 1 rename, 0 drop and add, -1
	 * stop.  NULL: ERR_REFUSED with each candidate's two flags. */
	int (*ask)(void *ctx, const struct candidate *c, struct err *err);
	void *ctx;
};
/* What became of one engine of the project. */
struct commit_part {
	const struct engine *engine;
	bool nothing;		/* same schema */
	bool spelling;		/* though names or SQL are spelled otherwise */
	struct diff diff;
	size_t steps;		/* of data */
	size_t late;		/* renames of an earlier version */
	struct plan up, down;
	const char *no_down;	/* why there is no way back; NULL: there is */
};
struct commit_result {
	struct commit version;
	bool nothing;		/* in all of them: no version was made */
	struct commit_part *parts;	/* as the project has its engines */
	size_t nparts;
};
int commit_source(struct commit_result *out, struct project *p,
		  const struct commit_opts *o, struct arena *a,
		  struct err *err) MUST_CHECK;
/* Every file (or sub-folder) of a folder as a version, in order.  One that has
 * a folder or a file named after an engine has one for each engine. */
int commit_batch(size_t *made, struct project *p, const char *dir,
		 const struct commit_opts *o, struct err *err) MUST_CHECK;

#endif
