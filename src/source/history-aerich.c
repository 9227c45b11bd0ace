/*
 * Aerich's migrations, of whichever of its formats: our reader says what is in
 * them.
 */
#include "config.h"

#include "source/history-parts.h"
#include "source/reader.h"

#include "ss/kinds.h"

#include <jansson.h>
#include <stdlib.h>

#define READER "aerich-migrations"

static const char *text_of(struct arena *a, const json_t *of, const char *key)
{
	const char *s = json_string_value(json_object_get(of, key));

	return s ? arena_strdup(a, s) : NULL;
}

static int ask(struct buf *out, struct history_reading *r)
{
	const struct history_opts *o = r->opts;
	struct list args = { NULL, 0 };

	if (o->gaps)
		list_add(r->arena, &args, "--gaps");
	if (o->no_states)
		list_add(r->arena, &args, "--no-state");
	if (o->connection)
		list_add(r->arena, &args,
			 arena_printf(r->arena, "--connection=%s",
				      o->connection));
	list_add(r->arena, &args, "--");
	list_add(r->arena, &args, r->dir);
	return reader_run(out, READER, ".", &args, r->arena, r->err);
}

static struct history_text take_text(struct arena *a, const json_t *of,
				     const char *key)
{
	const json_t *v = json_object_get(of, key);

	return (struct history_text){
		.path = text_of(a, v, "path"), .sql = text_of(a, v, "sql"),
	};
}

static void take_state(struct history_step *to, struct arena *a,
		       const json_t *v)
{
	char *text = json_is_object(v) ? json_dumps(v, JSON_COMPACT) : NULL;

	to->state = text ? arena_strdup(a, text) : NULL;
	free(text);
}

static void take(struct history_reading *r, const json_t *v)
{
	struct history *h = r->out;
	struct history_step *s = ARENA_PUSH(r->arena, h->v, h->n, h->cap);

	*s = (struct history_step){
		.number = text_of(r->arena, v, "number"),
		.name = text_of(r->arena, v, "name"),
		.up = take_text(r->arena, v, "up"),
		.down = take_text(r->arena, v, "down"),
		.alone = json_is_true(json_object_get(v, "alone")),
	};
	take_state(s, r->arena, json_object_get(v, "state"));
}

static int read_aerich(struct history_reading *r)
{
	struct buf b = BUF_INIT;
	json_t *all = NULL;
	json_error_t why;
	int ret = ask(&b, r);

	if (!ret) {
		all = json_loadb(b.ptr, b.len, 0, &why);
		if (!all)
			ret = err_set(r->err, ERR_IO, READER " has answered "
				      "what is no JSON: %s", why.text);
	}
	for (size_t i = 0; i < json_array_size(all); i++)
		take(r, json_array_get(all, i));
	json_decref(all);
	buf_release(&b);
	return ret;
}

/* A folder of it looks like others': it is named. */
static bool is_aerich(struct history_reading *r)
{
	(void)r;
	return false;
}

/* ---- what the models are behind one ------------------------------------- */

static bool is_own(const struct history_format *f, const char *table)
{
	for (const char *const *name = f->tables; *name; name++)
		if (!strcmp(*name, table))
			return true;
	return false;
}

static int differs(struct err *err, const struct history_step *step,
		   const char *table, const char *column, bool there)
{
	err_set(err, ERR_REFUSED, "%s: behind its SQL %s '%s%s%s' is %sthere, "
		"and %s MODELS_STATE", step->up.path, column ? "column" :
		"table", table, column ? "." : "", column ? column : "",
		there ? "" : "not ", there ? "not in" : "it is in");
	return err_hint(err, "put the SQL right; --no-state takes it as it "
			"is");
}

static const char *column_of(const json_t *field)
{
	const char *s = json_string_value(json_object_get(field, "db_column"));

	return s ? s : json_string_value(json_object_get(field, "name"));
}

/* A key that is a reference has no types, and Tortoise makes no column of
 * it. */
static bool has_column(const json_t *field)
{
	return column_of(field) && json_object_get(field, "db_field_types");
}

/* PostgreSQL cuts off what is too long. */
#define LONGEST 63
#define CUT 60		/* before a letter of several bytes */

static bool is_named(const struct spelling *sp, const char *is,
		     const char *said)
{
	if (!sp->qualified)
		return !ascii_casecmp(is, said);
	return !strcmp(is, said) || (strlen(said) > LONGEST &&
				     strlen(is) >= CUT && str_starts(said, is));
}

/* The last part of a name that is as SQL writes it, without its quotes. */
static const char *last_part(struct buf *b, const char *name)
{
	bool quoted = false;

	buf_truncate(b, 0);
	for (const char *p = name; *p; p++) {
		if (*p == '"' && quoted && p[1] == '"')
			buf_addch(b, *p++);
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '.' && !quoted)
			buf_truncate(b, 0);
		else
			buf_addch(b, *p);
	}
	return b->ptr;
}

/* A description does not say in which schema a table is. */
static const struct node *find_table(const struct schema *is,
				     const char *name)
{
	const struct kind *kind = kind_find(is->spelling, "table");
	const struct node *found = NULL;
	struct buf b = BUF_INIT;

	for (size_t i = 0; !found && i < is->n; i++) {
		const struct node *n = is->objects[i];

		if (n->kind == kind &&
		    is_named(is->spelling, is->spelling->qualified ?
			     last_part(&b, n->name) : n->name, name))
			found = n;
	}
	buf_release(&b);
	return found;
}

static const struct node *find_column(const struct schema *is,
				      const struct node *table,
				      const char *name)
{
	const struct kind *kind = kind_find(is->spelling, "column");

	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == kind &&
		    is_named(is->spelling, table->kids[i]->name, name))
			return table->kids[i];
	return NULL;
}

static bool says_column(const json_t *fields, const struct spelling *sp,
			const char *name)
{
	for (size_t i = 0; i < json_array_size(fields); i++) {
		const char *said = column_of(json_array_get(fields, i));

		if (said && is_named(sp, name, said))
			return true;
	}
	return false;
}

static int check_columns(const struct history_step *step,
			 const struct node *table, const char *name,
			 const json_t *fields, const struct schema *is,
			 struct err *err)
{
	const struct kind *column = kind_find(is->spelling, "column");

	for (size_t i = 0; i < json_array_size(fields); i++) {
		const json_t *f = json_array_get(fields, i);

		if (has_column(f) && !find_column(is, table, column_of(f)))
			return differs(err, step, name, column_of(f), false);
	}
	for (size_t i = 0; i < table->nkids; i++)
		if (table->kids[i]->kind == column &&
		    !says_column(fields, is->spelling, table->kids[i]->name))
			return differs(err, step, name, table->kids[i]->name,
				       true);
	return 0;
}

static int check_model(const struct history_step *step, const json_t *model,
		       const struct schema *is, struct err *err)
{
	const char *name = json_string_value(json_object_get(model, "table"));
	const struct node *table = find_table(is, name);
	json_t *fields = json_array();
	int ret;

	json_array_append(fields, json_object_get(model, "pk_field"));
	json_array_extend(fields, json_object_get(model, "data_fields"));
	ret = table ? check_columns(step, table, name, fields, is, err) :
	      differs(err, step, name, NULL, false);
	json_decref(fields);
	return ret;
}

int history_check_state(const struct history_step *step,
			const struct history_format *format,
			const struct schema *is, struct err *err)
{
	bool empty = !step->up.sql[strspn(step->up.sql, " \t\r\n;")];
	json_t *state, *model;
	const char *label;
	int ret = 0;

	if (!step->state || empty)
		return 0;
	state = json_loads(step->state, 0, NULL);
	json_object_foreach(state, label, model) {
		const char *table = json_string_value(
			json_object_get(model, "table"));

		/* What is not managed is made elsewhere. */
		if (!table || is_own(format, table) ||
		    json_is_false(json_object_get(model, "managed")))
			continue;
		ret = check_model(step, model, is, err);
		if (ret)
			break;
	}
	json_decref(state);
	return ret;
}

static const char *const aerich_tables[] = { "aerich", NULL };
/* A file's name there ends as it did when it was run. */
static const char *const aerich_applied[] = {
	"SELECT app || '/' || replace(replace(replace(version, '.py', ''), "
	"'.sql', ''), '.json', '') FROM @aerich ORDER BY id", NULL,
};

const struct history_format history_aerich = {
	.name = "aerich",
	.is = is_aerich,
	.read = read_aerich,
	.tables = aerich_tables,
	.applied = aerich_applied,
};
