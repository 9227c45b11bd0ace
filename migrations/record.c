/*
 * Recording a version: from a source to a commit.
 *
 *	source ─▶ schema ─▶ origins from the parent ─▶ plans up and down,
 *	proven ─▶ objects, synced ─▶ the branch moves
 */
#include "config.h"

#include "migrations/record.h"

#include <stdio.h>

#include "ss/fault.h"

int record_open(struct recording *r, struct project *p, struct err *err)
{
	struct commit genesis;
	struct oid tip;
	int ret;

	r->project = p;
	if (head_ref(&r->ref, p->store, r->arena, err))
		return -1;
	ret = ref_read(&tip, p->store, r->ref, err);
	if (ret < 0)
		return -1;
	r->born = ret;
	if (!ret) {
		if (store_project(&genesis, p->store, r->arena, err))
			return -1;
		tip = genesis.oid;
	}
	r->tip = tip;
	if (store_commit(&r->parent, p->store, &tip, r->arena, err) ||
	    version_schema_read(&r->before, p->store, &r->parent,
				p->engine->name, p->engine->spelling, r->arena,
				err))
		return -1;
	return 0;
}

static bool is_declined(const struct commit_opts *o,
			const struct candidate *c)
{
	if (o->no_rename)
		return true;
	for (size_t i = 0; o->no_renames && i < o->no_renames->n; i++)
		if (rename_is_node(o->no_renames->v[i], c->from))
			return true;
	return false;
}

static void add_rename(struct recording *r, const struct candidate *c)
{
	struct rename *v = arena_alloc(r->arena, (r->nrenames + 1) *
				       sizeof(*v));

	if (r->nrenames)
		memcpy(v, r->renames, r->nrenames * sizeof(*v));
	v[r->nrenames].object = c->from->parent ? c->from->parent->name :
				c->from->name;
	v[r->nrenames].column = c->from->parent ? c->from->name : NULL;
	v[r->nrenames].to = c->to->name;
	r->renames = v;
	r->nrenames++;
}

/* What looks like a rename and was not declared: asked for, or refused. */
static int settle_candidates(struct recording *r, const struct commit_opts *o,
			     struct err *err)
{
	struct buf open = BUF_INIT;
	struct candidate *v;
	size_t n, nopen = 0;
	int ret = 0;

	rename_candidates(&v, &n, &r->before, &r->after, r->arena);
	for (size_t i = 0; i < n && !ret; i++) {
		int answer;

		if (is_declined(o, &v[i]))
			continue;
		if (!o->ask) {
			if (nopen++)
				buf_addstr(&open, "; ");
			rename_add_flag(&open, v[i].from, v[i].to);
			buf_addstr(&open, " or ");
			rename_add_flag(&open, v[i].from, NULL);
			continue;
		}
		answer = o->ask(o->ctx, &v[i], err);
		if (answer < 0)
			ret = -1;
		else if (answer)
			add_rename(r, &v[i]);
	}
	if (nopen) {
		ret = err_set(err, ERR_REFUSED, "%zu node%s dropped and one "
			      "like it added: renamed, or not?", nopen,
			      nopen > 1 ? "s" : "");
		err_hint(err, "say which: %s", open.ptr);
	}
	buf_release(&open);
	return ret;
}

int record_inherit(struct recording *r, const struct commit_opts *o,
		   struct err *err)
{
	size_t declared = o->nrenames;

	r->renames = o->renames;
	r->nrenames = declared;
	if (schema_inherit(&r->after, &r->before, r->renames, r->nrenames,
			   err) ||
	    settle_candidates(r, o, err))
		return -1;
	if (r->nrenames == declared)
		return 0;
	return schema_inherit(&r->after, &r->before, r->renames, r->nrenames,
			      err);
}

/* A plan, and whether it is known to arrive. */
static int known_plan(struct plan *out, struct recording *r,
		      const struct schema *from, const struct schema *to,
		      struct err *err)
{
	struct project *p = r->project;
	struct plan_opts opts = {
		.column_order = r->column_order, .extensions = &p->extensions,
	};

	return plan_make(out, p->engine, from, to, &opts, r->arena, err) ||
	       proof_find(out, p->store, err) ? -1 : 0;
}

/* Where the source is loaded one is at the target already. */
static bool prove_back(struct recording *r, struct commit_result *res)
{
	return r->scratch && plan_prove_back(&res->up, &res->down, r->scratch);
}

static struct reread_opts reread_opts(struct recording *r)
{
	return (struct reread_opts){
		.engine = r->project->engine,
		.extensions = &r->project->extensions,
		.known = &r->before, .store = r->project->store,
	};
}

/* No plan arrives at what does not read back as it is. */
static int say_why(struct recording *r, struct err *err)
{
	struct reread_opts opts = reread_opts(r);
	struct err why = ERR_INIT;

	if (schema_reread(&r->after, &opts, &why) && why.code == ERR_REFUSED)
		*err = why;
	return -1;
}

/* A way back that cannot be is no error: the version has none, and says so. */
static int plan_both(struct recording *r, struct commit_result *res,
		     struct err *err)
{
	struct err down = ERR_INIT;
	bool has_down;

	if (known_plan(&res->up, r, &r->before, &r->after, err))
		return -1;
	has_down = !known_plan(&res->down, r, &r->after, &r->before, &down);
	if ((!res->up.proven || (has_down && !res->down.proven)) &&
	    !(has_down && prove_back(r, res)) &&
	    plan_prove_both(&res->up, has_down ? &res->down : NULL, &down,
			    err))
		return say_why(r, err);
	r->has_down = has_down && res->down.proven;
	if (r->has_down)
		return 0;
	if (down.code != ERR_REFUSED) {
		*err = down;
		return err_wrap(err, "the way back");
	}
	r->no_down = arena_strdup(r->arena, down.text);
	return 0;
}

static const char *engine_version(struct recording *r)
{
	struct buf b = BUF_INIT;
	char *s;

	r->project->engine->version(&b);
	s = arena_strdup(r->arena, b.ptr);
	buf_release(&b);
	return s;
}

int record_write(struct recording *r, struct commit_result *res,
		 const struct commit_opts *o, struct err *err)
{
	struct project *p = r->project;
	const struct source *src = o->source;
	struct version_file *files = arena_alloc(r->arena, (src->n + 1) *
						 sizeof(*files));
	struct version_schema vs = { p->engine->name, &r->after,
				     engine_version(r) };
	struct version_edge edge = {
		.parent = &r->tip, .engine = p->engine->name,
		.up = { res->up.sql, res->up.sql_len },
	};
	struct version_draft d = {
		.parents = &r->tip, .nparents = 1, .schemas = &vs,
		.nschemas = 1, .edges = &edge, .nedges = 1, .sources = files,
		.nsources = src->n, .author = p->who, .committer = p->who,
		.subject = o->message, .body = o->body, .ref = r->ref,
		.old_tree = r->batch ? NULL : &r->parent.tree,
	};

	if (r->has_down) {
		edge.down.ptr = res->down.sql;
		edge.down.len = res->down.sql_len;
	}
	for (size_t i = 0; i < src->n; i++) {
		files[i].path = src->files[i].name;
		files[i].ptr = src->files[i].text;
		files[i].len = src->files[i].len;
	}
	return version_write(&res->version, p->store, &d, r->arena, err);
}

static bool same_schema(struct recording *r, struct diff *d)
{
	schema_diff(d, &r->before, &r->after,
		    r->column_order ? DIFF_COLUMN_ORDER : 0, r->arena);
	return !d->n && r->born;
}

static bool other_spelling(struct recording *r)
{
	struct diff d;

	schema_diff(&d, &r->before, &r->after, DIFF_SPELLING, r->arena);
	return d.n;
}

int record_plan(struct recording *r, struct commit_result *res,
		const struct commit_opts *o, struct err *err)
{
	r->column_order = o->column_order;
	if (!r->after.n && r->before.n && !o->allow_empty) {
		err_set(err, ERR_REFUSED, "the source is empty: all %zu "
			"objects of the schema would be dropped",
			r->before.n);
		return err_hint(err, "add --allow-empty if that is meant");
	}
	if (record_inherit(r, o, err))
		return -1;
	res->nothing = same_schema(r, &res->diff) && !o->allow_empty;
	res->spelling = res->nothing && other_spelling(r);
	return res->nothing ? 0 : plan_both(r, res, err);
}

void record_close(struct recording *r)
{
	if (r->scratch)
		r->project->engine->close(r->scratch);
	schema_release(&r->before);
	schema_release(&r->after);
}

/* What the parent was read from.  A version that cannot be used for that is
 * no error here. */
static bool find_past(struct source_past *out, struct recording *r)
{
	struct project *p = r->project;
	struct err none = ERR_INIT;
	struct version_file *v;
	size_t n;

	if (!r->born || !source_is_known(p, &r->parent.tree) ||
	    version_sources(&v, &n, p->store, &r->parent, r->arena, &none))
		return false;
	out->schema = &r->before;
	out->source.files = arena_alloc(r->arena, (n + 1) *
					sizeof(*out->source.files));
	for (size_t i = 0; i < n; i++) {
		out->source.files[i].text = v[i].ptr;
		out->source.files[i].len = v[i].len;
	}
	out->source.n = n;
	return n;
}

static int read_source(struct recording *r, const struct source *src,
		       struct err *err)
{
	struct source_past past = { .schema = NULL };
	struct project *p = r->project;

	/* A proof is run on the whole there: it is not to be loaded again. */
	if (p->engine->spelling->qualified) {
		schema_init(&r->after, p->engine->spelling, r->arena);
		if (source_load(&r->scratch, src, p->engine, &p->read, err))
			return -1;
		return p->engine->read(r->scratch, &r->after, &p->read, err);
	}
	if (find_past(&past, r))
		return source_schema_since(&r->after, src, &past, p->engine,
					   &p->read, err);
	return source_schema(&r->after, src, p->engine, &p->read, r->arena,
			     err);
}

static int record_one(struct recording *r, struct commit_result *res,
		      const struct commit_opts *o, struct err *err)
{
	struct reread_opts opts = reread_opts(r);
	struct project *p = r->project;

	if (read_source(r, o->source, err) ||
	    record_plan(r, res, o, err))
		return -1;
	if (res->nothing)
		return 0;
	if (record_write(r, res, o, err) || fault("record.flush", err) ||
	    odb_flush(store_odb(p->store), err) ||
	    ref_update(p->store, r->ref, r->born ? &r->tip : NULL,
		       &res->version.oid, "commit", err) ||
	    proof_remember(&res->up, p->store, err))
		return -1;
	source_remember(p, &res->version.tree);
	schema_reread_done(&r->after, &opts);
	return r->has_down ? proof_remember(&res->down, p->store, err) : 0;
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
	if (!record_open(&r, p, err) && !record_one(&r, out, o, err)) {
		out->no_down = r.no_down;
		ret = 0;
	}
	if (ret)
		odb_discard(store_odb(p->store));
	record_close(&r);
	store_unlock(p->store);
	return ret;
}
