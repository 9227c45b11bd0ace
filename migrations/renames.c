/*
 * Which nodes of a new version are renamed ones: what was declared, and what
 * looks like it.
 */
#include "config.h"

#include "migrations/record.h"

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

static struct rename rename_of(const struct candidate *c)
{
	const struct node *table = c->from->parent;

	return (struct rename){
		.object = table ? table->name : c->from->name,
		.column = table ? c->from->name : NULL,
		.to = c->to->name,
	};
}

static void add_to(struct recording *r, const struct rename **list, size_t *n,
		   struct rename rename)
{
	struct rename *v = arena_alloc(r->arena, (*n + 1) * sizeof(*v));

	if (*n)
		memcpy(v, *list, *n * sizeof(*v));
	v[(*n)++] = rename;
	*list = v;
}

static void add_rename(struct recording *r, struct recorded *e,
		       struct rename rename)
{
	add_to(r, &e->renames, &e->nrenames, rename);
}

/* What nobody has settled, as options to copy. */
struct unsettled {
	struct buf flags;
	size_t n;
};

static void add_unsettled(struct unsettled *u, const struct candidate *c)
{
	if (u->n++)
		buf_addstr(&u->flags, "; ");
	rename_add_flag(&u->flags, c->from, c->to);
	buf_addstr(&u->flags, " or ");
	rename_add_flag(&u->flags, c->from, NULL);
}

/* What looks like a rename and was not declared: asked for, or refused. */
static int settle_candidates(struct unsettled *u, struct recording *r,
			     struct recorded *e, const struct commit_opts *o,
			     struct err *err)
{
	struct candidate *v;
	size_t n;

	rename_candidates(&v, &n, &e->before, &e->after, r->arena);
	for (size_t i = 0; i < n; i++) {
		int answer;

		if (is_declined(o, &v[i]))
			continue;
		if (!o->ask) {
			add_unsettled(u, &v[i]);
			continue;
		}
		answer = o->ask(o->ctx, &v[i], err);
		if (answer < 0)
			return -1;
		if (answer)
			add_rename(r, e, rename_of(&v[i]));
	}
	return 0;
}

static int inherit_one(struct unsettled *u, struct recording *r,
		       struct recorded *e, const struct commit_opts *o,
		       struct err *err)
{
	size_t declared = e->nrenames;

	if (schema_inherit(&e->after, &e->before, e->renames, e->nrenames,
			   err) ||
	    settle_candidates(u, r, e, o, err))
		return -1;
	if (e->nrenames == declared && !e->nlate)
		return 0;
	for (size_t i = 0; i < e->nlate; i++)
		add_rename(r, e, e->late[i]);
	return schema_inherit(&e->after, &e->before, e->renames, e->nrenames,
			      err);
}

/* Those that are not to be found in the version before. */
static int find_late(bool *any, const bool *used, struct recording *r,
		     struct recorded *e, const struct commit_opts *o,
		     struct err *err)
{
	for (size_t i = 0; i < o->nrenames; i++) {
		struct rename late = o->renames[i];
		int ret = used[i] ? 0 : record_late(&late, r, e, o, err);

		if (ret < 0)
			return record_wrap(r, e, err);
		any[i] |= used[i] || ret;
		if (ret)
			add_to(r, &e->late, &e->nlate, late);
		e->part->late = e->nlate;
	}
	return 0;
}

/* A rename is for every engine that has the node; what none has is left with
 * all of them, to be refused. */
static int share_renames(struct recording *r, const struct commit_opts *o,
			 struct err *err)
{
	size_t n = o->nrenames;
	bool *any = arena_alloc(r->arena, n + 1);
	bool *used = arena_alloc(r->arena, n * r->n + 1);

	for (size_t k = 0; k < r->n; k++) {
		struct recorded *e = &r->v[k];

		e->nrenames = e->nlate = 0;
		if (!e->source)
			continue;
		renames_used(used + k * n, &e->after, &e->before, o->renames,
			     n);
		if (find_late(any, used + k * n, r, e, o, err))
			return -1;
	}
	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < n; i++)
			if (used[k * n + i] || !any[i])
				add_rename(r, &r->v[k], o->renames[i]);
	return 0;
}

int record_inherit(struct recording *r, const struct commit_opts *o,
		   struct err *err)
{
	struct unsettled u = { .flags = BUF_INIT };
	int ret = 0;

	if (share_renames(r, o, err))
		return -1;
	for (size_t i = 0; i < r->n && !ret; i++)
		if (r->v[i].source &&
		    inherit_one(&u, r, &r->v[i], o, err))
			ret = record_wrap(r, &r->v[i], err);
	if (!ret && u.n) {
		ret = err_set(err, ERR_REFUSED, "%zu node%s dropped and one "
			      "like it added: renamed, or not?", u.n,
			      u.n > 1 ? "s" : "");
		err_hint(err, "say which: %s", u.flags.ptr);
	}
	buf_release(&u.flags);
	return ret;
}
