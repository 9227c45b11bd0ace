/*
 * Names of versions: below refs/heads/ and refs/tags/.
 */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/cmd.h"

/* Which are listed: those that match one of the command's arguments, where
 * there are any, and so on. */
struct names_query {
	const char *prefix;
	const char *current;	/* the ref that is marked; NULL: none is */
	bool versions;		/* with what each one is at */
	/* Versions by name; NULL: any. */
	const char *contains;	/* they have this one */
	const char *merged;	/* this one has them */
	const char *no_merged;
};
int names_list(struct ctx *c, const struct names_query *q, struct err *err)
	MUST_CHECK;
/* force: one that is there moves. */
int name_make(struct ctx *c, const char *prefix, const char *name,
	      const char *version, bool force, struct err *err) MUST_CHECK;
/* The command's arguments; all of them must be there. */
int names_delete(struct ctx *c, const char *prefix, struct err *err)
	MUST_CHECK;
/* ERR_USAGE where it cannot be a name. */
int name_check(const char *prefix, const char *name, struct err *err)
	MUST_CHECK;
/* -1: there is none of that name, or there is one. */
int name_missing(const char *prefix, const char *name, struct err *err);
int name_taken(const char *prefix, const char *name, struct err *err);

#endif
