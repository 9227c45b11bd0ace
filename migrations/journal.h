/*
 * The journal of a run in steps: its statements, and how far it has come, in a
 * table beside the ledger's that is empty when no such run is open.
 *
 * What is in it is what the run's begin is about: sha256 of script_sql() is the
 * begin's Sql.
 */
#ifndef MIGRATIONS_JOURNAL_H
#define MIGRATIONS_JOURNAL_H

#include "ss/ledger.h"
#include "ss/script.h"

struct journal {
	struct conn *conn;
	struct script script;
	bool *started, *done;	/* one per statement */
};

/* Inside a transaction; what was in the table goes. */
int journal_write(struct journal *j, struct err *err) MUST_CHECK;
/* Those of an open run; ERR_REFUSED where they are not what the begin is
 * about. */
int journal_read(struct journal *j, const struct ledger *l, struct err *err)
	MUST_CHECK;
int journal_start(struct journal *j, size_t at, struct err *err) MUST_CHECK;
int journal_end(struct journal *j, size_t first, size_t end, struct err *err)
	MUST_CHECK;
/* Inside a transaction. */
int journal_clear(struct journal *j, struct err *err) MUST_CHECK;
/* How many are done. */
size_t journal_progress(const struct journal *j);

#endif
