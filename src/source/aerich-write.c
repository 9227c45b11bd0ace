/*
 * A migration file as Aerich writes it, since 0.9.2.  The SQL stands in a
 * string of Python's: what would be an escape there is one here.
 */
#include "config.h"

#include "ss/aerich-write.h"

#include <jansson.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <zlib.h>

#define LINE 70		/* of base64 */

static const char head[] =
	"from tortoise import BaseDBAsyncClient\n"
	"\n"
	"RUN_IN_TRANSACTION = %s\n"
	"\n"
	"\n"
	"async def upgrade(db: BaseDBAsyncClient) -> str:\n"
	"    return \"\"\"\n"
	"        ";
static const char between[] =
	"\"\"\"\n"
	"\n"
	"\n"
	"async def downgrade(db: BaseDBAsyncClient) -> str:\n"
	"    return \"\"\"\n"
	"        ";

/* Without the blanks around it. */
static void add_sql(struct buf *b, const char *sql)
{
	size_t n;

	sql += strspn(sql, " \t\r\n");
	for (n = strlen(sql); n && strchr(" \t\r\n", sql[n - 1]);)
		n--;
	for (size_t i = 0; i < n; i++) {
		bool quote = sql[i] == '"' &&
			     (i + 1 == n || sql[i + 1] == '"');

		if (sql[i] == '\r')
			buf_addstr(b, "\\r");
		else if (sql[i] == '\\' || quote)
			buf_addf(b, "\\%c", sql[i]);
		else
			buf_addch(b, sql[i]);
	}
}

/* ---- MODELS_STATE -------------------------------------------------------- */

static void squeeze(struct buf *out, const char *text)
{
	size_t n = strlen(text);
	uLongf size = compressBound(n);

	/* It fails where the room is too small, and it is not. */
	if (compress2((Bytef *)buf_room(out, size), &size,
		      (const Bytef *)text, n, 6) == Z_OK)
		out->len += size;
}

/* In lines of a fixed length, as Aerich cuts it. */
static void add_state(struct buf *b, const char *state)
{
	struct buf squeezed = BUF_INIT, text = BUF_INIT;

	squeeze(&squeezed, state);
	base64_encode_raw(buf_room(&text,
				   BASE64_ENCODE_RAW_LENGTH(squeezed.len)),
			  squeezed.len, (const uint8_t *)squeezed.ptr);
	text.len = BASE64_ENCODE_RAW_LENGTH(squeezed.len);
	text.ptr[text.len] = '\0';
	buf_addstr(b, "\n\nMODELS_STATE = (\n");
	for (size_t i = 0; i < text.len; i += LINE)
		buf_addf(b, "    \"%.*s\"\n", LINE, text.ptr + i);
	buf_addstr(b, ")\n");
	buf_release(&squeezed);
	buf_release(&text);
}

void aerich_write(struct buf *out, const struct aerich_text *t)
{
	buf_addf(out, head, t->alone ? "False" : "True");
	add_sql(out, t->up);
	buf_addstr(out, between);
	add_sql(out, t->down ? t->down : "");
	buf_addstr(out, "\"\"\"\n");
	if (t->state)
		add_state(out, t->state);
}

/* ---- what the models are ------------------------------------------------- */

static void strip_field(json_t *field)
{
	static const char *const ours[] = { "to_field", "index", "value" };
	const char *type = json_string_value(json_object_get(field,
							     "field_type"));

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		json_object_del(field, ours[i]);
	if (!type || strcmp(type, "TimeField"))
		return;
	json_object_del(field, "auto_now");
	json_object_del(field, "auto_now_add");
}

static void strip(json_t *model)
{
	const char *key;
	json_t *v;

	json_object_del(model, "schema");
	json_object_del(model, "tortoise");
	json_object_foreach(model, key, v) {
		if (!strcmp(key, "pk_field"))
			strip_field(v);
		for (size_t i = 0; i < json_array_size(v); i++)
			if (json_is_object(json_array_get(v, i)) &&
			    strcmp(key, "indexes"))
				strip_field(json_array_get(v, i));
	}
}

static bool is_of(const json_t *model, const char *app)
{
	const char *s = json_string_value(json_object_get(model, "app"));

	return s && !strcmp(s, app);
}

/* A description is an object of models, or a list. */
static json_t *models_of(json_t *all, const char *app)
{
	json_t *out = json_object(), *model;
	const char *label;

	json_object_foreach(all, label, model)
		if (is_of(model, app)) {
			strip(model);
			json_object_set(out, label, model);
		}
	for (size_t i = 0; i < json_array_size(all); i++) {
		model = json_array_get(all, i);
		label = json_string_value(json_object_get(model, "name"));
		if (label && is_of(model, app)) {
			strip(model);
			json_object_set(out, label, model);
		}
	}
	return out;
}

int aerich_state(struct buf *out, const char *models, const char *app,
		 struct err *err)
{
	json_error_t why;
	json_t *all = json_loads(models, 0, &why), *of;
	char *text;

	if (!all)
		return err_set(err, ERR_DAMAGED, "the models of a version are "
			       "no JSON: %s", why.text);
	of = models_of(all, app);
	text = json_object_size(of) ? json_dumps(of, JSON_ENSURE_ASCII) : NULL;
	if (text)
		buf_addstr(out, text);
	free(text);
	json_decref(of);
	json_decref(all);
	return 0;
}

/* ---- its table ----------------------------------------------------------- */

static const struct {
	const char *engine, *sql;
} tables[] = {
	{ "sqlite",
	  "CREATE TABLE IF NOT EXISTS \"aerich\" (\n"
	  "    \"id\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,\n"
	  "    \"version\" VARCHAR(255) NOT NULL,\n"
	  "    \"app\" VARCHAR(100) NOT NULL,\n"
	  "    \"content\" JSON NOT NULL\n"
	  ");\n" },
	{ "postgres",
	  "CREATE TABLE IF NOT EXISTS \"aerich\" (\n"
	  "    \"id\" SERIAL NOT NULL PRIMARY KEY,\n"
	  "    \"version\" VARCHAR(255) NOT NULL,\n"
	  "    \"app\" VARCHAR(100) NOT NULL,\n"
	  "    \"content\" JSONB NOT NULL\n"
	  ");\n" },
};

const char *aerich_table(const char *engine)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (!strcmp(tables[i].engine, engine))
			return tables[i].sql;
	return NULL;
}
