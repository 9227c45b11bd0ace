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

static struct stage *last_stage(const struct stages *s)
{
	return s->n ? &s->v[s->n - 1] : NULL;
}

/* Runs in one schema are one stage. */
static void add_run(struct adding *a, const struct edge_run *r)
{
	const struct schema *to = schema_of(a->e, r);
	struct stage *last = last_stage(a->out);
	struct data_run *runs;

	if (!last || last->to != to) {
		last = ARENA_PUSH(a->arena, a->out->v, a->out->n, a->out->cap);
		*last = (struct stage){ .to = to };
	}
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

static int take_run(struct adding *a, size_t i)
{
	const struct edge_run *r = &a->e->edge->runs[i];
	const struct data_run run = { .step = r->step, .down = a->down };

	if (a->e->skip && a->e->skip[i])
		return 0;
	if (a->down && !r->step->has_down)
		return irreversible(a, arena_printf(a->arena, "data step %s",
						    r->step->name));
	if (!data_run_text(&run)->empty)
		add_run(a, r);
	return 0;
}

static int take_edited(struct adding *a)
{
	const struct edge *e = a->e->edge;
	const struct bytes *sql = a->down ? &e->down : &e->up;

	if (!sql->ptr)
		return irreversible(a, "its SQL");
	*ARENA_PUSH(a->arena, a->out->v, a->out->n, a->out->cap) =
		(struct stage){
			.to = a->down ? a->e->from : a->e->to,
			.edited = sql->ptr,
			.title = arena_printf(a->arena, "the SQL of %s",
					      a->e->title ? a->e->title :
					      "this version"),
		};
	return 0;
}

int stages_add(struct stages *out, const struct edge_schemas *e, bool down,
	       struct arena *arena, struct err *err)
{
	struct adding a = { out, e, down, arena, err };
	const struct edge *edge = e->edge;
	enum edge_where far = down ? EDGE_BEFORE : EDGE_AFTER;
	bool edited = edge->edited;

	/* One goes through the SQL from the schema on this side of it. */
	if (edited && (!last_stage(out) ||
		       last_stage(out)->to != (down ? e->to : e->from)))
		*ARENA_PUSH(arena, out->v, out->n, out->cap) = (struct stage){
			.to = down ? e->to : e->from,
		};
	for (size_t i = 0; i < edge->n; i++) {
		size_t at = down ? edge->n - 1 - i : i;

		if (edited && edge->runs[at].where == far) {
			edited = false;
			if (take_edited(&a))
				return -1;
		}
		if (take_run(&a, at))
			return -1;
	}
	return edited ? take_edited(&a) : 0;
}
