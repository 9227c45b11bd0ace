/*
 * Origins: who a node was born as.  A schema that was read from a source has
 * none; it inherits them from the version before it.
 *
 *	from  users ─ mail            to  users ─ email
 *	                --rename users.mail=email:    email has origin mail
 *
 * A name that is, or ever was, an origin is not given twice: a node born
 * under it gets NAME~1, NAME~2 ...  `retired` lists those that are used up.
 * One that was found to be another node of before, late, is used up as well,
 * and listed with that one's.
 */
#include "config.h"

#include "ss/diff.h"

#include "schema/origins.h"

#include <stdlib.h>

#include "ss/kinds.h"

struct inheriting {
	struct schema *to;
	const struct schema *from;
	const struct rename *renames;
	bool *used;		/* one per rename */
	size_t n;
	struct map retired;
	struct map taken;	/* paths that were used up before */
};

static const char *origin_of(const struct node *n)
{
	return n->origin ? n->origin : n->name;
}

/* Which name does a node of `from` have in `to`? */
static const char *new_name(struct inheriting *in, const struct node *n)
{
	const char *object = n->parent ? n->parent->name : n->name;

	for (size_t i = 0; i < in->n; i++) {
		const struct rename *r = &in->renames[i];

		if (r->was || !r->column != !n->parent ||
		    ascii_casecmp(r->object, object) ||
		    (r->column && ascii_casecmp(r->column, n->name)))
			continue;
		in->used[i] = true;
		return r->to;
	}
	return n->name;
}

static bool is_column_target(struct inheriting *in, const struct node *object,
			     const char *name)
{
	for (size_t i = 0; i < in->n; i++)
		if (!in->renames[i].was && in->renames[i].column &&
		    !ascii_casecmp(in->renames[i].object, object->name) &&
		    !ascii_casecmp(in->renames[i].to, name))
			return true;
	return false;
}

static size_t index_of(const struct schema *s, const struct node *n)
{
	size_t i = 0;

	while (s->objects[i] != n)
		i++;
	return i;
}

static void give_origin(struct inheriting *in, struct node *n,
			const char *origin)
{
	/* The schema before need not live as long as this one. */
	node_set_origin(n, strcmp(origin, n->name) ?
			arena_strdup(in->to->arena, origin) : NULL, in->to);
}

static bool key_among(struct node *const *v, size_t n, const struct kind *kind,
		      const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->kind == kind && !strcmp(v[i]->key, key))
			return true;
	return false;
}

static const char *path_of(const struct inheriting *in,
			   const struct node *parent, const struct kind *kind,
			   const char *origin)
{
	return origin_path(in->to->spelling, parent, kind, origin,
			   in->to->arena);
}

/* Is the name an origin of a sibling before, or was it ever one? */
static bool is_taken(struct inheriting *in, const struct node *parent,
		     const struct kind *kind, const char *name)
{
	const char *key = fold_name_in(in->to->arena, in->to->spelling, name);

	if (parent ? key_among(parent->kids, parent->nkids, kind, key) :
	    key_among(in->from->objects, in->from->n, kind, key))
		return true;
	return in->taken.n &&
	       map_find(&in->taken, path_of(in, parent, kind, name));
}

/* A node that is born here: under its name, or, where that is used up, under
 * NAME~n.  Returns NULL where its name will do. */
static const char *birth_origin(struct inheriting *in,
				const struct node *parent,
				const struct node *n)
{
	const char *name = n->name;

	for (unsigned i = 1;; i++) {
		if (!is_taken(in, parent, n->kind, name))
			return i == 1 ? NULL : name;
		name = arena_printf(in->to->arena, "%s~%u", n->name, i);
	}
}

static void retire(struct inheriting *in, const struct node *parent,
		   const struct node *n)
{
	map_set(&in->retired, path_of(in, parent, n->kind, origin_of(n)), in);
}

/* The column of `from` that this column of `to` was. */
static const struct node *column_before(struct inheriting *in,
					const struct node *from,
					const struct node *column)
{
	for (size_t i = 0; i < from->nkids; i++) {
		const struct node *k = from->kids[i];

		if (!(k->kind->flags & KIND_ROWS))
			continue;
		if (ascii_casecmp(new_name(in, k), column->name))
			continue;
		if (!ascii_casecmp(k->name, column->name) &&
		    is_column_target(in, from, column->name))
			continue;
		return k;
	}
	return NULL;
}

static bool columns_need(struct inheriting *in, const struct node *from,
			 const struct node *to)
{
	for (size_t i = 0; i < from->nkids; i++)
		if (from->kids[i]->kind->flags & KIND_ROWS &&
		    (from->kids[i]->origin ||
		     new_name(in, from->kids[i]) != from->kids[i]->name))
			return true;
	for (size_t i = 0; i < to->nkids; i++)
		if (to->kids[i]->kind->flags & KIND_ROWS &&
		    !column_before(in, from, to->kids[i]) &&
		    birth_origin(in, from, to->kids[i]))
			return true;
	return false;
}

static void inherit_columns(struct inheriting *in, const struct node *from,
			    struct node *to)
{
	for (size_t i = 0; i < to->nkids; i++) {
		struct node *k = to->kids[i];
		const struct node *before;

		if (!(k->kind->flags & KIND_ROWS))
			continue;
		before = column_before(in, from, k);
		if (before)
			give_origin(in, k, origin_of(before));
		else
			node_set_origin(k, birth_origin(in, from, k), in->to);
	}
}

static bool has_origin(const struct node *n, const char *key)
{
	for (size_t i = 0; i < n->nkids; i++)
		if (n->kids[i]->kind->flags & KIND_ROWS &&
		    !strcmp(n->kids[i]->key, key))
			return true;
	return false;
}

/* The object of `from` that this object of `to` was. */
static const struct node *object_before(struct inheriting *in,
					const struct node *to)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct rename *r = &in->renames[i];
		const struct node *from;

		if (r->was || r->column || ascii_casecmp(r->to, to->name))
			continue;
		from = schema_find(in->from, to->kind, r->object);
		if (from) {
			in->used[i] = true;
			return from;
		}
	}
	for (size_t i = 0; i < in->n; i++)
		if (!in->renames[i].was && !in->renames[i].column &&
		    !ascii_casecmp(in->renames[i].object, to->name))
			return NULL;
	return schema_find(in->from, to->kind, to->name);
}

/* Alike in everything that the digest has, columns' names among it. */
static bool is_same(const struct node *a, const struct node *b)
{
	return a == b || (!strcmp(a->name, b->name) &&
			  !memcmp(a->digest, b->digest, SHA256_LEN));
}

static bool has_origins(const struct node *n)
{
	for (size_t i = 0; i < n->nkids; i++)
		if (n->kids[i]->origin)
			return true;
	return false;
}

static void inherit_object(struct inheriting *in, const struct node *to,
			   const struct node *from)
{
	const char *birth = from ? NULL : birth_origin(in, NULL, to);
	struct node *n;

	if (!from && !birth)
		return;
	if (from && !in->n && is_same(from, to) && !from->origin &&
	    !has_origins(from))
		return;
	if (from && !from->origin && !strcmp(from->name, to->name) &&
	    !columns_need(in, from, to))
		return;
	n = schema_own(in->to, index_of(in->to, to));
	if (!from) {
		node_set_origin(n, birth, in->to);
		return;
	}
	give_origin(in, n, origin_of(from));
	inherit_columns(in, from, n);
}

static int cmp_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The object of `to` that goes on from this one. */
static const struct node *find_heir(struct inheriting *in,
				    const struct node *n)
{
	const struct node *same = schema_find(in->to, n->kind, n->name);

	if (same && !strcmp(same->key, n->key))
		return same;
	for (size_t i = 0; i < in->to->n; i++)
		if (in->to->objects[i]->kind == n->kind &&
		    !strcmp(in->to->objects[i]->key, n->key))
			return in->to->objects[i];
	return NULL;
}

/* Whatever of `from` nobody in `to` continues is used up. */
static void collect_retired(struct inheriting *in)
{
	const struct list *before = &in->from->retired;

	for (size_t i = 0; i < before->n; i++)
		map_set(&in->retired, before->v[i], in);
	for (size_t i = 0; i < in->from->n; i++) {
		const struct node *n = in->from->objects[i];
		const struct node *heir;

		if (!(n->kind->flags & KIND_ROWS))
			continue;
		heir = find_heir(in, n);
		if (!heir)
			retire(in, NULL, n);
		for (size_t k = 0; heir && heir != n && k < n->nkids; k++)
			if (n->kids[k]->kind->flags & KIND_ROWS &&
			    !has_origin(heir, n->kids[k]->key))
				retire(in, n, n->kids[k]);
	}
}

static void list_retired(struct inheriting *in)
{
	struct list *out = &in->to->retired;
	const char *path;
	void *value;
	size_t at = 0;

	while (map_next(&in->retired, &at, &path, &value))
		list_add(in->to->arena, out,
			 arena_strdup(in->to->arena, path));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_strings);
}

static const struct kind *column_of(const struct spelling *sp)
{
	return kind_find(sp, "column");
}

static int check_used(struct inheriting *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct rename *r = &in->renames[i];
		const struct node *from = schema_find_relation(in->from,
							       r->object);

		if (from && !r->column && !(from->kind->flags & KIND_ROWS))
			return err_set(err, ERR_USAGE, "'%s' is a view: it "
				       "holds no rows, so it is dropped and "
				       "created, not renamed", r->object);
		if (!in->used[i])
			return err_set(err, ERR_USAGE, "rename '%s%s%s=%s' "
				       "matches nothing: there is no such "
				       "node before, or none of the new name",
				       r->object, r->column ? "." : "",
				       r->column ? r->column : "", r->to);
	}
	return 0;
}

/* A new name is one that the engine takes for another. */
static int check_names(struct inheriting *in, struct err *err)
{
	const struct spelling *sp = in->to->spelling;

	for (size_t i = 0; i < in->n; i++) {
		const struct rename *r = &in->renames[i];
		const char *old = r->column ? r->column : r->object;

		if (strcmp(fold_name_in(in->to->arena, sp, old),
			   fold_name_in(in->to->arena, sp, r->to)))
			continue;
		err_set(err, ERR_USAGE, "'%s' and '%s' are one name to %s: "
			"nothing is renamed", old, r->to, sp->engine);
		return err_hint(err, "leave that rename out; 'commit "
				"--allow-empty' records a new spelling");
	}
	return 0;
}

/* users.mail=email and public.users.mail=email, to one engine. */
static bool is_again(const struct rename *a, const struct rename *b)
{
	return !strcmp(a->object, b->object) && !strcmp(a->to, b->to) &&
	       (!a->column || !strcmp(a->column, b->column));
}

/* One node goes to one name, and one name has one node. */
static int check_pairs(struct inheriting *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct rename *a = &in->renames[k];
			const struct rename *b = &in->renames[i];

			if (!a->column != !b->column || is_again(a, b) ||
			    (a->column && ascii_casecmp(a->object, b->object)))
				continue;
			if (!ascii_casecmp(a->to, b->to) ||
			    (a->column ? !ascii_casecmp(a->column, b->column) :
			     !ascii_casecmp(a->object, b->object)))
				return err_set(err, ERR_USAGE, "two renames "
					       "of '%s' or to '%s'",
					       b->column ? b->column :
					       b->object, b->to);
		}
	return 0;
}

/* ---- declared late ------------------------------------------------------ */

static struct node *own_heir(struct inheriting *in, const struct node *object)
{
	for (size_t i = 0; i < in->to->n; i++)
		if (in->to->objects[i]->kind == object->kind &&
		    !strcmp(in->to->objects[i]->key, object->key))
			return schema_own(in->to, i);
	return NULL;
}

static struct node *find_part(struct node *parent, const struct node *n)
{
	for (size_t i = 0; i < parent->nkids; i++)
		if (parent->kids[i]->kind == n->kind &&
		    !strcmp(parent->kids[i]->key, n->key))
			return parent->kids[i];
	return NULL;
}

/* It gets the origin that it had before, and its own is used up. */
static void take_back(struct inheriting *in, const struct rename *r)
{
	struct node *object = own_heir(in, r->column ? r->now->parent :
				       r->now);
	struct node *n = object && r->column ? find_part(object, r->now) :
			 object;
	const char *path;

	if (!n)
		return;
	path = path_of(in, r->column ? object : NULL, n->kind, origin_of(n));
	path = origin_line(path, origin_of(r->was), in->to->arena);
	map_set(&in->retired, path, in);
	give_origin(in, n, origin_of(r->was));
}

/* Parts first: they are looked for by what their objects still are. */
static void take_all_back(struct inheriting *in)
{
	for (size_t i = 0; i < in->n; i++)
		if (in->renames[i].was && in->renames[i].column)
			take_back(in, &in->renames[i]);
	for (size_t i = 0; i < in->n; i++)
		if (in->renames[i].was && !in->renames[i].column)
			take_back(in, &in->renames[i]);
}

static void find_used(struct inheriting *in)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct rename *r = &in->renames[i];
		const struct node *from, *to = NULL;

		if (r->was) {
			in->used[i] = true;
			continue;
		}
		from = schema_find_relation(in->from, r->object);
		if (from && !r->column)
			to = schema_find(in->to, from->kind, r->to);
		else if (from)
			to = schema_find(in->to, from->kind,
					 new_name(in, from));
		if (to && r->column)
			to = node_find(to, column_of(in->to->spelling), r->to,
				       in->to->spelling);
		if (from && r->column &&
		    !node_find(from, column_of(in->to->spelling), r->column,
			       in->to->spelling))
			to = NULL;
		in->used[i] = from && to;
	}
}

static struct inheriting inheriting_of(struct schema *to,
				       const struct schema *from,
				       const struct rename *renames, size_t n)
{
	struct rename *resolved = arena_memdup(to->arena, renames,
					       n * sizeof(*resolved));

	for (size_t i = 0; to->spelling->qualified && i < n; i++)
		if (!resolved[i].was)
			rename_resolve(&resolved[i], from, to,
				       to->arena);
	return (struct inheriting){
		.to = to, .from = from, .renames = resolved, .n = n,
		.used = arena_alloc(to->arena, n + 1),
	};
}

void renames_used(bool *used, struct schema *to, const struct schema *from,
		  const struct rename *renames, size_t n)
{
	struct inheriting in = inheriting_of(to, from, renames, n);

	find_used(&in);
	memcpy(used, in.used, n * sizeof(*used));
}

int schema_inherit(struct schema *to, const struct schema *from,
		   const struct rename *renames, size_t n, struct err *err)
{
	struct inheriting in = inheriting_of(to, from, renames, n);
	int ret = -1;

	to->retired.n = 0;
	origins_add(&in.taken, &from->retired, to->spelling, to->arena);
	find_used(&in);
	/* Every target must be there, or it is a spelling mistake. */
	if (check_names(&in, err) || check_pairs(&in, err) ||
	    check_used(&in, err))
		goto out;
	for (size_t i = 0; i < to->n; i++) {
		const struct node *node = to->objects[i];

		if (node->kind->flags & KIND_ROWS)
			inherit_object(&in, node, object_before(&in, node));
	}
	collect_retired(&in);
	take_all_back(&in);
	list_retired(&in);
	ret = origins_check(&to->retired, to->spelling, err);
out:
	map_release(&in.retired);
	map_release(&in.taken);
	return ret;
}

/* ---- a schema between others -------------------------------------------- */

static const struct node *called_so(const struct schema *s,
				    const struct node *parent,
				    const struct node *n)
{
	const struct node *home;

	if (!parent)
		return schema_find(s, n->kind, n->name);
	home = schema_find(s, parent->kind, parent->name);
	return home ? node_find(home, n->kind, n->name, s->spelling) : NULL;
}

static void recall(struct schema *s, struct node *n, const struct node *parent,
		   const struct schema *const *others, size_t count)
{
	const struct node *was = NULL;

	for (size_t i = 0; i < count && !was; i++)
		was = called_so(others[i], parent, n);
	if (was && was->origin)
		node_set_origin(n, arena_strdup(s->arena, was->origin), s);
}

void schema_recall(struct schema *s, const struct schema *const *others,
		   size_t count)
{
	for (size_t i = 0; i < s->n; i++) {
		struct node *n;

		if (!(s->objects[i]->kind->flags & KIND_ROWS))
			continue;
		n = schema_own(s, i);
		for (size_t k = 0; k < n->nkids; k++)
			if (n->kids[k]->kind->flags & KIND_ROWS)
				recall(s, n->kids[k], n, others, count);
		recall(s, n, NULL, others, count);
	}
}
