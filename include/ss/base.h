/*
 * What every module uses: checked calls, arrays, small strings.
 */
#ifndef SS_BASE_H
#define SS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A list of strings; owned by whoever says so where it is declared. */
struct list {
	const char **v;
	size_t n;
};

/* Bytes that belong to somebody else; not ended by a NUL. */
struct bytes {
	const char *ptr;
	size_t len;
};

/* ASCII only, whatever the locale: identifiers fold as SQLite folds them. */
char ascii_lower(char c);
int ascii_casecmp(const char *a, const char *b);
int ascii_ncasecmp(const char *a, const char *b, size_t n);
bool is_word_byte(unsigned char c);	/* [A-Za-z0-9_$] or >= 0x80 */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool utf8_valid(const char *s, size_t n);
/* How many bytes the character that begins here has; 0: it is not valid, or
 * a terminal would act on it (a control byte other than tab and line feed). */
size_t utf8_printable(const char *s, size_t n);

/*
 * Parse a whole decimal number without sign or leading zeros, at most max.
 * Returns 0, or -1 and leaves *out alone.
 */
int parse_u64(uint64_t *out, const char *s, uint64_t max) MUST_CHECK;

#endif
