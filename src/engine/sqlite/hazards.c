/*
 * What a change risks; counts.c has the queries that say how many rows.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

/* The node's title, for the hazard. */
static const char *title(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;
	char *s;

	node_title(&b, n);
	s = arena_strdup(l->arena, b.ptr);
	buf_release(&b);
	return s;
}

const char *default_expr(struct arena *a, const struct column *c)
{
	static const char *const words[] = {
		"NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE",
		"CURRENT_TIMESTAMP",
	};
	struct tokens t;

	tokens_init(&t, c->dflt, a);
	if (t.v[0].type == SQLTOK_QUOTED)
		return sql_printf(a, "%L", sqltok_name(a, &t.v[0]));
	if (t.v[0].type != SQLTOK_WORD)
		return c->dflt;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sqltok_is(&t.v[0], words[i]))
			return c->dflt;
	return sql_printf(a, "%L", sqltok_name(a, &t.v[0]));
}

void hazard_drop(struct lowering *l, struct statement *st,
		 const struct node *n)
{
	if (n->kind == &kind_table)
		statement_hazard(st, l->arena, HAZARD_DROPS_TABLE, title(l, n),
				 sql_printf(l->arena, "SELECT count(*) FROM %I",
					    n->name));
	else if (n->kind == &kind_virtual &&
		 module_holds((const struct virtual_table *)n) !=
		 HOLDS_NOTHING)
		statement_hazard(st, l->arena, HAZARD_DROPS_VIRTUAL,
				 title(l, n), NULL);
}

/* A text that reads as a number: the comparison applies NUMERIC affinity. */
#define IS_NUMBER "CAST(? AS NUMERIC) = ?"

/* What a STRICT table (or a rowid) does not take; ? is the value. */
static const char *const rejects[] = {
	[AFF_NONE] = NULL,
	[AFF_BLOB] = "typeof(?) NOT IN ('null', 'blob')",
	[AFF_TEXT] = "typeof(?) = 'blob'",
	[AFF_REAL] = "typeof(?) = 'blob' OR "
		"(typeof(?) = 'text' AND NOT " IS_NUMBER ")",
	[AFF_INTEGER] = "typeof(?) = 'blob' OR "
		"(typeof(?) = 'text' AND NOT " IS_NUMBER ") OR "
		"CAST(? AS NUMERIC) <> CAST(CAST(? AS NUMERIC) AS INTEGER)",
	[AFF_NUMERIC] = NULL,
};
_Static_assert(ARRAY_LEN(rejects) == AFF_N, "a condition per affinity");

/*
 * What is stored in another form under the new type, and cannot be had back by
 * the way back; NULL: nothing.  Where any value could be anything before (no
 * affinity), every conversion is for ever.
 */
static const char *converted(const struct column *from,
			     const struct column *to)
{
	enum affinity a = affinity(from), b = affinity(to);
	bool any = a == AFF_NONE || a == AFF_BLOB;

	if (a == b || b == AFF_NONE || b == AFF_BLOB)
		return NULL;
	if (b == AFF_TEXT)
		return any ? "typeof(?) IN ('integer', 'real')" :
		       "typeof(?) = 'real' AND "
		       "CAST(CAST(? AS TEXT) AS REAL) IS NOT ?";
	if (b == AFF_REAL)
		return any ? "typeof(?) = 'integer' OR "
			     "(typeof(?) = 'text' AND " IS_NUMBER ")" :
		       "(typeof(?) = 'integer' AND "
		       "CAST(CAST(? AS REAL) AS INTEGER) <> ?) OR "
		       "(typeof(?) = 'text' AND " IS_NUMBER " AND "
		       "CAST(CAST(? AS REAL) AS TEXT) <> ?)";
	if (any)
		return "typeof(?) = 'text' AND " IS_NUMBER;
	return a == AFF_TEXT ? "typeof(?) = 'text' AND " IS_NUMBER " AND "
	       "CAST(CAST(? AS NUMERIC) AS TEXT) <> ?" : NULL;
}

static bool same_expression(struct lowering *l, const struct column *from,
			    const struct column *to)
{
	return from->generated && to->generated &&
	       from->stored == to->stored &&
	       ((const struct table *)from->node.parent)->strict ==
	       ((const struct table *)to->node.parent)->strict &&
	       column_required(from) == column_required(to) &&
	       !strcmp(fold_sql_in(l->arena, &sqlite_spelling,
				   from->generated),
		       fold_sql_in(l->arena, &sqlite_spelling, to->generated));
}

static void hazards_type(struct lowering *l, struct statement *st,
			 const struct change *ch, const struct column *from,
			 const struct column *to)
{
	const struct node *before = column_before(table_before(l, ch->to),
						  &to->node);
	bool was_strict = ((const struct table *)ch->from)->strict;
	bool strict = ((const struct table *)ch->to)->strict;
	const char *what = NULL;

	if ((strict && (!was_strict || affinity(from) != affinity(to) ||
			from->generated)) || becomes_rowid(from, to))
		what = rejects[affinity(to)];
	if (what)
		statement_hazard(st, l->arena, HAZARD_TYPE_REJECTS,
				 title(l, &to->node),
				 count_where(l, before, what));
	what = converted(from, to);
	if (what)
		statement_hazard(st, l->arena, HAZARD_CONVERTS_TYPE,
				 title(l, &to->node),
				 count_where(l, before, what));
}

/* A value that is computed, or that rows get because the column is new: does
 * the column take it?  What does not read as a constant is counted. */
void hazards_given(struct lowering *l, struct statement *st,
		   const struct column *to)
{
	const struct node *table = to->node.parent;
	const char *what = ((const struct table *)table)->strict ?
			   rejects[affinity(to)] : NULL;
	const char *name = title(l, &to->node);

	if (rowid_alias(table) == &to->node)
		return;
	if (column_required(to) && !to->dflt && !to->generated)
		statement_hazard(st, l->arena, HAZARD_NEW_NOT_NULL, name,
				 count_all(l, table));
	else if (column_required(to) && !is_constant(to, false))
		statement_hazard(st, l->arena, HAZARD_NEW_NOT_NULL, name,
				 count_value(l, to, "? IS NULL"));
	/* Of what it computes itself SQLite 3.40 looks at some rows only, but
	 * its integrity check at all. */
	if (what && (to->dflt || to->generated) && !is_constant(to, true))
		statement_hazard(st, l->arena, HAZARD_TYPE_REJECTS, name,
				 count_value(l, to, what));
}

static void hazards_column(struct lowering *l, struct statement *st,
			   const struct change *ch, const struct column *from,
			   const struct column *to)
{
	const struct node *before = column_before(table_before(l, ch->to),
						  &to->node);
	const char *what = ((const struct table *)ch->to)->strict ?
			   rejects[affinity(to)] : NULL;
	const char *name = title(l, &to->node);

	if (to->generated && !from->generated)
		statement_hazard(st, l->arena, HAZARD_MAKES_GENERATED, name,
				 count_where(l, before, "? IS NOT NULL"));
	if (to->generated) {
		if (!same_expression(l, from, to))
			hazards_given(l, st, to);
		return;
	}
	if (fills_null(from, to) || becomes_rowid(from, to))
		statement_hazard(st, l->arena, HAZARD_FILLS_NULL, name,
				 count_where(l, before, "? IS NULL"));
	if (column_required(to) && !column_required(from) &&
	    !is_constant(to, false))
		statement_hazard(st, l->arena, HAZARD_NEW_NOT_NULL, name,
				 count_value(l, to, "? IS NULL"));
	if (what && fills_null(from, to) && !is_constant(to, true))
		statement_hazard(st, l->arena, HAZARD_TYPE_REJECTS, name,
				 count_value(l, to, what));
	hazards_type(l, st, ch, from, to);
}

void hazard_unique(struct lowering *l, struct statement *st,
		   const struct node *n)
{
	const struct index *i = (const struct index *)n;

	statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
			 count_unique(l, n->parent, &i->key, i->where));
}

static bool is_changed(const struct change *ch, const struct node *n)
{
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].to == n)
			return true;
	return false;
}

/* Folded names against folded ones, or an engine's spelling of them. */
static bool list_has(const struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!ascii_casecmp(l->v[i], name))
			return true;
	return false;
}

static bool any_mentions(const struct list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (sql_mentions(l->v[i], name))
			return true;
	return false;
}

/* Does a constraint, or a generated column, name one of these columns? */
static bool mentions(const struct node *n, const struct list *names)
{
	for (size_t f = 0; f < n->kind->nfields; f++)
		for (size_t i = 0; i < names->n; i++) {
			const struct field *field = &n->kind->fields[f];

			if (field->type == FIELD_SQL && field_str(n, field) &&
			    sql_mentions(field_str(n, field), names->v[i]))
				return true;
			if ((field->type == FIELD_SQLS &&
			     any_mentions(field_list(n, field), names->v[i])) ||
			    (field->type == FIELD_NAMES &&
			     list_has(field_list(n, field), names->v[i])))
				return true;
		}
	return false;
}

static bool values_change(struct lowering *l, const struct column *from,
			  const struct column *to)
{
	const char *a = from->collate ? from->collate : "binary";
	const char *b = to->collate ? to->collate : "binary";

	return affinity(from) != affinity(to) || fills_null(from, to) ||
	       ascii_casecmp(a, b) || !from->generated != !to->generated ||
	       (to->generated && !same_expression(l, from, to));
}

/* Do two lists name the same columns, in a table before and after?  *same goes
 * where their values may be others. */
static bool same_columns(struct lowering *l, const struct list *old,
			 const struct node *before, const struct list *new,
			 const struct node *to, bool *same)
{
	if (old->n != new->n)
		return false;
	for (size_t i = 0; i < new->n; i++) {
		const struct node *column = node_find(to, &kind_column,
						      new->v[i],
						      &sqlite_spelling);
		const struct node *was = column ?
			column_before(before, column) : NULL;

		if (!was || ascii_casecmp(was->name, old->v[i]))
			return false;
		if (values_change(l, (const struct column *)was,
				  (const struct column *)column))
			*same = false;
	}
	return true;
}

/* The same foreign key before; NULL: it is new. */
static const struct node *key_before(struct lowering *l,
				     const struct foreign_key *fk, bool *same)
{
	const struct node *before = table_before(l, fk->node.parent);
	const struct node *parent = schema_find(l->to, &kind_table, fk->table);
	const struct node *was = parent ? table_before(l, parent) : NULL;

	*same = true;
	for (size_t i = 0; was && before && i < before->nkids; i++) {
		const struct foreign_key *old = (const void *)before->kids[i];

		if (old->node.kind == &kind_foreign_key &&
		    !ascii_casecmp(old->table, was->name) &&
		    same_columns(l, &old->columns, before, &fk->columns,
				 fk->node.parent, same) &&
		    same_columns(l, &old->ref_columns, was, &fk->ref_columns,
				 parent, same))
			return &old->node;
	}
	return NULL;
}

/* A key that is the rowid's new name: it is unique as it is. */
static bool keeps_rowid(const struct lowering *l, const struct node *to)
{
	const struct node *alias = rowid_alias(to);
	const struct node *before = table_before(l, to);

	return alias && before && !column_before(before, alias) &&
	       !((const struct table *)before)->without_rowid;
}

/* A foreign key that was there cannot break, unless values change (or it
 * points elsewhere now). */
static void hazard_orphans(struct lowering *l, struct statement *st,
			   const struct node *n, bool elsewhere)
{
	bool same;
	const struct node *before = key_before(l, (const void *)n, &same);

	if (before && same && !elsewhere)
		return;
	statement_hazard(st, l->arena, HAZARD_NEW_FOREIGN_KEY, title(l, n),
			 count_orphans(l, n, before));
}

/* Does the key that it points at have other columns, or other values? */
static bool points_elsewhere(const struct foreign_key *fk,
			     const struct change *ch,
			     const struct list *touched)
{
	for (size_t i = 0; i < fk->ref_columns.n; i++)
		if (list_has(touched, fk->ref_columns.v[i]))
			return true;
	for (size_t i = 0; !fk->ref_columns.n && i < ch->to->nkids; i++) {
		const struct node *n = ch->to->kids[i];

		if (n->kind == &kind_primary_key &&
		    (is_changed(ch, n) || mentions(n, touched)))
			return true;
	}
	return false;
}

static void hazards_children(struct lowering *l, struct statement *st,
			     const struct change *ch,
			     const struct list *touched)
{
	for (size_t i = 0; i < l->to->n; i++)
		for (size_t k = 0; k < l->to->objects[i]->nkids; k++) {
			const struct foreign_key *fk =
				(const void *)l->to->objects[i]->kids[k];

			if (fk->node.kind == &kind_foreign_key &&
			    !ascii_casecmp(fk->table, ch->to->name) &&
			    points_elsewhere(fk, ch, touched))
				hazard_orphans(l, st, &fk->node, true);
		}
}

void hazards_constraint(struct lowering *l, struct statement *st,
			const struct node *n)
{
	if (n->kind == &kind_check)
		statement_hazard(st, l->arena, HAZARD_NEW_CHECK, title(l, n),
				 count_check(l, n));
	else if (n->kind == &kind_foreign_key)
		hazard_orphans(l, st, n, false);
	else if (n->kind == &kind_unique)
		statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
				 count_unique(l, n->parent,
					      &((struct unique *)n)->key,
					      NULL));
	else if (n->kind == &kind_index && ((const struct index *)n)->unique)
		hazard_unique(l, st, n);
	else if (n->kind == &kind_primary_key && !keeps_rowid(l, n->parent))
		statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
				 count_unique(l, n->parent,
					      &((struct primary_key *)n)->key,
					      NULL));
}

/* The columns that are new, or whose values may be others, and the generated
 * ones that are made from them: what is said of those must hold anew. */
static struct list touched_columns(struct lowering *l, const struct change *ch)
{
	struct list touched = { NULL, 0 };
	size_t n;

	do {
		n = touched.n;
		for (size_t i = 0; i < ch->to->nkids; i++) {
			const struct column *to = (const void *)ch->to->kids[i];
			const struct node *from;

			if (to->node.kind != &kind_column ||
			    list_has(&touched, to->node.fold))
				continue;
			from = column_twin(l, ch->from, &to->node);
			if (!from || mentions(&to->node, &touched) ||
			    values_change(l, (const struct column *)from, to))
				list_add(l->arena, &touched, to->node.fold);
		}
	} while (touched.n > n);
	return touched;
}

static void hazards_dropped(struct lowering *l, struct statement *st,
			    const struct change *ch)
{
	const struct node *before = table_before(l, ch->to);

	for (size_t i = 0; before && i < before->nkids; i++) {
		const struct column *c = (const void *)before->kids[i];

		if (c->node.kind != &kind_column || c->generated ||
		    column_before(ch->to, &c->node))
			continue;
		statement_hazard(st, l->arena, HAZARD_DROPS_COLUMN,
				 title(l, &c->node),
				 count_where(l, &c->node, "? IS NOT NULL"));
	}
}

void hazards_rebuild(struct lowering *l, struct statement *st,
		     const struct change *ch)
{
	struct list touched;

	statement_hazard(st, l->arena, HAZARD_REBUILDS_TABLE,
			 title(l, ch->to), NULL);
	hazards_dropped(l, st, ch);
	for (size_t i = 0; i < ch->to->nkids; i++) {
		const struct node *to = ch->to->kids[i], *from;

		if (to->kind != &kind_column)
			continue;
		from = column_twin(l, ch->from, to);
		if (from)
			hazards_column(l, st, ch, (const struct column *)from,
				       (const struct column *)to);
		else
			hazards_given(l, st, (const struct column *)to);
	}
	touched = touched_columns(l, ch);
	for (size_t i = 0; i < ch->to->nkids; i++) {
		const struct node *n = ch->to->kids[i];

		if (is_changed(ch, n) || mentions(n, &touched))
			hazards_constraint(l, st, n);
	}
	hazards_children(l, st, ch, &touched);
}
