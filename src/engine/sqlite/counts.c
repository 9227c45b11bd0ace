/*
 * The queries that count the rows which a hazard concerns.  They run on the
 * database as it stands, before anything, so what is said of the new table is
 * put into the old one's words:
 *
 *	a column that goes on	the old column, under the name it has now
 *	a generated column	its expression
 *	a column that is new	its default
 *
 * NULL is returned where that cannot be done: the rows are not counted.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

/* One table, before and after. */
struct wording {
	struct lowering *l;
	const struct node *before, *to;
	unsigned depth;		/* generated columns in each other */
	bool compares;		/* where an affinity matters that an expression
				 * does not have */
	bool collates;		/* where a column's collation counts: a function
				 * of it has none */
};

#define DEPTH_MAX 20
/* Each generated column stands several times in one that is made of it.  What
 * is longer is not counted; SQLite takes no more than a million bytes. */
#define TEXT_MAX (64 << 10)

static bool add_translated(struct buf *b, struct wording *w, const char *sql);

const struct node *table_before(const struct lowering *l,
				const struct node *to)
{
	for (size_t i = 0; i < l->before->n; i++)
		if (l->before->objects[i]->kind == to->kind &&
		    !strcmp(l->before->objects[i]->key, to->key))
			return l->before->objects[i];
	return NULL;
}

const struct node *column_before(const struct node *before,
				 const struct node *to)
{
	for (size_t i = 0; before && i < before->nkids; i++)
		if (before->kids[i]->kind == &kind_column &&
		    !strcmp(before->kids[i]->key, to->key))
			return before->kids[i];
	return NULL;
}

static bool contains(const char *type, const char *word)
{
	size_t n = strlen(word);

	for (; *type; type++)
		if (!ascii_ncasecmp(type, word, n))
			return true;
	return false;
}

/* https://www.sqlite.org/datatype3.html, section 3.1 */
enum affinity affinity(const struct column *c)
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
	const struct table *table = (const struct table *)c->node.parent;

	if (!c->type || !*c->type)
		return AFF_NONE;
	if (table->strict && !ascii_casecmp(c->type, "any"))
		return AFF_NONE;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (contains(c->type, rules[i].word))
			return rules[i].affinity;
	return AFF_NUMERIC;
}

/* What the affinity makes of a value that was stored under another one. */
static const char *stored(struct lowering *l, enum affinity affinity,
			  const char *value)
{
	switch (affinity) {
	case AFF_NONE:
	case AFF_BLOB:
		return arena_printf(l->arena, "+%s", value);
	case AFF_TEXT:
		return arena_printf(l->arena, "CASE WHEN typeof(%s) IN "
				    "('integer', 'real') THEN CAST(%s AS TEXT)"
				    " ELSE %s END", value, value, value);
	case AFF_REAL:
		return arena_printf(l->arena, "CASE WHEN typeof(%s) = "
				    "'integer' OR (typeof(%s) = 'text' AND "
				    "CAST(%s AS NUMERIC) = %s) THEN CAST(%s AS "
				    "REAL) ELSE %s END", value, value, value,
				    value, value, value);
	default:
		return arena_printf(l->arena, "CASE WHEN typeof(%s) = 'text' "
				    "AND CAST(%s AS NUMERIC) = %s THEN "
				    "CAST(%s AS NUMERIC) ELSE %s END", value,
				    value, value, value, value);
	}
}

/* What the copy puts there (copy_columns() in table.c). */
static void add_old_value(struct buf *b, struct wording *w,
			  const struct column *from, const struct column *to)
{
	const char *was = from->collate ? from->collate : "BINARY";
	const char *is = to->collate ? to->collate : "BINARY";
	const char *value = sql_printf(w->l->arena, "%I", from->node.name);

	if (fills_null(from, to))
		value = sql_printf(w->l->arena, "coalesce(%s, %s)", value,
				   default_expr(w->l->arena, to));
	if (affinity(from) != affinity(to))
		value = stored(w->l, affinity(to), value);
	sql_addf(b, w->collates && ascii_casecmp(was, is) ?
		 "(%s COLLATE %I)" : "%s", value, is);
}

static bool add_computed(struct buf *b, struct wording *w,
			 const struct column *to)
{
	struct buf value = BUF_INIT;
	bool ok = false;

	if (w->depth++ < DEPTH_MAX) {
		buf_addch(&value, '(');
		ok = add_translated(&value, w, to->generated);
		buf_addch(&value, ')');
		if (ok)
			buf_addstr(b, stored(w->l, affinity(to), value.ptr));
	}
	w->depth--;
	buf_release(&value);
	return ok;
}

/* A column that is new: the rowid's new name, or its default. */
static bool add_given(struct buf *b, struct wording *w,
		      const struct column *to)
{
	const char *rowid = rowid_name(w->before, w->to);

	if (rowid_alias(w->to) != &to->node) {
		buf_addstr(b, stored(w->l, affinity(to),
				     sql_printf(w->l->arena, "(%s)", to->dflt ?
						default_expr(w->l->arena, to) :
						"NULL")));
		return true;
	}
	if (!rowid || ((const struct table *)w->before)->without_rowid)
		return false;
	buf_addstr(b, rowid);
	return true;
}

static bool add_value(struct buf *b, struct wording *w,
		      const struct column *to)
{
	const struct column *from = (const void *)column_before(w->before,
								&to->node);
	bool same = from && !to->generated && affinity(from) == affinity(to);

	if (w->compares && !same && affinity(to) != AFF_NONE)
		return false;
	if (to->generated)
		return add_computed(b, w, to);
	if (!from)
		return add_given(b, w, to);
	add_old_value(b, w, from, to);
	return true;
}

static const struct column *column_at(struct wording *w,
				      const struct sqltok *t)
{
	if (t->type != SQLTOK_WORD && t->type != SQLTOK_QUOTED)
		return NULL;
	return (const void *)node_find(w->to, &kind_column,
				       sqltok_name(w->l->arena, t),
				       &sqlite_spelling);
}

static bool is_table(struct wording *w, const struct sqltok *t)
{
	return sqltok_is_name(t) &&
	       !ascii_casecmp(sqltok_name(w->l->arena, t), w->to->name);
}

/* An expression of the new table: it has no subqueries, so that a name is a
 * column's, a function's, a collation's or a type's. */
static bool add_translated(struct buf *b, struct wording *w, const char *sql)
{
	bool in_type = false;
	struct tokens t;

	tokens_init(&t, sql, w->l->arena);
	for (size_t i = 0; i + 1 < t.n; i++) {
		const struct sqltok *tok = &t.v[i];
		const struct column *column;

		if (i)
			buf_addch(b, ' ');
		if (sqltok_is(tok, "(") || sqltok_is(tok, ")"))
			in_type = false;
		if (is_table(w, tok) && sqltok_is(&t.v[i + 1], ".") &&
		    i + 3 < t.n && column_at(w, &t.v[i + 2]))
			tok = &t.v[i += 2];
		column = column_at(w, tok);
		if (column && !in_type && !sqltok_is(&t.v[i + 1], "(") &&
		    !(i && sqltok_is(&t.v[i - 1], "COLLATE"))) {
			if (!add_value(b, w, column) || b->len > TEXT_MAX)
				return false;
			continue;
		}
		/* "x" that is no column is a string. */
		if (tok->type == SQLTOK_QUOTED && *tok->ptr == '"' &&
		    !in_type && !(i && sqltok_is(&t.v[i - 1], "COLLATE")))
			sql_addf(b, "%L", sqltok_name(w->l->arena, tok));
		else
			buf_add(b, tok->ptr, tok->len);
		in_type |= sqltok_is(tok, "AS");
	}
	return true;
}

/* Begin; false where the table is new. */
static bool word_for(struct wording *w, struct lowering *l,
		     const struct node *to)
{
	w->l = l;
	w->to = to;
	w->before = table_before(l, to);
	w->depth = 0;
	w->compares = w->collates = false;
	return w->before;
}

/* A buffer's text, where all went well, and its end. */
static const char *finish(struct lowering *l, struct buf *b, bool ok)
{
	char *s = ok ? arena_strdup(l->arena, b->ptr) : NULL;

	buf_release(b);
	return s;
}

const char *count_all(struct lowering *l, const struct node *to)
{
	const struct node *before = table_before(l, to);

	return before ? sql_printf(l->arena, "SELECT count(*) FROM %I",
				   before->name) : NULL;
}

/* The condition, with a value for each question mark. */
static void add_condition(struct buf *b, const char *condition,
			  const char *value)
{
	for (const char *p = condition; *p; p++)
		if (*p == '?')
			buf_addstr(b, value);
		else
			buf_addch(b, *p);
}

const char *count_where(struct lowering *l, const struct node *column,
			const char *condition)
{
	struct buf b = BUF_INIT;

	if (!column)
		return NULL;
	sql_addf(&b, "SELECT count(*) FROM %I WHERE ", column->parent->name);
	add_condition(&b, condition, sql_printf(l->arena, "%I", column->name));
	return finish(l, &b, true);
}

const char *count_value(struct lowering *l, const struct column *to,
			const char *condition)
{
	struct buf b = BUF_INIT, value = BUF_INIT;
	struct wording w;
	bool ok;

	if (!word_for(&w, l, to->node.parent))
		return NULL;
	ok = add_value(&value, &w, to);
	sql_addf(&b, "SELECT count(*) FROM %I WHERE ", w.before->name);
	add_condition(&b, condition, value.ptr);
	buf_release(&value);
	return finish(l, &b, ok);
}

/* A term of a key, without its DESC. */
static bool add_term(struct buf *b, struct wording *w, const char *term)
{
	size_t n = strlen(term);
	struct tokens t;
	bool ok;

	if (n > 5 && str_ends(term, " DESC"))
		n -= 5;
	term = arena_strndup(w->l->arena, term, n);
	tokens_init(&t, term, w->l->arena);
	w->collates = t.n == 2;
	ok = add_translated(b, w, term);
	w->collates = false;
	return ok;
}

/* "v1 AS k0, v2 AS k1 ... FROM t" */
static bool add_keys(struct buf *b, struct wording *w, const struct list *key,
		     bool names)
{
	bool ok = true;

	buf_addstr(b, "SELECT ");
	for (size_t i = 0; i < key->n && ok; i++) {
		if (i)
			buf_addstr(b, ", ");
		ok = add_term(b, w, names ? sql_printf(w->l->arena, "%I",
						       key->v[i]) : key->v[i]);
		buf_addf(b, " AS k%zu", i);
	}
	sql_addf(b, " FROM %I", w->before->name);
	return ok;
}

/* Rows that share their key with another one; NULLs never do. */
const char *count_unique(struct lowering *l, const struct node *table,
			 const struct list *key, const char *where)
{
	struct buf b = BUF_INIT;
	struct wording w;
	bool ok;

	if (!word_for(&w, l, table))
		return NULL;
	buf_addstr(&b, "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n "
		   "FROM (");
	ok = add_keys(&b, &w, key, false);
	if (ok && where) {
		buf_addstr(&b, " WHERE ");
		ok = add_translated(&b, &w, where);
	}
	for (size_t i = 0; i < key->n; i++)
		buf_addf(&b, "%s k%zu IS NOT NULL", i ? " AND" : ") WHERE", i);
	for (size_t i = 0; i < key->n; i++)
		buf_addf(&b, "%s k%zu", i ? "," : " GROUP BY", i);
	buf_addstr(&b, " HAVING n > 1)");
	return finish(l, &b, ok);
}

/* The columns that a foreign key points at: as it says, or the parent's
 * primary key. */
static struct list parent_key(const struct node *parent,
			      const struct foreign_key *fk)
{
	struct list key = { NULL, 0 };

	if (fk->ref_columns.n || !parent)
		return fk->ref_columns;
	for (size_t i = 0; i < parent->nkids; i++)
		if (parent->kids[i]->kind == &kind_primary_key)
			key = ((struct primary_key *)parent->kids[i])->key;
	return key;
}

/* A foreign key compares as its parent's column would store the value. */
static enum affinity key_affinity(struct wording *w, const char *term)
{
	const struct column *c;
	struct tokens t;

	tokens_init(&t, term, w->l->arena);
	c = column_at(w, &t.v[0]);
	return c ? affinity(c) : AFF_NONE;
}

/* AND NOT EXISTS a parent; where its table is new there is none. */
static bool add_parent(struct buf *b, struct lowering *l,
		       const struct foreign_key *fk)
{
	const struct node *parent = schema_find(l->to, &kind_table, fk->table);
	struct list key = parent_key(parent, fk);
	struct wording w;

	if (!parent || !word_for(&w, l, parent))
		return true;
	if (key.n != fk->columns.n)
		return false;
	buf_addstr(b, " AND NOT EXISTS (SELECT 1 FROM (");
	if (!add_keys(b, &w, &key, fk->ref_columns.n))
		return false;
	for (size_t i = 0; i < key.n; i++)
		buf_addf(b, "%s p.k%zu = %s", i ? " AND" : ") AS p WHERE", i,
			 stored(l, key_affinity(&w, key.v[i]),
				arena_printf(l->arena, "c.k%zu", i)));
	buf_addch(b, ')');
	return true;
}

const char *count_orphans(struct lowering *l, const struct node *n,
			  const struct node *before)
{
	const struct foreign_key *fk = (const struct foreign_key *)n;
	const struct foreign_key *old = (const struct foreign_key *)before;
	struct buf b = BUF_INIT;
	struct wording w;
	bool ok;

	if (!word_for(&w, l, n->parent))
		return NULL;
	buf_addstr(&b, before ? "SELECT max(0, (" : "");
	buf_addstr(&b, "SELECT count(*) FROM (");
	ok = add_keys(&b, &w, &fk->columns, true);
	for (size_t i = 0; i < fk->columns.n; i++)
		buf_addf(&b, "%s c.k%zu IS NOT NULL",
			 i ? " AND" : ") AS c WHERE", i);
	ok = ok && add_parent(&b, l, fk);
	if (before)
		sql_addf(&b, ") - (SELECT count(*) FROM "
			 "pragma_foreign_key_check(%L) WHERE fkid IN (SELECT "
			 "id FROM pragma_foreign_key_list(%L) WHERE seq = 0 "
			 "AND \"from\" = %L COLLATE NOCASE AND \"table\" = %L "
			 "COLLATE NOCASE)))", before->parent->name,
			 before->parent->name, old->columns.v[0], old->table);
	return finish(l, &b, ok);
}

const char *count_check(struct lowering *l, const struct node *n)
{
	struct buf b = BUF_INIT;
	struct wording w;
	bool ok;

	if (!word_for(&w, l, n->parent))
		return NULL;
	w.compares = w.collates = true;
	sql_addf(&b, "SELECT count(*) FROM %I WHERE NOT (", w.before->name);
	ok = add_translated(&b, &w, ((const struct check *)n)->expr);
	buf_addch(&b, ')');
	return finish(l, &b, ok);
}
