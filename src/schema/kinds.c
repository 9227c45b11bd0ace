/*
 * The kinds of nodes as tables.  Everything that walks a schema walks these.
 */
#include "config.h"

#include "ss/kinds.h"
#include "ss/kinds-postgres.h"

#define FIELD(type, struct_name, member, text, flags) \
	{ text, offsetof(struct struct_name, member), FIELD_##type, flags }

static const struct field table_fields[] = {
	FIELD(FLAG, table, strict, "strict", FIELD_REBUILD),
	FIELD(FLAG, table, without_rowid, "without-rowid", FIELD_REBUILD),
	FIELD(FLAG, table, ordered, "ordered", FIELD_PLACES),
};

static const struct field virtual_fields[] = {
	FIELD(NAME, virtual_table, module, "using",
	      FIELD_REBUILD | FIELD_NEEDED),
	FIELD(TEXT, virtual_table, arguments, "arguments",
	      FIELD_REBUILD | FIELD_REF),
};

static const struct field view_fields[] = {
	FIELD(NAMES, view, columns, "column-name", 0),
	FIELD(SQL, view, body, "as", FIELD_REF | FIELD_NEEDED),
};

static const struct field column_fields[] = {
	FIELD(SQL, column, type, "type", FIELD_REBUILD),
	FIELD(FLAG, column, not_null, "not-null",
	      FIELD_REBUILD | FIELD_DEMANDS),
	FIELD(NAME, column, not_null_name, "not-null-name", FIELD_REBUILD),
	FIELD(WORD, column, not_null_conflict, "not-null-conflict",
	      FIELD_REBUILD),
	FIELD(NAME, column, collate, "collate", FIELD_REBUILD),
	FIELD(NAME, column, collate_name, "collate-name", FIELD_REBUILD),
	FIELD(SQL, column, dflt, "default", FIELD_REBUILD | FIELD_FILLS),
	FIELD(NAME, column, default_name, "default-name", FIELD_REBUILD),
	FIELD(SQL, column, generated, "generated",
	      FIELD_REBUILD | FIELD_FILLS),
	FIELD(NAME, column, generated_name, "generated-name", FIELD_REBUILD),
	FIELD(FLAG, column, stored, "stored", FIELD_REBUILD),
};

static const struct field primary_key_fields[] = {
	FIELD(SQLS, primary_key, key, "key",
	      FIELD_REBUILD | FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(FLAG, primary_key, autoincrement, "autoincrement",
	      FIELD_REBUILD),
	FIELD(FLAG, primary_key, inline_desc, "inline-desc", FIELD_REBUILD),
	FIELD(WORD, primary_key, conflict, "conflict", FIELD_REBUILD),
};

static const struct field unique_fields[] = {
	FIELD(SQLS, unique, key, "key",
	      FIELD_REBUILD | FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(WORD, unique, conflict, "conflict", FIELD_REBUILD),
};

static const struct field check_fields[] = {
	FIELD(SQL, check, expr, "expression", FIELD_REBUILD | FIELD_NEEDED),
	FIELD(WORD, check, conflict, "conflict", FIELD_REBUILD),
};

static const struct field foreign_key_fields[] = {
	FIELD(NAMES, foreign_key, columns, "column-name",
	      FIELD_REBUILD | FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(NAME, foreign_key, table, "references",
	      FIELD_REBUILD | FIELD_REF | FIELD_NEEDED),
	FIELD(NAMES, foreign_key, ref_columns, "key",
	      FIELD_REBUILD | FIELD_COLUMNS_THERE),
	FIELD(WORD, foreign_key, on_delete, "on-delete", FIELD_REBUILD),
	FIELD(WORD, foreign_key, on_update, "on-update", FIELD_REBUILD),
	FIELD(NAME, foreign_key, match, "match", FIELD_REBUILD),
	FIELD(FLAG, foreign_key, deferrable, "deferrable", FIELD_REBUILD),
	FIELD(FLAG, foreign_key, initially_deferred, "initially-deferred",
	      FIELD_REBUILD),
};

static const struct field index_fields[] = {
	FIELD(FLAG, index, unique, "unique", 0),
	FIELD(SQLS, index, key, "key", FIELD_NEEDED | FIELD_COLUMNS),
	FIELD(SQL, index, where, "where", 0),
};

static const struct field trigger_fields[] = {
	FIELD(SQL, trigger, body, "body", FIELD_REF | FIELD_NEEDED),
};

/* Tables have parts of every kind, views triggers. */
static const struct kind *const table_parts[] = {
	&kind_column, &kind_primary_key, &kind_unique, &kind_check,
	&kind_foreign_key, &kind_index, &kind_trigger, NULL,
};
static const struct kind *const view_parts[] = { &kind_trigger, NULL };

#define KIND_WITH(var, text, struct_name, flags, table, parts) \
	const struct kind var = { text, sizeof(struct struct_name), flags, \
				  table, ARRAY_LEN(table), parts }
#define KIND(var, text, struct_name, flags, table) \
	KIND_WITH(var, text, struct_name, flags, table, NULL)

KIND_WITH(kind_table, "table", table, KIND_OBJECT | KIND_ROWS, table_fields,
	  table_parts);
KIND(kind_virtual, "virtual", virtual_table, KIND_OBJECT | KIND_ROWS,
     virtual_fields);
KIND_WITH(kind_view, "view", view, KIND_OBJECT, view_fields, view_parts);
KIND(kind_column, "column", column, KIND_ORDERED | KIND_ROWS | KIND_NAMED,
     column_fields);
KIND(kind_primary_key, "primary-key", primary_key, 0, primary_key_fields);
KIND(kind_unique, "unique", unique, 0, unique_fields);
KIND(kind_check, "check", check, 0, check_fields);
KIND(kind_foreign_key, "foreign-key", foreign_key, 0, foreign_key_fields);
KIND(kind_index, "index", index, KIND_NAMED, index_fields);
KIND(kind_trigger, "trigger", trigger, KIND_NAMED, trigger_fields);

const struct kind *const kinds[] = {
	&kind_table, &kind_virtual, &kind_view, &kind_column,
	&kind_primary_key, &kind_unique, &kind_check, &kind_foreign_key,
	&kind_index, &kind_trigger,
};
const size_t kinds_n = ARRAY_LEN(kinds);

const struct kind *kind_find(const struct spelling *sp, const char *word)
{
	for (size_t i = 0; i < *sp->nkinds; i++)
		if (!strcmp(sp->kinds[i]->word, word))
			return sp->kinds[i];
	return NULL;
}

static size_t place_in(const struct kind *const *v, size_t n,
		       const struct kind *k)
{
	size_t i = 0;

	while (i < n && v[i] != k)
		i++;
	return i;
}

size_t kind_rank(const struct kind *k)
{
	size_t i = place_in(kinds, kinds_n, k);

	return i < kinds_n ? i : place_in(pg_kinds, pg_kinds_n, k);
}

bool kind_is_column(const struct kind *k)
{
	return k->flags & KIND_ORDERED;
}

bool kind_is_qualified(const struct kind *k)
{
	return place_in(pg_kinds, pg_kinds_n, k) < pg_kinds_n;
}

bool kind_is_table(const struct kind *k)
{
	return k == &kind_table || k == &pg_kind_table ||
	       k == &pg_kind_foreign_table;
}

bool node_demands(const struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (f->flags & FIELD_DEMANDS && field_flag(n, f))
			return true;
	}
	return false;
}

bool node_places_count(const struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (n->kind->fields[i].flags & FIELD_PLACES)
			return field_flag(n, &n->kind->fields[i]);
	return true;
}

void node_forget_places(struct node *n)
{
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (n->kind->fields[i].flags & FIELD_PLACES)
			*(bool *)((char *)n + n->kind->fields[i].offset) =
				false;
}

static const void *field_at(const struct node *n, const struct field *f)
{
	return (const char *)n + f->offset;
}

bool field_flag(const struct node *n, const struct field *f)
{
	return *(const bool *)field_at(n, f);
}

const char *field_str(const struct node *n, const struct field *f)
{
	return *(const char *const *)field_at(n, f);
}

const struct list *field_list(const struct node *n, const struct field *f)
{
	return field_at(n, f);
}
