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
		const struct node *table = pg_keeps_parent(l, column->parent,
			name) ? schema_find(s, &pg_kind_table, name) : NULL;
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

bool pg_comes_with_parent(struct lowering *l, struct pair *p)
{
	struct pair *parent = parent_column(l, l->to, p->to, FATE_CREATED);

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

/* What a child is to have for its key is there when its parents' is. */
void pg_order_nulls(struct lowering *l, struct pair *p)
{
	const struct pair *parent = p->fate == FATE_ALTERED ?
		parent_column(l, l->to, p->to, FATE_ALTERED) : NULL;

	if (parent && pg_differs(p->change, "not-null") &&
	    pg_differs(parent->change, "not-null"))
		pg_after(l, p->make, parent->make);
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

/* The check that this one is of, which is no parent's own. */
static const struct node *first_check(const struct schema *s,
				      const struct node *n)
{
	const struct pg_table *t = (const struct pg_table *)n->parent;
	const struct node *parent, *check;
	const char *name;

	if (n->parent->kind != &pg_kind_table ||
	    !((const struct pg_check *)n)->inherited)
		return n;
	for (size_t i = 0; (name = parent_name(t, i)); i++) {
		parent = schema_find(s, &pg_kind_table, name);
		check = parent ? node_find(parent, n->kind, n->name,
					   s->spelling) : NULL;
		if (check)
			return first_check(s, check);
	}
	return n;
}

/* What is not valid is so for each child that is there, and stays so until it
 * is looked at. */
void pg_inherit_check(struct lowering *l, struct pair *p)
{
	const struct pg_check *first =
		(const struct pg_check *)first_check(l->to, p->to);

	if (!first->not_valid || ((const struct pg_check *)p->to)->not_valid)
		return;
	p->make = pg_action(l, STAGE_LAST, NULL, p->to);
	pg_act(l, p->make, p->to, pg_printf(l->arena, "ALTER TABLE %s VALIDATE "
		"CONSTRAINT %I", p->to->parent->name, p->to->name));
}

void pg_order_check(struct lowering *l, struct pair *p)
{
	struct pair *first = pg_pair_to(l, first_check(l->to, p->to));

	if (first == p)
		return;
	pg_after(l, p->make, first->make);
	if (((const struct pg_check *)p->to)->not_valid)
		pg_after(l, first->make, pg_pair_of(l, p->to)->make);
}

static bool is_twin(const struct node *a, const struct node *b)
{
	struct change ch = {
		.op = CHANGE_ALTER, .from = a, .to = b,
		.fields = pg_differing(a, b),
	};

	return !pg_differs_beside(&ch, "comment option tablespace clustered "
				  "replica-identity partition-of statistics "
				  "only");
}

/* Of two that fit the parent's the server takes the first that it finds. */
static void replace_twins_of(struct lowering *l, const struct node *part)
{
	const struct node *table = part->parent;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct node *k = table->kids[i];
		struct pair *p;

		if (k->kind != part->kind ||
		    ((const struct pg_index *)k)->partition_of ||
		    !is_twin(part, k))
			continue;
		p = pg_pair_to(l, k);
		if (p->from && !pg_is_gone(p))
			p->fate = FATE_REPLACED;
	}
}

void pg_replace_twins(struct lowering *l, const struct change *ch)
{
	const struct node *table = ch->to;

	if (!((const struct pg_table *)table)->partition_of ||
	    !pg_is_attached(l, table))
		return;
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == &pg_kind_index &&
		    ((const struct pg_index *)table->kids[i])->partition_of)
			replace_twins_of(l, table->kids[i]);
}
