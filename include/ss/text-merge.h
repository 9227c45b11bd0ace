/*
 * Three-way merge of texts, line by line, as `git merge-file` does it.
 */
#ifndef SS_TEXT_MERGE_H
#define SS_TEXT_MERGE_H

#include "ss/buf.h"
#include "ss/err.h"

/* What becomes of lines that both have changed. */
enum text_favor {
	TEXT_MARKS,		/* both, between markers */
	TEXT_OURS,
	TEXT_THEIRS
};

/* Appended to out.  1: all is merged; 0: there are markers; -1 */
int text_merge(struct buf *out, const struct bytes *base,
	       const struct bytes *ours, const struct bytes *theirs,
	       enum text_favor favor, struct err *err) MUST_CHECK;

#endif
