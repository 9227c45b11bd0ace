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

/* "subject\n\nbody", or what git would say */
static void fill_message(struct merging *m, struct ctx *c, const char *text)
{
	const char *name = m->name;
	const char *nl = text ? strchr(text, '\n') : NULL;
	const char *ref = arena_printf(&c->arena, "refs/heads/%s",
				       name ? name : "");
	struct err none = ERR_INIT;
	struct oid id;
	bool branch = name && ref_name_valid(ref) &&
		      ref_read(&id, c->project.store, ref, &none) > 0;

	m->message = !text && !name ? NULL :
		     !text ? arena_printf(&c->arena, "Merge %s '%s'", branch ?
					  "branch" : "version", name) :
		     !nl ? text :
		     arena_strndup(&c->arena, text, (size_t)(nl - text));
	if (nl && nl[strspn(nl, "\n")])
		m->body = nl + strspn(nl, "\n");
}

/* ---- what was made ------------------------------------------------------- */

static const char *const outcomes[] = {
	[MERGING_NOTHING] = "up to date",
	[MERGING_FORWARD] = "fast-forward",
	[MERGING_MADE] = "merged",
	[MERGING_CONFLICTS] = "conflicts",
};

static void show_json(struct ctx *c, const struct merging *m)
{
	json_t *v = json_object();
	bool written = m->version.subject && !m->dry_run;

	json_object_set_new(v, "outcome", json_text(outcomes[m->outcome]));
	json_object_set_new(v, "dry_run", json_boolean(m->dry_run));
	json_object_set_new(v, "version", written ?
			    json_version(c, &m->version) : json_null());
	out_json(c, v);
}

static void show_result(struct ctx *c, const struct merging *m)
{
	const char *would = m->dry_run ? "would be " : "";

	if (m->outcome == MERGING_NOTHING) {
		out_addf(c, COLOR_NONE, "already up to date\n");
		return;
	}
	if (m->outcome == MERGING_FORWARD) {
		out_addf(c, COLOR_NONE, "%sfast-forward to %s\n", would,
			 version_title(c, &m->version));
		return;
	}
	if (m->dry_run)
		out_addf(c, COLOR_NONE, "would be merged: %s\n", m->message);
	else
		out_addf(c, COLOR_NONE, "merged: %s\n",
			 version_title(c, &m->version));
	print_merged_parts(c, m);
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
	if (a->go_on ? go_on(&m, c, a, err) : begin(&m, c, a, err))
		return -1;
	if (m.outcome == MERGING_CONFLICTS)
		return show_conflicts(c, &m, err);
	if (c->global.json)
		show_json(c, &m);
	else if (!c->global.quiet)
		show_result(c, &m);
	return 0;
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
