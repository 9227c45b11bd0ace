/*
 * Keeping what a plan destroys.  A copy depends on nothing that a later plan
 * may drop: values of types that are not the server's own are kept as the text
 * that their type's own input function takes.
 */
#include "config.h"

#include "engine/postgres/emit.h"

#include "ss/park-forms.h"

static const struct pg_column *as_column(const struct node *n)
{
	return (const struct pg_column *)n;
}

/* A partitioned table's are in its partitions. */
static bool has_rows(const struct node *table)
{
	return table->kind == &pg_kind_table &&
	       !((const struct pg_table *)table)->partition_by;
}

static bool has_values(const struct node *column)
{
	return !as_column(column)->generated;
}

static void add_table(struct buf *b, const struct node *table)
{
	buf_addstr(b, table->name);
}

static void add_name(struct buf *b, const char *column)
{
	pg_addf(b, "%I", column);
}

/* Types outside of pg_catalog are qualified. */
static bool is_servers(const struct node *column)
{
	return !strchr(as_column(column)->type, '.');
}

static void add_type(struct buf *b, const struct node *column)
{
	buf_addf(b, " %s", is_servers(column) ? as_column(column)->type :
		 "text");
}

/* A composite of NULLs is none itself. */
static void add_value(struct buf *b, const struct node *column)
{
	const char *c = column->name;

	pg_addf(b, is_servers(column) ? "%I" :
		"CASE WHEN %I IS DISTINCT FROM NULL THEN "
		"pg_catalog.format('%%s', %I) END", c, c);
}

static void add_back(struct buf *b, const struct node *column,
		     const char *kept)
{
	buf_addstr(b, kept);
	if (!is_servers(column))
		buf_addf(b, "::%s", as_column(column)->type);
}

/* "numeric(10,2)" is numeric; but "character" would be of one letter. */
static void add_bare_type(struct buf *b, const char *type)
{
	int depth = 0;

	if (!strncmp(type, "character(", 10) || !strncmp(type, "bit(", 4))
		return;
	buf_addstr(b, "::");
	for (; *type; type++) {
		depth += *type == '(';
		if (!depth)
			buf_addch(b, *type);
		depth -= *type == ')';
	}
}

/*
 * The key may be of another type than it was.  Operators of types that are not
 * the server's own cannot be named: arrays find theirs.
 */
static void add_match(struct buf *b, const struct node *key, const char *kept)
{
	bool own = is_servers(key);

	pg_addf(b, own ? "t.%I = %s" : "ARRAY[t.%I] = ARRAY[%s", key->name,
		kept);
	if (own)
		add_bare_type(b, as_column(key)->type);
	else
		buf_addf(b, "::%s]", as_column(key)->type);
}

static const char *no_rowid(const struct node *table)
{
	(void)table;
	return NULL;
}

static void add_lock(struct buf *b, const struct node *table)
{
	buf_addf(b, "LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE",
		 table->name);
}

/* A sequence, or an identity's. */
static bool counts(const struct node *n)
{
	return n->kind == &pg_kind_sequence ||
	       (n->kind == &pg_kind_column && as_column(n)->identity);
}

static void add_sequence(struct buf *b, const struct node *n)
{
	if (n->parent)
		pg_addf(b, "pg_catalog.pg_get_serial_sequence(%L, %L)"
			"::pg_catalog.regclass", n->parent->name, n->name);
	else
		pg_addf(b, "%L::pg_catalog.regclass", n->name);
}

static void add_counter(struct buf *b, const struct node *n)
{
	buf_addstr(b, "pg_catalog.pg_sequence_last_value(");
	add_sequence(b, n);
	buf_addch(b, ')');
}

static const char *set_counter(struct arena *a, const struct node *n,
			       const char *value, size_t i)
{
	struct buf b = BUF_INIT;
	char *sql;

	if (i)
		return NULL;
	buf_addstr(&b, "SELECT pg_catalog.setval(");
	add_sequence(&b, n);
	buf_addf(&b, ", p.last) FROM (%s) p WHERE p.last IS NOT NULL", value);
	sql = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return sql;
}

static bool is_made_of_rows(const struct node *object)
{
	return object->kind == &pg_kind_matview &&
	       !((const struct pg_view *)object)->no_data;
}

static void add_refresh(struct buf *b, const struct node *object)
{
	buf_addf(b, "REFRESH MATERIALIZED VIEW %s", object->name);
}

/* What a store holds may have been written by anybody. */
static int single(const char *sql, const char *title, struct err *err)
{
	size_t len = strlen(sql);

	if (pg_statement_end(sql, len, 0) == len)
		return 0;
	err_set(err, ERR_REFUSED, "%s: its text is not one statement", title);
	return err_hint(err, "nothing was run: do not trust the store that it "
			"comes from");
}

const struct park_forms pg_park = {
	.registry = "schemastore.parked", .copy = "schemastore.parked_",
	.from = " FROM ONLY ", .update = "UPDATE ONLY ",
	.overriding = "OVERRIDING SYSTEM VALUE ",
	.now = "pg_catalog.now()",
	.has_rows = has_rows, .has_values = has_values,
	.add_table = add_table, .add_name = add_name,
	.add_type = add_type, .add_value = add_value, .add_back = add_back,
	.add_match = add_match,
	.rowid = no_rowid, .add_lock = add_lock,
	.counts = counts, .add_counter = add_counter,
	.set_counter = set_counter,
	.is_made_of_rows = is_made_of_rows, .add_refresh = add_refresh,
	.single = single,
};
