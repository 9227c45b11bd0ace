/*
 * The data steps of a version that is recorded.
 *
 *	before ── expand ──▶ between ── contract ──▶ after
 *	   └ steps             └ steps                 └ steps
 */
#include "config.h"

#include "migrations/record.h"

/* One that is for this engine alone takes the place of one that is for all. */
static bool is_for(const struct commit_opts *o, const struct commit_data *d,
		   const struct engine *e)
{
	if (d->engine)
		return d->engine == e;
	for (size_t i = 0; i < o->ndata; i++)
		if (o->data[i].engine == e &&
		    !strcmp(o->data[i].name, d->name))
			return false;
	return true;
}

static int take_step(struct recording *r, struct recorded *v,
		     const struct commit_data *d, struct err *err)
{
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));

	for (size_t i = 0; i < v->nsteps; i++)
		if (!strcmp(v->steps[i]->name, d->name))
			return err_set(err, ERR_USAGE, "two data steps named "
				       "'%s'", d->name);
	if (data_step_parse(step, d->name, d->up, d->down, r->arena, err))
		return -1;
	*ARENA_PUSH(r->arena, v->steps, v->nsteps, v->steps_cap) = step;
	return 0;
}

int record_data(struct recording *r, struct recorded *v,
		const struct commit_opts *o, struct err *err)
{
	for (size_t i = 0; i < o->ndata; i++)
		if (is_for(o, &o->data[i], v->engine) &&
		    take_step(r, v, &o->data[i], err))
			return -1;
	return 0;
}

/* ---- the schema between ------------------------------------------------- */

void record_take_read(struct schema *read, const struct schema *made)
{
	schema_recall(read, &made, 1);
	read->retired = made->retired;
	read->settings = made->settings;
	schema_compute_digest(read);
}

int record_load(struct schema *out, const struct schema *s,
		const struct engine *e, const struct read_opts *read,
		struct arena *a, struct err *err)
{
	struct conn *c = NULL;
	struct plan p;
	int ret = -1;

	schema_init(out, e->spelling, a);
	if (source_scratch(&c, e, read, err))
		return -1;
	if (!plan_whole(&p, s, read->extensions, a, err) &&
	    (!p.sql_len || !e->exec(c, p.sql, err)) &&
	    !e->read(c, out, read, err))
		ret = 0;
	e->close(c);
	if (ret)
		return -1;
	record_take_read(out, s);
	return 0;
}

static int make_between(struct recording *r, struct recorded *v,
			struct err *err)
{
	struct schema between;
	int ret;

	if (v->has_between)
		return 0;
	if (schema_between(&between, &v->before, &v->after, r->arena, err))
		return -1;
	ret = record_load(&v->between, &between, v->engine, &v->read, r->arena,
			  err);
	schema_release(&between);
	v->has_between = !ret;
	if (!ret)
		return 0;
	schema_release(&v->between);
	err_wrap(err, "the schema between the two versions");
	return err_hint(err, "let the data step be 'before' or 'after', or "
			"make two versions of it");
}

/* ---- where they run -------------------------------------------------- */

static void place(struct recording *r, struct recorded *v,
		  const struct data_step *step, enum edge_where where)
{
	*ARENA_PUSH(r->arena, v->edge.runs, v->edge.n, v->runs_cap) =
		(struct edge_run){ step, where, where == EDGE_WITHIN };
}

/* Where the schema between is that of an end, that is where they run. */
static int place_between(enum edge_where *out, struct recording *r,
			 struct recorded *v, struct err *err)
{
	*out = EDGE_AFTER;
	if (!strcmp(v->before.digest, v->after.digest))
		return 0;
	if (make_between(r, v, err))
		return -1;
	*out = !strcmp(v->between.digest, v->after.digest) ? EDGE_AFTER :
	       !strcmp(v->between.digest, v->before.digest) ? EDGE_BEFORE :
	       EDGE_WITHIN;
	if (*out == EDGE_WITHIN && !v->nstates)
		*ARENA_PUSH(r->arena, v->states, v->nstates, v->states_cap) =
			&v->between;
	return 0;
}

static int place_all(struct recording *r, struct recorded *v, struct err *err)
{
	static const enum data_when order[] = {
		DATA_BEFORE, DATA_BETWEEN, DATA_AFTER,
	};
	enum edge_where where[DATA_WHENS] = {
		[DATA_BEFORE] = EDGE_BEFORE, [DATA_AFTER] = EDGE_AFTER,
	};

	for (size_t i = 0; i < v->nsteps; i++)
		if (v->steps[i]->when == DATA_BETWEEN &&
		    place_between(&where[DATA_BETWEEN], r, v, err))
			return err_wrap(err, "data step %s",
					v->steps[i]->name);
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < v->nsteps; i++)
			if (v->steps[i]->when == order[k])
				place(r, v, v->steps[i], where[order[k]]);
	return 0;
}

static int add_stages(struct recording *r, struct recorded *v, bool down,
		      struct err *err)
{
	const struct edge_schemas e = {
		.edge = &v->edge, .from = &v->before, .to = &v->after,
		.states = v->states,
	};

	return stages_add(&v->stages[down], &e, down, r->arena, err);
}

void record_release(struct recorded *v)
{
	for (size_t i = 0; i < v->nstates; i++)
		if (v->states[i] != &v->between)
			schema_release((struct schema *)v->states[i]);
	if (v->has_between)
		schema_release(&v->between);
}

void record_reset(struct recorded *v)
{
	record_release(v);
	v->steps = NULL;
	v->nsteps = v->steps_cap = 0;
	memset(&v->edge, 0, sizeof(v->edge));
	v->runs_cap = 0;
	v->has_between = false;
	v->states = NULL;
	v->nstates = v->states_cap = 0;
	memset(v->stages, 0, sizeof(v->stages));
	v->irreversible = false;
	v->opts = NULL;
}

int record_stages(struct recording *r, struct recorded *v, struct err *err)
{
	struct err why = ERR_INIT;

	memset(v->stages, 0, sizeof(v->stages));
	v->irreversible = false;
	v->part->no_down = NULL;
	if (v->nsteps && !v->edge.n && place_all(r, v, err))
		return -1;
	if (add_stages(r, v, false, err))
		return -1;
	if (add_stages(r, v, true, &why)) {
		v->irreversible = true;
		v->part->no_down = arena_strdup(r->arena, why.text);
	}
	return 0;
}

bool record_prove_back(struct recorded *v)
{
	if (!v->scratch || v->edge.n || v->edge.edited)
		return false;
	v->scratch_lost = !plan_prove_back(&v->part->up, &v->part->down,
					   v->scratch);
	return !v->scratch_lost;
}
