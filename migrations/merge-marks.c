/*
 * A source that could not be merged: where the conflicts are.
 *
 * The texts are merged with markers, if these are around all that is in
 * conflict: with the lines of ours that is as ours has it, and with theirs as
 * theirs.  Else the schema is printed, with markers around the statements of
 * each object that is in conflict; and where that cannot be, around the whole
 * texts.
 */
#include "config.h"

#include "migrations/filing.h"

#include "ss/kinds.h"

#define ROUNDS 8

/* ---- what is in conflict ------------------------------------------------ */

static const char *key_of(struct buf *b, const struct node *n)
{
	buf_truncate(b, 0);
	buf_addf(b, "%zu %s", kind_rank(n->kind), n->fold);
	return b->ptr;
}

/* Is that the title of this object, or of a part of it? */
static bool has_title(const struct node *n, const char *title)
{
	struct buf b = BUF_INIT;
	bool hit;

	node_title(&b, n);
	hit = !strcmp(b.ptr, title);
	buf_release(&b);
	for (size_t i = 0; i < n->nkids && !hit; i++)
		hit = has_title(n->kids[i], title);
	return hit;
}

static bool open_named(struct filing *f, const char *title)
{
	struct buf b = BUF_INIT;
	bool any = false;

	for (size_t k = 0; k < MERGE_SIDES; k++)
		for (size_t i = 0; i < f->schema[k].n; i++) {
			const struct node *n = f->schema[k].objects[i];

			if (!has_title(n, title))
				continue;
			map_set(&f->open, key_of(&b, n), f);
			any = true;
		}
	buf_release(&b);
	return any;
}

/* Nobody knows which it is: all in which the two differ. */
static void open_unlike(struct filing *f)
{
	struct buf b = BUF_INIT;

	for (size_t k = MERGE_OURS; k < MERGE_SIDES; k++) {
		const struct schema *other = &f->schema[MERGE_OURS +
							MERGE_THEIRS - k];

		for (size_t i = 0; i < f->schema[k].n; i++) {
			const struct node *n = f->schema[k].objects[i];

			if (!filing_same(f, n, filing_twin(other, n)))
				map_set(&f->open, key_of(&b, n), f);
		}
	}
	buf_release(&b);
}

static bool is_open(const struct filing *f, const struct node *n)
{
	struct buf b = BUF_INIT;
	bool open = map_find(&f->open, key_of(&b, n));

	buf_release(&b);
	return open;
}

static void find_open(struct filing *f)
{
	for (size_t i = 0; i < f->m->n; i++)
		if (!open_named(f, f->m->conflicts[i].node)) {
			open_unlike(f);
			return;
		}
}

/* ---- the texts, with markers -------------------------------------------- */

/* All that is open stands in `got` as in that side. */
static bool has_side(struct filing *f, const struct schema *got,
		     enum merge_side side)
{
	const struct schema *want = &f->schema[side];

	for (size_t i = 0; i < got->n; i++)
		if (is_open(f, got->objects[i]) &&
		    !filing_same(f, got->objects[i],
				 filing_twin(want, got->objects[i])))
			return false;
	for (size_t i = 0; i < want->n; i++)
		if (is_open(f, want->objects[i]) &&
		    !filing_twin(got, want->objects[i]))
			return false;
	return true;
}

/* Taking this side's lines, is what is open this side's?  1, 0, -1 */
static int is_side(struct filing *f, enum text_favor favor,
		   enum merge_side side, struct err *err)
{
	struct err why = ERR_INIT;
	struct bytes text;
	struct schema got;
	int ret;

	if (filing_merge_texts(&text, f, favor, err) < 0)
		return -1;
	ret = filing_load(&got, f, &text, &why);
	if (ret < 0)
		*err = why;
	if (ret > 0)
		ret = has_side(f, &got, side);
	schema_release(&got);
	return ret;
}

static int mark_texts(struct filing *f, struct err *err)
{
	struct bytes text;
	int ret = filing_merge_texts(&text, f, TEXT_MARKS, err);

	if (ret)
		return ret < 0 ? -1 : 0;
	ret = is_side(f, TEXT_OURS, MERGE_OURS, err);
	if (ret > 0)
		ret = is_side(f, TEXT_THEIRS, MERGE_THEIRS, err);
	if (ret > 0)
		f->m->text = text;
	return ret;
}

/* ---- the schema, with markers ------------------------------------------- */

/* The merge, every conflict settled for one side: 1, 0 some cannot be, -1 */
static int settle_for(struct merge *out, struct filing *f,
		      enum merge_side side, struct err *err)
{
	struct merge_choice *v = NULL;
	size_t n = 0, cap = 0;

	for (int i = 0; i < ROUNDS; i++) {
		*out = (struct merge){ .arena = f->arena, .choices = v,
				       .nchoices = n };
		memcpy(out->of, f->merge.of, sizeof(out->of));
		if (schema_merge(out, err))
			return -1;
		if (!out->n)
			return 1;
		for (size_t k = 0; k < out->n; k++)
			*ARENA_PUSH(f->arena, v, n, cap) =
				(struct merge_choice){
					.node = out->conflicts[k].node,
					.side = side,
				};
		schema_release(&out->merged);
	}
	return 0;
}

/* Of which open object is a statement?  NULL: of none. */
static const struct node *subject(struct filing *f, const struct schema *s,
				  const struct statement *st)
{
	for (size_t i = 0; st->node && i < s->n; i++)
		if (is_open(f, s->objects[i]) &&
		    has_title(s->objects[i], st->node))
			return s->objects[i];
	return NULL;
}

struct printed {
	struct merge merge;
	struct plan plan;
	const struct node **of;	/* of each statement: its open object */
};

static int print_side(struct printed *out, struct filing *f,
		      enum merge_side side, struct err *err)
{
	const struct schema *s = &out->merge.merged;
	int ret = settle_for(&out->merge, f, side, err);

	if (ret <= 0)
		return ret;
	if (plan_whole(&out->plan, s, NULL, f->arena, err))
		return -1;
	out->of = arena_alloc(f->arena, (out->plan.script.n + 1) *
			      sizeof(*out->of));
	for (size_t i = 0; i < out->plan.script.n; i++)
		out->of[i] = subject(f, s, &out->plan.script.v[i]);
	return 1;
}

static void add_statement(struct buf *b, const struct statement *st)
{
	if (!st->check)
		buf_addf(b, "%s;\n", st->sql);
}

static void add_object(struct buf *b, const struct printed *p,
		       const struct node *n)
{
	for (size_t i = 0; i < p->plan.script.n; i++)
		if (p->of[i] && p->of[i]->kind == n->kind &&
		    !strcmp(p->of[i]->fold, n->fold))
			add_statement(b, &p->plan.script.v[i]);
}

static void add_block(struct buf *b, struct filing *f,
		      const struct printed v[2], const struct node *n)
{
	struct buf key = BUF_INIT;

	buf_addstr(b, "<<<<<<< ours\n");
	add_object(b, &v[0], n);
	buf_addstr(b, "=======\n");
	add_object(b, &v[1], n);
	buf_addstr(b, ">>>>>>> theirs\n");
	map_remove(&f->open, key_of(&key, n));
	buf_release(&key);
}

/* v: ours, theirs.  What of theirs is not open is the same in both. */
static void add_printed(struct buf *b, struct filing *f,
			const struct printed v[2])
{
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < v[k].plan.script.n; i++) {
			const struct node *n = v[k].of[i];

			if (n && is_open(f, n))
				add_block(b, f, v, n);
			else if (!n && !k)
				add_statement(b, &v[k].plan.script.v[i]);
		}
}

static int mark_printed(struct filing *f, struct err *err)
{
	struct printed v[2] = { { .of = NULL }, { .of = NULL } };
	struct buf b = BUF_INIT;
	int ret = -1;

	for (size_t i = 0; i < 2; i++) {
		ret = print_side(&v[i], f, MERGE_OURS + i, err);
		if (ret <= 0)
			goto out;
	}
	filing_head(&b, &v[0].plan);
	add_printed(&b, f, v);
	f->m->text = filing_keep(f, &b);
out:
	buf_release(&b);
	schema_release(&v[0].merge.merged);
	schema_release(&v[1].merge.merged);
	return ret;
}

static void add_text(struct buf *b, const struct bytes *text)
{
	buf_add(b, text->ptr, text->len);
	if (text->len && text->ptr[text->len - 1] != '\n')
		buf_addch(b, '\n');
}

static void mark_all(struct filing *f)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, "<<<<<<< ours\n");
	add_text(&b, &f->text[MERGE_OURS]);
	buf_addstr(&b, "=======\n");
	add_text(&b, &f->text[MERGE_THEIRS]);
	buf_addstr(&b, ">>>>>>> theirs\n");
	f->m->text = filing_keep(f, &b);
	buf_release(&b);
}

/* met: they were found by the merge, and not by loading what it has made. */
int filing_mark(struct filing *f, bool met, struct err *err)
{
	int ret;

	find_open(f);
	ret = mark_texts(f, err);
	if (!ret && met)
		ret = mark_printed(f, err);
	if (!ret)
		mark_all(f);
	return ret < 0 ? -1 : 0;
}
