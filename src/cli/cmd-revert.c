#include "config.h"

#include "cli/merged.h"

static const struct opt revert_opts[] = {
	OPTS_PICK,
};

static int run_revert(struct ctx *c, void *args, struct err *err)
{
	return run_pick(c, args, true, err);
}

const struct cmd cmd_revert = {
	.name = "revert",
	.summary = "Undo what a version has changed",
	.usage = "[-m N] [--dry-run] [--message TEXT] [--ours NODE]... "
		 "[--theirs NODE]... [--base NODE]... VERSION",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 1,
	.opts = revert_opts,
	.nopts = ARRAY_LEN(revert_opts),
	.args_size = sizeof(struct pick_args),
	.run = run_revert,
};
