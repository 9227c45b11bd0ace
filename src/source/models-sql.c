/*
 * The SQL that makes the tables of a description, in Tortoise's words.
 *
 * A table comes after those that it refers to; where that goes round in a
 * circle the constraint comes last, by itself, as Aerich adds it.
 */
#include "config.h"

#include "source/models.h"

#include "ss/hash.h"
#include "ss/map.h"

struct writer {
	struct models *m;
	struct buf *out;
	struct buf tail;	/* constraints that come last */
	struct map tables;	/* of all models */
	struct err *err;
};

/* ---- names -------------------------------------------------------------- */

static void add_name(struct buf *b, const char *name)
{
	buf_add_doubled(b, name, '"');
}

static void add_table(struct buf *b, const char *schema, const char *table)
{
	if (schema) {
		add_name(b, schema);
		buf_addch(b, '.');
	}
	add_name(b, table);
}

/* The first n characters. */
static void add_start(struct buf *b, const char *s, size_t n)
{
	for (; *s && n; n--)
		do
			buf_addch(b, *s++);
		while (((unsigned char)*s & 0xc0) == 0x80);
}

/* The first digits of the hash of what stands before, with ; between. */
static void add_hash(struct buf *b, const char *first, const char *const *v,
		     size_t n, size_t digits)
{
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, first, strlen(first));
	for (size_t i = 0; i < n; i++) {
		sha256_add(&h, ";", 1);
		sha256_add(&h, v[i], strlen(v[i]));
	}
	sha256_end(&h, sum);
	hex_encode(hex, sum, SHA256_LEN);
	buf_add(b, hex, digits);
}

static char *index_name(struct writer *w, const char *prefix,
			const char *table, const char *const *columns,
			size_t n)
{
	struct buf b = BUF_INIT;
	char *out;

	buf_addf(&b, "%s_", prefix);
	add_start(&b, table, 11);
	buf_addch(&b, '_');
	add_start(&b, columns[0], 7);
	buf_addch(&b, '_');
	add_hash(&b, table, columns, n, 6);
	out = arena_strdup(w->m->arena, b.ptr);
	buf_release(&b);
	return out;
}

/* ---- comments ----------------------------------------------------------- */

static void add_inside(struct buf *b, const char *s)
{
	static const char from[] = "\\\n\r\x1a/", to[] = "\\nrZ/";

	buf_addstr(b, " /* ");
	for (; *s; s++) {
		const char *at = strchr(from, *s);

		if (at)
			buf_addf(b, "\\%c", to[at - from]);
		else
			buf_addch(b, *s);
	}
	buf_addstr(b, " */");
}

static void add_comment(struct writer *w, const char *s)
{
	if (s && w->m->dialect->comments_inside)
		add_inside(w->out, s);
}

/* column NULL: of the table */
static void comment_on(struct writer *w, const char *schema,
		       const char *table, const char *column, const char *s)
{
	if (!s || w->m->dialect->comments_inside)
		return;
	buf_addf(w->out, "COMMENT ON %s ", column ? "COLUMN" : "TABLE");
	add_table(w->out, schema, table);
	if (column) {
		buf_addch(w->out, '.');
		add_name(w->out, column);
	}
	buf_addstr(w->out, " IS ");
	models_quote(w->out, s);
	buf_addstr(w->out, ";\n");
}

/* ---- columns ------------------------------------------------------------ */

static void add_references(struct buf *b, const struct model *to,
			   const char *column, const char *on_delete)
{
	buf_addstr(b, " REFERENCES ");
	add_table(b, to->schema, to->table);
	buf_addstr(b, " (");
	add_name(b, column);
	buf_addf(b, ") ON DELETE %s", on_delete);
}

static int add_serial(struct writer *w, const struct model *of,
		      const struct model_column *c)
{
	static const char *const types[] = { "SMALLINT", "INT", "BIGINT" };
	const struct dialect *d = w->m->dialect;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i], c->plain_type))
			continue;
		if (d->serial[i])
			buf_addf(w->out, " %s NOT NULL PRIMARY KEY",
				 d->serial[i]);
		else
			buf_addstr(w->out, " INTEGER PRIMARY KEY "
				   "AUTOINCREMENT NOT NULL");
		return 0;
	}
	return models_error(w->m, of, c->field, w->err, "a key of type %s "
			   "cannot be generated", c->plain_type);
}

static int add_column(struct writer *w, const struct model *of,
		      const struct model_column *c)
{
	struct buf *b = w->out;

	buf_addstr(b, "    ");
	add_name(b, c->name);
	if (c->key && c->generated) {
		if (add_serial(w, of, c))
			return -1;
	} else {
		buf_addf(b, " %s%s%s%s", c->type, c->null ? "" : " NOT NULL",
			 c->unique ? " UNIQUE" : "",
			 c->key ? " PRIMARY KEY" : "");
		if (models_default(b, w->m, of, c, w->err))
			return -1;
	}
	if (c->to_column && !c->late)
		add_references(b, c->to, c->to_column, c->on_delete);
	add_comment(w, c->comment);
	return 0;
}

static void add_late(struct writer *w, const struct model *of,
		     const struct model_column *c)
{
	const char *parts[] = { c->name, c->to->table, c->to_column };
	struct buf name = BUF_INIT;

	buf_addstr(&name, "fk_");
	add_start(&name, of->table, 8);
	buf_addch(&name, '_');
	add_start(&name, c->to->table, 8);
	buf_addch(&name, '_');
	add_hash(&name, of->table, parts, ARRAY_LEN(parts), 8);
	buf_addstr(&w->tail, "ALTER TABLE ");
	add_table(&w->tail, of->schema, of->table);
	buf_addstr(&w->tail, " ADD CONSTRAINT ");
	add_name(&w->tail, name.ptr);
	buf_addstr(&w->tail, " FOREIGN KEY (");
	add_name(&w->tail, c->name);
	buf_addch(&w->tail, ')');
	add_references(&w->tail, c->to, c->to_column, c->on_delete);
	buf_addstr(&w->tail, ";\n");
	buf_release(&name);
}

/* ---- indexes ------------------------------------------------------------ */

/* What a name in Meta stands for: a reference for its column. */
static const char *column_of(const struct model *of, const char *name)
{
	const struct model_column *c = models_column(of, name);
	static const char *const kinds[] = { "fk_fields", "o2o_fields" };

	for (size_t k = 0; !c && k < ARRAY_LEN(kinds); k++) {
		const json_t *v = json_object_get(of->json, kinds[k]);
		size_t i;
		json_t *ref;

		json_array_foreach(v, i, ref)
			if (!strcmp(models_text(ref, "name"), name))
				c = models_column(of, models_text(ref,
								"raw_field"));
	}
	return c ? c->name : NULL;
}

/* An Index object names columns; what is none of them may be a field. */
static const char *column_named(const struct model *of, const char *name)
{
	for (size_t i = 0; i < of->n; i++)
		if (!strcmp(of->columns[i].name, name))
			return name;
	return column_of(of, name);
}

/* The columns of a list of names; NULL, and err: one is unknown. */
static const char **columns_of(struct writer *w, const struct model *of,
			       const json_t *list, size_t room,
			       const char *(*find)(const struct model *,
						   const char *))
{
	size_t n = json_array_size(list);
	const char **out = arena_alloc(w->m->arena,
				       (n + room + 1) * sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(list, i));

		out[i] = name ? find(of, name) : NULL;
		if (out[i])
			continue;
		models_error(w->m, of, NULL, w->err, "an index or "
			    "unique_together names '%s', which is none of "
			    "its fields", name ? name : "");
		return NULL;
	}
	return out;
}

static void add_list(struct buf *b, const char *const *v, size_t n,
		     size_t bare)
{
	buf_addstr(b, " (");
	for (size_t i = 0; i < n; i++) {
		buf_addstr(b, i ? ", " : "");
		if (i < bare)
			buf_addstr(b, v[i]);
		else
			add_name(b, v[i]);
	}
	buf_addch(b, ')');
}

struct index {
	const char *name;
	const char *type;
	const char *extra;
	const char *const *columns;
	size_t n;
	size_t bare;		/* that many are expressions */
	bool unique;
};

static void add_index(struct writer *w, const char *schema,
		      const char *table, const struct index *i)
{
	bool type = i->type && *i->type, using = w->m->dialect->using;

	buf_addf(w->out, "CREATE %s%s%sINDEX ", i->unique ? "UNIQUE " : "",
		 type && !using ? i->type : "", type && !using ? " " : "");
	add_name(w->out, i->name);
	buf_addstr(w->out, " ON ");
	add_table(w->out, schema, table);
	if (type && using)
		buf_addf(w->out, " USING %s", i->type);
	add_list(w->out, i->columns, i->n, i->bare);
	buf_addf(w->out, "%s;\n", i->extra ? i->extra : "");
}

/* {"fields": [...], "expressions": [...], "name", "type", "extra"} */
static int read_index(struct index *out, struct writer *w,
		      const struct model *of, const json_t *json)
{
	const json_t *fields = json_object_get(json, "fields");
	const json_t *expressions = json_object_get(json, "expressions");
	const char **v;

	if (!json_is_array(fields))
		return models_error(w->m, of, NULL, w->err, "an index is in a "
				   "form that is not known");
	out->bare = json_array_size(expressions);
	v = columns_of(w, of, fields, out->bare, column_named);
	if (!v)
		return -1;
	out->n = json_array_size(fields) + out->bare;
	if (!out->n)
		return models_error(w->m, of, NULL, w->err, "an index is of "
				   "nothing");
	memmove(v + out->bare, v, (out->n - out->bare) * sizeof(*v));
	for (size_t i = 0; i < out->bare; i++) {
		const char *s = json_string_value(json_array_get(expressions,
								 i));

		if (!s)
			return models_error(w->m, of, NULL, w->err, "an "
					   "index's expression is no string");
		v[i] = arena_printf(w->m->arena, "(%s)", s);
	}
	out->columns = v;
	out->name = models_text(json, "name");
	out->type = models_text(json, "type");
	out->extra = models_text(json, "extra");
	return 0;
}

static int add_meta_index(struct writer *w, const struct model *of,
			  const json_t *json)
{
	struct index i = { .name = NULL };

	if (json_is_array(json) && json_array_size(json)) {
		i.columns = columns_of(w, of, json, 0, column_of);
		i.n = json_array_size(json);
		if (!i.columns)
			return -1;
	} else if (read_index(&i, w, of, json)) {
		return -1;
	}
	if (!i.name)
		i.name = index_name(w, "idx", of->table, i.columns, i.n);
	add_index(w, of->schema, of->table, &i);
	return 0;
}

/* A line that is there already is not written again. */
static void drop_repeated(struct buf *b, size_t first, size_t line)
{
	size_t len = b->len - line;

	for (size_t at = first; at < line;
	     at += strcspn(b->ptr + at, "\n") + 1)
		if (!strncmp(b->ptr + at, b->ptr + line, len)) {
			buf_truncate(b, line);
			return;
		}
}

static int add_indexes(struct writer *w, const struct model *of)
{
	const json_t *list = json_object_get(of->json, "indexes");
	size_t first = w->out->len, i;
	json_t *json;

	for (i = 0; i < of->n; i++) {
		const struct model_column *c = &of->columns[i];
		struct index x = { .columns = &c->name, .n = 1 };

		if (!c->index || c->lost)
			continue;
		x.name = index_name(w, "idx", of->table, &c->name, 1);
		add_index(w, of->schema, of->table, &x);
	}
	json_array_foreach(list, i, json) {
		size_t line = w->out->len;

		if (add_meta_index(w, of, json))
			return -1;
		drop_repeated(w->out, first, line);
	}
	return 0;
}

static int add_uniques(struct writer *w, const struct model *of)
{
	const json_t *list = json_object_get(of->json, "unique_together");
	size_t i;
	json_t *json;

	json_array_foreach(list, i, json) {
		const char **v = columns_of(w, of, json, 0, column_of);
		size_t n = json_array_size(json);

		if (!v)
			return -1;
		if (!n)
			continue;
		buf_addstr(w->out, ",\n    CONSTRAINT ");
		add_name(w->out, index_name(w, "uid", of->table, v, n));
		buf_addstr(w->out, " UNIQUE");
		add_list(w->out, v, n, 0);
	}
	return 0;
}

/* ---- tables ------------------------------------------------------------- */

static void note_lost(struct writer *w, const struct model *of)
{
	for (size_t i = 0; i < of->n; i++)
		if (of->columns[i].lost)
			buf_addf(w->out, "-- %s.%s: Tortoise makes no column "
				 "of it\n", of->label, of->columns[i].field);
}

static int add_model(struct writer *w, struct model *of)
{
	note_lost(w, of);
	buf_addstr(w->out, "CREATE TABLE ");
	add_table(w->out, of->schema, of->table);
	buf_addstr(w->out, " (\n");
	for (size_t i = 0, n = 0; i < of->n; i++) {
		struct model_column *c = &of->columns[i];

		if (c->lost)
			continue;
		c->late = c->to_column && w->m->dialect->late_keys &&
			  c->to != of && !c->to->made;
		buf_addstr(w->out, n++ ? ",\n" : "");
		if (add_column(w, of, c))
			return -1;
		if (c->late)
			add_late(w, of, c);
	}
	if (add_uniques(w, of))
		return -1;
	buf_addstr(w->out, "\n)");
	add_comment(w, of->comment);
	buf_addstr(w->out, ";\n");
	of->made = true;
	if (add_indexes(w, of))
		return -1;
	for (size_t i = 0; i < of->n; i++)
		if (!of->columns[i].lost)
			comment_on(w, of->schema, of->table,
				   of->columns[i].name,
				   of->columns[i].comment);
	comment_on(w, of->schema, of->table, NULL, of->comment);
	return 0;
}

/* Is all there that it refers to; or, in a circle, all that it must. */
static bool is_ready(const struct model *m, bool circle)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct model_column *c = &m->columns[i];

		if (c->to && c->to != m && !c->to->made &&
		    !(circle && c->null))
			return false;
	}
	return true;
}

static struct model *next_model(const struct models *m)
{
	struct model *any = NULL;

	for (int circle = 0; circle < 2; circle++)
		for (size_t i = 0; i < m->n; i++) {
			if (m->v[i].made)
				continue;
			if (is_ready(&m->v[i], circle))
				return &m->v[i];
			if (!any)
				any = &m->v[i];
		}
	return any;
}

/* ---- many to many ------------------------------------------------------- */

static int add_half(struct writer *w, const struct model *of,
		    const struct model *to, const json_t *json,
		    const char *name)
{
	const struct model_column *key = &to->columns[0];
	const char *on_delete = models_text(json, "on_delete");

	buf_addstr(w->out, "    ");
	add_name(w->out, name);
	buf_addf(w->out, " %s NOT NULL", key->type);
	if (!models_flag(json, "db_constraint"))
		return 0;
	if (!on_delete)
		return models_error(w->m, of, models_text(json, "name"), w->err,
				   "it has no on_delete");
	add_references(w->out, to, key->name, on_delete);
	return 0;
}

static int add_through(struct writer *w, const struct model *of,
		       const json_t *json)
{
	const char *through = models_text(json, "through");
	const char *keys[] = { models_text(json, "backward_key"),
			       models_text(json, "forward_key") };
	const char *label = models_text(json, "model_name");
	const struct model *to = models_find(w->m, label);
	struct index i = { .columns = keys, .n = 2, .unique = true };

	if (!through || !keys[0] || !keys[1] || !to)
		return models_error(w->m, of, models_text(json, "name"), w->err,
				   to ? "the description has no table of it" :
				   "the model that it refers to is not in the "
				   "description");
	if (map_find(&w->tables, through))
		return 0;
	map_set(&w->tables, through, w);
	buf_addstr(w->out, "CREATE TABLE ");
	add_table(w->out, of->schema, through);
	buf_addstr(w->out, " (\n");
	if (add_half(w, of, of, json, keys[0]))
		return -1;
	buf_addstr(w->out, ",\n");
	if (add_half(w, of, to, json, keys[1]))
		return -1;
	buf_addstr(w->out, "\n)");
	add_comment(w, models_comment(json));
	buf_addstr(w->out, ";\n");
	comment_on(w, of->schema, through, NULL, models_comment(json));
	if (!models_flag(json, "unique") &&
	    (!w->m->silent_unique || json_object_get(json, "index")))
		return 0;
	i.name = index_name(w, "uidx", through, keys, 2);
	add_index(w, of->schema, through, &i);
	return 0;
}

static int add_throughs(struct writer *w, const struct model *of)
{
	const json_t *list = json_object_get(of->json, "m2m_fields");
	size_t i;
	json_t *json;

	json_array_foreach(list, i, json)
		if (!models_flag(json, "_generated") &&
		    add_through(w, of, json))
			return -1;
	return 0;
}

static void add_schemas(struct writer *w)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < w->m->n; i++) {
		const char *name = w->m->v[i].schema;

		if (!name || map_find(&seen, name))
			continue;
		map_set(&seen, name, w);
		buf_addstr(w->out, "CREATE SCHEMA ");
		add_name(w->out, name);
		buf_addstr(w->out, ";\n");
	}
	map_release(&seen);
}

int models_sql(struct buf *out, struct models *m, struct err *err)
{
	struct writer w = { .m = m, .out = out, .tail = BUF_INIT,
			    .tables = MAP_INIT, .err = err };
	int ret = 0;

	for (size_t i = 0; i < m->n; i++)
		map_set(&w.tables, m->v[i].table, m);
	add_schemas(&w);
	for (size_t i = 0; i < m->n && !ret; i++)
		ret = add_model(&w, next_model(m));
	for (size_t i = 0; i < m->n && !ret; i++)
		ret = add_throughs(&w, &m->v[i]);
	buf_add(out, w.tail.ptr, w.tail.len);
	buf_release(&w.tail);
	map_release(&w.tables);
	return ret;
}
