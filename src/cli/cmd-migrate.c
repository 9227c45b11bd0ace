#include "config.h"

#include "cli/cmd.h"

struct migrate_args {
	const char *name;
	bool empty;
	bool offline;
};

static const struct opt migrate_opts[] = {
	{ "name", 0, OPT_TEXT, offsetof(struct migrate_args, name), "TEXT",
	  "the version's message (update)" },
	{ "empty", 0, OPT_FLAG, offsetof(struct migrate_args, empty), NULL,
	  "a version, though the schema is the same" },
	{ "offline", 0, OPT_FLAG, offsetof(struct migrate_args, offline), NULL,
	  "as it always is: no database is looked at" },
};

/* `commit -m`, as a user of Aerich's calls it: that nothing differs is no
 * failure. */
static int run_migrate(struct ctx *c, void *args, struct err *err)
{
	const struct migrate_args *a = args;

	if (commit_project(c, a->name ? a->name : "update", a->empty, err))
		return -1;
	c->status = 0;
	return 0;
}

const struct cmd cmd_migrate = {
	.name = "migrate",
	.summary = "Record the source's schema, as Aerich calls it",
	.usage = "[--name TEXT] [--empty]",
	.needs = NEED_STORE,
	.opts = migrate_opts,
	.nopts = ARRAY_LEN(migrate_opts),
	.args_size = sizeof(struct migrate_args),
	.run = run_migrate,
};
