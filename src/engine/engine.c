/*
 * The engines there are.
 */
#include "config.h"

#include "ss/engine.h"

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

const char *engines_known(struct arena *a)
{
	const char *names = engines[0]->name;

	for (size_t i = 1; i < ARRAY_LEN(engines); i++)
		names = arena_printf(a, "%s, %s", names, engines[i]->name);
	return names;
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
