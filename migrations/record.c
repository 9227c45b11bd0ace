/*
 * Recording a version: from a source of each engine to a commit.
 *
 *	source ─▶ schema ─▶ origins from the parent ─▶ plans up and down,
 *	proven ─▶ objects, synced ─▶ the branch moves
 */
#include "config.h"

#include "migrations/record.h"

#include <stdio.h>

#include "ss/fault.h"
#include "ss/majors.h"
#include "ss/open-merge.h"

int record_wrap(const struct recording *r, const struct recorded *v,
		struct err *err)
{
	return r->n > 1 ? err_wrap(err, "%s", v->engine->name) : -1;
}

/* An engine that the project does not name any more, and of which there is
 * something: its databases would have no way on. */
static int check_left(struct recording *r, struct err *err)
{
	struct project *p = r->project;

	for (size_t i = 0; i < r->parent.nstates; i++) {
		const char *name = r->parent.states[i].engine;
		const struct engine *e = engine_find(name);
		struct schema s = { .n = 1 };

		if (e && engines_have(&p->engines, e))
			continue;
		if (e && version_schema_read(&s, p->store, &r->parent, name,
					     e->spelling, r->arena, err))
			return -1;
		schema_release(&s);
		if (!s.n)
			continue;
		err_set(err, ERR_REFUSED, "version '%s' has a schema for %s, "
			"which %s does not name", r->parent.subject, name,
			p->conf.path);
		return err_hint(err, "name it in schemastore.engines; to end "
				"it, empty its source, commit --allow-empty, "
				"and then leave it out");
	}
	return 0;
}

static int open_parent(struct recording *r, struct err *err)
{
	struct project *p = r->project;
	struct commit genesis;
	int ret;

	if (head_ref(&r->ref, p->store, r->arena, err))
		return -1;
	ret = ref_read(&r->tip, p->store, r->ref, err);
	if (ret < 0)
		return -1;
	r->born = ret;
	if (!ret && store_project(&genesis, p->store, r->arena, err))
		return -1;
	if (!ret)
		r->tip = genesis.oid;
	if (policy_refuse_protected(p->store, r->ref, r->arena, err))
		return -1;
	return store_commit(&r->parent, p->store, &r->tip, r->arena, err);
}

int record_open(struct recording *r, struct project *p, struct err *err)
{
	struct commit_part *parts;

	r->project = p;
	if (open_merge_none(p->store, err) || open_parent(r, err) ||
	    check_left(r, err))
		return -1;
	r->v = arena_alloc(p->arena, p->engines.n * sizeof(*r->v));
	parts = arena_alloc(p->arena, p->engines.n * sizeof(*parts));
	for (size_t i = 0; i < p->engines.n; i++) {
		struct recorded *v = &r->v[r->n++];

		v->engine = p->engines.v[i];
		v->read = project_read_opts(p, v->engine);
		v->born = version_state(&r->parent, v->engine->name);
		v->known = v->born && source_is_known(p, v->engine,
						      &r->parent.tree);
		v->part = &parts[i];
		if (version_schema_read(&v->before, p->store, &r->parent,
					v->engine->name, v->engine->spelling,
					r->arena, err))
			return -1;
	}
	return 0;
}

/* A plan, and whether it is known to arrive. */
static int known_plan(struct plan *out, struct recording *r,
		      const struct recorded *v, bool down, bool column_order,
		      struct err *err)
{
	struct plan_opts opts = {
		.column_order = column_order, .extensions = v->read.extensions,
		.stages = v->stages[down].v, .nstages = v->stages[down].n,
	};

	return plan_make(out, v->engine, down ? &v->after : &v->before,
			 down ? &v->before : &v->after, &opts, r->arena,
			 err) ||
	       proof_find(out, r->project->store, err) ? -1 : 0;
}

static struct reread_opts reread_opts(const struct recording *r,
				      const struct recorded *v)
{
	return (struct reread_opts){
		.engine = v->engine, .extensions = v->read.extensions,
		.known = &v->before, .store = r->project->store,
	};
}

/* No plan arrives at what does not read back as it is. */
static int say_why(struct recording *r, struct recorded *v, struct err *err)
{
	struct reread_opts opts = reread_opts(r, v);
	struct err why = ERR_INIT;

	if (schema_reread(&v->after, &opts, &why) && why.code == ERR_REFUSED)
		*err = why;
	return -1;
}

/* The plan that is proven has arrived there. */
static void came_back(const struct recording *r, const struct recorded *v)
{
	struct reread_opts opts = reread_opts(r, v);

	schema_reread_done(&v->after, &opts);
}

/* A way back that is none is no error. */
static int known_plans(bool *has_down, struct recording *r,
		       struct recorded *v, bool column_order, struct err *why,
		       struct err *err)
{
	if (record_stages(r, v, err) ||
	    known_plan(&v->part->up, r, v, false, column_order, err))
		return -1;
	*has_down = !v->irreversible &&
		    !known_plan(&v->part->down, r, v, true, column_order, why);
	return 0;
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, text ? strlen(text) : 0 };
}

/* 1: somebody wants it otherwise; 0; -1 */
static int edit(struct recorded *v, bool has_down, struct err *err)
{
	const struct commit_part *part = v->part;
	struct commit_edit e = {
		.engine = v->engine, .up = part->up.sql,
		.down = has_down ? part->down.sql : NULL,
	};

	if (v->opts->edit(v->opts->ctx, &e, err))
		return -1;
	if (!strcmp(e.up, part->up.sql) && !e.down == !has_down &&
	    (!e.down || !strcmp(e.down, part->down.sql)))
		return 0;
	v->edge.edited = true;
	v->edge.up = bytes_of(e.up);
	v->edge.down = bytes_of(e.down);
	v->irreversible = false;
	v->part->no_down = NULL;
	return 1;
}

int record_edge(struct recording *r, struct recorded *v, bool column_order,
		struct err *err)
{
	struct plan *up = &v->part->up, *down = &v->part->down;
	struct err why = ERR_INIT;
	bool has_down;
	int edited = 0;

	if (known_plans(&has_down, r, v, column_order, &why, err))
		return -1;
	if (v->opts)
		edited = edit(v, has_down, err);
	if (edited < 0 ||
	    (edited && known_plans(&has_down, r, v, column_order, &why, err)))
		return -1;
	if ((!up->proven || (has_down && !down->proven)) &&
	    !(has_down && record_prove_back(v)) &&
	    plan_prove_both(up, has_down ? down : NULL, &why, err))
		return say_why(r, v, err);
	v->part->steps = v->edge.n;
	if (v->irreversible || (has_down && down->proven))
		return 0;
	if (why.code != ERR_REFUSED) {
		*err = why;
		return err_wrap(err, "the way back");
	}
	v->part->no_down = arena_strdup(r->arena, why.text);
	return 0;
}

/* ---- the version -------------------------------------------------------- */

int record_proofs(struct recording *r, struct err *err)
{
	struct store *s = r->project->store;

	for (size_t i = 0; i < r->n; i++) {
		const struct commit_part *part = r->v[i].part;

		if (part->nothing)
			continue;
		if (proof_remember(&part->up, s, err) ||
		    (!part->no_down && proof_remember(&part->down, s, err)))
			return -1;
	}
	return 0;
}

void record_known(const struct recording *r, const struct commit *version)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].known)
			source_remember(r->project, r->v[i].engine,
					&version->tree);
}

struct version_edge record_draft(const struct recorded *v,
				 const struct oid *parent)
{
	const struct commit_part *part = v->part;
	struct version_edge e = {
		.parent = parent, .engine = v->engine->name,
		.up = { part->up.sql, part->up.sql_len },
		.edited = v->edge.edited, .runs = v->edge.runs,
		.nruns = v->edge.n, .states = v->states,
		.nstates = v->nstates,
	};

	if (!part->no_down)
		e.down = (struct bytes){ part->down.sql, part->down.sql_len };
	return e;
}

int record_write(struct recording *r, struct commit_result *res,
		 const struct commit_opts *o, struct err *err)
{
	struct project *p = r->project;
	struct version_schema *schemas = arena_alloc(r->arena, r->n *
						     sizeof(*schemas));
	struct version_edge *edges = arena_alloc(r->arena, r->n *
						 sizeof(*edges));
	struct version_draft d = {
		.parents = &r->tip, .nparents = 1, .schemas = schemas,
		.edges = edges, .author = p->who, .committer = p->who,
		.subject = o->message, .body = o->body, .ref = r->ref,
		.old_tree = r->batch ? NULL : &r->parent.tree,
	};

	for (size_t i = 0; i < r->n; i++) {
		struct recorded *v = &r->v[i];

		if (!v->source && !v->born)
			continue;
		v->known |= v->source != NULL;
		schemas[d.nschemas++] = (struct version_schema){
			v->engine->name, &v->after
		};
		edges[d.nedges++] = record_draft(v, &r->tip);
	}
	return record_texts(&d, r, err) || project_key(&d.key, p, err) ||
	       version_write(&res->version, p->store, &d, r->arena, err) ? -1 :
	       0;
}

/* Where nobody has said what it shall be, it is what it was. */
static int keep(struct recording *r, struct recorded *v, struct err *err)
{
	schema_init(&v->after, v->engine->spelling, r->arena);
	for (size_t i = 0; i < v->before.n; i++)
		schema_add(&v->after, v->before.objects[i]);
	v->after.settings = v->before.settings;
	v->after.version = v->before.version;
	v->after.retired = v->before.retired;
	return schema_seal(&v->after, err);
}

static int check_empty(struct recorded *v, const struct commit_opts *o,
		       struct err *err)
{
	if (v->after.n || !v->before.n || o->allow_empty)
		return 0;
	err_set(err, ERR_REFUSED, "the source is empty: all %zu "
		"objects of the schema would be dropped", v->before.n);
	return err_hint(err, "add --allow-empty if that is meant");
}

static void compare(struct recording *r, struct recorded *v,
		    bool column_order)
{
	struct commit_part *part = v->part;
	struct diff d;

	schema_diff(&part->diff, &v->before, &v->after,
		    column_order ? DIFF_COLUMN_ORDER : 0, r->arena);
	part->nothing = !part->diff.n && !v->nsteps &&
			v->before.retired.n == v->after.retired.n &&
			(!v->source || (v->born &&
			 !strcmp(v->before.digest, v->after.digest)));
	if (!part->nothing)
		return;
	schema_diff(&d, &v->before, &v->after, DIFF_SPELLING, r->arena);
	part->spelling = d.n;
}

/* What two majors print each in its own way is no difference. */
static int same_major(struct recording *r, struct recorded *v, struct err *err)
{
	if (!v->source || !v->engine->by_version || !v->before.version ||
	    !strcmp(v->before.version, v->after.version))
		return 0;
	return schema_translate(&v->before, r->project, v->engine,
				v->after.version, err);
}

int record_plan(struct recording *r, struct commit_result *res,
		const struct commit_opts *o, struct err *err)
{
	res->parts = r->n ? r->v[0].part : NULL;
	res->nparts = r->n;
	res->nothing = !o->allow_empty;
	for (size_t i = 0; i < r->n; i++) {
		struct recorded *v = &r->v[i];

		memset(v->part, 0, sizeof(*v->part));
		v->part->engine = v->engine;
		if ((!v->source ? keep(r, v, err) : check_empty(v, o, err)) ||
		    same_major(r, v, err) || record_data(r, v, o, err))
			return record_wrap(r, v, err);
	}
	if (record_inherit(r, o, err))
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		compare(r, &r->v[i], o->column_order);
		res->nothing &= r->v[i].part->nothing;
	}
	for (size_t i = 0; i < r->n && !res->nothing; i++)
		r->v[i].opts = o->edit ? o : NULL;
	for (size_t i = 0; i < r->n && !res->nothing; i++)
		if (record_edge(r, &r->v[i], o->column_order, err))
			return record_wrap(r, &r->v[i], err);
	return 0;
}

void record_close(struct recording *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].scratch)
			r->v[i].engine->close(r->v[i].scratch);
		schema_release(&r->v[i].before);
		schema_release(&r->v[i].after);
		record_release(&r->v[i]);
	}
}

/* What the parent was read from.  A version that cannot be used for that is
 * no error here. */
static bool find_past(struct source_past *out, struct recording *r,
		      const struct recorded *e)
{
	struct err none = ERR_INIT;
	struct version_file *v;
	size_t n;

	if (!e->known ||
	    version_sources(&v, &n, r->project->store, &r->parent,
			    e->engine->name, r->arena, &none))
		return false;
	out->schema = &e->before;
	out->source.files = arena_alloc(r->arena, (n + 1) *
					sizeof(*out->source.files));
	for (size_t i = 0; i < n; i++) {
		out->source.files[i].text = v[i].ptr;
		out->source.files[i].len = v[i].len;
	}
	out->source.n = n;
	return n;
}

static int read_source(struct recording *r, struct recorded *v,
		       struct err *err)
{
	const struct engine *e = v->engine;
	struct source_past past = { .schema = NULL };

	v->read.like = v->before.version;
	/* A proof is run on the whole there: it is not to be loaded again. */
	if (e->spelling->qualified) {
		schema_init(&v->after, e->spelling, r->arena);
		if (source_load(&v->scratch, v->source, e, &v->read, err))
			return -1;
		return e->read(v->scratch, &v->after, &v->read, err);
	}
	if (find_past(&past, r, v))
		return source_schema_since(&v->after, v->source, &past, e,
					   &v->read, err);
	return source_schema(&v->after, v->source, e, &v->read, r->arena,
			     err);
}

/* The other engines need not wait until this one can be had. */
static int without(const struct recording *r, const struct recorded *v,
		   const struct commit_opts *o, struct err *err)
{
	struct buf names = BUF_INIT, was = BUF_INIT;

	record_wrap(r, v, err);
	for (size_t i = 0; i < o->nsources; i++)
		if (o->sources[i].engine != v->engine)
			buf_addf(&names, "%s%s", names.len ? "," : "",
				 o->sources[i].engine->name);
	if (names.len) {
		buf_addf(&was, "%s%s", err->hint, *err->hint ? "; or " : "");
		err_hint(err, "%s'commit --engine %s' leaves %s as it was",
			 was.ptr, names.ptr, v->engine->name);
	}
	buf_release(&names);
	buf_release(&was);
	return -1;
}

static int read_sources(struct recording *r, const struct commit_opts *o,
			struct err *err)
{
	for (size_t i = 0; i < r->n; i++) {
		struct recorded *v = &r->v[i];

		for (size_t k = 0; k < o->nsources; k++)
			if (o->sources[k].engine == v->engine)
				v->source = o->sources[k].source;
		if (v->source && record_is_unchanged(r, v, o))
			v->source = NULL;
		if (v->source && read_source(r, v, err))
			return without(r, v, o, err);
	}
	return 0;
}

static int record_one(struct recording *r, struct commit_result *res,
		      const struct commit_opts *o, struct err *err)
{
	struct project *p = r->project;

	if (read_sources(r, o, err) || record_plan(r, res, o, err))
		return -1;
	if (res->nothing)
		return 0;
	if (record_write(r, res, o, err) || fault("record.flush", err) ||
	    odb_flush(store_odb(p->store), err) ||
	    ref_update(p->store, r->ref, r->born ? &r->tip : NULL,
		       &res->version.oid, "commit", err))
		return -1;
	record_known(r, &res->version);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].source && !r->v[i].part->nothing)
			came_back(r, &r->v[i]);
	return record_proofs(r, err);
}

int commit_source(struct commit_result *out, struct project *p,
		  const struct commit_opts *o, struct arena *a,
		  struct err *err)
{
	struct recording r = { .arena = a };
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (store_lock(p->store, err))
		return -1;
	if (!record_open(&r, p, err))
		ret = record_one(&r, out, o, err);
	if (ret)
		odb_discard(store_odb(p->store));
	record_close(&r);
	store_unlock(p->store);
	return ret;
}
