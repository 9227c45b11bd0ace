/*
 * Versions as Aerich's migrations, with what their models were where that is
 * known.
 */
#include "config.h"

#include "ss/aerich-write.h"
#include "ss/aerich.h"
#include "ss/export.h"
#include "ss/file.h"
#include "ss/imported.h"
#include "ss/sqltok.h"

struct writing {
	struct project *project;
	const struct export_opts *opts;
	struct export_aerich *out;
	const char **paths, **texts;
	size_t n;
	struct arena *arena;
};

static int read_state(const char **out, struct writing *w,
		      const struct aerich_version *v, struct err *err)
{
	struct buf models = BUF_INIT, state = BUF_INIT;
	int ret = version_models(&models, w->project->store, &v->version,
				 w->opts->engine->name, w->arena, err);

	*out = NULL;
	if (ret > 0)
		ret = aerich_state(&state, models.ptr, v->app, err);
	if (!ret && state.len)
		*out = arena_strdup(w->arena, state.ptr);
	buf_release(&models);
	buf_release(&state);
	return ret < 0 ? -1 : 0;
}

static const char *text_of(const struct bytes *sql, struct arena *a)
{
	return !sql->ptr ? NULL : arena_strndup(a, sql->ptr, sql->len);
}

static const char *as_run(const char *sql, bool alone, const struct engine *e,
			  struct arena *a)
{
	return !sql ? NULL : alone ? history_bracketed(e, sql, a) :
	       history_bare(e, sql, a);
}

/* An index by itself, where no transaction is: CONCURRENTLY. */
static const char *concurrently(const char *sql, struct arena *a)
{
	struct sqllex lex = sqllex_init(sql ? sql : "", sql ? strlen(sql) : 0);
	size_t at = 0, ends = 0;
	struct sqltok t;

	for (size_t n = 0; sqltok_next(&lex, &t); n++) {
		if (n < 3 && sqltok_is(&t, "INDEX"))
			at = (size_t)(t.ptr - sql) + t.len;
		ends += sqltok_is(&t, ";");
	}
	return at && ends == 1 ? arena_printf(a, "%.*s CONCURRENTLY%s",
					      (int)at, sql, sql + at) : sql;
}

/* With its table, where there is none yet. */
static void fill(struct aerich_text *t, struct writing *w,
		 const struct edge *edge, const struct aerich_version *v,
		 bool first)
{
	const struct engine *e = w->opts->engine;
	struct arena *a = w->arena;
	const char *up = text_of(&edge->up, a);
	const char *down = text_of(&edge->down, a);
	bool alone = imported_alone(&v->version);

	up = arena_printf(a, "%s%s", up ? up : "", first ?
			  aerich_table(e->name) : "");
	if (alone && e->spelling->qualified) {
		up = concurrently(up, a);
		down = concurrently(down, a);
	}
	t->alone = history_begins_itself(e, up) ||
		   history_begins_itself(e, down);
	t->up = as_run(up, t->alone, e, a);
	t->down = as_run(down, t->alone, e, a);
	t->alone |= alone;
}

static int add(struct writing *w, const struct aerich_version *v, bool first,
	       struct err *err)
{
	const char *dir = path_join(w->arena, w->opts->dir, v->app);
	const char *path = path_join(w->arena, dir, arena_printf(w->arena,
				     "%s.py", v->name));
	struct aerich_text t = { .up = "" };
	struct buf b = BUF_INIT;
	struct edge edge;

	if (v->imported && file_exists(path)) {
		w->out->kept++;
		return 0;
	}
	if (export_edge(&edge, w->project, &v->version, w->opts->engine,
			w->arena, err) ||
	    read_state(&t.state, w, v, err))
		return -1;
	fill(&t, w, &edge, v, first);
	if (!t.state)
		list_add(w->arena, &w->out->no_state, v->name);
	if (!t.down)
		list_add(w->arena, &w->out->no_way_back, v->name);
	aerich_write(&b, &t);
	w->paths[w->n] = path;
	w->texts[w->n++] = arena_strdup(w->arena, b.ptr);
	buf_release(&b);
	return 0;
}

static int check_there(const char *path, const char *text, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = file_read_if(&b, path, SOURCE_LIMIT, err);

	if (ret > 0 && strcmp(b.ptr, text)) {
		err_set(err, ERR_REFUSED, "'%s' is there already, and says "
			"something else", path);
		ret = err_hint(err, "take it away, or export only what comes "
			       "behind it: A..B");
	}
	buf_release(&b);
	return ret < 0 ? -1 : 0;
}

static int write_all(struct writing *w, struct err *err)
{
	for (size_t i = 0; i < w->n; i++)
		if (check_there(w->paths[i], w->texts[i], err))
			return -1;
	for (size_t i = 0; i < w->n; i++) {
		char *dir = arena_strdup(w->arena, w->paths[i]);

		*strrchr(dir, '/') = '\0';
		if (dir_make(dir, err) ||
		    file_write(w->paths[i], w->texts[i], strlen(w->texts[i]),
			       err))
			return -1;
	}
	w->out->written = w->n;
	return 0;
}

int export_aerich(struct export_aerich *out, struct project *p,
		  const struct export_opts *o, const char *app,
		  struct arena *a, struct err *err)
{
	struct writing w = {
		.project = p, .opts = o, .out = out, .arena = a,
	};
	bool wanted = !o->from || o->from->kind != COMMIT_SCHEMA;
	struct aerich_version *v;
	struct commit *range;
	size_t n;

	memset(out, 0, sizeof(*out));
	if (export_range(&range, &n, p, o, a, err) ||
	    aerich_versions(&v, &n, p, o->to, o->engine, app, a, err))
		return -1;
	w.paths = arena_alloc(a, (n + 1) * sizeof(*w.paths));
	w.texts = arena_alloc(a, (n + 1) * sizeof(*w.texts));
	for (size_t i = 0; i < n; i++) {
		if (wanted && add(&w, &v[i], !i, err))
			return -1;
		wanted |= o->from && oid_equal(&v[i].version.oid,
					       &o->from->oid);
	}
	return write_all(&w, err);
}
