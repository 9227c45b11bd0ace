#include "config.h"

#include "cli/cmd.h"

struct plan_args {
	const char *engine;
	bool down;
	bool prove;
	bool allow_data_loss;
	bool column_order;
	struct list renames;
	struct list no_renames;
};

static const struct opt plan_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct plan_args, engine), "NAME",
	  "the engine of files (sqlite)" },
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
	{ "rename", 0, OPT_LIST, offsetof(struct plan_args, renames),
	  "OLD=NEW", "a table, or TABLE.OLD=NEW a column, has a new name" },
	{ "no-rename", 0, OPT_MAYBE, offsetof(struct plan_args, no_renames),
	  "NODE", "what looks renamed is dropped and added" },
};

/* What looks like a rename, and is taken for none, is said. */
static void note_candidates(struct ctx *c, struct plan *p,
			    const struct state *from, const struct state *to,
			    const struct plan_args *a)
{
	struct candidate *v;
	size_t n = 0;

	if (a->no_renames.n)
		return;
	rename_candidates(&v, &n, &from->schema, &to->schema, &c->arena);
	for (size_t i = 0; i < n; i++) {
		const struct node *t = v[i].from->parent;

		list_add(&c->arena, &p->script.notes, arena_printf(&c->arena,
			 "%s%s%s is dropped and %s is added; if it was "
			 "renamed: --rename %s%s%s=%s", t ? t->name : "",
			 t ? "." : "", v[i].from->name, v[i].to->name,
			 t ? t->name : "", t ? "." : "", v[i].from->name,
			 v[i].to->name));
	}
}

static void set_digests(struct plan *p, const struct state *from,
			const struct state *to, bool partial)
{
	const char *a, *b;

	if (!partial)
		return;
	a = version_state(&from->version, from->engine->name);
	b = version_state(&to->version, to->engine->name);
	if (a)
		memcpy(p->from_digest, a, SCHEMA_DIGEST_LEN);
	if (b)
		memcpy(p->to_digest, b, SCHEMA_DIGEST_LEN);
}

/* Proven now, or remembered as proven. */
static int look_for_proof(struct ctx *c, struct plan *p,
			  const struct plan_args *a, struct err *err)
{
	if (c->project.store && proof_find(p, c->project.store, err))
		return -1;
	if (!p->proven && a->prove)
		return plan_prove(p, err);
	return 0;
}

static int make_from(struct ctx *c, struct plan *p, struct state *from,
		     struct state *to, const struct plan_args *a,
		     struct err *err)
{
	struct plan_opts opts = { .column_order = a->column_order };

	return plan_make(p, from->engine, a->down ? &to->schema : &from->schema,
			 a->down ? &from->schema : &to->schema, &opts,
			 &c->arena, err);
}

static int make(struct ctx *c, struct plan *p, struct state *from,
		struct state *to, const struct plan_args *a, struct err *err)
{
	struct rename *renames;
	bool partial = false;

	if (parse_renames(&renames, c, &a->renames, err))
		return -1;
	if (a->prove && (state_read(from, &c->project, err) ||
			 state_read(to, &c->project, err)))
		return -1;
	if (state_pair(from, to, &c->project, renames, a->renames.n, &partial,
		       err))
		return -1;
	if (make_from(c, p, from, to, a, err))
		return -1;
	if (partial && p->script.concerns_others) {
		partial = false;
		if (state_whole(from, to, &c->project, err) ||
		    make_from(c, p, from, to, a, err))
			return -1;
	}
	set_digests(p, a->down ? to : from, a->down ? from : to, partial);
	if (!a->down)
		note_candidates(c, p, from, to, a);
	return look_for_proof(c, p, a, err);
}

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
	const struct engine *engine = NULL;
	struct state from = { 0 }, to = { 0 };
	struct plan p;
	int ret = -1;

	if (a->engine) {
		engine = engine_find(a->engine);
		if (!engine)
			return err_set(err, ERR_USAGE, "engine '%s' is not "
				       "known here", a->engine);
	}
	if (open_states(c, &from, &to, engine, err) ||
	    make(c, &p, &from, &to, a, err))
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
