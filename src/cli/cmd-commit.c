#include "config.h"

#include <stdio.h>

#include "cli/cmd.h"

struct commit_args {
	const char *message;
	struct list renames;
	struct list no_renames;
	const char *batch;
	bool allow_empty;
	bool column_order;
};

static const struct opt commit_opts[] = {
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
	if (can_ask(c) && !c->global.yes) {
		o->ask = ask_rename;
		o->ctx = c;
	}
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

static int show_result(struct ctx *c, const struct commit_result *r)
{
	const char *branch = strrchr(r->version.ref ? r->version.ref : "/",
				     '/') + 1;

	if (r->nothing) {
		c->status = 1;
		if (c->global.json)
			out_json(c, json_null());
		else if (!c->global.quiet)
			out_addf(c, COLOR_NONE, "nothing to commit: %s\n",
				 r->spelling ? "only the spelling differs "
				 "(case, blanks); --allow-empty records it" :
				 "the schema is that of the last version");
		return 0;
	}
	if (c->global.json) {
		json_t *v = json_version(c, &r->version);

		json_object_set_new(v, "changes", json_diff(&r->diff));
		out_json(c, v);
		return 0;
	}
	if (c->global.quiet)
		return 0;
	out_addf(c, COLOR_NONE, "[%s %s] %s\n %s\n", branch,
		 short_id(c, &r->version.oid), r->version.subject,
		 diff_summary(&c->arena, &r->diff));
	if (r->no_down)
		out_addf(c, COLOR_YELLOW, " no way back: %s\n", r->no_down);
	return 0;
}

static int run_commit(struct ctx *c, void *args, struct err *err)
{
	struct commit_args *a = args;
	struct commit_opts o = { 0 };
	struct commit_result r;
	struct source src;
	struct rename *renames;
	const char *path;
	size_t made = 0;

	fill_opts(&o, c, a);
	if (parse_renames(&renames, c, &a->renames, err))
		return -1;
	o.renames = renames;
	o.nrenames = a->renames.n;
	if (a->batch) {
		if (commit_batch(&made, &c->project, a->batch, &o, err))
			return -1;
		if (!c->global.quiet)
			out_addf(c, COLOR_NONE, "%s\n",
				 counted(&c->arena, made, "version"));
		return 0;
	}
	if (!a->message) {
		err_set(err, ERR_USAGE, "no message");
		return err_hint(err, "say what changes: commit -m \"Add "
				"users\"");
	}
	split_message(&o, c, a->message);
	path = c->args.n ? c->args.v[0] : NULL;
	if ((!path && project_source(&path, &c->project, err)) ||
	    source_read(&src, path, &c->arena, err))
		return -1;
	o.source = &src;
	if (commit_source(&r, &c->project, &o, &c->arena, err))
		return -1;
	return show_result(c, &r);
}

const struct cmd cmd_commit = {
	.name = "commit",
	.summary = "Record the source's schema as a version",
	.usage = "-m TEXT [--rename OLD=NEW]... [SOURCE] | --batch DIR",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = commit_opts,
	.nopts = ARRAY_LEN(commit_opts),
	.args_size = sizeof(struct commit_args),
	.run = run_commit,
};
