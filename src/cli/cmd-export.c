#include "config.h"

#include <stdio.h>

#include "cli/cmd.h"

#include "ss/export.h"

struct export_args {
	const char *engine;
	const char *format;
	const char *app;
};

static const struct opt export_cmd_opts[] = {
	{ "engine", 0, OPT_TEXT, offsetof(struct export_args, engine), "NAME",
	  "of which engine" },
	{ "format", 0, OPT_TEXT, offsetof(struct export_args, format), "NAME",
	  "whose migrations they shall be" },
	{ "app", 0, OPT_TEXT, offsetof(struct export_args, app), "NAME",
	  "aerich: whose app's they shall be" },
};

/* [FROM..][TO]; *from stays nothing where none is named. */
static int parse_range(struct export_opts *o, struct ctx *c, const char *text,
		       struct err *err)
{
	struct commit *v = arena_alloc(&c->arena, 2 * sizeof(*v));
	const char *dots = text ? strstr(text, "..") : NULL;
	const char *to = dots ? dots + 2 : text;

	if (dots && dots > text) {
		char *from = arena_strndup(&c->arena, text,
					   (size_t)(dots - text));

		if (named_version(&v[0], c, from, err))
			return -1;
		o->from = &v[0];
	}
	o->to = &v[1];
	return named_version(&v[1], c, to && *to ? to : "HEAD", err);
}

static void show_json(struct ctx *c, const struct export_result *r)
{
	json_t *v = json_object(), *names = json_array();
	json_t *lost = json_array();

	for (size_t i = 0; i < r->files.n; i++)
		json_array_append_new(names, json_text(r->files.v[i]));
	for (size_t i = 0; i < r->no_way_back.n; i++)
		json_array_append_new(lost, json_text(r->no_way_back.v[i]));
	json_object_set_new(v, "format", json_string(r->layout->name));
	json_object_set_new(v, "migrations", names);
	json_object_set_new(v, "no_way_back", lost);
	out_json(c, v);
}

static void note_each(const struct list *names, const char *what)
{
	for (size_t i = 0; i < names->n; i++)
		fprintf(stderr, "note: %s: %s\n", names->v[i], what);
}

static void show(struct ctx *c, const struct export_result *r)
{
	if (c->global.json)
		show_json(c, r);
	if (c->global.json || c->global.quiet)
		return;
	out_addf(c, COLOR_NONE, "%s: %s", r->layout->name,
		 counted(&c->arena, r->written, "migration"));
	if (r->skipped)
		out_addf(c, COLOR_NONE, "; %s left out, without a change",
			 counted(&c->arena, r->skipped, "version"));
	buf_addch(&c->out, '\n');
	if (!r->layout->downs && r->written)
		fprintf(stderr, "note: %s has no way back: it is not "
			"written\n", r->layout->name);
	note_each(&r->no_way_back, "there is no way back");
	if (r->brackets && r->layout->note)
		fprintf(stderr, "note: %s\n", r->layout->note);
}

static int find_engine(struct export_opts *o, struct ctx *c, const char *name,
		       struct err *err)
{
	struct engines engines;

	if (project_engines(&engines, &c->project, name, err))
		return -1;
	o->engine = engines.v[0];
	if (engines.n == 1)
		return 0;
	err_set(err, ERR_USAGE, "the project has several engines: whose SQL "
		"is it to be?");
	return err_hint(err, "say it: --engine %s", engines.v[0]->name);
}

static int export_as_sql(struct ctx *c, const struct export_args *a,
			 struct err *err)
{
	struct export_opts o = { .dir = c->args.v[1], .format = a->format };
	struct export_result r;

	if (!o.format) {
		err_set(err, ERR_USAGE, "in which format?");
		return err_hint(err, "say it with --format: %s",
				history_layout_names(&c->arena));
	}
	if (find_engine(&o, c, a->engine, err) ||
	    parse_range(&o, c, c->args.n > 2 ? c->args.v[2] : NULL, err) ||
	    export_sql(&r, &c->project, &o, &c->arena, err))
		return -1;
	show(c, &r);
	return 0;
}

static int export_as_aerich(struct ctx *c, const struct export_args *a,
			    struct err *err)
{
	struct export_opts o = { .dir = c->args.v[1] };
	struct export_aerich r;

	if (find_engine(&o, c, a->engine, err) ||
	    parse_range(&o, c, c->args.n > 2 ? c->args.v[2] : NULL, err) ||
	    export_aerich(&r, &c->project, &o, a->app, &c->arena, err))
		return -1;
	if (c->global.quiet)
		return 0;
	out_addf(c, COLOR_NONE, "aerich: %s", counted(&c->arena, r.written,
						      "migration"));
	if (r.kept)
		out_addf(c, COLOR_NONE, "; %zu were there", r.kept);
	buf_addch(&c->out, '\n');
	note_each(&r.no_state, "without MODELS_STATE: what its models were is "
		  "not known");
	note_each(&r.no_way_back, "there is no way back");
	return 0;
}

/* What may be written. */
static const struct {
	const char *name;
	int (*run)(struct ctx *c, const struct export_args *a,
		   struct err *err);
} exports[] = {
	{ "aerich", export_as_aerich },
	{ "sql", export_as_sql },
};

static int run_export(struct ctx *c, void *args, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(exports); i++)
		if (!strcmp(exports[i].name, c->args.v[0]))
			return exports[i].run(c, args, err);
	err_set(err, ERR_USAGE, "there is no export of '%s'", c->args.v[0]);
	return err_hint(err, "one of: aerich, sql");
}

const struct cmd cmd_export = {
	.name = "export",
	.summary = "Write versions as another tool's migrations",
	.usage = "sql --format NAME [--engine NAME] DIR [[FROM..]TO] | "
		 "aerich [--app NAME] [--engine NAME] DIR [[FROM..]TO]",
	.needs = NEED_STORE,
	.min_args = 2,
	.max_args = 3,
	.opts = export_cmd_opts,
	.nopts = ARRAY_LEN(export_cmd_opts),
	.args_size = sizeof(struct export_args),
	.run = run_export,
};
