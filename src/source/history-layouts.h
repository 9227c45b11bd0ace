/*
 * The layouts that migrations are written in.
 */
#ifndef SOURCE_HISTORY_LAYOUTS_H
#define SOURCE_HISTORY_LAYOUTS_H

#include "ss/history-write.h"

extern const struct history_layout layout_atlas, layout_dbmate, layout_diesel,
	layout_flyway, layout_golang_migrate, layout_goose, layout_plain,
	layout_prisma, layout_sqitch;

/* What a migration is called. */
const char *history_stem(const struct history_writing *w, const char *number,
			 const char *title);

/* history-files.c: atlas.sum of what is in the folder, with these in place. */
int atlas_sums(struct buf *out, const char *dir,
	       const struct history_file *files, size_t n, struct arena *a,
	       struct err *err) MUST_CHECK;
/* history-sections.c: a line that goose, or dbmate, takes for a mark. */
bool goose_marks(const char *line);
bool dbmate_marks(const char *line);

#endif
