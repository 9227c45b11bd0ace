/*
 * A plan: the ordered statements that take a database from one schema to
 * another, proven or not.
 */
#ifndef SS_PLAN_H
#define SS_PLAN_H

#include "ss/engine.h"
#include "ss/parking.h"
#include "ss/store.h"

/* Where a plan calls in on its way: data steps run there. */
struct stage {
	const struct schema *to;
	const struct data_run *runs;
	size_t n;
	/* How one comes there, in the place of what differs, with the data
	 * steps in it; NULL: by what differs. */
	const char *edited;
	const char *title;	/* edited: of what */
};

struct plan_opts {
	const struct stage *stages;
	size_t nstages;
	bool column_order;
	bool online;
	const struct list *extensions;	/* for scratch, also of the proof */
	/* What the database has parked, and whether more is to be: it is added
	 * to.  NULL: nobody knows. */
	struct parking *parking;
};

struct plan {
	const struct engine *engine;
	const struct schema *from;
	const struct schema *to;
	const struct list *extensions;
	/* Of the two schemas; where they are partial the caller puts the
	 * versions' own here. */
	char from_digest[SCHEMA_DIGEST_LEN];
	char to_digest[SCHEMA_DIGEST_LEN];
	const char *version;	/* the engine's that it is for: what proves it
				 * for one proves nothing for another */
	struct script script;
	const char *sql;	/* script_sql() */
	size_t sql_len;
	unsigned char sql_sha256[SHA256_LEN];
	const struct data_run **runs;	/* its data steps, as they run */
	size_t nruns;
	bool proven;
	const char *not_proven;	/* why not, where a proof was tried */
};

/* Both schemas sealed and whole (or both partial, as state_pair() gives
 * them).  What cannot be changed is ERR_REFUSED by name. */
int plan_make(struct plan *out, const struct engine *engine,
	      const struct schema *from, const struct schema *to,
	      const struct plan_opts *opts, struct arena *a, struct err *err)
	MUST_CHECK;

/* What somebody else made, as one text: it is run as edited SQL is.
 * ERR_REFUSED where that cannot be. */
int plan_of_text(struct plan *out, const struct engine *engine,
		 const struct schema *from, const struct schema *to,
		 const char *title, const char *sql, struct arena *a,
		 struct err *err) MUST_CHECK;

/* What makes a schema out of nothing, to be printed or loaded: `from` is NULL.
 * extensions may be. */
int plan_whole(struct plan *out, const struct schema *s,
	       const struct list *extensions, struct arena *a, struct err *err)
	MUST_CHECK;

/*
 * Run it on scratch: load what changes and what needs that or is needed by
 * it, execute, read back, compare.  ERR_ENGINE or ERR_REFUSED with the first
 * object that did not arrive.  Sets plan->proven.
 */
int plan_prove(struct plan *plan, struct err *err) MUST_CHECK;
/* A plan and its way back, on one scratch.  -1 where `up` does not arrive;
 * where `down` (NULL: none) does not, down_err says so and down->proven stays
 * false. */
int plan_prove_both(struct plan *up, struct plan *down, struct err *down_err,
		    struct err *err) MUST_CHECK;
/*
 * The same where `c` is a scratch that has arrived at `up`'s target already:
 * back, and there again, which spares loading the whole once more.  Where it
 * is true both are proven; else nothing is known of either.
 */
bool plan_prove_back(struct plan *up, struct plan *down, struct conn *c);

/* Proofs that are remembered, by (from, to, sha256 of the SQL, engine and its
 * version). */
int proof_find(struct plan *plan, struct store *s, struct err *err) MUST_CHECK;
int proof_remember(const struct plan *plan, struct store *s, struct err *err)
	MUST_CHECK;

/*
 * Made anew from what was read, and read again, is a source's schema the same?
 * Where not the object is named, ERR_REFUSED.  Objects that `known` has, too,
 * or that the store remembers, are not looked at.
 */
struct reread_opts {
	const struct engine *engine;
	const struct list *extensions;
	const struct schema *known;	/* NULL: none is */
	struct store *store;		/* NULL: nothing is remembered */
};
int schema_reread(const struct schema *s, const struct reread_opts *opts,
		  struct err *err) MUST_CHECK;
/* A plan from `known` has arrived there, which tells the same. */
void schema_reread_done(const struct schema *s,
			const struct reread_opts *opts);

/* The script as `plan` prints it: head, notes, hazards as comments, foot.
 * An empty plan prints comments only. */
void plan_print(struct buf *b, const struct plan *plan);

/* How many rows a hazard concerns on a live database; -1 = not countable. */
int hazard_count(int64_t *out, const struct hazard *h, struct conn *conn,
		 struct err *err) MUST_CHECK;

#endif
