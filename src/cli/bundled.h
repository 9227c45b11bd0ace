/*
 * A bundle in the place of a project.
 */
#ifndef CLI_BUNDLED_H
#define CLI_BUNDLED_H

#include "cli/cmd.h"
#include "cli/keeper.h"

#include "ss/audit.h"

struct bundled {
	struct kept_folder folder;
	struct project project;	/* of no configuration; nothing is read of the
				 * user's */
	struct dump *dumps;
	size_t ndumps;
};
int bundled_open(struct bundled *b, struct ctx *c, const char *path,
		 struct err *err) MUST_CHECK;
/* All of it; seen hears of each database that it has. */
int bundled_verify(struct bundled *b, struct verify *v,
		   void (*seen)(void *ctx, const struct database *db,
				const struct audit *a), void *ctx,
		   struct err *err) MUST_CHECK;
void bundled_close(struct bundled *b);	/* not opened: nothing */

#endif
