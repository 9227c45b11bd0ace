#include "config.h"

#include "cli/apply-cli.h"

/* 1 the branch has a version, 0 not yet, -1 */
static int has_version(struct ctx *c, struct err *err)
{
	const char *ref;
	struct oid tip;

	return head_ref(&ref, c->project.store, &c->arena, err) ? -1 :
	       ref_read(&tip, c->project.store, ref, err);
}

/* The first version, unless there is one, and the database brought there. */
static int run_init_db(struct ctx *c, void *args, struct err *err)
{
	const struct apply_args defaults = { .wait = NULL };
	struct apply ap = { 0 };
	const char *db = c->args.n ? c->args.v[0] : NULL;
	int has;

	(void)args;
	c->args.n = 0;
	if (take_apply_args(&ap, &defaults, err) ||
	    project_database(&ap.db, &c->project, db, err))
		return -1;
	has = has_version(c, err);
	if (has < 0 || (!has && commit_project(c, "init", true, err)) ||
	    head_version(&ap.to, c, err))
		return -1;
	return run_apply(c, &ap, err);
}

const struct cmd cmd_init_db = {
	.name = "init-db",
	.summary = "Make the first version, and bring a database to it",
	.usage = "[DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.run = run_init_db,
};
