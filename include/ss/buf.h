/*
 * A growing string.  ptr is never NULL and always ends in a NUL that len does
 * not count; appending cannot fail (out of memory ends the program).
 *
 *	struct buf b = BUF_INIT;
 *	buf_addf(&b, "%d objects", n);
 *	puts(b.ptr);
 *	buf_release(&b);
 */
#ifndef SS_BUF_H
#define SS_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "ss/base.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
};
extern char buf_empty[];
#define BUF_INIT { buf_empty, 0, 0 }

void buf_add(struct buf *b, const void *data, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
void buf_addu(struct buf *b, uint64_t v);	/* its decimal digits */
/* Between two of these characters, as SQL quotes: "a""b" */
void buf_add_doubled(struct buf *b, const char *s, char quote);
void buf_addhex(struct buf *b, const unsigned char *p, size_t n);
/* Room for n bytes at the end; who fills it adds to len what was filled, and
 * ends it in a NUL. */
char *buf_room(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t len);	/* keeps the memory */
void buf_release(struct buf *b);		/* BUF_INIT again */

/* As a terminal may be given it: what utf8_printable() refuses as \ooo, and
 * CR LF as it is. */
void buf_add_printable(struct buf *b, const char *s, size_t n);

/*
 * C-quote n bytes as git does: "..." with \n \t \" \\ and octal escapes for
 * control bytes and invalid UTF-8.
 */
void buf_add_cquoted(struct buf *b, const char *s, size_t n);
/* The way back; *used is how many bytes of s the quoted string took.
 * Returns -1 where s does not begin with a well-formed quoted string. */
int buf_add_unquoted(struct buf *b, const char *s, size_t n, size_t *used)
	MUST_CHECK;

#endif
