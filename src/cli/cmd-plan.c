#include "config.h"

#include "cli/cmd.h"

struct plan_args {
	const char *engine;
	bool down;
	bool prove;
	bool allow_data_loss;
	bool column_order;
	bool online;
	struct list renames;
	struct list no_renames;
};

static const struct opt plan_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct plan_args, engine), "NAME",
	  "the engine of files (sqlite, postgres)" },
	{ "down", 0, OPT_FLAG, offsetof(struct plan_args, down), NULL,
	  "the way back" },
	{ "prove", 0, OPT_FLAG, offsetof(struct plan_args, prove), NULL,
	  "run it on scratch first" },
	{ "allow-data-loss", 0, OPT_FLAG,
	  offsetof(struct plan_args, allow_data_loss), NULL,
	  "accepted; a plan only says what it loses" },
	{ "column-order", 0, OPT_FLAG,
	  offsetof(struct plan_args, column_order), NULL,
	  "the order of columns counts" },
	{ "online", 0, OPT_FLAG, offsetof(struct plan_args, online), NULL,
	  "forms that hold up nobody, in steps (PostgreSQL)" },
	{ "rename", 0, OPT_LIST, offsetof(struct plan_args, renames),
	  "OLD=NEW", "a table, or TABLE.OLD=NEW a column, has a new name" },
	{ "no-rename", 0, OPT_MAYBE, offsetof(struct plan_args, no_renames),
	  "NODE", "what looks renamed is dropped and added" },
};

static int open_states(struct ctx *c, struct state *from, struct state *to,
		       const struct engine *engine, struct err *err)
{
	struct database db;
	const char *first = c->args.v[0];

	if (c->args.n == 2)
		return state_open(from, &c->project, first, engine, err) ||
		       state_open(to, &c->project, c->args.v[1], engine, err)
		       ? -1 : 0;
	if (project_database(&db, &c->project, NULL, err))
		return -1;
	return state_open(from, &c->project, db.name, engine, err) ||
	       state_open(to, &c->project, first, engine, err) ? -1 : 0;
}

static int run_plan(struct ctx *c, void *args, struct err *err)
{
	struct plan_args *a = args;
	struct state_plan_opts opts = {
		.nrenames = a->renames.n, .no_renames = a->no_renames.n,
		.down = a->down, .prove = a->prove,
		.column_order = a->column_order, .online = a->online,
	};
	const struct engine *engine = NULL;
	struct state from = { 0 }, to = { 0 };
	struct rename *renames;
	struct plan p;
	int ret = -1;

	if (a->engine) {
		engine = engine_find(a->engine);
		if (!engine)
			return err_set(err, ERR_USAGE, "engine '%s' is not "
				       "known here", a->engine);
	}
	if (parse_renames(&renames, c, &a->renames, err))
		return -1;
	opts.renames = renames;
	if (open_states(c, &from, &to, engine, err) ||
	    state_plan(&p, &from, &to, &c->project, &opts, err))
		goto out;
	if (c->global.json)
		out_json(c, json_plan(&p));
	else
		plan_print(&c->out, &p);
	ret = 0;
out:
	state_close(&from);
	state_close(&to);
	return ret;
}

const struct cmd cmd_plan = {
	.name = "plan",
	.summary = "Print the SQL from one schema to another",
	.usage = "[--down] [--prove] [--rename OLD=NEW]... [FROM] TO",
	.needs = NEED_PROJECT,
	.min_args = 1,
	.max_args = 2,
	.opts = plan_opts,
	.nopts = ARRAY_LEN(plan_opts),
	.args_size = sizeof(struct plan_args),
	.run = run_plan,
};
