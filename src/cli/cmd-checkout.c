#include "config.h"

#include "cli/apply-cli.h"
#include "cli/names.h"
#include "ss/open-merge.h"

#define PREFIX "refs/heads/"

struct checkout_args {
	struct apply_args apply;	/* first: APPLY_OPT counts from it */
	bool make;
	const char *db;
};
_Static_assert(!offsetof(struct checkout_args, apply), "APPLY_OPT");

static const struct opt checkout_opts[] = {
	{ "make", 'b', OPT_FLAG, offsetof(struct checkout_args, make), NULL,
	  "make the branch first" },
	{ "db", 0, OPT_TEXT, offsetof(struct checkout_args, db), "DATABASE",
	  "take this database to the version instead" },
	OPTS_APPLY,
};

/* An open merge is of the branch that it was begun on: back to that alone. */
static int may_leave(struct ctx *c, const char *to, struct err *err)
{
	struct store *s = c->project.store;
	struct open_merge o;
	struct err none = ERR_INIT;

	if (open_merge_read(&o, s, &c->arena, &none) > 0 &&
	    !strcmp(o.branch, to))
		return 0;
	return open_merge_none(s, err);
}

static int go_to_branch(struct ctx *c, const struct checkout_args *a,
			struct err *err)
{
	struct store *s = c->project.store;
	const char *name = c->args.v[0];
	const char *full = arena_printf(&c->arena, PREFIX "%s", name);
	struct oid id;
	int ret;

	if (may_leave(c, full, err))
		return -1;
	if (a->make && name_make(c, PREFIX, name, c->args.n > 1 ?
				 c->args.v[1] : "HEAD", false, err))
		return -1;
	ret = ref_name_valid(full) ? ref_read(&id, s, full, err) : 0;
	if (ret < 0)
		return -1;
	if (!ret) {
		err_set(err, ERR_USAGE, "there is no branch '%s'", name);
		return err_hint(err, "make it with 'schemastore checkout -b "
				"%s'", name);
	}
	if (store_lock(s, err))
		return -1;
	ret = head_set(s, full, err);
	store_unlock(s);
	if (!ret && !c->global.quiet)
		out_addf(c, COLOR_NONE, "on branch %s, at %s\n", name,
			 short_id(c, &id));
	return ret;
}

static int move_database(struct ctx *c, const struct checkout_args *a,
			 struct err *err)
{
	struct apply ap = { 0 };

	if (take_apply_args(&ap, &a->apply, err) ||
	    project_database(&ap.db, &c->project, a->db, err) ||
	    named_version(&ap.to, c, c->args.n ? c->args.v[0] : "HEAD", err))
		return -1;
	return run_move(c, &ap, err);
}

static int check_words(const struct ctx *c, const struct checkout_args *a,
		       struct err *err)
{
	static const struct apply_args none;

	if (a->db && a->make)
		return err_set(err, ERR_USAGE, "'-b' makes a branch, '--db' "
			       "takes a database: one of them");
	if (a->db && c->args.n > 1)
		return err_set(err, ERR_USAGE, "'--db %s' takes one version",
			       a->db);
	if (!a->db && !c->args.n)
		return err_set(err, ERR_USAGE, "which branch?");
	if (!a->db && memcmp(&a->apply, &none, sizeof(none)))
		return err_set(err, ERR_USAGE, "that option is for '--db'");
	return 0;
}

static int run_checkout(struct ctx *c, void *args, struct err *err)
{
	const struct checkout_args *a = args;

	if (check_words(c, a, err))
		return -1;
	return a->db ? move_database(c, a, err) : go_to_branch(c, a, err);
}

const struct cmd cmd_checkout = {
	.name = "checkout",
	.summary = "Go to another branch, or take a database to a version",
	.usage = "[-b] BRANCH [VERSION] | --db DATABASE [VERSION]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = checkout_opts,
	.nopts = ARRAY_LEN(checkout_opts),
	.args_size = sizeof(struct checkout_args),
	.run = run_checkout,
};
