/*
 * Two texts of SQL that SQLite takes: a plan from one schema to the other is
 * proven, or refused by name.
 *
 *	input = sql sql
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/plan.h"

static const struct engine *const engine = &engine_sqlite;

/* A table that SQLite creates and that no row goes into cannot be the end of a
 * rebuild. */
static bool is_known(const char *text)
{
	return strstr(text, "generated column loop");
}

static void check(const struct schema *from, const struct schema *to,
		  struct arena *a)
{
	struct err err = ERR_INIT;
	struct plan p;

	if (plan_make(&p, engine, from, to, NULL, a, &err)) {
		if (err.code != ERR_REFUSED)
			fuzz_fail("no plan: %s", err.text);
		return;
	}
	if (plan_prove(&p, &err) && !is_known(err.text))
		fuzz_fail("%s:\n%s", err.text, p.sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema from, to;
	struct conn *one, *two;

	if (size > 4096)
		return 0;
	one = fuzz_load(fuzz_string(&a, &rest));
	two = one ? fuzz_load(fuzz_string(&a, &rest)) : NULL;
	if (two) {
		fuzz_read(&from, one, &a);
		fuzz_read(&to, two, &a);
		check(&from, &to, &a);
		check(&to, &from, &a);
		schema_release(&from);
		schema_release(&to);
	}
	engine->close(one);
	engine->close(two);
	arena_release(&a);
	return 0;
}
