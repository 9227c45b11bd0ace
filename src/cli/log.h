/*
 * What `log` prints of a version.
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "cli/cmd.h"
#include "cli/graph.h"

struct log {
	struct ctx *c;
	bool oneline;
	struct graph *graph;	/* NULL: none is drawn */
	struct map names;	/* an id -> " (HEAD -> main, tag: v1)" */
	bool began;		/* there is a version above */
};

/* What refs call versions. */
int log_names(struct log *l, const struct ref *refs, size_t n,
	      struct err *err) MUST_CHECK;
/* The next one, and as a walk has it: with the parents that are drawn. */
void log_show(struct log *l, const struct commit *v, const struct link *drawn);

#endif
