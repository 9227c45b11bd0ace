/*
 * The schemas on a way, each read once.
 */
#include "config.h"

#include "ss/way.h"

#include "ss/majors.h"

struct way_schema {
	struct oid version;	/* zero: of nothing */
	unsigned parent;
	size_t state;		/* of its edge from that parent; 0: its own */
	const struct schema *known;	/* the caller's; NULL: our own */
	struct schema own;
	struct way_schema *next;
};

static struct way_schema *push(struct way *w, const struct oid *version)
{
	struct way_schema *s = arena_alloc(w->arena, sizeof(*s));

	if (version)
		s->version = *version;
	s->next = w->schemas;
	w->schemas = s;
	return s;
}

void way_know(struct way *w, const struct commit *version,
	      const struct schema *s)
{
	push(w, version ? &version->oid : NULL)->known = s;
}

void way_release(struct way *w)
{
	for (struct way_schema *s = w->schemas; s; s = s->next)
		if (!s->known)
			schema_release(&s->own);
}

static const struct schema *schema_of(const struct way_schema *s)
{
	return s->known ? s->known : &s->own;
}

static int as_there(struct way *w, struct schema *s, struct err *err)
{
	if (!w->engine->by_version || !w->like || !s->version ||
	    !strcmp(s->version, w->like))
		return 0;
	return schema_translate(s, w->project, w->engine, w->like, err);
}

int way_schema(const struct schema **out, struct way *w, const struct oid *id,
	       struct err *err)
{
	struct way_schema *s = w->schemas;
	struct commit c;

	while (s && !(oid_equal(&s->version, id) && !s->state))
		s = s->next;
	if (s) {
		*out = schema_of(s);
		return 0;
	}
	s = push(w, id);
	*out = &s->own;
	schema_init(&s->own, w->engine->spelling, w->arena);
	return store_commit(&c, w->project->store, id, w->arena, err) ||
	       version_schema_read(&s->own, w->project->store, &c,
				   w->engine->name, w->engine->spelling,
				   w->arena, err) ||
	       as_there(w, &s->own, err) ? -1 : 0;
}

static int read_state(const struct schema **out, struct way *w,
		      const struct crossing *c, size_t k, struct err *err)
{
	struct way_schema *s = w->schemas;

	while (s && !(oid_equal(&s->version, &c->version.oid) &&
		      s->parent == c->parent && s->state == k))
		s = s->next;
	if (s) {
		*out = &s->own;
		return 0;
	}
	s = push(w, &c->version.oid);
	s->parent = c->parent;
	s->state = k;
	*out = &s->own;
	schema_init(&s->own, w->engine->spelling, w->arena);
	return edge_state_read(&s->own, w->project->store, &c->version,
			       c->parent, &c->edge, k, w->engine->spelling,
			       w->arena, err) ||
	       as_there(w, &s->own, err) ? -1 : 0;
}

int way_run_schema(const struct schema **out, struct way *w,
		   const struct crossing *c, const struct edge_run *r,
		   struct err *err)
{
	switch (r->where) {
	case EDGE_BEFORE:
		return way_schema(out, w, &c->version.parents[c->parent].oid,
				  err);
	case EDGE_AFTER:
		return way_schema(out, w, &c->version.oid, err);
	default:
		return read_state(out, w, c, r->state, err);
	}
}

/* Those in which something is run. */
static int read_schemas(struct edge_schemas *e, const struct schema **states,
			struct way *w, const struct crossing *c,
			struct err *err)
{
	if (c->edge.edited &&
	    (way_schema(&e->from, w, &c->version.parents[c->parent].oid,
			err) ||
	     way_schema(&e->to, w, &c->version.oid, err)))
		return -1;
	for (size_t i = 0; i < c->edge.n; i++) {
		const struct edge_run *r = &c->edge.runs[i];
		const struct schema **out =
			r->where == EDGE_BEFORE ? &e->from :
			r->where == EDGE_AFTER ? &e->to :
			&states[r->state - 1];

		if (!c->skip[i] && way_run_schema(out, w, c, r, err))
			return -1;
	}
	return 0;
}

static int add_crossing(struct way *w, const struct crossing *c,
			struct err *err)
{
	const struct schema **states = arena_alloc(w->arena,
		(c->edge.nstates + 1) * sizeof(*states));
	char hex[OID_HEX];
	struct edge_schemas e = {
		.edge = &c->edge, .states = states, .skip = c->skip,
	};

	oid_hex(hex, &c->version.oid);
	e.title = arena_printf(w->arena, "version %.10s ('%s')", hex,
			       c->version.subject);
	return read_schemas(&e, states, w, c, err) ||
	       stages_add(&w->stages, &e, c->down, w->arena, err) ? -1 : 0;
}

int way_stages(struct way *w, const struct path *p, struct err *err)
{
	for (size_t i = 0; i < p->ncross; i++)
		if (add_crossing(w, &p->cross[i], err))
			return -1;
	return 0;
}
