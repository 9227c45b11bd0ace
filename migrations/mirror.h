/*
 * The mirror of a ledger in the store.
 */
#ifndef MIGRATIONS_MIRROR_H
#define MIGRATIONS_MIRROR_H

#include "ss/ledger.h"

const char *mirror_ref(struct arena *a, const struct database *db);
/* Are the rows this project's? */
int mirror_check_project(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* Write (unflushed) what the mirror would need to end with the tail. */
int mirror_write_rows(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* l->db_id: the mirror's word, where there is one, never the database's. */
int mirror_db_id(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* What the mirror is at stays on refs/schemastore/ledger-before/<db>/<id>. */
int mirror_keep(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;
/* The same, and the mirror goes: 1, 0 there is none, -1 */
int mirror_set_aside(const struct database *db, struct project *p,
		     struct arena *a, struct err *err) MUST_CHECK;

/* A new entry behind `parent`; fills e (raw in the ledger's arena), writes its
 * objects (unflushed).  tree: up.sql's text, NULL: empty. */
struct entry_draft {
	const char *subject;
	const struct commit_line *lines;
	size_t nlines;
	const char *sql;
	size_t sql_len;
};
int entry_write(struct ledger_entry *e, struct ledger *l, struct project *p,
		const struct oid *parent, const struct entry_draft *d,
		struct err *err) MUST_CHECK;
const char *entry_session(struct arena *a);
const char *entry_time(struct arena *a, const struct project *p);
/* Insert an entry as the next row. */
int entry_insert(struct ledger *l, struct ledger_entry *e, struct err *err)
	MUST_CHECK;

#endif
