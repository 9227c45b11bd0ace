#include "config.h"

#include "cli/merged.h"

struct merge_args {
	const char *message;
	bool no_ff;
	bool dry_run;
	struct list side[MERGE_SIDES];
};

static const struct opt merge_opts[] = {
	{ "message", 'm', OPT_TEXT, offsetof(struct merge_args, message),
	  "TEXT", "what is merged, and why" },
	{ "no-ff", 0, OPT_FLAG, offsetof(struct merge_args, no_ff), NULL,
	  "a version of two parents, though the branch could go forward" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct merge_args, dry_run), NULL,
	  "tell what would be, and write nothing" },
	OPT_SIDES(struct merge_args),
};

/* What git would say. */
static void fill_message(struct merging *m, struct ctx *c)
{
	const char *name = c->args.v[0];
	const char *ref = arena_printf(&c->arena, "refs/heads/%s", name);
	struct err none = ERR_INIT;
	struct oid id;
	bool branch = ref_name_valid(ref) &&
		      ref_read(&id, c->project.store, ref, &none) > 0;

	m->message = arena_printf(&c->arena, "Merge %s '%s'", branch ?
				  "branch" : "version", name);
}

static int run_merge(struct ctx *c, void *args, struct err *err)
{
	const struct merge_args *a = args;
	struct merging m = {
		.project = &c->project, .no_forward = a->no_ff,
		.dry_run = a->dry_run,
	};

	if (c->args.n > 1) {
		err_set(err, ERR_USAGE, "more than one version to merge");
		return err_hint(err, "merge them one after the other");
	}
	merged_choices(&m, c, a->side);
	if (named_version(&m.theirs, c, c->args.v[0], err))
		return -1;
	if (a->message)
		merged_message(&m, c, a->message);
	else
		fill_message(&m, c);
	return merging_run(&m, &c->arena, err) ||
	       merged_show(c, &m, "merged", err) ? -1 : 0;
}

const struct cmd cmd_merge = {
	.name = "merge",
	.summary = "Merge another branch into the current one",
	.usage = "[-m TEXT] [--no-ff] [--dry-run] [--ours NODE]... "
		 "[--theirs NODE]... [--base NODE]... BRANCH",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 99,
	.opts = merge_opts,
	.nopts = ARRAY_LEN(merge_opts),
	.args_size = sizeof(struct merge_args),
	.run = run_merge,
};
