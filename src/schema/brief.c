/*
 * What differs, in half a sentence; `from` is what was wanted.
 *
 *	table 't': column 'a' is missing, column 'b': type is INT, not TEXT;
 *	view 'v' should not be there; and 2 more
 */
#include "config.h"

#include "ss/diff.h"

#include "ss/kinds.h"

#define OBJECTS 3
#define PARTS 3			/* of an object */
#define VALUE_MAX 40		/* a longer one is not shown */

void field_add_value(struct buf *b, const struct node *n,
		     const struct field *f)
{
	const struct list *l;

	if (f->type == FIELD_FLAG) {
		buf_addstr(b, field_flag(n, f) ? "yes" : "no");
		return;
	}
	if (f->type != FIELD_NAMES && f->type != FIELD_SQLS) {
		buf_addstr(b, field_str(n, f) ? field_str(n, f) : "none");
		return;
	}
	l = field_list(n, f);
	for (size_t i = 0; i < l->n; i++)
		buf_addf(b, "%s%s", i ? ", " : "", l->v[i]);
	if (!l->n)
		buf_addstr(b, "none");
}

static void add_name(struct buf *b, const struct change *ch)
{
	const struct node *n = ch->to ? ch->to : ch->from;

	buf_addstr(b, n->kind->word);
	if (n->name)
		buf_addf(b, " '%s'", n->name);
}

static bool is_short(const struct buf *b)
{
	return b->len <= VALUE_MAX && !strchr(b->ptr, '\n');
}

static void add_field(struct buf *b, const struct change *ch,
		      const struct field *f)
{
	struct buf want = BUF_INIT, got = BUF_INIT;

	field_add_value(&want, ch->from, f);
	field_add_value(&got, ch->to, f);
	if (is_short(&want) && is_short(&got))
		buf_addf(b, "%s is %s, not %s", f->name, got.ptr, want.ptr);
	else
		buf_addf(b, "%s is another one", f->name);
	buf_release(&want);
	buf_release(&got);
}

/* Between two of them; false: there were enough. */
static bool another(struct buf *b, size_t *n)
{
	if (*n)
		buf_addstr(b, *n < PARTS ? ", " : *n == PARTS ? ", ..." : "");
	return (*n)++ < PARTS;
}

static void add_change(struct buf *b, const struct change *ch)
{
	static const char *const fates[CHANGE_N] = {
		[CHANGE_ADD] = " should not be there",
		[CHANGE_DROP] = " is missing",
		[CHANGE_ALTER] = ": ",
	};
	const struct node *n = ch->to ? ch->to : ch->from;
	size_t parts = 0;

	add_name(b, ch);
	buf_addstr(b, fates[ch->op]);
	if (ch->op != CHANGE_ALTER)
		return;
	for (size_t i = 0; i < n->kind->nfields; i++)
		if (ch->fields & (uint64_t)1 << i && another(b, &parts))
			add_field(b, ch, &n->kind->fields[i]);
	for (size_t i = 0; i < ch->nkids; i++)
		if (another(b, &parts))
			add_change(b, &ch->kids[i]);
	if (!parts)
		buf_addstr(b, ch->moved ? "the columns stand in another order" :
			   "it is another one");
}

void diff_brief(struct buf *b, const struct diff *d)
{
	for (size_t i = 0; i < d->n && i < OBJECTS; i++) {
		if (i)
			buf_addstr(b, "; ");
		add_change(b, &d->v[i]);
	}
	if (d->n > OBJECTS)
		buf_addf(b, "; and %zu more", d->n - OBJECTS);
}
