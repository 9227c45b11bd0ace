/*
 * The registry of what is parked in a database.
 */
#include "config.h"

#include "ss/parking.h"

#include "ss/fault.h"

#include "migrations/ledger-sql.h"
#include "migrations/park.h"

const char *const park_words[PARK_N] = { "table", "column", "counter" };

struct reading {
	struct parking *out;
	bool bad;
};

static const struct parked_sql *sql_of(const struct engine *e)
{
	return &ledger_sql_of(e->name)->parked;
}

static int note_row(void *ctx, const struct value *v, size_t n)
{
	(void)v;
	(void)n;
	*(bool *)ctx = true;
	return 1;
}

static const char *text_of(struct reading *r, const struct value *v)
{
	if (v->type == VALUE_NULL)
		return NULL;
	r->bad |= v->type != VALUE_TEXT;
	return v->type == VALUE_TEXT ?
	       arena_strndup(r->out->arena, v->ptr, v->len) : "";
}

/* "a" "b c": names, each quoted. */
static void take_names(struct list *out, struct reading *r,
		       const struct value *v)
{
	const char *s = text_of(r, v);
	struct buf b = BUF_INIT;
	size_t used;

	while (s && *s && !r->bad) {
		buf_truncate(&b, 0);
		if (buf_add_unquoted(&b, s, strlen(s), &used)) {
			r->bad = true;
			break;
		}
		list_add(r->out->arena, out,
			 arena_strndup(r->out->arena, b.len ? b.ptr : "",
				       b.len));
		s += used;
		s += *s == ' ';
	}
	buf_release(&b);
}

static void take_what(struct parked *e, struct reading *r, const char *word)
{
	for (int i = 0; i < PARK_N; i++)
		if (word && !strcmp(word, park_words[i])) {
			e->what = i;
			return;
		}
	r->bad = true;
}

/* A copy says what it has; without a key a column's would go to every row. */
static bool is_whole(const struct parked *e)
{
	if (e->n < 1 || e->n == INT64_MAX)
		return false;
	if (e->what == PARK_COLUMN)
		return e->part && e->held.n == 1 && e->keys.n;
	return e->what != PARK_TABLE || (!e->part && e->held.n);
}

/* n, what, node, object, origin, part, held, keys, nrows, version, parked,
 * restored, freed, rowids */
static int take_row(void *ctx, const struct value *v, size_t n)
{
	struct reading *r = ctx;
	struct parked *e;

	if (n != 14 || v[0].type != VALUE_INT || v[8].type != VALUE_INT) {
		r->bad = true;
		return 1;
	}
	e = ARENA_PUSH(r->out->arena, r->out->v, r->out->n, r->out->cap);
	memset(e, 0, sizeof(*e));
	e->n = v[0].i;
	take_what(e, r, text_of(r, &v[1]));
	e->node = text_of(r, &v[2]);
	e->object = text_of(r, &v[3]);
	e->origin = text_of(r, &v[4]);
	e->part = text_of(r, &v[5]);
	take_names(&e->held, r, &v[6]);
	take_names(&e->keys, r, &v[7]);
	e->rows = v[8].i;
	e->version = text_of(r, &v[9]);
	e->parked = text_of(r, &v[10]);
	e->restored = text_of(r, &v[11]);
	e->freed = text_of(r, &v[12]);
	e->rowids = v[13].i;
	r->bad |= !e->node || !e->object || !e->origin || !e->version ||
		  !e->parked || !is_whole(e);
	r->out->last = e->n;
	return r->bad;
}

int parking_read(struct parking *out, struct conn *c, struct arena *a,
		 struct err *err)
{
	const struct engine *e = conn_engine(c);
	struct reading r = { .out = out };

	*out = (struct parking){ .engine = e, .arena = a };
	if (e->query(c, sql_of(e)->exists, NULL, 0, note_row, &out->there,
		     err) ||
	    (out->there && e->query(c, sql_of(e)->rows, NULL, 0, take_row, &r,
				    err)))
		return err_wrap(err, "reading what is parked");
	if (!r.bad)
		return 0;
	err_set(err, ERR_REFUSED, "row %lld of '%s' is not what schemastore "
		"wrote", (long long)(out->n ? out->v[out->n - 1].n : 0),
		e->park->registry);
	return err_hint(err, "restore that table from a backup of the "
			"database");
}

static int take_size(void *ctx, const struct value *v, size_t n)
{
	if (n && v[0].type == VALUE_INT)
		*(int64_t *)ctx = v[0].i;
	return 1;
}

static bool has_copy(const struct parked *e)
{
	return e->what != PARK_COUNTER;
}

int parked_size(int64_t *out, const struct parked *e, struct conn *c,
		struct err *err)
{
	const struct engine *engine = conn_engine(c);
	const char *sql = sql_of(engine)->size;
	struct err unknown = ERR_INIT;
	struct buf b = BUF_INIT;
	struct value v = { .type = VALUE_TEXT };

	(void)err;
	*out = has_copy(e) && !e->freed ? -1 : 0;
	if (!*out)
		return 0;
	park_add_copy(&b, engine, e->n);
	v.ptr = b.ptr;
	v.len = b.len;
	/* SQLite may be built without what knows. */
	if (engine->query(c, sql, &v, 1, take_size, out, &unknown))
		*out = -1;
	buf_release(&b);
	return 0;
}

static int free_one(const struct parked *e, struct conn *c, struct err *err)
{
	const struct engine *engine = conn_engine(c);
	struct buf b = BUF_INIT;
	int ret = 0;

	if (has_copy(e)) {
		buf_addstr(&b, "DROP TABLE ");
		park_add_copy(&b, engine, e->n);
		ret = engine->exec(c, b.ptr, err);
	}
	buf_truncate(&b, 0);
	buf_addf(&b, "UPDATE %s SET freed = %s WHERE n = %lld",
		 engine->park->registry, engine->park->now, (long long)e->n);
	if (!ret)
		ret = engine->exec(c, b.ptr, err);
	buf_release(&b);
	return ret ? err_wrap(err, "parked %s", e->node) : 0;
}

int parking_free(const struct parked *const *v, size_t n, struct conn *c,
		 struct err *err)
{
	const struct engine *e = conn_engine(c);

	if (e->begin(c, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (free_one(v[i], c, err) || fault("parking.free", err))
			goto undo;
	if (!e->commit(c, err))
		return 0;
undo:
	e->rollback(c);
	return -1;
}
