/*
 * A rename that was declared late: versions before it have the node under two
 * origins, for nobody knew that it is one.
 *
 *	V1  users ─ mail     V2  users ─ email     V3  users ─ email
 *	                                               origin mail
 *	retired in V3:  table/users/column/email = "mail"
 *
 * Whoever compares V3 with V2 takes the email of V2 for that mail, too.  But
 * not where a mail stands beside it: then they are two.
 */
#include "config.h"

#include "ss/diff.h"

#include "schema/origins.h"

#include <stdlib.h>

#include "ss/kinds.h"

static const char equals[] = " = ";

const char *origin_path(const struct spelling *sp, const struct node *parent,
			const struct kind *kind, const char *origin,
			struct arena *a)
{
	struct node n = { .kind = kind, .name = origin };
	struct buf b = BUF_INIT;
	char *path;

	if (parent) {
		struct node p = {
			.kind = parent->kind,
			.name = parent->origin ? parent->origin : parent->name,
		};

		node_path(&b, &p, sp);
		buf_addch(&b, '/');
	}
	node_path(&b, &n, sp);
	path = arena_strdup(a, b.ptr);
	buf_release(&b);
	return path;
}

const char *origin_line(const char *path, const char *origin, struct arena *a)
{
	struct buf b = BUF_INIT;
	char *line;

	buf_addf(&b, "%s%s", path, equals);
	buf_add_cquoted(&b, origin, strlen(origin));
	line = arena_strdup(a, b.ptr);
	buf_release(&b);
	return line;
}

/* PATH, or PATH = "ORIGIN". */
static const char *split_line(const char **origin, const char *line,
			      struct arena *a)
{
	const char *at = strstr(line, equals);
	struct buf b = BUF_INIT;
	size_t used;

	*origin = "";
	if (!at)
		return line;
	if (!buf_add_unquoted(&b, at + strlen(equals),
			      strlen(at + strlen(equals)), &used))
		*origin = arena_strdup(a, b.ptr ? b.ptr : "");
	buf_release(&b);
	return arena_strndup(a, line, (size_t)(at - line));
}

/* PATH without blanks, and what stands behind it as it would be written. */
static bool is_canonical(const char *line, struct arena *a)
{
	const char *origin, *path = split_line(&origin, line, a);
	const char *again = strcmp(path, line) ?
			    origin_line(path, origin, a) : line;

	return strchr(path, '/') && !strpbrk(path, " \"=") &&
	       (path == line || *origin) && !strcmp(again, line);
}

int retired_check(const struct list *retired, struct err *err)
{
	struct arena a = ARENA_INIT;
	int ret = 0;

	for (size_t i = 0; i < retired->n && !ret; i++)
		if (!is_canonical(retired->v[i], &a) ||
		    (i && strcmp(retired->v[i - 1], retired->v[i]) >= 0))
			ret = err_set(err, ERR_DAMAGED, "line %zu of "
				      "'retired' is not as it is written",
				      i + 1);
	arena_release(&a);
	return ret;
}

static void add_path(struct map *out, const char *path, const char *origin)
{
	const char *old = map_find(out, path);

	if (!old || !*old)
		map_set(out, path, (void *)(uintptr_t)origin);
}

/* The path of the same part, by what its object was found to be; NULL: that
 * is as it was. */
static const char *path_by_object(const struct map *m, const char *path,
				  const struct spelling *sp, struct arena *a)
{
	const char *slash = strchr(path, '/');
	const char *end = slash ? strchr(slash + 1, '/') : NULL;
	const char *object, *origin;
	const struct kind *kind;

	if (!end)
		return NULL;
	object = arena_strndup(a, path, (size_t)(end - path));
	origin = map_find(m, object);
	kind = kind_find(sp, arena_strndup(a, path, (size_t)(slash - path)));
	if (!origin || !*origin || !kind)
		return NULL;
	return arena_printf(a, "%s%s", origin_path(sp, NULL, kind, origin, a),
			    end);
}

void origins_add(struct map *out, const struct list *retired,
		 const struct spelling *sp, struct arena *a)
{
	const char *path, *origin;

	for (size_t i = 0; i < retired->n; i++) {
		path = split_line(&origin, retired->v[i], a);
		add_path(out, path, origin);
	}
	for (size_t i = 0; i < retired->n; i++) {
		path = split_line(&origin, retired->v[i], a);
		path = path_by_object(out, path, sp, a);
		if (path)
			add_path(out, path, origin);
	}
}

/* ---- agreement ----------------------------------------------------------- */

struct agreeing {
	struct agreed *out;
	struct map found;	/* path -> origin, or "" */
	const struct spelling *sp;
	struct arena *arena;
};

/* Siblings, as they are now. */
struct siblings {
	struct node *const *v;
	size_t n;
};

static bool is_there(const struct agreeing *g, struct siblings s,
		     const struct kind *kind, const char *origin)
{
	const char *key = fold_name_in(g->arena, g->sp, origin);

	for (size_t i = 0; i < s.n; i++)
		if (s.v[i]->kind == kind && s.v[i]->name &&
		    !strcmp(s.v[i]->key, key))
			return true;
	return false;
}

static const char *next_origin(struct agreeing *g, const struct node *parent,
			       const struct kind *kind, const char *origin)
{
	const char *next = map_find(&g->found, origin_path(g->sp, parent, kind,
							   origin, g->arena));

	return next && *next ? next : NULL;
}

/* What a node was found to have been born as; NULL: nobody says. */
static const char *found_origin(struct agreeing *g, struct siblings s,
				const struct node *parent,
				const struct node *n)
{
	const char *origin = n->origin ? n->origin : n->name;
	const char *found = NULL, *next;

	/* Each is passed once. */
	for (size_t i = 0; i <= g->found.n; i++) {
		next = next_origin(g, parent, n->kind, origin);
		if (!next || is_there(g, s, n->kind, next))
			break;
		found = origin = next;
	}
	return found;
}

static void own_schema(struct agreeing *g, size_t i)
{
	const struct schema *s = g->out->v[i];
	struct schema *own = &g->out->own[i];
	struct err none = ERR_INIT;

	if (s == own)
		return;
	schema_init(own, s->spelling, g->arena);
	for (size_t k = 0; k < s->n; k++)
		schema_add(own, s->objects[k]);
	own->version = s->version;
	own->settings = s->settings;
	own->retired = s->retired;
	/* It was sealed once, so it cannot fail now. */
	if (schema_seal(own, &none))
		abort();
	g->out->v[i] = own;
}

/* The object, as a copy that may change. */
static struct node *own_object(struct agreeing *g, size_t side, size_t at,
			       bool *owned)
{
	own_schema(g, side);
	if (*owned)
		return g->out->own[side].objects[at];
	*owned = true;
	return schema_own(&g->out->own[side], at);
}

static void set_origin(struct agreeing *g, struct node *n, const char *origin)
{
	const char *key = fold_name_in(g->arena, g->sp, origin);

	node_set_origin(n, strcmp(key, n->fold) ? origin : NULL,
			&(struct schema){ .spelling = g->sp,
					  .arena = g->arena });
}

static void agree_object(struct agreeing *g, size_t side, size_t at)
{
	const struct schema *s = g->out->v[side];
	const struct node *was = s->objects[at], *n = was;
	const char *origin = found_origin(g, (struct siblings){ s->objects,
					  s->n }, NULL, n);
	bool owned = false;

	if (origin)
		set_origin(g, own_object(g, side, at, &owned), origin);
	for (size_t i = 0; i < was->nkids; i++) {
		n = g->out->v[side]->objects[at];
		if (!(n->kids[i]->kind->flags & KIND_ROWS))
			continue;
		origin = found_origin(g, (struct siblings){ n->kids,
				      n->nkids }, n, n->kids[i]);
		if (!origin && n != was)
			origin = found_origin(g, (struct siblings){ n->kids,
					      n->nkids }, was, n->kids[i]);
		if (origin)
			set_origin(g, own_object(g, side, at, &owned)->kids[i],
				   origin);
	}
}

bool schema_is_late(const struct schema *s, const struct node *n)
{
	struct arena a = ARENA_INIT;
	const char *path = origin_path(s->spelling, n->parent, n->kind, n->key,
				       &a);
	size_t len = (size_t)(strrchr(path, '/') + 1 - path);
	bool is = false;

	for (size_t i = 0; i < s->retired.n && !is; i++) {
		const char *origin, *line = s->retired.v[i];

		line = split_line(&origin, line, &a);
		is = *origin && !strncmp(line, path, len) &&
		     !strchr(line + len, '/') &&
		     !strcmp(fold_name_in(&a, s->spelling, origin), n->key);
	}
	arena_release(&a);
	return is;
}

static bool says_any(const struct list *retired)
{
	for (size_t i = 0; i < retired->n; i++)
		if (strstr(retired->v[i], equals))
			return true;
	return false;
}

void schema_agree(struct agreed *out, const struct schema *const *v, size_t n,
		  struct arena *a)
{
	struct agreeing g = { .out = out, .sp = v[0]->spelling, .arena = a };
	bool any = false;

	memset(out, 0, sizeof(*out));
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		out->v[i] = v[i];
		any |= says_any(&v[i]->retired);
	}
	if (!any)
		return;
	for (size_t i = 0; i < n; i++)
		origins_add(&g.found, &v[i]->retired, g.sp, a);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i]->n; k++)
			if (out->v[i]->objects[k]->kind->flags & KIND_ROWS)
				agree_object(&g, i, k);
	map_release(&g.found);
}

void schema_agree_release(struct agreed *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i] == &g->own[i])
			schema_release(&g->own[i]);
}

/* ---- contradictions ------------------------------------------------------ */

/* Where the origins lead that this path is said to be; NULL: in a circle. */
static const char *last_path(const struct map *found, const char *path,
			     const struct spelling *sp, struct arena *a)
{
	for (size_t i = 0; i <= found->n; i++) {
		const char *origin = map_find(found, path);
		const char *name = strrchr(path, '/');
		const char *word;
		const struct kind *kind;
		struct node n;
		struct buf b = BUF_INIT;

		if (!origin || !*origin)
			return path;
		for (word = name; word > path && word[-1] != '/'; word--)
			;
		kind = kind_find(sp, arena_strndup(a, word,
						   (size_t)(name - word)));
		if (!kind)
			return path;
		n = (struct node){ .kind = kind, .name = origin };
		buf_add(&b, path, (size_t)(word - path));
		node_path(&b, &n, sp);
		path = arena_strdup(a, b.ptr);
		buf_release(&b);
	}
	return NULL;
}

static int contradicts(const char *path, const char *origin, struct err *err)
{
	err_set(err, ERR_REFUSED, "the two sides do not agree on what '%s' "
		"was before: '%s' to one of them", path, origin);
	return err_hint(err, "on one of them, 'commit --rename' from the node "
			"that it was");
}

int origins_check(const struct list *retired, const struct spelling *sp,
		  struct err *err)
{
	struct arena a = ARENA_INIT;
	struct map found = MAP_INIT;
	int ret = 0;

	origins_add(&found, retired, sp, &a);
	for (size_t i = 0; i < retired->n && !ret; i++) {
		const char *origin, *here, *there, *only;
		struct list one = { 0 };
		struct map alone = MAP_INIT;

		only = split_line(&origin, retired->v[i], &a);
		if (!*origin)
			continue;
		list_add(&a, &one, retired->v[i]);
		origins_add(&alone, &one, sp, &a);
		there = last_path(&alone, only, sp, &a);
		there = there ? last_path(&found, there, sp, &a) : NULL;
		here = last_path(&found, only, sp, &a);
		if (!here || !there || strcmp(here, there))
			ret = contradicts(only, origin, err);
		map_release(&alone);
	}
	map_release(&found);
	arena_release(&a);
	return ret;
}
