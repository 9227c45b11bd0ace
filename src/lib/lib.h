/*
 * What the files of the library share.
 *
 * A handle keeps the configuration and nothing else: each call is a project of
 * its own, with memory that goes when it returns and a store that is opened
 * anew, so that a handle may live for months beside writers and gc.
 *
 *	int ss_foo(struct ss_project *p, ..., struct ss_error *error)
 *	{
 *		struct call c;
 *		int ret = call_open(&c, p);
 *
 *		if (!ret)
 *			ret = foo(&c.project, ..., &c.err);
 *		return call_close(&c, ret, error);
 *	}
 */
#ifndef LIB_LIB_H
#define LIB_LIB_H

#include "schemastore.h"

#include "ss/apply.h"
#include "ss/state.h"

struct ss_project {
	struct arena arena;
	struct project project;
};

struct call {
	struct arena arena;
	struct project project;
	struct err err;
};

/* Close it whatever this returns. */
int call_open(struct call *c, struct ss_project *p) MUST_CHECK;
/* ret as of the functions below; returns an enum ss_code. */
int call_close(struct call *c, int ret, struct ss_error *error);

/* An _OPTIONS struct of the host's, over our defaults in `own`; both begin
 * with their size.  theirs NULL: the defaults. */
int options_take(void *own, size_t size, const void *theirs, struct err *err)
	MUST_CHECK;

/* A version by its name; NULL is HEAD. */
int version_or_head(struct commit *out, struct call *c, const char *name)
	MUST_CHECK;
void fill_revision(struct ss_revision *out, const struct commit *c);
/* A string for the host, who gives it back to ss_free(). */
char *text_for_host(const char *text, size_t n);

struct ss_plan {
	struct arena arena;
	const char *sql, *script;
	bool proven;
	struct ss_hazard *hazards;
	size_t nhazards, cap;
	struct ss_revision *from, *to;
};

/* What the plan is, in memory of its own; v: the hazards, counted. */
void plan_fill(struct ss_plan *out, const struct plan *plan,
	       const struct counted_hazard *v, size_t n);

#endif
