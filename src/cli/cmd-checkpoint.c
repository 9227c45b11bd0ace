#include "config.h"

#include "cli/trust.h"

#include "ss/checkpoints.h"

struct checkpoint_args {
	struct list rewound;
};

static const struct opt checkpoint_opts[] = {
	{ "rewound", 0, OPT_LIST, offsetof(struct checkpoint_args, rewound),
	  "NAME", "this branch or tag was put back, moved or deleted by one "
	  "of you" },
};

static void show(struct ctx *c, const struct commit *made,
		 const struct tips *tips)
{
	char hex[SHA256_HEX];
	size_t n = 0;

	for (size_t i = 0; i < tips->n; i++)
		n += tips->v[i].word != TIP_DELETED;
	hex_encode(hex, made->strong.b, SHA256_LEN);
	if (c->global.json)
		out_json(c, json_pack("{s:I, s:s, s:I}", "checkpoint",
				      (json_int_t)made->seq, "id", hex, "refs",
				      (json_int_t)n));
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "Checkpoint %llu: %s\n",
			 (unsigned long long)made->seq,
			 counted(&c->arena, n, "ref"));
}

static int run_checkpoint(struct ctx *c, void *args, struct err *err)
{
	const struct checkpoint_args *a = args;
	struct landing l;
	struct commit made;
	struct tips tips;
	int ret;

	if (trust_open(&l, c, CHECKPOINTS_REF, err))
		return -1;
	ret = checkpoint_write(&made, &tips, &l, &a->rewound, &c->arena, err);
	store_unlock(c->project.store);
	if (!ret)
		show(c, &made, &tips);
	return ret;
}

const struct cmd cmd_checkpoint = {
	.name = "checkpoint",
	.summary = "Sign where all branches and ledgers are",
	.usage = "[--rewound NAME]...",
	.needs = NEED_STORE,
	.opts = checkpoint_opts,
	.nopts = ARRAY_LEN(checkpoint_opts),
	.args_size = sizeof(struct checkpoint_args),
	.run = run_checkpoint,
};
