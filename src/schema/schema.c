/*
 * Building, sealing and finding.
 */
#include "config.h"

#include "ss/schema.h"

#include <assert.h>
#include <stdlib.h>

#include "ss/kinds.h"

void schema_init(struct schema *s, const struct spelling *sp, struct arena *a)
{
	memset(s, 0, sizeof(*s));
	s->spelling = sp;
	s->arena = a;
}

void schema_release(struct schema *s)
{
	map_release(&s->by_name);
}

struct node *node_new(struct arena *a, const struct kind *kind,
		      const char *name)
{
	struct node *n = arena_alloc(a, kind->size);

	n->kind = kind;
	n->name = arena_strdup(a, name);
	return n;
}

void schema_add(struct schema *s, struct node *object)
{
	assert(!s->sealed);
	*ARENA_PUSH(s->arena, s->objects, s->n, s->cap) = object;
}

void node_add(struct arena *a, struct node *parent, struct node *kid)
{
	kid->parent = parent;
	*ARENA_PUSH(a, parent->kids, parent->nkids, parent->kids_cap) = kid;
}

static char *fold_in(struct arena *a, const char *s,
		     void (*fold)(struct buf *b, const char *s))
{
	struct buf b = BUF_INIT;
	char *folded;

	fold(&b, s);
	folded = arena_strndup(a, b.ptr, b.len);
	buf_release(&b);
	return folded;
}

char *fold_name_in(struct arena *a, const struct spelling *sp, const char *s)
{
	return fold_in(a, s, sp->fold_name);
}

char *fold_sql_in(struct arena *a, const struct spelling *sp, const char *s)
{
	return fold_in(a, s, sp->fold_sql);
}

void node_set_origin(struct node *n, const char *origin,
		     const struct schema *s)
{
	/* It may be another version's, which goes before this one. */
	n->origin = arena_strdup(s->arena, origin);
	n->named = false;
	n->key = origin ? fold_name_in(s->arena, s->spelling, origin) :
		 n->fold;
}

/* What a schema is sealed with: the buffer serves all of its nodes. */
struct sealing {
	const struct spelling *sp;
	struct arena *arena;
	struct buf buf;
};

/* Most names are their own folded form. */
static const char *fold_own(struct sealing *sl, const char *name)
{
	buf_truncate(&sl->buf, 0);
	sl->sp->fold_name(&sl->buf, name);
	return strcmp(sl->buf.ptr, name) ?
	       arena_strndup(sl->arena, sl->buf.ptr, sl->buf.len) : name;
}

static void encode_folded(struct sealing *sl, const struct node *n)
{
	buf_truncate(&sl->buf, 0);
	node_encode_folded(&sl->buf, n, sl->sp);
}

static void set_keys(struct node *n, struct sealing *sl)
{
	if (n->name) {
		n->fold = fold_own(sl, n->name);
		n->key = n->origin ? fold_own(sl, n->origin) : n->fold;
		return;
	}
	encode_folded(sl, n);
	n->key = n->fold = arena_strndup(sl->arena, sl->buf.ptr, sl->buf.len);
}

/* By kind, then by folded name; what is unnamed comes first. */
static int cmp_nodes(const void *va, const void *vb)
{
	const struct node *a = *(struct node *const *)va;
	const struct node *b = *(struct node *const *)vb;
	size_t ra = kind_rank(a->kind), rb = kind_rank(b->kind);

	if (ra != rb)
		return ra < rb ? -1 : 1;
	if (!a->name != !b->name)
		return a->name ? 1 : -1;
	return strcmp(a->fold, b->fold);
}

/* Kinds that keep their order stand in front, as they were read; the sort is
 * a stable one of the rest. */
static void sort_kids(struct node *n, struct arena *a)
{
	struct node **v = arena_alloc(a, (n->nkids + 1) * sizeof(*v));
	size_t first = 0, rest;

	for (size_t i = 0; i < n->nkids; i++)
		if (n->kids[i]->kind->flags & KIND_ORDERED)
			v[first++] = n->kids[i];
	rest = first;
	for (size_t i = 0; i < n->nkids; i++)
		if (!(n->kids[i]->kind->flags & KIND_ORDERED))
			v[rest++] = n->kids[i];
	qsort(v + first, n->nkids - first, sizeof(*v), cmp_nodes);
	n->kids = v;
	n->kids_cap = n->nkids;
}

static int same_name(const struct node *n, struct err *err)
{
	struct buf b = BUF_INIT;

	node_title(&b, n);
	err_set(err, ERR_REFUSED, "%s is there twice", b.ptr);
	buf_release(&b);
	return -1;
}

static int cmp_folds(const void *va, const void *vb)
{
	return strcmp((*(struct node *const *)va)->fold,
		      (*(struct node *const *)vb)->fold);
}

static int check_columns(const struct node *n, struct err *err)
{
	struct node **v = xmalloc((n->nkids + 1) * sizeof(*v));
	size_t count = 0, i = 1;

	while (count < n->nkids && n->kids[count]->kind->flags & KIND_ORDERED) {
		v[count] = n->kids[count];
		count++;
	}
	qsort(v, count, sizeof(*v), cmp_folds);
	while (i < count && cmp_folds(&v[i - 1], &v[i]))
		i++;
	if (i < count)
		same_name(v[i], err);
	free(v);
	return i < count ? -1 : 0;
}

static bool add_cosmetics(struct sha256 *h, const struct node *n)
{
	bool any = false;

	for (size_t i = 0; i < n->kind->nfields; i++) {
		const struct field *f = &n->kind->fields[i];
		const char *s = f->flags & FIELD_COSMETIC ? field_str(n, f) :
				NULL;

		if (!s)
			continue;
		sha256_add(h, n->key, strlen(n->key) + 1);
		sha256_add(h, s, strlen(s) + 1);
		any = true;
	}
	for (size_t i = 0; i < n->nkids; i++)
		any |= add_cosmetics(h, n->kids[i]);
	return any;
}

static void set_cosmetics(struct node *n)
{
	unsigned char sum[SHA256_LEN];
	struct sha256 h;

	n->cosmetics = 0;
	sha256_start(&h);
	if (!add_cosmetics(&h, n))
		return;
	sha256_end(&h, sum);
	memcpy(&n->cosmetics, sum, sizeof(n->cosmetics));
}

/* What it needs it takes from the arena that the node is from: it may outlive
 * this schema. */
static int seal_node(struct node *n, struct sealing *sl, struct err *err)
{
	for (size_t i = 0; i < n->nkids; i++) {
		n->kids[i]->parent = n;
		set_keys(n->kids[i], sl);
	}
	sort_kids(n, sl->arena);
	for (size_t i = 1; i < n->nkids; i++)
		if (n->kids[i]->name &&
		    !(n->kids[i]->kind->flags & KIND_ORDERED) &&
		    !cmp_nodes(&n->kids[i - 1], &n->kids[i]) &&
		    n->kids[i]->kind != &kind_check &&
		    n->kids[i]->kind != &kind_foreign_key &&
		    n->kids[i]->kind != &kind_unique)
			return same_name(n->kids[i], err);
	if (check_columns(n, err))
		return -1;
	set_keys(n, sl);
	encode_folded(sl, n);
	sha256_of(n->digest, sl->buf.ptr, sl->buf.len);
	set_cosmetics(n);
	n->sealed = true;
	return 0;
}

static void index_key(struct buf *b, const struct kind *k, const char *fold)
{
	buf_truncate(b, 0);
	buf_addstr(b, k->word);
	buf_addch(b, '/');
	buf_addstr(b, fold);
}

int schema_seal(struct schema *s, struct err *err)
{
	struct sealing sl = { s->spelling, s->nodes ? s->nodes : s->arena,
			      BUF_INIT };
	int ret = -1;

	assert(!s->sealed);
	for (size_t i = 0; i < s->n; i++)
		if (!s->objects[i]->sealed &&
		    seal_node(s->objects[i], &sl, err))
			goto out;
	if (s->n)
		qsort(s->objects, s->n, sizeof(*s->objects), cmp_nodes);
	for (size_t i = 0; i < s->n; i++) {
		struct node *n = s->objects[i];

		if (i && !cmp_nodes(&s->objects[i - 1], &s->objects[i])) {
			same_name(n, err);
			goto out;
		}
		index_key(&sl.buf, n->kind, n->fold);
		map_set(&s->by_name, sl.buf.ptr, n);
	}
	schema_compute_digest(s);
	s->sealed = true;
	ret = 0;
out:
	buf_release(&sl.buf);
	return ret;
}

struct node *schema_own(struct schema *s, size_t i)
{
	struct node *n = node_copy(s->arena, s->objects[i]);
	struct sealing sl = { s->spelling, s->arena, BUF_INIT };
	struct err none = ERR_INIT;

	/* It was sealed once, so it cannot fail now. */
	if (seal_node(n, &sl, &none))
		abort();
	s->objects[i] = n;
	index_key(&sl.buf, n->kind, n->fold);
	map_set(&s->by_name, sl.buf.ptr, n);
	buf_release(&sl.buf);
	return n;
}

static size_t count_ordered(const struct node *n)
{
	size_t i = 0;

	while (i < n->nkids && n->kids[i]->kind->flags & KIND_ORDERED)
		i++;
	return i;
}

/* The columns of `n` in the order that `like` has; NULL where they stand so, or
 * are not the same. */
static size_t *other_order(const struct node *n, const struct node *like,
			   struct arena *a)
{
	size_t count = count_ordered(n), *places;
	bool same = true;

	if (count_ordered(like) != count)
		return NULL;
	for (size_t i = 0; i < count && same; i++)
		same = !strcmp(n->kids[i]->fold, like->kids[i]->fold);
	if (same)
		return NULL;
	places = arena_alloc(a, count * sizeof(*places));
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < count && strcmp(n->kids[k]->fold,
					   like->kids[i]->fold))
			k++;
		if (k == count)
			return NULL;
		places[i] = k;
	}
	return places;
}

void schema_take_order(struct schema *s, const struct schema *like)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct node *other = schema_find(like,
						       s->objects[i]->kind,
						       s->objects[i]->name);
		size_t *places = other ? other_order(s->objects[i], other,
						     s->arena) : NULL;
		struct node *own, **kids;

		if (!places)
			continue;
		own = schema_own(s, i);
		kids = arena_memdup(s->arena, own->kids,
				    own->nkids * sizeof(*kids));
		for (size_t k = 0; k < count_ordered(other); k++)
			own->kids[k] = kids[places[k]];
	}
}

static bool has_need(const struct node *n, const char *need)
{
	for (size_t i = 0; i < n->needs.n; i++)
		if (!strcmp(n->needs.v[i], need))
			return true;
	return false;
}

/* How many `n` lacks; `own`, the same, gets them (NULL: nobody). */
static size_t take_needs(struct schema *s, const struct node *n,
			 const struct node *like, struct node *own)
{
	struct list all = { NULL, 0 };
	size_t lacks = 0;

	for (size_t i = 0; i < n->needs.n && own; i++)
		list_add(s->arena, &all, n->needs.v[i]);
	for (size_t i = 0; i < like->needs.n; i++) {
		if (has_need(n, like->needs.v[i]))
			continue;
		lacks++;
		if (own)
			list_add(s->arena, &all, like->needs.v[i]);
	}
	if (own)
		own->needs = all;
	return lacks;
}

static size_t take_all_needs(struct schema *s, const struct node *n,
			     const struct node *like, struct node *own)
{
	size_t lacks = take_needs(s, n, like, own);

	for (size_t i = 0; i < n->nkids; i++) {
		const struct node *k = n->kids[i], *part;

		part = k->name ? node_find(like, k->kind, k->name,
					   s->spelling) : NULL;
		if (part)
			lacks += take_needs(s, k, part, own ? own->kids[i] :
							NULL);
	}
	return lacks;
}

void schema_add_needs(struct schema *s, const struct schema *like)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct node *n = s->objects[i];
		const struct node *other = schema_find(like, n->kind, n->name);

		if (other && take_all_needs(s, n, other, NULL))
			take_all_needs(s, n, other, schema_own(s, i));
	}
}

const struct node *schema_find(const struct schema *s, const struct kind *k,
			       const char *name)
{
	struct buf fold = BUF_INIT, b = BUF_INIT;
	const struct node *n;

	s->spelling->fold_name(&fold, name);
	index_key(&b, k, fold.ptr);
	n = map_find(&s->by_name, b.ptr);
	buf_release(&fold);
	buf_release(&b);
	return n;
}

/* Tables, sequences, views, and whatever else has columns. */
static bool is_relation(const struct kind *k)
{
	bool is = k->flags & KIND_ROWS || !strcmp(k->word, "view");

	for (size_t i = 0; !is && k->parts && k->parts[i]; i++)
		is = k->parts[i]->flags & KIND_ROWS;
	return is && k->flags & KIND_OBJECT;
}

const struct node *schema_find_relation(const struct schema *s,
					const char *name)
{
	const struct spelling *sp = s->spelling;
	const struct node *n = NULL;
	struct buf b = BUF_INIT;

	for (size_t i = 0; !n && i < *sp->nkinds; i++)
		if (is_relation(sp->kinds[i]))
			n = schema_find(s, sp->kinds[i], name);
	if (!n && sp->qualified && !str_starts(name, "public.")) {
		buf_addf(&b, "public.%s", name);
		n = schema_find_relation(s, b.ptr);
		buf_release(&b);
	}
	return n;
}

const struct node *node_find(const struct node *parent, const struct kind *k,
			     const char *name, const struct spelling *sp)
{
	const struct node *found = NULL;
	struct buf b = BUF_INIT;

	sp->fold_name(&b, name);
	for (size_t i = 0; i < parent->nkids && !found; i++)
		if (parent->kids[i]->kind == k && parent->kids[i]->name &&
		    !strcmp(parent->kids[i]->fold, b.ptr))
			found = parent->kids[i];
	buf_release(&b);
	return found;
}

struct node *node_copy(struct arena *a, const struct node *n)
{
	struct node *copy = arena_memdup(a, n, n->kind->size);

	copy->kids = NULL;
	copy->nkids = copy->kids_cap = 0;
	copy->key = copy->fold = NULL;
	copy->sealed = copy->named = false;
	for (size_t i = 0; i < n->nkids; i++)
		node_add(a, copy, node_copy(a, n->kids[i]));
	return copy;
}
