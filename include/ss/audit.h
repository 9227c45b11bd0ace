/*
 * What an auditor asks of ledgers: that each tells one story, of versions that
 * there are, with the SQL that those have; that rows and mirror tell the same;
 * that the database is where the story ends.
 */
#ifndef SS_AUDIT_H
#define SS_AUDIT_H

#include "ss/ledger.h"
#include "ss/verify.h"

/* Every mirror of the store, behind store_verify(). */
int audit_mirrors(struct verify *v, struct project *p, struct arena *a,
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

#endif
