/*
 * The engines there are.
 */
#include "config.h"

#include "ss/engine.h"

#include <stdlib.h>

static const struct engine *const engines[] = {
	&engine_sqlite,
#ifdef HAVE_POSTGRESQL
	&engine_postgres,
#endif
};

void engines_alone(void)
{
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		engines[i]->alone();
}

struct engines engines_known(void)
{
	return (struct engines){ engines, ARRAY_LEN(engines) };
}

bool engines_have(const struct engines *v, const struct engine *e)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i] == e)
			return true;
	return false;
}

static int unknown_engine(const char *name, struct err *err)
{
	struct buf names = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		buf_addf(&names, "%s%s", i ? ", " : "", engines[i]->name);
	err_set(err, ERR_USAGE, "engine '%s' is not known here", name);
	err_hint(err, "this build knows: %s", names.ptr);
	buf_release(&names);
	return -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct engine *const *)a)->name,
		      (*(const struct engine *const *)b)->name);
}

/* engines = name { ( "," | blank ) name } */
int engines_parse(struct engines *out, const char *text, struct arena *a,
		  struct err *err)
{
	static const char between[] = ", \t";
	const struct engine **v = arena_alloc(a, sizeof(engines));

	out->v = v;
	out->n = 0;
	for (text += strspn(text, between); *text;
	     text += strspn(text, between)) {
		size_t n = strcspn(text, between);
		const char *name = arena_strndup(a, text, n);
		const struct engine *e = engine_find(name);

		if (!e)
			return unknown_engine(name, err);
		if (engines_have(out, e))
			return err_set(err, ERR_USAGE, "engine '%s' is named "
				       "twice", name);
		v[out->n++] = e;
		text += n;
	}
	if (!out->n)
		return unknown_engine("", err);
	qsort(v, out->n, sizeof(*v), by_name);
	return 0;
}

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	return NULL;
}

const struct engine *engine_of_url(const char *url)
{
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		if (engines[i]->owns(url))
			return engines[i];
	return NULL;
}

void read_cache_release(struct read_cache *c)
{
	map_release(&c->parsed);
	arena_release(&c->arena);
}

/* Every engine's struct conn begins with its engine. */
const struct engine *conn_engine(const struct conn *c)
{
	return *(const struct engine *const *)(const void *)c;
}
