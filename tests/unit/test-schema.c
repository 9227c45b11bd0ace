/*
 * schema: SQL in tokens and folded, the text form there and back, the digest.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ss/engine.h"
#include "ss/kinds.h"
#include "ss/sqltok.h"

/* ---- tokens ------------------------------------------------------------- */

static void test_tokens(void **state)
{
	static const char sql[] =
		"a1 \"b\"\"c\" 'it''s' x'00' 1.5e-3 .5 0xFF ->> || != "
		"/* no */ -- no\n [d]] `e` \xc3\xa9$";
	static const struct {
		enum sqltok_type type;
		const char *text;
	} expected[] = {
		{ SQLTOK_WORD, "a1" }, { SQLTOK_QUOTED, "\"b\"\"c\"" },
		{ SQLTOK_STRING, "'it''s'" }, { SQLTOK_BLOB, "x'00'" },
		{ SQLTOK_NUMBER, "1.5e-3" }, { SQLTOK_NUMBER, ".5" },
		{ SQLTOK_NUMBER, "0xFF" }, { SQLTOK_OP, "->>" },
		{ SQLTOK_OP, "||" }, { SQLTOK_OP, "!=" },
		{ SQLTOK_QUOTED, "[d]" }, { SQLTOK_OP, "]" },
		{ SQLTOK_QUOTED, "`e`" }, { SQLTOK_WORD, "\xc3\xa9$" },
	};
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_true(sqltok_next(&lex, &t));
		assert_int_equal(t.type, expected[i].type);
		assert_int_equal(t.len, strlen(expected[i].text));
		assert_memory_equal(t.ptr, expected[i].text, t.len);
	}
	assert_false(sqltok_next(&lex, &t));
	assert_int_equal(t.type, SQLTOK_END);
}

static void test_token_names(void **state)
{
	static const struct {
		const char *sql, *name;
	} cases[] = {
		{ "Users", "Users" }, { "\"a\"\"b\"", "a\"b" },
		{ "`a``b`", "a`b" }, { "[a\"b]", "a\"b" },
		{ "'it''s'", "it's" }, { "\"\"", "" },
	};
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sqllex lex = sqllex_init(cases[i].sql,
						strlen(cases[i].sql));
		struct sqltok t;

		assert_true(sqltok_next(&lex, &t));
		assert_true(sqltok_is_name(&t));
		assert_string_equal(sqltok_name(&a, &t), cases[i].name);
	}
	arena_release(&a);
}

static void test_unclosed_is_bad(void **state)
{
	static const char *const cases[] = { "'a", "\"a", "`a", "[a", "x'0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sqllex lex = sqllex_init(cases[i], strlen(cases[i]));
		struct sqltok t;

		assert_true(sqltok_next(&lex, &t));
		assert_int_equal(t.type, SQLTOK_BAD);
	}
}

/* ---- folding ------------------------------------------------------------ */

static void test_folding(void **state)
{
	static const struct {
		const char *sql, *folded;
	} cases[] = {
		{ "", "" },
		{ "A+b", "a + b" },
		{ "a /* x */ +\n\t-- y\n b", "a + b" },
		{ "\"ab\" > `cD` + [E]", "ab > cd + e" },
		{ "\"Ab\" = 1", "\"Ab\" = 1" },
		{ "\"order\" + `Group`", "\"order\" + \"group\"" },
		{ "\"a b\" || [c\"d]", "\"a b\" || \"c\"\"d\"" },
		{ "a == 1 AND b != 'X'", "a = 1 and b <> 'X'" },
		{ "((a) + (b))", "( a ) + ( b )" },
		{ "(((a)))", "a" },
		{ "(a) + (b)", "( a ) + ( b )" },
		{ "(')')", "')'" },
		{ "X'Ab'", "X'Ab'" },
		{ "\"1a\"", "\"1a\"" },
		{ "\"\"", "\"\"" },
		{ "\xc3\x84 + A", "\xc3\x84 + a" },
		{ "1_000.5_0e1_0+1", "1_000.5_0e1_0 + 1" },
		{ "0x_1 x\xef\xbb\xbf", "0x_1 x\xef\xbb\xbf" },
		{ "a\xc2\xa0 \xef\xbb\xbf\f\v B", "a\xc2\xa0 b" },
		{ "a /*/ b */ c /**/ d /*", "a c d" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT, again = BUF_INIT;

		sqlite_fold_sql(&b, cases[i].sql);
		assert_string_equal(b.ptr, cases[i].folded);
		sqlite_fold_sql(&again, b.ptr);
		assert_string_equal(again.ptr, b.ptr);
		buf_release(&b);
		buf_release(&again);
	}
}

static void test_folding_appends(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_addstr(&b, "x ");
	sqlite_fold_sql(&b, "( A )");
	assert_string_equal(b.ptr, "x a");
	buf_release(&b);
}

static void test_mentions(void **state)
{
	(void)state;
	assert_true(sql_mentions("SELECT Users.id", "users"));
	assert_true(sql_mentions("SELECT \"USERS\"", "users"));
	assert_true(sql_mentions("SELECT 'users'", "users"));
	assert_false(sql_mentions("SELECT users2 -- users", "users"));
	assert_false(sql_mentions("SELECT 'the users'", "users"));
}

/* ---- the text form ------------------------------------------------------ */

static const char text_users[] =
	"table users\n"
	"  strict\n"
	"  column id\n"
	"    type integer\n"
	"  column email\n"
	"    type text\n"
	"    not-null\n"
	"    default 'a  b'\n"
	"    origin mail\n"
	"  column \" odd\\n\"\n"
	"  primary-key\n"
	"    key id\n"
	"  check\n"
	"    expression length(email) > 3\n"
	"  foreign-key\n"
	"    column-name id\n"
	"    column-name email\n"
	"    references people\n"
	"  index users_email\n"
	"    unique\n"
	"    key lower(email)\n"
	"    key id DESC\n";

static struct node *decode(struct arena *a, const char *text)
{
	struct err err = ERR_INIT;
	struct node *n = NULL;

	if (node_decode(&n, engine_sqlite.spelling,
			text, strlen(text), a, &err))
		fail_msg("%s", err.text);
	return n;
}

static void round_trip(const char *text)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;

	node_encode(&b, decode(&a, text));
	assert_string_equal(b.ptr, text);
	buf_release(&b);
	arena_release(&a);
}

static void test_text_round_trip(void **state)
{
	(void)state;
	round_trip(text_users);
	round_trip("table t\n");
	round_trip("table \"\"\n");
	round_trip("view v\n  column-name a\n  as SELECT 1\n");
	round_trip("view v\n  as \"SELECT 1,\\n  2\"\n");
	round_trip("virtual f\n  using fts5\n  arguments \"\"\n");
}

static void test_text_is_the_tree(void **state)
{
	struct arena a = ARENA_INIT;
	struct node *n = decode(&a, text_users);
	struct column *email;
	struct index *ix;

	(void)state;
	assert_ptr_equal(n->kind, &kind_table);
	assert_true(((struct table *)n)->strict);
	assert_int_equal(n->nkids, 7);
	email = (struct column *)n->kids[1];
	assert_string_equal(email->node.name, "email");
	assert_string_equal(email->node.origin, "mail");
	assert_string_equal(email->dflt, "'a  b'");
	assert_true(email->not_null);
	assert_string_equal(n->kids[2]->name, " odd\n");
	assert_null(n->kids[3]->name);
	ix = (struct index *)n->kids[6];
	assert_true(ix->unique);
	assert_int_equal(ix->key.n, 2);
	assert_string_equal(ix->key.v[1], "id DESC");
	assert_ptr_equal(ix->node.parent, n);
	arena_release(&a);
}

static void refused(const char *text, size_t len)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct node *n = NULL;

	if (!node_decode(&n, engine_sqlite.spelling, text, len, &a, &err))
		fail_msg("decoded: %s", text);
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_true(*err.text);
	arena_release(&a);
}

static void test_not_canonical(void **state)
{
	static const char *const cases[] = {
		"",
		"\n",
		"table t",			/* no newline */
		"table\n",			/* no name */
		"  table t\n",			/* an indent */
		"column c\n",			/* not an object */
		"table t\n\n",			/* an empty line */
		"table t\ntable u\n",		/* two objects */
		"table t\nstrict\n",		/* a field without indent */
		"table  t\n",			/* a second blank */
		"table t \n",			/* a trailing one */
		"table \"t\"\n",		/* quotes for nothing */
		"table \"t\n",			/* quotes unclosed */
		"table \"t\\000\"\n",		/* a NUL */
		"table \"\\q\"\n",		/* no such escape */
		"table \"\\012\"\n",		/* octal for \n */
		"table \xff\n",			/* not UTF-8, bare */
		"table t\r\n",
		"table t\n  strict yes\n",	/* a flag with a value */
		"table t\n  strict\n  strict\n",
		"table t\n  without-rowid\n  strict\n",	/* fields' order */
		"table t\n  nonsense\n",
		"table t\n   strict\n",
		"table t\n    type a\n",	/* too deep */
		"table t\n  column c\n    column d\n",
		"table t\n  column c\n    type\n",
		"table t\n  column c\n    type a\n    type b\n",
		"table t\n  column c\n    origin\n",
		"table t\n  column c\n  strict\n",	/* field behind kid */
		"table t\n  index i\n    key a\n  column c\n",
		"table t\n  index j\n    key a\n  index i\n    key a\n",
		"table t\n  table u\n",
		"view v\n  as SELECT 1\n  column-name a\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refused(cases[i], strlen(cases[i]));
	refused("table t\0\n", 9);
}

/* Whatever one byte more, less or other gives: it is refused, or it is the
 * canonical text of another tree. */
static void change_one_byte(char *text, size_t len)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct node *n = NULL;

	if (node_decode(&n, engine_sqlite.spelling, text, len, &a, &err)) {
		assert_int_equal(err.code, ERR_DAMAGED);
	} else {
		node_encode(&b, n);
		assert_int_equal(b.len, len);
		assert_memory_equal(b.ptr, text, len);
	}
	buf_release(&b);
	arena_release(&a);
}

static void test_changed_bytes(void **state)
{
	static const char bytes[] = "\0\t\n \"\\a0\xc3\xff";
	size_t len = sizeof(text_users) - 1;
	char *text = xmalloc(len + 1);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		memcpy(text, text_users, len + 1);
		for (size_t k = 0; k + 1 < sizeof(bytes); k++) {
			text[i] = bytes[k];
			change_one_byte(text, len);
		}
		memcpy(text, text_users, len);
		memmove(text + i, text + i + 1, len - i - 1);
		change_one_byte(text, len - 1);
		memcpy(text, text_users, len);
		change_one_byte(text, i);
	}
	free(text);
}

/* ---- the digest --------------------------------------------------------- */

static void digest_of(char out[SCHEMA_DIGEST_LEN], const char *const *texts,
		      size_t n)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct schema s;

	schema_init(&s, engine_sqlite.spelling, &a);
	for (size_t i = 0; i < n; i++)
		schema_add(&s, decode(&a, texts[i]));
	if (schema_seal(&s, &err))
		fail_msg("%s", err.text);
	schema_digest(out, &s);
	schema_release(&s);
	arena_release(&a);
}

static void test_digest(void **state)
{
	static const char *const a[] = {
		"table T\n  column X\n    type TEXT\n  column y\n",
		"view v\n  as SELECT  x FROM t\n",
	};
	static const char *const same[] = {
		"view v\n  as select X from T -- c\n",
		"table t\n  column y\n    origin z\n"
		"  column x\n    type text\n",
	};
	static const char *const other[] = {
		"table t\n  column x\n    type blob\n  column y\n",
		"view v\n  as select x from t\n",
	};
	char da[SCHEMA_DIGEST_LEN], db[SCHEMA_DIGEST_LEN];

	(void)state;
	digest_of(da, a, 2);
	assert_true(str_starts(da, "s1:"));
	assert_int_equal(strlen(da), SCHEMA_DIGEST_LEN - 1);
	digest_of(db, same, 2);
	assert_string_equal(da, db);
	digest_of(db, other, 2);
	assert_string_not_equal(da, db);
	digest_of(db, a, 1);
	assert_string_not_equal(da, db);
}

static void test_seal_refuses_twins(void **state)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct schema s;

	(void)state;
	schema_init(&s, engine_sqlite.spelling, &a);
	schema_add(&s, decode(&a, "table t\n"));
	schema_add(&s, decode(&a, "table T\n"));
	assert_int_equal(schema_seal(&s, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	schema_release(&s);
	schema_init(&s, engine_sqlite.spelling, &a);
	schema_add(&s, decode(&a, "table t\n  column a\n  column A\n"));
	assert_int_equal(schema_seal(&s, &err), -1);
	schema_release(&s);
	arena_release(&a);
}

static void test_finding(void **state)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const struct node *n;
	struct schema s;

	(void)state;
	schema_init(&s, engine_sqlite.spelling, &a);
	schema_add(&s, decode(&a, text_users));
	schema_add(&s, decode(&a, "view v\n  as SELECT 1\n"));
	assert_int_equal(schema_seal(&s, &err), 0);
	n = schema_find(&s, &kind_table, "USERS");
	assert_non_null(n);
	assert_null(schema_find(&s, &kind_view, "users"));
	assert_ptr_equal(schema_find_relation(&s, "Users"), n);
	assert_non_null(schema_find_relation(&s, "V"));
	assert_non_null(node_find(n, &kind_column, "EMAIL", s.spelling));
	assert_null(node_find(n, &kind_column, "mail", s.spelling));
	schema_release(&s);
	arena_release(&a);
}

/* ---- connections -------------------------------------------------------- */

static void test_looks_nest(void **state)
{
	const struct engine *e = &engine_sqlite;
	struct err err = ERR_INIT;
	struct conn *c = NULL;

	(void)state;
	assert_int_equal(e->scratch(&c, NULL, &err), 0);
	assert_int_equal(e->look(c, &err), 0);
	assert_int_equal(e->look(c, &err), 0);
	/* A transaction is open until the last one ends. */
	e->look_end(c);
	assert_int_equal(e->exec(c, "BEGIN", &err), -1);
	e->look_end(c);
	assert_int_equal(e->begin(c, &err), 0);
	/* Inside of the one that writes it neither begins nor ends any. */
	assert_int_equal(e->look(c, &err), 0);
	assert_int_equal(e->exec(c, "CREATE TABLE t (a)", &err), 0);
	e->look_end(c);
	assert_int_equal(e->commit(c, &err), 0);
	assert_int_equal(e->exec(c, "DROP TABLE t", &err), 0);
	e->close(c);
}

static void test_retired(void **state)
{
	static const struct {
		const char *lines[3];
		bool good;
	} cases[] = {
		{ { "table/a", "table/b/column/c" }, true },
		{ { "table/a/column/b = \"c\"", "table/b" }, true },
		{ { "table/a = \"b \\\"c\\\"\"" }, true },
		{ { "table/b", "table/a" }, false },
		{ { "table/a", "table/a" }, false },
		{ { "table" }, false },
		{ { "table/a b" }, false },
		{ { "table/a = b" }, false },
		{ { "table/a = \"b" }, false },
		{ { "table/a = \"b\" " }, false },
		{ { "table/a  = \"b\"" }, false },
		{ { "table/a = \"\"" }, false },
		{ { "table/a = \"\\142\"" }, false },
	};
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct list l = { 0 };

		for (size_t k = 0; k < 3 && cases[i].lines[k]; k++)
			list_add(&a, &l, cases[i].lines[k]);
		if (cases[i].good != !retired_check(&l, &err))
			fail_msg("%s", cases[i].lines[0]);
		assert_int_equal(err.code, cases[i].good ? ERR_NONE :
				 ERR_DAMAGED);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_token_names),
		cmocka_unit_test(test_unclosed_is_bad),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_folding_appends),
		cmocka_unit_test(test_mentions),
		cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_text_is_the_tree),
		cmocka_unit_test(test_not_canonical),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_seal_refuses_twins),
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_looks_nest),
		cmocka_unit_test(test_retired),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
