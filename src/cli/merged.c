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

int show_conflicts(struct ctx *c, const struct merging *m, struct err *err)
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

void print_merged_parts(struct ctx *c, const struct merging *m)
{
	for (size_t i = 0; i < m->nparts; i++)
		show_part(c, m, &m->parts[i]);
}
