/*
 * What `log` prints of a version.
 */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include <regex.h>

#include "cli/cmd.h"
#include "cli/graph.h"

/* ---- log-filter.c ------------------------------------------------------- */

struct log_filter_args {
	const char *since, *until, *author, *grep;	/* NULL: any */
	bool merges, no_merges;
};
struct log_filter {
	bool any;			/* it takes not all of them */
	int64_t since, until;
	size_t least, most;		/* parents */
	bool has_author, has_grep;
	regex_t author, grep;
};
int log_filter_init(struct log_filter *f, const struct log_filter_args *a,
		    int64_t now, struct err *err) MUST_CHECK;
void log_filter_release(struct log_filter *f);
bool log_filter_takes(const struct log_filter *f, const struct commit *v,
		      struct arena *a);

/* ---- log-signature.c ---------------------------------------------------- */

/* "good, ssh-ed25519 SHA256:...", "none"; a bad one is a finding. */
int log_add_signature(struct ctx *c, const struct commit *v, struct err *err)
	MUST_CHECK;
/* o.signature */
int json_signature(json_t *o, struct ctx *c, const struct commit *v,
		   struct err *err) MUST_CHECK;

/* ---- log-show.c --------------------------------------------------------- */

struct log {
	struct ctx *c;
	bool oneline;
	bool patch, stat;	/* with what changed */
	bool signature;		/* verified */
	const struct engines *engines;
	struct graph *graph;	/* NULL: none is drawn */
	bool rewritten;		/* merges are of what is drawn */
	struct map names;	/* an id -> " (HEAD -> main, tag: v1)" */
	bool began;		/* there is a version above */
};

/* What refs call versions: fills names. */
int log_names(struct log *l, struct err *err) MUST_CHECK;
/* Who, when and why: one version by itself. */
void log_add_head(struct log *l, const struct commit *v);
/* The next one; drawn: its parents in the graph. */
int log_show(struct log *l, const struct commit *v, const struct link *drawn,
	     struct err *err) MUST_CHECK;

#endif
