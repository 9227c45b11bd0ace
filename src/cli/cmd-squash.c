#include "config.h"

#include "cli/merged.h"

struct squash_args {
	const char *message;
	bool dry_run;
};

static const struct opt squash_opts[] = {
	{ "message", 'm', OPT_TEXT, offsetof(struct squash_args, message),
	  "TEXT", "what they come to, and why" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct squash_args, dry_run),
	  NULL, "tell whether it can be, and write nothing" },
};

/* A..B, A.. */
static int parse_run(struct commit *since, struct merging *m, struct ctx *c,
		     const char *text, struct err *err)
{
	const char *dots = strstr(text, "..");

	if (!dots || dots == text || dots[2] == '.') {
		err_set(err, ERR_USAGE, "'%s' is no run of versions", text);
		return err_hint(err, "write A..B: what follows A, as far as "
				"B; or A.., as far as HEAD");
	}
	return named_version(since, c, arena_strndup(&c->arena, text,
						     (size_t)(dots - text)),
			     err) ||
	       named_version(&m->theirs, c, dots[2] ? dots + 2 : "HEAD",
			     err) ? -1 : 0;
}

static int run_squash(struct ctx *c, void *args, struct err *err)
{
	const struct squash_args *a = args;
	struct commit since;
	struct merging m = {
		.project = &c->project, .dry_run = a->dry_run, .since = &since,
	};

	if (parse_run(&since, &m, c, c->args.v[0], err))
		return -1;
	if (!a->message) {
		err_set(err, ERR_USAGE, "what do they come to?");
		return err_hint(err, "say so: -m TEXT");
	}
	merged_message(&m, c, a->message);
	return merging_run(&m, &c->arena, err) ||
	       merged_show(c, &m, "squashed", err) ? -1 : 0;
}

const struct cmd cmd_squash = {
	.name = "squash",
	.summary = "Make one version of several",
	.usage = "[--dry-run] -m TEXT A..[B]",
	.needs = NEED_STORE,
	.min_args = 1,
	.max_args = 1,
	.opts = squash_opts,
	.nopts = ARRAY_LEN(squash_opts),
	.args_size = sizeof(struct squash_args),
	.run = run_squash,
};
