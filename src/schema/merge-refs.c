/*
 * What refers to what: a part that names an object, or columns, was written on
 * a side where these were called so.
 *
 *	ours renames t to u     theirs adds `references t`: it is to u
 *	ours renames t.a to z   theirs adds a key of t (a), or to it: of z
 *	ours drops t, or t.a    theirs adds `references t (a)`: a conflict
 *
 * An engine may load what names nothing (SQLite's foreign keys), so it would
 * not say that two sides do not fit together.
 */
#include "config.h"

#include "schema/merge-parts.h"

#include "ss/kinds.h"

struct mending {
	struct merge *m;
	struct trios *all;
	/* Folded names on each side of what is not there, or not alike. */
	struct map changed[MERGE_SIDES];
};

/* One name in a field of a part. */
struct mention {
	struct trio *of;	/* its object */
	size_t at;		/* of->merged->kids[at] */
	const struct field *f;
	const char *name;
};

static const char *fold(struct merge *m, const char *name)
{
	return fold_name_in(m->arena, m->merged.spelling, name);
}

static bool is_changed(struct merge *m, const struct trio *t, size_t side)
{
	const struct node *was = t->v[side], *is = t->merged;

	return was && (!is || !is->sealed ||
		       memcmp(was->digest, is->digest, SHA256_LEN) ||
		       !merge_same_name(m, was->name, is->name));
}

/* ---- who says so --------------------------------------------------------- */

static bool mentions(struct merge *m, const struct node *part,
		     const struct field *f, const char *name)
{
	const struct list *l;

	if (f->type == FIELD_NAME)
		return field_str(part, f) &&
		       merge_same_name(m, field_str(part, f), name);
	l = field_list(part, f);
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], name))
			return true;
	return false;
}

static const char *born(const struct node *n)
{
	return n->origin ? n->origin : n->name;
}

/* The part on that side, where it has the same words. */
static const struct node *part_on(struct merge *m, const struct mention *w,
				  size_t side)
{
	const struct node *part = w->of->merged->kids[w->at];
	const struct node *object = w->of->v[side];

	for (size_t i = 0; object && i < object->nkids; i++) {
		const struct node *kid = object->kids[i];

		if (kid->kind == part->kind && !kid->name == !part->name &&
		    (!kid->name || !strcmp(born(kid), born(part))) &&
		    mentions(m, kid, w->f, w->name))
			return kid;
	}
	return NULL;
}

static bool is_there(struct merge *m, size_t side, const char *name)
{
	const struct schema *s = m->of[side];

	for (size_t i = 0; i < *s->spelling->nkinds; i++)
		if (schema_find(s, s->spelling->kinds[i], name))
			return true;
	return false;
}

/* What it needs is called otherwise, too: "column a of table t". */
static void mend_needs(struct mending *d, struct node *part,
		       const struct trio *t)
{
	struct buf was = BUF_INIT, is = BUF_INIT;
	struct list anew = { .n = 0 };
	const struct node *from = t->v[MERGE_OURS];

	if (!from || merge_same_name(d->m, from->name, t->merged->name))
		from = t->v[MERGE_THEIRS];
	node_ref(&was, from);
	node_ref(&is, t->merged);
	for (size_t i = 0; i < part->needs.n; i++) {
		const char *need = part->needs.v[i];
		size_t n = strlen(need);

		if (str_ends(need, was.ptr))
			need = arena_printf(d->m->arena, "%.*s%s",
					    (int)(n - was.len), need, is.ptr);
		list_add(d->m->arena, &anew, need);
	}
	part->needs = anew;
	buf_release(&was);
	buf_release(&is);
}

/* ---- what does not fit --------------------------------------------------- */

static struct node *own_copy(struct merge *m, struct trio *t)
{
	if (t->merged->sealed)
		t->merged = node_copy(m->arena, t->merged);
	return t->merged;
}

static void drop_part(struct merge *m, const struct mention *w)
{
	struct node *n = own_copy(m, w->of);

	memmove(&n->kids[w->at], &n->kids[w->at + 1],
		(--n->nkids - w->at) * sizeof(*n->kids));
}

/* Side `from` has a part that names what is dropped on the other one.  true:
 * somebody has chosen, and the part stays. */
static bool dropped(struct merge *m, struct mention *w, const char *what,
		    enum merge_side *side)
{
	struct conflict c = { .type = CONFLICT_MEANING, .field = w->f->name };
	struct trio t = { .merged = NULL };
	size_t before = m->n;

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		t.v[i] = part_on(m, w, i);
		if (t.v[i])
			c.text[i] = w->name;
	}
	c.why = arena_printf(m->arena, "'%s' is dropped on the other side",
			     what);
	*side = merge_conflict(m, &t, &c);
	if (m->n > before)
		return false;
	if (!t.v[*side])
		drop_part(m, w);
	return t.v[*side];
}

/* ---- objects ------------------------------------------------------------- */

static void mend_object(struct mending *d, struct trio *t);

static void bring_back(struct mending *d, struct mention *w, struct trio *t,
		       size_t side)
{
	t->merged = merge_take(d->m, t->v[side]);
	if (t->merged)
		mend_object(d, t);
	else
		drop_part(d->m, w);
}

/* What the part meant where it was written; NULL: nothing that is another one
 * now. */
static struct trio *meant(struct mending *d, const struct mention *w)
{
	struct trio *found = NULL;

	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++) {
		struct trio *t = map_find(&d->changed[i],
					  fold(d->m, w->name));

		if (!part_on(d->m, w, i))
			continue;
		if (t && found && found != t)
			return NULL;
		if (t)
			found = t;
		else if (!is_there(d->m, i, w->name))
			return NULL;	/* it means nothing there already */
	}
	return found;
}

/* false: the part is gone. */
static bool mend_name(struct mending *d, struct mention *w)
{
	struct trio *t = meant(d, w);
	size_t nkids = w->of->merged->nkids;
	enum merge_side side;
	struct node *part;

	if (!t)
		return true;
	if (!t->merged) {
		if (dropped(d->m, w, w->name, &side))
			bring_back(d, w, t, side);
		return w->of->merged->nkids == nkids;
	}
	if (merge_same_name(d->m, t->merged->name, w->name))
		return true;
	part = own_copy(d->m, w->of)->kids[w->at];
	*(const char **)((char *)part + w->f->offset) = t->merged->name;
	mend_needs(d, part, t);
	return true;
}

/* ---- columns ------------------------------------------------------------- */

static struct node *column_called(struct merge *m, const struct node *object,
				  const char *name)
{
	for (size_t i = 0; object && i < object->nkids; i++)
		if (kind_is_column(object->kids[i]->kind) &&
		    merge_same_name(m, object->kids[i]->name, name))
			return object->kids[i];
	return NULL;
}

static struct node *column_born(struct merge *m, const struct node *object,
				const char *name)
{
	for (size_t i = 0; object && i < object->nkids; i++)
		if (kind_is_column(object->kids[i]->kind) &&
		    merge_same_name(m, born(object->kids[i]), name))
			return object->kids[i];
	return NULL;
}

/* "a", or "a DESC": what stands behind the name. */
static const char *behind_name(const struct mention *w, const char **name,
			       struct arena *a)
{
	const char *blank = w->f->type == FIELD_SQLS ? strchr(w->name, ' ') :
			    NULL;

	*name = blank ? arena_strndup(a, w->name, (size_t)(blank - w->name)) :
		w->name;
	return blank ? blank : "";
}

/* The column of `in` that the part meant; *gone: it is none any more. */
static const struct node *column_meant(struct merge *m,
				       const struct mention *w,
				       const struct trio *in,
				       const char *name,
				       const struct node **gone)
{
	const struct node *found = NULL;

	for (size_t i = MERGE_OURS; i < MERGE_SIDES; i++) {
		const struct node *was, *is;

		if (!part_on(m, w, i))
			continue;
		was = column_called(m, in->v[i], name);
		if (!was)
			return NULL;	/* an expression; or it hangs there */
		is = column_born(m, in->merged, born(was));
		if (!is)
			*gone = was;
		else if (found && found != is)
			return NULL;
		else
			found = is;
	}
	return found;
}

static void replace(struct merge *m, struct mention *w, size_t i,
		    const char *text)
{
	struct node *part = own_copy(m, w->of)->kids[w->at];
	struct list *l = (struct list *)(void *)((char *)part +
						 w->f->offset);
	struct list anew = { .n = 0 };

	for (size_t k = 0; k < l->n; k++)
		list_add(m->arena, &anew, k == i ? text : l->v[k]);
	*l = anew;
}

/* false: the part is gone. */
static bool mend_columns(struct mending *d, struct mention *w,
			 struct trio *in, bool own)
{
	struct merge *m = d->m;
	const struct list l = *field_list(w->of->merged->kids[w->at], w->f);

	for (size_t i = 0; i < l.n; i++) {
		const struct node *is, *gone = NULL;
		const char *name, *rest;
		size_t nkids = w->of->merged->nkids;
		enum merge_side side;

		w->name = l.v[i];
		rest = behind_name(w, &name, m->arena);
		is = column_meant(m, w, in, name, &gone);
		if (is && !merge_same_name(m, is->name, name))
			replace(m, w, i, arena_printf(m->arena, "%s%s",
						      is->name, rest));
		/* Of its own table the engine knows. */
		if (!gone || own)
			continue;
		if (dropped(m, w, arena_printf(m->arena, "%s.%s",
					       in->merged->name, name), &side))
			node_add(m->arena, own_copy(m, in),
				 node_copy(m->arena, gone));
		if (w->of->merged->nkids < nkids)
			return false;
	}
	return true;
}

/* ---- all of them --------------------------------------------------------- */

/* The table whose columns a part names, where they may be others now. */
static struct trio *target(struct mending *d, struct mention *w)
{
	const struct node *part = w->of->merged->kids[w->at];
	struct mention to = { w->of, w->at, NULL, NULL };

	for (size_t i = 0; i < part->kind->nfields; i++)
		if (part->kind->fields[i].flags & FIELD_REF &&
		    part->kind->fields[i].type == FIELD_NAME)
			to.f = &part->kind->fields[i];
	to.name = to.f ? field_str(part, to.f) : NULL;
	for (size_t i = 0; to.name && i < d->all->n; i++) {
		struct trio *t = &d->all->v[i];

		if (t->merged && kind_is_table(t->merged->kind) &&
		    merge_same_name(d->m, t->merged->name, to.name))
			return is_changed(d->m, t, MERGE_OURS) ||
			       is_changed(d->m, t, MERGE_THEIRS) ? t : NULL;
	}
	return NULL;
}

static bool mend_field(struct mending *d, struct mention *w)
{
	const struct node *part = w->of->merged->kids[w->at];
	struct trio *in;

	if (w->f->type == FIELD_NAME && w->f->flags & FIELD_REF) {
		w->name = field_str(part, w->f);
		return !w->name || mend_name(d, w);
	}
	if (w->f->flags & FIELD_COLUMNS && !w->of->merged->sealed)
		return mend_columns(d, w, w->of, true);
	in = w->f->flags & FIELD_COLUMNS_THERE ? target(d, w) : NULL;
	return !in || mend_columns(d, w, in, false);
}

static bool mend_part(struct mending *d, struct trio *t, size_t at)
{
	const struct kind *kind = t->merged->kids[at]->kind;

	for (size_t j = 0; j < kind->nfields; j++) {
		struct mention w = { t, at, &kind->fields[j], NULL };

		if (!mend_field(d, &w))
			return false;
	}
	return true;
}

static void mend_object(struct mending *d, struct trio *t)
{
	for (size_t k = 0; k < t->merged->nkids;)
		k += mend_part(d, t, k);
}

void merge_references(struct merge *m, struct trios *all)
{
	struct mending d = { .m = m, .all = all };
	bool any = false;

	for (size_t i = 0; i < all->n; i++)
		for (size_t s = MERGE_OURS; s < MERGE_SIDES; s++)
			if (is_changed(m, &all->v[i], s)) {
				map_set(&d.changed[s],
					fold(m, all->v[i].v[s]->name),
					&all->v[i]);
				any = true;
			}
	for (size_t i = 0; any && i < all->n; i++)
		if (all->v[i].merged)
			mend_object(&d, &all->v[i]);
	for (size_t s = 0; s < MERGE_SIDES; s++)
		map_release(&d.changed[s]);
}
