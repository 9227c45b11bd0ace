/*
 * Data steps of another branch, on the way from a version of this one.
 *
 *	base ── T1 ── T2 ── ... there
 *	 │
 *	before ── S1 ── S2 ── ... ── after	Sk = merge(Tk-1; Sk-1, Tk)
 *
 * Each runs in the schema in which it ran there, with what is here besides.
 */
#include "config.h"

#include "migrations/replay.h"

#include "ss/way.h"

struct replaying {
	struct replay *rp;
	struct recorded *v;
	struct way way;
	const struct schema *there, *here;
	struct arena *arena;
	struct err *err;
};

static int stop(struct replaying *r, const struct data_step *step,
		const char *why)
{
	r->rp->node = arena_printf(r->arena, "data step %s", step->name);
	r->rp->why = arena_strdup(r->arena, why);
	return 1;
}

static int conflict(struct replaying *r, const struct data_step *step,
		    const struct conflict *c)
{
	return stop(r, step, arena_printf(r->arena, "in the schema in which it "
					  "ran on the other branch, %s is in "
					  "conflict (%s)", c->node,
					  conflict_words[c->type]));
}

static const struct schema *known(const struct replaying *r,
				  const struct schema *s)
{
	const struct recorded *v = r->v;

	if (!strcmp(s->digest, v->before.digest))
		return &v->before;
	if (!strcmp(s->digest, v->after.digest))
		return &v->after;
	for (size_t i = 0; i < v->nstates; i++)
		if (!strcmp(s->digest, v->states[i]->digest))
			return v->states[i];
	return NULL;
}

/* A schema that scratch has read back; its index is gone, and no name in it is
 * looked up any more. */
static const struct schema *keep(struct replaying *r, struct schema *s)
{
	const struct schema *is = known(r, s);

	if (is) {
		schema_release(s);
		return is;
	}
	*ARENA_PUSH(r->arena, r->v->states, r->v->nstates,
		    r->v->states_cap) = s;
	return s;
}

/* 1: it cannot be; 0; -1 */
static int load(struct replaying *r, const struct data_step *step,
		const struct schema *merged)
{
	struct schema *s = arena_alloc(r->arena, sizeof(*s));
	struct err why = ERR_INIT;

	r->here = known(r, merged);
	if (r->here)
		return 0;
	if (!record_load(s, merged, r->v->engine, &r->v->read, r->arena,
			 &why)) {
		r->here = keep(r, s);
		return 0;
	}
	schema_release(s);
	if (why.code == ERR_REFUSED || why.code == ERR_ENGINE)
		return stop(r, step, why.text);
	*r->err = why;
	return -1;
}

static int go_to(struct replaying *r, const struct data_step *step,
		 const struct schema *to)
{
	struct merge m = {
		.of = { r->there, r->here, to },
		.choices = r->rp->merging->choices,
		.nchoices = r->rp->merging->nchoices,
		.arena = r->arena,
	};
	int ret;

	if (to == r->there)
		return 0;
	if (schema_merge(&m, r->err))
		return -1;
	ret = m.n ? conflict(r, step, &m.conflicts[0]) :
	      load(r, step, &m.merged);
	schema_release(&m.merged);
	r->there = to;
	return ret;
}

static void add_run(struct replaying *r, const struct data_step *step)
{
	struct recorded *v = r->v;
	struct edge_run run = { .step = step, .where = EDGE_WITHIN };

	if (r->here == &v->before)
		run.where = EDGE_BEFORE;
	else if (r->here == &v->after)
		run.where = EDGE_AFTER;
	while (run.where == EDGE_WITHIN && v->states[run.state++] != r->here)
		;
	*ARENA_PUSH(r->arena, v->edge.runs, v->edge.n, v->runs_cap) = run;
}

static int edited(struct replaying *r, const struct crossing *c)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->version.oid);
	r->rp->node = arena_printf(r->arena, "the SQL of version %.10s ('%s')",
				   hex, c->version.subject);
	r->rp->why = "it was edited: what it does beside the schema is not "
		     "known here";
	return 1;
}

static int run_one(struct replaying *r, const struct crossing *c, size_t at)
{
	const struct edge_run *run = &c->edge.runs[at];
	const struct data_step *step = run->step;
	struct data_step *back = arena_alloc(r->arena, sizeof(*back));
	const struct schema *in;
	int ret;

	if (c->skip[at])
		return 0;
	if (c->down && !step->has_down)
		return stop(r, step, "it has no way back");
	if (c->down && step->down.empty)
		return 0;
	if (way_run_schema(&in, &r->way, c, run, r->err) ||
	    (c->down && data_step_undo(back, step, r->arena, r->err)))
		return -1;
	ret = go_to(r, step, in);
	if (!ret)
		add_run(r, c->down ? back : step);
	return ret;
}

/* 1: a step of it cannot be; 0; -1 */
static int run_edge(struct replaying *r, const struct crossing *c)
{
	int ret = c->edge.edited ? edited(r, c) : 0;

	for (size_t i = 0; !ret && i < c->edge.n; i++)
		ret = run_one(r, c, c->down ? c->edge.n - 1 - i : i);
	return ret;
}

static struct replaying begin(struct replay *rp, struct recorded *v,
			      struct err *err)
{
	struct recording *rec = rp->recording;

	rp->node = rp->why = NULL;
	return (struct replaying){
		.rp = rp, .v = v, .here = &v->before, .arena = rec->arena,
		.way = {
			.project = rec->project, .engine = v->engine,
			.like = v->before.version, .arena = rec->arena,
		},
		.err = err,
	};
}

static int end(struct replaying *r, int ret)
{
	way_release(&r->way);
	return ret < 0 ? -1 : 0;
}

static int replay_merge(struct replay *rp, struct recorded *v,
			const struct commit *here,
			const struct commit *there, struct err *err)
{
	struct replaying r = begin(rp, v, err);
	const struct path_opts opts = { .engine = v->engine->name };
	struct path p;
	int ret = 0;

	if (path_find(&p, rp->recording->project->store, here, there, &opts,
		      r.arena, err) ||
	    (p.ncross && way_schema(&r.there, &r.way, &p.base, err)))
		return end(&r, -1);
	for (size_t i = 0; !ret && i < p.ncross; i++)
		if (!p.cross[i].down)
			ret = run_edge(&r, &p.cross[i]);
	return end(&r, ret);
}

/* It was run here already, by way of another version. */
static bool has_run(const struct path *here, const struct data_step *step)
{
	for (size_t i = 0; i < here->ncross; i++)
		for (size_t k = 0; k < here->cross[i].edge.n; k++)
			if (!memcmp(here->cross[i].edge.runs[k].step->id,
				    step->id, SHA256_LEN))
				return true;
	return false;
}

static int replay_edge(struct replay *rp, struct recorded *v,
		       struct err *err)
{
	struct replaying r = begin(rp, v, err);
	const struct merging *m = rp->merging;
	const struct commit *version = m->edge_of;
	struct store *s = m->project->store;
	const struct path_opts opts = { .engine = v->engine->name };
	struct crossing c = {
		.version = *version, .parent = m->edge_parent, .down = m->back,
	};
	const struct commit_edge *e = commit_edge_find(version, c.parent,
						       v->engine->name);
	struct path p;

	if (!e || !e->has_steps)
		return end(&r, 0);
	if (edge_read(&c.edge, s, version, c.parent, v->engine->name, r.arena,
		      err) ||
	    path_find(&p, s, NULL, &rp->recording->parent, &opts, r.arena,
		      err) ||
	    way_schema(&r.there, &r.way, m->back ? &version->oid :
		       &version->parents[c.parent].oid, err))
		return end(&r, -1);
	c.skip = arena_alloc(r.arena, c.edge.n + 1);
	for (size_t i = 0; !m->back && i < c.edge.n; i++)
		c.skip[i] = has_run(&p, c.edge.runs[i].step);
	return end(&r, run_edge(&r, &c));
}

int replay_side(struct replay *rp, struct recorded *v, size_t side,
		struct err *err)
{
	const struct merging *m = rp->merging;
	const struct commit *of[] = { &rp->recording->parent, &m->theirs };

	return m->edge_of ? replay_edge(rp, v, err) :
	       replay_merge(rp, v, of[side], of[!side], err);
}

bool replay_blame(struct replay *rp, const struct recorded *v,
		  struct err *err)
{
	struct arena *a = rp->recording->arena;

	if (err->code != ERR_ENGINE && err->code != ERR_REFUSED)
		return false;
	for (size_t i = 0; i < v->edge.n; i++) {
		const char *node = arena_printf(a, "data step %s",
						v->edge.runs[i].step->name);
		const char *at = strstr(err->text, node);

		if (!at || at[strlen(node)] != ':')
			continue;
		rp->node = node;
		rp->why = arena_strdup(a, err->text);
		*err = (struct err)ERR_INIT;
		return true;
	}
	return false;
}
