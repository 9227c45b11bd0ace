/*
 * A path's stages, with the schemas in which its data steps run.
 *
 *	struct way w = { .store = s, .engine = e, .arena = &a };
 *	way_know(&w, &version->oid, &schema);
 *	if (way_stages(&w, &path, err))
 *		goto out;
 *	plan_make(... .stages = w.stages.v, .nstages = w.stages.n ...)
 *	way_release(&w);
 */
#ifndef SS_WAY_H
#define SS_WAY_H

#include "ss/path.h"
#include "ss/project.h"
#include "ss/stages.h"

struct way_schema;
struct way {
	struct project *project;
	const struct engine *engine;
	const char *like;	/* the engine's version() to have schemas of;
				 * NULL: as they were read */
	struct arena *arena;
	struct stages stages;	/* out */
	struct way_schema *schemas;
};

/* A version's schema that is there already, and lives as long; version NULL:
 * of nothing. */
void way_know(struct way *w, const struct commit *version,
	      const struct schema *s);
/* Of a version; and that in which one of a crossing's steps runs.  They live
 * until way_release(). */
int way_schema(const struct schema **out, struct way *w, const struct oid *id,
	       struct err *err) MUST_CHECK;
int way_run_schema(const struct schema **out, struct way *w,
		   const struct crossing *c, const struct edge_run *r,
		   struct err *err) MUST_CHECK;
int way_stages(struct way *w, const struct path *p, struct err *err)
	MUST_CHECK;
void way_release(struct way *w);

#endif
