/*
 * What the commands that merge share.
 */
#ifndef CLI_MERGED_H
#define CLI_MERGED_H

#include "cli/cmd.h"

#include "ss/merging.h"

#define OPT_SIDE(args, word, at, help) \
	{ word, 0, OPT_LIST, offsetof(args, side[at]), "NODE", help }
#define OPT_SIDES(args) \
	OPT_SIDE(args, "ours", MERGE_OURS, \
		 "this branch's, where NODE is in conflict"), \
	OPT_SIDE(args, "theirs", MERGE_THEIRS, "the other one's"), \
	OPT_SIDE(args, "base", MERGE_BASE, "as it was before both")
/* side[MERGE_SIDES], as they were given. */
void merged_choices(struct merging *m, struct ctx *c, const struct list *side);

/* "subject\n\nbody" */
void merged_message(struct merging *m, struct ctx *c, const char *text);
/* Print them, or (--json) list them: how many there are. */
size_t list_conflicts(json_t **out, struct ctx *c, const struct merging *m);
void show_conflict(struct ctx *c, const struct conflict *k);
/* -1 and what is to be done: of a merge that stays open. */
int conflicts_open(struct ctx *c, size_t n, struct err *err);
void all_settled(struct ctx *c);
/* Prints them; -1 with ERR_CONFLICT. */
int show_conflicts(struct ctx *c, const struct merging *m, struct err *err)
	MUST_CHECK;

/* What became of it; did: "merged".  Where there are conflicts they are listed,
 * and it is -1 with ERR_CONFLICT; where no version is made for it would change
 * nothing, the command's status is 1. */
int merged_show(struct ctx *c, const struct merging *m, const char *did,
		struct err *err) MUST_CHECK;

/* revert and cherry-pick */
struct pick_args {
	const char *mainline;
	const char *message;
	bool named;
	bool dry_run;
	struct list side[MERGE_SIDES];
};
#define OPTS_PICK \
	{ "mainline", 'm', OPT_TEXT, offsetof(struct pick_args, mainline), \
	  "N", "of a merge: what it has changed since its Nth parent" }, \
	{ "message", 0, OPT_TEXT, offsetof(struct pick_args, message), \
	  "TEXT", "what is recorded, and why" }, \
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct pick_args, dry_run), \
	  NULL, "tell what would be, and write nothing" }, \
	OPT_SIDES(struct pick_args)
int run_pick(struct ctx *c, const struct pick_args *a, bool back,
	     struct err *err) MUST_CHECK;

#endif
