/*
 * Merging what a node holds: one value of three.
 *
 *	base [a b c]  ours [a x b c]  theirs [a c y]  ─▶  [a x c y]
 */
#include "config.h"

#include "schema/merge-parts.h"

#include <stdlib.h>

#include "ss/kinds.h"

/* ---- lists --------------------------------------------------------------- */

/* An element that a side has and base has not. */
struct added {
	const char *text;
	size_t gap;		/* how many of base's stand before it */
};
struct side_list {
	struct added *v;
	size_t n;
	bool *kept;		/* of base's */
};

static size_t find_in(const struct list *l, const char *text)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->v[i], text))
		i++;
	return i;
}

static bool is_sorted(const struct list *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (strcmp(l->v[i - 1], l->v[i]) >= 0)
			return false;
	return true;
}

/* false: what is left of base's stands in another order. */
static bool compare_lists(struct side_list *out, const struct list *base,
			  const struct list *side, struct arena *a)
{
	size_t gap = 0;

	out->v = arena_alloc(a, (side->n + 1) * sizeof(*out->v));
	out->kept = arena_alloc(a, base->n + 1);
	for (size_t i = 0; i < side->n; i++) {
		size_t at = find_in(base, side->v[i]);

		if (at == base->n) {
			out->v[out->n++] = (struct added){ side->v[i], gap };
			continue;
		}
		if (at < gap)
			return false;
		gap = at + 1;
		out->kept[at] = true;
	}
	return true;
}

static bool both_replace(const struct side_list *o, const struct side_list *t,
			 size_t nbase)
{
	for (size_t i = 0; o->n && t->n && i < nbase; i++)
		if (!o->kept[i] && !t->kept[i])
			return true;
	return false;
}

static void run_of(struct list *out, const struct side_list *s, size_t gap,
		   struct arena *a)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].gap == gap)
			list_add(a, out, s->v[i].text);
}

/* false: what both have added stands at two places. */
static bool add_run(struct list *out, const struct list *run, size_t from,
		    bool sorted, struct arena *a)
{
	for (size_t i = from; i < run->n; i++) {
		if (find_in(out, run->v[i]) == out->n)
			list_add(a, out, run->v[i]);
		else if (!sorted)
			return false;
	}
	return true;
}

/* Of two runs in one gap, behind what they have in common, neither neighbours
 * tell: the bytes do. */
static bool add_gap(struct list *out, const struct list *x,
		    const struct list *y, bool sorted, struct arena *a)
{
	size_t same = 0;
	bool first;

	while (same < x->n && same < y->n && !strcmp(x->v[same], y->v[same]))
		same++;
	first = same == x->n || same == y->n ||
		strcmp(x->v[same], y->v[same]) < 0;
	return add_run(out, first ? x : y, 0, sorted, a) &&
	       add_run(out, first ? y : x, same, sorted, a);
}

static int cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool merge_lists(struct list *out, const struct list *const v[MERGE_SIDES],
		 struct arena *a)
{
	const struct list *base = v[MERGE_BASE];
	struct side_list o = { 0 }, t = { 0 };
	bool sorted = is_sorted(base) && is_sorted(v[MERGE_OURS]) &&
		      is_sorted(v[MERGE_THEIRS]);

	memset(out, 0, sizeof(*out));
	if (!compare_lists(&o, base, v[MERGE_OURS], a) ||
	    !compare_lists(&t, base, v[MERGE_THEIRS], a) ||
	    both_replace(&o, &t, base->n))
		return false;
	for (size_t gap = 0; gap <= base->n; gap++) {
		struct list ours = { 0 }, theirs = { 0 };

		if (gap && o.kept[gap - 1] && t.kept[gap - 1])
			list_add(a, out, base->v[gap - 1]);
		run_of(&ours, &o, gap, a);
		run_of(&theirs, &t, gap, a);
		if (!add_gap(out, &ours, &theirs, sorted, a))
			return false;
	}
	if (sorted && out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_strings);
	return true;
}

bool merge_same_list(const struct list *a, const struct list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			return false;
	return a->n == b->n;
}

/* ---- fields -------------------------------------------------------------- */

static bool is_list(const struct field *f)
{
	return f->type == FIELD_NAMES || f->type == FIELD_SQLS;
}

static const char *field_text(struct merge *m, const struct node *n,
			      const struct field *f)
{
	if (f->type == FIELD_FLAG)
		return field_flag(n, f) ? f->name : NULL;
	if (!is_list(f))
		return field_str(n, f);
	return merge_list_text(m, field_list(n, f));
}

const char *merge_list_text(struct merge *m, const struct list *l)
{
	struct buf b = BUF_INIT;
	const char *text;

	for (size_t i = 0; i < l->n; i++)
		buf_addf(&b, "%s%s", i ? "\n" : "", l->v[i]);
	text = l->n ? arena_strdup(m->arena, b.ptr) : NULL;
	buf_release(&b);
	return text;
}

static void copy_field(struct node *to, const struct node *from,
		       const struct field *f)
{
	size_t size = f->type == FIELD_FLAG ? sizeof(bool) :
		      is_list(f) ? sizeof(struct list) : sizeof(char *);

	memcpy((char *)to + f->offset, (const char *)from + f->offset, size);
}

static bool same_in(struct merge *m, const struct trio *t,
		    const struct field *f, enum merge_side a,
		    enum merge_side b, const struct spelling *sp)
{
	return field_same(f, t->v[a], t->v[b], sp, m->arena);
}

static bool merge_elements(struct merge *m, struct trio *t,
			   const struct field *f)
{
	const struct list *v[MERGE_SIDES];
	struct list merged;

	if (!(f->flags & FIELD_UNION))
		return false;
	for (size_t i = 0; i < MERGE_SIDES; i++)
		v[i] = field_list(t->v[i], f);
	if (!merge_lists(&merged, v, m->arena))
		return false;
	memcpy((char *)t->merged + f->offset, &merged, sizeof(merged));
	return true;
}

static void merge_field(struct merge *m, struct trio *t,
			const struct field *f, bool doubtful)
{
	const struct spelling *sp = m->merged.spelling;
	struct conflict c = { .type = CONFLICT_ALTERED, .field = f->name,
			      .no_base = doubtful };
	enum merge_side from;

	if (same_in(m, t, f, MERGE_OURS, MERGE_THEIRS, sp)) {
		/* Where they differ in spelling: whoever has changed it. */
		from = same_in(m, t, f, MERGE_OURS, MERGE_BASE, NULL) ?
		       MERGE_THEIRS : MERGE_OURS;
	} else if (!doubtful && same_in(m, t, f, MERGE_OURS, MERGE_BASE, sp)) {
		from = MERGE_THEIRS;
	} else if (!doubtful &&
		   same_in(m, t, f, MERGE_THEIRS, MERGE_BASE, sp)) {
		from = MERGE_OURS;
	} else if (!doubtful && merge_elements(m, t, f)) {
		return;
	} else {
		for (size_t i = doubtful; i < MERGE_SIDES; i++)
			c.text[i] = field_text(m, t->v[i], f);
		from = merge_conflict(m, t, &c);
	}
	copy_field(t->merged, t->v[from], f);
}

void merge_fields(struct merge *m, struct trio *t)
{
	const struct kind *k = t->merged->kind;
	struct doubt d = merge_doubt(m, t);

	for (size_t i = 0; i < k->nfields; i++)
		merge_field(m, t, &k->fields[i], d.fields >> i & 1);
}
