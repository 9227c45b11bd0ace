/*
 * What refers to what: an engine may load a part that names an object which is
 * not there (SQLite's foreign keys), so it would not say that two sides do not
 * fit together.
 *
 *	ours renames t to u     theirs adds `references t`: it is to u
 *	ours drops t            theirs adds `references t`: a conflict
 */
#include "config.h"

#include "schema/merge-parts.h"

#include "ss/kinds.h"

struct mending {
	struct merge *m;
	struct trios *all;
	struct map there;	/* folded names of what is left */
};

static struct trio *find_called(struct mending *d, const char *name,
				size_t *side)
{
	for (*side = MERGE_OURS; *side < MERGE_SIDES; ++*side)
		for (size_t i = 0; i < d->all->n; i++) {
			struct trio *t = &d->all->v[i];

			if (t->v[*side] &&
			    merge_same_name(d->m, t->v[*side]->name, name))
				return t;
		}
	return NULL;
}

/* Does a side have it pointing at nothing, without the other's help? */
static bool hangs_there(struct merge *m, const struct node *object,
			const struct node *part, const struct field *f)
{
	for (size_t i = 0; object && i < object->nkids; i++)
		if (object->kids[i]->kind == part->kind &&
		    merge_same_name(m, field_str(object->kids[i], f),
				    field_str(part, f)))
			return true;
	return false;
}

/* A part names an object that is not there under this name any more: it goes
 * along with a rename; what was dropped it cannot mean. */
static void mend(struct mending *d, struct trio *of, size_t at,
		 const struct field *f)
{
	struct node *part = of->merged->kids[at];
	const char *name = field_str(part, f);
	struct conflict c = { .type = CONFLICT_MEANING, .field = f->name };
	struct merge *m = d->m;
	struct trio *t;
	size_t side;

	if (!name || map_find(&d->there, fold_name_in(m->arena,
						      m->merged.spelling,
						      name)))
		return;
	t = find_called(d, name, &side);
	if (!t)
		return;
	if (t->merged) {
		if (of->merged->sealed)
			of->merged = node_copy(m->arena, of->merged);
		part = of->merged->kids[at];
		*(const char **)((char *)part + f->offset) = t->merged->name;
		return;
	}
	if (hangs_there(m, of->v[MERGE_OURS + MERGE_THEIRS - side], part, f))
		return;
	c.text[side] = name;
	c.why = arena_printf(m->arena, "'%s' is dropped on the other side",
			     name);
	part->parent = of->merged;
	(void)merge_conflict(m, &(struct trio){
		.v = { [MERGE_OURS] = part } }, &c);
}

static void mend_object(struct mending *d, struct trio *t)
{
	for (size_t k = 0; k < t->merged->nkids; k++) {
		const struct kind *kind = t->merged->kids[k]->kind;

		for (size_t j = 0; j < kind->nfields; j++)
			if (kind->fields[j].type == FIELD_NAME &&
			    kind->fields[j].flags & FIELD_REF)
				mend(d, t, k, &kind->fields[j]);
	}
}

void merge_references(struct merge *m, struct trios *all)
{
	struct mending d = { m, all, MAP_INIT };

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].merged)
			map_set(&d.there,
				fold_name_in(m->arena, m->merged.spelling,
					     all->v[i].merged->name), m);
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].merged)
			mend_object(&d, &all->v[i]);
	map_release(&d.there);
}
