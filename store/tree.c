/*
 * Trees: read strictly, searched, compared.
 *
 *	tree = { mode " " name NUL 20 bytes }     sorted; a folder as "name/"
 */
#include "config.h"

#include "store/odb.h"

#define NAME_MAX_LEN 200
#define DEPTH_MAX 12

bool tree_name_ok(const char *s, size_t n)
{

	if (!n || n > NAME_MAX_LEN || (n <= 2 && !strncmp(s, "..", n)) ||
	    (n == 4 && !ascii_ncasecmp(s, ".git", n)))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == '/' || s[i] == 0x7f)
			return false;
	return true;
}

/* Git's order: a folder's name counts as if it ended in a slash. */
static int cmp_entries(const struct tree_entry *a, const struct tree_entry *b)
{
	size_t na = strlen(a->name), nb = strlen(b->name);
	size_t n = na < nb ? na : nb;
	int cmp = memcmp(a->name, b->name, n);
	unsigned char ca, cb;

	if (cmp)
		return cmp;
	ca = (unsigned char)(na > n ? a->name[n] : a->dir ? '/' : 0);
	cb = (unsigned char)(nb > n ? b->name[n] : b->dir ? '/' : 0);
	return ca - cb;
}

/* A file and a folder of one name: git's order puts others between them. */
static bool has_twin(const struct tree *t, const struct tree_entry *e)
{
	struct tree_entry twin = { .name = e->name, .dir = false };
	size_t lo = 0, hi = t->n;

	while (e->dir && lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = cmp_entries(&twin, &t->v[mid]);

		if (!cmp)
			return true;
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* One entry from p; returns the bytes it took, 0 where it is not one. */
static size_t parse_entry(struct tree_entry *e, const char *p, size_t n,
			  struct arena *a)
{
	const char *nul = memchr(p, '\0', n);
	size_t head;

	if (!nul)
		return 0;
	if (str_starts(p, "100644 "))
		head = 7;
	else if (str_starts(p, "40000 "))
		head = 6;
	else
		return 0;
	e->dir = head == 6;
	e->name = arena_strdup(a, p + head);
	if (n - (size_t)(nul - p) - 1 < SHA1_LEN ||
	    !tree_name_ok(e->name, strlen(e->name)))
		return 0;
	memcpy(e->oid.b, nul + 1, SHA1_LEN);
	return (size_t)(nul - p) + 1 + SHA1_LEN;
}

int tree_parse(struct tree *out, const struct oid *id, const struct buf *raw,
	       struct arena *a, struct err *err)
{
	size_t pos = 0, cap = 0;
	char hex[OID_HEX];

	out->v = NULL;
	out->n = 0;
	while (pos < raw->len) {
		struct tree_entry e;
		size_t used = parse_entry(&e, raw->ptr + pos, raw->len - pos,
					  a);

		if (!used || (out->n &&
			      (cmp_entries(&out->v[out->n - 1], &e) >= 0 ||
			       has_twin(out, &e)))) {
			oid_hex(hex, id);
			return err_set(err, ERR_DAMAGED, "tree %s is not one "
				       "of schemastore's", hex);
		}
		*ARENA_PUSH(a, out->v, out->n, cap) = e;
		pos += used;
	}
	return 0;
}

int tree_read(struct tree *out, struct odb *odb, const struct oid *id,
	      struct arena *a, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = odb_read(&b, odb, id, OBJECT_TREE, err);

	if (!ret)
		ret = tree_parse(out, id, &b, a, err);
	buf_release(&b);
	return ret;
}

/* ---- finding ------------------------------------------------------------- */

static const struct tree *read_one(struct trees *t, const struct oid *id,
				   struct err *err)
{
	struct tree *tree = t->known ? map_find_bytes(t->known, id->b,
						      SHA1_LEN) : NULL;

	if (tree)
		return tree;
	tree = arena_alloc(t->arena, sizeof(*tree));
	if (tree_read(tree, t->odb, id, t->arena, err))
		return NULL;
	if (t->known)
		map_set_bytes(t->known, id->b, SHA1_LEN, tree);
	return tree;
}

int trees_find(struct tree_entry *out, struct trees *t, const struct oid *root,
	       const char *path, struct err *err)
{
	struct oid at = *root;

	for (;;) {
		size_t n = strcspn(path, "/"), i = 0;
		const struct tree *tree = read_one(t, &at, err);

		if (!tree)
			return -1;
		while (i < tree->n && (strncmp(tree->v[i].name, path, n) ||
				       tree->v[i].name[n]))
			i++;
		if (i == tree->n)
			return 0;
		*out = tree->v[i];
		if (!path[n])
			return 1;
		if (!out->dir)
			return 0;
		at = out->oid;
		path += n + 1;
	}
}

int tree_find(struct tree_entry *out, struct odb *odb, const struct oid *root,
	      const char *path, struct arena *a, struct err *err)
{
	struct trees t = { .odb = odb, .arena = a };

	return trees_find(out, &t, root, path, err);
}

/* ---- comparing ----------------------------------------------------------- */

struct differ {
	struct tree_change **out;
	size_t *n;
	size_t cap;
	struct odb *odb;
	struct arena *arena;
	struct err *err;
};

static int diff_trees(struct differ *d, const char *prefix,
		      const struct oid *from, const struct oid *to,
		      unsigned depth);

/* One entry that is on one side or differs; a folder is gone into. */
static int diff_entry(struct differ *d, const char *prefix,
		      const struct tree_entry *a, const struct tree_entry *b,
		      unsigned depth)
{
	const struct tree_entry *e = a ? a : b;
	char *path = arena_printf(d->arena, "%s%s", prefix, e->name);
	struct tree_change *ch;

	if (e->dir)
		return diff_trees(d, arena_printf(d->arena, "%s/", path),
				  a ? &a->oid : NULL, b ? &b->oid : NULL,
				  depth + 1);
	ch = ARENA_PUSH(d->arena, *d->out, *d->n, d->cap);
	memset(ch, 0, sizeof(*ch));
	ch->path = path;
	ch->in_from = a;
	ch->in_to = b;
	if (a)
		ch->from = a->oid;
	if (b)
		ch->to = b->oid;
	return 0;
}

static int diff_trees(struct differ *d, const char *prefix,
		      const struct oid *from, const struct oid *to,
		      unsigned depth)
{
	struct tree a = { NULL, 0 }, b = { NULL, 0 };
	size_t i = 0, k = 0;

	if (from && to && oid_equal(from, to))
		return 0;
	if (depth > DEPTH_MAX)
		return err_set(d->err, ERR_DAMAGED, "trees are nested too "
			       "deep at '%s'", prefix);
	if ((from && tree_read(&a, d->odb, from, d->arena, d->err)) ||
	    (to && tree_read(&b, d->odb, to, d->arena, d->err)))
		return -1;
	while (i < a.n || k < b.n) {
		int cmp = i == a.n ? 1 : k == b.n ? -1 :
			  cmp_entries(&a.v[i], &b.v[k]);
		const struct tree_entry *x = cmp <= 0 ? &a.v[i++] : NULL;
		const struct tree_entry *y = cmp >= 0 ? &b.v[k++] : NULL;

		if (x && y && oid_equal(&x->oid, &y->oid))
			continue;
		if (diff_entry(d, prefix, x, y, depth))
			return -1;
	}
	return 0;
}

int tree_diff(struct tree_change **out, size_t *n, struct odb *odb,
	      const struct oid *from, const struct oid *to, struct arena *a,
	      struct err *err)
{
	struct differ d = { out, n, 0, odb, a, err };

	*out = NULL;
	*n = 0;
	return diff_trees(&d, "", from, to, 0);
}
