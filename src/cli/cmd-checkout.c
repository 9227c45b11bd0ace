#include "config.h"

#include "cli/names.h"

#define PREFIX "refs/heads/"

struct checkout_args {
	bool make;
};

static const struct opt checkout_opts[] = {
	{ "make", 'b', OPT_FLAG, offsetof(struct checkout_args, make), NULL,
	  "make the branch first" },
};

static int run_checkout(struct ctx *c, void *args, struct err *err)
{
	struct checkout_args *a = args;
	struct store *s = c->project.store;
	const char *name = c->args.v[0];
	const char *full = arena_printf(&c->arena, PREFIX "%s", name);
	struct oid id;
	int ret;

	if (a->make && name_make(c, PREFIX, name, c->args.n > 1 ?
				 c->args.v[1] : "HEAD", err))
		return -1;
	ret = ref_name_valid(full) ? ref_read(&id, s, full, err) : 0;
	if (ret < 0)
		return -1;
	if (!ret) {
		err_set(err, ERR_USAGE, "there is no branch '%s'", name);
		return err_hint(err, "make it with 'schemastore checkout -b "
				"%s'", name);
	}
	if (store_lock(s, err))
		return -1;
	ret = head_set(s, full, err);
	store_unlock(s);
	if (!ret && !c->global.quiet)
		out_addf(c, COLOR_NONE, "on branch %s, at %s\n", name,
			 short_id(c, &id));
	return ret;
}

const struct cmd cmd_checkout = {
	.name = "checkout",
	.summary = "Go to another branch",
	.usage = "[-b] BRANCH [VERSION]",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 2,
	.opts = checkout_opts,
	.nopts = ARRAY_LEN(checkout_opts),
	.args_size = sizeof(struct checkout_args),
	.run = run_checkout,
};
