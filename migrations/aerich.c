/*
 * Versions as Aerich would call them.
 */
#include "config.h"

#include "ss/aerich.h"

#include <time.h>

#include "ss/imported.h"

#define NAME_MOST 200	/* of what a message becomes; Aerich's is 255 */
#define NUMBER_MOST 18	/* digits */

struct naming {
	struct aerich_version *v;
	size_t n;
	struct arena *arena;
};

/* "models/3_20250102030405_name" */
static bool take_imported(struct aerich_version *v,
			  const struct imported *was, struct arena *a)
{
	const char *slash = strchr(was->number, '/');
	const char *name = slash ? slash + 1 : NULL;
	size_t n = name ? strspn(name, "0123456789") : 0;

	if (strcmp(was->format, "aerich") || !n || n > NUMBER_MOST ||
	    parse_u64(&v->number, arena_strndup(a, name, n), UINT64_MAX))
		return false;
	v->app = arena_strndup(a, was->number, (size_t)(slash - was->number));
	v->name = name;
	return true;
}

static void name_it(struct aerich_version *v, struct arena *a)
{
	time_t t = (time_t)v->version.committer.time;
	char when[32], *name, *p;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(when, sizeof(when), "%Y%m%d%H%M%S", &tm);
	name = arena_printf(a, "%llu_%s_%.*s", (unsigned long long)v->number,
			    when, NAME_MOST, v->number ? v->version.subject :
			    "init");
	for (p = name; *p; p++)
		if (!is_word_byte((unsigned char)*p) || *p == '$')
			*p = *p == '-' ? '-' : '_';
	v->name = name;
}

static int collect(struct naming *w, struct store *s, const struct commit *tip,
		   const char *engine, struct err *err)
{
	struct commit c = *tip;
	size_t cap = 0;

	while (c.kind == COMMIT_SCHEMA) {
		if (version_state(&c, engine)) {
			struct aerich_version *v = ARENA_PUSH(w->arena, w->v,
							      w->n, cap);

			memset(v, 0, sizeof(*v));
			v->version = c;
		}
		if (store_commit(&c, s, &c.parents[0].oid, w->arena, err))
			return -1;
	}
	for (size_t i = 0; i < w->n / 2; i++) {
		struct aerich_version one = w->v[i];

		w->v[i] = w->v[w->n - 1 - i];
		w->v[w->n - 1 - i] = one;
	}
	return 0;
}

static const char *default_app(struct project *p, struct arena *a)
{
	struct list apps = conf_all(&p->conf, "tortoise.app", a);

	return apps.n == 1 ? apps.v[0] : "models";
}

/* The next number of the app, whichever version had its last. */
static uint64_t next_number(const struct naming *w, size_t end,
			    const char *app)
{
	for (size_t i = end; i-- > 0;)
		if (!strcmp(w->v[i].app, app))
			return w->v[i].number + 1;
	return 0;
}

int aerich_versions(struct aerich_version **out, size_t *n, struct project *p,
		    const struct commit *tip, const struct engine *e,
		    const char *app, struct arena *a, struct err *err)
{
	struct naming w = { .arena = a };
	const char *now = app ? app : default_app(p, a);
	struct imported *was;
	size_t nwas, k = 0;

	if (collect(&w, p->store, tip, e->name, err) ||
	    imported_list(&was, &nwas, p->store, &tip->oid, e, a, err))
		return -1;
	for (size_t i = 0; i < w.n; i++) {
		struct aerich_version *v = &w.v[i];

		v->imported = k < nwas &&
			      oid_equal(&was[k].version, &v->version.oid) &&
			      take_imported(v, &was[k], a);
		k += k < nwas && oid_equal(&was[k].version, &v->version.oid);
		if (v->imported) {
			now = app ? app : v->app;
			continue;
		}
		v->app = now;
		v->number = next_number(&w, i, now);
		name_it(v, a);
	}
	*out = w.v;
	*n = w.n;
	return 0;
}

int aerich_find(const struct aerich_version **out,
		const struct aerich_version *v, size_t n, uint64_t number,
		struct err *err)
{
	const struct aerich_version *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (v[i].number != number)
			continue;
		if (found) {
			err_set(err, ERR_USAGE, "number %llu is %s/%s, and "
				"%s/%s", (unsigned long long)number,
				found->app, found->name, v[i].app, v[i].name);
			return err_hint(err, "name the version");
		}
		found = &v[i];
	}
	*out = found;
	if (found)
		return 0;
	err_set(err, ERR_USAGE, "no version has the number %llu",
		(unsigned long long)number);
	return n ? err_hint(err, "the last one is %s/%s", v[n - 1].app,
			    v[n - 1].name) : -1;
}
