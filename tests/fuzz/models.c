/*
 * A description of models: whatever it is, it is refused with a sentence or
 * made into SQL, the same each time; and what SQLite takes of that is read
 * with a table for each model.
 *
 *	input = version description
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "source/models.h"

static bool make(struct buf *out, size_t *n, const char *engine,
		 const char *version, const struct bytes *json,
		 struct arena *a)
{
	struct err err = ERR_INIT;
	struct models m;
	bool made;

	if (models_read(&m, json->ptr, json->len, "input",
			dialect_find(engine), version, a, &err)) {
		if (!*err.text)
			fuzz_fail("it is refused without a word");
		return false;
	}
	*n = m.n;
	made = !models_sql(out, &m, &err);
	models_release(&m);
	if (!made && !*err.text)
		fuzz_fail("it is refused without a word");
	return made;
}

static void check_twice(const char *engine, const char *version,
			const struct bytes *json, struct arena *a)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct bytes first, second;
	size_t n;

	if (make(&one, &n, engine, version, json, a) !=
	    make(&two, &n, engine, version, json, a))
		fuzz_fail("it is refused the second time");
	first = fuzz_bytes(&one);
	second = fuzz_bytes(&two);
	fuzz_same(engine, &first, &second);
	buf_release(&one);
	buf_release(&two);
}

static void check_loads(const char *version, const struct bytes *json,
			struct arena *a)
{
	struct buf sql = BUF_INIT;
	struct schema s;
	struct conn *c;
	size_t n = 0;

	if (make(&sql, &n, "sqlite", version, json, a) &&
	    fuzz_is_tame(sql.ptr)) {
		c = fuzz_load(sql.ptr);
		if (c) {
			fuzz_read(&s, c, a);
			if (s.n < n)
				fuzz_fail("%zu models, %zu objects", n, s.n);
			schema_release(&s);
			engine_find("sqlite")->close(c);
		}
	}
	buf_release(&sql);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	char *version = fuzz_string(&a, &rest);

	fuzz_tame();
	if (size < 16384) {
		check_twice("sqlite", version, &rest, &a);
		check_twice("postgres", version, &rest, &a);
		check_loads(version, &rest, &a);
	}
	arena_release(&a);
	return 0;
}
