/*
 * Scratch databases for the fuzz targets: whatever SQL is in the input, each
 * statement ends soon, stays small, and touches no file.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <sqlite3.h>

#define STEPS_MOST 100000
#define MEMORY_MOST (256 << 20)

static const struct {
	int id, most;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, 100000 },
	{ SQLITE_LIMIT_SQL_LENGTH, 100000 },
	{ SQLITE_LIMIT_COLUMN, 100 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 20 },
	{ SQLITE_LIMIT_VDBE_OP, 50000 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 10 },
};

static int stop(void *ctx)
{
	(void)ctx;
	return 1;
}

/* SQLite calls it for every connection that is opened. */
static int tame(sqlite3 *db, char **message, const void *api)
{
	(void)message;
	(void)api;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		sqlite3_limit(db, limits[i].id, limits[i].most);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_progress_handler(db, STEPS_MOST, stop, NULL);
	return SQLITE_OK;
}

void fuzz_tame(void)
{
	sqlite3_hard_heap_limit64(MEMORY_MOST);
	if (sqlite3_auto_extension((void (*)(void))tame))
		fuzz_fail("SQLite has no automatic extensions");
}

bool fuzz_is_tame(const char *sql)
{
	/* These are settings of the process. */
	return !strcasestr(sql, "heap_limit") &&
	       !strcasestr(sql, "store_directory");
}

struct conn *fuzz_load(const char *sql)
{
	struct err err = ERR_INIT;
	struct conn *c = NULL;

	fuzz_tame();
	if (!fuzz_is_tame(sql))
		return NULL;
	if (engine_sqlite.scratch(&c, NULL, &err))
		fuzz_fail("no scratch: %s", err.text);
	if (!engine_sqlite.load(c, sql, strlen(sql), "input", &err))
		return c;
	engine_sqlite.close(c);
	return NULL;
}

void fuzz_read(struct schema *out, struct conn *c, struct arena *a)
{
	struct err err = ERR_INIT;

	schema_init(out, engine_sqlite.spelling, a);
	if (engine_sqlite.read(c, out, NULL, &err))
		fuzz_fail("SQLite took it, we cannot read it: %s", err.text);
}
