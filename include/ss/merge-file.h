/*
 * Merging a schema's source, as a git merge driver does: three files, of which
 * ours gets the result.
 */
#ifndef SS_MERGE_FILE_H
#define SS_MERGE_FILE_H

#include "ss/merge.h"
#include "ss/project.h"

struct merge_file {
	/* in */
	struct project *project;
	const struct engine *engine;
	const char *paths[MERGE_SIDES];
	/* out; all in the arena */
	struct bytes text;	/* where there are conflicts it has both,
				 * between marks */
	const struct conflict *conflicts;
	size_t n;
};

/*
 * The schemas that the three are loaded as are merged; no file is written.
 * What the text is: the three texts merged, where that is loaded as the merged
 * schema; else ours or theirs, whose schema that is; else the schema, printed.
 *
 * Where a file does not load it is -1, and the text is the three, merged line
 * by line (ptr NULL: not even that).
 */
int merge_file(struct merge_file *m, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
