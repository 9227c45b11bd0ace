/*
 * What a statement risks on a table with rows, and the query that says how
 * many rows are concerned, in the words of the schema before.
 */
#include "config.h"

#include "engine/postgres/lower.h"

#include <stdlib.h>

/* Is a column there before, under this name and type?  Else what is to be
 * counted cannot be. */
static bool was_there(const struct pair *table, const char *column)
{
	for (size_t i = 0; table->from && i < table->from->nkids; i++) {
		const struct node *k = table->from->kids[i];

		if (kind_is_column(k->kind) && !strcmp(k->name, column))
			return true;
	}
	return false;
}

static bool were_there(const struct pair *table, const struct list *columns)
{
	for (size_t i = 0; i < columns->n; i++)
		if (!was_there(table, columns->v[i]))
			return false;
	return true;
}

/* An expression names columns as it likes: only where none of the table's
 * is new, renamed or of another type is it one of the schema before. */
static bool columns_kept(const struct pair *table)
{
	const struct change *ch = table->change;

	for (size_t i = 0; ch && i < ch->nkids; i++) {
		const struct change *k = &ch->kids[i];

		if (kind_is_column((k->to ? k->to : k->from)->kind) &&
		    (k->op == CHANGE_ADD || k->renamed || k->fields))
			return false;
	}
	return !ch || !ch->renamed;
}

static void add_not_null(struct buf *b, const struct list *columns)
{
	for (size_t i = 0; i < columns->n; i++)
		pg_addf(b, "%s%I IS NOT NULL", i ? " AND " : " WHERE ",
			columns->v[i]);
}

/* Rows that have a twin, but for the first of each. */
static char *count_twins(struct lowering *l, const struct pair *table,
			 const struct list *columns, bool nulls_alike)
{
	struct buf b = BUF_INIT;
	char *sql;

	if (!were_there(table, columns))
		return NULL;
	pg_addf(&b, "SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT "
		"count(*) AS n FROM %s", table->from->name);
	if (!nulls_alike)
		add_not_null(&b, columns);
	pg_addf(&b, " GROUP BY %N HAVING count(*) > 1) twins", columns);
	sql = arena_strndup(l->arena, b.ptr, b.len);
	buf_release(&b);
	return sql;
}

static char *count_orphans(struct lowering *l, const struct pair *table,
			   const struct pg_foreign_key *f)
{
	const struct node *parent = schema_find(l->from, &pg_kind_table,
						f->table);
	struct pair as_pair = { .from = parent };
	struct buf b = BUF_INIT;
	char *sql;

	if (!parent || !were_there(table, &f->columns) ||
	    !were_there(&as_pair, &f->ref_columns) ||
	    f->columns.n != f->ref_columns.n)
		return NULL;
	pg_addf(&b, "SELECT count(*) FROM %s c", table->from->name);
	for (size_t i = 0; i < f->columns.n; i++)
		pg_addf(&b, "%sc.%I IS NOT NULL", i ? " AND " : " WHERE ",
			f->columns.v[i]);
	pg_addf(&b, " AND NOT EXISTS (SELECT FROM %s p WHERE ", f->table);
	for (size_t i = 0; i < f->columns.n; i++)
		pg_addf(&b, "%sp.%I = c.%I", i ? " AND " : "",
			f->ref_columns.v[i], f->columns.v[i]);
	buf_addch(&b, ')');
	sql = arena_strndup(l->arena, b.ptr, b.len);
	buf_release(&b);
	return sql;
}

static void hazard(struct lowering *l, struct statement *st,
		   enum hazard_id id, const char *count_sql)
{
	statement_hazard(st, l->arena, id, st->node, count_sql);
}

/* What the statement would lose without a word: whoever writes waits from the
 * count on, as he would for the statement. */
static void silent_hazard(struct lowering *l, struct statement *st,
			  enum hazard_id id, const char *table,
			  const char *count_sql)
{
	struct hazard *h = statement_hazard(st, l->arena, id, st->node,
					    count_sql);

	h->hold_sql = pg_printf(l->arena, "LOCK TABLE %s IN SHARE ROW "
				"EXCLUSIVE MODE", table);
}

static void new_column(struct lowering *l, struct statement *st,
		       const struct pair *table, const struct pg_column *c)
{
	if (c->not_null && !c->dflt && !c->identity && !c->generated)
		hazard(l, st, HAZARD_NEW_NOT_NULL, pg_printf(l->arena,
			"SELECT count(*) FROM %s", table->from->name));
	if (c->generated || c->identity)
		hazard(l, st, HAZARD_REBUILDS_TABLE, NULL);
}

static void new_index(struct lowering *l, struct statement *st,
		      const struct pair *table, const struct node *n)
{
	const struct pg_index *i = (const struct pg_index *)n;
	bool plain = !i->where;

	for (size_t k = 0; k < i->key.n && plain; k++)
		plain = was_there(table, i->key.v[k]);
	hazard(l, st, HAZARD_BUILDS_INDEX, NULL);
	if (i->unique)
		hazard(l, st, HAZARD_NEW_UNIQUE, plain ?
		       count_twins(l, table, &i->key, i->nulls_not_distinct) :
		       NULL);
}

void pg_hazard_create(struct lowering *l, struct statement *st,
		      const struct node *n)
{
	const struct pair *table = n->parent ? pg_pair_of(l, n) : NULL;

	if (!table || !table->from || table->fate == FATE_REPLACED ||
	    n->parent->kind != &pg_kind_table)
		return;
	if (kind_is_column(n->kind)) {
		new_column(l, st, table, (const struct pg_column *)n);
	} else if (n->kind == &pg_kind_index) {
		new_index(l, st, table, n);
	} else if (n->kind == &pg_kind_primary_key ||
		   n->kind == &pg_kind_unique) {
		const struct pg_key *k = (const struct pg_key *)n;

		hazard(l, st, HAZARD_BUILDS_INDEX, NULL);
		hazard(l, st, HAZARD_NEW_UNIQUE, count_twins(l, table,
			&k->key, k->nulls_not_distinct));
	} else if (n->kind == &pg_kind_check &&
		   !((const struct pg_check *)n)->not_valid) {
		hazard(l, st, HAZARD_NEW_CHECK, columns_kept(table) ?
		       pg_printf(l->arena, "SELECT count(*) FROM %s WHERE NOT "
				 "(%s)", table->from->name,
				 ((const struct pg_check *)n)->expr) : NULL);
	} else if (n->kind == &pg_kind_foreign_key &&
		   !((const struct pg_foreign_key *)n)->not_valid) {
		hazard(l, st, HAZARD_NEW_FOREIGN_KEY, count_orphans(l, table,
			(const struct pg_foreign_key *)n));
	}
}

/* What of a table's an ALTER TABLE, or CREATE INDEX, reads all rows for. */
static const struct {
	const struct kind *kind;
	enum hazard_id id;
} locks[] = {
	{ &pg_kind_index, HAZARD_BLOCKS_WRITES },
	{ &pg_kind_foreign_key, HAZARD_BLOCKS_WRITES },
	{ &pg_kind_primary_key, HAZARD_BLOCKS_READS },
	{ &pg_kind_unique, HAZARD_BLOCKS_READS },
	{ &pg_kind_exclusion, HAZARD_BLOCKS_READS },
	{ &pg_kind_check, HAZARD_BLOCKS_READS },
	{ &pg_kind_column, HAZARD_BLOCKS_READS },	/* NOT NULL */
};

void pg_hazard_lock(struct lowering *l, struct statement *st,
		    const struct node *n)
{
	const struct pair *table = n->parent ? pg_pair_of(l, n) : NULL;

	if (!table || !table->from || table->fate == FATE_REPLACED ||
	    n->parent->kind != &pg_kind_table)
		return;
	for (size_t i = 0; i < ARRAY_LEN(locks); i++)
		if (locks[i].kind == n->kind)
			hazard(l, st, locks[i].id, NULL);
}

bool pg_is_unconvertible(struct lowering *l, const struct node *n)
{
	const struct pg_column *f = (const struct pg_column *)n, *t;
	struct pair *p;

	if (!n->parent || n->parent->kind != &pg_kind_table ||
	    !kind_is_column(n->kind) || f->generated)
		return false;
	p = pg_pair_from(l, n);
	t = (const struct pg_column *)p->to;
	return t && p->fate == FATE_REPLACED && !pg_converts(f->type, t->type);
}

static char *count_values(struct lowering *l, const struct node *column)
{
	return pg_printf(l->arena, "SELECT count(%I) FROM %s", column->name,
			 column->parent->name);
}

void pg_hazard_drop(struct lowering *l, struct statement *st,
		    const struct node *n)
{
	const struct pg_column *c = (const struct pg_column *)n;

	if (n->kind == &pg_kind_table)
		silent_hazard(l, st, HAZARD_DROPS_TABLE, n->name,
			      pg_printf(l->arena, "SELECT count(*) FROM %s",
					n->name));
	else if (pg_is_unconvertible(l, n))
		silent_hazard(l, st, HAZARD_TYPE_REJECTS, n->parent->name,
			      count_values(l, n));
	else if (n->parent && n->parent->kind == &pg_kind_table &&
		 kind_is_column(n->kind) && !c->generated)
		silent_hazard(l, st, HAZARD_DROPS_COLUMN, n->parent->name,
			      count_values(l, n));
}

/* ---- types -------------------------------------------------------------- */

/* From a narrow one to a wide one no value is lost. */
static const char *const wider[][2] = {
	{ "smallint", "integer" }, { "smallint", "bigint" },
	{ "smallint", "numeric" }, { "integer", "bigint" },
	{ "integer", "numeric" }, { "bigint", "numeric" },
	{ "real", "double precision" }, { "character varying", "text" },
	{ "json", "jsonb" }, { "cidr", "inet" }, { "name", "text" },
};

/* "character varying(20)": what stands before, and in, the parentheses. */
static size_t base_len(const char *type)
{
	size_t n = strcspn(type, "(");

	return n;
}

static long limit_of(const char *type)
{
	const char *open = strchr(type, '(');

	return open ? strtol(open + 1, NULL, 10) : 0;
}

static bool is_wider(const char *from, const char *to)
{
	size_t n = base_len(from);

	if (n == base_len(to) && !strncmp(from, to, n))
		return !strchr(to, '(') ||
		       (strchr(from, '(') && !strchr(from, ',') &&
			!strchr(to, ',') && limit_of(from) <= limit_of(to));
	for (size_t i = 0; i < ARRAY_LEN(wider); i++)
		if (n == strlen(wider[i][0]) &&
		    !strncmp(from, wider[i][0], n) && !strcmp(to, wider[i][1]))
			return true;
	return false;
}

static bool is_varchar(const char *type)
{
	return str_starts(type, "character varying") || !strcmp(type, "text");
}

void pg_hazard_type(struct lowering *l, struct statement *st,
		    const struct node *from, const struct node *to)
{
	const char *f = ((const struct pg_column *)from)->type;
	const char *t = ((const struct pg_column *)to)->type;

	if (from->parent->kind != &pg_kind_table)
		return;
	if (is_varchar(f) && limit_of(t) && !is_wider(f, t))
		silent_hazard(l, st, HAZARD_TYPE_REJECTS, from->parent->name,
			      pg_printf(l->arena, "SELECT count(*) FROM %s "
					"WHERE length(%I) > %s",
					from->parent->name, from->name,
					arena_printf(l->arena, "%ld",
						     limit_of(t))));
	else if (strcmp(f, t) && !is_wider(f, t))
		silent_hazard(l, st, HAZARD_CONVERTS_TYPE, from->parent->name,
			      count_values(l, from));
	if (!(is_varchar(f) && is_varchar(t)) || !is_wider(f, t))
		hazard(l, st, HAZARD_REBUILDS_TABLE, NULL);
}
