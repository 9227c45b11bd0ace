/*
 * Data steps of another branch, on the way from a version of this one.
 *
 *	base ── T1 ── T2 ── ... there
 *	 │
 *	before ── S1 ── S2 ── ... ── after	Sk = merge(Tk-1; Sk-1, Tk)
 *
 * Each runs in the schema in which it ran there, with what is here besides.
 * One that somebody has replaced runs there, too; where that schema cannot be
 * had, or it says so, between Sk-1 and after, or in one of them.
 */
#include "config.h"

#include "migrations/replay.h"

#include "ss/way.h"

/* A step as it was there, and as it runs here. */
struct replayed {
	const struct data_step *there, *run;
	enum merge_side side;		/* who has it */
	const char *node;		/* as its conflict calls it */
	const char *of;			/* "version 1234567890 ('Fill')" */
};

struct replaying {
	struct replay *rp;
	struct recorded *v;
	enum merge_side side;
	struct way way;
	const struct schema *there, *here;
	const char *why;	/* where a schema cannot be had */
	struct arena *arena;
	struct err *err;
};

/* Up, and down behind the line that an editor has it behind. */
static const char *step_text(const struct data_step *s, struct arena *a)
{
	size_t n = strlen(s->up.sql);

	return arena_printf(a, "%s%s%s%s", s->up.sql, s->has_down && n &&
			    s->up.sql[n - 1] != '\n' ? "\n" : "",
			    s->has_down ? DATA_DOWN_LINE : "",
			    s->has_down ? s->down.sql : "");
}

static void conflict(struct replay *rp, const struct replayed *d,
		     const char *why)
{
	static const char *const from[] = {
		[MERGE_OURS] = "the other one",
		[MERGE_THEIRS] = "this branch",
	};
	struct merge *m = rp->merge;
	struct arena *a = rp->recording->arena;
	struct conflict *c = ARENA_PUSH(a, m->conflicts, m->n, m->cap);

	*c = (struct conflict){
		.type = CONFLICT_STEP, .node = d->node, .step = d->there,
		.why = arena_printf(a, "%s, on the way from %s: %s", d->of,
				    from[d->side], why),
	};
	c->text[d->side] = step_text(d->there, a);
}

/* ---- the schema in which it runs ----------------------------------------- */

/* 1, and why */
static int cannot(struct replaying *r, const char *why)
{
	r->why = arena_strdup(r->arena, why);
	return 1;
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
static int load(struct replaying *r, const struct schema *made)
{
	const struct schema *is = known(r, made);
	struct schema *s = arena_alloc(r->arena, sizeof(*s));
	struct err why = ERR_INIT;

	if (is) {
		r->here = is;
		return 0;
	}
	if (!record_load(s, made, r->v->engine, &r->v->read, r->arena,
			 &why)) {
		r->here = keep(r, s);
		return 0;
	}
	schema_release(s);
	if (why.code == ERR_REFUSED || why.code == ERR_ENGINE)
		return cannot(r, why.text);
	*r->err = why;
	return -1;
}

static int go_to(struct replaying *r, const struct schema *to)
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
	ret = !m.n ? load(r, &m.merged) :
	      cannot(r, arena_printf(r->arena, "in the schema in which it ran "
				     "there, %s is in conflict (%s)",
				     m.conflicts[0].node,
				     conflict_words[m.conflicts[0].type]));
	schema_release(&m.merged);
	if (!ret)
		r->there = to;
	return ret;
}

static int go_between(struct replaying *r)
{
	struct err why = ERR_INIT;
	struct schema s;
	int ret;

	if (schema_between(&s, r->here, &r->v->after, r->arena, &why)) {
		if (why.code == ERR_REFUSED)
			return cannot(r, why.text);
		*r->err = why;
		return -1;
	}
	ret = load(r, &s);
	schema_release(&s);
	return ret;
}

/* One that takes its place may say where it runs; one that has nothing to do
 * runs anywhere. */
static int go_for(struct replaying *r, const struct data_step *step,
		  bool replaced, const struct schema *to)
{
	int ret;

	if ((step->up.empty && step->down.empty) ||
	    (replaced && step->when == DATA_BEFORE))
		return 0;
	if (replaced && step->when == DATA_AFTER) {
		r->here = &r->v->after;
		r->there = to;
		return 0;
	}
	ret = go_to(r, to);
	return ret > 0 && replaced ? go_between(r) : ret;
}

/* ---- what runs ----------------------------------------------------------- */

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

static size_t count_named(const struct replay *rp, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < rp->n; i++)
		n += !strcmp(rp->v[i].there->name, name);
	return n;
}

static struct merge_choice *find_choice(const struct replaying *r,
					const char *node)
{
	const struct merging *m = r->rp->merging;
	struct merge_choice *found = NULL;

	for (size_t i = 0; i < m->nchoices; i++) {
		struct merge_choice *c = &m->choices[i];

		if (c->up && !strcmp(c->node, node) &&
		    (!c->engine || !strcmp(c->engine, r->v->engine->name)))
			found = c;
	}
	return found;
}

static int replace(struct replayed *d, struct replaying *r,
		   struct merge_choice *c)
{
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));

	c->used = true;
	if (data_step_replace(step, d->there->name, c->up, c->down,
			      d->there->as, r->arena, r->err))
		return -1;
	step->nth = d->there->nth;
	d->run = step;
	return 0;
}

/* One that has nothing to do here. */
static int skip(struct replaying *r, const struct data_step *of)
{
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));

	if (data_step_replace(step, of->name, "", "", of->as, r->arena,
			      r->err))
		return -1;
	add_run(r, step);
	return 0;
}

/* 1: it runs, or what takes its place; 0: it is left out; -1.  never: why it
 * cannot as it is, or NULL. */
static int take(struct replaying *r, const struct crossing *c,
		struct data_step *step, const char *node,
		const struct schema *in, const char *never)
{
	char hex[OID_HEX];
	struct replayed *d = ARENA_PUSH(r->arena, r->rp->v, r->rp->n,
					r->rp->cap);
	struct merge_choice *choice = find_choice(r, node);
	int ret;

	oid_hex(hex, &c->version.oid);
	*d = (struct replayed){
		.there = step, .run = step, .side = r->side, .node = node,
		.of = arena_printf(r->arena, "version %.10s ('%s')", hex,
				   c->version.subject),
	};
	if (choice && replace(d, r, choice))
		return -1;
	ret = !choice && never ? cannot(r, never) :
	      go_for(r, d->run, choice, in);
	if (ret > 0)
		conflict(r->rp, d, r->why);
	else if (!ret)
		add_run(r, d->run);
	return ret < 0 ? -1 : !ret;
}

static int step_of_edge(const struct data_step **out, struct replaying *r,
			const struct commit *c, unsigned parent,
			const unsigned char *id)
{
	struct store *s = r->rp->recording->project->store;
	const char *engine = r->v->engine->name;
	const struct commit_edge *e = commit_edge_find(c, parent, engine);
	struct edge edge;

	if (!e || !e->has_steps)
		return 0;
	if (edge_read(&edge, s, c, parent, engine, r->arena, r->err))
		return -1;
	for (size_t i = 0; i < edge.n; i++)
		if (!memcmp(edge.runs[i].step->id, id, SHA256_LEN))
			*out = edge.runs[i].step;
	return 0;
}

/* The step with this id, behind a version: 1, 0 there is none, -1 */
static int find_step(const struct data_step **out, struct replaying *r,
		     const struct oid *version, const unsigned char *id)
{
	struct walk *w = walk_new(r->rp->recording->project->store, r->arena);
	struct commit c;
	int ret = walk_push(w, version, r->err);

	*out = NULL;
	while (!ret && !*out && (ret = walk_next(w, &c, r->err)) > 0) {
		ret = 0;
		for (unsigned i = 0; !ret && !*out && i < c.nparents; i++)
			ret = step_of_edge(out, r, &c, i, id);
	}
	walk_free(w);
	return ret < 0 ? -1 : *out != NULL;
}

/* What undoes a step that takes another one's place counts as what undoes that
 * one, where anything does. */
static int undo(struct data_step *out, struct replaying *r,
		const struct oid *version, const struct data_step *step)
{
	const struct data_step *first;
	struct data_step back;
	int ret = 0;

	if (data_step_undo(out, step, r->arena, r->err))
		return -1;
	if (data_step_replaces(step))
		ret = find_step(&first, r, version, step->as);
	if (ret <= 0 || !first->has_down || first->down.empty)
		return ret;
	if (data_step_undo(&back, first, r->arena, r->err))
		return -1;
	memcpy(out->as, back.as, SHA256_LEN);
	return 0;
}

static int take_run(struct replaying *r, const struct crossing *c, size_t at)
{
	const struct edge_run *run = &c->edge.runs[at];
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));
	const struct schema *in;
	bool lost = c->down && !run->step->has_down;

	if (c->skip[at] || (c->down && !lost && run->step->down.empty))
		return 0;
	*step = *run->step;
	if (way_run_schema(&in, &r->way, c, run, r->err) ||
	    (c->down && !lost &&
	     undo(step, r, &c->version.oid, run->step)))
		return -1;
	step->nth = count_named(r->rp, step->name) + 1;
	return take(r, c, step, data_step_title(step, r->arena), in,
		    lost ? "it has no way back" : NULL) < 0 ? -1 : 0;
}

static const char *text_of(const struct bytes *sql, struct arena *a)
{
	return sql->ptr ? arena_strndup(a, sql->ptr, sql->len) : NULL;
}

/* SQL that was edited has its data steps in it: what takes its place is for all
 * of them. */
static int take_edited(struct replaying *r, const struct crossing *c)
{
	const struct bytes *sql[] = { &c->edge.up, &c->edge.down };
	struct data_step *step = arena_alloc(r->arena, sizeof(*step));
	const struct oid *id = c->down ? &c->version.parents[c->parent].oid :
			       &c->version.oid;
	const struct schema *in;
	char hex[OID_HEX];
	int ret;

	oid_hex(hex, &c->version.oid);
	step->name = arena_printf(r->arena, "edited-%.10s", hex);
	step->up.sql = text_of(sql[c->down], r->arena);
	step->down.sql = text_of(sql[!c->down], r->arena);
	step->up.sql = step->up.sql ? step->up.sql : "";
	step->has_down = step->down.sql;
	data_step_id(step);
	if (way_schema(&in, &r->way, id, r->err))
		return -1;
	ret = take(r, c, step, arena_printf(r->arena, "edited SQL of %.10s",
					    hex), in,
		   "what it does beside the schema is not known here");
	for (size_t i = 0; ret > 0 && !c->down && i < c->edge.n; i++)
		if (!c->skip[i] && skip(r, c->edge.runs[i].step))
			return -1;
	return ret < 0 ? -1 : 0;
}

static int take_edge(struct replaying *r, const struct crossing *c)
{
	if (c->edge.edited)
		return take_edited(r, c);
	for (size_t i = 0; i < c->edge.n; i++)
		if (take_run(r, c, c->down ? c->edge.n - 1 - i : i))
			return -1;
	return 0;
}

static struct replaying begin(struct replay *rp, struct recorded *v,
			      struct err *err)
{
	struct recording *rec = rp->recording;

	return (struct replaying){
		.rp = rp, .v = v, .here = &v->before, .arena = rec->arena,
		.side = MERGE_THEIRS,
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
	return ret;
}

/* side: who has it */
static int replay_merge(struct replay *rp, struct recorded *v,
			enum merge_side side, struct err *err)
{
	struct replaying r = begin(rp, v, err);
	const struct commit *ours = &rp->recording->parent;
	const struct commit *theirs = &rp->merging->theirs;
	const struct path_opts opts = { .engine = v->engine->name };
	bool from_us = side == MERGE_THEIRS;
	struct path p;

	r.side = side;
	if (path_find(&p, rp->recording->project->store,
		      from_us ? ours : theirs, from_us ? theirs : ours, &opts,
		      r.arena, err) ||
	    (p.ncross && way_schema(&r.there, &r.way, &p.base, err)))
		return end(&r, -1);
	for (size_t i = 0; i < p.ncross; i++)
		if (!p.cross[i].down && take_edge(&r, &p.cross[i]))
			return end(&r, -1);
	return end(&r, 0);
}

/* It was run here already, by way of another version. */
static bool has_run(const struct path *here, const struct data_step *step)
{
	for (size_t i = 0; i < here->ncross; i++)
		for (size_t k = 0; k < here->cross[i].edge.n; k++)
			if (!memcmp(here->cross[i].edge.runs[k].step->as,
				    step->as, SHA256_LEN))
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
	return end(&r, take_edge(&r, &c));
}

int replay_side(struct replay *rp, struct recorded *v, size_t side,
		struct err *err)
{
	return rp->merging->edge_of ? replay_edge(rp, v, err) :
	       replay_merge(rp, v, side ? MERGE_OURS : MERGE_THEIRS, err);
}

/* ---- what cannot be proven ----------------------------------------------- */

/* What is said of it, or of its way back; NULL: nothing. */
static const char *said_of(const char *text, const struct data_step *step,
			   struct arena *a)
{
	const char *title = data_step_title(step, a);
	const char *back = arena_printf(a, "the way back of %s:", title);
	size_t n = strlen(title);
	const char *at = strstr(text, back);

	if (at)
		return at;
	for (; (text = strstr(text, title)); text++)
		if (str_starts(text + n, ": "))
			return text + n + strlen(": ");
	return NULL;
}

static void leave_out(struct replay *rp, struct recorded *v, size_t at,
		      const char *why)
{
	struct edge_run *runs = v->edge.runs;

	for (size_t i = 0; i < rp->n; i++)
		if (rp->v[i].run == runs[at].step)
			conflict(rp, &rp->v[i], why);
	memmove(&runs[at], &runs[at + 1],
		(v->edge.n - at - 1) * sizeof(*runs));
	v->edge.n--;
}

bool replay_blame(struct replay *rp, struct recorded *v, struct err *err)
{
	struct arena *a = rp->recording->arena;

	if (err->code != ERR_ENGINE && err->code != ERR_REFUSED)
		return false;
	for (size_t i = 0; i < v->edge.n; i++) {
		const char *why = said_of(err->text, v->edge.runs[i].step, a);

		if (!why)
			continue;
		leave_out(rp, v, i, why);
		*err = (struct err)ERR_INIT;
		return true;
	}
	return false;
}
