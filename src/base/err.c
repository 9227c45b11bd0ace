/*
 * Errors, and the exit status of each.
 */
#include "config.h"

#include "ss/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const int exit_status[] = {
	[ERR_NONE] = 0,
	[ERR_FINDING] = 1,
	[ERR_USAGE] = 2,
	[ERR_REFUSED] = 3,
	[ERR_BUSY] = 3,
	[ERR_CONFLICT] = 4,
	[ERR_ENGINE] = 5,
	[ERR_IO] = 5,
	[ERR_LOST] = 5,
	[ERR_DAMAGED] = 6,
	[ERR_CANCELLED] = 130,
};
_Static_assert(ARRAY_LEN(exit_status) == ERR_N, "a status per code");

int err_exit_status(enum err_code code)
{
	return exit_status[code];
}

/* One line that a terminal may be given, whatever went into it.  What was cut
 * off ends before the character that it cuts through. */
static void flatten(char *s, size_t size)
{
	char old[sizeof(((struct err *)0)->text)];
	size_t n = strlen(s), at = 0, len;

	memcpy(old, s, n + 1);
	for (size_t i = 0; i < n; i += len) {
		if (old[i] == '\n' || old[i] == '\r')
			old[i] = ' ';
		len = utf8_printable(old + i, n - i);
		if (at + (len ? len : strlen("\\ooo")) >= size ||
		    (!len && n + 1 == size && n - i < 4))
			break;
		if (len)
			memcpy(s + at, old + i, len);
		else
			snprintf(s + at, size - at, "\\%03o",
				 (unsigned char)old[i]);
		at += len ? len : strlen("\\ooo");
		len = len ? len : 1;
	}
	s[at] = '\0';
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	flatten(err->text, sizeof(err->text));
	return -1;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	int n;

	err->code = ERR_IO;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
			 strerror(saved));
	flatten(err->text, sizeof(err->text));
	return -1;
}

/* Where somebody interrupted it, is no matter. */
int err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	size_t n, room;
	va_list ap;

	if (err->code == ERR_CANCELLED)
		return -1;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text) - 2, fmt, ap);
	va_end(ap);
	n = strlen(err->text);
	memcpy(err->text + n, ": ", 3);
	n += 2;
	room = sizeof(err->text) - n - 1;
	strncat(err->text, old, room);
	flatten(err->text, sizeof(err->text));
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	flatten(err->hint, sizeof(err->hint));
	return -1;
}
