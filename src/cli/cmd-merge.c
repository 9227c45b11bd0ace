#include "config.h"

#include "cli/merged.h"

struct merge_args {
	const char *message;
	bool no_ff;
	bool dry_run;
	bool go_on;
	bool abort;
	struct list side[MERGE_SIDES];
};

static const struct opt merge_opts[] = {
	{ "message", 'm', OPT_TEXT, offsetof(struct merge_args, message),
	  "TEXT", "what is merged, and why" },
	{ "no-ff", 0, OPT_FLAG, offsetof(struct merge_args, no_ff), NULL,
	  "a version of two parents, though the branch could go forward" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct merge_args, dry_run), NULL,
	  "tell what would be, and write nothing" },
	{ "continue", 0, OPT_FLAG, offsetof(struct merge_args, go_on), NULL,
	  "all conflicts are settled: make the version" },
	{ "abort", 0, OPT_FLAG, offsetof(struct merge_args, abort), NULL,
	  "give up the merge that is open" },
	OPT_SIDES(struct merge_args),
};

/* What git would say; of one that is open, as it was begun. */
static void fill_message(struct merging *m, struct ctx *c, const char *text)
{
	const char *ref = arena_printf(&c->arena, "refs/heads/%s",
				       m->name ? m->name : "");
	struct err none = ERR_INIT;
	struct oid id;

	if (text)
		merged_message(m, c, text);
	else if (m->name)
		m->message = arena_printf(&c->arena, "Merge %s '%s'",
			ref_name_valid(ref) &&
			ref_read(&id, c->project.store, ref, &none) > 0 ?
			"branch" : "version", m->name);
}

static int check_words(const struct ctx *c, const struct merge_args *a,
		       struct err *err)
{
	bool sides = false;

	for (size_t i = 0; i < MERGE_SIDES; i++)
		sides |= a->side[i].n;
	if (a->go_on && a->abort)
		return err_set(err, ERR_USAGE, "'--continue' and '--abort': "
			       "one of them");
	if (!a->go_on && !a->abort && !c->args.n)
		return err_set(err, ERR_USAGE, "which version is to be "
			       "merged?");
	if ((a->go_on || a->abort) && (c->args.n || sides || a->no_ff)) {
		err_set(err, ERR_USAGE, "'--%s' is about the merge that is "
			"open: it takes no version and no side",
			a->abort ? "abort" : "continue");
		return err_hint(err, "settle a conflict with 'schemastore "
				"resolve NODE'");
	}
	if (c->args.n <= 1)
		return 0;
	err_set(err, ERR_USAGE, "more than one version to merge");
	return err_hint(err, "merge them one after the other");
}

static int begin(struct merging *m, struct ctx *c, const struct merge_args *a,
		 struct err *err)
{
	merged_choices(m, c, a->side);
	m->name = c->args.v[0];
	if (named_version(&m->theirs, c, m->name, err))
		return -1;
	fill_message(m, c, a->message);
	return merging_run(m, &c->arena, err);
}

static int go_on(struct merging *m, struct ctx *c, const struct merge_args *a,
		 struct err *err)
{
	fill_message(m, c, a->message);
	return merging_continue(m, &c->arena, err);
}

static int run_merge(struct ctx *c, void *args, struct err *err)
{
	const struct merge_args *a = args;
	struct merging m = {
		.project = &c->project, .no_forward = a->no_ff,
		.dry_run = a->dry_run,
	};

	if (check_words(c, a, err))
		return -1;
	if (a->abort)
		return merging_abort(&c->project, err);
	return (a->go_on ? go_on(&m, c, a, err) : begin(&m, c, a, err)) ||
	       merged_show(c, &m, "merged", err) ? -1 : 0;
}

const struct cmd cmd_merge = {
	.name = "merge",
	.summary = "Merge another branch into the current one",
	.usage = "[-m TEXT] [--no-ff] [--dry-run] [--ours NODE]... "
		 "[--theirs NODE]... [--base NODE]... BRANCH | "
		 "--continue [-m TEXT] | --abort",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = merge_opts,
	.nopts = ARRAY_LEN(merge_opts),
	.args_size = sizeof(struct merge_args),
	.run = run_merge,
};
