/*
 * A schema as Tortoise ORM's models.
 *
 *	table ──▶ class		column ──▶ field	foreign key ──▶ relation
 */
#include "config.h"

#include "ss/models-print.h"

#include <ctype.h>
#include <stdlib.h>

#include "ss/kinds.h"

struct printing {
	struct buf *out;
	const char *app;
	const struct node *table;
	const char *key;	/* its primary key's column; NULL: none */
	struct arena *arena;
};

/* ---- nodes, whichever engine's ------------------------------------------- */

static const struct field *field_of(const struct node *n, const char *name)
{
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (!strcmp(n->kind->fields[i].name, name))
			return &n->kind->fields[i];
	return NULL;
}

static const char *text_of(const struct node *n, const char *name)
{
	const struct field *f = field_of(n, name);

	return f ? field_str(n, f) : NULL;
}

static bool flag_of(const struct node *n, const char *name)
{
	const struct field *f = field_of(n, name);

	return f && field_flag(n, f);
}

static bool is(const struct node *n, const char *kind)
{
	return !strcmp(n->kind->word, kind);
}

/* The only column of a key; NULL: it has several, or is no column. */
static const char *single(const struct node *n, const char *field)
{
	const struct list *v = field_list(n, field_of(n, field));

	return v->n == 1 ? v->v[0] : NULL;
}

/* users, of public.users and of "users" */
static const char *bare(struct arena *a, const char *name)
{
	char *out = arena_alloc(a, strlen(name) + 1), *to = out;
	bool quoted = false;

	for (const char *p = name; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '.' && !quoted)
			to = out;
		else
			*to++ = *p;
	}
	*to = '\0';
	return out;
}

/* blog_posts is BlogPosts */
static const char *class_of(struct arena *a, const char *table)
{
	const char *name = bare(a, table);
	char *out = arena_alloc(a, strlen(name) + 2), *to = out;
	bool up = true;

	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p)) {
			up = true;
			continue;
		}
		if (to == out && isdigit((unsigned char)*p))
			*to++ = 'T';
		*to++ = up ? (char)toupper((unsigned char)*p) : *p;
		up = false;
	}
	*to = '\0';
	return *out ? out : "Table";
}

/* ---- types --------------------------------------------------------------- */

static const struct {
	const char *type;	/* what it begins with */
	const char *field;
	const char *size[2];	/* of (n, m) */
} types[] = {
	{ "bigint", "BigIntField", { 0 } },
	{ "blob", "BinaryField", { 0 } },
	{ "bool", "BooleanField", { 0 } },
	{ "boolean", "BooleanField", { 0 } },
	{ "bytea", "BinaryField", { 0 } },
	{ "char(36)", "UUIDField", { 0 } },
	{ "character varying", "CharField", { "max_length" } },
	{ "datetime", "DatetimeField", { 0 } },
	{ "date", "DateField", { 0 } },
	{ "decimal", "DecimalField", { "max_digits", "decimal_places" } },
	{ "double", "FloatField", { 0 } },
	{ "int", "IntField", { 0 } },
	{ "integer", "IntField", { 0 } },
	{ "json", "JSONField", { 0 } },
	{ "jsonb", "JSONField", { 0 } },
	{ "numeric", "DecimalField", { "max_digits", "decimal_places" } },
	{ "real", "FloatField", { 0 } },
	{ "smallint", "SmallIntField", { 0 } },
	{ "text", "TextField", { 0 } },
	{ "timestamp", "DatetimeField", { 0 } },
	{ "time", "TimeField", { 0 } },
	{ "uuid", "UUIDField", { 0 } },
	{ "varchar", "CharField", { "max_length" } },
};

/* Its place in the table, or how many there are. */
static size_t find_type(const char *type)
{
	size_t i = 0;

	for (; type && !strchr(type, '[') && i < ARRAY_LEN(types); i++) {
		size_t n = strlen(types[i].type);

		if (!ascii_ncasecmp(type, types[i].type, n) &&
		    !isalnum((unsigned char)type[n]))
			return i;
	}
	return ARRAY_LEN(types);
}

/* max_length=20; false: it has no size, and the field needs one. */
static bool add_size(struct buf *b, size_t type, const char *text)
{
	const char *p = strchr(text, '(');

	for (size_t i = 0; i < 2 && types[type].size[i]; i++) {
		unsigned long n;
		char *end;

		if (!p || !isdigit((unsigned char)p[1 + strspn(p + 1, " ")]))
			return i > 0;
		n = strtoul(p + 1, &end, 10);
		buf_addf(b, "%s=%lu, ", types[type].size[i], n);
		p = *end == ',' ? end : NULL;
		if (!p && i == 0 && types[type].size[1]) {
			buf_addf(b, "%s=0, ", types[type].size[1]);
			break;
		}
	}
	return true;
}

/* ---- fields -------------------------------------------------------------- */

static void add_python(struct buf *b, const char *s, size_t n)
{
	buf_addch(b, '"');
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			buf_addstr(b, "\\n");
		else if (strchr("\"\\", s[i]))
			buf_addf(b, "\\%c", s[i]);
		else
			buf_addch(b, s[i]);
		i += s[i] == '\'' && i + 1 < n && s[i + 1] == '\'';
	}
	buf_addch(b, '"');
}

/* A literal, with its casts; false: it is something else. */
static bool add_default(struct buf *b, const char *sql)
{
	const char *end;
	size_t n;

	sql += strspn(sql, "(");
	n = strspn(sql, "-+0123456789.");
	if (!ascii_ncasecmp(sql, "current_timestamp", 17) ||
	    !ascii_ncasecmp(sql, "now()", 5)) {
		buf_addstr(b, "auto_now_add=True, ");
	} else if (!ascii_ncasecmp(sql, "true", 4) ||
		   !ascii_ncasecmp(sql, "false", 5)) {
		buf_addf(b, "default=%s, ", tolower((unsigned char)*sql) ==
			 't' ? "True" : "False");
	} else if (*sql == '\'') {
		for (end = sql + 1; *end && (*end != '\'' || end[1] == '\'');)
			end += 1 + (*end == '\'');
		buf_addstr(b, "default=");
		add_python(b, sql + 1, (size_t)(end - sql - 1));
		buf_addstr(b, ", ");
	} else if (n && (!sql[n] || strchr("):", sql[n]))) {
		buf_addf(b, "default=%.*s, ", (int)n, sql);
	} else {
		return false;
	}
	return true;
}

static bool is_unique(const struct printing *p, const char *column)
{
	for (size_t i = 0; i < p->table->nkids; i++) {
		const struct node *n = p->table->kids[i];
		const char *of = is(n, "unique") ||
				 (is(n, "index") && flag_of(n, "unique") &&
				  !text_of(n, "where")) ? single(n, "key") :
				 NULL;

		if (of && !strcmp(bare(p->arena, of), column))
			return true;
	}
	return false;
}

static bool is_indexed(const struct printing *p, const char *column)
{
	for (size_t i = 0; i < p->table->nkids; i++) {
		const struct node *n = p->table->kids[i];
		const char *of = is(n, "index") && !flag_of(n, "unique") &&
				 !text_of(n, "where") ? single(n, "key") :
				 NULL;

		if (of && !strcmp(bare(p->arena, of), column))
			return true;
	}
	return false;
}

static const struct node *reference(const struct printing *p,
				    const char *column)
{
	for (size_t i = 0; i < p->table->nkids; i++) {
		const struct node *n = p->table->kids[i];
		const char *of = is(n, "foreign-key") ?
				 single(n, "column-name") : NULL;

		if (of && !strcmp(of, column))
			return n;
	}
	return NULL;
}

static size_t references_to(const struct printing *p, const char *table)
{
	size_t count = 0;

	for (size_t i = 0; i < p->table->nkids; i++)
		count += is(p->table->kids[i], "foreign-key") &&
			 !strcmp(text_of(p->table->kids[i], "references"),
				 table);
	return count;
}

static const struct {
	const char *word, *field;
} deeds[] = {
	{ "cascade", "CASCADE" }, { "set null", "SET_NULL" },
	{ "restrict", "RESTRICT" }, { "set default", "SET_DEFAULT" },
};

static const char *on_delete(const struct node *fk)
{
	const char *word = text_of(fk, "on-delete");

	for (size_t i = 0; word && i < ARRAY_LEN(deeds); i++)
		if (!ascii_casecmp(deeds[i].word, word))
			return deeds[i].field;
	return "NO_ACTION";
}

/* A column that another table's key is in: user_id is field user. */
static void add_relation(struct printing *p, const struct node *column,
			 const struct node *fk)
{
	const char *to = text_of(fk, "references");
	const char *target = single(fk, "key");
	struct arena *a = p->arena;
	bool ends = str_ends(column->name, "_id") && strlen(column->name) > 3;
	const char *name = ends ? arena_strndup(a, column->name,
		strlen(column->name) - 3) : arena_printf(a, "%s_ref",
							  column->name);

	buf_addf(p->out, "    %s = fields.%sField(\n        \"%s.%s\", ", name,
		 is_unique(p, column->name) ? "OneToOne" : "ForeignKey",
		 p->app, class_of(a, to));
	if (target && strcmp(target, "id"))
		buf_addf(p->out, "to_field=\"%s\", ", target);
	if (!ends)
		buf_addf(p->out, "source_field=\"%s\", ", column->name);
	if (references_to(p, to) > 1)
		buf_addf(p->out, "related_name=\"%s_%s\", ",
			 bare(a, p->table->name), name);
	if (is_indexed(p, column->name))
		buf_addstr(p->out, "db_index=True, ");
	if (!flag_of(column, "not-null"))
		buf_addstr(p->out, "null=True, ");
	buf_truncate(p->out, p->out->len - 1);
	buf_addf(p->out, "\n        on_delete=fields.%s)\n", on_delete(fk));
}

/* ---- columns ------------------------------------------------------------- */

static void finish(struct buf *b)
{
	if (str_ends(b->ptr, ", "))
		buf_truncate(b, b->len - 2);
	buf_addstr(b, ")\n");
}

static void add_column(struct printing *p, const struct node *c)
{
	const char *type = text_of(c, "type"), *dflt = text_of(c, "default");
	const struct node *fk = reference(p, c->name);
	bool key = p->key && !strcmp(p->key, c->name);
	size_t t = find_type(type), start = p->out->len;
	bool odd;

	if (fk && !key) {
		add_relation(p, c, fk);
		return;
	}
	buf_addf(p->out, "    %s = fields.%s(", c->name, t < ARRAY_LEN(types) ?
		 types[t].field : "");
	if (t == ARRAY_LEN(types) || text_of(c, "generated") ||
	    !add_size(p->out, t, type)) {
		buf_truncate(p->out, start);
		buf_addf(p->out, "    # %s: %s: no field of Tortoise's has "
			 "it\n", c->name, type ? type : "without a type");
		return;
	}
	if (key)
		buf_addstr(p->out, "primary_key=True, ");
	else if (is_unique(p, c->name))
		buf_addstr(p->out, "unique=True, ");
	else if (is_indexed(p, c->name))
		buf_addstr(p->out, "db_index=True, ");
	if (!flag_of(c, "not-null") && !key)
		buf_addstr(p->out, "null=True, ");
	odd = dflt && !(key && strstr(dflt, "nextval")) &&
	      !add_default(p->out, dflt);
	finish(p->out);
	if (odd)
		buf_addf(p->out, "    # %s: its default is %s\n", c->name,
			 dflt);
}

/* ---- tables -------------------------------------------------------------- */

static void find_key(struct printing *p)
{
	p->key = NULL;
	for (size_t i = 0; i < p->table->nkids; i++)
		if (is(p->table->kids[i], "primary-key"))
			p->key = single(p->table->kids[i], "key");
	if (p->key)
		p->key = bare(p->arena, p->key);
}

/* (("a", "b"), ...) of the keys of several columns. */
static void add_groups(struct printing *p, const char *name, bool unique)
{
	size_t n = 0;

	for (size_t i = 0; i < p->table->nkids; i++) {
		const struct node *k = p->table->kids[i];
		const struct list *v;

		if (!(unique && is(k, "unique")) &&
		    !(is(k, "index") && flag_of(k, "unique") == unique &&
		      !text_of(k, "where")))
			continue;
		v = field_list(k, field_of(k, "key"));
		if (v->n < 2)
			continue;
		buf_addf(p->out, "%s(", n++ ? ", " :
			 arena_printf(p->arena, "        %s = (", name));
		for (size_t c = 0; c < v->n; c++)
			buf_addf(p->out, "%s\"%s\"", c ? ", " : "",
				 bare(p->arena, v->v[c]));
		buf_addstr(p->out, ")");
	}
	if (n)
		buf_addstr(p->out, ",)\n");
}

static void add_comments(struct printing *p)
{
	for (size_t i = 0; i < p->table->nkids; i++) {
		const struct node *k = p->table->kids[i];

		if (is(k, "check") || is(k, "trigger") || is(k, "exclusion") ||
		    (is(k, "index") && text_of(k, "where")))
			buf_addf(p->out, "    # %s %s: not in the model\n",
				 k->kind->word, k->name ? k->name : "");
	}
}

static void print_table(struct printing *p)
{
	struct buf *b = p->out;

	find_key(p);
	if (!p->key) {
		buf_addf(b, "\n\n# table %s: its key is not one column, which "
			 "Tortoise has none of\n", p->table->name);
		return;
	}
	buf_addf(b, "\n\nclass %s(Model):\n",
		 class_of(p->arena, p->table->name));
	for (size_t i = 0; i < p->table->nkids; i++)
		if (is(p->table->kids[i], "column"))
			add_column(p, p->table->kids[i]);
	add_comments(p);
	buf_addf(b, "\n    class Meta:\n        table = \"%s\"\n",
		 bare(p->arena, p->table->name));
	add_groups(p, "unique_together", true);
	add_groups(p, "indexes", false);
}

static bool is_wanted(const struct node *n, const struct list *tables,
		      struct arena *a)
{
	const char *name = bare(a, n->name);

	if (!is(n, "table"))
		return false;
	if (!tables || !tables->n)
		return strcmp(name, "aerich");
	for (size_t i = 0; i < tables->n; i++)
		if (!strcmp(tables->v[i], name) ||
		    !strcmp(tables->v[i], n->name))
			return true;
	return false;
}

void models_print(struct buf *out, const struct schema *s,
		  const struct list *tables, const char *app,
		  struct arena *a)
{
	struct printing p = {
		.out = out, .app = app, .arena = a,
	};

	buf_addstr(out, "from tortoise import fields\n"
		   "from tortoise.models import Model\n");
	for (size_t i = 0; i < s->n; i++) {
		p.table = s->objects[i];
		if (is_wanted(p.table, tables, a))
			print_table(&p);
	}
}
