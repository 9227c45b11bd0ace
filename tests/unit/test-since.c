/*
 * What a source is read as where an earlier one is known, against what it is
 * read as alone: the same, to the byte, and the same errors; over random pairs
 * of schemas, some of them with the text of the second spoilt.
 *
 *	SS_SINCE=7001:500 tests/unit/test-since		other seeds
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

#include "ss/kinds.h"
#include "ss/source.h"

#define PAIRS 3000

static const struct engine *const engine = &engine_sqlite;

struct trial {
	struct arena arena;
	struct rnd rnd;
	const char *was, *now;	/* texts */
	struct schema past;
	struct read_opts opts;
	struct list ignore;
};

static struct source source_of(struct trial *t, const char *text, bool halves)
{
	struct source src = { .path = "x" };
	const char *cut = halves ? strstr(text + strlen(text) / 2, ";\n") :
			  NULL;
	size_t n = cut ? (size_t)(cut - text) + 2 : strlen(text);

	src.files = arena_alloc(&t->arena, 2 * sizeof(*src.files));
	src.files[0].path = src.files[0].name = "x.sql";
	src.files[0].text = arena_strndup(&t->arena, text, n);
	src.files[0].len = n;
	src.n = 1;
	if (!cut)
		return src;
	src.files[1].path = src.files[1].name = "y.sql";
	src.files[1].text = arena_strdup(&t->arena, text + n);
	src.files[1].len = strlen(text + n);
	src.n = 2;
	return src;
}

static const char *text_of(struct trial *t, struct p_model *m, uint64_t noise)
{
	struct buf b = BUF_INIT;
	char *s;

	model_sql(&b, m, noise);
	s = arena_strdup(&t->arena, b.ptr);
	buf_release(&b);
	return s;
}

/* A byte of [from..to) goes, or is another; a piece is there twice, or goes. */
static const char *spoilt(struct trial *t, const char *text)
{
	static const char others[] = ";;'\"[*.(),xO \v-";
	size_t n = strlen(text), at = rnd_below(&t->rnd, (uint32_t)n + 1);
	size_t to = at + rnd_below(&t->rnd, 40);
	struct buf b = BUF_INIT;
	const char *s;

	if (to > n)
		to = n;
	switch (rnd_below(&t->rnd, 5)) {
	case 0:
		buf_addf(&b, "%.*s%s", (int)at, text, text + to);
		break;
	case 1:
		buf_addf(&b, "%s%s", text, text + at);
		break;
	case 2:
		s = strstr(text + at, ";\n");
		buf_addf(&b, "%s\n%s", s ? s + 2 : "", text);
		break;
	default:
		buf_addf(&b, "%.*s%c%s", (int)at, text,
			 others[rnd_below(&t->rnd, sizeof(others) - 1)],
			 text + at);
	}
	s = arena_strdup(&t->arena, b.ptr);
	buf_release(&b);
	return s;
}

static void make_texts(struct trial *t, uint64_t seed)
{
	static const char *const more[] = {
		"CREATE VIEW every AS SELECT * FROM t, a, b, users;\n",
		"CREATE TABLE \"more\" (a, b);\nCREATE INDEX i ON more (a);\n",
		"CREATE VIRTUAL TABLE words USING fts5(a);\n",
		"-- nothing;\n;;\n",
	};
	int edits = (int)rnd_below(&t->rnd, 4);
	uint64_t noise = seed % 5 ? 0 : seed;
	struct p_model a, b;

	random_model(&a, &t->rnd);
	b = a;
	for (int i = 0; i < edits; i++)
		random_edit(&b, &t->rnd);
	t->was = text_of(t, &a, noise);
	t->now = text_of(t, &b, noise);
	if (rnd_chance(&t->rnd, 20))
		t->now = arena_printf(&t->arena, "%s%s", t->now,
				      more[rnd_below(&t->rnd,
						     ARRAY_LEN(more))]);
	if (rnd_chance(&t->rnd, 10))
		t->was = arena_printf(&t->arena, "%s%s", t->was, more[0]);
	if (rnd_chance(&t->rnd, 40))
		t->now = spoilt(t, t->now);
	if (a.ntables && rnd_chance(&t->rnd, 10))
		list_add(&t->arena, &t->ignore, a.tables[0].name);
	t->opts.ignore = &t->ignore;
}

/* As a version keeps it: in text form, and with origins. */
static bool store_past(struct trial *t, const struct source *src)
{
	struct err err = ERR_INIT;
	struct schema s;
	bool ok = !source_schema(&s, src, engine, &t->opts, &t->arena, &err);

	schema_init(&t->past, engine->spelling, &t->arena);
	t->past.settings = s.settings;
	for (size_t i = 0; ok && i < s.n; i++) {
		struct buf b = BUF_INIT;
		struct node *n;

		node_encode(&b, s.objects[i]);
		assert_int_equal(node_decode(&n, engine_sqlite.spelling,
				b.ptr, b.len, &t->arena,
					     &err), 0);
		if (rnd_chance(&t->rnd, 10) && n->kind == &kind_table) {
			n->origin = "born";
			n->kids[0]->origin = "first";
		}
		schema_add(&t->past, n);
		buf_release(&b);
	}
	schema_release(&s);
	if (ok)
		assert_int_equal(schema_seal(&t->past, &err), 0);
	return ok;
}

static void fail_on(struct trial *t, uint64_t seed, const char *what,
		    const char *why)
{
	fail_msg("seed %llu: %s: %s\n-- was\n%s-- now\n%s",
		 (unsigned long long)seed, what, why, t->was, t->now);
}

static void compare(struct trial *t, uint64_t seed, const struct schema *a,
		    const struct schema *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;

	for (size_t i = 0; i < a->n; i++)
		node_encode(&x, a->objects[i]);
	for (size_t i = 0; i < b->n; i++)
		node_encode(&y, b->objects[i]);
	if (x.len != y.len || memcmp(x.ptr, y.ptr, x.len))
		fail_on(t, seed, "another text form", y.ptr);
	if (strcmp(a->digest, b->digest))
		fail_on(t, seed, "another digest", y.ptr);
	if (a->settings.n != b->settings.n || b->retired.n)
		fail_on(t, seed, "other settings", "");
	buf_release(&x);
	buf_release(&y);
}

/* Was anything of it not loaded? */
static bool shares(const struct schema *a, const struct schema *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (a->objects[i] == b->objects[k])
				return true;
	return false;
}

struct counts {
	unsigned good, wrong, shared;
};

static void run_one(struct counts *n, uint64_t seed)
{
	struct trial t = { .rnd = { seed * 7919 } };
	struct err one = ERR_INIT, two = ERR_INIT;
	struct source_past past;
	struct schema whole = { 0 }, since = { 0 };
	struct source src;
	int a, b;

	make_texts(&t, seed);
	past.source = source_of(&t, t.was, rnd_chance(&t.rnd, 10));
	past.schema = &t.past;
	src = source_of(&t, t.now, rnd_chance(&t.rnd, 10));
	if (store_past(&t, &past.source)) {
		a = source_schema(&whole, &src, engine, &t.opts, &t.arena,
				  &one);
		b = source_schema_since(&since, &src, &past, engine, &t.opts,
					&two);
		if (a != b || one.code != two.code ||
		    strcmp(one.text, two.text))
			fail_on(&t, seed, one.text, two.text);
		if (!a)
			compare(&t, seed, &whole, &since);
		n->good += !a;
		n->wrong += !!a;
		n->shared += !a && shares(&t.past, &since);
	}
	schema_release(&whole);
	schema_release(&since);
	schema_release(&t.past);
	arena_release(&t.arena);
}

static void test_pairs(void **state)
{
	const char *range = getenv("SS_SINCE");
	const char *colon = range ? strchr(range, ':') : NULL;
	uint64_t first = range ? strtoull(range, NULL, 10) : 1;
	uint64_t n = colon ? strtoull(colon + 1, NULL, 10) : PAIRS;
	struct counts count = { 0 };

	(void)state;
	for (uint64_t seed = first; seed < first + n; seed++)
		run_one(&count, seed);
	fprintf(stderr, "# %u good (%u not loaded whole), %u refused\n",
		count.good, count.shared, count.wrong);
	if (range)
		return;
	assert_true(count.shared > PAIRS / 4);
	assert_true(count.wrong > PAIRS / 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
