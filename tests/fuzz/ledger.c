/*
 * Ledgers: rows that a program other than ours may have written.  Their ids
 * are made to fit, so that the entries get past the door.
 *
 *	input = { how entry }	a byte and a part each
 *	how	bit 0: the id does not fit    bit 1: the entry is NULL
 *		bit 2: the row's number is another
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/ledger.h"
#include "store/commit.h"

static const struct engine *const engine = &engine_sqlite;

static struct conn *make_table(void)
{
	struct err err = ERR_INIT;
	struct conn *c;

	if (engine->scratch(&c, NULL, &err) ||
	    engine->exec(c, "CREATE TABLE schemastore_ledger "
			 "(seq INTEGER PRIMARY KEY, id, entry)", &err))
		fuzz_fail("%s", err.text);
	return c;
}

static void add_row(struct conn *c, size_t seq, struct bytes *rest)
{
	unsigned how = fuzz_byte(rest);
	struct bytes raw = fuzz_part(rest);
	struct err err = ERR_INIT;
	struct strong_id id;
	struct value v[] = {
		{ .type = VALUE_INT, .i = (int64_t)seq + (how & 4) },
		{ .type = VALUE_BLOB, .ptr = id.b, .len = sizeof(id.b) },
		{ .type = VALUE_BLOB, .ptr = raw.ptr, .len = raw.len },
	};

	commit_strong_id(&id, raw.ptr, raw.len);
	id.b[0] ^= how & 1;
	if (how & 2)
		v[2].type = VALUE_NULL;
	/* A number that is there already: not every row has a place. */
	(void)!engine->query(c, "INSERT INTO schemastore_ledger "
			     "VALUES (?1, ?2, ?3)", v, 3, NULL, NULL, &err);
}

static void check_chain(const struct ledger_entry *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].row != i || v[i].c.kind != COMMIT_LEDGER ||
		    (i && memcmp(v[i].c.parents[0].strong.b,
				 v[i - 1].c.strong.b, SHA256_LEN)))
			fuzz_fail("row %zu was taken, and does not follow",
				  i);
}

static void check(struct conn *c, struct arena *a)
{
	struct database db = {
		.name = "x", .url = "sqlite:x", .engine = engine,
	};
	struct err err = ERR_INIT;
	struct ledger_entry *v;
	struct ledger l;
	size_t n;

	if (ledger_read(&l, c, &db, a, &err))
		return;
	if (l.placed && strlen(l.state) != SCHEMA_DIGEST_LEN - 1)
		fuzz_fail("the database is in state '%s'", l.state);
	if (!ledger_all(&v, &n, &l, &err))
		check_chain(v, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct conn *c = make_table();

	for (size_t seq = 0; rest.len && seq < 8; seq++)
		add_row(c, seq, &rest);
	check(c, &a);
	engine->close(c);
	arena_release(&a);
	return 0;
}
