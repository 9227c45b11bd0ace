/*
 * What upgrade, downgrade, checkout --db and resume have in common.
 */
#ifndef CLI_APPLY_CLI_H
#define CLI_APPLY_CLI_H

#include "cli/cmd.h"

struct apply_args {
	bool allow_data_loss;
	bool allow_unrelated;
	bool park;
	bool keep_aerich;
	bool dry_run;
	bool undo;
	bool online;
	const char *wait;
	const char *lock_timeout;
	const char *statement_timeout;
	const char *retries;
};

#define APPLY_OPT(name, letter, type, field, value, text) \
	{ name, letter, type, offsetof(struct apply_args, field), value, text }
#define OPT_DATA_LOSS \
	APPLY_OPT("allow-data-loss", 0, OPT_FLAG, allow_data_loss, NULL, \
		  "run statements that lose rows or values")
#define OPTS_PATIENCE \
	APPLY_OPT("wait", 0, OPT_TEXT, wait, "SECONDS", \
		  "how long to wait for the database's lock (5)"), \
	APPLY_OPT("lock-timeout", 0, OPT_TEXT, lock_timeout, "SECONDS", \
		  "online: how long to wait for a table's lock, each time " \
		  "(2)"), \
	APPLY_OPT("statement-timeout", 0, OPT_TEXT, statement_timeout, \
		  "SECONDS", "online: how long a statement may hold up " \
		  "others (0: as long as it takes)"), \
	APPLY_OPT("retries", 0, OPT_TEXT, retries, "N", \
		  "online: how often to try again (9)")
#define OPTS_APPLY \
	OPT_DATA_LOSS, \
	APPLY_OPT("allow-unrelated", 0, OPT_FLAG, allow_unrelated, NULL, \
		  "to a version that has no ancestor in common with it"), \
	APPLY_OPT("park", 0, OPT_FLAG, park, NULL, \
		  "keep what it destroys beside the ledger"), \
	APPLY_OPT("keep-aerich", 0, OPT_FLAG, keep_aerich, NULL, \
		  "write into Aerich's table what is done"), \
	APPLY_OPT("dry-run", 'n', OPT_FLAG, dry_run, NULL, \
		  "run it on a copy that is thrown away"), \
	APPLY_OPT("online", 0, OPT_FLAG, online, NULL, \
		  "forms that hold up nobody, in steps (PostgreSQL)"), \
	OPTS_PATIENCE

/* What was asked for in words; with these run_apply(). */
int take_apply_args(struct apply *ap, const struct apply_args *a,
		    struct err *err) MUST_CHECK;
/* Asks before it goes back; prints what was done. */
int run_apply(struct ctx *c, struct apply *ap, struct err *err) MUST_CHECK;
/* The same; with --json *json is the answer, the caller's, else NULL. */
int run_apply_part(json_t **json, struct ctx *c, struct apply *ap,
		   struct err *err) MUST_CHECK;
/* The same, to any version: asks where the way leads back at all, and tells
 * which versions are on it. */
int run_move(struct ctx *c, struct apply *ap, struct err *err) MUST_CHECK;
int run_resume(struct ctx *c, struct apply *ap, bool undo, struct err *err)
	MUST_CHECK;

#endif
