/*
 * Changing schemastore.conf in place: comments and layout stay.
 */
#include "config.h"

#include "ss/conf.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/buf.h"

#include "ss/file.h"

#define CONF_MAX (1u << 20)

static void add_value(struct buf *b, const char *name, const char *value)
{
	bool quote = !*value || *value == ' ' || str_ends(value, " ") ||
		     strpbrk(value, "#;\"\\\n\t");

	buf_addf(b, "\t%s = %s", name, quote ? "\"" : "");
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_addch(b, '\\');
		if (*value == '\n')
			buf_addstr(b, "\\n");
		else if (*value == '\t')
			buf_addstr(b, "\\t");
		else
			buf_addch(b, *value);
	}
	buf_addstr(b, quote ? "\"\n" : "\n");
}

/* [section "sub"] */
static void add_section(struct buf *b, const char *key)
{
	const char *dot = strchr(key, '.'), *end = strrchr(key, '.');

	buf_addf(b, "[%.*s", (int)(dot - key), key);
	if (end > dot)
		buf_addf(b, " \"%.*s\"", (int)(end - dot - 1), dot + 1);
	buf_addstr(b, "]\n");
}

static bool same_section(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '.') - a);

	return n == (size_t)(strrchr(b, '.') - b) && !ascii_ncasecmp(a, b, n);
}

/* What is to happen to the text. */
struct edit {
	unsigned remove;	/* this line, 0 = none */
	unsigned behind;	/* put the value behind this one, 0 = at end */
};

static struct edit find_place(const struct conf *c, const char *key,
			      bool replace)
{
	struct edit e = { 0, 0 };

	for (size_t i = 0; i < c->n; i++) {
		if (!same_section(c->v[i].key, key))
			continue;
		e.behind = c->v[i].line;
		if (replace && !ascii_casecmp(c->v[i].key, key))
			e.remove = c->v[i].line;
	}
	if (e.remove)
		e.behind = e.remove;
	return e;
}

static void apply_edit(struct buf *out, const char *text, struct edit e,
		       const char *key, const char *value)
{
	const char *name = strrchr(key, '.') + 1;
	unsigned line = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");

		n += text[n] == '\n';
		line++;
		if (line != e.remove)
			buf_add(out, text, n);
		if (line == e.behind && value) {
			if (out->len && out->ptr[out->len - 1] != '\n')
				buf_addch(out, '\n');
			add_value(out, name, value);
		}
		text += n;
	}
	if (e.behind || !value)
		return;
	if (out->len && out->ptr[out->len - 1] != '\n')
		buf_addch(out, '\n');
	add_section(out, key);
	add_value(out, name, value);
}

int conf_set(struct conf *c, const char *key, const char *value, bool add,
	     struct err *err)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct edit e;
	int ret = -1;

	if (!strchr(key, '.') || key[0] == '.' || str_ends(key, "."))
		return err_set(err, ERR_USAGE, "'%s' is not section.name",
			       key);
	e = find_place(c, key, !add);
	if (!value && !e.remove)
		return err_set(err, ERR_USAGE, "'%s' is not set in '%s'", key,
			       c->path);
	if (file_exists(c->path) && file_read(&text, c->path, CONF_MAX, err))
		goto out;
	apply_edit(&out, text.ptr, e, key, value);
	if (file_write(c->path, out.ptr, out.len, err))
		goto out;
	ret = conf_read(c, c->path, c->arena, err);
out:
	buf_release(&text);
	buf_release(&out);
	return ret;
}
