/*
 * Walking a template.  All that is not of the template itself is escaped: it
 * is names and SQL of people who may not mean well.
 */
#include "config.h"

#include <stdio.h>

#include "cli/report.h"

#define DEPTH_MAX 8

struct walking {
	struct buf *out;
	escape_fn escape;
	json_t *around[DEPTH_MAX];	/* the innermost is the last */
	size_t n;
};

/* ---- escaping ----------------------------------------------------------- */

/* What turns text around, or is not to be seen: the three bytes of U+200B to
 * U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF. */
static unsigned unseen(const unsigned char *p)
{
	unsigned c;

	if (p[0] < 0xe0 || p[0] > 0xef || !p[1] || !p[2])
		return 0;
	c = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ? c : 0;
}

static void escape_each(struct buf *b, const char *text,
			const char *(*word)(unsigned char c))
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		const char *w = word(*p);
		unsigned c = unseen(p);

		if (c)
			buf_addf(b, "\\u%04x", c);
		else if (w)
			buf_addstr(b, w);
		else
			buf_addch(b, (char)*p);
		p += c ? 2 : 0;
	}
}

static const char *html_word(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void escape_html(struct buf *b, const char *text)
{
	escape_each(b, text, html_word);
}

/* A line of somebody's must not look like one of ours. */
static const char *text_word(unsigned char c)
{
	return c == '\n' ? "\n      | " : NULL;
}

void escape_text(struct buf *b, const char *text)
{
	escape_each(b, text, text_word);
}

/* ---- walking ------------------------------------------------------------ */

static json_t *find(const struct walking *w, const char *name)
{
	for (size_t i = w->n; i--;) {
		json_t *v = !strcmp(name, ".") ? w->around[i] :
			    json_object_get(w->around[i], name);

		if (v)
			return v;
	}
	return NULL;
}

static bool is_there(const json_t *v)
{
	return json_is_array(v) ? json_array_size(v) > 0 :
	       json_is_string(v) ? *json_string_value(v) :
	       v && !json_is_null(v) && !json_is_false(v);
}

static void add_value(struct walking *w, const json_t *v)
{
	char number[32];

	if (json_is_string(v)) {
		w->escape(w->out, json_string_value(v));
	} else if (json_is_integer(v)) {
		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(v));
		buf_addstr(w->out, number);
	}
}

static void walk(struct walking *w, const char *at, const char *end);

static void walk_in(struct walking *w, json_t *v, const char *at,
		    const char *end)
{
	if (w->n == DEPTH_MAX)
		return;
	w->around[w->n++] = v;
	walk(w, at, end);
	w->n--;
}

static void walk_section(struct walking *w, char kind, json_t *v,
			 const struct bytes *inner)
{
	const char *end = inner->ptr + inner->len;
	size_t n = json_is_array(v) ? json_array_size(v) : 0;

	if (kind == '^' || !is_there(v)) {
		if (kind == '^' && !is_there(v))
			walk(w, inner->ptr, end);
		return;
	}
	if (!n)
		walk_in(w, v, inner->ptr, end);
	for (size_t i = 0; i < n; i++)
		walk_in(w, json_array_get(v, i), inner->ptr, end);
}

/* Behind what stands in braces at `at`; the template is ours, and whole. */
static const char *walk_tag(struct walking *w, const char *at)
{
	char name[32], closing[40];
	bool section = *at == '#' || *at == '^';
	struct bytes inner;
	const char *after;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + section, "}"),
		 at + section);
	after = at + section + strlen(name) + 2;
	if (!section) {
		add_value(w, find(w, name));
		return after;
	}
	snprintf(closing, sizeof(closing), "{{/%s}}", name);
	inner.ptr = after;
	inner.len = (size_t)(strstr(after, closing) - after);
	walk_section(w, *at, find(w, name), &inner);
	return after + inner.len + strlen(closing);
}

static void walk(struct walking *w, const char *at, const char *end)
{
	while (at < end) {
		const char *tag = strstr(at, "{{");

		if (!tag || tag >= end) {
			buf_add(w->out, at, (size_t)(end - at));
			return;
		}
		buf_add(w->out, at, (size_t)(tag - at));
		at = walk_tag(w, tag + 2);
	}
}

void report_walk(struct buf *b, const char *template, json_t *data,
		 escape_fn escape)
{
	struct walking w = { .out = b, .escape = escape, .around = { data },
			     .n = 1 };

	walk(&w, template, template + strlen(template));
}
