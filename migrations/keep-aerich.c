/*
 * Aerich's table, kept in step with the ledger, in the same transaction: for
 * as long as there are programs that ask it.
 *
 *	versions that are left: their rows go; that are entered: they come
 */
#include "config.h"

#include "migrations/run.h"

#include "ss/aerich-write.h"
#include "ss/aerich.h"

static const struct {
	const char *engine, *create, *remove, *add;
} words[] = {
	{
		"sqlite",
		"CREATE TABLE IF NOT EXISTS aerich (id INTEGER PRIMARY KEY "
		"AUTOINCREMENT NOT NULL, version VARCHAR(255) NOT NULL, "
		"app VARCHAR(100) NOT NULL, content JSON NOT NULL)",
		"DELETE FROM aerich WHERE app = ?1 AND version IN "
		"(?2 || '.py', ?2 || '.sql', ?2 || '.json')",
		"INSERT INTO aerich (version, app, content) SELECT "
		"?2 || '.py', ?1, ?3 WHERE NOT EXISTS (SELECT 1 FROM aerich "
		"WHERE app = ?1 AND version IN "
		"(?2 || '.py', ?2 || '.sql', ?2 || '.json'))",
	}, {
		"postgres",
		"CREATE TABLE IF NOT EXISTS public.aerich (id serial NOT NULL "
		"PRIMARY KEY, version varchar(255) NOT NULL, "
		"app varchar(100) NOT NULL, content jsonb NOT NULL)",
		"DELETE FROM public.aerich WHERE app = $1::text AND version "
		"IN ($2::text || '.py', $2::text || '.sql', "
		"$2::text || '.json')",
		"INSERT INTO public.aerich (version, app, content) SELECT "
		"$2::text || '.py', $1::text, $3::text::jsonb "
		"WHERE NOT EXISTS (SELECT 1 FROM public.aerich WHERE "
		"app = $1::text AND version IN ($2::text || '.py', "
		"$2::text || '.sql', $2::text || '.json'))",
	},
};

struct chain {
	struct aerich_version *v;
	size_t n;
};

static int read_chain(struct chain *out, struct run *r, bool nothing,
		      const struct commit *tip, struct err *err)
{
	out->n = 0;
	return nothing ? 0 :
	       aerich_versions(&out->v, &out->n, r->ap->project, tip,
			       r->engine, NULL, r->arena, err);
}

static bool has(const struct chain *c, const struct aerich_version *v)
{
	for (size_t i = 0; i < c->n; i++)
		if (oid_equal(&c->v[i].version.oid, &v->version.oid))
			return true;
	return false;
}

static struct value text(const char *s)
{
	return (struct value){ .type = VALUE_TEXT, .ptr = s,
			       .len = strlen(s) };
}

static int no_row(void *ctx, const struct value *v, size_t n)
{
	(void)ctx;
	(void)v;
	(void)n;
	return 0;
}

static int remove_row(struct run *r, const char *sql,
		      const struct aerich_version *v, struct err *err)
{
	const struct value args[] = { text(v->app), text(v->name) };

	return r->engine->query(r->conn, sql, args, ARRAY_LEN(args), no_row,
				NULL, err);
}

static int add_row(struct run *r, const char *sql,
		   const struct aerich_version *v, struct err *err)
{
	struct value args[] = { text(v->app), text(v->name), text("{}") };
	struct buf models = BUF_INIT, state = BUF_INIT;
	int ret = version_models(&models, r->ap->project->store, &v->version,
				 r->engine->name, r->arena, err);

	if (ret > 0)
		ret = aerich_state(&state, models.ptr, v->app, err);
	if (!ret && state.len)
		args[2] = text(state.ptr);
	if (!ret)
		ret = r->engine->query(r->conn, sql, args, ARRAY_LEN(args),
				       no_row, NULL, err);
	buf_release(&models);
	buf_release(&state);
	return ret;
}

/* Else it is drift, or there is none any more. */
static bool is_ignored(const struct run *r)
{
	const struct list *v = r->ap->project ?
		project_read_opts(r->ap->project, r->engine).ignore : NULL;

	for (size_t i = 0; v && i < v->n; i++)
		if (!strcmp(v->v[i], "aerich") ||
		    !strcmp(v->v[i], "public.aerich"))
			return true;
	return false;
}

static int refuse(const struct run *r, struct err *err)
{
	err_set(err, ERR_REFUSED, "Aerich's table is neither in the schema nor "
		"left out of it");
	return err_hint(err, "schemastore config --add %s.ignore aerich",
			r->engine->name);
}

int run_keep_aerich(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct chain from, to;
	bool ignored = is_ignored(r);
	size_t w = 0;

	while (strcmp(words[w].engine, r->engine->name))
		w++;
	if (!ignored && ap->to_nothing)
		return 0;
	if (!ignored && !schema_find_relation(&r->to, "aerich"))
		return refuse(r, err);
	if (read_chain(&from, r, ap->from_nothing, &ap->from, err) ||
	    read_chain(&to, r, ap->to_nothing, &ap->to, err) ||
	    r->engine->exec(r->conn, words[w].create, err))
		return -1;
	for (size_t i = from.n; i-- > 0;)
		if (!has(&to, &from.v[i]) &&
		    remove_row(r, words[w].remove, &from.v[i], err))
			return err_wrap(err, "Aerich's table");
	for (size_t i = 0; i < to.n; i++)
		if (!has(&from, &to.v[i]) &&
		    add_row(r, words[w].add, &to.v[i], err))
			return err_wrap(err, "Aerich's table");
	return 0;
}
