/*
 * merge: what each side has changed is kept, what cannot be is a conflict with
 * the three texts; and what must hold for any three schemas.
 *
 *	SS_MERGE=7001:500 tests/unit/test-merge		other seeds
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "property.h"

#include "ss/engine.h"
#include "ss/kinds.h"
#include "ss/sqltok.h"
#include "ss/merge.h"

#define TRIOS 1000

static const struct engine *const engine = &engine_sqlite;

/* ---- cases --------------------------------------------------------------- */

/* Objects in their text form, one after the other. */
struct merge_case {
	const char *name;
	const struct engine *engine;	/* NULL: SQLite */
	const char *text[MERGE_SIDES];
	const char *merged;		/* NULL: there are conflicts */
	/* "type node field", a line each; then the choice and its result */
	const char *conflicts;
	struct merge_choice choice;
};

static struct schema read_text(struct arena *a, const struct spelling *sp,
			       const char *text)
{
	struct err err = ERR_INIT;
	struct schema s;

	schema_init(&s, sp, a);
	while (*text) {
		const char *end = text;
		struct node *n;

		do {
			end = strchr(end, '\n') + 1;
		} while (*end == ' ');
		if (node_decode(&n, sp, text, (size_t)(end - text), a, &err))
			fail_msg("%s in %s", err.text, text);
		schema_add(&s, n);
		text = end;
	}
	if (schema_seal(&s, &err))
		fail_msg("%s", err.text);
	return s;
}

static void check_text(const struct merge_case *c, const struct schema *s,
		       const char *expected)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < s->n; i++)
		node_encode(&b, s->objects[i]);
	if (strcmp(b.ptr, expected))
		fail_msg("%s: merged is\n%snot\n%s", c->name, b.ptr, expected);
	buf_release(&b);
}

static void check_conflicts(const struct merge_case *c, const struct merge *m)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < m->n; i++)
		buf_addf(&b, "%s %s%s%s\n",
			 conflict_words[m->conflicts[i].type],
			 m->conflicts[i].node, m->conflicts[i].field ? " " : "",
			 m->conflicts[i].field ? m->conflicts[i].field : "");
	if (strcmp(b.ptr, c->conflicts ? c->conflicts : ""))
		fail_msg("%s: conflicts are\n%s", c->name, b.ptr);
	buf_release(&b);
}

static void run_case(const struct merge_case *c, bool swapped)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct merge_choice choice = c->choice;
	const struct spelling *sp = c->engine ? c->engine->spelling :
				    engine->spelling;
	struct schema s[MERGE_SIDES];
	struct merge m = { .arena = &a };

	for (size_t i = 0; i < MERGE_SIDES; i++) {
		size_t side = swapped && i ? MERGE_SIDES - i : i;

		s[i] = read_text(&a, sp, c->text[i]);
		m.of[side] = &s[i];
	}
	if (schema_merge(&m, &err))
		fail_msg("%s: %s", c->name, err.text);
	check_conflicts(c, &m);
	if (choice.node) {
		schema_release(&m.merged);
		if (swapped && choice.side)
			choice.side = MERGE_SIDES - choice.side;
		m.choices = &choice;
		m.nchoices = 1;
		if (schema_merge(&m, &err))
			fail_msg("%s: %s", c->name, err.text);
		assert_true(choice.used);
		assert_int_equal(m.n, 0);
	}
	if (c->merged)
		check_text(c, &m.merged, c->merged);
	schema_release(&m.merged);
	for (size_t i = 0; i < MERGE_SIDES; i++)
		schema_release(&s[i]);
	arena_release(&a);
}

#define T(body) "table t\n" body
#define COL(name, rest) "  column " name "\n" rest
#define A COL("a", "    type int\n")
#define B COL("b", "    type text\n")
#define C COL("c", "")
#define FK(to) "  foreign-key\n    column-name a\n" \
	       "    references " to "\n"
#define ENUM(values) "enum public.mood\n" values
#define V(v) "  value " v "\n"

static const struct merge_case cases[] = {
	{ "both add a column", NULL, { T(A), T(A B), T(A C) }, T(A B C), NULL,
	  { NULL } },
	{ "two fields of one column", NULL,
	  { T(A), T(COL("a", "    type text\n")),
	    T(COL("a", "    type int\n    not-null\n")) },
	  T(COL("a", "    type text\n    not-null\n")), NULL, { NULL } },
	{ "one renames, the other alters", NULL,
	  { T(A B), T(COL("z", "    type int\n    origin a\n") B),
	    T(COL("a", "    type real\n") B) },
	  T(COL("z", "    type real\n    origin a\n") B), NULL, { NULL } },
	{ "the same change", NULL, { T(A), T(A B), T(A B) }, T(A B), NULL,
	  { NULL } },
	{ "altered twice", NULL,
	  { T(A), T(COL("a", "    type text\n")), T(COL("a", "    type x\n")) },
	  T(COL("a", "    type x\n")), "altered/altered column t.a type\n",
	  { .node = "t.a", .side = MERGE_THEIRS } },
	{ "altered and dropped", NULL,
	  { T(A B), T(A), T(A COL("b", "    type real\n")) },
	  T(A), "altered/dropped column t.b\n",
	  { .node = "t.b", .side = MERGE_OURS } },
	{ "altered and dropped, the other way", NULL,
	  { T(A B), T(A), T(A COL("b", "    type real\n")) },
	  T(A COL("b", "    type real\n")), "altered/dropped column t.b\n",
	  { .node = "column t.b", .side = MERGE_THEIRS } },
	{ "renamed twice", NULL,
	  { T(A), T(COL("x", "    type int\n    origin a\n")),
	    T(COL("y", "    type int\n    origin a\n")) },
	  T(A), "renamed/renamed column t.x name\n",
	  { .node = "t.x", .side = MERGE_BASE } },
	{ "added unlike", NULL, { T(A), T(A B), T(A COL("b", "")) }, T(A B),
	  "added/added column t.b\n", { .node = "t.b", .side = MERGE_OURS } },
	{ "two of one name", NULL,
	  { T(A), T(COL("c", "    type int\n    origin a\n")), T(A C) },
	  T(COL("c", "    type int\n    origin a\n")),
	  "name column t.c\n", { .node = "t.c", .side = MERGE_OURS } },
	{ "one key each", NULL,
	  { T(A B C "  primary-key\n    key a\n"),
	    T(A B C "  primary-key\n    key b\n"),
	    T(A B C "  primary-key\n    key c\n") },
	  T(A B C "  primary-key\n    key c\n"),
	  "altered/altered primary-key of table t key\n",
	  { .node = "primary-key of table t", .side = MERGE_THEIRS } },
	{ "places count", NULL,
	  { T("  ordered\n" A), T("  ordered\n" A B), T("  ordered\n" A C) },
	  T("  ordered\n" A C B),
	  "altered/altered table t column-order\n",
	  { .node = "t", .side = MERGE_THEIRS } },
	{ "a table that is renamed is referred to", NULL,
	  { T(A), "table u\n  origin t\n" A, "table s\n" A FK("t") T(A) },
	  "table s\n" A FK("u") "table u\n  origin t\n" A, NULL, { NULL } },
	{ "a table that is dropped is referred to", NULL,
	  { T(A), "", "table s\n" A FK("t") T(A) },
	  NULL, "meaning foreign-key of table s references\n", { NULL } },
	{ "values on both sides", &engine_postgres,
	  { ENUM(V("low") V("high")), ENUM(V("low") V("mid") V("high")),
	    ENUM(V("low") V("high") V("top")) },
	  ENUM(V("low") V("mid") V("high") V("top")), NULL, { NULL } },
	{ "values at one place", &engine_postgres,
	  { ENUM(V("m")), ENUM(V("m") V("z") V("b")), ENUM(V("m") V("q")) },
	  ENUM(V("m") V("q") V("z") V("b")), NULL, { NULL } },
	{ "one value, two places", &engine_postgres,
	  { ENUM(V("m") V("a")), ENUM(V("x") V("m") V("a")),
	    ENUM(V("m") V("a") V("x")) },
	  ENUM(V("x") V("m") V("a")),
	  "altered/altered enum public.mood value\n",
	  { .node = "public.mood", .side = MERGE_OURS } },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		run_case(&cases[i], false);
}

/* What is merged is the same from the other side, where the texts do not show
 * whose columns stand first. */
static void test_cases_swapped(void **state)
{
	(void)state;
	for (size_t i = 1; i < ARRAY_LEN(cases); i++)
		if (!cases[i].conflicts || cases[i].engine)
			run_case(&cases[i], true);
}

static void test_texts_are_kept(void **state)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct schema base = read_text(&a, engine->spelling, T(A));
	struct schema ours = read_text(&a, engine->spelling,
				       T(COL("a", "    type text\n")));
	struct schema theirs = read_text(&a, engine->spelling,
					 T(COL("a", "    type x\n")));
	struct merge m = { .of = { &base, &ours, &theirs }, .arena = &a };

	(void)state;
	assert_int_equal(schema_merge(&m, &err), 0);
	assert_int_equal(m.n, 1);
	assert_string_equal(m.conflicts[0].text[MERGE_BASE], "int");
	assert_string_equal(m.conflicts[0].text[MERGE_OURS], "text");
	assert_string_equal(m.conflicts[0].text[MERGE_THEIRS], "x");
	schema_release(&m.merged);
	schema_release(&base);
	schema_release(&ours);
	schema_release(&theirs);
	arena_release(&a);
}

/* ---- any three schemas --------------------------------------------------- */

struct three {
	uint64_t seed;
	struct arena arena;
	struct p_model model[MERGE_SIDES];
	struct schema s[MERGE_SIDES];
};

static bool read_model(struct three *t, size_t i)
{
	struct err err = ERR_INIT;
	struct conn *db = NULL;
	struct buf b = BUF_INIT;
	struct rename *renames;
	size_t n;
	bool ok;

	schema_init(&t->s[i], engine->spelling, &t->arena);
	model_sql(&b, &t->model[i], 0);
	ok = !engine->scratch(&db, NULL, &err) &&
	     !engine->load(db, b.ptr, b.len, "model", &err) &&
	     !engine->read(db, &t->s[i], NULL, &err);
	engine->close(db);
	buf_release(&b);
	if (!ok || !i)
		return ok;
	n = model_renames(&renames, &t->model[0], &t->model[i], &t->arena);
	return !schema_inherit(&t->s[i], &t->s[0], renames, n, &err);
}

static bool make_three(struct three *t)
{
	struct rnd r = { t->seed * 6007 };

	random_model(&t->model[0], &r);
	for (size_t i = 1; i < MERGE_SIDES; i++) {
		int n = (int)rnd_below(&r, 4) + 1;

		t->model[i] = t->model[0];
		/* Ids of what one side adds are not the other's. */
		t->model[i].next_id += (int)i * 1000;
		while (n--)
			random_edit(&t->model[i], &r);
	}
	for (size_t i = 0; i < MERGE_SIDES; i++)
		if (!read_model(t, i))
			return false;
	return true;
}

static struct merge merge_of(struct three *t, size_t base, size_t ours,
			     size_t theirs)
{
	struct merge m = { .of = { &t->s[base], &t->s[ours], &t->s[theirs] },
			   .arena = &t->arena };
	struct err err = ERR_INIT;

	if (schema_merge(&m, &err))
		fail_msg("seed %llu: %s", (unsigned long long)t->seed,
			 err.text);
	schema_release(&m.merged);
	return m;
}

static void check_is(struct three *t, size_t base, size_t ours, size_t theirs,
		     size_t expected)
{
	struct merge m = merge_of(t, base, ours, theirs);

	if (m.n)
		fail_msg("seed %llu: conflict about %s",
			 (unsigned long long)t->seed, m.conflicts[0].node);
	if (strcmp(m.merged.digest, t->s[expected].digest))
		fail_msg("seed %llu: merge(%zu, %zu, %zu) is not %zu",
			 (unsigned long long)t->seed, base, ours, theirs,
			 expected);
}

static void check_told(struct three *t, const struct conflict *c)
{
	bool both = c->text[MERGE_OURS] && c->text[MERGE_THEIRS];

	if (!c->text[MERGE_OURS] && !c->text[MERGE_THEIRS] &&
	    !c->text[MERGE_BASE])
		fail_msg("seed %llu: %s has no text",
			 (unsigned long long)t->seed, c->node);
	assert_true(both || (c->type != CONFLICT_ADDED &&
			     c->type != CONFLICT_RENAMED));
	assert_true(c->type != CONFLICT_DROPPED || !both);
	assert_true(c->type != CONFLICT_ALTERED || !both ||
		    strcmp(c->text[MERGE_OURS], c->text[MERGE_THEIRS]));
}

/* What is in conflict is told, and can be settled; what follows from that may
 * be another conflict. */
static void check_settled(struct three *t, struct merge m,
			  enum merge_side side)
{
	struct merge_choice *v = NULL;
	struct err err = ERR_INIT;
	size_t n = 0, cap = 0, before = 0;

	while (m.n) {
		for (size_t i = 0; i < m.n; i++) {
			check_told(t, &m.conflicts[i]);
			*ARENA_PUSH(&t->arena, v, n, cap) =
				(struct merge_choice){
					.node = m.conflicts[i].node,
					.side = side,
				};
		}
		m.choices = v;
		m.nchoices = n;
		/* A choice may be no schema: two of one name. */
		if (schema_merge(&m, &err))
			m.n = 0;
		schema_release(&m.merged);
		for (size_t i = before; i < n; i++)
			if (!v[i].used && err.code == ERR_NONE)
				fail_msg("seed %llu: choice of %s is not used",
					 (unsigned long long)t->seed,
					 v[i].node);
		before = n;
		assert_true(n < 1000);
	}
}

static bool has_name(const struct buf *text, const struct node *n)
{
	return sql_mentions(text->ptr, n->fold) || strstr(text->ptr, n->name);
}

/* Does an object's text have a name that the other side has touched? */
static bool mentions(const struct buf *text, const struct node *n)
{
	if (!n)
		return false;
	if (has_name(text, n))
		return true;
	for (size_t i = 0; i < n->nkids; i++)
		if ((n->kids[i]->kind == &kind_index ||
		     n->kids[i]->kind == &kind_trigger) &&
		    has_name(text, n->kids[i]))
			return true;
	return false;
}

static bool mentions_any(const struct node *n, const struct diff *d)
{
	struct buf text = BUF_INIT;
	bool hit = false;

	if (!n)
		return false;
	node_encode(&text, n);
	for (size_t i = 0; i < d->n; i++)
		hit |= mentions(&text, d->v[i].from) ||
		       mentions(&text, d->v[i].to);
	buf_release(&text);
	return hit;
}

static bool keeps_off(const struct diff *d, const struct diff *other)
{
	for (size_t i = 0; i < d->n; i++)
		if (mentions_any(d->v[i].from, other) ||
		    mentions_any(d->v[i].to, other))
			return false;
	return true;
}

/* Has each side changed something, and nothing that concerns the other? */
static bool is_disjoint(struct three *t)
{
	struct diff ours, theirs;

	schema_diff(&ours, &t->s[0], &t->s[1], 0, &t->arena);
	schema_diff(&theirs, &t->s[0], &t->s[2], 0, &t->arena);
	return ours.n && theirs.n && keeps_off(&ours, &theirs) &&
	       keeps_off(&theirs, &ours);
}

static bool check_three(struct three *t, unsigned long long *disjoint)
{
	struct merge m, back;

	check_is(t, 0, 0, 0, 0);
	check_is(t, 0, 0, 1, 1);
	check_is(t, 0, 1, 0, 1);
	check_is(t, 0, 2, 2, 2);
	m = merge_of(t, 0, 1, 2);
	back = merge_of(t, 0, 2, 1);
	if (is_disjoint(t)) {
		++*disjoint;
		if (m.n)
			fail_msg("seed %llu: conflict about %s, which one "
				 "side alone has changed",
				 (unsigned long long)t->seed,
				 m.conflicts[0].node);
	}
	if (m.n != back.n)
		fail_msg("seed %llu: %zu conflicts, and %zu back",
			 (unsigned long long)t->seed, m.n, back.n);
	if (m.n)
		for (size_t i = 0; i < MERGE_SIDES; i++)
			check_settled(t, m, i);
	else if (strcmp(m.merged.digest, back.merged.digest))
		fail_msg("seed %llu: another digest from the other side",
			 (unsigned long long)t->seed);
	return !m.n;
}

static void test_any(void **state)
{
	const char *env = getenv("SS_MERGE");
	unsigned long long first = 1, n = TRIOS, clean = 0, made = 0;
	unsigned long long disjoint = 0;

	(void)state;
	if (env && sscanf(env, "%llu:%llu", &first, &n) != 2)
		fail_msg("SS_MERGE is FIRST:COUNT");
	for (unsigned long long i = 0; i < n; i++) {
		struct three *t = calloc(1, sizeof(*t));

		assert_non_null(t);
		t->seed = first + i;
		if (make_three(t)) {
			made++;
			clean += check_three(t, &disjoint);
		}
		for (size_t k = 0; k < MERGE_SIDES; k++)
			schema_release(&t->s[k]);
		arena_release(&t->arena);
		free(t);
	}
	print_message("%llu merges, %llu without conflicts, %llu disjoint\n",
		      made, clean, disjoint);
	assert_true(made > n / 2);
	assert_true(disjoint > made / 20);
	assert_true(clean > made / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cases_swapped),
		cmocka_unit_test(test_texts_are_kept),
		cmocka_unit_test(test_any),
	};

	engines_alone();
	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
