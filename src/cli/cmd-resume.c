#include "config.h"

#include "cli/apply-cli.h"

static const struct opt resume_opts[] = {
	APPLY_OPT("undo", 0, OPT_FLAG, undo, NULL,
		  "go back to where the run came from"),
	OPT_DATA_LOSS,
	OPTS_PATIENCE,
};

static int resume(struct ctx *c, void *args, struct err *err)
{
	struct apply_args *a = args;
	struct apply ap = { 0 };

	a->online = true;
	if (take_apply_args(&ap, a, err) ||
	    project_database(&ap.db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err))
		return -1;
	return run_resume(c, &ap, a->undo, err);
}

const struct cmd cmd_resume = {
	.name = "resume",
	.summary = "Go on with an online change that stopped half-way",
	.usage = "[--undo] [--allow-data-loss] [DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = resume_opts,
	.nopts = ARRAY_LEN(resume_opts),
	.args_size = sizeof(struct apply_args),
	.run = resume,
};
