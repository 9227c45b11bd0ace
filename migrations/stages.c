/*
 * Where data steps run on a way.
 */
#include "config.h"

#include "ss/stages.h"

struct adding {
	struct stages *out;
	const struct edge_schemas *e;
	bool down;
	struct arena *arena;
	struct err *err;
};

static const struct schema *schema_of(const struct edge_schemas *e,
				      const struct edge_run *r)
{
	switch (r->where) {
	case EDGE_BEFORE:
		return e->from;
	case EDGE_AFTER:
		return e->to;
	default:
		return e->states[r->state - 1];
	}
}

static struct stage *add_stage(struct adding *a, struct stage stage)
{
	struct stage *s = ARENA_PUSH(a->arena, a->out->v, a->out->n,
				     a->out->cap);

	*s = stage;
	return s;
}

/* Runs in one schema are one stage. */
static void add_run(struct adding *a, const struct edge_run *r)
{
	const struct schema *to = schema_of(a->e, r);
	struct stage *last = a->out->n ? &a->out->v[a->out->n - 1] : NULL;
	struct data_run *runs;

	if (!last || last->to != to || last->edited)
		last = add_stage(a, (struct stage){ .to = to });
	runs = arena_alloc(a->arena, (last->n + 1) * sizeof(*runs));
	if (last->n)
		memcpy(runs, last->runs, last->n * sizeof(*runs));
	runs[last->n++] = (struct data_run){ r->step, a->down,
						a->e->title };
	last->runs = runs;
}

static int irreversible(struct adding *a, const char *what)
{
	err_set(a->err, ERR_REFUSED, "%s%s%s has no way back", a->e->title ?
		a->e->title : "", a->e->title ? ": " : "", what);
	return err_hint(a->err, "a backup of the database has what was before "
			"it");
}

static int been_run(struct adding *a, const struct data_step *step)
{
	err_set(a->err, ERR_REFUSED, "%s: data step %s is in its SQL, which "
		"was edited, and both versions have it", a->e->title,
		step->name);
	return err_hint(a->err, "go by way of a version that both come from");
}

static int take_run(struct adding *a, size_t i)
{
	const struct edge_run *r = &a->e->edge->runs[i];

	if (a->e->skip && a->e->skip[i])
		return 0;
	if (a->down && !r->step->has_down)
		return irreversible(a, arena_printf(a->arena, "data step %s",
						    r->step->name));
	add_run(a, r);
	return 0;
}

/* The SQL of an edge that was edited has its data steps in it. */
static int take_edited(struct adding *a)
{
	const struct edge_schemas *e = a->e;
	const struct edge *edge = e->edge;
	const struct bytes *sql = a->down ? &edge->down : &edge->up;
	struct data_run *runs = arena_alloc(a->arena, (edge->n + 1) *
					    sizeof(*runs));
	const char *title = e->title ? e->title : "this version";

	if (!sql->ptr)
		return irreversible(a, "its SQL");
	for (size_t i = 0; i < edge->n; i++) {
		size_t at = a->down ? edge->n - 1 - i : i;

		if (e->skip && e->skip[at])
			return been_run(a, edge->runs[at].step);
		runs[i] = (struct data_run){ edge->runs[at].step, a->down,
					     e->title };
	}
	/* One goes through it from the schema on this side. */
	add_stage(a, (struct stage){ .to = a->down ? e->to : e->from });
	add_stage(a, (struct stage){
		.to = a->down ? e->from : e->to, .runs = runs, .n = edge->n,
		.edited = sql->ptr,
		.title = arena_printf(a->arena, "the SQL of %s", title),
	});
	return 0;
}

int stages_add(struct stages *out, const struct edge_schemas *e, bool down,
	       struct arena *arena, struct err *err)
{
	struct adding a = { out, e, down, arena, err };
	size_t n = e->edge->n;

	if (e->edge->edited)
		return take_edited(&a);
	for (size_t i = 0; i < n; i++)
		if (take_run(&a, down ? n - 1 - i : i))
			return -1;
	return 0;
}
