/*
 * Keeping what a plan destroys: columns without a type keep every value as it
 * is stored.
 */
#include "config.h"

#include "engine/sqlite/sqlite.h"

#include "ss/park-forms.h"

static bool has_rows(const struct node *table)
{
	return table->kind == &kind_table;
}

static bool has_values(const struct node *column)
{
	return !((const struct column *)column)->generated;
}

static void add_table(struct buf *b, const struct node *table)
{
	sqlite_quote_name(b, table->name);
}

static void add_type(struct buf *b, const struct node *column)
{
	(void)b;
	(void)column;
}

static void add_value(struct buf *b, const struct node *column)
{
	sqlite_quote_name(b, column->name);
}

static void add_back(struct buf *b, const struct node *column,
		     const char *kept)
{
	(void)column;
	buf_addstr(b, kept);
}

static void add_match(struct buf *b, const struct node *key, const char *kept)
{
	sql_addf(b, "t.%I = %s", key->name, kept);
}

static const char *rowid(const struct node *table)
{
	if (((const struct table *)table)->without_rowid || rowid_alias(table))
		return NULL;
	return rowid_name(table, table);
}

/* A table's: of AUTOINCREMENT. */
static bool counts(const struct node *n)
{
	for (size_t i = 0; n->kind == &kind_table && i < n->nkids; i++)
		if (n->kids[i]->kind == &kind_primary_key &&
		    ((const struct primary_key *)n->kids[i])->autoincrement)
			return true;
	return false;
}

static void add_counter(struct buf *b, const struct node *n)
{
	sql_addf(b, "(SELECT seq FROM sqlite_sequence WHERE name = %L)",
		 n->name);
}

static const char *set_counter(struct arena *a, const struct node *n,
			       const char *value, size_t i)
{
	switch (i) {
	case 0:
		return sql_printf(a, "DELETE FROM sqlite_sequence WHERE "
				  "name = %L", n->name);
	case 1:
		return sql_printf(a, "INSERT INTO sqlite_sequence (name, seq) "
				  "SELECT %L, last FROM (%s) WHERE last IS "
				  "NOT NULL", n->name, value);
	default:
		return NULL;
	}
}

static bool nothing_is(const struct node *object)
{
	(void)object;
	return false;
}

const struct park_forms sqlite_park = {
	.registry = OURS "parked", .copy = OURS "parked_",
	.from = " FROM ", .update = "UPDATE ", .overriding = "",
	.now = "CURRENT_TIMESTAMP",
	.has_rows = has_rows, .has_values = has_values,
	.add_table = add_table, .add_name = sqlite_quote_name,
	.add_type = add_type, .add_value = add_value, .add_back = add_back,
	.add_match = add_match,
	.rowid = rowid,
	.counts = counts, .add_counter = add_counter,
	.set_counter = set_counter,
	.is_made_of_rows = nothing_is,
	.single = sqlite_refuse_many,
};
