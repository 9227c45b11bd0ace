#include "config.h"

#include "cli/trust.h"

struct land_args {
	const char *onto;
};

static const struct opt land_opts[] = {
	{ "onto", 0, OPT_TEXT, offsetof(struct land_args, onto), "BRANCH",
	  "on this branch; else the protected one that it stands on" },
};

static int run_land(struct ctx *c, void *args, struct err *err)
{
	const struct land_args *a = args;
	struct landing l;
	struct commit v;
	int ret = -1;

	if (trust_open(&l, c, NULL, err))
		return -1;
	if (!trust_target(&l, c, c->args.n ? c->args.v[0] : "HEAD", a->onto,
			  err) &&
	    !landing_write(&v, &l, &c->arena, err)) {
		trust_say_landed(c, &l, &v);
		ret = 0;
	}
	store_unlock(c->project.store);
	return ret;
}

const struct cmd cmd_land = {
	.name = "land",
	.summary = "Put an approved version on a branch that is protected",
	.usage = "[--onto BRANCH] [VERSION]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = land_opts,
	.nopts = ARRAY_LEN(land_opts),
	.args_size = sizeof(struct land_args),
	.run = run_land,
};
