/*
 * revert and cherry-pick: one is the other, backwards.
 */
#include "config.h"

#include "cli/merged.h"

#include "ss/picking.h"

static int take_mainline(unsigned *out, const char *text, struct err *err)
{
	uint64_t n = 0;

	if (text && (parse_u64(&n, text, COMMIT_PARENTS) || !n))
		return err_set(err, ERR_USAGE, "'%s' is no parent's number",
			       text);
	*out = (unsigned)n;
	return 0;
}

int run_pick(struct ctx *c, const struct pick_args *a, bool back,
	     struct err *err)
{
	struct picking p = {
		.m = { .project = &c->project, .dry_run = a->dry_run },
		.back = back, .named = a->named,
	};

	merged_choices(&p.m, c, a->side);
	if (a->message)
		merged_message(&p.m, c, a->message);
	return take_mainline(&p.mainline, a->mainline, err) ||
	       named_version(&p.version, c, c->args.v[0], err) ||
	       picking_run(&p, &c->arena, err) ||
	       merged_show(c, &p.m, back ? "reverted" : "picked", err) ? -1 :
	       0;
}
