#include "config.h"

#include "cli/merged.h"

/* What was decided about a node, in a word. */
static const char *settled_as(const struct merge_choice *v)
{
	if (v->up)
		return *v->up ? "sql" : "skip";
	return v->side < MERGE_SIDES ? merge_side_words[v->side] :
	       v->own ? "sql" : "drop";
}

static json_t *list_settled(struct ctx *c, const struct merging *m)
{
	json_t *all = json_array();

	for (size_t i = 0; i < m->nchoices; i++) {
		const struct merge_choice *v = &m->choices[i];

		json_array_append_new(all, json_pack("{s:o, s:s}", "node",
				      json_text(v->node), "as",
				      settled_as(v)));
		if (!c->global.json && !c->global.quiet)
			out_addf(c, COLOR_GREEN, "settled %s: %s\n", v->node,
				 settled_as(v));
	}
	return all;
}

static int run_conflicts(struct ctx *c, void *args, struct err *err)
{
	struct merging m = { .project = &c->project };
	json_t *list, *v = json_object();
	size_t n;

	(void)args;
	if (merging_look(&m, &c->arena, err)) {
		json_decref(v);
		return -1;
	}
	n = list_conflicts(&list, c, &m);
	json_object_set_new(v, "merge", json_version(c, &m.theirs));
	json_object_set_new(v, "conflicts", list);
	json_object_set_new(v, "settled", list_settled(c, &m));
	if (c->global.json)
		out_json(c, json_incref(v));
	json_decref(v);
	if (n)
		return conflicts_open(c, n, err);
	all_settled(c);
	return 0;
}

const struct cmd cmd_conflicts = {
	.name = "conflicts",
	.summary = "List what is to be settled in the open merge",
	.usage = "",
	.needs = NEED_STORE,
	.run = run_conflicts,
};
