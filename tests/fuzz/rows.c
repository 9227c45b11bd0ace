/*
 * Databases that somebody has made with writable_schema: the rows of the
 * catalog say what they like, as far as SQLite opens it.  It is read or
 * refused; what is read has a text form, and can be planned for.
 *
 *	input = { type name table sql }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "engine/sqlite/sqlite.h"
#include "ss/plan.h"

#define ROWS_MOST 6

static const struct engine *const engine = &engine_sqlite;

static void run(struct conn *c, const char *sql)
{
	struct err err = ERR_INIT;

	if (engine->exec(c, sql, &err))
		fuzz_fail("%s: %s", sql, err.text);
}

/* Tables, so that every row has a page; then other rows in their places. */
static struct conn *make_rows(struct bytes *rest, struct arena *a)
{
	struct err err = ERR_INIT;
	struct conn *c = NULL;

	fuzz_tame();
	if (engine->scratch(&c, NULL, &err))
		fuzz_fail("%s", err.text);
	for (int i = 1; i <= ROWS_MOST; i++)
		run(c, arena_printf(a, "CREATE TABLE made_%d (a, b)", i));
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	run(c, "PRAGMA writable_schema = ON");
	for (int i = 1; i <= ROWS_MOST && rest->len; i++) {
		struct value v[5] = { { .type = VALUE_INT, .i = i } };

		for (size_t k = 1; k < ARRAY_LEN(v); k++) {
			struct bytes part = fuzz_part(rest);

			v[k].type = VALUE_TEXT;
			v[k].ptr = part.ptr;
			v[k].len = part.len;
		}
		if (engine->query(c, "UPDATE sqlite_schema SET type = ?2, "
				  "name = ?3, tbl_name = ?4, sql = ?5, "
				  "rootpage = iif(?2 IN ('view', 'trigger'), "
				  "0, rootpage) WHERE rowid = ?1", v, 5, NULL,
				  NULL, &err))
			fuzz_fail("%s", err.text);
	}
	run(c, "PRAGMA writable_schema = OFF");
	run(c, "PRAGMA schema_version = 99");
	return c;
}

static void check_text(const struct schema *s, struct arena *a)
{
	for (size_t i = 0; i < s->n; i++) {
		struct buf b = BUF_INIT;
		struct err err = ERR_INIT;
		struct node *n;

		node_encode(&b, s->objects[i]);
		if (node_decode(&n, engine_sqlite.spelling,
				b.ptr, b.len, a, &err))
			fuzz_fail("its text does not decode: %s:\n%s",
				  err.text, b.ptr);
		buf_release(&b);
	}
}

static void check_plan(const struct schema *s, struct arena *a)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct schema empty;
	struct plan p;

	schema_init(&empty, engine->spelling, a);
	if (schema_seal(&empty, &err))
		fuzz_fail("%s", err.text);
	if (!plan_make(&p, engine, &empty, s, NULL, a, &err))
		plan_print(&b, &p);
	if (!plan_make(&p, engine, s, &empty, NULL, a, &err))
		plan_print(&b, &p);
	buf_release(&b);
	schema_release(&empty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct schema s;
	struct conn *c;

	if (size > 4096)
		return 0;
	c = make_rows(&rest, &a);
	schema_init(&s, engine->spelling, &a);
	if (!engine->read(c, &s, NULL, &err)) {
		check_text(&s, &a);
		check_plan(&s, &a);
	} else if (!*err.text) {
		fuzz_fail("refused without a word");
	}
	schema_release(&s);
	engine->close(c);
	arena_release(&a);
	return 0;
}
