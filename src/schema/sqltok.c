/*
 * SQL in tokens, and the folded form by which SQLite's expressions compare.
 */
#include "config.h"

#include "ss/sqltok.h"

#include <stdlib.h>

struct sqllex sqllex_init(const char *text, size_t len)
{
	struct sqllex lex = { text, len, 0 };

	return lex;
}

/* SQLite takes a vertical tab behind another blank only: what it has taken
 * never has one elsewhere. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte at pos + i, or NUL behind the end. */
static char peek(const struct sqllex *lex, size_t i)
{
	return lex->pos + i < lex->len ? lex->text[lex->pos + i] : '\0';
}

/* One comment: to the end of the line, or to its closing mark (or the end of
 * the text, as SQLite has it). */
static bool skip_comment(struct sqllex *lex)
{
	if (peek(lex, 0) == '-' && peek(lex, 1) == '-') {
		while (lex->pos < lex->len && lex->text[lex->pos] != '\n')
			lex->pos++;
		return true;
	}
	if (peek(lex, 0) == '/' && peek(lex, 1) == '*') {
		lex->pos += 2;
		while (lex->pos < lex->len &&
		       !(peek(lex, 0) == '*' && peek(lex, 1) == '/'))
			lex->pos++;
		lex->pos = lex->pos < lex->len ? lex->pos + 2 : lex->len;
		return true;
	}
	return false;
}

/* A byte order mark between tokens is a blank to SQLite. */
static bool is_bom(const char *s, size_t n)
{
	return n >= 3 && !memcmp(s, "\xef\xbb\xbf", 3);
}

static void skip_blanks(struct sqllex *lex)
{
	for (;;) {
		if (lex->pos < lex->len && is_blank(lex->text[lex->pos]))
			lex->pos++;
		else if (is_bom(lex->text + lex->pos, lex->len - lex->pos))
			lex->pos += 3;
		else if (!skip_comment(lex))
			return;
	}
}

/* quoted = q { any byte | q q } q ; brackets close at the first ']' */
static enum sqltok_type lex_quoted(struct sqllex *lex, char close, bool doubles,
				   enum sqltok_type type)
{
	lex->pos++;
	while (lex->pos < lex->len) {
		if (lex->text[lex->pos++] != close)
			continue;
		if (!doubles || peek(lex, 0) != close)
			return type;
		lex->pos++;
	}
	return SQLTOK_BAD;
}

/* digits = { digit | "_" } ; SQLite 3.46 has separators */
static void skip_digits(struct sqllex *lex)
{
	while (is_digit(peek(lex, 0)) || peek(lex, 0) == '_')
		lex->pos++;
}

/* number = 0x hex | digits [ . digits ] [ e [sign] digits ] ; a word that
 * begins right behind is part of it, and SQLite refuses the whole */
static enum sqltok_type lex_number(struct sqllex *lex)
{
	skip_digits(lex);
	if (peek(lex, 0) == '.') {
		lex->pos++;
		skip_digits(lex);
	}
	if ((peek(lex, 0) | 32) == 'e' &&
	    (is_digit(peek(lex, 1)) ||
	     ((peek(lex, 1) == '+' || peek(lex, 1) == '-') &&
	      is_digit(peek(lex, 2)))))
		lex->pos += 2;
	while (is_word_byte((unsigned char)peek(lex, 0)))
		lex->pos++;
	return SQLTOK_NUMBER;
}

static enum sqltok_type lex_op(struct sqllex *lex)
{
	static const char *const ops[] = {
		"->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==",
	};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		size_t n = strlen(ops[i]);

		if (lex->len - lex->pos >= n &&
		    !memcmp(lex->text + lex->pos, ops[i], n)) {
			lex->pos += n;
			return SQLTOK_OP;
		}
	}
	lex->pos++;
	return SQLTOK_OP;
}

static enum sqltok_type lex_token(struct sqllex *lex)
{
	char c = peek(lex, 0);

	if (c == '\'')
		return lex_quoted(lex, '\'', true, SQLTOK_STRING);
	if (c == '"' || c == '`')
		return lex_quoted(lex, c, true, SQLTOK_QUOTED);
	if (c == '[')
		return lex_quoted(lex, ']', false, SQLTOK_QUOTED);
	if ((c | 32) == 'x' && peek(lex, 1) == '\'') {
		lex->pos++;
		return lex_quoted(lex, '\'', false, SQLTOK_BLOB);
	}
	if (is_digit(c) || (c == '.' && is_digit(peek(lex, 1))))
		return lex_number(lex);
	if (!is_word_byte((unsigned char)c))
		return lex_op(lex);
	while (is_word_byte((unsigned char)peek(lex, 0)))
		lex->pos++;
	return SQLTOK_WORD;
}

bool sqltok_next(struct sqllex *lex, struct sqltok *tok)
{
	size_t start;

	skip_blanks(lex);
	start = lex->pos;
	tok->ptr = lex->text + start;
	tok->type = SQLTOK_END;
	tok->len = 0;
	if (start >= lex->len)
		return false;
	tok->type = lex_token(lex);
	tok->len = lex->pos - start;
	return true;
}

bool sqltok_is(const struct sqltok *t, const char *word)
{
	return (t->type == SQLTOK_WORD || t->type == SQLTOK_OP) &&
	       strlen(word) == t->len && !ascii_ncasecmp(t->ptr, word, t->len);
}

bool sqltok_is_name(const struct sqltok *t)
{
	return t->type == SQLTOK_WORD || t->type == SQLTOK_QUOTED ||
	       t->type == SQLTOK_STRING;
}

/* Append what a quoted token spells. */
static void add_unquoted(struct buf *b, const struct sqltok *t)
{
	char close = t->ptr[0] == '[' ? ']' : t->ptr[0];

	for (size_t i = 1; i + 1 < t->len; i++) {
		buf_addch(b, t->ptr[i]);
		if (close != ']' && t->ptr[i] == close)
			i++;
	}
}

char *sqltok_name(struct arena *a, const struct sqltok *t)
{
	struct buf b = BUF_INIT;
	char *name;

	if (t->type != SQLTOK_QUOTED && t->type != SQLTOK_STRING)
		return arena_strndup(a, t->ptr, t->len);
	add_unquoted(&b, t);
	name = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return name;
}

/*
 * Words that mean something else when they are not quoted.  The keywords that
 * SQLite takes for names wherever its grammar allows (KEY, ACTION ...) are not
 * here: bare and quoted they are one.
 */
static const char *const loud_words[] = {
	"add", "all", "alter", "and", "as", "autoincrement", "between", "case",
	"cast", "check", "collate", "commit", "constraint", "create", "cross",
	"current_date", "current_time", "current_timestamp", "default",
	"deferrable", "delete", "distinct", "drop", "else", "escape", "except",
	"exists", "false", "filter", "foreign", "from", "full", "group",
	"having", "in", "index", "indexed", "inner", "insert", "intersect",
	"into", "is", "isnull", "join", "left", "limit", "natural", "not",
	"nothing", "notnull", "null", "on", "or", "order", "outer", "over",
	"primary", "raise", "references", "returning", "right", "select",
	"set", "table", "then", "to", "transaction", "true", "union",
	"unique", "update", "using", "values", "when", "where", "window",
};

static int cmp_word(const void *key, const void *elem)
{
	return strcmp(key, *(const char *const *)elem);
}

static bool is_loud(const char *word)
{
	return bsearch(word, loud_words, ARRAY_LEN(loud_words),
		       sizeof(loud_words[0]), cmp_word);
}

static void lower_from(struct buf *b, size_t start)
{
	for (size_t i = start; i < b->len; i++)
		b->ptr[i] = ascii_lower(b->ptr[i]);
}

/* Can the name stand bare, and mean the same? */
static bool is_plain(const char *s, size_t n)
{
	if (!n || is_digit(s[0]) || s[0] == '$' || is_bom(s, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_word_byte((unsigned char)s[i]) ||
		    (s[i] >= 'A' && s[i] <= 'Z'))
			return false;
	return true;
}

/*
 * A quoted name.  "x" may be a string where no column has that name, so its
 * case is kept; `x` and [x] never are.
 */
static void fold_quoted(struct buf *b, const struct sqltok *t)
{
	struct buf name = BUF_INIT;

	add_unquoted(&name, t);
	if (t->ptr[0] != '"')
		lower_from(&name, 0);
	if (is_plain(name.ptr, name.len) && !is_loud(name.ptr)) {
		buf_add(b, name.ptr, name.len);
	} else {
		buf_addch(b, '"');
		for (size_t i = 0; i < name.len; i++) {
			if (name.ptr[i] == '"')
				buf_addch(b, '"');
			buf_addch(b, name.ptr[i]);
		}
		buf_addch(b, '"');
	}
	buf_release(&name);
}

static void fold_token(struct buf *b, const struct sqltok *t)
{
	size_t start = b->len;

	if (t->type == SQLTOK_QUOTED) {
		fold_quoted(b, t);
	} else if (t->type == SQLTOK_WORD) {
		buf_add(b, t->ptr, t->len);
		lower_from(b, start);
	} else if (sqltok_is(t, "==")) {
		buf_addch(b, '=');
	} else if (sqltok_is(t, "!=")) {
		buf_addstr(b, "<>");
	} else {
		buf_add(b, t->ptr, t->len);
	}
}

/* Is b[start..] one pair of parentheses around everything?  Tokens are joined
 * by blanks, so a parenthesis in a string or a name is not a token alone. */
static bool wrapped(const struct buf *b, size_t start)
{
	struct sqllex lex = sqllex_init(b->ptr + start, b->len - start);
	struct sqltok t;
	size_t depth = 0;
	bool first = true;

	while (sqltok_next(&lex, &t)) {
		if (sqltok_is(&t, "("))
			depth++;
		else if (sqltok_is(&t, ")") && depth)
			depth--;
		if (first && !depth)
			return false;
		first = false;
		if (!depth)
			return lex.pos == lex.len;
	}
	return false;
}

void sqlite_fold_sql(struct buf *b, const char *sql)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	struct sqltok t;
	size_t start = b->len;

	while (sqltok_next(&lex, &t)) {
		if (b->len > start)
			buf_addch(b, ' ');
		fold_token(b, &t);
	}
	while (b->len - start >= 4 && b->ptr[start] == '(' &&
	       wrapped(b, start)) {
		memmove(b->ptr + start, b->ptr + start + 2,
			b->len - start - 4);
		buf_truncate(b, b->len - 4);
	}
}

bool sql_mentions(const char *sql, const char *folded_name)
{
	struct sqllex lex = sqllex_init(sql, strlen(sql));
	size_t n = strlen(folded_name);
	struct buf b = BUF_INIT;
	struct sqltok t;
	bool found = false;

	while (!found && sqltok_next(&lex, &t)) {
		if (t.type == SQLTOK_WORD) {
			found = t.len == n &&
				!ascii_ncasecmp(t.ptr, folded_name, n);
		} else if (t.type == SQLTOK_QUOTED ||
			   t.type == SQLTOK_STRING) {
			buf_truncate(&b, 0);
			add_unquoted(&b, &t);
			found = b.len == n &&
				!ascii_ncasecmp(b.ptr, folded_name, n);
		}
	}
	buf_release(&b);
	return found;
}
