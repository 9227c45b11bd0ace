/*
 * What merging a source and marking its conflicts share.
 */
#ifndef MIGRATIONS_FILING_H
#define MIGRATIONS_FILING_H

#include "ss/map.h"
#include "ss/merge-file.h"
#include "ss/plan.h"
#include "ss/text-merge.h"

struct filing {
	struct merge_file *m;
	struct arena *arena;
	struct bytes text[MERGE_SIDES];
	struct schema schema[MERGE_SIDES];
	struct merge merge;
	struct map open;	/* keys of the objects in conflict */
};


struct bytes filing_keep(struct filing *f, const struct buf *b);

/* 1 all is merged, 0 there are markers, -1 */
int filing_merge_texts(struct bytes *out, struct filing *f,
		       enum text_favor favor, struct err *err) MUST_CHECK;
/* 1, 0 it does not load, -1; out is to be released */
int filing_load(struct schema *out, struct filing *f,
		const struct bytes *text, struct err *why) MUST_CHECK;

/* Either may be NULL.  That the columns' order counts is for the engine to
 * say: what depends on it may be the other side's. */
bool filing_same(struct filing *f, const struct node *a,
		 const struct node *b);
const struct node *filing_twin(const struct schema *s, const struct node *n);

/* What a printed schema begins with. */
void filing_head(struct buf *b, const struct plan *p);

/* merge-marks.c.  met: the conflicts were found by the merge, and not by
 * loading what it has made. */
int filing_mark(struct filing *f, bool met, struct err *err) MUST_CHECK;

#endif
