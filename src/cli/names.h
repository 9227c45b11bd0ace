/*
 * Names of versions: below refs/heads/ and refs/tags/.
 */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/cmd.h"

/* current: the ref that is marked, NULL: none is. */
int names_list(struct ctx *c, const char *prefix, const char *current,
	       struct err *err) MUST_CHECK;
int name_make(struct ctx *c, const char *prefix, const char *name,
	      const char *version, struct err *err) MUST_CHECK;
int name_delete(struct ctx *c, const char *prefix, const char *name,
		struct err *err) MUST_CHECK;

#endif
