/*
 * What recording one version and recording many share.
 */
#ifndef MIGRATIONS_RECORD_H
#define MIGRATIONS_RECORD_H

#include "ss/apply.h"

struct recording {
	struct project *project;
	struct arena *arena;
	const char *ref;	/* the branch */
	bool born;		/* it has a version already */
	bool batch;
	bool column_order;
	struct oid tip;		/* the parent: a version, or the genesis */
	struct commit parent;
	struct schema before, after;
	struct conn *scratch;	/* where the source is loaded; NULL: nowhere */
	const struct rename *renames;
	size_t nrenames;
	bool has_down;
	const char *no_down;
};

/* The branch, its tip and the schema there. */
int record_open(struct recording *r, struct project *p, struct err *err)
	MUST_CHECK;
int record_inherit(struct recording *r, const struct commit_opts *o,
		   struct err *err) MUST_CHECK;
/* r->after is read: origins, what differs, both plans. */
int record_plan(struct recording *r, struct commit_result *res,
		const struct commit_opts *o, struct err *err) MUST_CHECK;
/* Objects, not flushed; the branch does not move. */
int record_write(struct recording *r, struct commit_result *res,
		 const struct commit_opts *o, struct err *err) MUST_CHECK;
void record_close(struct recording *r);

/* known.c.  The version with this tree holds what its source is read as, by
 * the engine as it is. */
bool source_is_known(struct project *p, const struct oid *tree);
void source_remember(struct project *p, const struct oid *tree);

#endif
