#include "config.h"

#include <stdio.h>

#include "cli/cmd.h"

#include "ss/file.h"
#include "ss/import.h"
#include "ss/source.h"

struct import_args {
	const char *engine;
	const char *format;
	bool gaps;
	bool no_state;
};

static const struct opt import_cmd_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct import_args, engine), "NAME",
	  "of which engine they are" },
	{ "format", 0, OPT_TEXT, offsetof(struct import_args, format), "NAME",
	  "whose migrations they are; else it is recognised" },
	{ "gaps", 0, OPT_FLAG, offsetof(struct import_args, gaps), NULL,
	  "a number that is left out is not missed" },
	{ "no-state", 0, OPT_FLAG, offsetof(struct import_args, no_state),
	  NULL, "what the models are behind them is not looked at" },
};

static int find_engine(const struct engine **out, struct ctx *c,
		       const struct import_args *a, struct err *err)
{
	struct engines engines;

	if (project_engines(&engines, &c->project, a->engine, err))
		return -1;
	*out = engines.v[0];
	if (engines.n == 1)
		return 0;
	err_set(err, ERR_USAGE, "the project has several engines: of which are "
		"the migrations?");
	return err_hint(err, "say it: --engine %s", engines.v[0]->name);
}

static const char *source_key(struct ctx *c, const struct engine *e)
{
	return c->project.engines.n == 1 ? "schemastore.source" :
	       arena_printf(&c->arena, "%s.source", e->name);
}

/* From now on the schema is written there, unless something else says what it
 * is. */
static int give_source(struct ctx *c, const struct engine *e,
		       const struct import_result *r, struct err *err)
{
	struct project *p = &c->project;
	const char *path = project_source(p, e);
	const char *file = p->engines.n == 1 ? "schema.sql" :
			   arena_printf(&c->arena, "schema.%s.sql", e->name);

	if (!r->source)
		return 0;
	if (!path) {
		path = path_join(&c->arena, p->dir, file);
		if (file_exists(path))
			return 0;
		if (conf_set(&p->conf, source_key(c, e), file, false, err))
			return -1;
	}
	if (source_exists(path))
		return 0;
	if (file_create(path, r->source, strlen(r->source), err))
		return -1;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s has the schema from now on\n",
			 path);
	return 0;
}

static int leave_out(struct ctx *c, const struct engine *e,
		     const struct import_result *r, struct err *err)
{
	const char *key = arena_printf(&c->arena, "%s.ignore", e->name);

	for (size_t i = 0; i < r->ignored.n; i++) {
		if (conf_set(&c->project.conf, key, r->ignored.v[i], true,
			     err))
			return -1;
		if (!c->global.quiet)
			out_addf(c, COLOR_NONE, "%s %s: the tool's own\n", key,
				 r->ignored.v[i]);
	}
	return 0;
}

static void show(struct ctx *c, const struct import_result *r)
{
	if (c->global.json) {
		json_t *v = json_object();

		json_object_set_new(v, "format", json_string(r->format->name));
		json_object_set_new(v, "versions",
				    json_integer((json_int_t)r->made));
		json_object_set_new(v, "own_sql",
				    json_integer((json_int_t)r->own));
		json_object_set_new(v, "imported_before",
				    json_integer((json_int_t)r->had));
		out_json(c, v);
		return;
	}
	if (c->global.quiet)
		return;
	out_addf(c, COLOR_NONE, "%s: %s", r->format->name,
		 counted(&c->arena, r->made, "version"));
	if (r->own)
		out_addf(c, COLOR_NONE, ", %zu of them with SQL of the "
			 "migration's", r->own);
	if (r->had)
		out_addf(c, COLOR_NONE, "; %zu had been imported before",
			 r->had);
	out_addf(c, COLOR_NONE, "\n");
}

static int import(struct ctx *c, const struct import_opts *o,
		  struct err *err)
{
	struct import_result r;
	bool quiet = c->global.quiet;
	int ret;

	if (import_history(&r, &c->project, o, &c->arena, err))
		return -1;
	show(c, &r);
	c->global.quiet |= c->global.json;
	ret = leave_out(c, o->engine, &r, err) ||
	      give_source(c, o->engine, &r, err) ? -1 : 0;
	c->global.quiet = quiet;
	return ret;
}

static int import_sql(struct ctx *c, const struct import_args *a,
		      struct err *err)
{
	struct import_opts o = {
		.dir = c->args.v[1],
		.how = { .format = a->format, .gaps = a->gaps },
	};

	if (!o.dir)
		return err_set(err, ERR_USAGE, "which folder of migrations?");
	return find_engine(&o.engine, c, a, err) ? -1 : import(c, &o, err);
}

static int import_aerich(struct ctx *c, const struct import_args *a,
			 struct err *err)
{
	struct import_opts o = {
		.dir = c->args.n > 1 ? c->args.v[1] : c->project.dir,
		.how = {
			.format = "aerich", .gaps = a->gaps,
			.no_states = a->no_state,
		},
	};

	if (find_engine(&o.engine, c, a, err))
		return -1;
	o.how.connection = project_how(&c->project, o.engine).connection;
	return import(c, &o, err);
}

/* What may be imported. */
static const struct {
	const char *name;
	int (*run)(struct ctx *c, const struct import_args *a,
		   struct err *err);
} imports[] = {
	{ "sql", import_sql },
	{ "aerich", import_aerich },
};

static int run_import(struct ctx *c, void *args, struct err *err)
{
	const char *names[ARRAY_LEN(imports)];

	for (size_t i = 0; i < ARRAY_LEN(imports); i++) {
		if (!strcmp(imports[i].name, c->args.v[0]))
			return imports[i].run(c, args, err);
		names[i] = imports[i].name;
	}
	err_set(err, ERR_USAGE, "'%s' cannot be imported", c->args.v[0]);
	return err_hint(err, "did you mean 'import %s'?",
			nearest(c->args.v[0], names, ARRAY_LEN(names)) ?
			nearest(c->args.v[0], names, ARRAY_LEN(names)) :
			names[0]);
}

const struct cmd cmd_import = {
	.name = "import",
	.summary = "Take over another tool's migrations as versions",
	.usage = "sql [--engine NAME] [--format NAME] [--gaps] DIR | "
		 "aerich [--engine NAME] [--gaps] [--no-state] [DIR]",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 2,
	.opts = import_cmd_opts,
	.nopts = ARRAY_LEN(import_cmd_opts),
	.args_size = sizeof(struct import_args),
	.run = run_import,
};
