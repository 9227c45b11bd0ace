#include "config.h"

#include "cli/trust.h"

struct approve_args {
	const char *onto;
	const char *message;
};

static const struct opt approve_opts[] = {
	{ "onto", 0, OPT_TEXT, offsetof(struct approve_args, onto), "BRANCH",
	  "for this branch; else the protected one that it stands on" },
	{ "message", 'm', OPT_TEXT, offsetof(struct approve_args, message),
	  "TEXT", "why, or on which condition" },
};

static int run_approve(struct ctx *c, void *args, struct err *err)
{
	const struct approve_args *a = args;
	struct landing l;
	struct commit approval;
	int ret = -1;

	if (trust_open(&l, c, NULL, err))
		return -1;
	l.message = a->message;
	if (!trust_target(&l, c, c->args.n ? c->args.v[0] : "HEAD", a->onto,
			  err) &&
	    !approval_write(&approval, &l, &c->arena, err)) {
		trust_say_approved(c, &l, &approval);
		ret = 0;
	}
	store_unlock(c->project.store);
	return ret;
}

const struct cmd cmd_approve = {
	.name = "approve",
	.summary = "Approve a version for a branch that is protected",
	.usage = "[--onto BRANCH] [-m TEXT] [VERSION]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = approve_opts,
	.nopts = ARRAY_LEN(approve_opts),
	.args_size = sizeof(struct approve_args),
	.run = run_approve,
};
