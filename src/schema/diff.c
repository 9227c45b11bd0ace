/*
 * What differs between two schemas: two sorted lists walked side by side, for
 * objects and for their parts alike.
 */
#include "config.h"

#include "ss/diff.h"

#include <stdlib.h>

#include "ss/kinds.h"

const char *const change_words[] = {
	[CHANGE_ADD] = "added",
	[CHANGE_DROP] = "dropped",
	[CHANGE_ALTER] = "altered",
};
_Static_assert(ARRAY_LEN(change_words) == CHANGE_N, "a word per operation");

struct differ {
	const struct schema *from, *to;
	unsigned flags;
	struct arena *arena;
};

struct nodes {
	const struct node **v;
	size_t n;
};

static const char *key_of(const struct differ *d, const struct node *n)
{
	return d->flags & DIFF_BY_NAME ? n->fold : n->key;
}

/* By kind, then by what they are matched by. */
static int cmp_keys(const struct differ *d, const struct node *a,
		    const struct node *b)
{
	size_t ra = kind_rank(a->kind), rb = kind_rank(b->kind);

	if (ra != rb)
		return ra < rb ? -1 : 1;
	if (!a->name != !b->name)
		return a->name ? 1 : -1;
	return strcmp(key_of(d, a), key_of(d, b));
}

static int cmp_node_ptrs(const void *a, const void *b, void *d)
{
	return cmp_keys(d, *(const struct node *const *)a,
			*(const struct node *const *)b);
}

static struct nodes sorted(struct differ *d, struct node **v, size_t n)
{
	struct nodes s = { arena_alloc(d->arena, (n + 1) * sizeof(*s.v)), n };
	bool in_order = true;

	if (n)
		memcpy(s.v, v, n * sizeof(*s.v));
	/* By name they are, and few have another origin. */
	for (size_t i = 1; i < n && in_order; i++)
		in_order = cmp_keys(d, s.v[i - 1], s.v[i]) <= 0;
	if (!in_order)
		qsort_r(s.v, n, sizeof(*s.v), cmp_node_ptrs, d);
	return s;
}

static bool same_text(const struct field *f, const char *a, const char *b,
		      const struct spelling *sp, struct arena *arena)
{
	bool sql = f->type == FIELD_SQL || f->type == FIELD_SQLS;
	bool name = f->type == FIELD_NAME || f->type == FIELD_NAMES;

	if (!a || !b)
		return a == b;
	if (!strcmp(a, b))
		return true;
	if (!sp)
		return false;
	if (sql)
		return !strcmp(fold_sql_in(arena, sp, a),
			       fold_sql_in(arena, sp, b));
	return name && !strcmp(fold_name_in(arena, sp, a),
			       fold_name_in(arena, sp, b));
}

bool field_same(const struct field *f, const struct node *a,
		const struct node *b, const struct spelling *sp,
		struct arena *arena)
{
	const struct list *la, *lb;

	if (f->type == FIELD_FLAG)
		return field_flag(a, f) == field_flag(b, f);
	if (f->type != FIELD_NAMES && f->type != FIELD_SQLS)
		return same_text(f, field_str(a, f), field_str(b, f), sp,
				 arena);
	la = field_list(a, f);
	lb = field_list(b, f);
	if (la->n != lb->n)
		return false;
	for (size_t i = 0; i < la->n; i++)
		if (!same_text(f, la->v[i], lb->v[i], sp, arena))
			return false;
	return true;
}

static bool same_field(struct differ *d, const struct field *f,
		       const struct node *a, const struct node *b)
{
	return field_same(f, a, b, d->flags & DIFF_SPELLING ? NULL :
			  d->from->spelling, d->arena);
}

static const struct node *twin(const struct differ *d,
			       const struct node *parent,
			       const struct node *column)
{
	for (size_t i = 0; i < parent->nkids; i++)
		if (parent->kids[i]->kind == column->kind &&
		    !strcmp(key_of(d, parent->kids[i]), key_of(d, column)))
			return parent->kids[i];
	return NULL;
}

/* The next column of `n` from *i on that has a twin. */
static const struct node *next_kept(const struct differ *d,
				    const struct node *n, size_t *i,
				    const struct node *other)
{
	while (*i < n->nkids) {
		const struct node *k = n->kids[(*i)++];

		if (k->kind->flags & KIND_ORDERED && twin(d, other, k))
			return k;
	}
	return NULL;
}

/* Would dropping and appending columns give another order than `to` has? */
static bool is_moved(const struct differ *d, const struct node *from,
		     const struct node *to)
{
	const struct node *a, *b;
	bool appended = false;
	size_t i = 0, k = 0, last = 0;

	do {
		a = next_kept(d, from, &i, to);
		b = next_kept(d, to, &k, from);
		if (a && b && strcmp(key_of(d, a), key_of(d, b)))
			return true;
		last = b ? k : last;
	} while (a && b);
	for (k = 0; k < last; k++)
		appended |= to->kids[k]->kind->flags & KIND_ORDERED &&
			    !twin(d, from, to->kids[k]);
	return appended;
}

static bool order_counts(const struct differ *d, const struct node *to)
{
	if (d->flags & DIFF_COLUMN_ORDER)
		return true;
	return node_places_count(to);
}

static void diff_nodes(struct change **out, size_t *nout, struct differ *d,
		       struct nodes from, struct nodes to);

/* Fill a change of two matched nodes; is there one at all? */
static bool diff_pair(struct change *ch, struct differ *d,
		      const struct node *from, const struct node *to)
{
	const struct kind *k = from->kind;

	memset(ch, 0, sizeof(*ch));
	ch->op = CHANGE_ALTER;
	ch->from = from;
	ch->to = to;
	if (from->name)
		ch->renamed = d->flags & DIFF_SPELLING ?
			      strcmp(from->name, to->name) :
			      strcmp(from->fold, to->fold);
	for (size_t i = 0; i < k->nfields; i++)
		if (!same_field(d, &k->fields[i], from, to))
			ch->fields |= (uint64_t)1 << i;
	if (from->nkids || to->nkids)
		diff_nodes(&ch->kids, &ch->nkids, d,
			   sorted(d, from->kids, from->nkids),
			   sorted(d, to->kids, to->nkids));
	if (!from->parent)
		ch->moved = is_moved(d, from, to);
	return ch->renamed || ch->fields || ch->nkids ||
	       (ch->moved && order_counts(d, to));
}

/* The digest has everything but origins: columns that swapped their names are
 * alike in it, and so is a new one of a name that is free again. */
static bool same_origins(const struct node *a, const struct node *b)
{
	for (size_t i = 0; i < a->nkids; i++) {
		const struct node *k = a->kids[i];
		size_t at = 0;

		if (!k->name || !(k->kind->flags & KIND_ROWS))
			continue;
		if (i < b->nkids && b->kids[i]->name &&
		    !strcmp(b->kids[i]->fold, k->fold))
			at = i;
		while (at < b->nkids && (b->kids[at]->kind != k->kind ||
					 strcmp(b->kids[at]->fold, k->fold)))
			at++;
		if (at < b->nkids && strcmp(b->kids[at]->key, k->key))
			return false;
	}
	return true;
}

static bool skip(const struct differ *d, const struct node *from,
		 const struct node *to)
{
	if (from == to)
		return true;
	if (from->parent || d->flags & ~DIFF_BY_NAME)
		return false;
	return !memcmp(from->digest, to->digest, SHA256_LEN) &&
	       from->cosmetics == to->cosmetics &&
	       !strcmp(from->fold, to->fold) &&
	       (d->flags & DIFF_BY_NAME || same_origins(from, to));
}

static void diff_nodes(struct change **out, size_t *nout, struct differ *d,
		       struct nodes from, struct nodes to)
{
	struct change *v = NULL, ch;
	size_t n = 0, cap = 0, i = 0, k = 0;

	while (i < from.n || k < to.n) {
		int cmp = i == from.n ? 1 : k == to.n ? -1 :
			  cmp_keys(d, from.v[i], to.v[k]);
		const struct node *a = cmp <= 0 ? from.v[i++] : NULL;
		const struct node *b = cmp >= 0 ? to.v[k++] : NULL;

		if (a && b && (skip(d, a, b) || !diff_pair(&ch, d, a, b)))
			continue;
		if (!a || !b) {
			memset(&ch, 0, sizeof(ch));
			ch.op = a ? CHANGE_DROP : CHANGE_ADD;
			ch.from = a;
			ch.to = b;
		}
		*ARENA_PUSH(d->arena, v, n, cap) = ch;
	}
	*out = v;
	*nout = n;
}

static bool is_cosmetic(const struct change *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct change *ch = &v[i];

		if (ch->op != CHANGE_ALTER || ch->renamed ||
		    !is_cosmetic(ch->kids, ch->nkids))
			return false;
		for (size_t f = 0; f < ch->from->kind->nfields; f++)
			if (ch->fields & (uint64_t)1 << f &&
			    !(ch->from->kind->fields[f].flags &
			      FIELD_COSMETIC))
				return false;
	}
	return true;
}

void schema_diff(struct diff *out, const struct schema *from,
		 const struct schema *to, unsigned flags, struct arena *a)
{
	const struct schema *const both[] = { from, to };
	struct differ d = { .flags = flags, .arena = a };
	struct agreed g;

	schema_agree(&g, both, flags & DIFF_BY_NAME ? 0 : ARRAY_LEN(both), a);
	d.from = g.n ? g.v[0] : from;
	d.to = g.n ? g.v[1] : to;
	memset(out, 0, sizeof(*out));
	diff_nodes(&out->v, &out->n, &d,
		   sorted(&d, d.from->objects, d.from->n),
		   sorted(&d, d.to->objects, d.to->n));
	out->cosmetic_only = out->n && is_cosmetic(out->v, out->n);
	schema_agree_release(&g);
}

static bool renames(const struct change *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].op == CHANGE_ALTER &&
		    ((v[i].renamed && v[i].from->kind->flags & KIND_ROWS) ||
		     renames(v[i].kids, v[i].nkids)))
			return true;
	return false;
}

bool diff_renames(const struct diff *d)
{
	return renames(d->v, d->n);
}
