#include "config.h"

#include "cli/cmd.h"

struct plan_args {
	const char *engine;
	bool down;
	bool prove;
	bool allow_data_loss;
	bool column_order;
	bool online;
	bool explain;
	struct list renames;
	struct list no_renames;
};

static const struct opt plan_opts[] = {
	OPT_ENGINE(struct plan_args),
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
	{ "explain", 0, OPT_FLAG, offsetof(struct plan_args, explain), NULL,
	  "say first which versions are on the way" },
	{ "rename", 0, OPT_LIST, offsetof(struct plan_args, renames),
	  "OLD=NEW", "a table, or TABLE.OLD=NEW a column, has a new name" },
	{ "no-rename", 0, OPT_MAYBE, offsetof(struct plan_args, no_renames),
	  "NODE", "what looks renamed is dropped and added" },
};

static int find_states(struct ctx *c, struct state *from, struct state *to,
		       struct err *err)
{
	struct database db;
	const char *first = c->args.v[0];

	if (c->args.n == 2)
		return state_find(from, &c->project, first, err) ||
		       state_find(to, &c->project, c->args.v[1], err) ? -1 : 0;
	if (project_database(&db, &c->project, NULL, err))
		return -1;
	return state_find(from, &c->project, db.name, err) ||
	       state_find(to, &c->project, first, err) ? -1 : 0;
}

static bool has_route(const struct state *s)
{
	return s->type == STATE_VERSION || s->type == STATE_EMPTY;
}

static const struct commit *version_of(const struct state *s)
{
	return s->type == STATE_VERSION ? &s->version : NULL;
}

static int explain(struct ctx *c, const struct route *r, struct err *err)
{
	struct commit base;

	if (!r->related)
		out_addf(c, COLOR_NONE, "-- the two versions have no common "
			 "ancestor\n");
	if (r->has_base) {
		if (store_commit(&base, c->project.store, &r->base, &c->arena,
				 err))
			return -1;
		out_addf(c, COLOR_NONE, "-- merge base: %s\n",
			 version_title(c, &base));
	}
	return print_route(c, r, "-- ", err);
}

/* Comments before the script; *out becomes what JSON says, NULL: nothing. */
static int explain_states(json_t **out, struct ctx *c, const struct state *v,
			  bool down, struct err *err)
{
	const struct state *from = &v[down], *to = &v[!down];
	struct route r;

	if (!has_route(from) || !has_route(to)) {
		if (!c->global.json)
			out_addf(c, COLOR_NONE, "-- no versions are on the "
				 "way: '%s' is none\n", has_route(from) ?
				 to->label : from->label);
		return 0;
	}
	if ((version_of(from) || version_of(to)) &&
	    project_store(&c->project, err))
		return -1;
	if (route_find(&r, c->project.store, version_of(from), version_of(to),
		       &c->arena, err))
		return -1;
	return c->global.json ? json_route(out, c, &r, err) :
	       explain(c, &r, err);
}

static json_t *json_part(const struct plan *plan, json_t *route)
{
	json_t *v = json_plan(plan);

	if (route)
		json_object_set(v, "route", route);
	return v;
}

static void explain_data(struct ctx *c, const struct plan *plan)
{
	for (size_t i = 0; i < plan->nruns && !c->global.json; i++) {
		const struct data_run *r = plan->runs[i];

		out_addf(c, COLOR_NONE, "-- %s %s, of %s\n",
			 data_run_text(r)->empty ? "has nothing to do for" :
			 r->down ? "undoes" : "runs",
			 data_step_title(r->step, &c->arena), r->of);
	}
}

static int plan_part(struct parts *parts, const struct state *v,
		     const struct engine *e, json_t *route, bool explain,
		     const struct state_plan_opts *opts, struct err *err)
{
	struct project *p = &parts->c->project;
	struct state from = { 0 }, to = { 0 };
	struct plan plan;
	int ret = -1;

	part_begin(parts, e, true);
	if (state_open(&from, &v[0], p, e, err) ||
	    state_open(&to, &v[1], p, e, err) ||
	    state_plan(&plan, &from, &to, p, opts, err))
		goto out;
	if (explain)
		explain_data(parts->c, &plan);
	if (parts->c->global.json)
		part_json(parts, json_part(&plan, route));
	else
		plan_print(&parts->c->out, &plan);
	part_end(parts);
	ret = 0;
out:
	state_close(&from);
	state_close(&to);
	return ret;
}

/* Several scripts are one for no shell: each one's first line lets it end at
 * the other's, before anything is run. */
static void stop_shells(struct ctx *c, const struct engines *engines)
{
	if (engines->n < 2 || c->global.json)
		return;
	for (size_t i = 0; i < engines->n; i++)
		buf_addstr(&c->out, engines->v[i]->script_stop);
	out_addf(c, COLOR_NONE, "-- a script for each engine: --engine NAME "
		 "prints one that can be run\n");
}

static int run_plan(struct ctx *c, void *args, struct err *err)
{
	struct plan_args *a = args;
	struct state_plan_opts opts = {
		.nrenames = a->renames.n, .no_renames = a->no_renames.n,
		.down = a->down, .prove = a->prove,
		.column_order = a->column_order, .online = a->online,
	};
	struct engines engines;
	struct rename *renames;
	json_t *route = NULL;
	struct parts parts;
	struct state v[2];
	int ret;

	if (parse_renames(&renames, c, &a->renames, err) ||
	    find_states(c, &v[0], &v[1], err) ||
	    state_engines(&engines, &c->project, a->engine, &v[0], &v[1], err))
		return -1;
	opts.renames = renames;
	parts = parts_of(c, &engines);
	stop_shells(c, &engines);
	ret = a->explain ? explain_states(&route, c, v, a->down, err) : 0;
	for (size_t i = 0; i < engines.n && !ret; i++)
		ret = plan_part(&parts, v, engines.v[i], route, a->explain,
				&opts, err);
	if (!ret && c->global.json)
		out_json(c, parts_json(&parts));
	parts_close(&parts);
	json_decref(route);
	return ret;
}

const struct cmd cmd_plan = {
	.name = "plan",
	.summary = "Print the SQL from one schema to another",
	.usage = "[--engine NAME] [--down] [--prove] [--explain] "
		 "[--rename OLD=NEW]... "
		 "[FROM] TO",
	.needs = NEED_PROJECT,
	.min_args = 1,
	.max_args = 2,
	.opts = plan_opts,
	.nopts = ARRAY_LEN(plan_opts),
	.args_size = sizeof(struct plan_args),
	.run = run_plan,
};
