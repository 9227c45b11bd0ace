/*
 * The text form of an object, and the folded form that is hashed: one walk
 * over the fields' tables for both.
 *
 *	table users
 *	  column email
 *	    type text
 *	    origin mail
 *	  index users_email_idx
 *	    key lower(email)
 */
#include "config.h"

#include "ss/schema.h"

#include <stdlib.h>

#include "ss/kinds.h"

/* Who writes: sp is NULL for the text form, the engine's for the folded. */
struct writer {
	struct buf *out;
	struct buf *spare;	/* one for all that is folded or moved */
	const struct spelling *sp;
	unsigned depth;
};

/* A kid that is already written, and what it is sorted by. */
struct written {
	size_t rank;
	size_t place;		/* 0 where places do not count */
	const char *name;
	size_t start, len;
	const struct buf *text;	/* what it is written in */
};

static bool needs_quotes(const char *s, size_t n)
{
	bool other = false;

	if (!n || s[0] == ' ' || s[0] == '"' || s[n - 1] == ' ')
		return true;
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return true;
		other |= (unsigned char)s[i] >= 0x80;
	}
	return other && !utf8_valid(s, n);
}

static void write_line(struct writer *w, const char *word, const char *value)
{
	for (unsigned i = 0; i < w->depth; i++)
		buf_add(w->out, "  ", 2);
	buf_addstr(w->out, word);
	if (value) {
		size_t n = strlen(value);

		buf_addch(w->out, ' ');
		if (needs_quotes(value, n))
			buf_add_cquoted(w->out, value, n);
		else
			buf_add(w->out, value, n);
	}
	buf_addch(w->out, '\n');
}

/* Until the next one is folded. */
static const char *folded(struct writer *w, const char *s,
			  void (*fold)(struct buf *b, const char *s))
{
	buf_truncate(w->spare, 0);
	fold(w->spare, s);
	return w->spare->ptr;
}

/* A value, folded as its type says where this is the folded form. */
static void write_value(struct writer *w, const struct field *f,
			const char *value)
{
	if (w->sp && (f->type == FIELD_SQL || f->type == FIELD_SQLS))
		value = folded(w, value, w->sp->fold_sql);
	else if (w->sp && (f->type == FIELD_NAME || f->type == FIELD_NAMES))
		value = folded(w, value, w->sp->fold_name);
	write_line(w, f->name, value);
}

static void write_field(struct writer *w, const struct node *n,
			const struct field *f)
{
	if (f->type == FIELD_FLAG) {
		if (field_flag(n, f))
			write_line(w, f->name, NULL);
	} else if (f->type == FIELD_NAMES || f->type == FIELD_SQLS) {
		const struct list *l = field_list(n, f);

		for (size_t i = 0; i < l->n; i++)
			write_value(w, f, l->v[i]);
	} else if (field_str(n, f)) {
		write_value(w, f, field_str(n, f));
	}
}

static void write_name(struct writer *w, const struct node *n)
{
	write_line(w, n->kind->word, n->name && w->sp ?
		   folded(w, n->name, w->sp->fold_name) : n->name);
}

static int cmp_written(const void *va, const void *vb)
{
	const struct written *a = va, *b = vb;
	size_t n = a->len < b->len ? a->len : b->len;
	int cmp;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	if (!a->name != !b->name)
		return a->name ? 1 : -1;
	cmp = memcmp(a->text->ptr + a->start, b->text->ptr + b->start, n);
	if (cmp)
		return cmp;
	return a->len < b->len ? -1 : a->len > b->len;
}

static void write_node(struct writer *w, const struct node *n);

/* In the text form columns keep their places; in the folded form they do so
 * only where something depends on it. */
static bool places_count(const struct writer *w, const struct node *parent)
{
	return !w->sp || node_places_count(parent);
}

/* Written from `start` on, in the order of v: each to its place. */
static void move_kids(struct writer *w, const struct written *v, size_t n,
		      size_t start)
{
	buf_truncate(w->spare, 0);
	buf_add(w->spare, w->out->ptr + start, w->out->len - start);
	buf_truncate(w->out, start);
	for (size_t i = 0; i < n; i++)
		buf_add(w->out, w->spare->ptr + v[i].start - start, v[i].len);
}

static void write_kids(struct writer *w, const struct node *n)
{
	struct written *v = xmalloc(n->nkids * sizeof(*v));
	size_t start = w->out->len;
	bool places = places_count(w, n);
	bool sorted = true;

	for (size_t i = 0; i < n->nkids; i++) {
		v[i].rank = kind_rank(n->kids[i]->kind);
		v[i].place = places && kind_is_column(n->kids[i]->kind) ?
			     i + 1 : 0;
		v[i].name = n->kids[i]->name;
		v[i].text = w->out;
		v[i].start = w->out->len;
		write_node(w, n->kids[i]);
		v[i].len = w->out->len - v[i].start;
		sorted = sorted && (!i || cmp_written(&v[i - 1], &v[i]) <= 0);
	}
	if (!sorted) {
		qsort(v, n->nkids, sizeof(*v), cmp_written);
		move_kids(w, v, n->nkids, start);
	}
	free(v);
}

static void write_node(struct writer *w, const struct node *n)
{
	write_name(w, n);
	w->depth++;
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (!w->sp || !(n->kind->fields[i].flags & FIELD_COSMETIC))
			write_field(w, n, &n->kind->fields[i]);
	if (!w->sp && n->origin)
		write_line(w, "origin", n->origin);
	for (size_t i = 0; !w->sp && i < n->needs.n; i++)
		write_line(w, "needs", n->needs.v[i]);
	if (n->nkids)
		write_kids(w, n);
	w->depth--;
}

static void write_object(struct buf *b, const struct node *n,
			 const struct spelling *sp)
{
	struct buf spare = BUF_INIT;
	struct writer w = { b, &spare, sp, 0 };

	write_node(&w, n);
	buf_release(&spare);
}

void node_encode(struct buf *b, const struct node *object)
{
	write_object(b, object, NULL);
}

void node_encode_folded(struct buf *b, const struct node *n,
			const struct spelling *sp)
{
	write_object(b, n, sp);
}

bool node_same_but_places(const struct node *a, const struct node *b,
			  const struct spelling *sp, struct arena *arena)
{
	struct node *v[2] = { node_copy(arena, a), node_copy(arena, b) };
	struct buf form[2] = { BUF_INIT, BUF_INIT };
	bool same;

	for (size_t i = 0; i < 2; i++) {
		node_forget_places(v[i]);
		node_encode_folded(&form[i], v[i], sp);
	}
	same = form[0].len == form[1].len &&
	       !memcmp(form[0].ptr, form[1].ptr, form[0].len);
	buf_release(&form[0]);
	buf_release(&form[1]);
	return same;
}
