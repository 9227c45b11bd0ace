#include "config.h"

#include "cli/cmd.h"

#include "ss/file.h"

/* Where the database is: 1 at a version, 0 at none, -1 */
static int read_place(struct commit *out, struct ctx *c,
		      const struct database *db, struct err *err)
{
	const char *file = db->engine->file(db->url);
	struct standing st;
	struct conn *conn;
	int ret = -1;

	if (file && !file_exists(file))
		return 0;
	if (database_open(&conn, db, CONN_READ, err))
		return -1;
	if (!standing_read(&st, &c->project, conn, db, false, &c->arena,
			   err)) {
		ret = standing_known(&st, db, err) ? -1 : st.ledger.placed;
		*out = st.version;
	}
	db->engine->close(conn);
	return ret;
}

static int run_heads(struct ctx *c, void *args, struct err *err)
{
	struct walk *w = walk_new(c->project.store, &c->arena);
	struct commit tip, at, *v = NULL;
	size_t n = 0, cap = 0;
	json_t *all = json_array();
	struct database db;
	int ret = -1, placed;

	(void)args;
	if (project_database(&db, &c->project, c->args.n ? c->args.v[0] :
			     NULL, err) ||
	    head_version(&tip, c, err))
		goto out;
	placed = read_place(&at, c, &db, err);
	if (placed < 0 || (placed && walk_hide(w, &at.oid, err)) ||
	    walk_push(w, &tip.oid, err))
		goto out;
	while ((ret = walk_next(w, &at, err)) > 0)
		if (version_state(&at, db.engine->name))
			*ARENA_PUSH(&c->arena, v, n, cap) = at;
	for (size_t i = n; i-- > 0 && ret >= 0;) {
		if (c->global.json)
			json_array_append_new(all, json_version(c, &v[i]));
		else
			out_addf(c, COLOR_NONE, "%s\n",
				 version_title(c, &v[i]));
	}
	if (ret >= 0 && c->global.json)
		out_json(c, json_incref(all));
out:
	json_decref(all);
	walk_free(w);
	return ret;
}

const struct cmd cmd_heads = {
	.name = "heads",
	.summary = "Show the branch's versions that a database lacks",
	.usage = "[DATABASE]",
	.needs = NEED_STORE,
	.max_args = 1,
	.run = run_heads,
};
