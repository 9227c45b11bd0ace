/*
 * Another tool's migrations as versions.
 *
 *	folder ─▶ steps ─▶ scratch, one after the other ─▶ schema of each
 *
 * Between two of them leads what differs, as ever; but where a migration does
 * more than that, its own SQL: as data steps where they stand before or behind
 * all else, else as the SQL of the whole edge.  What is proven counts.
 */
#include "config.h"

#include "migrations/handwork.h"
#include "migrations/many.h"

#include "ss/file.h"
#include "ss/import.h"
#include "ss/imported.h"

enum by {
	BY_OURS,	/* what differs */
	BY_STEPS,	/* the same, and data steps */
	BY_THEIRS,	/* their SQL, there and back */
	BY_THEIRS_UP,	/* their SQL there; back what differs, or nothing */
	BY_NOTHING
};

struct importing {
	struct project *project;
	const struct import_opts *opts;
	struct import_result *out;
	struct history history;
	struct many many;
	struct recorded *v;	/* of the engine */
	struct conn *conn;
	/* The same without rows, where proofs are run on the whole: those of
	 * what differs are run there.  NULL: not there now. */
	struct conn *empty;
	struct arena *arena;	/* the caller's */
};

/* A migration that is recorded. */
struct taking {
	struct importing *im;
	const struct history_step *step;
	struct handwork up, down;
	struct commit_opts opts;
	struct commit_data data[2];
	enum by by;
	const char *edited[2];	/* up, down */
	struct commit_result res;
};

/* ---- ways to record it --------------------------------------------------- */

/* The way back of what stands before all else stands behind it, and so on. */
static const char *back_of(const struct taking *t, bool before)
{
	const struct handwork *d = &t->down;

	if (d->schema)
		return before ? d->trail : d->lead;
	return !before == !t->up.lead || !before == !!t->up.trail ? d->all :
	       NULL;
}

/* Data steps have all of what it does to rows. */
static bool fits_steps(const struct taking *t)
{
	const struct handwork *u = &t->up, *d = &t->down;

	if (u->mixed || d->mixed)
		return false;
	if (!d->schema)
		return !d->data || u->trail || u->lead;
	return (!d->lead || u->trail) && (!d->trail || u->lead);
}

static void add_step(struct taking *t, bool before)
{
	const char *up = before ? t->up.lead : t->up.trail;
	struct arena *a = t->im->many.now.arena;
	const char *down = back_of(t, before);
	struct commit_data *d = &t->data[t->opts.ndata];
	char *name;

	if (!up)
		return;
	name = arena_printf(a, "%.*s%s", DATA_NAME_MOST - 8, t->step->name,
			    before ? "-before" : "");
	for (char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || *p == '-'))
			*p = '_';
	if (*name == '-')
		*name = '_';
	d->engine = t->im->v->engine;
	d->name = name;
	d->up = arena_printf(a, "-- schemastore: %s\n%s", before ? "before" :
			     "after", up);
	d->down = down ? down : t->step->down.sql ? "" : NULL;
	t->opts.data = t->data;
	t->opts.ndata++;
}

static int take_theirs(void *ctx, struct commit_edit *e, struct err *err)
{
	struct taking *t = ctx;

	(void)err;
	if (e->engine != t->im->v->engine)
		return 0;
	e->up = t->edited[0];
	if (t->by == BY_THEIRS)
		e->down = t->edited[1];
	else if (t->up.data || t->up.mixed)
		e->down = NULL;
	return 0;
}

static int as_loaded(const char **out, struct taking *t, const char *sql,
		     struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	*out = sql;
	if (sql)
		ret = t->im->v->engine->as_loaded(&b, sql, &t->im->v->after,
						  err);
	if (sql && !ret)
		*out = arena_strdup(t->im->many.now.arena, b.ptr);
	buf_release(&b);
	return ret;
}

static void drop_empty(struct importing *im)
{
	if (im->empty)
		im->v->engine->close(im->empty);
	im->empty = NULL;
}

static int fill_empty(struct importing *im, struct err *err)
{
	const struct recorded *v = im->v;
	struct plan p;

	return source_scratch(&im->empty, v->engine, &v->read, err) ||
	       plan_whole(&p, &v->before, v->read.extensions,
			  im->many.now.arena, err) ||
	       (p.sql_len && v->engine->exec(im->empty, p.sql, err)) ? -1 : 0;
}

/* It follows as long as no rows come; where it cannot, proofs have a scratch
 * of their own. */
static void move_empty(struct taking *t)
{
	const struct engine *e = t->im->v->engine;
	const struct history_text *up = &t->step->up;
	struct err none = ERR_INIT;

	if (t->up.data || t->up.mixed || !e->spelling->qualified)
		drop_empty(t->im);
	else if ((!t->im->empty && fill_empty(t->im, &none)) ||
		 e->load(t->im->empty, up->sql, strlen(up->sql), up->path,
			 &none))
		drop_empty(t->im);
}

static int plan_it(struct taking *t, struct err *err)
{
	struct recorded *v = t->im->v;
	int ret;

	v->scratch = t->im->empty;
	v->scratch_lost = false;
	ret = record_plan(&t->im->many.now, &t->res, &t->opts, err);
	v->scratch = NULL;
	if (v->scratch_lost)
		drop_empty(t->im);
	return ret;
}

static int record_by(struct taking *t, enum by by, struct err *err)
{
	record_reset(t->im->v);
	memset(&t->res, 0, sizeof(t->res));
	t->by = by;
	t->opts.ndata = 0;
	t->opts.edit = NULL;
	t->opts.ctx = t;
	if (by == BY_STEPS) {
		add_step(t, true);
		add_step(t, false);
	} else if (by != BY_OURS) {
		t->opts.edit = take_theirs;
		if (as_loaded(&t->edited[0], t, t->up.all, err) ||
		    as_loaded(&t->edited[1], t, t->down.all, err))
			return -1;
	}
	return plan_it(t, err);
}

/* Would ours stop, or convert, where theirs says what becomes of the rows? */
static bool is_more(const struct taking *t)
{
	static const enum hazard_id ids[] = {
		HAZARD_NEW_NOT_NULL, HAZARD_FILLS_NULL, HAZARD_CONVERTS_TYPE,
		HAZARD_TYPE_REJECTS,
	};
	const struct script *s = &t->im->v->part->up.script;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->v[i].nhazards; k++)
			for (size_t n = 0; n < ARRAY_LEN(ids); n++)
				if (s->v[i].hazards[k].id == ids[n])
					return true;
	return false;
}

static bool has_down(const struct taking *t)
{
	return !t->im->v->part->no_down;
}

/* A way back is wanted where there was one, or nothing stands against it. */
static bool wants_down(const struct taking *t)
{
	return t->down.all || (!t->up.data && !t->up.mixed);
}

static const enum by *ways(const struct taking *t)
{
	static const enum by ours[] = {
		BY_OURS, BY_THEIRS, BY_THEIRS_UP, BY_NOTHING,
	};
	static const enum by steps[] = {
		BY_STEPS, BY_THEIRS, BY_THEIRS_UP, BY_NOTHING,
	};
	static const enum by theirs[] = {
		BY_THEIRS, BY_THEIRS_UP, BY_NOTHING,
	};
	static const enum by mixed[] = {
		BY_THEIRS, BY_THEIRS_UP, BY_OURS, BY_NOTHING,
	};
	bool data = t->up.data || t->down.data;

	if (data && fits_steps(t))
		return steps;
	if (data)
		return t->up.data ? theirs : mixed;
	return t->up.mixed ? mixed : ours;
}

/* Does it nothing but that, as one that we have exported does? */
static bool is_all(const struct taking *t, const char *sql)
{
	const char *whole = t->step->up.sql;
	const char *at = *sql ? strstr(whole, sql) : NULL;
	const struct engine *e = t->im->v->engine;
	struct arena *a = t->im->many.now.arena;
	const char *const *own = t->im->history.format->tables;
	struct handwork before, after;

	if (!at)
		return false;
	whole = arena_strndup(a, whole, (size_t)(at - whole));
	handwork_read(&before, whole, e, own, a);
	handwork_read(&after, at + strlen(sql), e, own, a);
	return !before.all && !after.all;
}

/* What makes a table anew names it as we do meanwhile. */
static bool is_exported(struct taking *t)
{
	struct err none = ERR_INIT;

	return strstr(t->step->up.sql, "schemastore_") &&
	       !record_by(t, BY_OURS, &none) &&
	       is_all(t, t->im->v->part->up.sql);
}

/* The first way that is as good as can be, else the first that arrives. */
static int find_way(struct taking *t, struct err *err)
{
	enum by first = BY_NOTHING, last = BY_NOTHING;
	struct err failed = ERR_INIT;

	if (is_exported(t))
		return 0;
	for (const enum by *by = ways(t); *by != BY_NOTHING; by++) {
		struct err why = ERR_INIT;

		if (*by >= BY_THEIRS && !t->up.all)
			continue;
		last = *by;
		if (record_by(t, *by, &why)) {
			if (!failed.code)
				failed = why;
			last = BY_NOTHING;
			continue;
		}
		if (first == BY_NOTHING)
			first = *by;
		if ((has_down(t) || !wants_down(t)) &&
		    !(*by == BY_OURS && t->up.all && is_more(t)))
			return 0;
	}
	if (first == BY_NOTHING) {
		*err = failed;
		return -1;
	}
	return first == last ? 0 : record_by(t, first, err);
}

/* ---- one migration ------------------------------------------------------- */

/* Those that hold between the two versions. */
static void take_renames(struct taking *t)
{
	struct recorded *v = t->im->v;
	struct arena *a = t->im->many.now.arena;
	size_t n = t->up.nrenames, kept = 0;
	bool *used = arena_alloc(a, n + 1);
	struct rename *r = t->up.renames;

	for (size_t i = 0; i < n; i++) {
		const char *from = r[i].column ? r[i].column : r[i].object;

		if (!ascii_casecmp(from, r[i].to))
			continue;
		r[kept] = r[i];
		rename_resolve(&r[kept++], &v->before, &v->after, a);
	}
	n = kept;
	kept = 0;
	renames_used(used, &v->after, &v->before, r, n);
	for (size_t i = 0; i < n; i++)
		if (used[i])
			r[kept++] = r[i];
	t->opts.renames = r;
	t->opts.nrenames = kept;
}

/* What a version's source is: the schema, as it is printed. */
static int make_source(struct importing *im, const struct history_step *step,
		       struct err *err)
{
	struct recorded *v = im->v;
	struct arena *a = im->many.now.arena;
	struct source *src = arena_alloc(a, sizeof(*src));
	const char *path = project_source(im->project, v->engine);
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct plan p;
	char *text;

	if (plan_whole(&p, &v->after, v->read.extensions, a, err))
		return -1;
	text = arena_printf(a, "%s%s", p.sql_len && v->engine->source_head ?
			    v->engine->source_head : "", p.sql_len ? p.sql :
			    "");
	src->files = arena_alloc(a, sizeof(*src->files));
	src->n = 1;
	if (step->state)
		src->models = (struct bytes){ step->state,
					      strlen(step->state) };
	src->files[0] = (struct source_file){
		.name = !path ? "schema.sql" : source_is_models(path) ?
			"models.sql" : slash ? slash + 1 : path,
		.text = text, .len = strlen(text),
	};
	v->source = src;
	return 0;
}

static void say(const struct importing *im, const char *of, const char *what)
{
	if (im->project->note)
		im->project->note(arena_printf(im->many.now.arena, "%s: %s",
					       of, what));
}

/* Not where it begins and ends one itself, as what we export does. */
static bool is_alone(const struct importing *im,
		     const struct history_step *step)
{
	return step->alone && !strstr(step->up.sql,
				      im->v->engine->script_begin);
}

static void say_all(const struct importing *im, const struct taking *t)
{
	const struct history_step *step = t->step;

	if (t->down.all && !has_down(t))
		say(im, step->down.path, arena_printf(im->many.now.arena,
		    "no way back: %s", im->v->part->no_down));
	if (is_alone(im, step))
		say(im, step->up.path, "it is said to run in no transaction; "
		    "its version runs in one");
	if (step->lost)
		say(im, step->name, "part of it is no SQL: what it does to "
		    "rows is not in the version");
}

static int record_step(struct importing *im, const struct history_step *step,
		       struct err *err)
{
	struct arena *a = im->many.now.arena;
	const struct engine *e = im->v->engine;
	const char *const *own = im->history.format->tables;
	struct taking t = {
		.im = im, .step = step, .opts = {
			.message = step->name, .allow_empty = true,
			.no_rename = true,
		},
	};

	t.opts.body = arena_printf(a, "%sImported-From: %s %s %s",
				   is_alone(im, step) ? IMPORTED_ALONE "\n" :
				   "", im->history.format->name, e->name,
				   step->number);
	handwork_read(&t.up, step->up.sql, e, own, a);
	handwork_read(&t.down, step->down.sql, e, own, a);
	take_renames(&t);
	move_empty(&t);
	if (make_source(im, step, err) || find_way(&t, err))
		return err_wrap(err, "%s", step->up.path);
	say_all(im, &t);
	im->out->own += im->v->edge.edited || im->v->nsteps;
	return many_write(&im->many, &t.res, &t.opts, err);
}

static int load(struct importing *im, const struct history_step *step,
		struct err *err)
{
	struct recorded *v = im->v;
	const char *sql = step->up.sql;

	if (v->engine->load(im->conn, sql, strlen(sql), step->up.path, err))
		return -1;
	schema_init(&v->after, v->engine->spelling, im->many.now.arena);
	if (v->engine->read(im->conn, &v->after, &v->read, err))
		return err_wrap(err, "%s", step->up.path);
	return history_check_state(step, im->history.format, &v->after, err);
}

/* ---- all of them --------------------------------------------------------- */

/* What was imported before is the beginning of what is there now. */
static int check_had(struct importing *im, struct err *err)
{
	const struct history *h = &im->history;
	struct recording *r = &im->many.now;
	struct imported *had;
	size_t n;

	if (imported_list(&had, &n, im->project->store, &r->tip, im->v->engine,
			  r->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (i < h->n && !strcmp(had[i].number, h->v[i].number) &&
		    !strcmp(had[i].format, h->format->name))
			continue;
		err_set(err, ERR_REFUSED, "migration '%s' (%s) was imported "
			"before, and is not the %zuth one now", had[i].number,
			had[i].format, i + 1);
		return err_hint(err, "only what comes behind those that were "
				"imported can be new");
	}
	im->out->had = n;
	if (n || !im->v->before.n)
		return 0;
	err_set(err, ERR_REFUSED, "the branch has a schema for %s already, "
		"and migrations begin with nothing", im->v->engine->name);
	return err_hint(err, "import into a project that has no version yet");
}

static int check_same(const struct importing *im, struct err *err)
{
	if (!strcmp(im->v->before.digest, im->v->after.digest))
		return 0;
	err_set(err, ERR_REFUSED, "the branch's schema is not what the "
		"migrations up to '%s' lead to: it has gone on by itself, or "
		"they were changed", im->history.v[im->out->had - 1].name);
	return err_hint(err, "commit what is new as versions");
}

static int run_steps(struct importing *im, struct err *err)
{
	const struct history *h = &im->history;
	size_t had = im->out->had;

	for (size_t i = 0; i < h->n; i++) {
		bool is_new = i >= had;

		if (im->project->cancelled && *im->project->cancelled)
			return err_set(err, ERR_CANCELLED, "interrupted: "
				       "nothing is recorded");
		if (load(im, &h->v[i], err) ||
		    (i + 1 == had && check_same(im, err)) ||
		    (is_new && record_step(im, &h->v[i], err)))
			return -1;
		if (is_new && i + 1 == h->n)
			im->out->source = arena_strdup(im->arena,
				im->v->source->files[0].text);
		if (many_next(&im->many, is_new, err))
			return -1;
		progress_step(im->project->progress, "version", i + 1, h->n);
	}
	im->out->made = im->many.made;
	return 0;
}

/* The tool's own tables are no schema, and a version says what it leaves
 * out. */
static void leave_out(struct importing *im)
{
	const char *const *name = im->history.format->tables;
	struct list *ignore = arena_alloc(im->arena, sizeof(*ignore));
	bool qualified = im->v->engine->spelling->qualified;

	for (size_t i = 0; i < im->v->read.ignore->n; i++)
		list_add(im->arena, ignore, im->v->read.ignore->v[i]);
	for (; *name; name++) {
		bool there = strchr(*name, '.') && !qualified;

		for (size_t i = 0; i < ignore->n; i++)
			there |= !strcmp(ignore->v[i], *name);
		if (there)
			continue;
		list_add(im->arena, ignore, *name);
		list_add(im->arena, &im->out->ignored, *name);
	}
	im->v->read.ignore = ignore;
}

static int find_engine(struct importing *im, struct err *err)
{
	struct recording *r = &im->many.now;

	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].engine == im->opts->engine)
			im->v = &r->v[i];
	if (im->v)
		return 0;
	err_set(err, ERR_USAGE, "engine '%s' is not one of the project's",
		im->opts->engine->name);
	return err_hint(err, "name it in schemastore.engines");
}

/* What the project's source needs: extensions, that no migration makes. */
static int load_before(struct importing *im, struct err *err)
{
	const struct engine *e = im->v->engine;
	const char *path = project_how(im->project, e).before;
	struct buf b = BUF_INIT;
	int ret = 0;

	if (path)
		ret = file_read(&b, path, SOURCE_LIMIT, err) ||
		      e->load(im->conn, b.ptr, b.len, path, err) ? -1 : 0;
	buf_release(&b);
	return ret;
}

static int import_all(struct importing *im, struct err *err)
{
	if (many_open(&im->many, im->project, err) || find_engine(im, err))
		return -1;
	leave_out(im);
	im->v->read.like = im->v->before.version;
	/* Rows are no schema, and here they are not left out. */
	im->v->read.note = NULL;
	return check_had(im, err) ||
	       source_scratch(&im->conn, im->v->engine, &im->v->read, err) ||
	       load_before(im, err) || run_steps(im, err) ||
	       many_settle(&im->many, err) ? -1 : 0;
}

int import_history(struct import_result *out, struct project *p,
		   const struct import_opts *o, struct arena *a,
		   struct err *err)
{
	struct importing im = {
		.project = p, .opts = o, .out = out, .arena = a,
	};
	int ret;

	memset(out, 0, sizeof(*out));
	if (history_read(&im.history, o->dir, &o->how, a, err))
		return -1;
	out->format = im.history.format;
	ret = import_all(&im, err);
	if (im.conn)
		im.v->engine->close(im.conn);
	drop_empty(&im);
	many_close(&im.many, ret);
	return ret;
}
