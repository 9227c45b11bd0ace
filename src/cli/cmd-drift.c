#include "config.h"

#include "cli/cmd.h"

#include "ss/majors.h"

static int show(struct ctx *c, const struct standing *st,
		const struct database *db, struct conn *conn, struct err *err)
{
	const struct in_database in = { &c->project, db, conn, &c->arena };
	const struct engine *e = db->engine;
	struct schema want;
	struct diff d;

	schema_init(&want, e->spelling, &c->arena);
	if (st->known ? version_schema_in(&want, &in, &st->version, err) :
	    schema_seal(&want, err)) {
		schema_release(&want);
		return -1;
	}
	/* What was read has no origins: names are what there is. */
	schema_diff(&d, &want, &st->real, DIFF_BY_NAME, &c->arena);
	if (c->global.json)
		out_json(c, json_diff(&d));
	else
		print_diff(c, &d);
	schema_release(&want);
	return 0;
}

static int run_drift(struct ctx *c, void *args, struct err *err)
{
	struct database db;
	struct standing st = { 0 };
	struct conn *conn;
	int ret = -1;

	(void)args;
	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err) ||
	    database_open(&conn, &db, CONN_READ, err))
		return -1;
	if (standing_read(&st, &c->project, conn, &db, true, &c->arena, err))
		goto out;
	if (standing_known(&st, &db, err))
		goto out;
	c->status = st.drifted;
	ret = 0;
	if (st.drifted || c->global.json)
		ret = show(c, &st, &db, conn, err);
	else if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "%s has the schema of %s\n", db.name,
			 st.known ? version_title(c, &st.version) :
			 "no version: it is empty");
out:
	schema_release(&st.real);
	db.engine->close(conn);
	return ret;
}

const struct cmd cmd_drift = {
	.name = "drift",
	.summary = "Compare a database with the version it should be at",
	.usage = "[DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.run = run_drift,
};
