/*
 * What an auditor asks of ledgers: that each tells one story, of versions that
 * there are, with the SQL that those have; that rows and mirror tell the same;
 * that the database is where the story ends.
 */
#ifndef SS_AUDIT_H
#define SS_AUDIT_H

#include "ss/bundle.h"
#include "ss/ledger.h"
#include "ss/verify.h"

/* store_verify(), and every mirror of the store. */
int audit_store(struct verify *v, struct project *p, struct arena *a,
		struct err *err) MUST_CHECK;

struct audit {
	bool exists;		/* it has a ledger */
	size_t rows;
	size_t behind;		/* that its mirror lacks: the next run brings it
				 * up */
	bool open;		/* a run in steps has not finished */
};
/* A database's rows.  What keeps it from being read is a finding, too. */
int audit_database(struct audit *out, struct verify *v, struct project *p,
		   const struct database *db, struct arena *a,
		   struct err *err) MUST_CHECK;

/*
 * Every edge of every version that refs lead to, and every other plan that a
 * mirror has, is run on scratch: does it lead from the one schema to the other,
 * and back?  What cannot be run is missing.  Nothing is run where anything was
 * found to be altered.
 */
int audit_replay(struct verify *v, struct project *p, struct arena *a,
		 struct err *err) MUST_CHECK;

/*
 * What a database says of itself, for somebody who cannot ask it: a folder of
 * AUDIT_REF's tree.
 *
 *	database/<k>/state		k = 0, 1 ..., sorted by their names
 *
 *		database NAME
 *		engine sqlite
 *		target sqlite 3.40.1
 *		schema s1:<64 hex>		as it is now
 *		objects 3
 *		rows 7				"-": it has no ledger
 *
 *	database/<k>/rows.0, rows.1 ...		the table, row by row
 *
 *		<seq> <id, 64 hex> <length> LF <entry> LF
 */
int audit_export(struct bundle_size *out, const char *path, struct project *p,
		 const struct database *v, size_t n, struct arena *a,
		 struct err *err) MUST_CHECK;

struct dump {
	struct database db;		/* name, word and engine */
	const char *target;
	const char *schema;
	bool empty;			/* that schema */
	bool has_ledger;
	size_t nrows;
	struct tree_entry folder;
};
/* Of a store that was a bundle; ERR_DAMAGED where it is written otherwise. */
int dumps_read(struct dump **out, size_t *n, struct store *s, struct arena *a,
	       struct err *err) MUST_CHECK;
/* As audit_database(). */
int audit_dump(struct audit *out, struct verify *v, struct project *p,
	       const struct dump *d, struct arena *a, struct err *err)
	MUST_CHECK;
/* Its rows as a ledger; what is wrong with them is ERR_REFUSED. */
int dump_ledger(struct ledger *out, const struct dump *d, struct store *s,
		struct arena *a, struct err *err) MUST_CHECK;

#endif
