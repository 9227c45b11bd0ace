/*
 * The change of one table: by ALTER TABLE where that does it, else by a
 * rebuild, one however many changes there are.
 *
 *	CREATE TABLE schemastore_new      the new definition
 *	INSERT INTO schemastore_new       the rows, with their rowids
 *	sqlite_sequence                   the AUTOINCREMENT counter
 *	DROP TABLE t                      takes its indexes and triggers along
 *	RENAME schemastore_new TO t       legacy_alter_table: nobody's
 *	                                  references are touched
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

const struct node *column_twin(const struct lowering *l,
			       const struct node *from,
			       const struct node *column)
{
	for (size_t i = 0; i < from->nkids; i++) {
		const struct node *k = from->kids[i];

		if (k->kind == &kind_column &&
		    !strcmp(l->by_name ? k->fold : k->key,
			    l->by_name ? column->fold : column->key))
			return k;
	}
	return NULL;
}

const struct node *rowid_alias(const struct node *table)
{
	if (((const struct table *)table)->without_rowid)
		return NULL;
	for (size_t i = 0; i < table->nkids; i++) {
		const struct primary_key *pk = (const void *)table->kids[i];
		struct arena a = ARENA_INIT;
		const struct node *column;
		struct tokens t;

		if (pk->node.kind != &kind_primary_key)
			continue;
		if (pk->key.n != 1 || pk->inline_desc)
			return NULL;
		tokens_init(&t, pk->key.v[0], &a);
		column = node_find(table, &kind_column,
				   sqltok_name(&a, &t.v[0]), &sqlite_spelling);
		arena_release(&a);
		if (column && ((const struct column *)column)->type &&
		    !ascii_casecmp(((const struct column *)column)->type,
				   "integer"))
			return column;
		return NULL;
	}
	return NULL;
}

/* Which of the kind's fields (by name) is this bit? */
static bool needs_rebuild(const struct change *ch)
{
	for (size_t i = 0; i < ch->from->kind->nfields; i++)
		if (ch->fields & (uint64_t)1 << i &&
		    ch->from->kind->fields[i].flags & FIELD_REBUILD)
			return true;
	return false;
}

/* Is the column part of the primary key? */
static bool in_primary_key(const struct node *column)
{
	const struct node *table = column->parent;
	struct arena a = ARENA_INIT;
	bool found = false;

	for (size_t i = 0; i < table->nkids; i++) {
		const struct primary_key *pk = (const void *)table->kids[i];

		if (pk->node.kind != &kind_primary_key)
			continue;
		for (size_t k = 0; k < pk->key.n && !found; k++) {
			struct tokens t;

			tokens_init(&t, pk->key.v[k], &a);
			found = !ascii_casecmp(sqltok_name(&a, &t.v[0]),
					       column->name);
		}
	}
	arena_release(&a);
	return found;
}

bool column_required(const struct column *c)
{
	const struct table *t = (const struct table *)c->node.parent;

	if (c->not_null)
		return true;
	return (t->strict || t->without_rowid) && in_primary_key(&c->node) &&
	       rowid_alias(&t->node) != &c->node;
}

static bool is_whole(const struct sqltok *number)
{
	for (size_t i = 0; i < number->len; i++)
		if (number->ptr[i] < '0' || number->ptr[i] > '9')
			return false;
	return number->len < 19;
}

/* Does a STRICT table take the literal for a column of this type? */
static bool fits_strict(const struct column *c, const struct sqltok *literal)
{
	if (!c->type || !ascii_casecmp(c->type, "any"))
		return true;
	if (!ascii_casecmp(c->type, "blob"))
		return literal->type == SQLTOK_BLOB;
	if (!ascii_casecmp(c->type, "text"))
		return literal->type == SQLTOK_STRING ||
		       literal->type == SQLTOK_QUOTED;
	return literal->type == SQLTOK_NUMBER &&
	       (!ascii_casecmp(c->type, "real") || is_whole(literal));
}

/* SQLite 3.40 stores what ADD COLUMN gives to rows that are there without the
 * column's affinity: 1.0 becomes 1, and TRUE a number in a text column. */
static bool added_as_inserted(const struct column *c)
{
	struct arena a = ARENA_INIT;
	enum affinity aff = affinity(c);
	const struct sqltok *literal;
	struct tokens t;
	bool yes = true;

	tokens_init(&t, c->dflt, &a);
	literal = &t.v[sqltok_is(&t.v[0], "-") || sqltok_is(&t.v[0], "+")];
	if (literal->type == SQLTOK_NUMBER)
		yes = is_whole(literal) || aff == AFF_REAL ||
		      aff == AFF_NUMERIC || aff == AFF_INTEGER;
	else if (sqltok_is(literal, "TRUE") || sqltok_is(literal, "FALSE"))
		yes = aff == AFF_INTEGER || aff == AFF_NUMERIC;
	arena_release(&a);
	return yes;
}

bool is_constant(const struct column *c, bool strict)
{
	struct arena a = ARENA_INIT;
	const struct sqltok *literal;
	struct tokens t;
	bool yes = false;

	if (!c->dflt)
		return false;
	tokens_init(&t, c->dflt, &a);
	literal = &t.v[sqltok_is(&t.v[0], "-") || sqltok_is(&t.v[0], "+")];
	if (literal->type != SQLTOK_OP && !sqltok_is(literal, "NULL"))
		yes = !strict || fits_strict(c, literal);
	arena_release(&a);
	return yes;
}

/* Will SQLite's ADD COLUMN take it, and leave rows as an INSERT would?  It
 * does not look whether a STRICT table's type fits. */
static bool can_add(const struct node *table, const struct column *c)
{
	bool strict = ((const struct table *)table)->strict;

	if (c->generated)
		return !c->stored && !strict;
	if (!c->dflt || !ascii_casecmp(c->dflt, "null"))
		return !c->not_null;
	return is_constant(c, strict) && added_as_inserted(c) &&
	       ascii_ncasecmp(c->dflt, "current_", 8);
}

/* A constraint that can stand in the line of a column that is added. */
static bool fits_column(const struct node *n, const struct node *column)
{
	const struct foreign_key *fk = (const struct foreign_key *)n;

	if (n->kind == &kind_check)
		return !((const struct check *)n)->conflict;
	return n->kind == &kind_foreign_key && fk->columns.n == 1 &&
	       !ascii_casecmp(fk->columns.v[0], column->name);
}

static const struct node *last_added(const struct change *ch)
{
	const struct node *last = NULL;

	for (size_t i = 0; i < ch->to->nkids; i++)
		for (size_t k = 0; k < ch->nkids; k++)
			if (ch->kids[k].op == CHANGE_ADD &&
			    ch->kids[k].to == ch->to->kids[i] &&
			    ch->kids[k].to->kind == &kind_column)
				last = ch->kids[k].to;
	return last;
}

/* The added column in whose line this added constraint goes. */
static const struct node *host_column(const struct change *ch,
				      const struct node *n)
{
	if (n->kind == &kind_check)
		return fits_column(n, NULL) ? last_added(ch) : NULL;
	for (size_t k = 0; k < ch->nkids; k++)
		if (ch->kids[k].op == CHANGE_ADD &&
		    ch->kids[k].to->kind == &kind_column &&
		    fits_column(n, ch->kids[k].to))
			return ch->kids[k].to;
	return NULL;
}

static bool quotes(const char *sql, const char *name)
{
	struct arena a = ARENA_INIT;
	struct tokens t;
	bool found = false;

	tokens_init(&t, sql, &a);
	for (size_t i = 0; i + 1 < t.n && !found; i++)
		found = t.v[i].type == SQLTOK_QUOTED &&
			!ascii_casecmp(sqltok_name(&a, &t.v[i]), name);
	arena_release(&a);
	return found;
}

/* "x" in an index or an expression is a string where no column is called x: to
 * add one makes something else of it, which ADD COLUMN does not look after. */
static bool was_a_string(const struct node *from, const char *name)
{
	for (size_t i = 0; i < from->nkids; i++) {
		const struct node *n = from->kids[i];

		for (size_t f = 0; f < n->kind->nfields; f++) {
			const struct field *field = &n->kind->fields[f];
			const struct list *l = field_list(n, field);

			if (field->type == FIELD_SQL && field_str(n, field) &&
			    quotes(field_str(n, field), name))
				return true;
			for (size_t k = 0; field->type == FIELD_SQLS &&
					   k < l->n; k++)
				if (quotes(l->v[k], name))
					return true;
		}
	}
	return false;
}

static enum table_way part_way(const struct change *ch,
			       const struct change *k)
{
	const struct kind *kind = (k->to ? k->to : k->from)->kind;

	if (kind == &kind_index || kind == &kind_trigger)
		return TABLE_KEEP;
	if (k->op != CHANGE_ADD)
		return TABLE_REBUILD;
	if (kind == &kind_column)
		return can_add(ch->to, (const struct column *)k->to) &&
		       !was_a_string(ch->from, k->to->name) ?
		       TABLE_ALTER : TABLE_REBUILD;
	return host_column(ch, k->to) ? TABLE_ALTER : TABLE_REBUILD;
}

enum table_way table_way(const struct lowering *l, const struct change *ch)
{
	const struct table *to = (const struct table *)ch->to;
	enum table_way way = TABLE_KEEP;

	if (needs_rebuild(ch) ||
	    (ch->moved && (to->ordered || l->opts->column_order)))
		return TABLE_REBUILD;
	for (size_t i = 0; i < ch->nkids; i++) {
		enum table_way part = part_way(ch, &ch->kids[i]);

		if (part > way)
			way = part;
	}
	return way;
}

static void add_hosted(struct buf *b, const struct change *ch,
		       const struct node *column)
{
	for (size_t i = 0; i < ch->nkids; i++) {
		const struct node *n = ch->kids[i].to;

		if (ch->kids[i].op != CHANGE_ADD || n->kind == &kind_column ||
		    n->kind == &kind_index || n->kind == &kind_trigger ||
		    host_column(ch, n) != column)
			continue;
		emit_hosted(b, n);
	}
}

void lower_alter(struct lowering *l, const struct change *ch)
{
	for (size_t i = 0; i < ch->to->nkids; i++) {
		const struct node *column = ch->to->kids[i];
		struct buf b = BUF_INIT;
		struct statement *st;

		if (column->kind != &kind_column ||
		    column_twin(l, ch->from, column))
			continue;
		sql_addf(&b, "ALTER TABLE %I ADD COLUMN ", ch->from->name);
		emit_column(&b, column);
		add_hosted(&b, ch, column);
		st = lower_add(l, column, arena_strdup(l->arena, b.ptr));
		hazards_given(l, st, (const struct column *)column);
		for (size_t k = 0; k < ch->nkids; k++)
			if (ch->kids[k].op == CHANGE_ADD &&
			    ch->kids[k].to->kind != &kind_column &&
			    host_column(ch, ch->kids[k].to) == column)
				hazards_constraint(l, st, ch->kids[k].to);
		buf_release(&b);
	}
}

const char *rowid_name(const struct node *from, const struct node *to)
{
	static const char *const names[] = { "rowid", "_rowid_", "oid" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!node_find(from, &kind_column, names[i],
			       &sqlite_spelling) &&
		    !node_find(to, &kind_column, names[i], &sqlite_spelling))
			return names[i];
	return NULL;
}

bool fills_null(const struct column *from, const struct column *to)
{
	return column_required(to) && !column_required(from) && to->dflt &&
	       ascii_casecmp(to->dflt, "null");
}

bool becomes_rowid(const struct column *from, const struct column *to)
{
	return rowid_alias(to->node.parent) == &to->node &&
	       rowid_alias(from->node.parent) != &from->node;
}

/* What goes into a column of the new table: the old one's value, or the
 * default where it was NULL and may not be. */
static void add_value(struct lowering *l, struct buf *b,
		      const struct column *from, const struct column *to)
{
	if (fills_null(from, to))
		sql_addf(b, "coalesce(%I, %s)", from->node.name,
			 default_expr(l->arena, to));
	else
		sql_addf(b, "%I", from->node.name);
}

struct copying {
	struct buf into, values;
	const char *order;
};

static void copy_pair(struct copying *c, const char *into)
{
	if (c->into.len) {
		buf_addstr(&c->into, ", ");
		buf_addstr(&c->values, ", ");
	}
	sql_addf(&c->into, "%I", into);
}

static void copy_rowid(struct copying *c, struct lowering *l,
		       const struct change *ch)
{
	const struct node *alias = rowid_alias(ch->to);
	const char *rowid = rowid_name(ch->from, ch->to);

	if (((const struct table *)ch->from)->without_rowid ||
	    ((const struct table *)ch->to)->without_rowid || !rowid)
		return;
	if (alias && column_twin(l, ch->from, alias))
		return;
	copy_pair(c, alias ? alias->name : rowid);
	buf_addstr(&c->values, rowid);
}

/* Nothing in common: as many rows of defaults as there were rows. */
static void copy_nothing(struct copying *c, struct lowering *l,
			 const struct change *ch)
{
	for (size_t i = 0; i < ch->to->nkids && !c->into.len; i++) {
		const struct column *to = (const void *)ch->to->kids[i];

		if (to->node.kind != &kind_column || to->generated)
			continue;
		copy_pair(c, to->node.name);
		buf_addstr(&c->values, to->dflt ? default_expr(l->arena, to) :
			   "NULL");
	}
}

static void copy_columns(struct copying *c, struct lowering *l,
			 const struct change *ch)
{
	copy_rowid(c, l, ch);
	for (size_t i = 0; i < ch->to->nkids; i++) {
		const struct column *to = (const void *)ch->to->kids[i];
		const struct node *from;

		if (to->node.kind != &kind_column || to->generated)
			continue;
		from = column_twin(l, ch->from, &to->node);
		if (!from)
			continue;
		copy_pair(c, to->node.name);
		add_value(l, &c->values, (const struct column *)from, to);
		/* What is NULL gets a new rowid: behind those that have one. */
		if (becomes_rowid((const struct column *)from, to))
			c->order = sql_printf(l->arena, " ORDER BY %I IS NULL",
					      from->name);
	}
	copy_nothing(c, l, ch);
}

static bool counts(const struct node *table)
{
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == &kind_primary_key)
			return ((struct primary_key *)table->kids[i])
				->autoincrement;
	return false;
}

/* Beside the old table: no reference ever points at a table that is not
 * there, and rows are written once. */
static void rebuild_beside(struct lowering *l, const struct change *ch,
			   const struct copying *c)
{
	struct arena *a = l->arena;
	const char *old = ch->from->name;

	/* OR ABORT: no conflict clause of the table may drop rows. */
	lower_add(l, ch->to, sql_printf(a, "INSERT OR ABORT INTO %I (%s) "
		  "SELECT %s FROM %I%s", REBUILT, c->into.ptr, c->values.ptr,
		  old, c->order));
	if (counts(ch->from) && counts(ch->to)) {
		lower_add(l, ch->to, sql_printf(a, "DELETE FROM "
			  "sqlite_sequence WHERE name = %L", REBUILT));
		lower_add(l, ch->to, sql_printf(a, "INSERT INTO "
			  "sqlite_sequence (name, seq) SELECT %L, seq FROM "
			  "sqlite_sequence WHERE name = %L COLLATE NOCASE",
			  REBUILT, old));
	}
	lower_add(l, ch->to, sql_printf(a, "DROP TABLE %I", old));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = ON");
	lower_add(l, ch->to, sql_printf(a, "ALTER TABLE %I RENAME TO %I",
					REBUILT, ch->to->name));
	lower_add(l, ch->to, "PRAGMA legacy_alter_table = OFF");
}

/* The old table's rows step aside: the new definition names the table itself,
 * so that it loads under no other name. */
static void rebuild_aside(struct lowering *l, const struct change *ch,
			  const struct copying *c)
{
	struct arena *a = l->arena;
	const char *old = ch->from->name;
	bool counter = counts(ch->from) && counts(ch->to);

	lower_add(l, ch->to, sql_printf(a, "CREATE TEMP TABLE " OURS "rows AS "
		  "SELECT %s FROM %I%s", c->values.ptr, old, c->order));
	if (counter)
		lower_add(l, ch->to, sql_printf(a, "CREATE TEMP TABLE " OURS
			  "counter AS SELECT seq FROM sqlite_sequence WHERE "
			  "name = %L COLLATE NOCASE", old));
	lower_add(l, ch->to, sql_printf(a, "DROP TABLE %I", old));
	lower_add(l, ch->to, emit_create(a, ch->to, NULL));
	lower_add(l, ch->to, sql_printf(a, "INSERT OR ABORT INTO %I (%s) "
		  "SELECT * FROM temp." OURS "rows", ch->to->name,
		  c->into.ptr));
	lower_add(l, ch->to, "DROP TABLE temp." OURS "rows");
	if (!counter)
		return;
	lower_add(l, ch->to, sql_printf(a, "DELETE FROM sqlite_sequence "
		  "WHERE name = %L", ch->to->name));
	lower_add(l, ch->to, sql_printf(a, "INSERT INTO sqlite_sequence "
		  "(name, seq) SELECT %L, seq FROM temp." OURS "counter",
		  ch->to->name));
	lower_add(l, ch->to, "DROP TABLE temp." OURS "counter");
}

/* t.column, or FROM t, in an expression of the table's own. */
static bool qualifies(const char *sql, const char *table)
{
	struct arena a = ARENA_INIT;
	struct tokens t;
	bool found = false;

	tokens_init(&t, sql, &a);
	for (size_t i = 0; i + 1 < t.n && !found; i++)
		found = sqltok_is_name(&t.v[i]) &&
			!ascii_casecmp(sqltok_name(&a, &t.v[i]), table) &&
			(sqltok_is(&t.v[i + 1], ".") ||
			 (i && (sqltok_is(&t.v[i - 1], "FROM") ||
				sqltok_is(&t.v[i - 1], "JOIN"))));
	arena_release(&a);
	return found;
}

static bool names_itself(const struct node *table)
{
	for (size_t i = 0; i < table->nkids; i++) {
		const struct node *n = table->kids[i];
		const char *sql = NULL;

		if (n->kind == &kind_check)
			sql = ((const struct check *)n)->expr;
		else if (n->kind == &kind_column)
			sql = ((const struct column *)n)->generated;
		if (sql && qualifies(sql, table->name))
			return true;
	}
	return false;
}

void lower_rebuild(struct lowering *l, const struct change *ch)
{
	struct copying c = { BUF_INIT, BUF_INIT, "" };
	size_t first;

	copy_columns(&c, l, ch);
	first = l->out->n;
	if (names_itself(ch->to)) {
		rebuild_aside(l, ch, &c);
	} else {
		lower_add(l, ch->to, emit_create(l->arena, ch->to, REBUILT));
		rebuild_beside(l, ch, &c);
	}
	hazards_rebuild(l, &l->out->v[first], ch);
	buf_release(&c.into);
	buf_release(&c.values);
}
