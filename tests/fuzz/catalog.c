/*
 * SQL that SQLite takes: its catalog is read, has a text form, and, created
 * anew from what was read, is the same.
 *
 *	SQL ── scratch ── A ── text ── A
 *	                  │
 *	            plan(empty, A) ── scratch ── B      A = B, plan(A, B) empty
 *	                                          └── plan(B, empty) ── empty
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/plan.h"

static const struct engine *const engine = &engine_sqlite;

static void check_text(const struct schema *s, struct arena *a)
{
	struct err err = ERR_INIT;
	struct schema again;

	schema_init(&again, engine->spelling, a);
	for (size_t i = 0; i < s->n; i++) {
		struct buf b = BUF_INIT;
		struct node *n;

		node_encode(&b, s->objects[i]);
		if (node_decode(&n, engine_sqlite.spelling,
				b.ptr, b.len, a, &err))
			fuzz_fail("its text does not decode: %s:\n%s",
				  err.text, b.ptr);
		schema_add(&again, n);
		buf_release(&b);
	}
	if (schema_seal(&again, &err) || strcmp(again.digest, s->digest))
		fuzz_fail("its text has another digest: %s", err.text);
	schema_release(&again);
}

static void make(struct plan *p, const struct schema *from,
		 const struct schema *to, struct arena *a)
{
	struct err err = ERR_INIT;

	if (plan_make(p, engine, from, to, NULL, a, &err))
		fuzz_fail("no plan: %s", err.text);
}

static void check_same(const struct schema *from, const struct schema *to,
		       struct arena *a)
{
	struct plan p;

	make(&p, from, to, a);
	if (strcmp(from->digest, to->digest))
		fuzz_fail("it comes back as another:\n%s", p.sql);
	if (p.sql_len)
		fuzz_fail("the plan is not empty:\n%s", p.sql);
}

/* By load(), which has stubs for an application's functions. */
static void run(struct conn *c, const struct plan *p)
{
	struct err err = ERR_INIT;

	if (engine->load(c, p->sql, p->sql_len, "plan", &err))
		fuzz_fail("the plan does not run: %s:\n%s", err.text, p->sql);
}

static void check_back(struct conn *c, const struct schema *b,
		       const struct schema *empty, struct arena *a)
{
	struct schema end;
	struct plan p;

	make(&p, b, empty, a);
	run(c, &p);
	fuzz_read(&end, c, a);
	check_same(&end, empty, a);
	schema_release(&end);
}

static void check_again(const struct schema *schema, struct arena *a)
{
	struct err err = ERR_INIT;
	struct schema empty, b;
	struct conn *c = NULL;
	struct plan p;

	schema_init(&empty, engine->spelling, a);
	if (schema_seal(&empty, &err) || engine->scratch(&c, NULL, &err))
		fuzz_fail("%s", err.text);
	make(&p, &empty, schema, a);
	run(c, &p);
	fuzz_read(&b, c, a);
	check_same(schema, &b, a);
	check_same(&b, schema, a);
	check_back(c, &b, &empty, a);
	engine->close(c);
	schema_release(&b);
	schema_release(&empty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema schema;
	struct conn *c;

	if (size > 4096)
		return 0;
	c = fuzz_load(fuzz_string(&a, &rest));
	if (c) {
		fuzz_read(&schema, c, &a);
		check_text(&schema, &a);
		check_again(&schema, &a);
		schema_release(&schema);
		engine->close(c);
	}
	arena_release(&a);
	return 0;
}
