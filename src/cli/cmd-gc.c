#include "config.h"

#include <inttypes.h>

#include "cli/cmd.h"

static int run_gc(struct ctx *c, void *args, struct err *err)
{
	struct gc_report r;

	(void)args;
	if (store_gc(&r, c->project.store, err))
		return -1;
	if (c->global.json)
		out_json(c, json_pack("{s:I, s:I, s:I, s:I}", "packed",
				      (json_int_t)r.packed, "pruned",
				      (json_int_t)r.pruned, "before",
				      (json_int_t)r.before, "after",
				      (json_int_t)r.after));
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%zu objects packed, %zu pruned, "
			 "%" PRIu64 " -> %" PRIu64 " bytes\n", r.packed,
			 r.pruned, r.before, r.after);
	return 0;
}

const struct cmd cmd_gc = {
	.name = "gc",
	.summary = "Pack the store, and drop what nothing needs",
	.usage = "",
	.needs = NEED_STORE,
	.run = run_gc,
};
