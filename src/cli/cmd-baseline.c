#include "config.h"

#include "cli/cmd.h"

struct baseline_args {
	bool restored;
};

static const struct opt baseline_opts[] = {
	{ "restored", 0, OPT_FLAG, offsetof(struct baseline_args, restored),
	  NULL, "the database was restored from a backup, or made anew" },
};

static int run_baseline(struct ctx *c, void *args, struct err *err)
{
	struct baseline_args *a = args;
	struct database db;
	struct commit v;
	bool named = c->args.n > 1;

	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err))
		return -1;
	if ((named || !a->restored) &&
	    named_version(&v, c, named ? c->args.v[1] : "HEAD", err))
		return -1;
	if (apply_baseline(&c->project, &db, named || !a->restored ? &v : NULL,
			   a->restored, &c->arena, err))
		return -1;
	if (c->global.quiet)
		return 0;
	if (a->restored)
		out_addf(c, COLOR_NONE, "%s: its ledger goes on from where it "
			 "stands\n", db.name);
	else
		out_addf(c, COLOR_NONE, "%s is at %s\n", db.name,
			 version_title(c, &v));
	return 0;
}

const struct cmd cmd_baseline = {
	.name = "baseline",
	.summary = "Adopt a database as being at a version",
	.usage = "[--restored] [DATABASE [VERSION]]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = baseline_opts,
	.nopts = ARRAY_LEN(baseline_opts),
	.args_size = sizeof(struct baseline_args),
	.run = run_baseline,
};
