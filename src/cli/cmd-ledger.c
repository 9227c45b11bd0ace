#include "config.h"

#include "cli/cmd.h"

struct ledger_args {
	bool sql;
	struct list roles;
};

static const struct opt ledger_opts[] = {
	{ "sql", 0, OPT_FLAG, offsetof(struct ledger_args, sql), NULL,
	  "print what makes it; nothing is connected to" },
	{ "role", 0, OPT_LIST, offsetof(struct ledger_args, roles), "NAME",
	  "grant it to a role that upgrades, and owns nothing" },
};

/* The engine whose databases have owners, where the project has one. */
static const struct engine *with_owners(const struct project *p)
{
	const struct engine *e = p->engines.v[0];

	for (size_t i = 0; i < p->engines.n; i++)
		if (!p->engines.v[i]->file(""))
			e = p->engines.v[i];
	return e;
}

static int run_ledger(struct ctx *c, void *args, struct err *err)
{
	struct ledger_args *a = args;
	const struct engine *e = with_owners(&c->project);
	struct database db;

	if (strcmp(c->args.v[0], "init"))
		return err_set(err, ERR_USAGE, "'ledger %s' is nothing that "
			       "can be done", c->args.v[0]);
	if (!a->sql) {
		err_set(err, ERR_USAGE, "a ledger is made by the first "
			"upgrade, or else by the database's owner");
		return err_hint(err, "add --sql: what is printed is for the "
				"owner to run");
	}
	if (c->args.n > 1) {
		if (project_database(&db, &c->project, c->args.v[1], err))
			return -1;
		e = db.engine;
	}
	return ledger_script(&c->out, e, &a->roles, err);
}

const struct cmd cmd_ledger = {
	.name = "ledger",
	.summary = "Print what a database's owner runs to make its ledger",
	.usage = "init --sql [--role NAME]... [DATABASE]",
	.needs = NEED_PROJECT,
	.min_args = 1,
	.max_args = 2,
	.opts = ledger_opts,
	.nopts = ARRAY_LEN(ledger_opts),
	.args_size = sizeof(struct ledger_args),
	.run = run_ledger,
};
