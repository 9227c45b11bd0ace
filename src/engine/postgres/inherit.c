/*
 * A table that takes other parents.
 *
 * What a table has of its parents alone becomes its own when the last of them
 * lets it go, and nothing makes it theirs again.  So a stand-in holds it in
 * the meantime, and what the table has not yet comes to it by the stand-in:
 *
 *	CREATE TABLE stand-in (what stays)   t INHERIT stand-in
 *	t NO INHERIT old                     stand-in ADD what is new
 *	t INHERIT new                        t NO INHERIT stand-in, DROP it
 */
#include "config.h"

#include "engine/postgres/alter.h"

static bool is_inherited(const struct node *n)
{
	return kind_is_column(n->kind) ?
	       ((const struct pg_column *)n)->inherited :
	       n->kind == &pg_kind_check &&
	       ((const struct pg_check *)n)->inherited;
}

/* Of what is inherited: such a table has parents that it can take and leave. */
static const struct pg_table *child_of(const struct node *table)
{
	const struct pg_table *t = (const struct pg_table *)table;

	return kind_is_table(table->kind) && !t->partition_of ? t : NULL;
}

/* What a parent of the schema before is called behind the renames. */
static const char *name_now(struct lowering *l, const char *name)
{
	const struct node *n = schema_find(l->from, &pg_kind_table, name);
	const struct pair *p = n ? pg_pair_from(l, n) : NULL;

	return p && p->to && !pg_is_gone(p) ? p->to->name : name;
}

static const struct node *part_of(const struct schema *s, const char *table,
				  const struct node *like)
{
	const struct node *t = schema_find(s, &pg_kind_table, table);

	return t ? node_find(t, like->kind, like->name, s->spelling) : NULL;
}

/* Have these parents of a table that will be what is theirs alone? */
static bool is_given(struct lowering *l, const struct node *n, size_t parents)
{
	const struct list *v = &((const struct pg_table *)n->parent)->inherits;

	for (size_t i = 0; i < parents; i++) {
		const struct node *k = part_of(l->to, v->v[i], n);

		if (k && (n->kind != &pg_kind_check ||
			  !((const struct pg_check *)k)->no_inherit))
			return true;
	}
	return false;
}

/* Does a check that was looked at become one that was not, while the parent's
 * is as it was? */
bool pg_loosens(struct lowering *l, const struct node *from,
		const struct node *to)
{
	const struct pg_check *f = (const struct pg_check *)from;
	const struct pg_check *t = (const struct pg_check *)to;
	const struct pg_table *table = (const struct pg_table *)to->parent;
	const struct node *a, *b;
	const char *parent = table->partition_of;

	if (!t->inherited || !f->inherited || !t->not_valid || f->not_valid)
		return false;
	for (size_t i = 0; parent || i < table->inherits.n; i++) {
		a = part_of(l->from, parent ? parent : table->inherits.v[i],
			    to);
		b = part_of(l->to, parent ? parent : table->inherits.v[i], to);
		if (a && b && !pg_differing(a, b))
			return true;
		if (parent)
			break;
	}
	return false;
}

/* A column that becomes a table's own beside its parent's, what becomes its
 * parent's alone: only what is let go can. */
static bool becomes_other(struct lowering *l, const struct node *was,
			  const struct node *is)
{
	if (is_inherited(was) != is_inherited(is))
		return kind_is_column(is->kind) || is_inherited(is);
	return is->kind == &pg_kind_check && pg_loosens(l, was, is);
}

static bool must_leave(struct lowering *l, const struct node *table, size_t n)
{
	for (size_t i = 0; i < table->nkids; i++) {
		const struct node *k = table->kids[i], *was;

		if (k->kind != &pg_kind_check && !kind_is_column(k->kind))
			continue;
		was = pg_pair_to(l, k)->from;
		if (was && becomes_other(l, was, k) && is_given(l, k, n))
			return true;
	}
	return false;
}

/* How many of its parents, from the first, a table does not leave. */
static size_t parents_kept(struct lowering *l, const struct pair *table)
{
	const struct pg_table *f = child_of(table->from);
	const struct pg_table *t = child_of(table->to);
	size_t n = 0;

	while (f && t && n < f->inherits.n && n < t->inherits.n &&
	       !strcmp(name_now(l, f->inherits.v[n]), t->inherits.v[n]))
		n++;
	return n && must_leave(l, table->to, n) ? 0 : n;
}

bool pg_keeps_parent(struct lowering *l, const struct node *table,
		     const char *parent)
{
	const struct pair *p = map_find(&l->by_to, pg_ref(l, table));
	const struct list *v = &((const struct pg_table *)table)->inherits;
	size_t n;

	if (!p || p->to != table)
		p = map_find(&l->by_from, pg_ref(l, table));
	if (!p || !p->from || !p->to)
		return true;
	if (!child_of(table))
		return !pg_differs(p->change, "partition-of") &&
		       !pg_differs(p->change, "bound");
	n = parents_kept(l, p);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(v->v[i], parent))
			return true;
	return false;
}

/* The pair of a table with parents that stays, whose part this is. */
static const struct pair *heir(struct lowering *l, const struct node *part)
{
	const struct pair *p = pg_pair_of(l, part);

	return p->from && p->to && !pg_is_gone(p) && child_of(p->to) ? p :
	       NULL;
}

bool pg_is_taken(struct lowering *l, const struct node *n)
{
	const struct pair *home, *p;

	if (!n->parent || !is_inherited(n))
		return false;
	home = heir(l, n);
	p = home ? pg_pair_to(l, n) : NULL;
	return p && (!p->from || pg_is_gone(p)) &&
	       !is_given(l, n, parents_kept(l, home));
}

bool pg_is_left(struct lowering *l, const struct node *n)
{
	const struct pair *home = is_inherited(n) ? heir(l, n) : NULL;
	const struct pg_table *f;
	size_t kept;

	if (!home)
		return false;
	f = child_of(home->from);
	kept = parents_kept(l, home);
	for (size_t i = 0; f && i < kept; i++)
		if (part_of(l->from, f->inherits.v[i], n))
			return false;
	return true;
}

bool pg_is_carried(struct lowering *l, const struct pair *p)
{
	const struct pg_column *f = (const struct pg_column *)p->from;
	const struct pg_column *t = (const struct pg_column *)p->to;

	return f && t && kind_is_column(p->to->kind) && p->fate ==
	       FATE_REPLACED && heir(l, p->to) && !f->inherited &&
	       t->inherited && !f->generated && !t->generated &&
	       pg_converts(f->type, t->type);
}

static const char *old_name(struct lowering *l, const struct pair *p)
{
	return arena_printf(l->arena, "schemastore_old_%s", p->from->name);
}

void pg_put_aside(struct lowering *l, struct action *a, const struct pair *p)
{
	pg_act(l, a, p->from, pg_printf(l->arena, "ALTER TABLE %s RENAME %I TO "
		"%I", p->to->parent->name, p->from->name, old_name(l, p)));
}

/* A column of its parents' takes no values but by them, or by rows that are
 * changed one after the other, with what triggers make of that. */
void pg_carry(struct lowering *l, struct action *a, const struct pair *p)
{
	const struct pg_column *f = (const struct pg_column *)p->from;
	const struct pg_column *t = (const struct pg_column *)p->to;
	const char *of = pg_stand_in(l, p->to->parent), *raw = old_name(l, p);
	const char *table = p->to->parent->name, *name = p->to->name;
	struct buf b = BUF_INIT;
	struct statement *st;

	pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s ADD %I %s%s%s, "
		"ADD %I %s%s%s", of, name, t->type, t->collate ? " COLLATE " :
		"", t->collate ? t->collate : "", raw, f->type,
		f->collate ? " COLLATE " : "", f->collate ? f->collate : ""));
	pg_add_using(&b, raw, f->type, t->type, false);
	st = pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s ALTER %I "
		"TYPE %s%s%s%s", of, name, t->type, t->collate ? " COLLATE " :
		"", t->collate ? t->collate : "", b.len ? b.ptr :
		pg_printf(l->arena, " USING %I", raw)));
	if (strcmp(f->type, t->type))
		pg_hazard_type(l, st, p->from, p->to);
	if (!st->nhazards)
		statement_hazard(st, l->arena, HAZARD_REBUILDS_TABLE, st->node,
				 NULL);
	buf_release(&b);
	pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s DROP %I", of,
				      raw));
	pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s DROP %I",
				      table, raw));
	if (t->dflt)
		pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"%I SET DEFAULT %s", table, name, t->dflt));
	if (t->not_null)
		pg_act(l, a, p->to, pg_printf(l->arena, "ALTER TABLE %s ALTER "
			"%I SET NOT NULL", table, name));
}

char *pg_stand_in(struct lowering *l, const struct node *table)
{
	struct buf b = BUF_INIT;
	char *name;

	pg_add_schema(&b, table->name);
	name = arena_printf(l->arena, "%sschemastore_parent_%zu", b.ptr,
			    pg_pair_to(l, table)->place);
	buf_release(&b);
	return name;
}

/* What the stand-in holds: it is the parents' before and behind. */
static bool is_held(struct lowering *l, const struct node *n, size_t kept)
{
	const struct pair *p;

	if (!is_inherited(n))
		return false;
	p = pg_pair_to(l, n);
	return p->from && !pg_is_gone(p) && is_inherited(p->from) &&
	       !is_given(l, n, kept);
}

static int refuse_held(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;

	node_title(&b, n);
	err_set(l->err, ERR_REFUSED, "%s: it changes, and so does the parent "
		"that it is of", b.ptr);
	err_hint(l->err, "change the two in separate versions");
	buf_release(&b);
	return -1;
}

/* As the table has it now, with nothing that is not looked at. */
static int add_held_column(struct altering *al, struct buf *b,
			   const struct pair *p)
{
	const struct pg_column *c = (const struct pg_column *)p->from;

	if (c->generated || p->fate == FATE_RETYPED ||
	    (p->change && p->change->renamed))
		return refuse_held(al->l, p->to);
	pg_addf(b, "%s%I %s", b->len ? ", " : "", p->from->name, c->type);
	if (c->collate)
		pg_addf(b, " COLLATE %s", c->collate);
	return 0;
}

/* A check of a table under another name. */
static const struct node *check_on(struct lowering *l, const struct node *n,
				   const char *table)
{
	struct node *copy = node_copy(l->arena, n);

	copy->parent = node_new(l->arena, &pg_kind_table, table);
	return copy;
}

static void add_check(struct lowering *l, struct action *a,
		      const struct node *n, const char *table)
{
	struct buf b = BUF_INIT;

	pg_ops_of(n->kind)->create(&b, check_on(l, n, table));
	pg_act(l, a, n, arena_strndup(l->arena, b.ptr, b.len));
	buf_release(&b);
}

void pg_take_check(struct lowering *l, struct action *a, const struct node *n)
{
	add_check(l, a, n, pg_stand_in(l, n->parent));
	pg_hazard_create(l, &a->v[a->n - 1], n);
	if (((const struct pg_common *)n)->comment)
		pg_set_comment(l, a, n);
}

/* Does it come or stay by the stand-in? */
static bool is_by_stand_in(struct lowering *l, const struct node *n,
			   size_t kept)
{
	return is_held(l, n, kept) || pg_is_taken(l, n);
}

/* A column that is the table's own, and that such a check is about. */
static bool is_checked(struct lowering *l, const struct node *column,
		       size_t kept)
{
	const struct node *t = column->parent;

	if (!pg_pair_to(l, column)->from)
		return false;
	for (size_t i = 0; i < t->nkids; i++)
		if (t->kids[i]->kind == &pg_kind_check &&
		    is_by_stand_in(l, t->kids[i], kept) &&
		    pg_has_name(((const struct pg_check *)t->kids[i])->expr,
				column->name))
			return true;
	return false;
}

/* NULL: it is not needed, or err. */
static const char *make_stand_in(struct altering *al, struct action *r,
				 size_t kept)
{
	const char *name = pg_stand_in(al->l, al->to);
	struct buf columns = BUF_INIT;
	bool needed = false;
	int ret = 0;

	for (size_t i = 0; i < al->to->nkids && !ret; i++) {
		const struct node *k = al->to->kids[i];

		needed |= is_by_stand_in(al->l, k, kept);
		if (kind_is_column(k->kind) && (is_held(al->l, k, kept) ||
						is_checked(al->l, k, kept)))
			ret = add_held_column(al, &columns,
					      pg_pair_to(al->l, k));
	}
	if (needed)
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "CREATE "
			"TABLE %s (%s)", name, columns.ptr));
	for (size_t i = 0; i < al->to->nkids && needed; i++)
		if (al->to->kids[i]->kind == &pg_kind_check &&
		    is_held(al->l, al->to->kids[i], kept))
			add_check(al->l, r, pg_pair_to(al->l, al->to->
				  kids[i])->from, name);
	if (needed)
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "ALTER TABLE "
			"%s INHERIT %s", al->table, name));
	buf_release(&columns);
	return needed && !ret ? name : NULL;
}

void pg_alter_inherits(struct altering *al)
{
	const struct list *f = &((const struct pg_table *)al->from)->inherits;
	const struct list *t = &((const struct pg_table *)al->to)->inherits;
	size_t kept = parents_kept(al->l, al->p);
	struct action *r, *last;
	const char *stand_in;

	if (kept == f->n && kept == t->n)
		return;
	r = pg_action(al->l, STAGE_RELEASE, NULL, NULL);
	last = al->p->finish = pg_action(al->l, STAGE_FINISH, NULL, al->to);
	stand_in = make_stand_in(al, r, kept);
	pg_after(al->l, al->a, r);
	for (size_t i = kept; i < f->n; i++)
		pg_act(al->l, r, al->to, pg_printf(al->l->arena, "ALTER TABLE "
			"%s NO INHERIT %s", al->table, name_now(al->l,
								f->v[i])));
	for (size_t i = kept; i < t->n; i++)
		pg_act(al->l, last, al->to, pg_printf(al->l->arena, "ALTER "
			"TABLE %s INHERIT %s", al->table, t->v[i]));
	if (!stand_in)
		return;
	pg_act(al->l, last, al->to, pg_printf(al->l->arena, "ALTER TABLE %s "
		"NO INHERIT %s", al->table, stand_in));
	pg_act(al->l, last, al->to, pg_printf(al->l->arena, "DROP TABLE %s",
					      stand_in));
}

/* A parent is taken when it is as it will be. */
void pg_order_parents(struct lowering *l, struct pair *table)
{
	const struct pg_table *t = child_of(table->to);

	for (size_t i = 0; t && i < t->inherits.n; i++) {
		const struct node *parent = schema_find(l->to, &pg_kind_table,
							t->inherits.v[i]);

		for (size_t k = 0; parent && k < parent->nkids; k++) {
			struct pair *p = map_find(&l->by_to, pg_ref(l,
						  parent->kids[k]));

			if (p && (kind_is_column(p->to->kind) ||
				  p->to->kind == &pg_kind_check))
				pg_after(l, table->finish, p->make);
		}
	}
}
