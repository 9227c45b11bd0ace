/*
 * Of which engines a command is: what is said, what its words name.
 */
#include "config.h"

#include "ss/state.h"

#include <stdlib.h>

static bool same_path(const char *a, const char *b)
{
	char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
	bool same = real_a && real_b ? !strcmp(real_a, real_b) :
		    !strcmp(a, b);

	free(real_a);
	free(real_b);
	return same;
}

static int which_engine(const struct engines *v, const char *path,
			struct err *err)
{
	struct buf flags = BUF_INIT;

	for (size_t i = 0; i < v->n; i++)
		buf_addf(&flags, "%s--engine %s", i ? " or " : "",
			 v->v[i]->name);
	err_set(err, ERR_USAGE, "of which engine is '%s'?", path);
	err_hint(err, "say %s", flags.ptr);
	buf_release(&flags);
	return -1;
}

int engines_of_path(struct engines *out, struct project *p, const char *path,
		    struct err *err)
{
	const struct engines *all = &p->engines;
	const struct engine **v = arena_alloc(p->arena, all->n * sizeof(*v));

	*out = *all;
	if (all->n == 1 || source_is_models(path))
		return 0;
	out->v = v;
	out->n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const char *source = project_source(p, all->v[i]);

		if (source && same_path(source, path))
			v[out->n++] = all->v[i];
	}
	return out->n ? 0 : which_engine(all, path, err);
}

int project_engines(struct engines *out, struct project *p, const char *names,
		    struct err *err)
{
	*out = p->engines;
	return names ? engines_parse(out, names, p->arena, err) : 0;
}

/* Only what `s` may be, too. */
static int narrow(struct engines *v, struct project *p, const struct state *s,
		  struct err *err)
{
	struct engines of = p->engines;
	const struct engine **both;
	size_t n = 0;

	if (s->engine)
		of = (struct engines){ &s->engine, 1 };
	else if (s->type != STATE_SOURCE || !s->path || v->n == 1)
		return 0;
	else if (engines_of_path(&of, p, s->path, err))
		return -1;
	both = arena_alloc(p->arena, v->n * sizeof(*both));
	for (size_t i = 0; i < v->n; i++)
		if (engines_have(&of, v->v[i]))
			both[n++] = v->v[i];
	if (!n)
		return err_set(err, ERR_USAGE, "'%s' is of another engine: %s",
			       s->label, of.v[0]->name);
	*v = (struct engines){ both, n };
	return 0;
}

int state_engines(struct engines *out, struct project *p, const char *names,
		  const struct state *a, const struct state *b,
		  struct err *err)
{
	const struct engine **v = arena_alloc(p->arena, sizeof(*v));

	if (project_engines(out, p, names, err))
		return -1;
	/* A database's engine need not be the project's. */
	*v = a->engine ? a->engine : b->engine;
	if (!names && *v)
		*out = (struct engines){ v, 1 };
	return narrow(out, p, a, err) || narrow(out, p, b, err) ? -1 : 0;
}
