/*
 * Names and literals as SQL has them, and SQL made of them.
 */
#include "config.h"

#include "engine/postgres/emit.h"

#include <stdarg.h>

#include "engine/postgres/keywords.h"

static bool is_keyword(const char *name)
{
	size_t low = 0, high = ARRAY_LEN(pg_keywords);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int cmp = strcmp(name, pg_keywords[mid]);

		if (!cmp)
			return true;
		if (cmp < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

void pg_quote_name(struct buf *b, const char *name)
{
	bool plain = (*name >= 'a' && *name <= 'z') || *name == '_';

	for (const char *p = name; *p && plain; p++)
		plain = (*p >= 'a' && *p <= 'z') || *p == '_' ||
			(*p >= '0' && *p <= '9');
	if (plain && !is_keyword(name)) {
		buf_addstr(b, name);
		return;
	}
	buf_add_doubled(b, name, '"');
}

void pg_quote_text(struct buf *b, const char *text)
{
	if (strchr(text, '\\'))
		buf_addstr(b, "E");
	buf_addch(b, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_addch(b, *text);
		buf_addch(b, *text);
	}
	buf_addch(b, '\'');
}

static void add_upper(struct buf *b, const char *word)
{
	for (; *word; word++)
		buf_addch(b, *word >= 'a' && *word <= 'z' ? *word - 32 : *word);
}

static void add_list(struct buf *b, const struct list *l, bool names)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_addstr(b, ", ");
		if (names)
			pg_quote_name(b, l->v[i]);
		else
			buf_addstr(b, l->v[i]);
	}
}

static void vaddf(struct buf *b, const char *fmt, va_list ap)
{
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			buf_addch(b, *fmt);
			continue;
		}
		switch (*++fmt) {
		case 'I':
			pg_quote_name(b, va_arg(ap, const char *));
			break;
		case 'L':
			pg_quote_text(b, va_arg(ap, const char *));
			break;
		case 'U':
			add_upper(b, va_arg(ap, const char *));
			break;
		case 'N':
			add_list(b, va_arg(ap, const struct list *), true);
			break;
		case 'l':
			add_list(b, va_arg(ap, const struct list *), false);
			break;
		case '%':
			buf_addch(b, '%');
			break;
		default:
			buf_addstr(b, va_arg(ap, const char *));
		}
	}
}

void pg_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vaddf(b, fmt, ap);
	va_end(ap);
}

char *pg_printf(struct arena *a, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	char *s;

	va_start(ap, fmt);
	vaddf(&b, fmt, ap);
	va_end(ap);
	s = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return s;
}

/* The schema of a qualified name, with its dot. */
void pg_add_schema(struct buf *b, const char *name)
{
	const char *p = name;

	if (*p == '"') {
		for (p++; *p && (*p != '"' || p[1] == '"'); p++)
			p += *p == '"';
		p++;
	} else {
		p += strcspn(p, ".");
	}
	if (*p == '.')
		buf_add(b, name, (size_t)(p - name) + 1);
}

/* The length of the part of a qualified name that begins here. */
static size_t part_len(const char *p)
{
	size_t n = 1;

	if (*p != '"')
		return strcspn(p, ".");
	while (p[n] && (p[n] != '"' || p[n + 1] == '"'))
		n += p[n] == '"' ? 2 : 1;
	return n + (p[n] == '"');
}

void pg_add_table_of(struct buf *b, const char *column)
{
	size_t n = part_len(column);

	if (column[n] == '.')
		n += 1 + part_len(column + n + 1);
	buf_add(b, column, n);
}

const struct node *pg_find_column(const struct node *table, const char *name)
{
	const struct node *found = NULL;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < table->nkids && !found; i++) {
		buf_truncate(&b, 0);
		pg_quote_name(&b, table->kids[i]->name);
		if (kind_is_column(table->kids[i]->kind) &&
		    !strcmp(b.ptr, name))
			found = table->kids[i];
	}
	buf_release(&b);
	return found;
}

bool pg_has_name(const char *sql, const char *name)
{
	struct buf quoted = BUF_INIT;
	const char *p = sql;
	size_t n;
	bool found = false;

	pg_quote_name(&quoted, name);
	n = quoted.len;
	while (!found && (p = strstr(p, quoted.ptr))) {
		found = (p == sql || !is_word_byte((unsigned char)p[-1])) &&
			!is_word_byte((unsigned char)p[n]);
		p++;
	}
	buf_release(&quoted);
	return found;
}

bool pg_list_has(const struct list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}
