#include "config.h"

#include "cli/cmd.h"

struct upgrade_args {
	bool allow_data_loss;
	bool dry_run;
	const char *wait;
};

static const struct opt upgrade_opts[] = {
	{ "allow-data-loss", 0, OPT_FLAG,
	  offsetof(struct upgrade_args, allow_data_loss), NULL,
	  "run statements that lose rows or values" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct upgrade_args, dry_run),
	  NULL, "run it on a copy that is thrown away" },
	{ "wait", 0, OPT_TEXT, offsetof(struct upgrade_args, wait), "SECONDS",
	  "how long to wait for the database's lock (5)" },
};

/* [DATABASE] [VERSION]: one word alone is a database where one is so called,
 * else a version. */
static int parse_words(struct ctx *c, struct apply *ap, const char **version,
		       struct err *err)
{
	struct err no_database = ERR_INIT;

	*version = "HEAD";
	if (c->args.n == 2)
		*version = c->args.v[1];
	if (!c->args.n)
		return project_database(&ap->db, &c->project, NULL, err);
	if (!project_database(&ap->db, &c->project, c->args.v[0],
			      &no_database))
		return 0;
	if (c->args.n == 2) {
		*err = no_database;
		return -1;
	}
	*version = c->args.v[0];
	if (!project_database(&ap->db, &c->project, NULL, err))
		return 0;
	*err = no_database;
	return -1;
}

static int run_upgrade(struct ctx *c, void *args, struct err *err)
{
	struct upgrade_args *a = args;
	struct apply ap = { .wait_ms = 5000 };
	const char *version;

	if (take_wait(&ap, a->wait, err))
		return -1;
	ap.allow_data_loss = a->allow_data_loss;
	ap.dry_run = a->dry_run;
	if (parse_words(c, &ap, &version, err) ||
	    named_version(&ap.to, c, version, err))
		return -1;
	return run_apply(c, &ap, err);
}

const struct cmd cmd_upgrade = {
	.name = "upgrade",
	.summary = "Bring a database to a version",
	.usage = "[--dry-run] [--allow-data-loss] [DATABASE] [VERSION]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = upgrade_opts,
	.nopts = ARRAY_LEN(upgrade_opts),
	.args_size = sizeof(struct upgrade_args),
	.run = run_upgrade,
};
