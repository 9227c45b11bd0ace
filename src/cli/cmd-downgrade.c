#include "config.h"

#include "cli/apply-cli.h"

static const struct opt downgrade_opts[] = {
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
static int step_back(struct ctx *c, struct apply *ap, uint64_t steps,
		     struct err *err)
{
	struct store *s = c->project.store;
	struct standing st;
	struct conn *conn;
	uint64_t n = 0;
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
	ap->to = st.version;
	for (; n < steps && ap->to.kind == COMMIT_SCHEMA; n++)
		if (store_commit(&ap->to, s, &ap->to.parents[0].oid,
				 &c->arena, err))
			goto out;
	ap->to_nothing = ap->to.kind != COMMIT_SCHEMA;
	ret = n < steps ? too_many(ap, &st.version, steps, n, err) : 0;
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
	if (is_steps(where, &steps) && !steps)
		return err_set(err, ERR_USAGE, "going back 0 versions leads "
			       "nowhere");
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
