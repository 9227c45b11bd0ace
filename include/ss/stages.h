/*
 * From edges to the stages of a plan: where the data steps of each run, up or
 * down.
 *
 *	up	before ─ within ... ─ after
 *	down	after ─ within ... ─ before, each step's way back
 */
#ifndef SS_STAGES_H
#define SS_STAGES_H

#include "ss/plan.h"

/* An edge, with the schemas in which its steps run; all sealed, and living as
 * long as the stages. */
struct edge_schemas {
	const struct edge *edge;
	const struct schema *from, *to;
	const struct schema *const *states;
	const bool *skip;	/* runs that are not for this way; NULL: none */
	const char *title;	/* "version 1234567 ('Add users')"; NULL: one
				 * that is being made */
};

struct stages {
	struct stage *v;
	size_t n, cap;
};

/* Behind those that are there.  A way down over what cannot be undone is
 * ERR_REFUSED, by name. */
int stages_add(struct stages *out, const struct edge_schemas *e, bool down,
	       struct arena *a, struct err *err) MUST_CHECK;

#endif
