/*
 * Versions as Aerich would call them: from the first one to a tip, first
 * parents only, each is a migration of an app's.
 *
 *	models/3_20250102030405_add_mail
 *
 * One that was imported from Aerich keeps its name; what comes behind it goes
 * on with the next number, the time of the version and its message.
 */
#ifndef SS_AERICH_H
#define SS_AERICH_H

#include "ss/project.h"

struct aerich_version {
	struct commit version;
	const char *app;
	const char *name;	/* of its file, without ".py" */
	uint64_t number;
	bool imported;
};

/* Those that have a schema of the engine.  app NULL: that of what was imported
 * last, else the project's only one, else "models". */
int aerich_versions(struct aerich_version **out, size_t *n, struct project *p,
		    const struct commit *tip, const struct engine *e,
		    const char *app, struct arena *a, struct err *err)
	MUST_CHECK;
/* The one that has this number.  ERR_USAGE where there is none, or several. */
int aerich_find(const struct aerich_version **out,
		const struct aerich_version *v, size_t n, uint64_t number,
		struct err *err) MUST_CHECK;

#endif
