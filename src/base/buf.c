/*
 * A growing string.
 */
#include "config.h"

#include "ss/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/arena.h"
#include "ss/hash.h"

char buf_empty[1];

static void make_room(struct buf *b, size_t n)
{
	size_t need = b->len + n + 1;

	if (need <= b->cap)
		return;
	b->cap = need < 2 * b->cap ? 2 * b->cap : need + 32;
	b->ptr = xrealloc(b->ptr == buf_empty ? NULL : b->ptr, b->cap);
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (!n)
		return;
	make_room(b, n);
	memcpy(b->ptr + b->len, data, n);
	b->len += n;
	b->ptr[b->len] = '\0';
}

void buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
	make_room(b, 1);
	b->ptr[b->len++] = c;
	b->ptr[b->len] = '\0';
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap ? b->cap - b->len : 0;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, ap);
	if (n > 0 && (size_t)n >= room) {
		make_room(b, (size_t)n);
		vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
	}
	if (n > 0)
		b->len += (size_t)n;
	else if (room)
		b->ptr[b->len] = '\0';
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_addu(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + v % 10);
	while (v /= 10);
	buf_add(b, digits + i, sizeof(digits) - i);
}

void buf_add_doubled(struct buf *b, const char *s, char quote)
{
	buf_addch(b, quote);
	for (; *s; s++) {
		if (*s == quote)
			buf_addch(b, quote);
		buf_addch(b, *s);
	}
	buf_addch(b, quote);
}

void buf_addhex(struct buf *b, const unsigned char *p, size_t n)
{
	hex_encode(buf_room(b, 2 * n), p, n);
	b->len += 2 * n;
}

char *buf_room(struct buf *b, size_t n)
{
	make_room(b, n);
	return b->ptr + b->len;
}

void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->ptr[len] = '\0';
}

void buf_release(struct buf *b)
{
	struct buf empty = BUF_INIT;

	if (b->ptr != buf_empty)
		free(b->ptr);
	*b = empty;
}

void buf_add_printable(struct buf *b, const char *s, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		bool crlf = i + 1 < n && s[i] == '\r' && s[i + 1] == '\n';

		len = crlf ? 2 : utf8_printable(s + i, n - i);
		if (len) {
			buf_add(b, s + i, len);
			continue;
		}
		buf_addf(b, "\\%03o", (unsigned char)s[i]);
		len = 1;
	}
}

static const char escapes[] = "a\ab\bt\tn\nv\vf\fr\r\"\"\\\\";

static char escape_letter(char c)
{
	for (size_t i = 0; i + 1 < sizeof(escapes) - 1; i += 2)
		if (escapes[i + 1] == c)
			return escapes[i];
	return '\0';
}

void buf_add_cquoted(struct buf *b, const char *s, size_t n)
{
	bool valid = utf8_valid(s, n);

	buf_addch(b, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		char letter = escape_letter(s[i]);

		if (letter)
			buf_addf(b, "\\%c", letter);
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !valid))
			buf_addf(b, "\\%03o", c);
		else
			buf_addch(b, s[i]);
	}
	buf_addch(b, '"');
}

/* escape = \ letter | \ three octal digits */
static int add_escape(struct buf *b, const char *s, size_t n, size_t *i)
{
	unsigned value = 0;

	if (*i >= n)
		return -1;
	for (size_t k = 0; k + 1 < sizeof(escapes) - 1; k += 2) {
		if (escapes[k] != s[*i])
			continue;
		buf_addch(b, escapes[k + 1]);
		++*i;
		return 0;
	}
	if (n - *i < 3)
		return -1;
	for (size_t k = 0; k < 3; k++, ++*i) {
		if (s[*i] < '0' || s[*i] > '7')
			return -1;
		value = value * 8 + (unsigned)(s[*i] - '0');
	}
	if (value > 255)
		return -1;
	buf_addch(b, (char)value);
	return 0;
}

int buf_add_unquoted(struct buf *b, const char *s, size_t n, size_t *used)
{
	size_t i = 1;

	if (!n || s[0] != '"')
		return -1;
	while (i < n && s[i] != '"') {
		if (s[i] != '\\') {
			buf_addch(b, s[i++]);
			continue;
		}
		i++;
		if (add_escape(b, s, n, &i))
			return -1;
	}
	if (i >= n)
		return -1;
	*used = i + 1;
	return 0;
}
