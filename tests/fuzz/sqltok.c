/*
 * SQL in tokens: the tokens stand in the text, one behind the other, with
 * nothing but blanks and comments between; the folded form folds to itself,
 * and has the tokens that it was made of.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/sqltok.h"

/* Between two tokens a lexer of its own must find none. */
static void check_gap(const char *from, const char *to)
{
	struct sqllex lex = sqllex_init(from, (size_t)(to - from));
	struct sqltok t;

	if (sqltok_next(&lex, &t))
		fuzz_fail("'%.*s' was passed over", (int)t.len, t.ptr);
}

static void check_tokens(const char *sql, size_t len, struct arena *a)
{
	struct sqllex lex = sqllex_init(sql, len);
	const char *end = sql;
	struct sqltok t;

	while (sqltok_next(&lex, &t)) {
		if (t.ptr < end || !t.len || t.ptr + t.len > sql + len)
			fuzz_fail("a token of %zu bytes at %td", t.len,
				  t.ptr - sql);
		check_gap(end, t.ptr);
		end = t.ptr + t.len;
		if (end != sql + lex.pos)
			fuzz_fail("the lexer is not behind the token");
		if (sqltok_is_name(&t) &&
		    !sql_mentions(sql, sqltok_name(a, &t)))
			fuzz_fail("'%.*s' is not mentioned", (int)t.len,
				  t.ptr);
	}
	check_gap(end, sql + len);
}

static void check_fold(const char *sql)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct bytes first, second;

	sqlite_fold_sql(&one, sql);
	sqlite_fold_sql(&two, one.ptr);
	first = fuzz_bytes(&one);
	second = fuzz_bytes(&two);
	fuzz_same("what is folded twice", &first, &second);
	buf_release(&one);
	buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	char *sql;

	if (size > 4096)
		return 0;
	sql = fuzz_string(&a, &rest);
	check_tokens(sql, strlen(sql), &a);
	check_fold(sql);
	arena_release(&a);
	return 0;
}
