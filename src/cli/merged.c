/*
 * What the commands that merge share: which side holds, the conflicts, what
 * was made.
 */
#include "config.h"

#include "cli/merged.h"

void merged_choices(struct merging *m, struct ctx *c, const struct list *side)
{
	size_t cap = 0;

	for (size_t of = 0; of < MERGE_SIDES; of++)
		for (size_t i = 0; i < side[of].n; i++)
			*ARENA_PUSH(&c->arena, m->choices, m->nchoices, cap) =
				(struct merge_choice){
					.node = side[of].v[i], .side = of,
				};
}

void merged_message(struct merging *m, struct ctx *c, const char *text)
{
	const char *nl = strchr(text, '\n');

	m->message = !nl ? text :
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

static bool has_texts(const struct conflict *k)
{
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (k->text[i])
			return true;
	return false;
}

void show_conflict(struct ctx *c, const struct conflict *k)
{
	out_addf(c, COLOR_RED, "%s ", conflict_words[k->type]);
	out_addf(c, COLOR_BOLD, "%s", k->node);
	out_addf(c, COLOR_NONE, "%s%s\n", k->field ? ": " : "",
		 k->field ? k->field : "");
	if (k->why)
		out_addf(c, COLOR_NONE, "  %s\n", k->why);
	if (k->no_base)
		out_addf(c, COLOR_NONE, "  there are several bases, which "
			 "differ in it\n");
	for (size_t i = k->no_base; i < MERGE_SIDES && has_texts(k); i++)
		if (k->text[i] || k->type != CONFLICT_STEP)
			show_text(c, merge_side_words[i], k->text[i]);
}

static json_t *json_maybe(const char *text)
{
	return text ? json_text(text) : json_null();
}

/* All that either side has said of it is in there. */
static json_t *json_conflict(const struct conflict *k)
{
	json_t *v = json_object(), *objects = json_object();

	json_object_set_new(v, "type", json_text(conflict_words[k->type]));
	json_object_set_new(v, "node", json_text(k->node));
	json_object_set_new(v, "field", json_maybe(k->field));
	json_object_set_new(v, "why", json_maybe(k->why));
	json_object_set_new(v, "several_bases", json_boolean(k->no_base));
	for (size_t i = 0; i < MERGE_SIDES; i++) {
		json_object_set_new(v, merge_side_words[i],
				    json_maybe(k->text[i]));
		json_object_set_new(objects, merge_side_words[i],
				    json_maybe(k->object[i]));
	}
	json_object_set_new(v, "objects", objects);
	return v;
}

size_t list_conflicts(json_t **out, struct ctx *c, const struct merging *m)
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
	*out = parts_json(&parts);
	parts_close(&parts);
	return n;
}

int conflicts_open(struct ctx *c, size_t n, struct err *err)
{
	err_set(err, ERR_CONFLICT, "%s; the merge is open",
		counted(&c->arena, n, "conflict"));
	return err_hint(err, "settle each with 'schemastore resolve NODE', "
			"then 'schemastore merge --continue'; or 'merge "
			"--abort'");
}

void all_settled(struct ctx *c)
{
	if (!c->global.json && !c->global.quiet)
		out_addf(c, COLOR_NONE, "all conflicts are settled: make the "
			 "version with 'schemastore merge --continue'\n");
}

int show_conflicts(struct ctx *c, const struct merging *m, struct err *err)
{
	json_t *list, *v = json_object();
	size_t n = list_conflicts(&list, c, m);

	json_object_set_new(v, "outcome", json_text("conflicts"));
	json_object_set_new(v, "conflicts", list);
	if (c->global.json)
		out_json(c, json_incref(v));
	json_decref(v);
	if (m->kept)
		return conflicts_open(c, n, err);
	err_set(err, ERR_CONFLICT, "%s; nothing was written",
		counted(&c->arena, n, "conflict"));
	return err_hint(err, "say which side holds: --ours, --theirs or --base "
			"NODE; or %s", m->base ? "change one of the branches" :
			"merge without --dry-run, and settle each with "
			"'schemastore resolve'");
}

/* ---- what was made ------------------------------------------------------- */

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

static void show_json(struct ctx *c, const struct merging *m, const char *did)
{
	const char *const outcomes[] = {
		[MERGING_NOTHING] = "up to date",
		[MERGING_FORWARD] = "fast-forward",
		[MERGING_MADE] = did,
	};
	json_t *v = json_object();
	bool written = m->version.subject && !m->dry_run;

	json_object_set_new(v, "outcome", json_text(outcomes[m->outcome]));
	json_object_set_new(v, "dry_run", json_boolean(m->dry_run));
	json_object_set_new(v, "version", written ?
			    json_version(c, &m->version) : json_null());
	out_json(c, v);
}

static void show_result(struct ctx *c, const struct merging *m,
			const char *did)
{
	const char *would = m->dry_run ? "would be " : "";

	if (m->outcome == MERGING_NOTHING) {
		out_addf(c, COLOR_NONE, "%s\n", m->base ? "nothing to do: the "
			 "schema would be as it is" : "already up to date");
		return;
	}
	if (m->outcome == MERGING_FORWARD) {
		out_addf(c, COLOR_NONE, "%sfast-forward to %s\n", would,
			 version_title(c, &m->version));
		return;
	}
	out_addf(c, COLOR_NONE, "%s%s: %s\n", would, did, m->dry_run ?
		 m->message : version_title(c, &m->version));
	for (size_t i = 0; i < m->nparts; i++)
		show_part(c, m, &m->parts[i]);
}

int merged_show(struct ctx *c, const struct merging *m, const char *did,
		struct err *err)
{
	if (m->outcome == MERGING_CONFLICTS)
		return show_conflicts(c, m, err);
	if (m->outcome == MERGING_NOTHING && m->base)
		c->status = 1;
	if (c->global.json)
		show_json(c, m, did);
	else if (!c->global.quiet)
		show_result(c, m, did);
	return 0;
}
