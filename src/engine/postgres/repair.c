/*
 * What the server prints is no fixed point: some of it, executed, is printed
 * otherwise.  Here it is put so that it reads back as it was.
 *
 *	((s)::text = ANY ((ARRAY['a'::character varying, ...])::text[]))
 *
 * is what `s IN ('a', ...)` is printed as; executed as it stands the cast goes
 * into the array.  Written as a cast of a cast it stays outside.
 */
#include "config.h"

#include "engine/postgres/emit.h"

static const char array_start[] = "(ARRAY[";
static const char array_end[] = "])::";

static const char *array_close(const char *p)
{
	unsigned depth = 1;

	for (; *p; p++) {
		if (*p == '\'') {
			for (p++; *p && *p != '\''; p++)
				;
			if (!*p)
				return NULL;
		}
		depth += *p == '[';
		if (*p == ']' && !--depth)
			return p;
	}
	return NULL;
}

/* The type that every element of ARRAY[...] is cast to; 0: none, or several.
 */
static size_t element_type(const char **type, const char *p, const char *end)
{
	size_t len = 0;

	*type = NULL;
	while (p < end) {
		const char *cast, *stop;

		if (*p != '\'')
			return 0;
		for (p++; p < end && (*p != '\'' || p[1] == '\''); p++)
			p += *p == '\'';
		cast = p + 1;
		if (strncmp(cast, "::", 2))
			return 0;
		stop = cast + 2;
		while (stop < end && *stop != ',')
			stop += *stop == '(' ? strcspn(stop, ")") : 1;
		if (*type && (len != (size_t)(stop - cast) ||
			      memcmp(*type, cast, len)))
			return 0;
		*type = cast;
		len = (size_t)(stop - cast);
		p = stop + 2;
	}
	return len;
}

void pg_add_expr(struct buf *b, const char *expr)
{
	const char *p = expr, *start;

	while ((start = strstr(p, array_start))) {
		const char *inside = start + strlen(array_start);
		const char *close = array_close(inside), *type;
		size_t n = close ? element_type(&type, inside, close) : 0;

		if (!n || strncmp(close, array_end, strlen(array_end)) ||
		    !strncmp(type, close + 2, n)) {
			buf_add(b, p, (size_t)(inside - p));
			p = inside;
			continue;
		}
		buf_add(b, p, (size_t)(start - p));
		buf_addch(b, '(');
		buf_add(b, start, (size_t)(close - start) + 2);
		buf_add(b, type, n);
		buf_addstr(b, "[])");
		p = close + 2;
	}
	buf_addstr(b, p);
}
