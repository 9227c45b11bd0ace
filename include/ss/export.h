/*
 * Versions as another tool's migrations: each of a range is one of them, with
 * the SQL of its edge from its first parent, there and back.
 */
#ifndef SS_EXPORT_H
#define SS_EXPORT_H

#include "ss/history-write.h"
#include "ss/project.h"

struct export_opts {
	const struct engine *engine;
	const char *dir;
	const char *format;
	const struct commit *from;	/* not this one; NULL: from nothing */
	const struct commit *to;
};

struct export_result {
	const struct history_layout *layout;
	size_t written;		/* migrations */
	size_t skipped;		/* versions that change nothing */
	struct list files;
	struct list no_way_back;	/* names of migrations */
	bool brackets;		/* some begin their transaction themselves */
};

/* What cannot be expressed is ERR_REFUSED by name, before anything is
 * written. */
int export_sql(struct export_result *out, struct project *p,
	       const struct export_opts *o, struct arena *a, struct err *err)
	MUST_CHECK;

struct export_aerich {
	size_t written;
	size_t kept;		/* files that were there, of what was
				 * imported */
	struct list no_state;	/* migrations whose models nobody knows */
	struct list no_way_back;
};
/* Into dir/APP; app NULL: see aerich.h. */
int export_aerich(struct export_aerich *out, struct project *p,
		  const struct export_opts *o, const char *app,
		  struct arena *a, struct err *err) MUST_CHECK;

/* Of a branch's versions those of a range, oldest first, first parents
 * only. */
int export_range(struct commit **out, size_t *n, struct project *p,
		 const struct export_opts *o, struct arena *a,
		 struct err *err) MUST_CHECK;
/* The SQL of a version's edge from its first parent. */
int export_edge(struct edge *out, struct project *p, const struct commit *v,
		const struct engine *e, struct arena *a, struct err *err)
	MUST_CHECK;

#endif
