/*
 * schemastore.conf, in git-config syntax.
 *
 *	line = [ "[" section [ " " quoted ] "]" ] [ name [ "=" value ] ]
 *	       [ comment ]
 */
#include "config.h"

#include "ss/conf.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/file.h"

#include "store/conf.h"

struct reader {
	struct conf *conf;
	char *section;		/* "database.dev", NULL before the first */
	unsigned line;
	unsigned last;		/* where what begins in `line` ends */
	struct err *err;
};

static int bad(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_USAGE, "%s:%u: %s", r->conf->path, r->line,
		       what);
}

bool conf_is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static char *lower(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_strndup(a, s, n);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

size_t conf_head_len(const char *line)
{
	const char *p = skip_blanks(line);
	bool quoted = false;

	if (*p != '[')
		return 0;
	for (; *p && *p != '\n' && (quoted || *p != ']'); p++) {
		if (quoted && *p == '\\' && p[1] && p[1] != '\n')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return *p == ']' ? (size_t)(p - line) + 1 : 0;
}

/* "[" name [ " " '"' text '"' ] "]" */
static int read_section(struct reader *r, const char *p)
{
	struct arena *a = r->conf->arena;
	const char *start = ++p;
	struct buf sub = BUF_INIT;
	int ret = -1;

	while (conf_is_name_byte(*p) || *p == '.')
		p++;
	r->section = lower(a, start, (size_t)(p - start));
	p = skip_blanks(p);
	if (*p == '"') {
		for (p++; *p && *p != '"' && *p != '\n'; p++) {
			if (*p == '\\' && p[1] && p[1] != '\n')
				p++;
			buf_addch(&sub, *p);
		}
		if (*p++ != '"') {
			bad(r, "a section's name is not closed");
			goto out;
		}
		r->section = arena_printf(a, "%s.%s", r->section, sub.ptr);
	}
	if (*p != ']' || !conf_is_name_byte(*start)) {
		bad(r, "a section that is not [name] or [name \"sub\"]");
		goto out;
	}
	ret = 0;
out:
	buf_release(&sub);
	return ret;
}

/* The value: quotes open and close, \n \t \" \\ are escapes, a backslash at a
 * line's end takes the next one along, # and ; begin a comment outside quotes,
 * blanks at the ends fall away. */
static int read_value(struct reader *r, struct buf *b, const char *p)
{
	static const char escapes[] = "n\nt\t\"\"\\\\";
	bool quoted = false;
	size_t keep = 0;

	for (p = skip_blanks(p); *p; p++) {
		if (!quoted && (*p == '#' || *p == ';'))
			break;
		if (*p == '"') {
			quoted = !quoted;
			keep = b->len;
			continue;
		}
		if (*p == '\\' && p[1] == '\n') {
			p++;
			continue;
		}
		if (*p == '\\') {
			const char *e = p[1] ? strchr(escapes, p[1]) : NULL;

			if (!e)
				return bad(r, "an unknown escape in a value");
			buf_addch(b, e[1]);
			p++;
		} else {
			buf_addch(b, *p);
		}
		if (quoted || (b->ptr[b->len - 1] != ' ' &&
			       b->ptr[b->len - 1] != '\t'))
			keep = b->len;
	}
	buf_truncate(b, keep);
	return quoted ? bad(r, "a quoted value is not closed") : 0;
}

static int read_entry(struct reader *r, const char *p)
{
	struct arena *a = r->conf->arena;
	const char *start = p;
	struct conf_entry *e;
	struct buf value = BUF_INIT;
	char *name;
	int ret = -1;

	while (conf_is_name_byte(*p))
		p++;
	name = lower(a, start, (size_t)(p - start));
	p = skip_blanks(p);
	if (!*name || !r->section) {
		bad(r, *name ? "a name before the first [section]" :
		    "a line that is no name, section or comment");
		goto out;
	}
	if (*p == '=') {
		if (read_value(r, &value, p + 1))
			goto out;
	} else if (!*p || *p == '#' || *p == ';') {
		buf_addstr(&value, "true");
	} else {
		bad(r, "'=' is missing");
		goto out;
	}
	e = ARENA_PUSH(a, r->conf->v, r->conf->n, r->conf->cap);
	e->key = arena_printf(a, "%s.%s", r->section, name);
	e->value = arena_strdup(a, value.ptr);
	e->line = r->line;
	e->last = r->last;
	ret = 0;
out:
	buf_release(&value);
	return ret;
}

static int read_line(struct reader *r, const char *line)
{
	line = skip_blanks(line);
	if (*line == '[') {
		if (read_section(r, line))
			return -1;
		line = skip_blanks(line + conf_head_len(line));
	}
	if (!*line || *line == '#' || *line == ';')
		return 0;
	return read_entry(r, line);
}

/* The newline that ends what begins here, NUL where there is none. */
static char *line_end(struct reader *r, char *p)
{
	bool comment = false, quoted = false;

	r->line = ++r->last;
	for (; *p && *p != '\n'; p++) {
		if (!comment && *p == '"')
			quoted = !quoted;
		comment |= !quoted && (*p == '#' || *p == ';');
		if (comment || *p != '\\' || !p[1])
			continue;
		p++;
		r->last += *p == '\n' && p[1];
	}
	return p;
}

static int read_lines(struct reader *r, char *text)
{
	for (char *p = text, *nl; *p; p = nl) {
		nl = line_end(r, p);
		if (*nl)
			*nl++ = '\0';
		if (*p && p[strlen(p) - 1] == '\r')
			p[strlen(p) - 1] = '\0';
		if (read_line(r, p))
			return -1;
	}
	return 0;
}

int conf_parse(struct conf *c, const struct buf *text, struct err *err)
{
	struct reader r = { .conf = c, .err = err };

	if (strlen(text->ptr) != text->len)
		return err_set(err, ERR_USAGE, "%s: a NUL byte in it", c->path);
	return read_lines(&r, arena_strdup(c->arena, text->ptr));
}

int conf_read(struct conf *c, const char *path, struct arena *a,
	      struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	memset(c, 0, sizeof(*c));
	c->arena = a;
	c->path = arena_strdup(a, path);
	if (file_exists(path)) {
		ret = file_read(&b, path, CONF_MAX, err);
		if (!ret)
			ret = conf_parse(c, &b, err);
	}
	buf_release(&b);
	return ret;
}

bool conf_same_section(const char *a, const char *b)
{
	const char *dot_a = strchr(a, '.'), *dot_b = strchr(b, '.');
	const char *end_a = strrchr(a, '.'), *end_b = strrchr(b, '.');

	return dot_a && dot_b && dot_a - a == dot_b - b &&
	       end_a - a == end_b - b &&
	       !ascii_ncasecmp(a, b, (size_t)(dot_a - a)) &&
	       !strncmp(dot_a, dot_b, (size_t)(end_a - dot_a));
}

bool conf_key_is(const char *a, const char *b)
{
	return conf_same_section(a, b) &&
	       !ascii_casecmp(strrchr(a, '.'), strrchr(b, '.'));
}

const char *conf_get(const struct conf *c, const char *key)
{
	for (size_t i = c->n; i-- > 0;)
		if (conf_key_is(c->v[i].key, key))
			return c->v[i].value;
	return NULL;
}

int conf_expand(const char **out, const struct conf *c, const char *key,
		struct err *err)
{
	const char *value = conf_get(c, key);
	const char *name, *env;
	size_t n;

	*out = value;
	if (!value || value[0] != '$')
		return 0;
	name = value + 1;
	n = strlen(name);
	if (*name == '{' && n > 2 && name[n - 1] == '}')
		name = arena_strndup(c->arena, name + 1, n - 2);
	env = getenv(name);
	if (!env)
		return err_set(err, ERR_USAGE, "%s: %s needs the environment "
			       "variable '%s', which is not set", c->path, key,
			       name);
	*out = arena_strdup(c->arena, env);
	return 0;
}

struct list conf_all(const struct conf *c, const char *key, struct arena *a)
{
	struct list l = { NULL, 0 };

	for (size_t i = 0; i < c->n; i++)
		if (conf_key_is(c->v[i].key, key))
			list_add(a, &l, c->v[i].value);
	return l;
}

struct list conf_subs(const struct conf *c, const char *section,
		      struct arena *a)
{
	struct list l = { NULL, 0 };
	size_t n = strlen(section);

	for (size_t i = 0; i < c->n; i++) {
		const char *key = c->v[i].key;
		const char *end = strrchr(key, '.');
		char *sub;
		bool known = false;

		if (strncmp(key, section, n) || key[n] != '.' ||
		    end <= key + n)
			continue;
		sub = arena_strndup(a, key + n + 1,
				    (size_t)(end - key) - n - 1);
		for (size_t k = 0; k < l.n; k++)
			known |= !strcmp(l.v[k], sub);
		if (!known)
			list_add(a, &l, sub);
	}
	return l;
}
