#include "config.h"

#include "cli/apply-cli.h"

#include "ss/aerich.h"
#include "ss/open-merge.h"
#include "ss/policies.h"

struct downgrade_args {
	struct apply_args apply;	/* first: APPLY_OPT counts from it */
	const char *number;
	bool delete;
};
_Static_assert(!offsetof(struct downgrade_args, apply), "APPLY_OPT");

static const struct opt downgrade_opts[] = {
	{ "version", 'v', OPT_TEXT, offsetof(struct downgrade_args, number),
	  "N", "the version with Aerich's number N, and all behind it" },
	{ "delete", 'd', OPT_FLAG, offsetof(struct downgrade_args, delete),
	  NULL, "the branch goes back, too" },
	OPTS_APPLY,
};

static bool is_steps(const char *text, uint64_t *steps)
{
	return !parse_u64(steps, text, 999999);
}

/* [DATABASE] [STEPS|VERSION]; a number of up to six digits is steps. */
static int parse_words(struct ctx *c, struct apply *ap, const char **where,
		       struct err *err)
{
	struct err no_database = ERR_INIT;

	*where = c->args.n == 2 ? c->args.v[1] : "1";
	if (!c->args.n)
		return project_database(&ap->db, &c->project, NULL, err);
	if (!project_database(&ap->db, &c->project, c->args.v[0],
			      &no_database))
		return 0;
	if (c->args.n == 2) {
		*err = no_database;
		return -1;
	}
	*where = c->args.v[0];
	if (!project_database(&ap->db, &c->project, NULL, err))
		return 0;
	*err = no_database;
	return -1;
}

/* There is nothing to take back: is there anything? */
static int at_nothing(struct ctx *c, const struct apply *ap,
		      struct conn *conn, const struct standing *st,
		      struct err *err)
{
	const char *word = ap->db.word;
	struct standing whole = { .drifted = false };

	if (st->trouble) {
		*err = *st->trouble;
		return -1;
	}
	if (!st->ledger.next_row &&
	    standing_read(&whole, &c->project, conn, &ap->db, true, &c->arena,
			  err))
		return -1;
	schema_release(&whole.real);
	if (whole.drifted) {
		err_set(err, ERR_USAGE, "database '%s' has objects, but no "
			"ledger that says which version it is at", word);
		return err_hint(err, "if it is at a version, say so: "
				"'schemastore baseline %s VERSION'", word);
	}
	err_set(err, ERR_USAGE, "database '%s' is at nothing: there is no "
		"version to take it back from", word);
	return err_hint(err, "'schemastore upgrade %s' takes it to a version",
			word);
}

static int too_many(const struct apply *ap, const struct commit *at,
		    uint64_t steps, uint64_t most, struct err *err)
{
	err_set(err, ERR_USAGE, "database '%s' cannot go back %u versions: "
		"from '%s' back to nothing it is %u", ap->db.word,
		(unsigned)steps, at->subject, (unsigned)most);
	return err_hint(err, "'schemastore downgrade %s %u' takes it back to "
			"nothing", ap->db.word, (unsigned)most);
}

/* So many versions before the one the database is at. */
static int steps_before(struct ctx *c, struct apply *ap, uint64_t steps,
			struct err *err)
{
	uint64_t n = 0;

	ap->to = ap->from;
	for (; n < steps && ap->to.kind == COMMIT_SCHEMA; n++)
		if (store_commit(&ap->to, c->project.store,
				 &ap->to.parents[0].oid, &c->arena, err))
			return -1;
	return n < steps ? too_many(ap, &ap->from, steps, n, err) : 0;
}

/* Before the one with this number of Aerich's. */
static int before_number(struct ctx *c, struct apply *ap, uint64_t number,
			 struct err *err)
{
	const struct aerich_version *found;
	struct aerich_version *v;
	size_t n;

	if (aerich_versions(&v, &n, &c->project, &ap->from, ap->db.engine,
			    NULL, &c->arena, err) ||
	    aerich_find(&found, v, n, number, err))
		return -1;
	return store_commit(&ap->to, c->project.store,
			    &found->version.parents[0].oid, &c->arena, err);
}

typedef int (*back_fn)(struct ctx *c, struct apply *ap, uint64_t n,
		       struct err *err);

/* From the version that the database is at. */
static int go_back(struct ctx *c, struct apply *ap, back_fn back, uint64_t n,
		   struct err *err)
{
	struct standing st;
	struct conn *conn;
	int ret = -1;

	if (database_open(&conn, &ap->db, CONN_READ, err))
		return -1;
	if (standing_read(&st, &c->project, conn, &ap->db, false, &c->arena,
			  err))
		goto out;
	if (standing_known(&st, &ap->db, err))
		goto out;
	if (!st.known) {
		at_nothing(c, ap, conn, &st, err);
		goto out;
	}
	ap->from = st.version;
	ret = back(c, ap, n, err);
	ap->to_nothing = !ret && ap->to.kind != COMMIT_SCHEMA;
out:
	ap->db.engine->close(conn);
	return ret;
}

/* ---- the branch --------------------------------------------------------- */

/* What the branch has, the database must have had: nothing else is lost. */
static int check_delete(struct ctx *c, const struct apply *ap,
			struct err *err)
{
	struct commit tip;

	if (ap->dry_run)
		return err_set(err, ERR_USAGE, "'--delete' and '--dry-run': "
			       "not both");
	if (head_version(&tip, c, err) ||
	    open_merge_none(c->project.store, err))
		return -1;
	if (oid_equal(&tip.oid, &ap->from.oid))
		return 0;
	err_set(err, ERR_REFUSED, "the branch is at %s, and database '%s' at "
		"%s: what it does not have is not deleted",
		version_title(c, &tip), ap->db.word,
		version_title(c, &ap->from));
	return err_hint(err, "upgrade it first, or go without --delete");
}

static int delete_locked(struct ctx *c, const struct oid *from,
			 const struct apply *ap, struct err *err)
{
	struct store *s = c->project.store;
	const char *ref;

	return head_ref(&ref, s, &c->arena, err) ||
	       policy_refuse_protected(s, ref, &c->arena, err) ||
	       ref_update(s, ref, from, ap->to_nothing ? NULL : &ap->to.oid,
			  "downgrade -d", err) ? -1 : 0;
}

static int delete_versions(struct ctx *c, const struct commit *from,
			   const struct apply *ap, struct err *err)
{
	struct store *s = c->project.store;
	int ret;

	if (store_lock(s, err))
		return -1;
	ret = delete_locked(c, &from->oid, ap, err);
	store_unlock(s);
	if (!ret && !c->global.quiet && !c->global.json)
		out_addf(c, COLOR_NONE, "the branch is at %s (was %s)\n",
			 ap->to_nothing ? "nothing" :
			 version_title(c, &ap->to), short_id(c, &from->oid));
	return ret;
}

/* A branch that takes landings only is not to be found out behind it. */
static int may_delete(struct ctx *c, struct err *err)
{
	struct store *s = c->project.store;
	const char *ref;

	return head_ref(&ref, s, &c->arena, err) ||
	       policy_refuse_protected(s, ref, &c->arena, err) ? -1 : 0;
}

/* ------------------------------------------------------------------------- */

static int find_target(struct ctx *c, struct apply *ap,
		       const struct downgrade_args *a, struct err *err)
{
	const char *where;
	uint64_t n;

	if (parse_words(c, ap, &where, err))
		return -1;
	if (a->number && strcmp(where, "1"))
		return err_set(err, ERR_USAGE, "'--version' and '%s': not "
			       "both", where);
	if (a->number && !is_steps(a->number, &n))
		return err_set(err, ERR_USAGE, "'%s' is no number of Aerich's",
			       a->number);
	if (a->number)
		return go_back(c, ap, before_number, n, err);
	if (!is_steps(where, &n)) {
		if (a->delete)
			return err_set(err, ERR_USAGE, "'--delete' is for "
				       "steps, and for '--version'");
		return named_version(&ap->to, c, where, err);
	}
	if (!n)
		return err_set(err, ERR_USAGE, "going back 0 versions leads "
			       "nowhere");
	return go_back(c, ap, steps_before, n, err);
}

static int run_downgrade(struct ctx *c, void *args, struct err *err)
{
	const struct downgrade_args *a = args;
	struct apply ap = { 0 };
	struct commit from;

	if (take_apply_args(&ap, &a->apply, err) ||
	    find_target(c, &ap, a, err))
		return -1;
	from = ap.from;
	if (a->delete && (check_delete(c, &ap, err) || may_delete(c, err)))
		return -1;
	if (run_apply(c, &ap, err))
		return -1;
	return a->delete ? delete_versions(c, &from, &ap, err) : 0;
}

const struct cmd cmd_downgrade = {
	.name = "downgrade",
	.summary = "Take a database back",
	.usage = "[--dry-run|--online] [--allow-data-loss] [-d] "
		 "[DATABASE] [STEPS|VERSION | -v N]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = downgrade_opts,
	.nopts = ARRAY_LEN(downgrade_opts),
	.args_size = sizeof(struct downgrade_args),
	.run = run_downgrade,
};
