/*
 * What a change risks, and the query that counts the rows it concerns.  The
 * queries run on the database as it stands, before anything: where a rename
 * has given things other names by then, a hazard has no count.
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

/* Does the database have this table, and column, under these names? */
static bool stands(const struct lowering *l, const struct node *table,
		   const struct node *column)
{
	const struct node *t = schema_find(l->before, table->kind,
					   table->name);

	if (!t)
		return false;
	return !column || node_find(t, &kind_column, column->name,
				    &sqlite_spelling);
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
	const char *count = sql_printf(l->arena, "SELECT count(*) FROM %I",
				       n->name);

	if (n->kind == &kind_table)
		statement_hazard(st, l->arena, HAZARD_DROPS_TABLE, title(l, n),
				 stands(l, n, NULL) ? count : NULL);
	else if (n->kind == &kind_virtual)
		statement_hazard(st, l->arena, HAZARD_DROPS_VIRTUAL,
				 title(l, n), NULL);
}

enum affinity { AFF_BLOB, AFF_TEXT, AFF_NUMERIC, AFF_INTEGER, AFF_REAL };

static bool contains(const char *type, const char *word)
{
	size_t n = strlen(word);

	for (; *type; type++)
		if (!ascii_ncasecmp(type, word, n))
			return true;
	return false;
}

/* https://www.sqlite.org/datatype3.html, section 3.1 */
static enum affinity affinity(const struct column *c)
{
	static const struct {
		const char *word;
		enum affinity affinity;
	} rules[] = {
		{ "int", AFF_INTEGER }, { "char", AFF_TEXT },
		{ "clob", AFF_TEXT }, { "text", AFF_TEXT },
		{ "blob", AFF_BLOB }, { "real", AFF_REAL },
		{ "floa", AFF_REAL }, { "doub", AFF_REAL },
	};

	if (!c->type || !*c->type)
		return AFF_BLOB;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (contains(c->type, rules[i].word))
			return rules[i].affinity;
	return AFF_NUMERIC;
}

/* Rows of the old table for which a condition on a column holds. */
static const char *count_where(struct lowering *l, const struct node *column,
			       const char *condition)
{
	const char *name;
	struct buf b = BUF_INIT;
	char *s;

	if (!stands(l, column->parent, column))
		return NULL;
	sql_addf(&b, "%I", column->name);
	name = arena_strdup(l->arena, b.ptr);
	buf_truncate(&b, 0);
	sql_addf(&b, "SELECT count(*) FROM %I WHERE ", column->parent->name);
	for (const char *p = condition; *p; p++)
		if (*p == '?')
			buf_addstr(&b, name);
		else
			buf_addch(&b, *p);
	s = arena_strdup(l->arena, b.ptr);
	buf_release(&b);
	return s;
}

/* What a STRICT table (or a rowid) does not take; ? is the column. */
static const char *rejected(const struct column *to)
{
	if (!to->type || !ascii_casecmp(to->type, "any"))
		return NULL;
	switch (affinity(to)) {
	case AFF_TEXT:
		return "typeof(?) = 'blob'";
	case AFF_BLOB:
		return "typeof(?) NOT IN ('null', 'blob')";
	case AFF_REAL:
		return "typeof(?) = 'blob' OR (typeof(?) = 'text' AND "
		       "typeof(? + 0.0 || '') = 'text' AND "
		       "CAST(CAST(? AS NUMERIC) AS TEXT) <> trim(?))";
	default:
		return "typeof(?) = 'blob' OR (typeof(?) = 'real' AND "
		       "? <> CAST(? AS INTEGER)) OR (typeof(?) = 'text' AND "
		       "CAST(CAST(? AS INTEGER) AS TEXT) <> trim(?))";
	}
}

/* What is stored in another form under the new type; NULL: nothing. */
static const char *converted(const struct column *from,
			     const struct column *to)
{
	enum affinity a = affinity(from), b = affinity(to);

	if (a == b || b == AFF_BLOB || b == AFF_TEXT)
		return NULL;
	if (b == AFF_REAL)
		return "(typeof(?) = 'integer' AND abs(?) > 9007199254740992) "
		       "OR (typeof(?) = 'text' AND "
		       "CAST(CAST(? AS NUMERIC) AS TEXT) <> ?)";
	if (a == AFF_INTEGER || a == AFF_NUMERIC || a == AFF_REAL)
		return NULL;
	return "typeof(?) = 'text' AND CAST(CAST(? AS NUMERIC) AS TEXT) <> ?";
}

static void hazards_type(struct lowering *l, struct statement *st,
			 const struct change *ch, const struct column *from,
			 const struct column *to)
{
	bool was_strict = ((const struct table *)ch->from)->strict;
	bool strict = ((const struct table *)ch->to)->strict;
	bool same = !(from->type || to->type) ||
		    (from->type && to->type &&
		     !ascii_casecmp(from->type, to->type));
	bool rowid = rowid_alias(ch->to) == &to->node &&
		     rowid_alias(ch->from) != &from->node;
	const char *what;

	if ((strict && (!was_strict || !same)) || rowid) {
		what = rejected(to);
		if (what)
			statement_hazard(st, l->arena, HAZARD_TYPE_REJECTS,
					 title(l, &to->node),
					 count_where(l, &from->node, what));
		return;
	}
	what = same ? NULL : converted(from, to);
	if (what)
		statement_hazard(st, l->arena, HAZARD_CONVERTS_TYPE,
				 title(l, &to->node),
				 count_where(l, &from->node, what));
}

static void hazards_column(struct lowering *l, struct statement *st,
			   const struct change *ch, const struct column *from,
			   const struct column *to)
{
	const char *nulls = count_where(l, &from->node, "? IS NULL");
	const char *name = title(l, &to->node);

	if (to->generated) {
		if (!from->generated)
			statement_hazard(st, l->arena, HAZARD_MAKES_GENERATED,
					 name, count_where(l, &from->node,
							   "? IS NOT NULL"));
		return;
	}
	if (to->not_null && !from->not_null)
		statement_hazard(st, l->arena, to->dflt ? HAZARD_FILLS_NULL :
				 HAZARD_NEW_NOT_NULL, name, nulls);
	hazards_type(l, st, ch, from, to);
}

static void hazard_new_column(struct lowering *l, struct statement *st,
			      const struct change *ch,
			      const struct column *to)
{
	const char *count = sql_printf(l->arena, "SELECT count(*) FROM %I",
				       ch->from->name);

	if (!to->not_null || to->generated || to->dflt ||
	    rowid_alias(ch->to) == &to->node)
		return;
	statement_hazard(st, l->arena, HAZARD_NEW_NOT_NULL,
			 title(l, &to->node),
			 stands(l, ch->from, NULL) ? count : NULL);
}

static void add_key(struct buf *b, const struct list *key, const char *sep,
		    const char *behind)
{
	for (size_t i = 0; i < key->n; i++) {
		size_t n = strlen(key->v[i]);

		if (i)
			buf_addstr(b, sep);
		if (n > 5 && str_ends(key->v[i], " DESC"))
			n -= 5;
		buf_addch(b, '(');
		buf_add(b, key->v[i], n);
		buf_addf(b, ")%s", behind);
	}
}

/* Rows that share their key with another one; NULLs never do. */
static const char *count_unique(struct lowering *l, const struct node *table,
				const struct list *key, const char *where)
{
	struct buf b = BUF_INIT;
	char *s;

	if (!stands(l, table, NULL))
		return NULL;
	sql_addf(&b, "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n "
		 "FROM %I WHERE ", table->name);
	add_key(&b, key, " AND ", " IS NOT NULL");
	if (where)
		sql_addf(&b, " AND (%s)", where);
	buf_addstr(&b, " GROUP BY ");
	add_key(&b, key, ", ", "");
	buf_addstr(&b, " HAVING n > 1)");
	s = arena_strdup(l->arena, b.ptr);
	buf_release(&b);
	return s;
}

void hazard_unique(struct lowering *l, struct statement *st,
		   const struct node *n)
{
	const struct index *i = (const struct index *)n;

	statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
			 count_unique(l, n->parent, &i->key, i->where));
}

/* The columns that a foreign key points at: as it says, or the parent's
 * primary key. */
static struct list parent_key(struct lowering *l, const struct foreign_key *fk)
{
	const struct node *parent = schema_find(l->to, &kind_table, fk->table);
	struct list key = { NULL, 0 };

	if (fk->ref_columns.n || !parent)
		return fk->ref_columns;
	for (size_t i = 0; i < parent->nkids; i++)
		if (parent->kids[i]->kind == &kind_primary_key)
			key = ((struct primary_key *)parent->kids[i])->key;
	return key;
}

static const char *count_orphans(struct lowering *l, const struct node *n)
{
	const struct foreign_key *fk = (const struct foreign_key *)n;
	struct list key = parent_key(l, fk);
	struct buf b = BUF_INIT;
	char *s;

	if (!stands(l, n->parent, NULL) || key.n != fk->columns.n ||
	    !schema_find(l->before, &kind_table, fk->table))
		return NULL;
	sql_addf(&b, "SELECT count(*) FROM %I AS c WHERE ", n->parent->name);
	for (size_t i = 0; i < key.n; i++)
		sql_addf(&b, "c.%I IS NOT NULL AND ", fk->columns.v[i]);
	sql_addf(&b, "NOT EXISTS (SELECT 1 FROM %I AS p WHERE ", fk->table);
	for (size_t i = 0; i < key.n; i++) {
		sql_addf(&b, i ? " AND p.%s = c.%I" : "p.%s = c.%I",
			 fk->ref_columns.n ? sql_printf(l->arena, "%I",
							key.v[i]) : key.v[i],
			 fk->columns.v[i]);
	}
	buf_addch(&b, ')');
	s = arena_strdup(l->arena, b.ptr);
	buf_release(&b);
	return s;
}

static const char *count_check(struct lowering *l, const struct node *n)
{
	if (!stands(l, n->parent, NULL))
		return NULL;
	return sql_printf(l->arena, "SELECT count(*) FROM %I WHERE NOT (%s)",
			  n->parent->name, ((const struct check *)n)->expr);
}

void hazards_constraint(struct lowering *l, struct statement *st,
			const struct node *n)
{
	if (n->kind == &kind_check)
		statement_hazard(st, l->arena, HAZARD_NEW_CHECK, title(l, n),
				 count_check(l, n));
	else if (n->kind == &kind_foreign_key)
		statement_hazard(st, l->arena, HAZARD_NEW_FOREIGN_KEY,
				 title(l, n), count_orphans(l, n));
	else if (n->kind == &kind_unique)
		statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
				 count_unique(l, n->parent,
					      &((struct unique *)n)->key,
					      NULL));
	else if (n->kind == &kind_primary_key)
		statement_hazard(st, l->arena, HAZARD_NEW_UNIQUE, title(l, n),
				 count_unique(l, n->parent,
					      &((struct primary_key *)n)->key,
					      NULL));
}

void hazards_rebuild(struct lowering *l, struct statement *st,
		     const struct change *ch)
{
	statement_hazard(st, l->arena, HAZARD_REBUILDS_TABLE,
			 title(l, ch->to), NULL);
	for (size_t i = 0; i < ch->from->nkids; i++) {
		const struct column *c = (const void *)ch->from->kids[i];
		bool kept = false;

		if (c->node.kind != &kind_column || c->generated)
			continue;
		for (size_t k = 0; k < ch->to->nkids; k++)
			kept |= ch->to->kids[k]->kind == &kind_column &&
				column_twin(l, ch->from, ch->to->kids[k]) ==
				&c->node;
		if (!kept)
			statement_hazard(st, l->arena, HAZARD_DROPS_COLUMN,
					 title(l, &c->node),
					 count_where(l, &c->node,
						     "? IS NOT NULL"));
	}
	for (size_t i = 0; i < ch->to->nkids; i++) {
		const struct node *to = ch->to->kids[i], *from;

		if (to->kind != &kind_column)
			continue;
		from = column_twin(l, ch->from, to);
		if (from)
			hazards_column(l, st, ch, (const struct column *)from,
				       (const struct column *)to);
		else
			hazard_new_column(l, st, ch,
					  (const struct column *)to);
	}
	for (size_t i = 0; i < ch->nkids; i++)
		if (ch->kids[i].to)
			hazards_constraint(l, st, ch->kids[i].to);
}
