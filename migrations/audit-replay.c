/*
 * The semantic proof: what was recorded is run again, by the prover that commit
 * and upgrade have.
 *
 *	edge ── up ──▶ is it what is made of the two schemas today?  that;
 *	               else, or where it was edited, the text as it stands
 *
 * What is made today tells checks of rows, which scratch does not have, from
 * the rest.
 */
#include "config.h"

#include "ss/audit.h"

#include "ss/majors.h"
#include "ss/way.h"

/* Are there scratch databases of this kind?  Looked for once. */
struct scratch_kind {
	struct scratch_kind *next;
	const struct engine *engine;
	const char *version;
	const char *why;	/* not; NULL: there are */
};

struct replaying {
	struct verify *v;
	struct project *project;
	struct scratch_kind *kinds;
	struct map plans;	/* of ledgers: those that were run */
	struct arena *arena;	/* the run's */
	struct err *err;
};

/* One text, from one schema to another. */
struct replayed {
	struct replaying *r;
	const struct commit *c;	/* in which it stands */
	const char *title;	/* "edge 0 of sqlite, up" */
	const struct engine *engine;
	const struct schema *from, *to;
	const struct path *path;	/* by way of its data steps */
	struct bytes sql;
	struct arena *arena;
};

/* ---- what is told -------------------------------------------------------- */

static void tell(const struct replayed *x, bool missing, const char *what,
		 const char *text)
{
	char hex[OID_HEX];

	oid_hex(hex, &x->c->oid);
	text = arena_printf(x->arena, "%s%s: %s", x->title, what, text);
	if (missing)
		verify_miss(x->r->v, hex, "replay", x->c, text);
	else
		verify_tell(x->r->v, hex, "replay", x->c, text);
}

static int not_run(const struct replayed *x, const char *why)
{
	tell(x, true, " cannot be run", why);
	return 0;
}

/* What was read is not as it has to be, or the engine has none of the kind: it
 * is told.  All else is trouble of ours. */
static int trouble(const struct replayed *x, struct err *err)
{
	if (err->code != ERR_DAMAGED && err->code != ERR_REFUSED &&
	    err->code != ERR_ENGINE && err->code != ERR_USAGE)
		return -1;
	(void)not_run(x, err->text);
	*err = (struct err)ERR_INIT;
	return 0;
}

/* ---- scratch ------------------------------------------------------------- */

/* NULL: there is one of that version. */
static const char *no_scratch(struct replaying *r, const struct engine *e,
			      const char *version)
{
	struct scratch_opts want = { .version = version };
	struct scratch_kind *k = r->kinds;
	struct err why = ERR_INIT;
	struct conn *c = NULL;

	version = version ? version : "";
	while (k && !(k->engine == e && !strcmp(k->version, version)))
		k = k->next;
	if (k)
		return k->why;
	k = arena_alloc(r->arena, sizeof(*k));
	k->engine = e;
	k->version = arena_strdup(r->arena, version);
	k->next = r->kinds;
	r->kinds = k;
	if (e->scratch(&c, &want, &why))
		k->why = arena_strdup(r->arena, why.text);
	else
		e->close(c);
	return k->why;
}

/* ---- one text ------------------------------------------------------------ */

static bool make_form(struct plan *out, const struct replayed *x,
		      bool column_order, bool online)
{
	struct plan_opts opts = {
		.column_order = column_order, .online = online,
		.extensions = project_extensions(x->r->project, x->engine),
	};
	struct way w = {
		.project = x->r->project, .engine = x->engine,
		.like = x->to->version, .arena = x->arena,
	};
	struct err none = ERR_INIT;
	bool made = false;

	way_know(&w, x->path->from, x->from);
	way_know(&w, x->path->to, x->to);
	if (!way_stages(&w, x->path, &none)) {
		opts.stages = w.stages.v;
		opts.nstages = w.stages.n;
		made = !plan_make(out, x->engine, x->from, x->to, &opts,
				  x->arena, &none);
	}
	way_release(&w);
	return made && out->sql_len == x->sql.len &&
	       !memcmp(out->sql, x->sql.ptr, x->sql.len);
}

/* What is made of the two schemas today, in one of the forms that there are. */
static bool make_again(struct plan *out, const struct replayed *x)
{
	return make_form(out, x, false, false) ||
	       make_form(out, x, true, false) ||
	       (x->engine->hold && make_form(out, x, false, true));
}

/* A text that moves rows to, or from, what is kept beside the ledger: there is
 * none on scratch. */
static bool parks(const struct replayed *x)
{
	return x->engine->park && strstr(x->sql.ptr, x->engine->park->copy);
}

static int run(const struct replayed *x, struct plan *plan)
{
	struct err why = ERR_INIT;

	if (plan->proven || !plan_prove(plan, &why)) {
		x->r->v->replayed++;
		return 0;
	}
	if (why.code != ERR_REFUSED && why.code != ERR_ENGINE) {
		*x->r->err = why;
		return -1;
	}
	if (parks(x))
		return not_run(x, "it moves rows to or from what is parked");
	x->r->v->replayed++;
	tell(x, false, "", why.text);
	return 0;
}

static int replay(const struct replayed *x)
{
	const volatile int *cancelled = x->r->project->cancelled;
	struct err why = ERR_INIT;
	struct plan plan;
	const char *none;

	if (cancelled && *cancelled)
		return err_set(x->r->err, ERR_CANCELLED, "interrupted");
	if (!make_again(&plan, x) &&
	    plan_of_text(&plan, x->engine, x->from, x->to, x->title,
			 x->sql.ptr, x->arena, &why)) {
		tell(x, false, "", why.text);
		return 0;
	}
	plan.extensions = project_extensions(x->r->project, x->engine);
	none = no_scratch(x->r, x->engine, plan.version);
	return none ? not_run(x, none) : run(x, &plan);
}

/* ---- edges --------------------------------------------------------------- */

struct both {
	struct replaying *r;
	struct replayed up;
	struct schema from, to;
	struct commit parent;
	struct edge edge;
	struct arena *arena;
};

/* The schema of a version, as what reads the other one has it. */
static int read_schema(struct schema *out, const struct replayed *x,
		       const struct commit *c, const char *version,
		       struct err *err)
{
	const struct engine *e = x->engine;

	if (version_schema_read(out, x->r->project->store, c, e->name,
				e->spelling, x->arena, err))
		return -1;
	if (!version || !e->by_version || !out->version ||
	    !strcmp(version, out->version))
		return 0;
	return schema_translate(out, x->r->project, e, version, err);
}

static int read_edge(struct both *b, const struct commit_edge *e,
		     struct err *err)
{
	struct replayed *x = &b->up;
	struct store *s = b->r->project->store;

	if (e->parent >= x->c->nparents)
		return err_set(err, ERR_DAMAGED, "there is no such parent");
	return store_commit(&b->parent, s, &x->c->parents[e->parent].oid,
			    b->arena, err) ||
	       edge_read(&b->edge, s, x->c, e->parent, e->engine, b->arena,
			 err) ||
	       read_schema(&b->to, x, x->c, NULL, err) ||
	       read_schema(&b->from, x, &b->parent, b->to.version, err) ? -1 :
	       0;
}

/* There, and back where there is a way. */
static int replay_both(struct both *b, const struct commit_edge *e)
{
	struct replayed down = b->up;
	struct crossing c = {
		.version = *b->up.c, .parent = e->parent, .edge = b->edge,
		.skip = arena_alloc(b->arena, b->edge.n + 1),
	}, back = c;
	const struct commit *parent = b->parent.genesis ? NULL : &b->parent;
	bool crossed = b->edge.n || b->edge.edited;
	const struct path path = {
		.from = parent, .to = b->up.c, .cross = &c,
		.ncross = crossed,
	}, path_back = {
		.from = b->up.c, .to = parent, .cross = &back,
		.ncross = crossed, .down = true,
	};

	back.down = true;
	b->up.path = &path;
	b->up.sql = b->edge.up;
	b->up.title = arena_printf(b->arena, "edge %u of %s, up", e->parent,
				   e->engine);
	if (replay(&b->up))
		return -1;
	down.from = b->up.to;
	down.to = b->up.from;
	down.path = &path_back;
	down.sql = b->edge.down;
	down.title = arena_printf(b->arena, "edge %u of %s, down", e->parent,
				  e->engine);
	return b->edge.down.ptr ? replay(&down) : 0;
}

static int replay_edge(struct replaying *r, const struct commit *c,
		       const struct commit_edge *e)
{
	struct arena a = ARENA_INIT;
	struct both b = {
		.r = r, .arena = &a,
		.up = { .r = r, .c = c, .arena = &a,
			.title = arena_printf(&a, "edge %u of %s", e->parent,
					      e->engine),
			.engine = engine_find(e->engine),
			.from = &b.from, .to = &b.to },
	};
	int ret;

	if (!b.up.engine) {
		ret = not_run(&b.up, "this schemastore has no such engine");
	} else {
		struct err err = ERR_INIT;

		ret = read_edge(&b, e, &err) ? trouble(&b.up, &err) :
		      replay_both(&b, e);
		if (err.code)
			*r->err = err;
	}
	schema_release(&b.from);
	schema_release(&b.to);
	arena_release(&a);
	return ret;
}

/* ---- other plans --------------------------------------------------------- */

static const char *line(const struct commit *c, const char *key)
{
	const char *value = commit_line(c, key);

	return value ? value : "";
}

/* "<strong id> <state>": 1 the version, 0 there is none: nothing; -1 */
static int find_place(struct commit *out, const struct replayed *x,
		      const char *place, struct err *err)
{
	const char *state = strchr(place, ' '), *own;
	struct strong_id id;
	int ret;

	if (str_starts(place, "- "))
		return 0;
	if (!state || state - place != 2 * SHA256_LEN ||
	    hex_decode(id.b, arena_strndup(x->arena, place, 2 * SHA256_LEN),
		       SHA256_LEN))
		return err_set(err, ERR_DAMAGED, "it does not say which "
			       "version");
	ret = verify_find(out, x->r->v, x->r->project->store, &id, x->arena,
			  err);
	if (!ret)
		return err_set(err, ERR_DAMAGED, "no branch or tag leads to "
			       "the version that it names");
	own = ret > 0 ? version_state(out, x->engine->name) : NULL;
	if (ret > 0 && (!own || strcmp(own, state + 1)))
		return err_set(err, ERR_DAMAGED, "it is about a state that no "
			       "version has");
	return ret;
}

struct direct {
	struct commit from, to;
	struct schema at[2];
	struct path path;
	struct buf sql;
};

/* The schema of a place, or the empty one. */
static int read_place(struct schema *out, const struct replayed *x,
		      const struct commit *c, const char *version,
		      struct err *err)
{
	if (c)
		return read_schema(out, x, c, version, err);
	schema_init(out, x->engine->spelling, x->arena);
	return schema_seal(out, err);
}

static int read_direct(struct direct *d, struct replayed *x, struct err *err)
{
	const struct path_opts opts = { x->engine->name, true };
	struct store *s = x->r->project->store;
	int from = find_place(&d->from, x, line(x->c, "From"), err), to, has;

	if (from < 0)
		return -1;
	to = find_place(&d->to, x, line(x->c, "To"), err);
	if (to < 0 ||
	    path_find(&d->path, s, from ? &d->from : NULL, to ? &d->to : NULL,
		      &opts, x->arena, err) ||
	    read_place(&d->at[1], x, to ? &d->to : NULL, NULL, err) ||
	    read_place(&d->at[0], x, from ? &d->from : NULL,
		       d->at[1].version, err))
		return -1;
	has = version_file(&d->sql, s, x->c, "up.sql", x->arena, err);
	if (!has)
		return err_set(err, ERR_DAMAGED, "its SQL is not here");
	x->from = &d->at[0];
	x->to = &d->at[1];
	x->path = &d->path;
	x->sql = (struct bytes){ d->sql.ptr, d->sql.len };
	if (has > 0 && memchr(d->sql.ptr, '\0', d->sql.len))
		return err_set(err, ERR_DAMAGED, "a NUL in its SQL");
	return has < 0 ? -1 : 0;
}

/* The same was run for another entry. */
static bool was_run(struct replaying *r, const struct commit *c)
{
	struct buf b = BUF_INIT;
	bool was;

	buf_addf(&b, "%s %s %s %d", line(c, "From"), line(c, "To"),
		 line(c, "Sql"), str_starts(line(c, "Target"), "sqlite "));
	was = map_find(&r->plans, b.ptr);
	map_set(&r->plans, b.ptr, r);
	buf_release(&b);
	return was;
}

static const struct engine *engine_of(const struct commit *c)
{
	const char *target = line(c, "Target");

	return engine_find(str_starts(target, "postgresql ") ? "postgres" :
			   "sqlite");
}

static int replay_plan(struct replaying *r, const struct commit *c)
{
	struct arena a = ARENA_INIT;
	struct direct d = { .sql = BUF_INIT };
	struct err err = ERR_INIT;
	struct replayed x = {
		.r = r, .c = c, .engine = engine_of(c), .arena = &a,
		.title = arena_printf(&a, "plan of %s", c->subject),
	};
	int ret;

	if (!strcmp(line(c, "Event"), "begin") &&
	    str_starts(line(c, "Plan"), "direct ") && !was_run(r, c)) {
		ret = !x.engine ? not_run(&x, "this schemastore has no such "
					  "engine") :
		      read_direct(&d, &x, &err) ? trouble(&x, &err) :
		      replay(&x);
		if (err.code)
			*r->err = err;
		schema_release(&d.at[0]);
		schema_release(&d.at[1]);
		buf_release(&d.sql);
	} else {
		ret = 0;
	}
	arena_release(&a);
	return ret;
}

/* ---- all of them --------------------------------------------------------- */

static int replay_commit(struct replaying *r, const struct oid *id)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, r->project->store, id, &a, r->err);

	for (size_t i = 0; !ret && i < c.nedges; i++)
		ret = replay_edge(r, &c, &c.edges[i]);
	if (!ret && c.kind == COMMIT_LEDGER)
		ret = replay_plan(r, &c);
	arena_release(&a);
	return ret;
}

int audit_replay(struct verify *v, struct project *p, struct arena *a,
		 struct err *err)
{
	struct replaying r = { .v = v, .project = p, .arena = a, .err = err };
	const char *key;
	int ret = 0;
	void *id;

	if (v->altered) {
		verify_miss(v, store_dir(p->store), "replay", NULL, "nothing "
			    "is run of what was altered");
		return 0;
	}
	for (size_t i = 0; !ret && map_next(&v->by_strong, &i, &key, &id);)
		ret = replay_commit(&r, id);
	map_release(&r.plans);
	return ret;
}
