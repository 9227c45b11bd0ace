/*
 * Reading a description of models.  For each model it has the key, the other
 * columns, what these refer to, and the many-to-many fields:
 *
 *	{ "app.Name": { "table", "description", "unique_together", "indexes",
 *	  "pk_field": FIELD, "data_fields": [FIELD], "fk_fields": [REFERENCE],
 *	  "o2o_fields": [REFERENCE], "m2m_fields": [THROUGH] } }
 *
 * A reference names its column ("raw_field") and the model, but not the field
 * there.  Where that is a key that is a reference itself, Tortoise (0.19 to
 * 1.1) describes its column without types, and makes none in the table; so it
 * is here.
 *
 * Keys of our own, which the reader of models writes, say what else is not in
 * it: "schema" of a model, "to_field" of a reference, "index" of a unique
 * field or a many-to-many table, "value" (the default's, where the text that
 * stands for it does not tell), "auto_now_add" of a TimeField, and "tortoise"
 * of a model: the version, where it is older than 0.23.
 */
#include "config.h"

#include "source/models.h"

#include <stdarg.h>
#include <stdlib.h>

#define DEEPEST 32	/* keys that refer to keys */

static const struct dialect dialects[] = {
	{ .engine = "sqlite", .yes = "1", .no = "0",
	  .random = "(lower(hex(randomblob(16))))", .comments_inside = true,
	  .text_decimals = true },
	{ .engine = "postgres", .yes = "True", .no = "False",
	  .random = "md5(random()::text)",
	  .serial = { "SMALLSERIAL", "SERIAL", "BIGSERIAL" },
	  .schemas = true, .using = true, .late_keys = true,
	  .strict_json = true },
};

const struct dialect *dialect_find(const char *engine)
{
	for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
		if (!strcmp(dialects[i].engine, engine))
			return &dialects[i];
	return NULL;
}

int models_error(const struct models *m, const struct model *of,
		const char *field, struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(err, ERR_USAGE, "%s: %s%s%s: %s", m->path, of->label,
		       field ? "." : "", field ? field : "", text);
}

const char *models_text(const json_t *of, const char *key)
{
	return json_string_value(json_object_get(of, key));
}

bool models_flag(const json_t *of, const char *key)
{
	return json_is_true(json_object_get(of, key));
}

/* A whole description is small: there is no index. */
const struct model *models_find(const struct models *m, const char *label)
{
	for (size_t i = 0; label && i < m->n; i++)
		if (!strcmp(m->v[i].label, label))
			return &m->v[i];
	return NULL;
}

struct model_column *models_column(const struct model *m, const char *field)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->columns[i].field, field))
			return &m->columns[i];
	return NULL;
}

/* ---- columns ------------------------------------------------------------ */

const char *models_comment(const json_t *json)
{
	const char *s = models_text(json, "description");

	return s && *s ? s : NULL;
}

/* The field whose types count: a key that is a reference has those of what it
 * refers to. */
static const json_t *typed(const struct models *m, const json_t *field)
{
	for (int i = 0; i < DEEPEST; i++) {
		const struct model *to;

		if (json_object_get(field, "db_field_types"))
			return field;
		to = models_find(m, models_text(field, "python_type"));
		if (!to)
			return NULL;
		field = json_object_get(to->json, "pk_field");
	}
	return NULL;
}

static int read_types(struct model_column *c, const struct models *m,
		      const struct model *of, struct err *err)
{
	const json_t *field = typed(m, c->json);
	const json_t *types = json_object_get(field, "db_field_types");

	c->plain_type = models_text(types, "");
	c->type = models_text(types, m->dialect->engine);
	if (!c->type)
		c->type = c->plain_type;
	c->python_type = models_text(field, "python_type");
	if (!c->type || !c->plain_type || !c->python_type)
		return models_error(m, of, c->field, err,
				   "the description has no type of it");
	return 0;
}

static int read_column(struct model_column *c, const struct models *m,
		       const struct model *of, const json_t *json,
		       struct err *err)
{
	const char *name = models_text(json, "name");
	const char *column = models_text(json, "db_column");

	c->json = json;
	if (!name)
		return models_error(m, of, NULL, err, "a field has no name");
	c->field = name;
	c->name = column ? column : name;
	c->comment = models_comment(json);
	c->null = models_flag(json, "nullable");
	c->unique = models_flag(json, "unique");
	c->index = models_flag(json, "index") ||
		   (!c->unique && models_flag(json, "indexed"));
	c->generated = models_flag(json, "generated");
	c->lost = !json_object_get(json, "db_field_types");
	return read_types(c, m, of, err);
}

static int read_columns(struct model *of, const struct models *m,
			struct err *err)
{
	const json_t *data = json_object_get(of->json, "data_fields");
	size_t n = json_array_size(data);

	of->columns = arena_alloc(m->arena, (n + 1) * sizeof(*of->columns));
	of->n = n + 1;
	if (read_column(&of->columns[0], m, of,
			json_object_get(of->json, "pk_field"), err))
		return -1;
	of->columns[0].key = true;
	of->columns[0].null = of->columns[0].unique = false;
	of->columns[0].index = false;
	for (size_t i = 0; i < n; i++)
		if (read_column(&of->columns[i + 1], m, of,
				json_array_get(data, i), err))
			return -1;
	return 0;
}

/* ---- what they refer to ------------------------------------------------- */

static bool same_type(const struct model_column *a,
		      const struct model_column *b)
{
	return !strcmp(a->plain_type, b->plain_type) &&
	       !strcmp(a->python_type, b->python_type);
}

/* The description does not say it: the key, or the only unique field that it
 * can be. */
static const struct model_column *guess_field(const struct model *to,
					      const struct model_column *c)
{
	const struct model_column *found = NULL;

	if (same_type(&to->columns[0], c))
		return &to->columns[0];
	for (size_t i = 1; i < to->n; i++) {
		if (!to->columns[i].unique || !same_type(&to->columns[i], c))
			continue;
		if (found)
			return NULL;
		found = &to->columns[i];
	}
	return found;
}

static int read_reference(struct model *of, const struct models *m,
			  const json_t *json, struct err *err)
{
	const char *name = models_text(json, "name");
	const char *raw = models_text(json, "raw_field");
	const char *field = models_text(json, "to_field");
	const char *label = models_text(json, "python_type");
	struct model_column *c = raw ? models_column(of, raw) : NULL;
	const struct model *to = models_find(m, label);
	const struct model_column *key;

	if (!name || !c)
		return models_error(m, of, name, err,
				   "the description has no column of it");
	if (!to)
		return models_error(m, of, name, err, "it refers to '%s', "
				   "which is none of the models",
				   label ? label : "");
	c->to = to;
	c->on_delete = models_text(json, "on_delete");
	if (!models_flag(json, "db_constraint"))
		return 0;
	key = field ? models_column(to, field) : guess_field(to, c);
	if (!key) {
		models_error(m, of, name, err, "which field of %s it refers to "
			    "is not in the description", to->label);
		return err_hint(err, "a key \"to_field\" beside \"raw_field\" "
				"says it");
	}
	if (!c->on_delete)
		return models_error(m, of, name, err, "it has no on_delete");
	c->to_column = key->name;
	return 0;
}

static int read_references(struct model *of, const struct models *m,
			   struct err *err)
{
	static const char *const kinds[] = { "fk_fields", "o2o_fields" };

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const json_t *v = json_object_get(of->json, kinds[k]);

		for (size_t i = 0; i < json_array_size(v); i++)
			if (read_reference(of, m, json_array_get(v, i), err))
				return -1;
	}
	return 0;
}

/* ---- models ------------------------------------------------------------- */

static int read_model(struct model *out, const struct models *m,
		      const char *label, const json_t *json, struct err *err)
{
	out->label = label;
	out->json = json;
	out->table = models_text(json, "table");
	if (!out->table || !json_is_object(json_object_get(json, "pk_field")))
		return models_error(m, out, NULL, err, "it is no description "
				    "of a model: a table or a pk_field is not "
				    "there");
	out->comment = models_comment(json);
	out->schema = m->dialect->schemas ? models_text(json, "schema") : NULL;
	return 0;
}

/* Only 1.0 and what is newer say what the database's defaults are. */
static void read_age(struct models *m, const char *version)
{
	unsigned long part[3] = { 1, 0, 0 };
	char *end = NULL;

	if (!version && m->n)
		version = models_text(m->v[0].json, "tortoise");
	m->old_defaults = true;
	for (size_t i = 0; i < m->n; i++)
		if (json_object_get(json_object_get(m->v[i].json, "pk_field"),
				    "db_default"))
			m->old_defaults = false;
	for (size_t i = 0; version && i < ARRAY_LEN(part); i++) {
		part[i] = strtoul(version, &end, 10);
		version = *end == '.' ? end + 1 : NULL;
	}
	m->silent_unique = !part[0] && (part[1] == 22 || (part[1] == 21 &&
							  part[2] >= 2));
	m->text_decimals = m->dialect->text_decimals && !part[0] &&
			   part[1] < 23;
}

static int read_all(struct models *m, struct err *err)
{
	const char *label;
	json_t *json;

	m->v = arena_alloc(m->arena, (json_object_size(m->json) + 1) *
			   sizeof(*m->v));
	json_object_foreach(m->json, label, json)
		if (read_model(&m->v[m->n++], m, label, json, err))
			return -1;
	for (size_t i = 0; i < m->n; i++)
		if (read_columns(&m->v[i], m, err))
			return -1;
	for (size_t i = 0; i < m->n; i++)
		if (read_references(&m->v[i], m, err))
			return -1;
	return 0;
}

int models_read(struct models *out, const char *json, size_t len,
		const char *path, const struct dialect *d,
		const char *version, struct arena *a, struct err *err)
{
	json_error_t why;

	memset(out, 0, sizeof(*out));
	out->path = path;
	out->dialect = d;
	out->arena = a;
	out->json = json_loadb(json, len, JSON_REJECT_DUPLICATES, &why);
	if (!out->json)
		return err_set(err, ERR_USAGE, "%s:%d: no description of "
			       "models: %s", path, why.line, why.text);
	if (!json_is_object(out->json))
		return err_set(err, ERR_USAGE, "%s: no description of models: "
			       "it is not a JSON object", path);
	if (read_all(out, err)) {
		models_release(out);
		return -1;
	}
	read_age(out, version);
	return 0;
}

void models_release(struct models *m)
{
	json_decref(m->json);
	m->json = NULL;
}
