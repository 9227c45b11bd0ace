#include "config.h"

#include "cli/names.h"

#define PREFIX "refs/tags/"

struct tag_args {
	bool delete;
};

static const struct opt tag_opts[] = {
	{ "delete", 'd', OPT_FLAG, offsetof(struct tag_args, delete), NULL,
	  "delete the tag" },
};

static int run_tag(struct ctx *c, void *args, struct err *err)
{
	struct tag_args *a = args;

	if (!c->args.n)
		return names_list(c, PREFIX, NULL, err);
	if (a->delete)
		return name_delete(c, PREFIX, c->args.v[0], err);
	return name_make(c, PREFIX, c->args.v[0],
			 c->args.n > 1 ? c->args.v[1] : "HEAD", err);
}

const struct cmd cmd_tag = {
	.name = "tag",
	.summary = "List, make or delete names for versions",
	.usage = "[-d] [NAME [VERSION]]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = tag_opts,
	.nopts = ARRAY_LEN(tag_opts),
	.args_size = sizeof(struct tag_args),
	.run = run_tag,
};
