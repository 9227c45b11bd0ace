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

/* Print them, or (--json) list them: how many there are. */
size_t list_conflicts(json_t **out, struct ctx *c, const struct merging *m);
void show_conflict(struct ctx *c, const struct conflict *k);
/* -1 and what is to be done: of a merge that stays open. */
int conflicts_open(struct ctx *c, size_t n, struct err *err);
void all_settled(struct ctx *c);
/* Prints them; -1 with ERR_CONFLICT. */
int show_conflicts(struct ctx *c, const struct merging *m, struct err *err)
	MUST_CHECK;

/* Of each engine: what is new, and what there is to know. */
void print_merged_parts(struct ctx *c, const struct merging *m);

#endif
