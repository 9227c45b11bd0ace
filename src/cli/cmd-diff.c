#include "config.h"

#include "cli/cmd.h"

struct diff_args {
	bool sql;
	bool exit_code;
	bool column_order;
	struct list renames;
};

static const struct opt diff_opts[] = {
	{ "sql", 0, OPT_FLAG, offsetof(struct diff_args, sql), NULL,
	  "as the statements that make the difference" },
	{ "exit-code", 0, OPT_FLAG, offsetof(struct diff_args, exit_code),
	  NULL, "exit with 1 where there is a difference" },
	{ "column-order", 0, OPT_FLAG,
	  offsetof(struct diff_args, column_order), NULL,
	  "the order of columns counts" },
	{ "rename", 0, OPT_LIST, offsetof(struct diff_args, renames),
	  "OLD=NEW", "a table, or TABLE.OLD=NEW a column, has a new name" },
};

/* Without arguments: the tip and the source.  With one: that and the source,
 * or, where there is no source, the tip. */
static int open_states(struct ctx *c, struct state *from, struct state *to,
		       struct err *err)
{
	struct project *p = &c->project;
	const char *first = c->args.n ? c->args.v[0] : "HEAD";
	const char *second = c->args.n > 1 ? c->args.v[1] : NULL;

	if (!second) {
		to->type = STATE_SOURCE;
		to->engine = p->engine;
		if (project_source(&second, p, err) ||
		    source_read(&to->source, second, p->arena, err))
			return -1;
		to->label = second;
		return state_open(from, p, first, NULL, err);
	}
	return state_open(from, p, first, NULL, err) ||
	       state_open(to, p, second, NULL, err) ? -1 : 0;
}

static int show(struct ctx *c, const struct state *from,
		const struct state *to, const struct diff_args *a,
		struct err *err)
{
	unsigned flags = a->column_order ? DIFF_COLUMN_ORDER : 0;
	struct plan_opts opts = {
		.column_order = a->column_order,
		.extensions = &c->project.extensions,
	};
	struct plan p;
	struct diff d;

	schema_diff(&d, &from->schema, &to->schema, flags, &c->arena);
	if (a->exit_code && d.n)
		c->status = 1;
	if (a->sql) {
		if (plan_make(&p, from->engine, &from->schema, &to->schema,
			      &opts, &c->arena, err))
			return -1;
		buf_add(&c->out, p.sql, p.sql_len);
	} else if (c->global.json) {
		out_json(c, json_diff(&d));
	} else {
		print_diff(c, &d);
	}
	return 0;
}

static int run_diff(struct ctx *c, void *args, struct err *err)
{
	struct diff_args *a = args;
	struct state from = { 0 }, to = { 0 };
	struct rename *renames;
	bool partial;
	int ret = -1;

	if (parse_renames(&renames, c, &a->renames, err) ||
	    open_states(c, &from, &to, err) ||
	    state_pair(&from, &to, &c->project, renames, a->renames.n,
		       &partial, err))
		goto out;
	ret = show(c, &from, &to, a, err);
out:
	state_close(&from);
	state_close(&to);
	return ret;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "Show what differs between two schemas",
	.usage = "[--sql] [--exit-code] [A [B]]",
	.needs = NEED_PROJECT,
	.max_args = 2,
	.opts = diff_opts,
	.nopts = ARRAY_LEN(diff_opts),
	.args_size = sizeof(struct diff_args),
	.run = run_diff,
};
