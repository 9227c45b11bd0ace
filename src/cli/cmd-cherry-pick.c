#include "config.h"

#include "cli/merged.h"

static const struct opt cherry_pick_opts[] = {
	{ "named", 'x', OPT_FLAG, offsetof(struct pick_args, named), NULL,
	  "say in the message which version it is from" },
	OPTS_PICK,
};

static int run_cherry_pick(struct ctx *c, void *args, struct err *err)
{
	return run_pick(c, args, false, err);
}

const struct cmd cmd_cherry_pick = {
	.name = "cherry-pick",
	.summary = "Change here what a version has changed elsewhere",
	.usage = "[-m N] [-x] [--dry-run] [--message TEXT] [--ours NODE]... "
		 "[--theirs NODE]... [--base NODE]... VERSION",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 1,
	.opts = cherry_pick_opts,
	.nopts = ARRAY_LEN(cherry_pick_opts),
	.args_size = sizeof(struct pick_args),
	.run = run_cherry_pick,
};
