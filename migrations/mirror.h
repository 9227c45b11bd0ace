/*
 * The mirror of a ledger in the store.
 */
#ifndef MIGRATIONS_MIRROR_H
#define MIGRATIONS_MIRROR_H

#include "ss/ledger.h"

const char *mirror_ref(struct arena *a, const struct database *db);
/* Take where an entry says the database is. */
int ledger_place(struct ledger *l, const struct commit *e, struct err *err)
	MUST_CHECK;
/* Are the rows this project's? */
int mirror_check_project(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* Let an entry follow the rows, whatever the mirror is at: that stays on
 * refs/schemastore/ledger-before/<db>/<id>; what the mirror needs to end with
 * the tail is written, unflushed. */
int mirror_take_over(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* The mirror is kept there, and goes: 1, 0 there is none, -1 */
int mirror_set_aside(const struct database *db, struct project *p,
		     struct arena *a, struct err *err) MUST_CHECK;

/* May the newest entries be built on, and the versions that the move brings?
 * ERR_REFUSED */
struct policies;
int ledger_check_rights(struct ledger *l, struct project *p,
			const struct policies *all,
			const struct ledger_move *move, struct err *err)
	MUST_CHECK;

/* A new entry behind `parent`; fills e (raw in the ledger's arena), writes its
 * objects (unflushed).  tree: up.sql's text, NULL: empty. */
struct entry_draft {
	const char *subject;
	const struct commit_line *lines;
	size_t nlines;
	const char *sql;
	size_t sql_len;
	const char *body;
	const struct oid *approvals;	/* further parents */
	size_t napprovals;
};
int entry_write(struct ledger_entry *e, struct ledger *l, struct project *p,
		const struct oid *parent, const struct entry_draft *d,
		struct err *err) MUST_CHECK;
const char *entry_session(struct arena *a, const struct project *p);
/* "<seq> <strong id>" of the newest checkpoint; NULL: there is none. */
int entry_checkpoint(const char **out, struct arena *a, struct project *p,
		     struct err *err) MUST_CHECK;
const char *entry_time(struct arena *a, const struct project *p);
/* Insert an entry as the next row. */
int entry_insert(struct ledger *l, struct ledger_entry *e, struct err *err)
	MUST_CHECK;

#endif
