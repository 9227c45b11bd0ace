/*
 * Data steps, as the command line names them.
 */
#include "config.h"

#include "cli/cmd.h"

#include "ss/file.h"

#define DATA_MOST (16u << 20)

static int read_text(const char **out, struct ctx *c, const char *path,
		     struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = -1;

	if (file_read(&b, path, DATA_MOST, err))
		goto out;
	if (memchr(b.ptr, '\0', b.len)) {
		err_set(err, ERR_USAGE, "%s: a NUL byte in the text", path);
		goto out;
	}
	*out = arena_strndup(&c->arena, b.ptr, b.len);
	ret = 0;
out:
	buf_release(&b);
	return ret;
}

/* texts = file [ ":" [ file ] ] */
int read_data_texts(const char **up, const char **down, struct ctx *c,
		    const char *text, struct err *err)
{
	const char *colon = strchr(text, ':');

	*down = colon ? "" : NULL;
	if (read_text(up, c, colon ? arena_strndup(&c->arena, text,
				(size_t)(colon - text)) : text, err))
		return -1;
	return colon && colon[1] ? read_text(down, c, colon + 1, err) : 0;
}

/* data = NAME [ "." engine ] "=" texts */
static int read_one(struct commit_data *out, struct ctx *c, const char *text,
		     struct err *err)
{
	const char *eq = strchr(text, '=');
	const char *dot;
	size_t n = eq ? (size_t)(eq - text) : 0;

	if (!n || !eq[1]) {
		err_set(err, ERR_USAGE, "--data '%s' is no step and its file",
			text);
		return err_hint(err, "--data NAME=UP.sql:DOWN.sql; NAME=UP.sql "
				"cannot be undone, NAME=UP.sql: need not be");
	}
	dot = memchr(text, '.', n);
	if (dot) {
		const char *name = arena_strndup(&c->arena, dot + 1,
						 (size_t)(eq - dot - 1));

		out->engine = engine_find(name);
		if (!out->engine)
			return err_set(err, ERR_USAGE, "--data '%s': there is "
				       "no engine '%s'", text, name);
		n = (size_t)(dot - text);
	}
	out->name = arena_strndup(&c->arena, text, n);
	return read_data_texts(&out->up, &out->down, c, eq + 1, err);
}

int read_data(struct commit_opts *o, struct ctx *c, const struct list *texts,
	      struct err *err)
{
	struct commit_data *v = arena_alloc(&c->arena, (texts->n + 1) *
					    sizeof(*v));

	for (size_t i = 0; i < texts->n; i++)
		if (read_one(&v[i], c, texts->v[i], err))
			return -1;
	o->data = v;
	o->ndata = texts->n;
	return 0;
}
