/*
 * The way back from the text form.  Whatever was read is written again and
 * must give the same bytes, so every stored object is canonical or refused.
 */
#include "config.h"

#include "ss/schema.h"

#include "ss/kinds.h"

#define MAX_DEPTH 2		/* an object, and its parts */

struct reader {
	const struct spelling *sp;
	const char *text;
	size_t len;
	size_t pos;
	unsigned line;
	struct arena *arena;
	struct err *err;
};

/* One line, taken apart. */
struct line {
	size_t depth;
	struct bytes word;
	const char *value;	/* NULL: none */
};

static int bad_line(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_DAMAGED, "line %u: %s", r->line, what);
}

/* value = bytes of the line | C-quoted */
static int read_value(struct reader *r, struct line *l, const char *p,
		      size_t n)
{
	struct buf b = BUF_INIT;
	size_t used;
	int ret = -1;

	if (!n || p[0] != '"') {
		l->value = arena_strndup(r->arena, p, n);
		return 0;
	}
	if (buf_add_unquoted(&b, p, n, &used) || used != n) {
		bad_line(r, "a quoted value that does not end well");
		goto out;
	}
	if (memchr(b.ptr, '\0', b.len)) {
		bad_line(r, "a NUL in a value");
		goto out;
	}
	l->value = arena_strndup(r->arena, b.ptr, b.len);
	ret = 0;
out:
	buf_release(&b);
	return ret;
}

/* line = { "  " } word [ " " value ] LF */
static int read_line(struct reader *r, struct line *l)
{
	const char *p = r->text + r->pos;
	const char *nl = memchr(p, '\n', r->len - r->pos);
	const char *blank;
	size_t n;

	if (!nl)
		return bad_line(r, "no newline at the end");
	n = (size_t)(nl - p);
	if (memchr(p, '\0', n))
		return bad_line(r, "a NUL");
	l->depth = 0;
	while (n >= 2 && p[0] == ' ' && p[1] == ' ') {
		l->depth++;
		p += 2;
		n -= 2;
	}
	blank = memchr(p, ' ', n);
	l->word.ptr = p;
	l->word.len = blank ? (size_t)(blank - p) : n;
	l->value = NULL;
	if (blank && read_value(r, l, blank + 1, n - l->word.len - 1))
		return -1;
	r->pos = (size_t)(nl - r->text) + 1;
	r->line++;
	return 0;
}

static bool word_is(const struct line *l, const char *word)
{
	return strlen(word) == l->word.len &&
	       !memcmp(word, l->word.ptr, l->word.len);
}

static int set_field(struct reader *r, struct node *n, const struct field *f,
		     const struct line *l)
{
	char *at = (char *)n + f->offset;

	if ((f->type == FIELD_FLAG) != !l->value)
		return bad_line(r, "a flag with a value, or a field without");
	if (f->type == FIELD_FLAG)
		*(bool *)at = true;
	else if (f->type == FIELD_NAMES || f->type == FIELD_SQLS)
		list_add(r->arena, (struct list *)at, l->value);
	else
		*(const char **)at = l->value;
	return 0;
}

static const struct field *field_find(const struct kind *k,
				      const struct line *l)
{
	for (size_t i = 0; i < k->nfields; i++)
		if (word_is(l, k->fields[i].name))
			return &k->fields[i];
	return NULL;
}

static const struct kind *line_kind(struct reader *r, const struct line *l)
{
	char *word = arena_strndup(r->arena, l->word.ptr, l->word.len);

	return kind_find(r->sp, word);
}

static bool may_have(const struct node *n, const struct kind *part)
{
	const struct kind *const *p = n->kind->parts;

	while (p && *p && *p != part)
		p++;
	return p && *p;
}

/* One line that is not an object's first: a field of the innermost node that
 * is open, or the first line of a part. */
static int take_line(struct reader *r, struct node *open[MAX_DEPTH],
		     const struct line *l)
{
	struct node *n = l->depth ? open[l->depth - 1] : NULL;
	const struct field *f;
	const struct kind *k;

	if (!n)
		return bad_line(r, "a wrong indent");
	f = field_find(n->kind, l);
	if (f)
		return set_field(r, n, f, l);
	if (word_is(l, "origin") && l->value) {
		n->origin = l->value;
		return 0;
	}
	if (word_is(l, "needs") && l->value) {
		list_add(r->arena, &n->needs, l->value);
		return 0;
	}
	k = line_kind(r, l);
	if (!k || k->flags & KIND_OBJECT || l->depth >= MAX_DEPTH ||
	    !may_have(n, k))
		return bad_line(r, "an unknown word");
	if (k->flags & KIND_NAMED && !l->value)
		return bad_line(r, "a part without its name");
	open[l->depth] = node_new(r->arena, k, l->value);
	node_add(r->arena, n, open[l->depth]);
	return 0;
}

static int read_object(struct node **out, struct reader *r)
{
	struct node *open[MAX_DEPTH] = { NULL };
	const struct kind *k;
	struct line l;

	if (read_line(r, &l))
		return -1;
	k = line_kind(r, &l);
	if (l.depth || !k || !(k->flags & KIND_OBJECT) || !l.value)
		return bad_line(r, "not the beginning of an object");
	open[0] = node_new(r->arena, k, l.value);
	while (r->pos < r->len) {
		if (read_line(r, &l))
			return -1;
		if (l.depth > MAX_DEPTH)
			return bad_line(r, "a wrong indent");
		for (size_t i = l.depth; i < MAX_DEPTH; i++)
			open[i] = NULL;
		if (take_line(r, open, &l))
			return -1;
	}
	*out = open[0];
	return 0;
}

static bool is_there(const struct node *n, const struct field *f)
{
	if (f->type == FIELD_NAMES || f->type == FIELD_SQLS)
		return field_list(n, f)->n;
	return field_str(n, f);
}

/* Whoever works with a node relies on what its kind cannot be without. */
static int check_needed(const struct node *n, struct err *err)
{
	struct buf title = BUF_INIT;

	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];

		if (!(f->flags & FIELD_NEEDED) || is_there(n, f))
			continue;
		node_title(&title, n);
		err_set(err, ERR_DAMAGED, "%s has no '%s'", title.ptr,
			f->name);
		buf_release(&title);
		return -1;
	}
	for (size_t i = 0; i < n->nkids; i++)
		if (check_needed(n->kids[i], err))
			return -1;
	return 0;
}

int node_decode(struct node **out, const struct spelling *sp, const char *text,
		size_t len, struct arena *a, struct err *err)
{
	struct reader r = { sp, text, len, 0, 1, a, err };
	struct node *n = NULL;
	struct buf b = BUF_INIT;
	int ret = -1;

	if (!len) {
		err_set(err, ERR_DAMAGED, "an empty object");
		goto out;
	}
	if (read_object(&n, &r) || check_needed(n, err))
		goto out;
	node_encode(&b, n);
	if (b.len != len || memcmp(b.ptr, text, len)) {
		err_set(err, ERR_DAMAGED, "%s '%s' is not in canonical form",
			n->kind->word, n->name);
		goto out;
	}
	*out = n;
	ret = 0;
out:
	buf_release(&b);
	return ret;
}
