/*
 * Plans between any two schemas that a store may hold, be they such as no
 * database would take: a plan is made or refused, and printed.  From a schema
 * to itself it is empty.
 *
 *	input = { object } empty { object }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/plan.h"

static void check(const struct schema *from, const struct schema *to,
		  struct arena *a)
{
	struct plan_opts opts = { .column_order = true };
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	struct plan p;

	if (!plan_make(&p, &engine_sqlite, from, to, &opts, a, &err)) {
		plan_print(&b, &p);
		if (from == to && p.sql_len)
			fuzz_fail("from a schema to itself:\n%s", p.sql);
	} else if (!*err.text) {
		fuzz_fail("refused without a word");
	}
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema from, to;
	bool ok = fuzz_schema(&from, &rest, &a);

	fuzz_tame();
	if (fuzz_schema(&to, &rest, &a) && ok) {
		check(&from, &from, &a);
		check(&from, &to, &a);
		check(&to, &from, &a);
	}
	schema_release(&from);
	schema_release(&to);
	arena_release(&a);
	return 0;
}
