#include "config.h"

#include "cli/cmd.h"

struct findings {
	struct ctx *c;
	json_t *all;
};

static void on_finding(void *ctx, const char *object, const char *rule,
		       const char *text)
{
	struct findings *f = ctx;

	if (f->c->global.json) {
		json_array_append_new(f->all, json_pack("{s:s, s:s, s:s}",
				      "object", object, "rule", rule, "text",
				      text));
		return;
	}
	out_addf(f->c, COLOR_RED, "%s %.12s: %s\n", rule, object, text);
}

static const struct spelling *spelling_of(const char *engine)
{
	const struct engine *e = engine_find(engine);

	return e ? e->spelling : NULL;
}

static int run_fsck(struct ctx *c, void *args, struct err *err)
{
	struct findings f = { .c = c, .all = json_array() };
	size_t n, checked;

	(void)args;
	if (store_fsck(c->project.store, &n, &checked, spelling_of, on_finding,
		       &f, err)) {
		json_decref(f.all);
		return -1;
	}
	if (c->global.json) {
		out_json(c, json_pack("{s:I, s:O}", "checked",
				      (json_int_t)checked, "findings",
				      f.all));
	} else if (!c->global.quiet) {
		out_addf(c, COLOR_NONE, "%zu objects checked, %zu findings\n",
			 checked, n);
	}
	json_decref(f.all);
	c->status = n ? err_exit_status(ERR_DAMAGED) : 0;
	return 0;
}

const struct cmd cmd_fsck = {
	.name = "fsck",
	.summary = "Check every object of the store",
	.usage = "",
	.needs = NEED_STORE,
	.run = run_fsck,
};
