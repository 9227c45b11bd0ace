/*
 * Merging versions.
 *
 *	base ─┬─ ours ───┬─▶ merged ─▶ scratch ─▶ read back: the same?
 *	      └─ theirs ─┘     │
 *	                       └─▶ ours ─▶ merged, theirs ─▶ merged, proven
 *	                       └─▶ a version with an edge from each, synced,
 *	                           and the branch moves
 */
#include "config.h"

#include "ss/merging.h"

#include <stdio.h>

#include "migrations/record.h"
#include "ss/fault.h"
#include "ss/kinds.h"
#include "ss/majors.h"

#define BASES 8

/* What happens to one engine. */
struct joined {
	struct recorded side[2];	/* ours, theirs: their `before` */
	struct schema base;
	struct merge merge;
	struct schema after;
	bool opened, made;
	struct merging_part *part;
};

struct joining {
	struct merging *m;
	struct recording r;	/* of the branch */
	struct commit base;
	struct joined *v;
	size_t n;
};

static int wrap(const struct joining *j, const struct joined *v,
		struct err *err)
{
	return j->m->project->engines.n > 1 ?
	       err_wrap(err, "%s", v->part->engine->name) : -1;
}

/* ---- what is merged ------------------------------------------------------ */

/* An engine that the project does not name: its databases would have no way
 * on. */
static int check_engines(const struct project *p, const struct commit *c,
			 struct err *err)
{
	for (size_t i = 0; i < c->nstates; i++) {
		const struct engine *e = engine_find(c->states[i].engine);

		if (e && engines_have(&p->engines, e))
			continue;
		err_set(err, ERR_REFUSED, "version '%s' has a schema for %s, "
			"which %s does not name", c->subject,
			c->states[i].engine, p->conf.path);
		return err_hint(err, "name it in schemastore.engines");
	}
	return 0;
}

static int read_schema(struct schema *out, struct joining *j,
		       const struct joined *v, const struct commit *c,
		       const char *like, struct err *err)
{
	const struct engine *e = v->part->engine;

	if (version_schema_read(out, j->m->project->store, c, e->name,
				e->spelling, j->r.arena, err))
		return -1;
	if (!e->by_version || !like || !out->version ||
	    !strcmp(out->version, like))
		return 0;
	return schema_translate(out, j->m->project, e, like, err);
}

static int open_joined(struct joining *j, struct joined *v, struct err *err)
{
	const struct engine *e = v->part->engine;
	const struct commit *c[2] = { &j->r.parent, &j->m->theirs };
	const char *like = NULL;

	v->opened = true;
	for (size_t i = 0; i < 2; i++) {
		struct recorded *side = &v->side[i];

		side->engine = e;
		side->read = project_read_opts(j->m->project, e);
		side->born = version_state(c[i], e->name);
		side->part = arena_alloc(j->r.arena, sizeof(*side->part));
		side->part->engine = e;
		if (read_schema(&side->before, j, v, c[i], like, err))
			return -1;
		like = like ? like : side->before.version;
		side->read.like = like;
	}
	return read_schema(&v->base, j, v, &j->base, like, err);
}

/* ---- does it load -------------------------------------------------------- */

static void add_meaning(struct joined *v, struct arena *a, const char *node,
			const char *why)
{
	struct merge *m = &v->merge;
	struct conflict *c = ARENA_PUSH(a, m->conflicts, m->n, m->cap);

	*c = (struct conflict){
		.type = CONFLICT_MEANING, .node = arena_strdup(a, node),
		.why = arena_strdup(a, why),
	};
}

/* That the columns' order counts is for the engine to say: what depends on it
 * may be the other side's. */
static bool same_but_places(const struct node *x, const struct node *y,
			    const struct spelling *sp, struct arena *a)
{
	struct node *v[2] = { node_copy(a, x), node_copy(a, y) };
	struct buf b[2] = { BUF_INIT, BUF_INIT };
	bool same;

	for (size_t i = 0; i < 2; i++) {
		node_forget_places(v[i]);
		node_encode_folded(&b[i], v[i], sp);
	}
	same = b[0].len == b[1].len && !memcmp(b[0].ptr, b[1].ptr, b[0].len);
	buf_release(&b[0]);
	buf_release(&b[1]);
	return same;
}

/* The first object of `want` that is not in `got` as it is. */
static const struct node *strayed(const struct schema *want,
				  const struct schema *got, bool names,
				  struct arena *a)
{
	for (size_t i = 0; i < want->n; i++) {
		const struct node *n = want->objects[i];
		const struct node *o = schema_find(got, n->kind, n->name);

		if (!o || (!names &&
			   memcmp(n->digest, o->digest, SHA256_LEN) &&
			   !same_but_places(n, o, want->spelling, a)))
			return n;
	}
	return NULL;
}

static void check_read(struct joined *v, const struct schema *got,
		       struct arena *a)
{
	const struct node *n = strayed(&v->merge.merged, got, false, a);
	struct buf b = BUF_INIT;

	if (!n)
		n = strayed(got, &v->merge.merged, true, a);
	if (!n)
		return;
	node_title(&b, n);
	add_meaning(v, a, b.ptr, "what is loaded reads back as another one");
	buf_release(&b);
}

/* What was read is what the version has, with its origins. */
static void take_read(struct joined *v)
{
	const struct schema *merged = &v->merge.merged;

	schema_recall(&v->after, &merged, 1);
	v->after.retired = merged->retired;
	v->after.settings = merged->settings;
	schema_compute_digest(&v->after);
}

static int load(struct joining *j, struct joined *v, struct err *err)
{
	const struct engine *e = v->part->engine;
	struct read_opts *read = &v->side[0].read;
	struct err why = ERR_INIT;
	struct conn *c = NULL;
	struct plan p;
	int ret = -1;

	schema_init(&v->after, e->spelling, j->r.arena);
	v->made = true;
	if (source_scratch(&c, e, read, err))
		return -1;
	if (plan_whole(&p, &v->merge.merged, read->extensions, j->r.arena,
		       &why) ||
	    (p.sql_len && e->exec(c, p.sql, &why))) {
		ret = why.code == ERR_REFUSED || why.code == ERR_ENGINE ? 0 :
		      -1;
		*err = why;
		if (!ret)
			add_meaning(v, j->r.arena, "the merged schema",
				    why.text);
		if (!ret)
			*err = (struct err)ERR_INIT;
	} else if (!e->read(c, &v->after, read, err)) {
		ret = 0;
		check_read(v, &v->after, j->r.arena);
		if (!v->merge.n)
			take_read(v);
	}
	e->close(c);
	return ret;
}

/* ---- merge, and the ways there ------------------------------------------- */

static bool is_side(const struct joined *v, size_t side)
{
	return !strcmp(v->merge.merged.digest, v->side[side].before.digest);
}

static int merge_one(struct joining *j, struct joined *v, struct err *err)
{
	struct merge *m = &v->merge;

	*m = (struct merge){
		.of = { &v->base, &v->side[0].before, &v->side[1].before },
		.choices = j->m->choices, .nchoices = j->m->nchoices,
		.arena = j->r.arena,
	};
	if (schema_merge(m, err))
		return -1;
	if (m->n)
		return 0;
	/* What a side has was loaded once; and its plan is proven. */
	if (is_side(v, 0) || is_side(v, 1)) {
		v->after = m->merged;
		v->made = false;
		return 0;
	}
	return load(j, v, err);
}

static const char *const side_names[] = { "this branch", "the other one" };

static int plan_ways(struct joining *j, struct joined *v, struct err *err)
{
	for (size_t i = 0; i < 2; i++) {
		v->side[i].after = v->after;
		if (record_edge(&j->r, &v->side[i], false, err))
			return err_wrap(err, "the way from %s", side_names[i]);
		v->part->no_down[i] = v->side[i].part->no_down;
	}
	schema_diff(&v->part->diff, &v->side[0].before, &v->after, 0,
		    j->r.arena);
	return 0;
}

static int check_choices(const struct merging *m, struct err *err)
{
	for (size_t i = 0; i < m->nchoices; i++)
		if (!m->choices[i].used)
			return err_set(err, ERR_USAGE, "'%s' is in no "
				       "conflict: there is nothing to choose",
				       m->choices[i].node);
	return 0;
}

static int merge_all(struct joining *j, struct err *err)
{
	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		if (open_joined(j, v, err) || merge_one(j, v, err))
			return wrap(j, v, err);
		v->part->conflicts = v->merge.conflicts;
		v->part->nconflicts = v->merge.n;
		if (v->merge.n)
			j->m->outcome = MERGING_CONFLICTS;
	}
	if (j->m->outcome == MERGING_CONFLICTS)
		return 0;
	if (check_choices(j->m, err))
		return -1;
	for (size_t i = 0; i < j->n; i++)
		if (plan_ways(j, &j->v[i], err))
			return wrap(j, &j->v[i], err);
	return 0;
}

/* ---- the version --------------------------------------------------------- */

/* The text of a side that has this schema; else the schema itself, where the
 * text is one file. */
static int find_texts(struct record_texts *out, struct joining *j,
		      struct joined *v, struct err *err)
{
	const struct commit *from = is_side(v, 0) || !is_side(v, 1) ?
				    &j->r.parent : &j->m->theirs;
	struct plan p;
	struct buf b = BUF_INIT;

	out->engine = v->part->engine->name;
	if (version_sources(&out->v, &out->n, j->m->project->store, from,
			    out->engine, j->r.arena, err))
		return -1;
	for (size_t i = 0; i < out->n; i++)
		out->v[i].as_read = true;
	if (is_side(v, 0) || is_side(v, 1))
		return 0;
	v->part->no_source = out->n != 1;
	v->part->generated = out->n == 1;
	out->n = out->n == 1;
	if (!out->n)
		return 0;
	if (plan_whole(&p, &v->after, v->side[0].read.extensions, j->r.arena,
		       err))
		return -1;
	if (p.sql_len && p.engine->source_head)
		buf_addstr(&b, p.engine->source_head);
	buf_add(&b, p.sql, p.sql_len);
	out->v[0].ptr = arena_strndup(j->r.arena, b.ptr, b.len);
	out->v[0].len = b.len;
	buf_release(&b);
	return 0;
}

static int write_version(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct arena *a = j->r.arena;
	const struct oid parents[2] = { j->r.tip, m->theirs.oid };
	struct version_schema *schemas = arena_alloc(a, (j->n + 1) *
						     sizeof(*schemas));
	struct version_edge *edges = arena_alloc(a, (2 * j->n + 1) *
						 sizeof(*edges));
	struct record_texts *texts = arena_alloc(a, (j->n + 1) *
						 sizeof(*texts));
	struct version_draft d = {
		.parents = parents, .nparents = 2, .schemas = schemas,
		.nschemas = j->n, .edges = edges, .nedges = 2 * j->n,
		.author = m->project->who, .committer = m->project->who,
		.subject = m->message, .body = m->body, .ref = j->r.ref,
		.old_tree = &j->r.parent.tree,
	};

	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		schemas[i] = (struct version_schema){ v->part->engine->name,
						      &v->after };
		if (find_texts(&texts[i], j, v, err))
			return -1;
	}
	for (size_t i = 0; i < 2 * j->n; i++) {
		struct joined *v = &j->v[i % j->n];
		const struct commit_part *part = v->side[i / j->n].part;

		edges[i] = (struct version_edge){
			.parent = &parents[i / j->n],
			.engine = v->part->engine->name,
			.up = { part->up.sql, part->up.sql_len },
		};
		if (!part->no_down)
			edges[i].down = (struct bytes){ part->down.sql,
							part->down.sql_len };
	}
	record_add_texts(&d, texts, j->n, a);
	return version_write(&m->version, m->project->store, &d, a, err);
}

static int remember_proofs(struct joining *j, struct err *err)
{
	struct store *s = j->m->project->store;

	for (size_t i = 0; i < 2 * j->n; i++) {
		const struct commit_part *part =
			j->v[i % j->n].side[i / j->n].part;

		if (proof_remember(&part->up, s, err) ||
		    (!part->no_down && proof_remember(&part->down, s, err)))
			return -1;
	}
	return 0;
}

static int make_version(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct store *s = m->project->store;

	m->outcome = MERGING_MADE;
	if (merge_all(j, err))
		return -1;
	if (m->outcome == MERGING_CONFLICTS || m->dry_run)
		return 0;
	if (write_version(j, err) || fault("merging.flush", err) ||
	    odb_flush(store_odb(s), err) ||
	    ref_update(s, j->r.ref, &j->r.tip, &m->version.oid, "merge", err))
		return -1;
	return remember_proofs(j, err);
}

/* ---- what there is to do ------------------------------------------------- */

/* 1: one; 0: there is nothing to merge; -1 */
static int find_base(struct joining *j, struct err *err)
{
	struct store *s = j->m->project->store;
	const struct commit *theirs = &j->m->theirs;
	struct oid bases[BASES];
	int n = merge_bases(bases, BASES, s, &j->r.tip, &theirs->oid, err);

	if (n < 0)
		return -1;
	if (!n)
		return err_set(err, ERR_REFUSED, "'%s' and '%s' have no "
			       "version in common", j->r.parent.subject,
			       theirs->subject);
	if (n > 1) {
		err_set(err, ERR_REFUSED, "the two branches were merged into "
			"each other: they have %d merge bases", n);
		return err_hint(err, "merge one of the versions between them "
				"first");
	}
	return store_commit(&j->base, s, &bases[0], j->r.arena, err) ? -1 : 1;
}

static int go_forward(struct joining *j, struct err *err)
{
	struct merging *m = j->m;

	m->outcome = MERGING_FORWARD;
	m->version = m->theirs;
	if (m->dry_run)
		return 0;
	return ref_update(m->project->store, j->r.ref, &j->r.tip,
			  &m->theirs.oid, "merge", err);
}

static int open_branch(struct joining *j, struct err *err)
{
	struct recording *r = &j->r;
	struct store *s = j->m->project->store;
	int ret;

	r->project = j->m->project;
	if (head_ref(&r->ref, s, r->arena, err))
		return -1;
	ret = ref_read(&r->tip, s, r->ref, err);
	if (ret < 0)
		return -1;
	if (!ret)
		return err_set(err, ERR_USAGE, "there is no version yet to "
			       "merge into");
	return store_commit(&r->parent, s, &r->tip, r->arena, err);
}

static int run(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct project *p = m->project;

	if (open_branch(j, err) || find_base(j, err) < 0)
		return -1;
	m->outcome = MERGING_NOTHING;
	if (oid_equal(&j->base.oid, &m->theirs.oid))
		return 0;
	if (oid_equal(&j->base.oid, &j->r.tip) && !m->no_forward)
		return go_forward(j, err);
	if (check_engines(p, &j->r.parent, err) ||
	    check_engines(p, &m->theirs, err))
		return -1;
	j->v = arena_alloc(j->r.arena, p->engines.n * sizeof(*j->v));
	m->parts = arena_alloc(j->r.arena, p->engines.n * sizeof(*m->parts));
	for (size_t i = 0; i < p->engines.n; i++) {
		const char *name = p->engines.v[i]->name;

		if (!version_state(&j->r.parent, name) &&
		    !version_state(&m->theirs, name))
			continue;
		m->parts[j->n].engine = p->engines.v[i];
		j->v[j->n].part = &m->parts[j->n];
		m->nparts = ++j->n;
	}
	return make_version(j, err);
}

static void release(struct joining *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		if (!v->opened)
			continue;
		schema_release(&v->base);
		schema_release(&v->side[0].before);
		schema_release(&v->side[1].before);
		schema_release(&v->merge.merged);
		if (v->made)
			schema_release(&v->after);
	}
}

int merging_run(struct merging *m, struct arena *a, struct err *err)
{
	struct joining j = { .m = m, .r = { .arena = a } };
	struct store *s = m->project->store;
	int ret;

	if (store_lock(s, err))
		return -1;
	ret = run(&j, err);
	if (ret)
		odb_discard(store_odb(s));
	release(&j);
	store_unlock(s);
	return ret;
}
