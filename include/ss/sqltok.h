/*
 * SQL in tokens: blanks and comments fall away, every token knows where it
 * stands.  Enough for both engines' catalogs; it judges no grammar.
 *
 *	struct sqltok t;
 *	struct sqllex lex = sqllex_init(sql, strlen(sql));
 *	while (sqltok_next(&lex, &t))
 *		...
 */
#ifndef SS_SQLTOK_H
#define SS_SQLTOK_H

#include "ss/arena.h"
#include "ss/buf.h"

enum sqltok_type {
	SQLTOK_END,
	SQLTOK_WORD,		/* bare: a keyword or a name */
	SQLTOK_QUOTED,		/* "a", `a` or [a]: a name, mostly */
	SQLTOK_STRING,		/* 'a' */
	SQLTOK_BLOB,		/* x'00' */
	SQLTOK_NUMBER,
	SQLTOK_OP,
	SQLTOK_BAD		/* an unclosed quote or comment */
};

struct sqltok {
	enum sqltok_type type;
	const char *ptr;	/* into the text, quotes included */
	size_t len;
};

struct sqllex {
	const char *text;
	size_t len;
	size_t pos;
};

struct sqllex sqllex_init(const char *text, size_t len);
bool sqltok_next(struct sqllex *lex, struct sqltok *tok);	/* false: END */

/* Is it the bare word (given in upper case), or the operator? */
bool sqltok_is(const struct sqltok *t, const char *word);
/* The name that a WORD, QUOTED or STRING token spells, unquoted. */
char *sqltok_name(struct arena *a, const struct sqltok *t);
bool sqltok_is_name(const struct sqltok *t);

/*
 * Append the form by which SQLite's expressions and bodies are compared:
 * tokens joined by one blank, comments gone, names unquoted and lower-cased
 * (kept quoted where a bare word would mean something else), == as =, != as
 * <>, parentheses around the whole stripped.
 */
void sqlite_fold_sql(struct buf *b, const char *sql);

/* Does any token of the text spell this name (folded)? */
bool sql_mentions(const char *sql, const char *folded_name);

#endif
