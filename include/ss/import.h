/*
 * Another tool's migrations, taken over: each is a version, that says of which
 * migration in its body's last line:
 *
 *	Imported-From: goose sqlite 20200102
 */
#ifndef SS_IMPORT_H
#define SS_IMPORT_H

#include "ss/history.h"
#include "ss/project.h"

struct import_opts {
	const struct engine *engine;
	const char *dir;
	struct history_opts how;
};

struct import_result {
	const struct history_format *format;
	size_t made;		/* versions */
	size_t had;		/* migrations that had been imported before */
	size_t own;		/* versions that have SQL of their migration's,
				 * or data steps */
	struct list ignored;	/* what is to be left out from now on, too:
				 * for ENGINE.ignore */
	const char *source;	/* the schema at the end, as SQL */
};

/*
 * Replay them, and record a version for each that is not there yet.  Errors of
 * the engine say file and line; nothing is recorded then.
 */
int import_history(struct import_result *out, struct project *p,
		   const struct import_opts *o, struct arena *a,
		   struct err *err) MUST_CHECK;

#endif
