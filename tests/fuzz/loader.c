/*
 * Versions of a source that are loaded one after the other, into a warm
 * scratch (commit --batch) or from the version before (commit), must give what
 * each of them gives alone.
 *
 *	input = { sql }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/source.h"

static const struct engine *const engine = &engine_sqlite;

static void check_since(const struct source *src, const struct source_past *p,
			const struct schema *cold, const struct err *cold_err)
{
	struct err err = ERR_INIT;
	struct schema since;
	int ret = source_schema_since(&since, src, p, engine, NULL, &err);

	if (!ret != cold->sealed || strcmp(err.text, cold_err->text))
		fuzz_fail("since '%s', cold '%s':\n%s", err.text,
			  cold_err->text, src->files[0].text);
	if (!ret && strcmp(since.digest, cold->digest))
		fuzz_fail("another schema:\n%s", src->files[0].text);
	schema_release(&since);
}

static void check(struct source_loader *l, struct source_past *past,
		  const char *sql, struct arena *a)
{
	struct source_file f = { "x.sql", "x.sql", sql, strlen(sql) };
	struct source src = { .path = "x.sql", .n = 1,
			      .files = arena_memdup(a, &f, sizeof(f)) };
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
	if (past->schema)
		check_since(&src, past, &cold, &cold_err);
	if (cold_ret) {
		schema_release(&cold);
		return;
	}
	if (past->schema)
		schema_release((struct schema *)past->schema);
	past->schema = arena_memdup(a, &cold, sizeof(cold));
	past->source = src;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct source_loader *l = NULL;
	struct source_past past = { .schema = NULL };
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
			check(l, &past, sql, &a);
	}
	if (past.schema)
		schema_release((struct schema *)past.schema);
	source_loader_close(l);
	arena_release(&a);
	return 0;
}
