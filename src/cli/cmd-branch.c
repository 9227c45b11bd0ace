#include "config.h"

#include "cli/names.h"

#include "ss/open-merge.h"
#include "ss/policies.h"

#define PREFIX "refs/heads/"

struct branch_args {
	bool list;
	bool verbose;
	bool show;
	const char *contains, *merged, *no_merged;
	bool delete, delete_force;
	bool move, move_force;
	bool force;
};

static const struct opt branch_opts[] = {
	{ "list", 'l', OPT_FLAG, offsetof(struct branch_args, list), NULL,
	  "list those whose names match a pattern" },
	{ "verbose", 'v', OPT_FLAG, offsetof(struct branch_args, verbose),
	  NULL, "with the version that each one is at" },
	{ "contains", 0, OPT_TEXT, offsetof(struct branch_args, contains),
	  "VERSION", "list those that have this version" },
	{ "merged", 0, OPT_TEXT, offsetof(struct branch_args, merged),
	  "VERSION", "list those that this version has all of" },
	{ "no-merged", 0, OPT_TEXT, offsetof(struct branch_args, no_merged),
	  "VERSION", "list those that it has not all of" },
	{ "show-current", 0, OPT_FLAG, offsetof(struct branch_args, show),
	  NULL, "the current branch's name alone" },
	{ "delete", 'd', OPT_FLAG, offsetof(struct branch_args, delete), NULL,
	  "delete branches that the current one has all of" },
	{ "force-delete", 'D', OPT_FLAG,
	  offsetof(struct branch_args, delete_force), NULL,
	  "delete branches, whatever they have: --delete --force" },
	{ "move", 'm', OPT_FLAG, offsetof(struct branch_args, move), NULL,
	  "rename the branch OLD, or the current one" },
	{ "force-move", 'M', OPT_FLAG,
	  offsetof(struct branch_args, move_force), NULL,
	  "the same, over a branch that is there: --move --force" },
	{ "force", 'f', OPT_FLAG, offsetof(struct branch_args, force), NULL,
	  "move a branch that is there" },
};

static const char *full_name(struct ctx *c, const char *name)
{
	return arena_printf(&c->arena, PREFIX "%s", name);
}

/* 1 it is the current branch: ERR_REFUSED; 0 */
static int is_current(const char *full, const char *current, const char *verb,
		      struct err *err)
{
	if (strcmp(full, current))
		return 0;
	err_set(err, ERR_REFUSED, "cannot %s branch '%s': it is the current "
		"branch", verb, full + strlen(PREFIX));
	err_hint(err, "go to another one first: 'schemastore checkout "
		 "BRANCH'");
	return 1;
}

/* ---- deleting ----------------------------------------------------------- */

/* Nothing is lost: what the branch has, the current one has too. */
static int check_merged(struct ctx *c, const char *name,
			const struct oid *branch, struct err *err)
{
	struct store *s = c->project.store;
	struct oid head, base;
	int ret = ref_read(&head, s, "HEAD", err);

	if (ret > 0)
		ret = merge_bases(&base, 1, s, &head, branch, err);
	if (ret < 0)
		return -1;
	if (ret && oid_equal(&base, branch))
		return 0;
	err_set(err, ERR_REFUSED, "branch '%s' is not fully merged: it has "
		"versions that the current branch has not", name);
	return err_hint(err, "if you are sure you want to delete it, run "
			"'schemastore branch -D %s'; a tag keeps them: "
			"'schemastore tag NAME %s'", name, name);
}

static int check_delete(struct ctx *c, const char *name, const char *current,
			bool force, struct err *err)
{
	const char *full = full_name(c, name);
	struct oid branch;
	int ret = ref_read(&branch, c->project.store, full, err);

	if (!ret)
		return name_missing(PREFIX, name, err);
	return ret < 0 || is_current(full, current, "delete", err) ||
	       (!force && check_merged(c, name, &branch, err)) ? -1 : 0;
}

static int delete(struct ctx *c, const char *current, bool force,
		  struct err *err)
{
	const struct list *names = &c->args;

	for (size_t i = 0; i < names->n; i++)
		if (check_delete(c, names->v[i], current, force, err))
			return -1;
	return names_delete(c, PREFIX, err);
}

/* ---- renaming ----------------------------------------------------------- */

/* May the new name be taken?  *now is what it is at, where something is. */
static int check_new(struct ctx *c, const char *to, const char *current,
		     bool force, struct oid *now, struct err *err)
{
	const char *full = full_name(c, to);
	int ret;

	if (name_check(PREFIX, to, err))
		return -1;
	ret = ref_read(now, c->project.store, full, err);
	if (ret > 0 && !force) {
		ret = name_taken(PREFIX, to, err);
		err_hint(err, "take another name; -M instead of -m takes it "
			 "from that branch");
	} else if (ret > 0 && is_current(full, current, "force update", err)) {
		ret = -1;
	}
	return ret;
}

/* An open merge names the branch that it is into. */
static int check_merge(struct ctx *c, const char *from, struct err *err)
{
	struct store *s = c->project.store;
	struct open_merge o;
	int ret = open_merge_read(&o, s, &c->arena, err);

	return ret > 0 && !strcmp(o.branch, from) ? open_merge_none(s, err) :
	       ret < 0 ? -1 : 0;
}

/* The new name first, so that there is always one; `old` NULL: HEAD's branch
 * that has no version yet. */
static int rename_locked(struct ctx *c, const char *from, const char *to,
			 const struct oid *old, const char *current,
			 const struct oid *over, struct err *err)
{
	struct store *s = c->project.store;

	if ((old && policy_refuse_protected(s, from, &c->arena, err)) ||
	    policy_refuse_protected(s, to, &c->arena, err) ||
	    (old && ref_update(s, to, over, old, "renamed", err)))
		return -1;
	if (!strcmp(from, current) && head_set(s, to, err))
		return -1;
	return old && (ref_update(s, from, old, NULL, "renamed", err) ||
		       ref_log_move(s, from, to, err)) ? -1 : 0;
}

static int rename_branch(struct ctx *c, const char *from, const char *to,
			 const char *current, bool force, struct err *err)
{
	const char *old_name = full_name(c, from);
	struct store *s = c->project.store;
	struct oid old, now;
	int has_old, has_new, ret = -1;

	if (store_lock(s, err))
		return -1;
	has_old = ref_read(&old, s, old_name, err);
	if (!has_old && strcmp(old_name, current)) {
		name_missing(PREFIX, from, err);
		goto out;
	}
	if (has_old < 0 || check_merge(c, old_name, err))
		goto out;
	has_new = !strcmp(from, to) ? 0 :
		  check_new(c, to, current, force, &now, err);
	if (!strcmp(from, to))
		ret = 0;
	else if (has_new >= 0)
		ret = rename_locked(c, old_name, full_name(c, to),
				    has_old ? &old : NULL, current,
				    has_new ? &now : NULL, err);
out:
	store_unlock(s);
	return ret;
}

/* [OLD] NEW */
static int move(struct ctx *c, const char *current, bool force,
		struct err *err)
{
	const struct list *words = &c->args;
	const char *from;

	if (!words->n)
		return err_set(err, ERR_USAGE, "branch name required");
	if (words->n > 2)
		return err_set(err, ERR_USAGE, "too many arguments for a "
			       "rename operation");
	if (words->n == 1 && !*current)
		return err_set(err, ERR_USAGE, "cannot rename the current "
			       "branch while not on any");
	from = words->n == 1 ? current + strlen(PREFIX) : words->v[0];
	return rename_branch(c, from, words->v[words->n - 1], current, force,
			     err);
}

/* ------------------------------------------------------------------------- */

static int make(struct ctx *c, const char *current, bool force,
		struct err *err)
{
	const struct list *words = &c->args;

	if (words->n > 2)
		return err_set(err, ERR_USAGE, "a branch is made at one "
			       "version");
	if (force && is_current(full_name(c, words->v[0]), current,
				"force update", err))
		return -1;
	return name_make(c, PREFIX, words->v[0],
			 words->n > 1 ? words->v[1] : "HEAD", force, err);
}

static bool lists(const struct branch_args *a)
{
	return a->list || a->verbose || a->contains || a->merged ||
	       a->no_merged;
}

static int check_one(const struct branch_args *a, struct err *err)
{
	int n = (a->delete || a->delete_force) + (a->move || a->move_force) +
		lists(a) + a->show;

	return n > 1 ? err_set(err, ERR_USAGE, "deleting, renaming and listing "
			       "branches: one of them at a time") : 0;
}

static int run_branch(struct ctx *c, void *args, struct err *err)
{
	struct branch_args *a = args;
	struct names_query q = {
		.prefix = PREFIX, .versions = a->verbose,
		.contains = a->contains, .merged = a->merged,
		.no_merged = a->no_merged,
	};
	struct err nowhere = ERR_INIT;

	if (check_one(a, err))
		return -1;
	if (head_ref(&q.current, c->project.store, &c->arena, &nowhere))
		q.current = "";
	if (a->show && *q.current)
		out_addf(c, COLOR_NONE, "%s\n", q.current + strlen(PREFIX));
	if (a->show)
		return 0;
	if (a->delete || a->delete_force)
		return delete(c, q.current, a->force || a->delete_force, err);
	if (a->move || a->move_force)
		return move(c, q.current, a->force || a->move_force, err);
	if (!c->args.n || lists(a))
		return names_list(c, &q, err);
	return make(c, q.current, a->force, err);
}

const struct cmd cmd_branch = {
	.name = "branch",
	.summary = "List, make, rename or delete branches",
	.usage = "[-v] [-l [PATTERN...]] [--contains|--merged VERSION] | "
		 "--show-current | [-f] NAME [VERSION] | -m|-M [OLD] NEW | "
		 "-d|-D NAME...",
	.needs = NEED_STORE,
	.max_args = 99,
	.opts = branch_opts,
	.nopts = ARRAY_LEN(branch_opts),
	.args_size = sizeof(struct branch_args),
	.run = run_branch,
};
