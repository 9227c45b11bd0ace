/*
 * Conflicts, and what somebody has decided about them.
 *
 *	a field both have changed ─▶ a choice of its node? that side's
 *	                          ─▶ else it goes into the list
 *	a node of which somebody has said what it is ─▶ that, without a look
 */
#include "config.h"

#include "schema/merge-parts.h"

#include "ss/kinds.h"

static const char *title_of(struct merge *m, const struct node *n)
{
	struct buf b = BUF_INIT;
	const char *title;

	node_title(&b, n);
	title = arena_strdup(m->arena, b.ptr);
	buf_release(&b);
	return title;
}

const char *merge_text(struct merge *m, const struct node *n)
{
	struct buf b = BUF_INIT;
	const char *text;

	if (!n)
		return NULL;
	node_encode(&b, n);
	text = arena_strndup(m->arena, b.ptr, b.len);
	buf_release(&b);
	return text;
}

bool merge_same_words(const char *a, const char *b)
{
	const char *x = strchr(a, ' '), *y = strchr(b, ' ');

	return !strcmp(a, b) || (x && !strcmp(x + 1, b)) ||
	       (y && !strcmp(y + 1, a));
}

bool merge_is_step(const char *node)
{
	return str_starts(node, "data step ") ||
	       str_starts(node, "edited SQL of ");
}

const struct node *merge_one_of(const struct trio *t)
{
	return t->v[MERGE_OURS] ? t->v[MERGE_OURS] :
	       t->v[MERGE_THEIRS] ? t->v[MERGE_THEIRS] : t->v[MERGE_BASE];
}

static const struct node *object_of(const struct node *n)
{
	while (n && n->parent)
		n = n->parent;
	return n;
}

static bool is_called(struct merge *m, const char *text, const struct node *n)
{
	return n && (merge_same_words(text, title_of(m, n)) ||
		     (n->name && rename_is_node(text, n)));
}

static bool is_chosen(struct merge *m, const struct merge_choice *c,
		      const struct trio *t)
{
	if (c->up ||
	    (c->engine && strcmp(c->engine, m->merged.spelling->engine)))
		return false;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (is_called(m, c->node, t->v[i]))
			return true;
	return false;
}

/* ---- conflicts ----------------------------------------------------------- */

static const struct merge_choice *find_choice(struct merge *m,
					      const struct trio *t,
					      const struct conflict *c)
{
	const struct merge_choice *found = NULL;

	for (size_t i = 0; i < m->nchoices; i++) {
		struct merge_choice *v = &m->choices[i];

		if (v->whole || (c->no_base && v->side == MERGE_BASE) ||
		    !is_chosen(m, v, t))
			continue;
		v->used = true;
		found = v;
	}
	return found;
}

enum merge_side merge_conflict(struct merge *m, struct trio *t,
			       const struct conflict *c)
{
	const struct merge_choice *found = find_choice(m, t, c);
	struct conflict *out;

	if (found)
		return found->side;
	if (m->leaves) {
		merge_leave_doubt(m, t, c);
		return MERGE_OURS;
	}
	out = ARENA_PUSH(m->arena, m->conflicts, m->n, m->cap);
	*out = *c;
	out->node = title_of(m, merge_one_of(t));
	for (size_t i = 0; i < MERGE_SIDES; i++) {
		const struct node *o = object_of(t->v[i]);

		if (o && o->kind->flags & KIND_OBJECT)
			out->object[i] = merge_text(m, o);
	}
	t->open = true;
	return MERGE_OURS;
}

/* ---- nodes that are as somebody wants them ------------------------------- */

int merge_read_choices(struct merge *m, struct err *err)
{
	const struct spelling *sp = m->merged.spelling;

	for (size_t i = 0; i < m->nchoices; i++) {
		struct merge_choice *c = &m->choices[i];
		struct node *n;

		c->object = NULL;
		if (!c->own || (c->engine && strcmp(c->engine, sp->engine)))
			continue;
		if (node_decode(&n, sp, c->own, strlen(c->own), m->arena, err))
			return err_wrap(err, "what '%s' is to be", c->node);
		c->object = n;
	}
	return 0;
}

/* What that part is called on any side, or the only one of its kind. */
static const struct node *part_like(struct merge *m, const struct node *object,
				    const struct trio *t)
{
	const struct node *like = merge_one_of(t), *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < object->nkids; i++) {
		const struct node *kid = object->kids[i];

		if (kid->kind != like->kind || !kid->name != !like->name)
			continue;
		for (size_t s = 0; kid->name && s < MERGE_SIDES; s++)
			if (t->v[s] && merge_same_name(m, kid->name,
						       t->v[s]->name))
				return kid;
		only = kid;
		n++;
	}
	return !like->name && n == 1 ? only : NULL;
}

/* It is the same node, whatever it is called. */
static struct node *own_node(struct merge *m, const struct merge_choice *c,
			     const struct trio *t)
{
	const struct node *like = merge_one_of(t), *n = c->object;
	const char *born = like->origin ? like->origin : like->name;
	struct node *own;

	if (n && like->parent)
		n = part_like(m, n, t);
	if (!n)
		return NULL;
	own = node_copy(m->arena, n);
	own->parent = NULL;
	if (own->name && born)
		own->origin = strcmp(own->name, born) ? born : NULL;
	return own;
}

bool merge_is_decided(struct merge *m, struct trio *t)
{
	struct merge_choice *found = NULL;

	for (size_t i = 0; i < m->nchoices; i++)
		if (m->choices[i].whole && is_chosen(m, &m->choices[i], t))
			found = &m->choices[i];
	if (!found)
		return false;
	found->used = true;
	t->merged = found->side == MERGE_SIDES ? own_node(m, found, t) :
		    merge_take(m, t->v[found->side]);
	return true;
}

bool merge_is_decided_inside(struct merge *m, const struct trio *t)
{
	for (size_t i = 0; i < m->nchoices; i++) {
		const struct merge_choice *c = &m->choices[i];

		for (size_t s = 0; c->whole && s < MERGE_SIDES; s++)
			for (size_t k = 0; t->v[s] && k < t->v[s]->nkids; k++)
				if (is_called(m, c->node, t->v[s]->kids[k]))
					return true;
	}
	return false;
}

static const struct node *find_like(struct node *const *v, size_t n,
				    const struct node *like)
{
	for (size_t i = 0; like && i < n; i++)
		if (v[i]->kind == like->kind && !v[i]->name == !like->name &&
		    !strcmp(v[i]->key, like->key))
			return v[i];
	return NULL;
}

void merge_decide_inside(struct merge *m, struct trio *t)
{
	const struct node *whole = t->merged;
	struct node *n = node_copy(m->arena, whole);

	n->kids = NULL;
	n->nkids = n->kids_cap = 0;
	for (size_t i = 0; i < whole->nkids; i++) {
		struct trio kid = { .merged = whole->kids[i] };

		for (size_t s = 0; s < MERGE_SIDES; s++)
			kid.v[s] = t->v[s] ? find_like(t->v[s]->kids,
						       t->v[s]->nkids,
						       whole->kids[i]) : NULL;
		(void)merge_is_decided(m, &kid);
		if (kid.merged)
			node_add(m->arena, n, node_copy(m->arena,
							kid.merged));
	}
	t->merged = n;
}

/* ---- what others have found ---------------------------------------------- */

static const struct node *find_titled(struct merge *m, struct node *const *v,
				      size_t n, const char *title)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *found = v[i];

		if (!strcmp(title_of(m, found), title))
			return found;
		found = find_titled(m, found->kids, found->nkids, title);
		if (found)
			return found;
	}
	return NULL;
}

void merge_describe(struct merge *m, struct conflict *c)
{
	const struct schema *s = &m->merged;
	const struct node *n = find_titled(m, s->objects, s->n, c->node);
	const struct node *object = object_of(n);

	for (size_t i = 0; n && i < MERGE_SIDES; i++) {
		const struct schema *side = m->of[i];
		const struct node *o = find_like(side->objects, side->n,
						 object);
		const struct node *part = n == object || !o ? o :
					  find_like(o->kids, o->nkids, n);

		c->text[i] = merge_text(m, part);
		c->object[i] = merge_text(m, o);
	}
}
