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
				(struct merge_choice){ side[of].v[i], of,
						       false };
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
