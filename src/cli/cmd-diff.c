#include "config.h"

#include "cli/cmd.h"

struct diff_args {
	const char *engine;
	bool sql;
	bool exit_code;
	bool column_order;
	struct list renames;
};

static const struct opt diff_opts[] = {
	OPT_ENGINE(struct diff_args),
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

/* Without arguments: the tip and the source.  With one: that and the
 * source. */
static int find_states(struct ctx *c, struct state *from, struct state *to,
		       struct err *err)
{
	struct project *p = &c->project;
	const char *first = c->args.n ? c->args.v[0] : "HEAD";

	if (c->args.n > 1)
		return state_find(from, p, first, err) ||
		       state_find(to, p, c->args.v[1], err) ? -1 : 0;
	*to = (struct state){ .type = STATE_SOURCE, .label = "the source" };
	return state_find(from, p, first, err);
}

static int show(struct parts *parts, const struct state *from,
		const struct state *to, const struct diff_args *a,
		struct err *err)
{
	struct ctx *c = parts->c;
	unsigned flags = a->column_order ? DIFF_COLUMN_ORDER : 0;
	struct plan_opts opts = {
		.column_order = a->column_order,
		.extensions = project_extensions(&c->project, from->engine),
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
		part_json(parts, json_diff(&d));
	} else {
		print_diff(c, &d);
	}
	return 0;
}

static int diff_part(struct parts *parts, const struct state *v,
		     const struct engine *e, const struct diff_args *a,
		     const struct rename *renames, struct err *err)
{
	struct project *p = &parts->c->project;
	struct state from = { 0 }, to = { 0 };
	bool partial;
	int ret = -1;

	part_begin(parts, e, a->sql);
	if (!state_open(&from, &v[0], p, e, err) &&
	    !state_open(&to, &v[1], p, e, err) &&
	    !state_pair(&from, &to, p, renames, a->renames.n, &partial, err))
		ret = show(parts, &from, &to, a, err);
	part_end(parts);
	state_close(&from);
	state_close(&to);
	return ret;
}

static int run_diff(struct ctx *c, void *args, struct err *err)
{
	struct diff_args *a = args;
	struct engines engines;
	struct rename *renames;
	struct parts parts;
	struct state v[2];
	int ret = 0;

	if (parse_renames(&renames, c, &a->renames, err) ||
	    find_states(c, &v[0], &v[1], err) ||
	    state_engines(&engines, &c->project, a->engine, &v[0], &v[1], err))
		return -1;
	parts = parts_of(c, &engines);
	for (size_t i = 0; i < engines.n && !ret; i++)
		ret = diff_part(&parts, v, engines.v[i], a, renames, err);
	if (!ret && c->global.json && !a->sql)
		out_json(c, parts_json(&parts));
	parts_close(&parts);
	return ret;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "Show what differs between two schemas",
	.usage = "[--engine NAME] [--sql] [--exit-code] [A [B]]",
	.needs = NEED_PROJECT,
	.max_args = 2,
	.opts = diff_opts,
	.nopts = ARRAY_LEN(diff_opts),
	.args_size = sizeof(struct diff_args),
	.run = run_diff,
};
