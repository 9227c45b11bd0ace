/*
 * Rows of a ledger as they come, from a table or from a dump.
 */
#ifndef MIGRATIONS_LEDGER_ROWS_H
#define MIGRATIONS_LEDGER_ROWS_H

#include "ss/ledger.h"

struct ledger_rows {
	struct arena *arena;
	const struct database *db;
	struct ledger_entry *v;
	size_t n;
	size_t cap;
	struct err *err;	/* told, where failed is set */
	bool failed;
};

/* A row_fn: seq, id, entry. */
int ledger_take_row(void *ctx, const struct value *v, size_t n);
/* What ledger_read() says of a table whose rows are these; there is no
 * connection. */
int ledger_of_rows(struct ledger *l, struct ledger_rows *r, struct err *err)
	MUST_CHECK;
/* The second half of ledger_open(). */
int ledger_compare(struct ledger *l, struct project *p, struct err *err)
	MUST_CHECK;

#endif
