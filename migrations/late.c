/*
 * A rename that is declared late: the version before has the node under its
 * new name already, and one of its ancestors, the newest that has it, under the
 * old one.
 */
#include "config.h"

#include "migrations/record.h"

#include "ss/kinds.h"

struct looking {
	struct recording *recording;
	const struct schema *before;	/* the tip */
	const struct commit_opts *opts;
	const struct commit *at;
	const struct schema *then;	/* what it has */
	struct err *err;
};

/* A declared rename, by the names that the two have. */
static struct rename resolved(const struct looking *l, const struct rename *r)
{
	struct rename out = *r;

	if (l->before->spelling->qualified)
		rename_resolve(&out, l->then, l->before, l->recording->arena);
	return out;
}

static const struct node *by_key(struct node *const *v, size_t n,
				 const struct node *like)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->kind == like->kind && v[i]->name &&
		    !strcmp(v[i]->key, like->key))
			return v[i];
	return NULL;
}

static const struct node *object_by_key(const struct schema *s,
					const struct node *like)
{
	return by_key(s->objects, s->n, like);
}

/* The object of the tip that this one is, or is declared to be. */
static const struct node *object_now(const struct looking *l,
				     const struct node *object)
{
	const struct node *now = object_by_key(l->before, object);

	for (size_t i = 0; i < l->opts->nrenames && !now; i++) {
		struct rename r = resolved(l, &l->opts->renames[i]);

		if (!r.column && !ascii_casecmp(r.object, object->name))
			now = schema_find(l->before, object->kind, r.to);
	}
	return now;
}

static int are_two(const struct looking *l, const struct node *was,
		   const struct node *now)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	node_title(&a, was);
	node_title(&b, now);
	err_set(l->err, ERR_REFUSED, "%s was not renamed: in version '%s' %s "
		"stands beside it", a.ptr, l->at->subject, b.ptr);
	buf_release(&a);
	buf_release(&b);
	return -1;
}

static int take(const struct looking *l, struct rename *r,
		const struct node *was, const struct node *now,
		const struct node *beside)
{
	/* What was said late before may have been wrong. */
	if (beside && !schema_is_late(l->before, now))
		return are_two(l, was, beside);
	r->was = was;
	r->now = now;
	return 1;
}

/* 1: this version has the node; 0; -1 */
static int look(const struct looking *l, struct rename *r, bool *there)
{
	const struct node *was, *table, *now;

	*r = resolved(l, r);
	table = schema_find_relation(l->then, r->object);
	if (!table || !(table->kind->flags & KIND_ROWS))
		return 0;
	if (!r->column) {
		*there = true;
		now = schema_find(l->before, table->kind, r->to);
		if (!now || object_by_key(l->before, table))
			return 0;
		return take(l, r, table, now, object_by_key(l->then, now));
	}
	was = node_find(table, kind_find(l->then->spelling, "column"),
			r->column, l->then->spelling);
	if (!was)
		return 0;
	*there = true;
	table = object_now(l, table);
	now = table ? node_find(table, was->kind, r->to, l->then->spelling) :
	      NULL;
	if (!now || by_key(table->kids, table->nkids, was))
		return 0;
	return take(l, r, was, now, by_key(was->parent->kids,
					   was->parent->nkids, now));
}

static int look_in(struct looking *l, struct rename *r, bool *there,
		   const char *engine)
{
	struct recording *rec = l->recording;
	const struct schema *both[2];
	struct rename here = *r;
	struct schema then;
	struct agreed g;
	int ret;

	ret = version_schema_read_like(&then, l->before, rec->project->store,
				       l->at, engine, l->err);
	if (!ret) {
		both[0] = &then;
		both[1] = l->before;
		schema_agree(&g, both, ARRAY_LEN(both), rec->arena);
		l->then = g.v[0];
		ret = look(l, &here, there);
		schema_agree_release(&g);
	}
	schema_release(&then);
	if (ret > 0)
		*r = here;
	return ret;
}

int record_late(struct rename *r, struct recording *rec,
		const struct recorded *e, const struct commit_opts *o,
		struct err *err)
{
	struct looking l = { .recording = rec, .before = &e->before,
			     .opts = o, .err = err };
	struct walk *w = walk_new(rec->project->store, rec->arena);
	struct commit c;
	bool there = false;
	int ret = 0, more = 0;

	if (rec->born && e->born && walk_push(w, &rec->tip, err))
		ret = -1;
	while (!ret && !there && (more = walk_next(w, &c, err)) > 0) {
		l.at = &c;
		if (version_state(&c, e->engine->name))
			ret = look_in(&l, r, &there, e->engine->name);
	}
	walk_free(w);
	return more < 0 ? -1 : ret;
}
