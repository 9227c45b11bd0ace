/*
 * The property of test-property.c: what must hold for any two schemas.
 *
 *	 text A ── read ── plan(A, A) is empty, text form there and back
 *	   │
 *	 rows ── plan(A, B), proven ── runs ── digest of B, rows kept
 *	                                 │
 *	 digest of A, rows kept ── runs ── plan(B, A), proven ── more rows
 */
#include "config.h"

#include "property.h"

#include <stdarg.h>
#include <stdio.h>

#include "ss/engine.h"
#include "ss/map.h"
#include "ss/plan.h"

struct check {
	struct pair *pair;
	struct verdict *v;
	struct arena arena;
	struct schema a, b;
	struct schema a_again, b_again;	/* of other spelling, no origins */
	const char *sql_a, *sql_b;
	struct conn *db;
};

static const struct engine *const engine = &engine_sqlite;

PRINTF_LIKE(3, 4)
static bool fail(struct check *c, const char *stage, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->v->text, sizeof(c->v->text), fmt, ap);
	va_end(ap);
	c->v->outcome = OUTCOME_FAILED;
	c->v->stage = stage;
	return false;
}

static const char *sql_of(struct check *c, struct p_model *m, uint64_t noise)
{
	struct buf b = BUF_INIT;
	char *s;

	model_sql(&b, m, noise);
	s = arena_strdup(&c->arena, b.ptr);
	buf_release(&b);
	return s;
}

static bool sqlite_takes(const char *sql)
{
	struct err err = ERR_INIT;
	struct conn *db;
	bool yes;

	if (engine->scratch(&db, NULL, &err))
		return false;
	yes = !engine->exec(db, sql, &err);
	engine->close(db);
	return yes;
}

static bool open_sql(struct check *c, struct conn **db, const char *sql)
{
	struct err err = ERR_INIT;

	if (engine->scratch(db, NULL, &err))
		return fail(c, "scratch", "%s", err.text);
	if (!engine->load(*db, sql, strlen(sql), "model", &err))
		return true;
	if (sqlite_takes(sql))
		return fail(c, "load", "%s", err.text);
	c->v->outcome = OUTCOME_INVALID;
	snprintf(c->v->text, sizeof(c->v->text), "%s", err.text);
	return false;
}

static bool read_schema(struct check *c, struct schema *out, struct conn *db)
{
	struct err err = ERR_INIT;

	schema_init(out, engine->spelling, &c->arena);
	if (engine->read(db, out, NULL, &err))
		return fail(c, "read", "%s", err.text);
	return true;
}

static bool read_sql(struct check *c, struct schema *out, const char *sql)
{
	struct conn *db = NULL;
	bool ok;

	schema_init(out, engine->spelling, &c->arena);
	ok = open_sql(c, &db, sql) && read_schema(c, out, db);
	engine->close(db);
	return ok;
}

/* ---- what needs no database --------------------------------------------- */

static bool check_text(struct check *c, const struct schema *s)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	bool same = true;

	for (size_t i = 0; i < s->n && same; i++) {
		struct err err = ERR_INIT;
		struct node *n;

		buf_truncate(&one, 0);
		buf_truncate(&two, 0);
		node_encode(&one, s->objects[i]);
		if (node_decode(&n, engine_sqlite.spelling, one.ptr, one.len,
				&c->arena, &err)) {
			same = fail(c, "decode", "%s", err.text);
			break;
		}
		node_encode(&two, n);
		same = one.len == two.len &&
		       !memcmp(one.ptr, two.ptr, one.len);
		if (!same)
			fail(c, "text", "%s became %s", one.ptr, two.ptr);
	}
	buf_release(&one);
	buf_release(&two);
	return same;
}

static bool make_plan(struct check *c, struct plan *p,
		      const struct schema *from, const struct schema *to)
{
	struct plan_opts opts = { .column_order = c->pair->column_order };
	struct err err = ERR_INIT;

	if (!plan_make(p, engine, from, to, &opts, &c->arena, &err))
		return true;
	if (err.code != ERR_REFUSED)
		return fail(c, "plan", "%s", err.text);
	c->v->outcome = OUTCOME_REFUSED;
	snprintf(c->v->text, sizeof(c->v->text), "%s", err.text);
	return false;
}

static bool check_same(struct check *c, const char *stage,
		       const struct schema *a, const struct schema *b)
{
	struct plan p;

	if (strcmp(a->digest, b->digest))
		return fail(c, stage, "the digests differ");
	if (!make_plan(c, &p, a, b))
		return false;
	if (p.sql_len)
		return fail(c, stage, "the plan is not empty: %s", p.sql);
	return true;
}

/* ---- rows --------------------------------------------------------------- */

static void insert_rows(struct check *c, struct p_model *m, uint64_t seed)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	model_rows(&b, m, seed);
	for (size_t i = 0; i < b.len; i += strlen(b.ptr + i) + 1)
		c->v->rows |= !engine->exec(c->db, b.ptr + i, &err);
	buf_release(&b);
}

static int add_value(void *ctx, const struct value *v, size_t n)
{
	struct buf *b = ctx;

	if (n && v[0].type == VALUE_TEXT)
		buf_add(b, v[0].ptr, v[0].len);
	else if (n && v[0].type == VALUE_INT)
		buf_addf(b, "%lld", (long long)v[0].i);
	buf_addch(b, '|');
	return 0;
}

static const char *query(struct check *c, const char *sql)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	char *s;

	if (engine->query(c->db, sql, NULL, 0, add_value, &b, &err))
		buf_addf(&b, "error: %s", err.text);
	s = arena_strdup(&c->arena, b.ptr);
	buf_release(&b);
	return s;
}

static const char *count_rows(struct check *c, const struct p_table *t)
{
	struct buf b = BUF_INIT;
	const char *s;

	buf_addstr(&b, "SELECT count(*) FROM ");
	sql_name(&b, t->name);
	s = query(c, b.ptr);
	buf_release(&b);
	return s;
}

static const char *column_values(struct check *c, const struct p_table *t,
				 const struct p_column *col)
{
	struct buf b = BUF_INIT;
	const char *s;

	buf_addstr(&b, t->without_rowid ? "SELECT quote(" :
		   "SELECT rowid || ':' || quote(");
	sql_name(&b, col->name);
	buf_addstr(&b, ") FROM ");
	sql_name(&b, t->name);
	buf_addstr(&b, t->without_rowid ? " ORDER BY 1" : " ORDER BY rowid");
	s = query(c, b.ptr);
	buf_release(&b);
	return s;
}

static const char *sequence(struct check *c, const struct p_table *t)
{
	struct buf b = BUF_INIT;
	const char *s;

	buf_addstr(&b, "SELECT seq FROM sqlite_sequence WHERE name = '");
	for (const char *p = t->name; *p; p++)
		buf_addf(&b, *p == '\'' ? "%c'" : "%c", *p);
	buf_addch(&b, '\'');
	s = query(c, b.ptr);
	buf_release(&b);
	return s;
}

static bool same_rowids(const struct p_table *a, const struct p_table *b)
{
	return a->strict == b->strict && a->pk_type == b->pk_type &&
	       a->without_rowid == b->without_rowid &&
	       a->pk.n == b->pk.n &&
	       !memcmp(a->pk.col, b->pk.col, (size_t)a->pk.n *
		       sizeof(*a->pk.col));
}

static bool same_values(const struct p_column *a, const struct p_column *b)
{
	if (a->generated.text || b->generated.text ||
	    a->not_null != b->not_null || !a->type != !b->type)
		return false;
	return !a->type || !strcmp(a->type, b->type);
}

/* Id -> what stands there: rows of a table, values of a column, the counter
 * of a table (as -id).  Only what must not change from one to the other. */
struct snapshot {
	const char *v[1000];
	const char *sequence[1000];
};

static void take(struct check *c, struct snapshot *s, struct p_model *here,
		 struct p_model *there)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < here->ntables; i++) {
		struct p_table *t = &here->tables[i];
		struct p_table *o = model_table(there, t->id), *of;

		if (!o)
			continue;
		s->v[t->id] = count_rows(c, t);
		if (t->autoincrement && o->autoincrement &&
		    same_rowids(t, o))
			s->sequence[t->id] = sequence(c, t);
		for (int k = 0; k < t->ncolumns && same_rowids(t, o); k++) {
			struct p_column *col = &t->columns[k];
			struct p_column *twin = model_column(there, col->id,
							     &of);

			if (twin && same_values(col, twin))
				s->v[col->id] = column_values(c, t, col);
		}
	}
}

static bool check_kept(struct check *c, const struct snapshot *before,
		       const struct snapshot *after)
{
	for (size_t i = 0; i < ARRAY_LEN(before->v); i++) {
		const char *a = before->v[i], *b = after->v[i];

		if (a && b && strcmp(a, b))
			return fail(c, "rows", "%s became %s", a, b);
		a = before->sequence[i];
		b = after->sequence[i];
		if (a && b && strcmp(a, b))
			return fail(c, "sequence", "%s became %s", a, b);
	}
	return true;
}

/* ---- on the way --------------------------------------------------------- */

struct travel {
	const char *from_sql;
	const char *name;
	struct p_model *from_model, *to_model;
	const struct schema *from, *to;
	const struct schema *to_again;
};

/* Do rows stand in the way?  1: what says of which hazard; -1: one of them
 * cannot be counted. */
static int is_blocked(struct check *c, const struct plan *p,
		      const struct hazard **what)
{
	struct err err = ERR_INIT;
	int unknown = 0;
	int64_t n;

	for (size_t i = 0; i < p->script.n; i++)
		for (size_t k = 0; k < p->script.v[i].nhazards; k++) {
			const struct hazard *h = &p->script.v[i].hazards[k];

			if (hazard_infos[h->id].severity != HAZARD_BLOCKS)
				continue;
			*what = h;
			if (hazard_count(&n, h, c->db, &err) || n < 0)
				unknown = -1;
			else if (n)
				return 1;
		}
	return unknown;
}

static int execute(struct check *c, const struct plan *p, struct err *err)
{
	int ret = engine->begin(c->db, err);

	for (size_t i = 0; i < p->script.n && !ret; i++)
		ret = engine->exec(c->db, p->script.v[i].sql, err);
	if (!ret && !engine->commit(c->db, err))
		return 0;
	engine->rollback(c->db);
	return -1;
}

static bool has_arrived(struct check *c, const struct travel *t,
			const struct plan *p)
{
	struct schema s;
	struct plan rest;
	bool ok;

	if (!read_schema(c, &s, c->db))
		ok = false;
	else if (strcmp(s.digest, p->to_digest))
		ok = make_plan(c, &rest, &s, t->to_again) &&
		     fail(c, "arrival", "%s: %s", t->name, rest.sql);
	else
		ok = check_same(c, "arrived", &s, t->to_again);
	schema_release(&s);
	return ok;
}

static bool reopen(struct check *c, const char *sql)
{
	engine->close(c->db);
	c->db = NULL;
	return open_sql(c, &c->db, sql);
}

/* Rows stood in the way: once more without. */
static bool go_empty(struct check *c, const struct travel *t,
		     const struct plan *p)
{
	struct err err = ERR_INIT;

	c->v->blocked = true;
	if (!reopen(c, t->from_sql))
		return false;
	if (execute(c, p, &err))
		return fail(c, "run empty", "%s: %s", t->name, err.text);
	return has_arrived(c, t, p);
}

/* It went well, although it was said that it would not: a new foreign key may
 * break where another one that was broken goes, and SQLite 3.40 does not look
 * at the types of all that it computes. */
static bool may_go_well(const struct hazard *h, const char *broken)
{
	return (h->id == HAZARD_NEW_FOREIGN_KEY && strcmp(broken, "0|")) ||
	       h->id == HAZARD_TYPE_REJECTS;
}

static bool go(struct check *c, const struct travel *t)
{
	struct snapshot before, after;
	const struct hazard *what = NULL;
	struct err err = ERR_INIT;
	const char *broken;
	struct plan p;
	int blocked;

	if (!make_plan(c, &p, t->from, t->to))
		return false;
	if (plan_prove(&p, &err))
		return fail(c, "prove", "%s: %s", t->name, err.text);
	blocked = is_blocked(c, &p, &what);
	broken = query(c, "SELECT count(*) FROM pragma_foreign_key_check");
	take(c, &before, t->from_model, t->to_model);
	if (execute(c, &p, &err)) {
		if (!blocked)
			return fail(c, "run", "%s: %s", t->name, err.text);
		return go_empty(c, t, &p);
	}
	take(c, &after, t->to_model, t->from_model);
	if (check_kept(c, &before, &after) && blocked > 0 &&
	    !may_go_well(what, broken))
		return fail(c, "false block", "%s: %s of %s: %s", t->name,
			    hazard_infos[what->id].code, what->node,
			    what->count_sql);
	if (blocked > 0) {
		c->v->outcome = OUTCOME_OK;
		return go_empty(c, t, &p);
	}
	return c->v->outcome == OUTCOME_OK && has_arrived(c, t, &p);
}

static bool inherit(struct check *c)
{
	struct err err = ERR_INIT;
	struct rename *renames;
	size_t n = model_renames(&renames, &c->pair->a, &c->pair->b,
				 &c->arena);

	if (schema_inherit(&c->b, &c->a, renames, n, &err))
		return fail(c, "inherit", "%s", err.text);
	return true;
}

static bool check_all(struct check *c)
{
	struct p_model *a = &c->pair->a, *b = &c->pair->b;
	const uint64_t seed = c->pair->seed;
	struct travel up, down;

	c->sql_a = sql_of(c, a, seed);
	c->sql_b = sql_of(c, b, seed ? seed + 1 : 0);
	up = (struct travel){ c->sql_a, "up", a, b, &c->a, &c->b,
			      &c->b_again };
	down = (struct travel){ c->sql_b, "down", b, a, &c->b, &c->a,
				&c->a_again };
	if (!read_sql(c, &c->a, c->sql_a) || !read_sql(c, &c->b, c->sql_b) ||
	    !read_sql(c, &c->a_again, sql_of(c, a, seed ? seed + 2 : 0)) ||
	    !read_sql(c, &c->b_again, sql_of(c, b, 0)))
		return false;
	if (!check_same(c, "same", &c->a, &c->a_again) || !inherit(c) ||
	    !check_text(c, &c->a) || !check_text(c, &c->b) ||
	    !open_sql(c, &c->db, c->sql_a))
		return false;
	insert_rows(c, a, seed);
	if (!go(c, &up))
		return false;
	insert_rows(c, b, seed + 1);
	return go(c, &down);
}

void pair_check(struct verdict *v, struct pair *p)
{
	struct check c = { .pair = p, .v = v, .arena = ARENA_INIT };

	memset(v, 0, sizeof(*v));
	check_all(&c);
	schema_release(&c.a);
	schema_release(&c.b);
	schema_release(&c.a_again);
	schema_release(&c.b_again);
	engine->close(c.db);
	arena_release(&c.arena);
}
