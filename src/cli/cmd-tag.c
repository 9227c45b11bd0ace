#include "config.h"

#include "cli/names.h"

#define PREFIX "refs/tags/"

struct tag_args {
	bool list;
	bool delete;
	bool force;
	const char *contains;
};

static const struct opt tag_opts[] = {
	{ "list", 'l', OPT_FLAG, offsetof(struct tag_args, list), NULL,
	  "list those whose names match a pattern" },
	{ "contains", 0, OPT_TEXT, offsetof(struct tag_args, contains),
	  "VERSION", "list those that have this version" },
	{ "delete", 'd', OPT_FLAG, offsetof(struct tag_args, delete), NULL,
	  "delete tags" },
	{ "force", 'f', OPT_FLAG, offsetof(struct tag_args, force), NULL,
	  "move a tag that is there" },
};

static int run_tag(struct ctx *c, void *args, struct err *err)
{
	struct tag_args *a = args;
	const struct names_query q = {
		.prefix = PREFIX, .contains = a->contains,
	};
	bool list = a->list || a->contains;

	if (list && a->delete)
		return err_set(err, ERR_USAGE, "listing and deleting tags: one "
			       "of them at a time");
	if (a->delete)
		return names_delete(c, PREFIX, err);
	if (!c->args.n || list)
		return names_list(c, &q, err);
	if (c->args.n > 2)
		return err_set(err, ERR_USAGE, "a tag is of one version");
	return name_make(c, PREFIX, c->args.v[0],
			 c->args.n > 1 ? c->args.v[1] : "HEAD", a->force, err);
}

const struct cmd cmd_tag = {
	.name = "tag",
	.summary = "List, make or delete names for versions",
	.usage = "[-l [PATTERN...]] [--contains VERSION] | "
		 " [-f] NAME [VERSION] | -d NAME...",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = tag_opts,
	.nopts = ARRAY_LEN(tag_opts),
	.args_size = sizeof(struct tag_args),
	.run = run_tag,
};
