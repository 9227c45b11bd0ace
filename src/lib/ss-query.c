/*
 * What only looks: versions, where a database stands, differences, SQL.
 */
#include "config.h"

#include "lib/lib.h"

#include "ss/json.h"

int ss_resolve(struct ss_project *p, const char *version,
	       struct ss_revision *out, struct ss_error *error)
{
	struct commit v;
	struct call c;
	int ret = call_open(&c, p);

	if (!ret)
		ret = version_or_head(&v, &c, version);
	if (!ret)
		fill_revision(out, &v);
	return call_close(&c, ret, error);
}

/* ---- where a database stands -------------------------------------------- */

static enum ss_where where(const struct place *at)
{
	static const enum ss_where words[] = {
		[PLACE_MISSING] = SS_MISSING,
		[PLACE_NOWHERE] = SS_EMPTY,
		[PLACE_UNKNOWN] = SS_UNKNOWN,
		[PLACE_HERE] = SS_HERE,
		[PLACE_BEHIND] = SS_BEHIND,
		[PLACE_AHEAD] = SS_AHEAD,
		[PLACE_ASIDE] = SS_ASIDE,
	};
	const struct standing *st = &at->standing;

	if (at->where == PLACE_NOWHERE && !st->ledger.exists && st->real.n)
		return SS_FOREIGN;
	return words[at->where];
}

static int read_standing(struct ss_standing *out, struct call *c,
			 const char *database, const char *version)
{
	struct database db;
	struct commit target;
	struct place at;
	int ret = -1;

	memset(&at, 0, sizeof(at));
	if (!version_or_head(&target, c, version) &&
	    !project_database(&db, &c->project, database, &c->err) &&
	    !place_read(&at, &c->project, &db, &target, true, &c->arena,
			&c->err)) {
		memset(out, 0, sizeof(*out));
		out->where = where(&at);
		out->drifted = at.standing.drifted && out->where != SS_FOREIGN;
		out->versions = at.way.edges;
		if (at.where >= PLACE_HERE)
			fill_revision(&out->at, &at.standing.version);
		ret = 0;
	}
	place_release(&at);
	return ret;
}

int ss_status(struct ss_project *p, const char *database,
	      const char *version, struct ss_standing *out,
	      struct ss_error *error)
{
	struct call c;
	int ret = call_open(&c, p);

	if (!ret)
		ret = read_standing(out, &c, database, version);
	return call_close(&c, ret, error);
}

/* ---- differences and SQL ------------------------------------------------ */

static int diff_part(json_t **out, struct call *c, const struct state *v,
		     const struct engine *e)
{
	struct state a = { 0 }, b = { 0 };
	bool partial;
	struct diff d;
	int ret = -1;

	if (!state_open(&a, &v[0], &c->project, e, &c->err) &&
	    !state_open(&b, &v[1], &c->project, e, &c->err) &&
	    !state_pair(&a, &b, &c->project, NULL, 0, &partial, &c->err)) {
		schema_diff(&d, &a.schema, &b.schema, 0, &c->arena);
		*out = json_diff(&d);
		ret = 0;
	}
	state_close(&a);
	state_close(&b);
	return ret;
}

static int read_diff(char **json, struct call *c, const char *from,
		     const char *to)
{
	struct buf text = BUF_INIT;
	json_t *part, *all;
	struct engines engines;
	struct state v[2];

	if (state_find(&v[0], &c->project, from, &c->err) ||
	    state_find(&v[1], &c->project, to, &c->err) ||
	    state_engines(&engines, &c->project, NULL, &v[0], &v[1], &c->err))
		return -1;
	all = json_object();
	for (size_t i = 0; i < engines.n; i++) {
		if (diff_part(&part, c, v, engines.v[i])) {
			json_decref(all);
			return -1;
		}
		json_object_set_new(all, engines.v[i]->name, part);
	}
	if (engines.n == 1) {
		json_incref(part);
		json_decref(all);
		all = part;
	}
	json_print(&text, all);
	*json = text_for_host(text.ptr, text.len);
	buf_release(&text);
	return 0;
}

int ss_diff(struct ss_project *p, const char *from, const char *to,
	    char **json, struct ss_error *error)
{
	struct call c;
	int ret = call_open(&c, p);

	if (!ret)
		ret = read_diff(json, &c, from, to);
	return call_close(&c, ret, error);
}

static int read_sql(char **sql, struct call *c, const char *database)
{
	struct state_plan_opts opts = { .no_renames = true };
	struct state db, empty = { .type = STATE_EMPTY };
	struct plan p;
	int ret = -1;

	if (state_open_database(&db, &c->project, database, &c->err))
		return -1;
	empty.engine = db.engine;
	if (!state_plan(&p, &empty, &db, &c->project, &opts, &c->err)) {
		*sql = text_for_host(p.sql, p.sql_len);
		ret = 0;
	}
	state_close(&empty);
	state_close(&db);
	return ret;
}

int ss_inspect(struct ss_project *p, const char *database, char **sql,
	       struct ss_error *error)
{
	struct call c;
	int ret = call_open(&c, p);

	if (!ret)
		ret = read_sql(sql, &c, database);
	return call_close(&c, ret, error);
}
