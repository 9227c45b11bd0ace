#include "config.h"

#include "cli/apply-cli.h"

static const struct opt downgrade_opts[] = {
	OPTS_APPLY,
};

static bool is_steps(const char *text, uint64_t *steps)
{
	return !parse_u64(steps, text, 999999) && *steps > 0;
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

/* So many versions before the one the database is at. */
static int step_back(struct ctx *c, struct apply *ap, uint64_t steps,
		     struct err *err)
{
	struct store *s = c->project.store;
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
		if (st.trouble)
			*err = *st.trouble;
		else
			err_set(err, ERR_USAGE, "database '%s' is at no "
				"version that the store has", ap->db.word);
		goto out;
	}
	ap->to = st.version;
	for (; steps && ap->to.kind == COMMIT_SCHEMA; steps--)
		if (store_commit(&ap->to, s, &ap->to.parents[0].oid,
				 &c->arena, err))
			goto out;
	if (steps) {
		err_set(err, ERR_USAGE, "there are fewer versions before that "
			"one");
		goto out;
	}
	ap->to_nothing = ap->to.kind != COMMIT_SCHEMA;
	ret = 0;
out:
	ap->db.engine->close(conn);
	return ret;
}

static int run_downgrade(struct ctx *c, void *args, struct err *err)
{
	struct apply_args *a = args;
	struct apply ap = { 0 };
	const char *where;
	uint64_t steps;

	if (take_apply_args(&ap, a, err) || parse_words(c, &ap, &where, err))
		return -1;
	if (is_steps(where, &steps) ? step_back(c, &ap, steps, err) :
	    named_version(&ap.to, c, where, err))
		return -1;
	return run_apply(c, &ap, err);
}

const struct cmd cmd_downgrade = {
	.name = "downgrade",
	.summary = "Take a database back",
	.usage = "[--dry-run|--online] [--allow-data-loss] "
		 "[DATABASE] [STEPS|VERSION]",
	.needs = NEED_STORE,
	.max_args = 2,
	.opts = downgrade_opts,
	.nopts = ARRAY_LEN(downgrade_opts),
	.args_size = sizeof(struct apply_args),
	.run = run_downgrade,
};
