#include "config.h"

#include "cli/trust.h"

#include "ss/witness.h"

struct witness_args {
	const char *name;
};

static const struct opt witness_opts[] = {
	{ "name", 0, OPT_TEXT, offsetof(struct witness_args, name), "NAME",
	  "of the witness, where no policy says whose the key is" },
};

static void show(struct ctx *c, const struct witness *w)
{
	if (c->global.json)
		out_json(c, json_pack("{s:I, s:b, s:s, s:s}", "checkpoint",
				      (json_int_t)w->seq, "new", !w->again,
				      "name", w->name, "key", w->key));
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s %s checkpoint %llu\n", w->name,
			 w->again ? "has signed" : "signs",
			 (unsigned long long)w->seq);
}

static int find_dir(struct witness *w, struct ctx *c, struct err *err)
{
	struct commit project;
	const char *dir;

	if (store_project(&project, c->project.store, &c->arena, err))
		return -1;
	dir = project_state_dir(&c->project, project.strong.b);
	if (!dir)
		return err_set(err, ERR_REFUSED, "there is no home to remember "
			       "in what was signed");
	w->dir = arena_printf(&c->arena, "%s/witness", dir);
	return 0;
}

static int run_witness(struct ctx *c, void *args, struct err *err)
{
	const struct witness_args *a = args;
	struct witness w = { .name = a->name };
	int ret;

	if (strcmp(c->args.v[0], "sign")) {
		err_set(err, ERR_USAGE, "'witness %s' is nothing that can be "
			"done", c->args.v[0]);
		return err_hint(err, "there is 'witness sign'");
	}
	if (find_dir(&w, c, err) || trust_open(&w.l, c, NULL, err))
		return -1;
	ret = witness_sign(&w, &c->arena, err);
	store_unlock(c->project.store);
	if (!ret)
		show(c, &w);
	return ret;
}

const struct cmd cmd_witness = {
	.name = "witness",
	.summary = "Countersign the newest checkpoint",
	.usage = "sign [--name NAME]",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 1,
	.opts = witness_opts,
	.nopts = ARRAY_LEN(witness_opts),
	.args_size = sizeof(struct witness_args),
	.run = run_witness,
};
