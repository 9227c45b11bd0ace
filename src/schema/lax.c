/*
 * A schema that takes rows back: nothing fires, and nothing new is demanded.
 *
 *	from ──▶ lax ── rows ──▶ to
 */
#include "config.h"

#include "ss/diff.h"

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"

struct loosening {
	const struct diff *d;
	const struct node *const *objects;
	size_t n;
	struct schema *out;
	struct arena *arena;
	struct err *err;
};

static const struct change *change_of(const struct loosening *l,
				      const struct node *to)
{
	for (size_t i = 0; i < l->d->n; i++)
		if (l->d->v[i].to == to)
			return &l->d->v[i];
	return NULL;
}

/* Is it new, or (parts that are no columns) another one than it was? */
static bool is_new(const struct change *ch, const struct node *kid)
{
	for (size_t i = 0; i < ch->nkids; i++) {
		const struct change *k = &ch->kids[i];

		if (k->to == kid)
			return k->op == CHANGE_ADD ||
			       (!kind_is_column(kid->kind) &&
				(k->fields || k->nkids));
	}
	return ch->op == CHANGE_ADD;
}

static bool fires(const struct node *n)
{
	return n->kind == &kind_trigger || n->kind == &pg_kind_trigger ||
	       n->kind == &pg_kind_rule;
}

/* A new table has its key at once; one that is there has it again when its
 * columns are there. */
static bool is_needed(const struct change *ch, const struct node *n)
{
	if (n->kind == &pg_kind_primary_key)
		return ch->op == CHANGE_ADD;
	return n->kind == &kind_primary_key &&
	       (ch->op == CHANGE_ADD ||
		((const struct table *)ch->to)->without_rowid);
}

/* Its parent makes a part of what it has. */
static bool is_tied(const struct node *n)
{
	const struct pg_table *t = (const struct pg_table *)n;

	return n->kind == &pg_kind_table &&
	       (t->partition_of || t->inherits.n || t->of_type);
}

static bool is_identity(const struct node *column)
{
	return column->kind == &pg_kind_column &&
	       ((const struct pg_column *)column)->identity;
}

/* Needs no value, and takes any. */
static struct node *lax_column(struct loosening *l, const struct node *n)
{
	struct node *copy = node_copy(l->arena, n);

	if (is_identity(n)) {
		((struct pg_column *)copy)->identity = "by default";
		return copy;
	}
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->flags & FIELD_DEMANDS)
			*(bool *)((char *)copy + f->offset) = false;
	}
	return copy;
}

static bool is_object(const struct loosening *l, const struct node *n)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->objects[i] == n)
			return true;
	return false;
}

/* Does a foreign key point at one of the objects? */
static bool points_there(const struct loosening *l, const struct node *n)
{
	const char *table;

	if (n->kind == &kind_foreign_key)
		table = ((const struct foreign_key *)n)->table;
	else if (n->kind == &pg_kind_foreign_key)
		table = ((const struct pg_foreign_key *)n)->table;
	else
		return false;
	table = fold_name_in(l->arena, l->out->spelling, table);
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(table, l->objects[i]->fold))
			return true;
	return false;
}

static bool stays(const struct loosening *l, const struct change *ch,
		  const struct node *kid)
{
	bool object = is_object(l, ch->to);

	if (object && fires(kid))
		return false;
	if (!is_new(ch, kid) || is_tied(ch->to))
		return true;
	return object ? is_needed(ch, kid) : !points_there(l, kid);
}

static int refuse_fired(struct loosening *l, const struct node *table)
{
	struct buf b = BUF_INIT;

	node_title(&b, table);
	err_set(l->err, ERR_REFUSED, "rows that were parked cannot be put back "
		"into %s: triggers or rules that its parent makes would fire",
		b.ptr);
	buf_release(&b);
	return -1;
}

static int check_tied(struct loosening *l, const struct node *n)
{
	if (!is_tied(n) || !is_object(l, n))
		return 0;
	for (size_t i = 0; i < n->nkids; i++)
		if (fires(n->kids[i]))
			return refuse_fired(l, n);
	return 0;
}

/* Whose columns come, its parent's or its own, needs no value for them. */
static int add_lax(struct loosening *l, const struct change *ch)
{
	const struct node *to = ch->to;
	bool whole = ch->op == CHANGE_ADD && is_tied(to);
	bool lax = ch->op != CHANGE_ADD || is_object(l, to);
	struct node *n;

	if (check_tied(l, to))
		return -1;
	if (whole) {
		schema_add(l->out, (struct node *)to);
		return 0;
	}
	n = node_copy(l->arena, to);
	n->kids = NULL;
	n->nkids = n->kids_cap = 0;
	for (size_t i = 0; i < to->nkids; i++) {
		const struct node *kid = to->kids[i];

		if (!kind_is_column(kid->kind)) {
			if (stays(l, ch, kid))
				node_add(l->arena, n, node_copy(l->arena,
								kid));
		} else {
			node_add(l->arena, n, is_new(ch, kid) && lax ?
				 lax_column(l, kid) :
				 node_copy(l->arena, kid));
		}
	}
	schema_add(l->out, n);
	return 0;
}

int schema_lax(struct schema *out, const struct diff *d,
	       const struct schema *to, const struct node *const *objects,
	       size_t n, struct arena *a, struct err *err)
{
	struct loosening l = { d, objects, n, out, a, err };
	/* What only fires is no change, but goes. */
	struct change same = { .op = CHANGE_ALTER };

	schema_init(out, to->spelling, a);
	out->version = to->version;
	out->settings = to->settings;
	out->retired = to->retired;
	for (size_t i = 0; i < to->n; i++) {
		const struct node *object = to->objects[i];
		const struct change *ch = change_of(&l, object);

		if (!ch && is_object(&l, object)) {
			same.from = same.to = object;
			ch = &same;
		}
		if (!ch || !kind_is_table(object->kind)) {
			schema_add(out, (struct node *)object);
			continue;
		}
		if (add_lax(&l, ch))
			return -1;
	}
	return schema_seal(out, err);
}
