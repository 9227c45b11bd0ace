/*
 * Plans for the host: what it may ask about one, copied out.
 */
#include "config.h"

#include "lib/lib.h"

#include <stdlib.h>

static const enum ss_severity severities[] = {
	[HAZARD_NOTE] = SS_NOTE,
	[HAZARD_LOSES] = SS_LOSES,
	[HAZARD_BLOCKS] = SS_BLOCKS,
};

static void add_hazard(struct ss_plan *out, const struct counted_hazard *c)
{
	const struct hazard_info *info = &hazard_infos[c->hazard->id];
	struct ss_hazard *h = ARENA_PUSH(&out->arena, out->hazards,
					 out->nhazards, out->cap);

	h->code = info->code;
	h->text = info->text;
	h->severity = severities[info->severity];
	h->node = arena_strdup(&out->arena, c->hazard->node);
	h->rows = c->rows;
}

void plan_fill(struct ss_plan *out, const struct plan *plan,
	       const struct counted_hazard *v, size_t n)
{
	struct buf script = BUF_INIT;

	plan_print(&script, plan);
	out->script = arena_strndup(&out->arena, script.ptr, script.len);
	buf_release(&script);
	out->sql = arena_strndup(&out->arena, plan->sql, plan->sql_len);
	out->proven = plan->proven;
	for (size_t i = 0; i < n; i++)
		add_hazard(out, &v[i]);
}

static struct ss_revision *revision_of(struct ss_plan *p,
				       const struct state *s)
{
	struct ss_revision *r;

	if (s->type != STATE_VERSION)
		return NULL;
	r = arena_alloc(&p->arena, sizeof(*r));
	fill_revision(r, &s->version);
	return r;
}

static int count(struct counted_hazard **out, size_t *n, const struct plan *p,
		 const struct state *from, struct call *c)
{
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < p->script.n; i++)
		for (size_t k = 0; k < p->script.v[i].nhazards; k++) {
			struct counted_hazard *h = ARENA_PUSH(&c->arena, *out,
							      *n, cap);

			h->hazard = &p->script.v[i].hazards[k];
			h->rows = -1;
			if (from->type == STATE_DATABASE &&
			    hazard_count(&h->rows, h->hazard, from->conn,
					 &c->err))
				return -1;
		}
	return 0;
}

static int parse_renames(struct state_plan_opts *opts,
			 const struct ss_plan_options *o, struct call *c)
{
	struct rename *v = arena_alloc(&c->arena, (o->nrenames + 1) *
				       sizeof(*v));

	for (size_t i = 0; i < o->nrenames; i++)
		if (rename_parse(&v[i], o->renames[i], &c->arena, &c->err))
			return -1;
	opts->renames = v;
	opts->nrenames = o->nrenames;
	return 0;
}

static int make(struct ss_plan *out, struct call *c, struct state *from,
		struct state *to, const struct state_plan_opts *opts)
{
	struct counted_hazard *v;
	struct plan p;
	size_t n;

	if (state_plan(&p, from, to, &c->project, opts, &c->err) ||
	    count(&v, &n, &p, from, c))
		return -1;
	plan_fill(out, &p, v, n);
	out->from = revision_of(out, from);
	out->to = revision_of(out, to);
	return 0;
}

static int run(struct ss_plan *out, struct call *c, const char *from,
	       const char *to, const struct ss_plan_options *options)
{
	struct ss_plan_options o = SS_PLAN_OPTIONS_INIT;
	struct state_plan_opts opts = { .prove = false };
	struct state v[2], a = { 0 }, b = { 0 };
	struct project *p = &c->project;
	struct engines engines;
	int ret = -1;

	if (options_take(&o, sizeof(o), options, &c->err) ||
	    parse_renames(&opts, &o, c) ||
	    state_find(&v[0], p, from, &c->err) ||
	    state_find(&v[1], p, to, &c->err) ||
	    state_engines(&engines, p, o.engine, &v[0], &v[1], &c->err))
		return -1;
	if (engines.n > 1)
		return err_set(&c->err, ERR_USAGE, "a plan is of one engine: "
			       "set ss_plan_options.engine");
	opts.prove = o.prove;
	if (!state_open(&a, &v[0], p, engines.v[0], &c->err) &&
	    !state_open(&b, &v[1], p, engines.v[0], &c->err))
		ret = make(out, c, &a, &b, &opts);
	state_close(&a);
	state_close(&b);
	return ret;
}

int ss_plan_make(struct ss_project *p, const char *from, const char *to,
		 const struct ss_plan_options *options, struct ss_plan **out,
		 struct ss_error *error)
{
	struct ss_plan *plan = xmalloc(sizeof(*plan));
	struct call c;
	int ret;

	memset(plan, 0, sizeof(*plan));
	ret = call_open(&c, p);
	if (!ret)
		ret = run(plan, &c, from, to, options);
	if (ret)
		ss_plan_free(plan);
	else
		*out = plan;
	return call_close(&c, ret, error);
}

void ss_plan_free(struct ss_plan *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p);
}

const char *ss_plan_sql(const struct ss_plan *p)
{
	return p->sql;
}

const char *ss_plan_script(const struct ss_plan *p)
{
	return p->script;
}

bool ss_plan_proven(const struct ss_plan *p)
{
	return p->proven;
}

const struct ss_hazard *ss_plan_hazard(const struct ss_plan *p, size_t i)
{
	return i < p->nhazards ? &p->hazards[i] : NULL;
}

const struct ss_revision *ss_plan_from(const struct ss_plan *p)
{
	return p->from;
}

const struct ss_revision *ss_plan_to(const struct ss_plan *p)
{
	return p->to;
}
