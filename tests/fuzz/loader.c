/*
 * A warm scratch (commit --batch): versions of a source that are loaded one
 * after the other must give what each of them gives alone.
 *
 *	input = { sql }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/source.h"

static const struct engine *const engine = &engine_sqlite;

static void check(struct source_loader *l, const char *sql, struct arena *a)
{
	struct source_file f = { "x.sql", "x.sql", sql, strlen(sql) };
	struct source src = { .path = "x.sql", .files = &f, .n = 1 };
	struct err warm_err = ERR_INIT, cold_err = ERR_INIT;
	struct schema warm = { 0 }, cold = { 0 };
	int warm_ret = source_loader_next(&warm, l, &src, NULL, a, &warm_err);
	int cold_ret = source_schema(&cold, &src, engine, NULL, a, &cold_err);

	if (warm_ret != cold_ret)
		fuzz_fail("warm '%s', cold '%s':\n%s", warm_err.text,
			  cold_err.text, sql);
	if (!warm_ret && strcmp(warm.digest, cold.digest))
		fuzz_fail("another schema:\n%s", sql);
	schema_release(&warm);
	schema_release(&cold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct source_loader *l = NULL;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;

	if (size > 2048)
		return 0;
	fuzz_tame();
	if (source_loader_open(&l, engine, &err))
		fuzz_fail("%s", err.text);
	for (int i = 0; rest.len && i < 6; i++) {
		const char *sql = fuzz_string(&a, &rest);

		if (fuzz_is_tame(sql))
			check(l, sql, &a);
	}
	source_loader_close(l);
	arena_release(&a);
	return 0;
}
