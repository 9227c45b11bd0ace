#include "config.h"

#include "cli/trust.h"

struct approve_args {
	const char *onto;
	const char *db;
	const char *message;
	bool nothing;
};

static const struct opt approve_opts[] = {
	{ "onto", 0, OPT_TEXT, offsetof(struct approve_args, onto), "BRANCH",
	  "for this branch; else the protected one that it stands on" },
	{ "db", 0, OPT_TEXT, offsetof(struct approve_args, db), "DATABASE",
	  "that this database is brought to it" },
	{ "nothing", 0, OPT_FLAG, offsetof(struct approve_args, nothing), NULL,
	  "db: that all of it is taken back" },
	{ "message", 'm', OPT_TEXT, offsetof(struct approve_args, message),
	  "TEXT", "why, or on which condition" },
};

/* ---- a database --------------------------------------------------------- */

static int needs_none(const struct database *db, struct err *err)
{
	err_set(err, ERR_USAGE, "the policy asks for no approvals of changes "
		"of database '%s'", db->word);
	return err_hint(err, "'schemastore trust show' shows what it asks for");
}

/* From where it is, as the store has seen it last. */
static int look_at_database(struct landing *l, struct ctx *c,
			    const struct database *db,
			    const struct approve_args *a, struct err *err)
{
	struct deploy_ends ends = { .to = a->nothing ? NULL : &l->what.oid };
	const struct policy_line *rule;
	struct ledger ledger;
	struct commit from;

	l->ref = arena_printf(&c->arena, LEDGER_REFS "%s", db->name);
	if (ledger_look(&ledger, &c->project, db, &c->arena, err) ||
	    ledger_said(&ends.onto, &ledger, &c->project, err))
		return -1;
	if (ledger.placed) {
		if (version_by_strong(&from, l->store, &ledger.version,
				      &c->arena, err))
			return -1;
		ends.from = &from.oid;
	}
	if (deploy_look(l, &ends, &c->arena, err))
		return -1;
	rule = policy_rule(policies_last(&l->policies), l->ref);
	return rule && rule->number ? 0 : needs_none(db, err);
}

static int approve_database(struct landing *l, struct ctx *c,
			    const struct approve_args *a, struct commit *out,
			    struct err *err)
{
	struct database db;

	if (a->nothing && c->args.n)
		return err_set(err, ERR_USAGE, "'--nothing' or a version, not "
			       "both");
	if (project_database(&db, &c->project, a->db, err) ||
	    (a->nothing ? store_project(&l->what, l->store, &c->arena, err) :
	     named_version(&l->what, c, c->args.n ? c->args.v[0] : "HEAD",
			   err)))
		return -1;
	return look_at_database(l, c, &db, a, err) ||
	       landing_approve(out, l, &c->arena, err) ? -1 : 0;
}

/* ------------------------------------------------------------------------- */

static int approve_version(struct landing *l, struct ctx *c,
			   const struct approve_args *a, struct commit *out,
			   struct err *err)
{
	if (a->nothing)
		return err_set(err, ERR_USAGE, "'--nothing' is for '--db'");
	return trust_target(l, c, c->args.n ? c->args.v[0] : "HEAD", a->onto,
			    err) ||
	       approval_write(out, l, &c->arena, err) ? -1 : 0;
}

static int run_approve(struct ctx *c, void *args, struct err *err)
{
	const struct approve_args *a = args;
	struct landing l;
	struct commit approval;
	int ret;

	if (a->db && a->onto)
		return err_set(err, ERR_USAGE, "'--db' or '--onto', not both");
	if (trust_open(&l, c, NULL, err))
		return -1;
	l.message = a->message;
	ret = (a->db ? approve_database : approve_version)(&l, c, a, &approval,
							   err);
	if (!ret)
		trust_say_approved(c, &l, &approval);
	store_unlock(c->project.store);
	return ret;
}

const struct cmd cmd_approve = {
	.name = "approve",
	.summary = "Approve a version for a protected branch, or a database",
	.usage = "[--onto BRANCH | --db DATABASE] [-m TEXT] "
		 "[VERSION | --nothing]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = approve_opts,
	.nopts = ARRAY_LEN(approve_opts),
	.args_size = sizeof(struct approve_args),
	.run = run_approve,
};
