#include "config.h"

#include "cli/apply-cli.h"

static const struct opt upgrade_opts[] = {
	OPTS_APPLY,
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
	struct apply_args *a = args;
	struct apply ap = { 0 };
	const char *version;

	if (take_apply_args(&ap, a, err) ||
	    parse_words(c, &ap, &version, err) ||
	    named_version(&ap.to, c, version, err))
		return -1;
	return run_apply(c, &ap, err);
}

const struct cmd cmd_upgrade = {
	.name = "upgrade",
	.summary = "Bring a database to a version",
	.usage = "[--dry-run|--online] [--allow-data-loss] "
		 "[DATABASE] [VERSION]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = upgrade_opts,
	.nopts = ARRAY_LEN(upgrade_opts),
	.args_size = sizeof(struct apply_args),
	.run = run_upgrade,
};
