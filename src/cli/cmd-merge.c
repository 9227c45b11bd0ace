#include "config.h"

#include "cli/cmd.h"

#include "ss/merging.h"

struct merge_args {
	const char *message;
	bool no_ff;
	bool dry_run;
	struct list side[MERGE_SIDES];
};

#define SIDE(word, at, help) \
	{ word, 0, OPT_LIST, offsetof(struct merge_args, side[at]), "NODE", \
	  help }

static const struct opt merge_opts[] = {
	{ "message", 'm', OPT_TEXT, offsetof(struct merge_args, message),
	  "TEXT", "what is merged, and why" },
	{ "no-ff", 0, OPT_FLAG, offsetof(struct merge_args, no_ff), NULL,
	  "a version of two parents, though the branch could go forward" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct merge_args, dry_run), NULL,
	  "tell what would be, and write nothing" },
	SIDE("ours", MERGE_OURS, "this branch's, where NODE is in conflict"),
	SIDE("theirs", MERGE_THEIRS, "the other one's"),
	SIDE("base", MERGE_BASE, "as it was before both"),
};

static void fill_choices(struct merging *m, struct ctx *c,
			 const struct merge_args *a)
{
	size_t cap = 0;

	for (size_t side = 0; side < MERGE_SIDES; side++)
		for (size_t i = 0; i < a->side[side].n; i++)
			*ARENA_PUSH(&c->arena, m->choices, m->nchoices, cap) =
				(struct merge_choice){
					.node = a->side[side].v[i],
					.side = side,
				};
}

/* "subject\n\nbody", or what git would say */
static void fill_message(struct merging *m, struct ctx *c, const char *text)
{
	const char *name = c->args.v[0];
	const char *nl = text ? strchr(text, '\n') : NULL;
	const char *ref = arena_printf(&c->arena, "refs/heads/%s", name);
	struct err none = ERR_INIT;
	struct oid id;
	bool branch = ref_name_valid(ref) &&
		      ref_read(&id, c->project.store, ref, &none) > 0;

	m->message = !text ? arena_printf(&c->arena, "Merge %s '%s'", branch ?
					  "branch" : "version", name) :
		     !nl ? text :
		     arena_strndup(&c->arena, text, (size_t)(nl - text));
	if (nl && nl[strspn(nl, "\n")])
		m->body = nl + strspn(nl, "\n");
}

/* ---- conflicts ----------------------------------------------------------- */

static void show_text(struct ctx *c, const char *side, const char *text)
{
	const char *end;

	if (!text || !strchr(text, '\n')) {
		out_addf(c, COLOR_NONE, "  %-7s %s\n", side,
			 text ? text : "(none)");
		return;
	}
	out_addf(c, COLOR_NONE, "  %s\n", side);
	for (; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		out_addf(c, COLOR_NONE, "    %.*s\n", (int)(end - text), text);
	}
}

static void show_conflict(struct ctx *c, const struct conflict *k)
{
	out_addf(c, COLOR_RED, "%s ", conflict_words[k->type]);
	out_addf(c, COLOR_BOLD, "%s", k->node);
	out_addf(c, COLOR_NONE, "%s%s\n", k->field ? ": " : "",
		 k->field ? k->field : "");
	if (k->why) {
		out_addf(c, COLOR_NONE, "  %s\n", k->why);
		return;
	}
	for (size_t i = 0; i < MERGE_SIDES; i++)
		show_text(c, merge_side_words[i], k->text[i]);
}

static json_t *json_conflict(const struct conflict *k)
{
	json_t *v = json_object();

	json_object_set_new(v, "type", json_text(conflict_words[k->type]));
	json_object_set_new(v, "node", json_text(k->node));
	json_object_set_new(v, "field", k->field ? json_text(k->field) :
			    json_null());
	json_object_set_new(v, "why", k->why ? json_text(k->why) :
			    json_null());
	for (size_t i = 0; i < MERGE_SIDES; i++)
		json_object_set_new(v, merge_side_words[i], k->text[i] ?
				    json_text(k->text[i]) : json_null());
	return v;
}

static int show_conflicts(struct ctx *c, const struct merging *m,
			  struct err *err)
{
	struct parts parts = parts_of(c, &c->project.engines);
	size_t n = 0;

	for (size_t i = 0; i < m->nparts; i++) {
		const struct merging_part *part = &m->parts[i];
		json_t *list = json_array();

		part_begin(&parts, part->engine, false);
		for (size_t k = 0; k < part->nconflicts; k++, n++) {
			json_array_append_new(list, json_conflict(
						&part->conflicts[k]));
			if (!c->global.json)
				show_conflict(c, &part->conflicts[k]);
		}
		part_json(&parts, list);
		part_end(&parts);
	}
	if (c->global.json) {
		json_t *v = json_object();

		json_object_set_new(v, "outcome", json_text("conflicts"));
		json_object_set_new(v, "conflicts", parts_json(&parts));
		out_json(c, v);
	}
	parts_close(&parts);
	err_set(err, ERR_CONFLICT, "%s; nothing was written",
		counted(&c->arena, n, "conflict"));
	return err_hint(err, "say which side holds: --ours, --theirs or --base "
			"NODE; or change one of the branches");
}

/* ---- what was made ------------------------------------------------------- */

static const char *const outcomes[] = {
	[MERGING_NOTHING] = "up to date",
	[MERGING_FORWARD] = "fast-forward",
	[MERGING_MADE] = "merged",
	[MERGING_CONFLICTS] = "conflicts",
};

static void show_json(struct ctx *c, const struct merging *m)
{
	json_t *v = json_object();
	bool written = m->version.subject && !m->dry_run;

	json_object_set_new(v, "outcome", json_text(outcomes[m->outcome]));
	json_object_set_new(v, "dry_run", json_boolean(m->dry_run));
	json_object_set_new(v, "version", written ?
			    json_version(c, &m->version) : json_null());
	out_json(c, v);
}

static void show_part(struct ctx *c, const struct merging *m,
		      const struct merging_part *part)
{
	static const char *const sides[] = { "this branch", "the other one" };
	const char *name = m->nparts == 1 ? "" :
			   arena_printf(&c->arena, "%s: ",
					part->engine->name);

	out_addf(c, COLOR_NONE, " %s%s\n", name,
		 diff_summary(&c->arena, &part->diff));
	for (size_t i = 0; i < 2; i++)
		if (part->no_down[i])
			out_addf(c, COLOR_YELLOW, " %sno way back to %s: %s\n",
				 name, sides[i], part->no_down[i]);
	if (part->generated)
		out_addf(c, COLOR_NONE, " %sits source is the merged schema, "
			 "printed; your file is as it was\n", name);
	if (part->no_source)
		out_addf(c, COLOR_NONE, " %sit has no source: merge its "
			 "files, and commit\n", name);
}

static void show_result(struct ctx *c, const struct merging *m)
{
	const char *would = m->dry_run ? "would be " : "";

	if (m->outcome == MERGING_NOTHING) {
		out_addf(c, COLOR_NONE, "already up to date\n");
		return;
	}
	if (m->outcome == MERGING_FORWARD) {
		out_addf(c, COLOR_NONE, "%sfast-forward to %s\n", would,
			 version_title(c, &m->version));
		return;
	}
	if (m->dry_run)
		out_addf(c, COLOR_NONE, "would be merged: %s\n", m->message);
	else
		out_addf(c, COLOR_NONE, "merged: %s\n",
			 version_title(c, &m->version));
	for (size_t i = 0; i < m->nparts; i++)
		show_part(c, m, &m->parts[i]);
}

static int run_merge(struct ctx *c, void *args, struct err *err)
{
	const struct merge_args *a = args;
	struct merging m = {
		.project = &c->project, .no_forward = a->no_ff,
		.dry_run = a->dry_run,
	};

	if (c->args.n > 1) {
		err_set(err, ERR_USAGE, "more than one version to merge");
		return err_hint(err, "merge them one after the other");
	}
	fill_choices(&m, c, a);
	if (named_version(&m.theirs, c, c->args.v[0], err))
		return -1;
	fill_message(&m, c, a->message);
	if (merging_run(&m, &c->arena, err))
		return -1;
	if (m.outcome == MERGING_CONFLICTS)
		return show_conflicts(c, &m, err);
	if (c->global.json)
		show_json(c, &m);
	else if (!c->global.quiet)
		show_result(c, &m);
	return 0;
}

const struct cmd cmd_merge = {
	.name = "merge",
	.summary = "Merge another branch into the current one",
	.usage = "[-m TEXT] [--no-ff] [--dry-run] [--ours NODE]... "
		 "[--theirs NODE]... [--base NODE]... BRANCH",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 99,
	.opts = merge_opts,
	.nopts = ARRAY_LEN(merge_opts),
	.args_size = sizeof(struct merge_args),
	.run = run_merge,
};
