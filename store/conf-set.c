/*
 * Changing schemastore.conf in place: comments and layout stay.
 */
#include "config.h"

#include "ss/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "ss/file.h"

#include "store/conf.h"

static void add_value(struct buf *b, const char *name, const char *value)
{
	bool quote = !*value || *value == ' ' || str_ends(value, " ") ||
		     strpbrk(value, "#;\"\\\n\t\r");

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
	if (end > dot) {
		buf_addstr(b, " \"");
		for (const char *p = dot + 1; p < end; p++) {
			if (*p == '"' || *p == '\\')
				buf_addch(b, '\\');
			buf_addch(b, *p);
		}
		buf_addch(b, '"');
	}
	buf_addstr(b, "]\n");
}

/* section "." [ sub "." ] name; a sub-section is any text of one line */
static int check_key(const char *key, struct err *err)
{
	const char *dot = strchr(key, '.'), *end = strrchr(key, '.');
	bool ok = dot && dot > key && end[1] && !strchr(key, '\n');

	for (const char *p = key; ok && *p; p++)
		if (p < dot || p > end)
			ok = conf_is_name_byte(*p);
	return ok ? 0 : err_set(err, ERR_USAGE, "'%s' is not section.name or "
				"section.sub.name", key);
}

/* What is to happen to the text. */
struct edit {
	unsigned remove;	/* from this line on, 0 = none */
	unsigned behind;	/* to this one, behind which the value goes;
				 * 0 = at the end */
};

static struct edit find_place(const struct conf *c, const char *key,
			      bool replace)
{
	struct edit e = { 0, 0 };

	for (size_t i = 0; i < c->n; i++) {
		if (!conf_same_section(c->v[i].key, key))
			continue;
		if (!e.remove || !replace)
			e.behind = c->v[i].last;
		if (!replace || !conf_key_is(c->v[i].key, key))
			continue;
		e.remove = c->v[i].line;
		e.behind = c->v[i].last;
	}
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
		if (!e.remove || line < e.remove || line > e.behind) {
			buf_add(out, text, n);
		} else if (line == e.remove && conf_head_len(text)) {
			buf_add(out, text, conf_head_len(text));
			buf_addch(out, '\n');
		}
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

/* What will be read from the new text, before it is the file's. */
static int check_text(const struct conf *c, const struct buf *text,
		      const char *key, const char *value, struct err *err)
{
	struct conf next = { .path = c->path, .arena = c->arena };
	const char *got;

	if (conf_parse(&next, text, err))
		return -1;
	got = conf_get(&next, key);
	if (text->len > CONF_MAX || (value && (!got || strcmp(got, value))))
		return err_set(err, ERR_USAGE, "'%s' cannot be set to that in "
			       "'%s'", key, c->path);
	return 0;
}

/* The folder that the file is in, locked: others who change it wait, and what
 * they wrote is read.  -1 and err. */
static int lock_folder(const char *path, struct err *err)
{
	struct buf dir = BUF_INIT;
	const char *slash = strrchr(path, '/');
	int fd;

	buf_add(&dir, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
	if (!dir.len)
		buf_addch(&dir, '/');
	fd = open(dir.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err_errno(err, "cannot open folder '%s'", dir.ptr);
	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		continue;
	buf_release(&dir);
	return fd;
}

static int set_locked(struct conf *c, const char *key, const char *value,
		      bool add, struct err *err)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	struct edit e;
	int ret = -1;

	if (conf_read(c, c->path, c->arena, err))
		return -1;
	e = find_place(c, key, !add);
	if (!value && !e.remove)
		return err_set(err, ERR_USAGE, "'%s' is not set in '%s'", key,
			       c->path);
	if (file_exists(c->path) && file_read(&text, c->path, CONF_MAX, err))
		goto out;
	apply_edit(&out, text.ptr, e, key, value);
	if (check_text(c, &out, key, value, err) ||
	    file_write(c->path, out.ptr, out.len, err))
		goto out;
	ret = conf_read(c, c->path, c->arena, err);
out:
	buf_release(&text);
	buf_release(&out);
	return ret;
}

int conf_set(struct conf *c, const char *key, const char *value, bool add,
	     struct err *err)
{
	int fd, ret;

	if (check_key(key, err))
		return -1;
	fd = lock_folder(c->path, err);
	if (fd < 0)
		return -1;
	ret = set_locked(c, key, value, add, err);
	close(fd);
	return ret;
}
