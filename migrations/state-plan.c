/*
 * A plan from anything that has a schema to anything else.
 */
#include "config.h"

#include "ss/state.h"

#include "ss/file.h"
#include "ss/ledger.h"

/* Their data steps are of two histories, of which neither is the other's. */
static void note_unrelated(struct plan *p, const struct path *path,
			   struct arena *a)
{
	if (path->unrelated)
		list_add(a, &p->script.notes, "the two versions have no common "
			 "ancestor: this is what differs, and no data step is "
			 "run");
}

/* What looks like a rename, and is taken for none, is said; between versions
 * that is settled. */
static void note_candidates(struct plan *p, const struct state *from,
			    const struct state *to, struct arena *a)
{
	struct candidate *v;
	size_t n = 0;

	if (from->type == STATE_VERSION && to->type == STATE_VERSION)
		return;
	rename_candidates(&v, &n, &from->schema, &to->schema, a);
	for (size_t i = 0; i < n; i++) {
		const struct node *t = v[i].from->parent;
		struct buf flag = BUF_INIT;

		rename_add_flag(&flag, v[i].from, v[i].to);
		list_add(a, &p->script.notes, arena_printf(a,
			 "%s%s%s is dropped and %s is added; if it was "
			 "renamed: %s", t ? t->name : "", t ? "." : "",
			 v[i].from->name, v[i].to->name, flag.ptr));
		buf_release(&flag);
	}
}

/* Of two versions only what differs was read: their own digests stand. */
static void set_digests(struct plan *p, const struct state *from,
			const struct state *to)
{
	const char *a = version_state(&from->version, from->engine->name);
	const char *b = version_state(&to->version, to->engine->name);

	if (a)
		memcpy(p->from_digest, a, SCHEMA_DIGEST_LEN);
	if (b)
		memcpy(p->to_digest, b, SCHEMA_DIGEST_LEN);
}

/* A plan to a source arrives if that reads back as it is. */
static int reread(struct state *end, const struct state *start,
		  struct project *p, struct err *err)
{
	struct reread_opts opts = {
		.engine = end->engine,
		.extensions = project_extensions(p, end->engine),
		.known = &start->schema, .store = p->store,
	};

	return end->type == STATE_SOURCE ?
	       schema_reread(&end->schema, &opts, err) : 0;
}

/* Proven now, or remembered as proven. */
static int look_for_proof(struct plan *out, struct project *p, bool prove,
			  struct err *err)
{
	if (p->store && proof_find(out, p->store, err))
		return -1;
	return out->proven || !prove ? 0 : plan_prove(out, err);
}

/* ---- the way ------------------------------------------------------------- */

/* The version that a state stands for: 1 *out is it (NULL: nothing), 0 none,
 * -1 */
static int version_of(const struct commit **out, struct state *s,
		      struct project *p, struct err *err)
{
	struct err unknown = ERR_INIT;
	struct ledger l;

	*out = NULL;
	if (s->type == STATE_VERSION)
		*out = &s->version;
	if (s->type != STATE_DATABASE)
		return s->type != STATE_SOURCE;
	if (ledger_read(&l, s->conn, &s->database, p->arena, err))
		return -1;
	if (!l.placed)
		return !l.exists;
	if (!dir_exists(p->store_path))
		return 0;
	if (project_store(p, err))
		return -1;
	*out = &s->version;
	s->placed = !version_by_strong(&s->version, p->store, &l.version,
				       p->arena, &unknown);
	return s->placed;
}

/* Is there anything on the way but the difference of the two?  1, 0, -1 */
static int find_path(struct path *out, struct state *start,
		     struct state *end, struct project *p, struct err *err)
{
	const struct path_opts opts = { start->engine->name, true };
	const struct commit *a, *b;
	int ret = version_of(&a, start, p, err);

	if (ret > 0)
		ret = version_of(&b, end, p, err);
	if (ret <= 0 || (!a && !b))
		return ret < 0 ? -1 : 0;
	if (project_store(p, err))
		return -1;
	if (path_find(out, p->store, a, b, &opts, p->arena, err))
		return -1;
	return out->ncross > 0;
}

static int find_stages(struct state *start, const struct state *end,
		       struct project *p, const struct path *path,
		       struct err *err)
{
	struct way *w = &start->way;

	*w = (struct way){
		.project = p, .engine = start->engine,
		.like = start->schema.version ? start->schema.version :
			end->schema.version,
		.arena = p->arena,
	};
	way_know(w, path->from, &start->schema);
	way_know(w, path->to, &end->schema);
	return way_stages(w, path, err);
}

static int make(struct plan *out, const struct state *start,
		const struct state *end, struct project *p,
		const struct state_plan_opts *o, struct err *err)
{
	struct plan_opts opts = {
		.column_order = o->column_order, .online = o->online,
		.extensions = project_extensions(p, start->engine),
		.stages = start->way.stages.v,
		.nstages = start->way.stages.n,
	};

	return plan_make(out, start->engine, &start->schema, &end->schema,
			 &opts, p->arena, err);
}

int state_plan(struct plan *out, struct state *from, struct state *to,
	       struct project *p, const struct state_plan_opts *o,
	       struct err *err)
{
	struct state *start = o->down ? to : from;
	struct state *end = o->down ? from : to;
	struct err why = ERR_INIT;
	bool partial = false;
	struct path path = { 0 };
	int cross = find_path(&path, start, end, p, err);

	if (cross < 0)
		return -1;
	/* A proof loads what is needed, which may be what does not differ; and
	 * a data step may be of that. */
	if ((o->prove || cross) && state_read_both(from, to, p, err))
		return -1;
	if (state_pair(from, to, p, o->renames, o->nrenames, &partial, err) ||
	    (cross && find_stages(start, end, p, &path, err)))
		return -1;
	if (make(out, start, end, p, o, err))
		return -1;
	if (partial && out->script.concerns_others) {
		partial = false;
		if (state_whole(from, to, p, err) ||
		    make(out, start, end, p, o, err))
			return -1;
	}
	if (partial)
		set_digests(out, start, end);
	note_unrelated(out, &path, p->arena);
	if (!o->down && !o->no_renames)
		note_candidates(out, from, to, p->arena);
	if (!look_for_proof(out, p, o->prove, err))
		return out->proven ? 0 : reread(end, start, p, err);
	if (reread(end, start, p, &why) && why.code == ERR_REFUSED)
		*err = why;
	return -1;
}
