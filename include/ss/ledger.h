/*
 * The ledger: what happened to a database, inside it, as a chain of commits;
 * mirrored on refs/schemastore/ledger/<db>.
 *
 *	genesis ── begin ── finish ── begin ── finish
 *
 * SQLite: begin and finish rows are written in the plan's one transaction;
 * the write-ahead intent is the mirror's begin alone.
 *
 * I1  a row's id is the strong id of its entry, and its entry names the id of
 *     the row before it
 * I2  the mirror holds every row's bytes, or is behind (then it is brought up
 *     from the rows)
 * I3  the mirror is ahead of the rows only by an open begin (and the genesis,
 *     or the finish of the run that it turns back, before it): a run that
 *     died; anything else is a truncated ledger
 * I4  a database's id is on one mirror alone: rows without a mirror that have
 *     the id of another one's are a copy
 *
 * A run of several steps (PostgreSQL, --online) commits its begin first, with
 * a journal of its statements (journal.c) beside the rows: the rows end with an
 * open begin until its finish, and nothing but a resume goes on from there.
 *
 *	begin ── finish "partial 2/5" ── begin ── finish     (resume --undo)
 *
 * A database may do without (no_mirror; for files that a program's users have,
 * beside a store that it ships and cannot write): then the store is only read,
 * and nothing but the rows says what happened.  Where there is a mirror all
 * the same, it must not be ahead (I3), and falls behind.
 */
#ifndef SS_LEDGER_H
#define SS_LEDGER_H

#include "ss/project.h"

struct ledger_entry {
	uint64_t row;		/* seq column */
	struct commit c;
	const char *raw;
	size_t raw_len;
};

struct ledger {
	struct conn *conn;	/* NULL: the rows were read elsewhere */
	struct ledger_entry *rows;	/* then: all of them */
	size_t nrows;
	struct database db;
	bool exists;		/* the table is there */
	uint64_t next_row;
	struct ledger_entry tail;	/* newest row, where exists */
	bool open;		/* the newest row is a begin: a run in steps
				 * has not finished */
	/* where the database is: the To of the last finish that was ok,
	 * or of baseline's note */
	bool placed;
	bool at_start;		/* at the empty schema, no version: From - */
	struct strong_id version;
	char state[SCHEMA_DIGEST_LEN];	/* the version's */
	char observed[SCHEMA_DIGEST_LEN];	/* what the database had then:
						 * see majors.h */
	bool said;		/* some entry says that; else nothing has
				 * happened yet */
	struct strong_id said_by;	/* the entry */
	const char *db_id;	/* 32 hex digits */
	struct arena *arena;
	/* of ledger_may() */
	const char *given_id;	/* that the policy has for the database */
	const struct oid *approvals;	/* of what is about to be done */
	size_t napprovals;
	bool vouched;		/* what it is brought to may be built on */
	/* from the comparison on */
	bool has_mirror;
	struct oid mirror;	/* where the ref stands */
	bool behind;		/* the mirror lacks rows */
	/* between sync and settle */
	struct oid mirror_before;	/* where it stood before the intent */
	bool had_mirror;
	bool intended;		/* the mirror has our begin */
	struct ledger_entry *todo;	/* entries the table lacks */
	size_t ntodo, todo_cap;
};

/* Read the tail; costs one row.  No table: exists false, at_start.  l->conn is
 * NULL where it failed. */
int ledger_read(struct ledger *l, struct conn *conn, const struct database *db,
		struct arena *a, struct err *err) MUST_CHECK;
/* Every entry of a ledger that was read, oldest first, checked against I1. */
int ledger_all(struct ledger_entry **out, size_t *n, const struct ledger *l,
	       struct err *err) MUST_CHECK;
/* The same, one after the other: an entry lives until the next but one. */
typedef int (*ledger_fn)(void *ctx, const struct ledger_entry *e,
			 struct err *err);
int ledger_each(const struct ledger *l, ledger_fn fn, void *ctx,
		struct err *err) MUST_CHECK;
/* Are the rows these commits, byte for byte, and no more?  1, 0, -1 */
int ledger_is(const struct ledger *l, const struct commit_parent *v, size_t n,
	      struct err *err) MUST_CHECK;
/*
 * Read the tail, and compare the table with its mirror.  ERR_REFUSED where
 * nothing may be built on it: the ledger is another project's, a copy of
 * another database's (I4), or lacks entries (I3); l->conn tells whether it was
 * read all the same.
 */
int ledger_open(struct ledger *l, struct project *p, struct conn *conn,
		const struct database *db, struct arena *a, struct err *err)
	MUST_CHECK;
/* Does an entry say where the database is? */
bool ledger_places(const struct commit *entry);
/* Refused where a run in steps has not finished: who, and how to go on. */
int ledger_check_open(const struct ledger *l, struct err *err) MUST_CHECK;
/*
 * Without a database: what the mirror says of where it is, or, where there is
 * none, the rows; a database that is not there yet has no entry.
 */
int ledger_look(struct ledger *l, struct project *p, const struct database *db,
		struct arena *a, struct err *err) MUST_CHECK;
/* The entry that says where the database is, or the project's genesis: what
 * approvals of its next change are behind. */
int ledger_said(struct strong_id *out, const struct ledger *l,
		struct project *p, struct err *err) MUST_CHECK;
/* The same of what the mirror has seen, where rows have been lost. */
int ledger_left(struct strong_id *out, const struct ledger *l,
		struct project *p, struct err *err) MUST_CHECK;
/* Of the database's id: NULL where it has none yet. */
const char *ledger_id(const struct ledger *l, const struct commit *entry);

/* What the policy is asked about: from where to where (NULL: nothing). */
struct ledger_move {
	const struct commit *from, *to;
	bool edge;	/* by a version's own SQL; true where that is not known
			 * yet */
	bool new_id;	/* the database gets one: a copy */
	bool restored;	/* the mirror says where it was */
};
/*
 * ERR_REFUSED where the policy in force does not let this key do that, with
 * who may and what is to be done.  NULL: an entry that brings it nowhere.
 * Fills in what the entry is to have.
 */
int ledger_may(struct ledger *l, struct project *p,
	       const struct ledger_move *move, struct err *err) MUST_CHECK;
/* The store's lock, where the mirror is to move; nothing where the database
 * has none. */
int ledger_lock(struct project *p, const struct database *db,
		struct err *err) MUST_CHECK;
void ledger_unlock(struct project *p, const struct database *db);
/* Under the store's lock, and the database's: compare again, and bring the
 * mirror up (I2). */
int ledger_sync(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* Where a run has not learned how its commit ended, the rows say so: bring the
 * mirror up. */
int ledger_catch_up(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* The SQL that makes the table, for who may, and grants it to roles who may
 * not; ERR_USAGE where the engine knows no owners. */
int ledger_script(struct buf *out, const struct engine *e,
		  const struct list *roles, struct err *err) MUST_CHECK;
/* Has the table other rows by now?  1, 0, -1 */
int ledger_moved(const struct ledger *l, struct err *err) MUST_CHECK;

struct ledger_change {
	const char *op;		/* "apply", "rollback" */
	const struct commit *from;	/* NULL: no version */
	const struct commit *to;	/* NULL: back to nothing */
	const char *from_state, *to_state;
	size_t edges;
	bool edge;	/* it is one edge's SQL, as it was reviewed */
	const char *sql;
	size_t sql_len;
	const struct data_run *const *runs;	/* the plan's data steps */
	size_t nruns;
	const char *subject;
	const char *partial;	/* "2/5": so far the run that this one turns
				 * back has come; NULL: there is none */
};
/* ledger_may() of it. */
int ledger_change_may(struct ledger *l, struct project *p,
		      const struct ledger_change *ch, struct err *err)
	MUST_CHECK;
/* The intent, to the mirror only; makes the genesis entry where needed. */
int ledger_intend(struct ledger *l, struct project *p,
		  const struct ledger_change *ch, struct err *err) MUST_CHECK;
/* Inside a transaction: table where needed, and the row of the begin, which
 * stays open when that is committed; then ledger_begun(). */
int ledger_begin(struct ledger *l, struct err *err) MUST_CHECK;
void ledger_begun(struct ledger *l);
/* Inside the transaction: table where needed, the begin's row, the finish
 * and its row. */
int ledger_record(struct ledger *l, struct project *p, const char *observed,
		  struct err *err) MUST_CHECK;
/* The same, of a begin that is open in the rows and has changed nothing: why
 * it failed, and the state that stays. */
int ledger_fail(struct ledger *l, struct project *p, const char *why,
		const char *observed, struct err *err) MUST_CHECK;
/* After COMMIT: the mirror's finish. */
int ledger_settle(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* After an orderly ROLLBACK: the mirror goes back to before the intent, where
 * there was one. */
int ledger_forget(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;

/* An entry of its own. */
struct ledger_notice {
	const char *event;		/* note, restore, clone */
	const struct commit *version;	/* NULL: at nothing */
	const char *state;	/* NULL: it says nothing of where the database
				 * is */
	const char *observed;
	const char *why;		/* NULL: nobody says */
};
/* Inside a transaction: the entry and its row; ledger_settle() follows the
 * COMMIT. */
int ledger_note(struct ledger *l, struct project *p,
		const struct ledger_notice *n, struct err *err) MUST_CHECK;
/* ledger_may() of it. */
int ledger_notice_may(struct ledger *l, struct project *p,
		      const struct ledger_notice *n, struct err *err)
	MUST_CHECK;

#endif
