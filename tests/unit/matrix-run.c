/*
 * One case of a matrix: load both schemas, go from the first to the second and
 * back, and look each time whether that is where we are, with all rows.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "matrix.h"

#include "ss/buf.h"
#include "ss/diff.h"
#include "ss/plan.h"

static const struct engine *const engine = &engine_postgres;

struct trial {
	struct matrix_bench *bench;
	const struct matrix_case *c;
	struct arena arena;
	struct err err;
	struct schema from, to;
	bool online;
	bool ok;
};

static void complain(struct trial *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void complain(struct trial *t, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	print_error("%s:%zu: %s %s%s: %s\n", strrchr(t->c->file, '/') + 1,
		    t->c->line, t->c->kind, t->c->field, t->online ?
		    ", online" : "", b.ptr);
	buf_release(&b);
	t->ok = false;
}

/* ---- databases --------------------------------------------------------- */

/* All that a source may have made, and what a new database has. */
static const char wipe_sql[] =
	"DO $$DECLARE r record; BEGIN "
	"FOR r IN SELECT format('DROP EVENT TRIGGER IF EXISTS %I', evtname) "
	"AS s FROM pg_event_trigger "
	"UNION ALL SELECT format('DROP PUBLICATION IF EXISTS %I', pubname) "
	"FROM pg_publication "
	"UNION ALL SELECT format('DROP CAST IF EXISTS (%s AS %s) CASCADE', "
	"format_type(castsource, NULL), format_type(casttarget, NULL)) "
	"FROM pg_cast c WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM "
	"pg_depend d WHERE d.classid = 2605 AND d.objid = c.oid AND "
	"d.deptype IN ('i', 'e')) "
	"UNION ALL SELECT format('DROP TRANSFORM IF EXISTS FOR %s LANGUAGE %I "
	"CASCADE', format_type(trftype, NULL), lanname) FROM pg_transform "
	"JOIN pg_language l ON l.oid = trflang "
	"UNION ALL SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', "
	"extname) FROM pg_extension WHERE extname <> 'plpgsql' "
	"UNION ALL SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) "
	"FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "
	"'information_schema' "
	"UNION ALL SELECT format('DROP FOREIGN DATA WRAPPER IF EXISTS %I "
	"CASCADE', fdwname) FROM pg_foreign_data_wrapper "
	"UNION ALL SELECT format('DROP LANGUAGE IF EXISTS %I CASCADE', "
	"lanname) FROM pg_language WHERE lanispl AND lanname <> 'plpgsql' "
	"UNION ALL SELECT format('DROP ACCESS METHOD IF EXISTS %I CASCADE', "
	"amname) FROM pg_am WHERE oid >= 16384 "
	"LOOP EXECUTE r.s; END LOOP; "
	"CREATE SCHEMA public; "
	"COMMENT ON SCHEMA public IS 'standard public schema'; "
	"GRANT USAGE ON SCHEMA public TO PUBLIC; "
	"IF current_setting('server_version_num')::int >= 150000 THEN "
	"ALTER SCHEMA public OWNER TO pg_database_owner; "
	"ELSE GRANT CREATE ON SCHEMA public TO PUBLIC; END IF; END$$";

static void drop_database(struct conn **c)
{
	engine->close(*c);
	*c = NULL;
}

static bool fresh(struct trial *t, struct conn **c)
{
	if (t->c->fresh)
		drop_database(c);
	if (*c && !engine->exec(*c, "RESET ALL", &t->err) &&
	    !engine->exec(*c, wipe_sql, &t->err))
		return true;
	drop_database(c);
	t->err.code = ERR_NONE;
	if (engine->scratch(c, NULL, &t->err))
		fail_msg("%s", t->err.text);
	return true;
}

static bool read_into(struct trial *t, struct schema *s, struct conn *c)
{
	schema_init(s, engine->spelling, &t->arena);
	if (!engine->read(c, s, NULL, &t->err))
		return true;
	complain(t, "reading: %s", t->err.text);
	return false;
}

static bool load_into(struct trial *t, struct schema *s, struct conn **c,
		      const char *sql)
{
	if (!fresh(t, c))
		return false;
	if (engine->load(*c, sql, strlen(sql), "sql", &t->err)) {
		complain(t, "%s\n%s", t->err.text, sql);
		return false;
	}
	return read_into(t, s, *c);
}

/* ---- rows -------------------------------------------------------------- */

/* Two in each table that takes them. */
static const char fill_sql[] =
	"DO $$DECLARE r record; BEGIN FOR r IN SELECT c.oid::regclass AS t "
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
	"c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> "
	"'information_schema' ORDER BY c.oid LOOP BEGIN "
	"EXECUTE format('INSERT INTO %s DEFAULT VALUES', r.t); "
	"EXECUTE format('INSERT INTO %s DEFAULT VALUES', r.t); "
	"EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END$$";

static const char tables_sql[] =
	"SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON "
	"n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' "
	"AND n.nspname <> 'information_schema' ORDER BY 1";

struct rows {
	struct arena *arena;
	struct list tables, counts, values;
};

static int take_table(void *ctx, const struct value *v, size_t n)
{
	struct rows *r = ctx;

	(void)n;
	list_add(r->arena, &r->tables, arena_strndup(r->arena, v[0].ptr,
						     v[0].len));
	return 0;
}

static int take_rows(void *ctx, const struct value *v, size_t n)
{
	struct rows *r = ctx;

	(void)n;
	list_add(r->arena, &r->counts, arena_strndup(r->arena, v[0].ptr,
						     v[0].len));
	list_add(r->arena, &r->values, arena_strndup(r->arena, v[1].ptr,
						     v[1].len));
	return 0;
}

static void read_rows(struct trial *t, struct rows *r)
{
	*r = (struct rows){ .arena = &t->arena };
	if (engine->query(t->bench->a, tables_sql, NULL, 0, take_table, r,
			  &t->err))
		complain(t, "%s", t->err.text);
	for (size_t i = 0; i < r->tables.n; i++) {
		const char *sql = arena_printf(&t->arena, "SELECT "
			"count(*)::text, coalesce(string_agg(ss_row::text, ' ' "
			"ORDER BY ss_row::text), '') FROM ONLY %s ss_row",
			r->tables.v[i]);

		if (engine->query(t->bench->a, sql, NULL, 0, take_rows, r,
				  &t->err))
			complain(t, "%s", t->err.text);
	}
}

/* Of the tables that are there both times, under whatever name. */
static void compare_rows(struct trial *t, const char *way,
			 const struct rows *was, const struct rows *is,
			 bool values)
{
	if (values && t->c->loses)
		return;
	for (size_t i = 0, k = 0; i < was->tables.n && k < is->tables.n; ) {
		int cmp = t->c->renames.n ? 0 : strcmp(was->tables.v[i],
						    is->tables.v[k]);

		if (!cmp && strcmp(was->counts.v[i], is->counts.v[k]))
			complain(t, "%s: %s: %s rows, and %s were there", way,
				 is->tables.v[k], is->counts.v[k],
				 was->counts.v[i]);
		else if (!cmp && values &&
			 strcmp(was->values.v[i], is->values.v[k]))
			complain(t, "%s: %s: rows are %s, and were %s", way,
				 is->tables.v[k], is->values.v[k],
				 was->values.v[i]);
		i += cmp <= 0;
		k += cmp >= 0;
	}
}

/* ---- does the case test what it says? ---------------------------------- */

/* Of what the order of the columns counts is told by a field. */
static bool is_moved(const struct change *ch, const char *field)
{
	const struct kind *k = ch->from->kind;

	for (size_t i = 0; i < k->nfields; i++)
		if (!strcmp(k->fields[i].name, field))
			return ch->moved && k->fields[i].flags & FIELD_PLACES;
	return false;
}

static uint64_t bit_of(const struct kind *k, const char *field)
{
	for (size_t i = 0; i < k->nfields; i++)
		if (!strcmp(k->fields[i].name, field))
			return (uint64_t)1 << i;
	return 0;
}

static uint64_t allowed_of(const struct matrix_case *c, const struct kind *k)
{
	uint64_t bits = bit_of(k, c->field);

	for (size_t i = 0; i < c->also.n; i++)
		bits |= !strcmp(c->also.v[i], "*") ? UINT64_MAX :
			bit_of(k, c->also.v[i]);
	return bits;
}

static bool is_it(const struct matrix_case *c, const struct change *ch)
{
	const struct node *n = ch->from ? ch->from : ch->to;

	if (strcmp(n->kind->word, c->kind))
		return false;
	if (!strcmp(c->field, "added"))
		return ch->op == CHANGE_ADD;
	if (ch->op != CHANGE_ALTER)
		return false;
	return !strcmp(c->field, "renamed") ? ch->renamed :
	       ch->fields & bit_of(n->kind, c->field) ||
	       is_moved(ch, c->field);
}

/* What differs of such a node beside what shall. */
static void check_alone(struct trial *t, const struct change *ch)
{
	uint64_t rest;

	if (ch->op != CHANGE_ALTER)
		return;
	rest = ch->fields & ~allowed_of(t->c, ch->from->kind);
	for (size_t i = 0; i < ch->from->kind->nfields; i++)
		if (rest >> i & 1)
			complain(t, "also differs in '%s'",
				 ch->from->kind->fields[i].name);
}

static bool find_change(struct trial *t, const struct change *v, size_t n)
{
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		if (is_it(t->c, &v[i])) {
			check_alone(t, &v[i]);
			found = true;
		}
		found |= find_change(t, v[i].kids, v[i].nkids);
	}
	return found;
}

static void check_case(struct trial *t)
{
	struct diff d;

	schema_diff(&d, &t->from, &t->to, 0, &t->arena);
	if (!find_change(t, d.v, d.n))
		complain(t, "no such difference between\n%s\nand\n%s",
			 t->c->from, t->c->to);
}

/* ---- there and back ---------------------------------------------------- */

static void show_plan(struct trial *t, const char *way,
		      const struct plan *plan)
{
	print_message("# %s %s, %s:\n", t->c->kind, t->c->field, way);
	for (size_t i = 0; i < plan->script.n; i++)
		print_message("#   %s%s;\n", plan->script.v[i].check ?
			      "check: " : "", plan->script.v[i].sql);
}

static const char *encoded(struct trial *t, const struct node *n)
{
	struct buf b = BUF_INIT;
	const char *s;

	if (!n)
		return "";
	node_encode(&b, n);
	s = arena_strndup(&t->arena, b.ptr, b.len);
	buf_release(&b);
	return s;
}

static void compare_schemas(struct trial *t, const char *way,
			    const struct schema *is,
			    const struct schema *want, const struct plan *plan)
{
	struct diff d;

	schema_diff(&d, is, want, DIFF_BY_NAME, &t->arena);
	if (!d.n && !strcmp(is->digest, want->digest))
		return;
	show_plan(t, way, plan);
	if (!d.n)
		complain(t, "%s: the digest differs", way);
	for (size_t i = 0; i < d.n; i++)
		complain(t, "%s: arrived at\n%s, not\n%s", way,
			 encoded(t, d.v[i].from), encoded(t, d.v[i].to));
}

static int run_transaction(struct trial *t, const struct script *s,
			   size_t first, size_t end)
{
	struct conn *c = t->bench->a;

	if (engine->begin(c, &t->err))
		return -1;
	for (size_t i = first; i < end; i++)
		if (engine->exec(c, s->v[i].sql, &t->err)) {
			engine->rollback(c);
			return err_wrap(&t->err, "%s", s->v[i].sql);
		}
	return engine->commit(c, &t->err);
}

static int run_plan(struct trial *t, const struct plan *plan)
{
	const struct script *s = &plan->script;
	int ret = 0;

	for (size_t i = 0, end; !ret && i < s->n; i = end) {
		end = script_step_end(s, i);
		ret = step_is_alone(s->v[i].step) ?
		      engine->exec_alone(t->bench->a, s->v[i].sql, &t->err) :
		      run_transaction(t, s, i, end);
	}
	return ret;
}

/* A refusal names what it is about, and says what it shall. */
static bool take_refusal(struct trial *t, const char *way, const char *text,
			 int ret)
{
	if (!ret && !text)
		return false;
	if (!ret)
		complain(t, "%s: is not refused", way);
	else if (!text)
		complain(t, "%s: no plan: %s", way, t->err.text);
	else if (t->err.code != ERR_REFUSED || !strstr(t->err.text, text))
		complain(t, "%s: refused so: %s", way, t->err.text);
	return true;
}

/* false: there is no way, or it went wrong. */
static bool travel(struct trial *t, const char *way, const struct schema *from,
		   const struct schema *to, const char *refused)
{
	struct plan_opts opts = { .online = t->online };
	struct plan plan;
	struct schema now;
	int ret = plan_make(&plan, engine, from, to, &opts, &t->arena, &t->err);

	if (take_refusal(t, way, refused, ret))
		return false;
	if (t->bench->show)
		show_plan(t, way, &plan);
	if (run_plan(t, &plan)) {
		show_plan(t, way, &plan);
		complain(t, "%s: %s", way, t->err.text);
		return false;
	}
	if (!read_into(t, &now, t->bench->a))
		return false;
	compare_schemas(t, way, &now, to, &plan);
	schema_release(&now);
	return true;
}

static void there_and_back(struct trial *t)
{
	struct rows first, second, third;
	const char *there = t->c->refused;
	const char *back = t->c->down_refused ? t->c->down_refused : there;
	struct plan plan;

	read_rows(t, &first);
	if (!travel(t, "up", &t->from, &t->to, there)) {
		t->err.code = ERR_NONE;
		if (there)
			take_refusal(t, "down", back, plan_make(&plan, engine,
				&t->to, &t->from, NULL, &t->arena, &t->err));
		return;
	}
	read_rows(t, &second);
	compare_rows(t, "up", &first, &second, false);
	if (!travel(t, "down", &t->to, &t->from, back))
		return;
	read_rows(t, &third);
	compare_rows(t, "down", &first, &third, true);
}

/* Is there a way in steps at all? */
static bool has_steps(struct trial *t, const struct schema *from,
		      const struct schema *to)
{
	struct plan_opts opts = { .online = true };
	struct err none = ERR_INIT;
	struct plan plan;

	return !plan_make(&plan, engine, from, to, &opts, &t->arena, &none) &&
	       script_in_steps(&plan.script);
}

/* Now that all is as it was, the same online. */
static void again_online(struct trial *t)
{
	if (!t->ok || t->c->refused || t->c->down_refused ||
	    (!has_steps(t, &t->from, &t->to) &&
	     !has_steps(t, &t->to, &t->from)))
		return;
	t->online = true;
	there_and_back(t);
}

static void inherit(struct trial *t)
{
	const struct list *declared = &t->c->renames;
	struct rename *r = arena_alloc(&t->arena, (declared->n + 1) *
				       sizeof(*r));
	int ret = 0;

	for (size_t i = 0; i < declared->n && !ret; i++)
		ret = rename_parse(&r[i], declared->v[i], &t->arena, &t->err);
	if (ret || (declared->n && schema_inherit(&t->to, &t->from, r,
						  declared->n, &t->err)))
		complain(t, "%s", t->err.text);
}

bool matrix_run(struct matrix_bench *bench, const struct matrix_case *c)
{
	struct trial t = { .bench = bench, .c = c, .ok = true };

	if (load_into(&t, &t.to, &bench->b, c->to) &&
	    load_into(&t, &t.from, &bench->a, c->from)) {
		inherit(&t);
		check_case(&t);
		if (!c->bare && engine->exec(bench->a, fill_sql, &t.err))
			complain(&t, "%s", t.err.text);
		there_and_back(&t);
		again_online(&t);
	}
	if (c->fresh)
		matrix_bench_release(bench);
	schema_release(&t.from);
	schema_release(&t.to);
	arena_release(&t.arena);
	return t.ok;
}

void matrix_bench_release(struct matrix_bench *bench)
{
	drop_database(&bench->a);
	drop_database(&bench->b);
}
