#include "config.h"

#include "cli/cmd.h"

struct fsck_args {
	const char *from;
};

static const struct opt fsck_opts[] = {
	{ "from", 0, OPT_TEXT, offsetof(struct fsck_args, from), "DIR",
	  "take what is damaged or missing from this copy of the store" },
};

struct findings {
	struct ctx *c;
	json_t *all, *lost;
};

static void on_finding(void *ctx, const char *object, const char *rule,
		       const char *text)
{
	struct findings *f = ctx;
	struct oid id;

	if (f->c->global.json) {
		json_array_append_new(f->all, json_pack("{s:o, s:s, s:o}",
				      "object", json_text(object), "rule",
				      rule, "text", json_text(text)));
		return;
	}
	out_addf(f->c, COLOR_RED, "%s %.*s: %s\n", rule,
		 oid_parse(&id, object) ? 500 : 12, object, text);
}

static void on_lost(void *ctx, const struct commit *v)
{
	struct findings *f = ctx;

	if (f->c->global.json)
		json_array_append_new(f->lost, json_version(f->c, v));
	else if (!f->c->global.quiet)
		out_addf(f->c, COLOR_NONE, "lost: no branch or tag leads to "
			 "%s\n", version_title(f->c, v));
}

static const struct spelling *spelling_of(const char *engine)
{
	const struct engine *e = engine_find(engine);

	return e ? e->spelling : NULL;
}

static int run_fsck(struct ctx *c, void *args, struct err *err)
{
	struct fsck_args *a = args;
	struct findings f = { c, json_array(), json_array() };
	struct fsck fsck = {
		.from = a->from, .spelling = spelling_of, .finding = on_finding,
		.lost = on_lost, .ctx = &f,
	};
	int ret = store_fsck(&fsck, c->project.store, err);

	if (!ret && c->global.json)
		out_json(c, json_pack("{s:I, s:I, s:O, s:O}", "checked",
				      (json_int_t)fsck.checked, "healed",
				      (json_int_t)fsck.healed, "findings",
				      f.all, "lost", f.lost));
	else if (!ret && !c->global.quiet)
		out_addf(c, COLOR_NONE, "%zu objects checked, %zu findings%s\n",
			 fsck.checked, fsck.findings, !fsck.healed ? "" :
			 arena_printf(&c->arena, ", %zu healed", fsck.healed));
	json_decref(f.all);
	json_decref(f.lost);
	c->status = fsck.findings ? err_exit_status(ERR_DAMAGED) : 0;
	return ret;
}

const struct cmd cmd_fsck = {
	.name = "fsck",
	.summary = "Check every object of the store",
	.usage = "[--from DIR]",
	.needs = NEED_STORE,
	.opts = fsck_opts,
	.nopts = ARRAY_LEN(fsck_opts),
	.args_size = sizeof(struct fsck_args),
	.run = run_fsck,
};
