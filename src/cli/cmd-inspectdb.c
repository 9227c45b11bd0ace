#include "config.h"

#include "cli/cmd.h"

#include "ss/models-print.h"

struct inspectdb_args {
	struct list tables;
	const char *app;
};

static const struct opt inspectdb_opts[] = {
	{ "table", 't', OPT_LIST, offsetof(struct inspectdb_args, tables),
	  "NAME", "of this table alone; may be repeated" },
	{ "app", 0, OPT_TEXT, offsetof(struct inspectdb_args, app), "NAME",
	  "the app that relations are to name (models)" },
};

static int check_tables(const struct inspectdb_args *a,
			const struct schema *s, struct err *err)
{
	for (size_t i = 0; i < a->tables.n; i++)
		if (!schema_find_relation(s, a->tables.v[i]))
			return err_set(err, ERR_USAGE, "no table '%s'",
				       a->tables.v[i]);
	return 0;
}

static int run_inspectdb(struct ctx *c, void *args, struct err *err)
{
	const struct inspectdb_args *a = args;
	struct state s = { 0 };
	int ret = -1;

	if (state_open_database(&s, &c->project, c->args.n ? c->args.v[0] :
				NULL, err))
		return -1;
	if (!state_read(&s, &c->project, err) &&
	    !check_tables(a, &s.schema, err)) {
		models_print(&c->out, &s.schema, &a->tables,
			     a->app ? a->app : "models", &c->arena);
		ret = 0;
	}
	state_close(&s);
	return ret;
}

const struct cmd cmd_inspectdb = {
	.name = "inspectdb",
	.summary = "Print a live database's schema as Tortoise's models",
	.usage = "[-t TABLE]... [--app NAME] [DATABASE]",
	.needs = NEED_PROJECT,
	.max_args = 1,
	.opts = inspectdb_opts,
	.nopts = ARRAY_LEN(inspectdb_opts),
	.args_size = sizeof(struct inspectdb_args),
	.run = run_inspectdb,
};
