#include "config.h"

#include <stdio.h>

#include "cli/cmd.h"

struct commit_args {
	const char *engine;
	const char *message;
	struct list renames;
	struct list no_renames;
	const char *batch;
	bool allow_empty;
	bool column_order;
	struct list data;
	bool edit;
};

static const struct opt commit_opts[] = {
	OPT_ENGINE(struct commit_args),
	{ "message", 'm', OPT_TEXT, offsetof(struct commit_args, message),
	  "TEXT", "what changes, and why" },
	{ "rename", 0, OPT_LIST, offsetof(struct commit_args, renames),
	  "OLD=NEW", "a table, or TABLE.OLD=NEW a column, has a new name" },
	{ "no-rename", 0, OPT_MAYBE, offsetof(struct commit_args, no_renames),
	  "NODE", "what looks renamed is dropped and added" },
	{ "batch", 0, OPT_TEXT, offsetof(struct commit_args, batch), "DIR",
	  "a version for each file of a folder, in order" },
	{ "allow-empty", 0, OPT_FLAG,
	  offsetof(struct commit_args, allow_empty), NULL,
	  "a version, though the schema is the same" },
	{ "column-order", 0, OPT_FLAG,
	  offsetof(struct commit_args, column_order), NULL,
	  "the order of columns counts" },
	{ "data", 0, OPT_LIST, offsetof(struct commit_args, data),
	  "NAME=UP[:DOWN]", "SQL that is run on the way, and on the way back" },
	{ "edit", 0, OPT_FLAG, offsetof(struct commit_args, edit), NULL,
	  "the SQL that leads there, in an editor" },
};

static int ask_rename(void *ctx, const struct candidate *cand,
		      struct err *err)
{
	struct ctx *c = ctx;
	struct buf from = BUF_INIT, to = BUF_INIT;
	char *question;

	node_title(&from, cand->from);
	node_title(&to, cand->to);
	question = arena_printf(&c->arena, "was %s renamed to %s?", from.ptr,
				to.ptr);
	buf_release(&from);
	buf_release(&to);
	return ask(c, question, "--rename or --no-rename", err);
}

static void fill_opts(struct commit_opts *o, struct ctx *c,
		      const struct commit_args *a)
{
	struct list *names = arena_alloc(&c->arena, sizeof(*names));

	for (size_t i = 0; i < a->no_renames.n; i++) {
		if (a->no_renames.v[i])
			list_add(&c->arena, names, a->no_renames.v[i]);
		else
			o->no_rename = true;
	}
	o->no_renames = names;
	o->allow_empty = a->allow_empty;
	o->column_order = a->column_order;
	o->ctx = c;
	if (a->edit)
		o->edit = edit_sql;
	if (can_ask(c) && !c->global.yes)
		o->ask = ask_rename;
}

/* "subject\n\nbody" */
static void split_message(struct commit_opts *o, struct ctx *c,
			  const char *text)
{
	const char *nl = strchr(text, '\n');
	char *body;
	size_t n;

	o->message = arena_strndup(&c->arena, text,
				   nl ? (size_t)(nl - text) : strlen(text));
	if (!nl)
		return;
	body = arena_strdup(&c->arena, nl + strspn(nl, "\n"));
	for (n = strlen(body); n && body[n - 1] == '\n'; n--)
		body[n - 1] = '\0';
	o->body = *body ? body : NULL;
}

static int show_nothing(struct ctx *c, const struct commit_result *r)
{
	bool spelling = false;

	for (size_t i = 0; i < r->nparts; i++)
		spelling |= r->parts[i].spelling;
	c->status = 1;
	if (c->global.json)
		out_json(c, json_null());
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "nothing to commit: %s\n", spelling ?
			 "only the spelling differs (case, blanks); "
			 "--allow-empty records it" :
			 "the schema is that of the last version");
	return 0;
}

static void show_json(struct ctx *c, const struct commit_result *r)
{
	struct parts parts = parts_of(c, &c->project.engines);
	json_t *v = json_version(c, &r->version);

	for (size_t i = 0; i < r->nparts; i++) {
		parts.engine = r->parts[i].engine;
		part_json(&parts, json_diff(&r->parts[i].diff));
	}
	json_object_set_new(v, "changes", parts_json(&parts));
	out_json(c, v);
	parts_close(&parts);
}

static int show_result(struct ctx *c, const struct commit_result *r)
{
	const char *branch = strrchr(r->version.ref ? r->version.ref : "/",
				     '/') + 1;

	if (r->nothing)
		return show_nothing(c, r);
	if (c->global.json) {
		show_json(c, r);
		return 0;
	}
	if (c->global.quiet)
		return 0;
	out_addf(c, COLOR_NONE, "[%s %s] %s\n", branch,
		 short_id(c, &r->version.oid), r->version.subject);
	for (size_t i = 0; i < r->nparts; i++) {
		const struct commit_part *part = &r->parts[i];
		const char *name = r->nparts == 1 ? "" :
				   arena_printf(&c->arena, "%s: ",
						part->engine->name);

		out_addf(c, COLOR_NONE, " %s%s%s%s%s%s\n", name,
			 diff_summary(&c->arena, &part->diff),
			 part->late ? ", " : "", part->late ?
			 counted(&c->arena, part->late, "late rename") : "",
			 part->steps ? ", " : "", part->steps ?
			 counted(&c->arena, part->steps, "data step") : "");
		if (part->no_down)
			out_addf(c, COLOR_YELLOW, " %sno way back: %s\n", name,
				 part->no_down);
	}
	return 0;
}

/* Of which engines is a version to be made?  A path says it, too. */
static int find_engines(struct engines *out, struct ctx *c,
			const struct commit_args *a, struct err *err)
{
	struct project *p = &c->project;

	if (!a->engine && c->args.n)
		return engines_of_path(out, p, c->args.v[0], err);
	if (project_engines(out, p, a->engine, err))
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (!engines_have(&p->engines, out->v[i])) {
			err_set(err, ERR_USAGE, "engine '%s' is not one of the "
				"project's", out->v[i]->name);
			return err_hint(err, "name it in schemastore.engines");
		}
	return 0;
}

static int read_sources(struct commit_opts *o, struct ctx *c,
			const struct commit_args *a, struct err *err)
{
	const char *path = c->args.n ? c->args.v[0] : NULL;
	struct commit_source *v;
	struct engines engines;

	if (find_engines(&engines, c, a, err))
		return -1;
	v = arena_alloc(&c->arena, engines.n * sizeof(*v));
	for (size_t i = 0; i < engines.n; i++) {
		struct source *src = arena_alloc(&c->arena, sizeof(*src));
		struct source_how how = project_how(&c->project,
						    engines.v[i]);

		v[i].engine = engines.v[i];
		v[i].source = src;
		/* Standard input is there once. */
		if (path && i && !source_is_models(path))
			v[i].source = v[0].source;
		else if (path ? source_read(src, path, &how, &c->arena, err) :
			 project_source_read(src, &c->project, v[i].engine,
					     err))
			return -1;
	}
	o->sources = v;
	o->nsources = engines.n;
	return 0;
}

static int run_batch(struct ctx *c, const char *dir,
		     const struct commit_opts *o, struct err *err)
{
	size_t made = 0;

	if (commit_batch(&made, &c->project, dir, o, err))
		return -1;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s\n",
			 counted(&c->arena, made, "version"));
	return 0;
}

int commit_project(struct ctx *c, const char *message, bool allow_empty,
		   struct err *err)
{
	const struct commit_args a = { .allow_empty = allow_empty };
	struct commit_opts o = { 0 };
	struct commit_result r;

	fill_opts(&o, c, &a);
	split_message(&o, c, message);
	return read_sources(&o, c, &a, err) ||
	       commit_source(&r, &c->project, &o, &c->arena, err) ||
	       show_result(c, &r) ? -1 : 0;
}

static int run_commit(struct ctx *c, void *args, struct err *err)
{
	struct commit_args *a = args;
	struct commit_opts o = { 0 };
	struct commit_result r;
	struct rename *renames;

	fill_opts(&o, c, a);
	if (parse_renames(&renames, c, &a->renames, err))
		return -1;
	o.renames = renames;
	o.nrenames = a->renames.n;
	if (a->batch && a->engine)
		return err_set(err, ERR_USAGE, "--batch is of all engines: a "
			       "folder in it may have one alone");
	if (a->batch && (a->data.n || a->edit))
		return err_set(err, ERR_USAGE, "--data and --edit are for one "
			       "version, and --batch makes many");
	if (a->batch)
		return run_batch(c, a->batch, &o, err);
	if (!a->message) {
		err_set(err, ERR_USAGE, "no message");
		return err_hint(err, "say what changes: commit -m \"Add "
				"users\"");
	}
	split_message(&o, c, a->message);
	if (read_sources(&o, c, a, err) || read_data(&o, c, &a->data, err) ||
	    commit_source(&r, &c->project, &o, &c->arena, err))
		return -1;
	return show_result(c, &r);
}

const struct cmd cmd_commit = {
	.name = "commit",
	.summary = "Record the source's schema as a version",
	.usage = "-m TEXT [--engine NAME] [--rename OLD=NEW]... "
		 "[--data NAME=UP[:DOWN]]... [--edit] [SOURCE] | "
		 "--batch DIR",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = commit_opts,
	.nopts = ARRAY_LEN(commit_opts),
	.args_size = sizeof(struct commit_args),
	.run = run_commit,
};
