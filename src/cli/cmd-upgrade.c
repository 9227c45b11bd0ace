#include "config.h"

#include "cli/apply-cli.h"

struct upgrade_args {
	struct apply_args apply;	/* first: APPLY_OPT counts from it */
	bool all;
	bool stop;
};
_Static_assert(!offsetof(struct upgrade_args, apply), "APPLY_OPT");

static const struct opt upgrade_opts[] = {
	{ "all", 0, OPT_FLAG, offsetof(struct upgrade_args, all), NULL,
	  "every configured database, one after the other" },
	{ "stop", 0, OPT_FLAG, offsetof(struct upgrade_args, stop), NULL,
	  "all: not the rest where one fails" },
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

static json_t *json_failed(const char *name, const struct err *err)
{
	return json_pack("{s:o, s:o, s:o, s:i}", "database", json_text(name),
			 "error", json_text(err->text), "hint",
			 *err->hint ? json_text(err->hint) : json_null(),
			 "exit", err_exit_status(err->code));
}

/* What it says is seen before the next one begins. */
static int upgrade_one(json_t **json, struct ctx *c, const char *name,
		       const struct upgrade_args *a, const struct commit *to)
{
	struct apply ap = { .to = *to };
	struct err err = ERR_INIT;
	int status = 0;

	if (take_apply_args(&ap, &a->apply, &err) ||
	    project_database(&ap.db, &c->project, name, &err) ||
	    run_apply_part(json, c, &ap, &err))
		*json = c->global.json ? json_failed(name, &err) : NULL;
	if (!c->global.json)
		out_flush(c);
	if (err.code) {
		err_wrap(&err, "%s", name);
		status = report(c, &err);
	}
	return status;
}

/* The status is that of the first one that fails. */
static void upgrade_each(struct ctx *c, const struct upgrade_args *a,
			 const struct list *names, const struct commit *to)
{
	json_t *all = json_array(), *v;

	for (size_t i = 0; i < names->n && !*c->cancelled; i++) {
		int status = upgrade_one(&v, c, names->v[i], a, to);

		if (v)
			json_array_append_new(all, v);
		if (!c->status)
			c->status = status;
		if (status && a->stop)
			break;
	}
	if (c->global.json)
		out_json(c, json_incref(all));
	json_decref(all);
}

static int upgrade_all(struct ctx *c, const struct upgrade_args *a,
		       struct err *err)
{
	struct list names = conf_subs(&c->project.conf, "database", &c->arena);
	struct apply check = { 0 };
	struct commit to;

	if (c->args.n > 1)
		return err_set(err, ERR_USAGE, "'--all' takes one version");
	if (!names.n) {
		err_set(err, ERR_USAGE, "no database is configured");
		return err_hint(err, "configure one: schemastore config "
				"database.NAME.url URL");
	}
	if (take_apply_args(&check, &a->apply, err) ||
	    named_version(&to, c, c->args.n ? c->args.v[0] : "HEAD", err))
		return -1;
	upgrade_each(c, a, &names, &to);
	return 0;
}

static int run_upgrade(struct ctx *c, void *args, struct err *err)
{
	const struct upgrade_args *a = args;
	struct apply ap = { 0 };
	const char *version;

	if (a->all)
		return upgrade_all(c, a, err);
	if (a->stop)
		return err_set(err, ERR_USAGE, "'--stop' is for '--all'");
	if (take_apply_args(&ap, &a->apply, err) ||
	    parse_words(c, &ap, &version, err) ||
	    named_version(&ap.to, c, version, err))
		return -1;
	return run_apply(c, &ap, err);
}

const struct cmd cmd_upgrade = {
	.name = "upgrade",
	.summary = "Bring a database to a version",
	.usage = "[--dry-run|--online] [--allow-data-loss] "
		 "[DATABASE | --all [--stop]] [VERSION]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = upgrade_opts,
	.nopts = ARRAY_LEN(upgrade_opts),
	.args_size = sizeof(struct upgrade_args),
	.run = run_upgrade,
};
