/*
 * Columns that children have of their parents: what a parent's change does to
 * them of itself, and what not.
 */
#include "config.h"

#include "engine/postgres/lower.h"

static bool has_parent(const struct pg_table *t, const char *name)
{
	if (t->partition_of)
		return !strcmp(t->partition_of, name);
	return pg_list_has(&t->inherits, name);
}

/* The i-th parent; NULL behind the last. */
static const char *parent_name(const struct pg_table *t, size_t i)
{
	if (t->partition_of)
		return i ? NULL : t->partition_of;
	return i < t->inherits.n ? t->inherits.v[i] : NULL;
}

static struct pair *pair_in(struct lowering *l, const struct schema *s,
			    const struct node *n)
{
	return s == l->from ? pg_pair_from(l, n) : pg_pair_to(l, n);
}

/* The pair of a parent's column of that name, whose fate is this. */
static struct pair *parent_column(struct lowering *l, const struct schema *s,
				  const struct node *column, enum fate fate)
{
	const struct pg_table *t = (const struct pg_table *)column->parent;
	const char *name;

	if (column->parent->kind != &pg_kind_table ||
	    !((const struct pg_column *)column)->inherited)
		return NULL;
	for (size_t i = 0; (name = parent_name(t, i)); i++) {
		const struct node *table = schema_find(s, &pg_kind_table,
						       name);
		const struct node *c = table ? node_find(table, column->kind,
			column->name, s->spelling) : NULL;
		struct pair *p = c ? pair_in(l, s, c) : NULL;

		if (p && p->fate == fate)
			return p;
	}
	return NULL;
}

/* Does a child keep what its parent drops? */
bool pg_child_keeps(struct lowering *l, const struct node *column)
{
	const char *parent = column->parent->name;

	if (((const struct pg_table *)column->parent)->partition_by)
		return false;
	for (size_t i = 0; i < l->from->n; i++) {
		const struct node *n = l->from->objects[i], *c;

		if (n->kind != &pg_kind_table ||
		    !has_parent((const struct pg_table *)n, parent))
			continue;
		c = node_find(n, column->kind, column->name,
			      l->from->spelling);
		if (c && pg_pair_from(l, c)->to)
			return true;
	}
	return false;
}

bool pg_goes_with_parent(struct lowering *l, struct pair *p)
{
	struct pair *parent = parent_column(l, l->from, p->from,
					    FATE_DROPPED);

	if (!parent || pg_child_keeps(l, parent->from))
		return false;
	p->drop = parent->drop;
	return true;
}

static int refuse_own(struct lowering *l, const struct node *column)
{
	struct buf b = BUF_INIT;

	node_title(&b, column);
	err_set(l->err, ERR_REFUSED, "%s: a parent's column cannot become a "
		"table's own as well", b.ptr);
	err_hint(l->err, "let it stand in the parent's CREATE TABLE alone");
	buf_release(&b);
	return -1;
}

static int refuse_inherited(struct lowering *l, const struct node *column)
{
	struct buf b = BUF_INIT;

	node_title(&b, column);
	err_set(l->err, ERR_REFUSED, "%s: a column of a table's own cannot "
		"become its parent's alone", b.ptr);
	err_hint(l->err, "let it stand in the CREATE TABLE of both tables");
	buf_release(&b);
	return -1;
}

/* Has a parent that stays one the column? */
static bool is_still_given(struct lowering *l, const struct pg_table *f,
			   const struct pg_table *t, const struct node *column)
{
	for (size_t i = 0; i < t->inherits.n; i++) {
		const struct node *parent = schema_find(l->to, &pg_kind_table,
							t->inherits.v[i]);

		if (parent && pg_list_has(&f->inherits, t->inherits.v[i]) &&
		    node_find(parent, column->kind, column->name,
			      l->to->spelling))
			return true;
	}
	return false;
}

/* What a table lets go of its parent with becomes its own, and stays so under
 * the next one. */
int pg_check_parents(struct lowering *l, const struct change *ch)
{
	const struct pg_table *f = (const struct pg_table *)ch->from;
	const struct pg_table *t = (const struct pg_table *)ch->to;

	for (size_t i = 0; !t->partition_of && i < ch->to->nkids; i++) {
		const struct node *n = ch->to->kids[i], *was;

		if (!kind_is_column(n->kind) ||
		    !((const struct pg_column *)n)->inherited)
			continue;
		was = node_find(ch->from, n->kind, n->name,
				l->from->spelling);
		if (was && !is_still_given(l, f, t, n))
			return refuse_inherited(l, n);
	}
	return 0;
}

/* A table that is there takes on a parent with columns that it must have. */
static void refuse_taken(struct lowering *l, const struct node *column)
{
	const struct pg_table *t = (const struct pg_table *)column->parent;

	if (t->node.kind == &pg_kind_table && !t->partition_of &&
	    t->inherits.n && ((const struct pg_column *)column)->inherited &&
	    pg_pair_of(l, column)->from)
		(void)!refuse_inherited(l, column);
}

bool pg_comes_with_parent(struct lowering *l, struct pair *p)
{
	struct pair *parent = parent_column(l, l->to, p->to, FATE_CREATED);

	if (!parent)
		refuse_taken(l, p->to);
	if (!parent || !pg_pair_of(l, p->to)->from)
		return false;
	p->make = parent->make;
	return true;
}

/* Its parents' new name is the child's. */
bool pg_renamed_with_parent(struct lowering *l, const struct pair *p)
{
	const struct pair *parent = parent_column(l, l->to, p->to,
						  FATE_ALTERED);

	return parent && parent->change && parent->change->renamed;
}

/* A column that is its parents' alone cannot be made so, and cannot cease to
 * be but with them. */
int pg_check_inherited(struct lowering *l, const struct change *ch)
{
	const struct pg_column *f = (const struct pg_column *)ch->from;
	const struct pg_column *t = (const struct pg_column *)ch->to;
	const struct pg_table *table = (const struct pg_table *)ch->to->parent;

	if (ch->to->parent->kind != &pg_kind_table || table->partition_of)
		return 0;
	if (f->inherited && !t->inherited && table->inherits.n &&
	    !pg_differs(pg_pair_of(l, ch->to)->change, "inherits"))
		return refuse_own(l, ch->to);
	if (f->inherited || !t->inherited)
		return 0;
	return refuse_inherited(l, ch->to);
}

void pg_inherit_trigger(struct lowering *l, struct pair *p)
{
	const struct pg_table *t = (const struct pg_table *)p->to->parent;
	const struct pg_trigger *own = (const struct pg_trigger *)p->to;
	const struct node *whole = t->partition_of ?
		schema_find(l->to, &pg_kind_table, t->partition_of) : NULL;
	const struct pg_trigger *of = whole ? (const struct pg_trigger *)
		node_find(whole, p->to->kind, p->to->name,
			  l->to->spelling) : NULL;

	if (!of || (!of->enabled && !own->enabled) ||
	    (of->enabled && own->enabled && !strcmp(of->enabled,
						    own->enabled)))
		return;
	p->make = pg_action(l, STAGE_LAST, NULL, p->to);
	pg_enable(l, p->make, p->to, own->enabled);
	pg_after(l, p->make, pg_pair_to(l, (const struct node *)of)->make);
	pg_after(l, p->make, pg_pair_to(l, (const struct node *)t)->finish);
}
