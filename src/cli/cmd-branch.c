#include "config.h"

#include "cli/names.h"

#define PREFIX "refs/heads/"

struct branch_args {
	bool delete;
};

static const struct opt branch_opts[] = {
	{ "delete", 'd', OPT_FLAG, offsetof(struct branch_args, delete), NULL,
	  "delete the branch, if the current one has all of it" },
};

/* Nothing is lost: what the branch has, the current one has too. */
static int check_merged(struct ctx *c, const char *name, const char *current,
			struct err *err)
{
	struct store *s = c->project.store;
	const char *full = arena_printf(&c->arena, PREFIX "%s", name);
	struct oid branch, head, base;
	int ret = ref_read(&branch, s, full, err);

	if (ret < 0)
		return -1;
	if (!ret)
		return err_set(err, ERR_USAGE, "there is no branch '%s'",
			       name);
	if (!strcmp(full, current))
		return err_set(err, ERR_REFUSED, "'%s' is the current branch",
			       name);
	ret = ref_read(&head, s, "HEAD", err);
	if (ret > 0)
		ret = merge_bases(&base, 1, s, &head, &branch, err);
	if (ret < 0)
		return -1;
	if (ret && oid_equal(&base, &branch))
		return 0;
	err_set(err, ERR_REFUSED, "branch '%s' has versions that the current "
		"branch has not", name);
	return err_hint(err, "keep them by a tag: 'schemastore tag NAME %s'; "
			"or merge it first", name);
}

static int run_branch(struct ctx *c, void *args, struct err *err)
{
	struct branch_args *a = args;
	struct err nowhere = ERR_INIT;
	const char *current;

	if (head_ref(&current, c->project.store, &c->arena, &nowhere))
		current = "";
	if (!c->args.n)
		return names_list(c, PREFIX, current, err);
	if (a->delete)
		return check_merged(c, c->args.v[0], current, err) ||
		       name_delete(c, PREFIX, c->args.v[0], err) ? -1 : 0;
	return name_make(c, PREFIX, c->args.v[0],
			 c->args.n > 1 ? c->args.v[1] : "HEAD", err);
}

const struct cmd cmd_branch = {
	.name = "branch",
	.summary = "List, make or delete branches",
	.usage = "[-d] [NAME [VERSION]]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = branch_opts,
	.nopts = ARRAY_LEN(branch_opts),
	.args_size = sizeof(struct branch_args),
	.run = run_branch,
};
