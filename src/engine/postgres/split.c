/*
 * Where a statement ends, as psql finds it: at a semicolon outside of quotes,
 * comments, parentheses and BEGIN ATOMIC ... END.
 */
#include "config.h"

#include "engine/postgres/postgres.h"

/* Behind the closing quote; a doubled one is none. */
static size_t skip_quoted(const char *sql, size_t len, size_t pos, bool escapes)
{
	char quote = sql[pos++];

	for (; pos < len; pos++) {
		if (escapes && sql[pos] == '\\')
			pos++;
		else if (sql[pos] == quote && sql[pos + 1] == quote)
			pos++;
		else if (sql[pos] == quote)
			return pos + 1;
	}
	return len;
}

static size_t skip_line(const char *sql, size_t len, size_t pos)
{
	while (pos < len && sql[pos] != '\n')
		pos++;
	return pos;
}

/* Comments nest. */
static size_t skip_comment(const char *sql, size_t len, size_t pos)
{
	unsigned depth = 0;

	while (pos < len) {
		if (sql[pos] == '/' && sql[pos + 1] == '*') {
			depth++;
			pos += 2;
		} else if (sql[pos] == '*' && sql[pos + 1] == '/') {
			pos += 2;
			if (!--depth)
				return pos;
		} else {
			pos++;
		}
	}
	return len;
}

/* $tag$ ... $tag$; where it is none, behind the dollar. */
static size_t skip_dollars(const char *sql, size_t len, size_t pos)
{
	size_t n = 1;

	while (pos + n < len && sql[pos + n] != '$' &&
	       is_word_byte((unsigned char)sql[pos + n]))
		n++;
	if (sql[pos + n] != '$' || (sql[pos + 1] >= '0' && sql[pos + 1] <= '9'))
		return pos + 1;
	n++;
	for (size_t end = pos + n; end + n <= len; end++)
		if (!memcmp(sql + end, sql + pos, n))
			return end + n;
	return len;
}

static size_t word_len(const char *sql, size_t len, size_t pos)
{
	size_t n = 0;

	while (pos + n < len && is_word_byte((unsigned char)sql[pos + n]))
		n++;
	return n;
}

static bool word_is(const char *sql, size_t n, const char *word)
{
	return strlen(word) == n && !ascii_ncasecmp(sql, word, n);
}

/* Behind a word, or E'...'. */
static size_t skip_word(const char *sql, size_t len, size_t pos)
{
	size_t n = word_len(sql, len, pos);

	if (n == 1 && (sql[pos] == 'E' || sql[pos] == 'e') &&
	    sql[pos + 1] == '\'')
		return skip_quoted(sql, len, pos + 1, true);
	return pos + n;
}

size_t pg_token_end(const char *sql, size_t len, size_t pos)
{
	char c = sql[pos];

	if (c == '\'' || c == '"')
		return skip_quoted(sql, len, pos, false);
	if (c == '-' && sql[pos + 1] == '-')
		return skip_line(sql, len, pos);
	if (c == '/' && sql[pos + 1] == '*')
		return skip_comment(sql, len, pos);
	if (c == '$')
		return skip_dollars(sql, len, pos);
	if (is_word_byte((unsigned char)c))
		return skip_word(sql, len, pos);
	return pos + 1;
}

struct splitting {
	unsigned parens;
	unsigned begins;	/* open BEGIN ATOMIC and CASE */
	unsigned words;		/* how many have been seen */
	bool routine;		/* CREATE [OR REPLACE] FUNCTION, PROCEDURE */
	bool begin;		/* the word before was BEGIN */
};

static void take_word(struct splitting *s, const char *word, size_t n)
{
	bool begin = s->begin;

	s->begin = word_is(word, n, "BEGIN");
	if (++s->words <= 4 && (word_is(word, n, "FUNCTION") ||
				word_is(word, n, "PROCEDURE")))
		s->routine = true;
	if (!s->routine || s->parens)
		return;
	if (begin && word_is(word, n, "ATOMIC"))
		s->begins++;
	else if (s->begins && word_is(word, n, "CASE"))
		s->begins++;
	else if (s->begins && word_is(word, n, "END"))
		s->begins--;
}

size_t pg_statement_end(const char *sql, size_t len, size_t pos)
{
	struct splitting s = { 0 };

	while (pos < len) {
		size_t n = word_len(sql, len, pos);
		size_t end = pg_token_end(sql, len, pos);
		char c = sql[pos];

		if (n && end == pos + n)
			take_word(&s, sql + pos, n);
		s.parens += c == '(';
		s.parens -= c == ')' && s.parens;
		pos = end;
		if (c == ';' && !s.parens && !s.begins)
			break;
	}
	return pos;
}

size_t pg_skip_blank(const char *sql, size_t len, size_t pos)
{
	for (;;) {
		while (pos < len && strchr(" \t\r\n\f\v;", sql[pos]) &&
		       sql[pos])
			pos++;
		if (pos < len && sql[pos] == '-' && sql[pos + 1] == '-')
			pos = skip_line(sql, len, pos);
		else if (pos < len && sql[pos] == '/' && sql[pos + 1] == '*')
			pos = skip_comment(sql, len, pos);
		else
			return pos;
	}
}
