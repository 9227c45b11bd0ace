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

#include "migrations/merging-parts.h"
#include "migrations/replay.h"
#include "ss/fault.h"
#include "ss/policies.h"

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

static int open_joined(struct joining *j, struct joined *v, struct err *err)
{
	const struct engine *e = v->part->engine;
	const struct commit *c[2] = { &j->r.parent, &j->m->theirs };
	struct base_reader r = {
		.project = j->m->project, .engine = e, .arena = j->r.arena,
	};

	v->opened = true;
	for (size_t i = 0; i < 2; i++) {
		struct recorded *side = &v->side[i];

		side->engine = e;
		side->read = project_read_opts(j->m->project, e);
		side->born = version_state(c[i], e->name);
		side->part = arena_alloc(j->r.arena, sizeof(*side->part));
		side->part->engine = e;
		if (base_read(&side->before, &r, &c[i]->oid, err))
			return -1;
		r.like = r.like ? r.like : side->before.version;
		side->read.like = r.like;
		r.known = &v->side[0].before;
	}
	return base_merge(&v->base, &v->doubts, &r, j->bases, j->nbases, err);
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
		.doubts = &v->doubts, .arena = j->r.arena,
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
	return merging_load(j, v, err);
}

static const char *const side_names[] = { "this branch", "the other one" };

static int plan_way(struct joining *j, struct joined *v, size_t i,
		    struct replay *rp, struct err *err)
{
	struct recorded *side = &v->side[i];

	side->after = v->after;
	if (replay_side(rp, side, i, err))
		return -1;
	while (record_edge(&j->r, side, false, err))
		if (!replay_blame(rp, side, err))
			return err_wrap(err, "the way from %s", side_names[i]);
	v->part->no_down[i] = side->part->no_down;
	return 0;
}

static int plan_ways(struct joining *j, struct joined *v, struct err *err)
{
	struct replay rp = {
		.recording = &j->r, .merging = j->m, .merge = &v->merge,
	};

	for (size_t i = 0; i < j->nparents; i++)
		if (plan_way(j, v, i, &rp, err))
			return -1;
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
	if (!j->m->open && check_choices(j->m, err))
		return -1;
	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		if (plan_ways(j, v, err))
			return wrap(j, v, err);
		v->part->conflicts = v->merge.conflicts;
		v->part->nconflicts = v->merge.n;
		if (v->merge.n)
			j->m->outcome = MERGING_CONFLICTS;
	}
	return 0;
}

/* ---- the version --------------------------------------------------------- */

/* Whether or not it is in the digest: comments stand in a text, too. */
static bool has_text(struct joining *j, const struct joined *v, size_t side)
{
	struct diff d;

	if (!is_side(v, side))
		return false;
	schema_diff(&d, &v->side[side].before, &v->after, DIFF_BY_NAME,
		    j->r.arena);
	return !d.n;
}

/* The text of a side that has this schema; else the schema itself, where the
 * text is one file. */
static int find_texts(struct record_texts *out, struct joining *j,
		      struct joined *v, struct err *err)
{
	bool ours = has_text(j, v, 0), theirs = !ours && has_text(j, v, 1);
	const struct commit *from = theirs ? &j->m->theirs : &j->r.parent;
	struct plan p;
	struct buf b = BUF_INIT;

	out->engine = v->part->engine->name;
	if (record_version_texts(out, j->m->project->store, from, out->engine,
				 j->r.arena, err))
		return -1;
	if (ours || theirs)
		return 0;
	out->models.ptr = NULL;
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
		.parents = parents, .nparents = j->nparents,
		.schemas = schemas, .nschemas = j->n, .edges = edges,
		.nedges = j->nparents * j->n,
		.author = m->author ? *m->author : m->project->who,
		.committer = m->project->who,
		.subject = m->message, .body = m->body, .ref = j->r.ref,
		.old_tree = &j->r.parent.tree,
		.replaces = m->since ? &m->theirs : NULL,
	};

	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		schemas[i] = (struct version_schema){ v->part->engine->name,
						      &v->after };
		if (find_texts(&texts[i], j, v, err))
			return -1;
	}
	for (size_t i = 0; i < d.nedges; i++) {
		edges[i] = record_draft(&j->v[i % j->n].side[i / j->n],
					&parents[i / j->n]);
	}
	record_add_texts(&d, texts, j->n, a);
	return project_key(&d.key, m->project, err) ||
	       version_write(&m->version, m->project->store, &d, a, err) ? -1 :
	       0;
}

static int remember_proofs(struct joining *j, struct err *err)
{
	struct store *s = j->m->project->store;

	for (size_t i = 0; i < j->nparents * j->n; i++) {
		const struct commit_part *part =
			j->v[i % j->n].side[i / j->n].part;

		if (proof_remember(&part->up, s, err) ||
		    (!part->no_down && proof_remember(&part->down, s, err)))
			return -1;
	}
	return 0;
}

static bool same_lists(const struct list *a, const struct list *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->v[i], b->v[i]);
	return same;
}

/* A rename that was declared late is in none of the two schemas. */
static bool changes_nothing(const struct joining *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct joined *v = &j->v[i];

		if (v->part->diff.n || !is_side(v, 0) || v->side[0].edge.n ||
		    !same_lists(&v->merge.merged.retired,
				&v->side[0].before.retired))
			return false;
	}
	return true;
}

/* What cannot be one version. */
static int refuse_squash(const struct joining *j, struct err *err)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct merge *m = &j->v[i].merge;

		if (m->n)
			return err_set(err, ERR_REFUSED, "%s: %s",
				       m->conflicts[0].node,
				       m->conflicts[0].why ?
				       m->conflicts[0].why :
				       conflict_words[m->conflicts[0].type]);
	}
	return -1;
}

/* What it stands for is kept before anything leads there by it alone. */
static int keep_replaced(const struct merging *m, struct arena *a,
			 struct err *err)
{
	struct store *s = m->project->store;
	struct oid kept;
	int ret;

	if (!m->since)
		return 0;
	/* The same again, of a run that died. */
	ret = squash_replaced(&kept, s, &m->version, err);
	if (ret)
		return ret < 0 ? -1 : 0;
	return ref_update(s, squash_ref(&m->version, a), NULL, &m->theirs.oid,
			  "squash", err);
}

/* Until somebody has settled the conflicts. */
static int keep_open(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct open_merge o = {
		.theirs = m->theirs.oid, .name = m->name,
		.branch = j->r.ref, .tip = j->r.tip,
		.message = m->message, .body = m->body,
		.choices = m->choices, .nchoices = m->nchoices,
	};

	m->kept = true;
	return open_merge_write(&o, m->project->store, err);
}

static int make_version(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct store *s = m->project->store;

	m->outcome = MERGING_MADE;
	if (merge_all(j, err))
		return -1;
	if (m->since && m->outcome == MERGING_CONFLICTS)
		return refuse_squash(j, err);
	if (m->outcome == MERGING_MADE && m->base && changes_nothing(j))
		m->outcome = MERGING_NOTHING;
	if (m->dry_run || m->look || m->outcome == MERGING_NOTHING)
		return 0;
	if (m->outcome == MERGING_CONFLICTS)
		return m->open || m->base ? 0 : keep_open(j, err);
	if (write_version(j, err) || fault("merging.flush", err) ||
	    odb_flush(store_odb(s), err) ||
	    keep_replaced(m, j->r.arena, err) ||
	    ref_update(s, j->r.ref, &j->moves, &m->version.oid,
		       m->since ? "squash" : "merge", err))
		return -1;
	return remember_proofs(j, err);
}

/* ---- what there is to do ------------------------------------------------- */

static int find_bases(struct joining *j, struct err *err)
{
	const struct commit *theirs = &j->m->theirs;
	int n = merge_bases(j->bases, BASES_MAX, j->m->project->store,
			    &j->r.tip, &theirs->oid, err);

	if (n < 0)
		return -1;
	if (!n)
		return err_set(err, ERR_REFUSED, "'%s' and '%s' have no "
			       "version in common", j->r.parent.subject,
			       theirs->subject);
	j->nbases = (size_t)n;
	return 0;
}

/* The only base. */
static bool is_base(const struct joining *j, const struct oid *id)
{
	return j->nbases == 1 && oid_equal(&j->bases[0], id);
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
	if (!j->m->dry_run && !j->m->look &&
	    policy_refuse_protected(s, r->ref, r->arena, err))
		return -1;
	j->moves = r->tip;
	if (j->m->since)
		r->tip = j->m->since->oid;
	return store_commit(&r->parent, s, &r->tip, r->arena, err);
}

/* The whole of the branch since a version of it. */
static int check_run(const struct joining *j, struct err *err)
{
	const struct merging *m = j->m;
	struct oid base;
	int n;

	if (!oid_equal(&m->theirs.oid, &j->moves)) {
		err_set(err, ERR_REFUSED, "'%s' is not the branch's newest "
			"version: what follows it would have another parent",
			m->theirs.subject);
		return err_hint(err, "squash as far as HEAD");
	}
	n = merge_bases(&base, 1, m->project->store, &m->since->oid,
			&m->theirs.oid, err);
	if (n < 0)
		return -1;
	if (n && oid_equal(&base, &m->since->oid) &&
	    !oid_equal(&base, &m->theirs.oid))
		return 0;
	err_set(err, ERR_USAGE, "there is no run of versions from '%s' to "
		"'%s'", m->since->subject, m->theirs.subject);
	return err_hint(err, "the first one stays, and is an ancestor of the "
			"second: 'schemastore log'");
}

/* 1: the two are to be joined; 0: there is no need; -1 */
static int look_around(struct joining *j, struct err *err)
{
	struct merging *m = j->m;

	j->nparents = m->base || m->since ? 1 : 2;
	if (m->since && check_run(j, err))
		return -1;
	if (j->nparents == 1) {
		j->bases[0] = m->base ? m->base->oid : m->since->oid;
		j->nbases = 1;
		return 1;
	}
	if (find_bases(j, err))
		return -1;
	m->outcome = MERGING_NOTHING;
	if (is_base(j, &m->theirs.oid))
		return 0;
	if (is_base(j, &j->r.tip) && !m->no_forward)
		return go_forward(j, err);
	return 1;
}

int merging_begin(struct joining *j, struct err *err)
{
	struct merging *m = j->m;
	struct project *p = m->project;
	int ret = open_branch(j, err) ? -1 : look_around(j, err);

	if (ret <= 0)
		return ret;
	if (check_engines(p, &j->r.parent, err) ||
	    check_engines(p, &m->theirs, err))
		return -1;
	j->v = arena_alloc(j->r.arena, p->engines.n * sizeof(*j->v));
	m->nparts = 0;
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

void merging_end(struct joining *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct joined *v = &j->v[i];

		if (!v->opened)
			continue;
		schema_release(&v->base);
		record_release(&v->side[0]);
		record_release(&v->side[1]);
		merge_doubts_release(&v->doubts);
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
	ret = open_merge_none(s, err) || merging_begin(&j, err) ? -1 : 0;
	if (ret)
		odb_discard(store_odb(s));
	merging_end(&j);
	store_unlock(s);
	return ret;
}
