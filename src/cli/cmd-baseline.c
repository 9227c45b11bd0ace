#include "config.h"

#include <stdio.h>

#include "cli/cmd.h"

#include "ss/imported.h"

struct baseline_args {
	bool restored;
	bool copied;
};

static const struct opt baseline_opts[] = {
	{ "restored", 0, OPT_FLAG, offsetof(struct baseline_args, restored),
	  NULL, "it was restored from a backup, made anew, moved or renamed" },
	{ "copied", 0, OPT_FLAG, offsetof(struct baseline_args, copied), NULL,
	  "it is a copy of another database, and gets a ledger of its own" },
};

/* The version that is named; else what another tool has left there says which
 * of those it is that were imported from it; else the branch's newest. */
static int find_version(struct commit *v, struct ctx *c,
			const struct database *db, struct err *err)
{
	const char *table;
	int ret;

	if (c->args.n > 1)
		return named_version(v, c, c->args.v[1], err);
	ret = imported_version(v, &table, &c->project, db, &c->arena, err);
	if (ret < 0)
		return -1;
	if (ret && !c->global.quiet)
		fprintf(stderr, "note: %s says at which version it is\n",
			table);
	if (ret)
		return 0;
	return named_version(v, c, "HEAD", err) ||
	       version_is_alone(v, &c->project, db->engine, err) ? -1 : 0;
}

static int run_baseline(struct ctx *c, void *args, struct err *err)
{
	struct baseline_args *a = args;
	enum baseline_kind kind = a->restored ? BASELINE_RESTORED :
				  a->copied ? BASELINE_COPIED : BASELINE_NEW;
	struct baseline b = { .kind = kind };
	struct database db;
	struct commit v;
	bool named = c->args.n > 1 || kind == BASELINE_NEW;

	if (a->restored && a->copied)
		return err_set(err, ERR_USAGE, "--restored or --copied, not "
			       "both");
	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err))
		return -1;
	if (named && find_version(&v, c, &db, err))
		return -1;
	b.version = named ? &v : NULL;
	if (apply_baseline(&c->project, &db, &b, &c->arena, err))
		return -1;
	if (c->global.quiet)
		return 0;
	if (kind == BASELINE_NEW)
		out_addf(c, COLOR_NONE, "%s is at %s\n", db.name,
			 version_title(c, &v));
	else
		out_addf(c, COLOR_NONE, "%s: its ledger goes on from where it "
			 "stands\n", db.name);
	return 0;
}

const struct cmd cmd_baseline = {
	.name = "baseline",
	.summary = "Adopt a database as being at a version",
	.usage = "[--restored] [--copied] [DATABASE [VERSION]]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = baseline_opts,
	.nopts = ARRAY_LEN(baseline_opts),
	.args_size = sizeof(struct baseline_args),
	.run = run_baseline,
};
