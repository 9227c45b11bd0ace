/*
 * The schemas on a way, each read once.
 */
#include "config.h"

#include "ss/way.h"

#include "ss/majors.h"

struct way_schema {
	struct oid version;	/* zero: of nothing */
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

static int read_version(const struct schema **out, struct way *w,
			const struct oid *id, struct err *err)
{
	struct way_schema *s = w->schemas;
	struct commit c;

	while (s && !oid_equal(&s->version, id))
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
	struct way_schema *s = push(w, NULL);

	*out = &s->own;
	schema_init(&s->own, w->engine->spelling, w->arena);
	memset(&s->version, 0xff, sizeof(s->version));
	return edge_state_read(&s->own, w->project->store, &c->version,
			       c->parent, &c->edge, k, w->engine->spelling,
			       w->arena, err) ||
	       as_there(w, &s->own, err) ? -1 : 0;
}

/* Does anything of it run there? */
static bool runs_at(const struct crossing *c, enum edge_where where, size_t k)
{
	for (size_t i = 0; i < c->edge.n; i++)
		if (c->edge.runs[i].where == where && !c->skip[i] &&
		    c->edge.runs[i].state == k)
			return true;
	return c->edge.edited && where != EDGE_WITHIN;
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
	if ((runs_at(c, EDGE_BEFORE, 0) &&
	     read_version(&e.from, w, &c->version.parents[c->parent].oid,
			  err)) ||
	    (runs_at(c, EDGE_AFTER, 0) &&
	     read_version(&e.to, w, &c->version.oid, err)))
		return -1;
	for (size_t k = 1; k <= c->edge.nstates; k++)
		if (runs_at(c, EDGE_WITHIN, k) &&
		    read_state(&states[k - 1], w, c, k, err))
			return -1;
	return stages_add(&w->stages, &e, c->down, w->arena, err);
}

int way_stages(struct way *w, const struct path *p, struct err *err)
{
	for (size_t i = 0; i < p->ncross; i++)
		if (add_crossing(w, &p->cross[i], err))
			return -1;
	return 0;
}
