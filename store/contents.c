/*
 * What lines of versions say of their trees, compared with those.
 */
#include "config.h"

#include "store/contents.h"

#include <stdio.h>

#include "ss/kinds.h"

#define TREES_MOST 4096		/* that are kept at a time */

static void finding(struct contents *k, const struct oid *id, const char *rule,
		    const char *text)
{
	k->finding(k->ctx, id, rule, text);
}

struct names256 {
	unsigned char b[SHA256_LEN];
	bool tree;
};

static void keep256(struct contents *k, const struct oid *id,
		    const unsigned char *sum, bool tree)
{
	struct names256 *n = arena_alloc(&k->arena, sizeof(*n));

	memcpy(n->b, sum, SHA256_LEN);
	n->tree = tree;
	map_set_bytes(&k->n256, id->b, SHA1_LEN, n);
}

void contents_release(struct contents *k)
{
	map_release(&k->n256);
	map_release(&k->sums);
	map_release(&k->states);
	map_release(&k->trees);
	known_release(&k->objects);
	arena_release(&k->trees_arena);
	arena_release(&k->arena);
}

/* ---- blobs --------------------------------------------------------------- */

static bool is_object_path(const char *path)
{
	const char *last = strrchr(path, '/');

	return str_starts(path, "schema/") && last &&
	       strcmp(last, "/engine") && strcmp(last, "/retired");
}

/* schema/<engine>/...; NULL: of an engine that nobody here knows. */
static const struct spelling *spelling_of(const struct contents *k,
					  const char *path)
{
	const char *name = path + strlen("schema/");
	char engine[32];
	size_t n = strcspn(name, "/");

	if (n >= sizeof(engine))
		return NULL;
	memcpy(engine, name, n);
	engine[n] = '\0';
	return k->spelling(engine);
}

static const unsigned char *keep_sum(struct contents *k, const struct oid *id,
				     const struct buf *b)
{
	unsigned char sum[SHA256_LEN];

	sha256_of(sum, b->ptr, b->len);
	map_set_bytes(&k->sums, id->b, SHA1_LEN,
		      arena_memdup(&k->arena, sum, SHA256_LEN));
	return map_find_bytes(&k->sums, id->b, SHA1_LEN);
}

void contents_blob(struct contents *k, const struct reached *r)
{
	struct err err = ERR_INIT;
	const struct spelling *sp = NULL;
	unsigned char sum[SHA256_LEN];
	struct buf b = BUF_INIT;
	struct node *n;

	if (is_object_path(r->path))
		sp = spelling_of(k, r->path);
	if (odb_read(&b, store_odb(k->store), &r->oid, OBJECT_BLOB, &err)) {
		finding(k, &r->oid, "unreadable", err.text);
	} else {
		blob_name256(sum, b.ptr, b.len);
		keep256(k, &r->oid, sum, false);
		if (str_starts(r->path, "edge/"))
			(void)keep_sum(k, &r->oid, &b);
		if (sp && known_learn(&n, &k->objects, sp, &r->oid, &b, &err))
			finding(k, &r->oid, "not-canonical", err.text);
	}
	buf_release(&b);
}

/* ---- trees --------------------------------------------------------------- */

static struct trees trees_of(struct contents *k)
{
	return (struct trees){
		.odb = store_odb(k->store), .arena = &k->trees_arena,
		.known = &k->trees,
	};
}

static void add_entry(struct buf *b, const struct tree_entry *e,
		      const unsigned char *n256)
{
	buf_addstr(b, e->dir ? "40000 " : "100644 ");
	buf_add(b, e->name, strlen(e->name) + 1);
	buf_add(b, n256, SHA256_LEN);
}

/* It has no such name where an entry has none. */
static void keep_name256(struct contents *k, const struct oid *id,
			 const struct tree *tree)
{
	unsigned char sum[SHA256_LEN];
	struct buf t = BUF_INIT;
	char head[32];
	struct sha256 h;
	size_t i = 0, n;

	for (; i < tree->n; i++) {
		const struct names256 *of = map_find_bytes(&k->n256,
							   tree->v[i].oid.b,
							   SHA1_LEN);

		if (!of)
			break;
		if (of->tree != tree->v[i].dir)
			finding(k, id, "unreadable", "a folder of it is a "
				"file, or a file a folder");
		add_entry(&t, &tree->v[i], of->b);
	}
	if (i == tree->n) {
		n = (size_t)snprintf(head, sizeof(head), "tree %zu", t.len);
		sha256_start(&h);
		sha256_add(&h, head, n + 1);
		sha256_add(&h, t.ptr, t.len);
		sha256_end(&h, sum);
		keep256(k, id, sum, true);
	}
	buf_release(&t);
}

static void trim_trees(struct contents *k)
{
	if (k->trees.n < TREES_MOST)
		return;
	map_release(&k->trees);
	arena_release(&k->trees_arena);
}

void contents_tree(struct contents *k, const struct reached *r)
{
	struct err err = ERR_INIT;
	struct tree *tree;

	trim_trees(k);
	tree = arena_alloc(&k->trees_arena, sizeof(*tree));
	if (tree_parse(tree, &r->oid, r->raw, &k->trees_arena, &err)) {
		finding(k, &r->oid, "tree", err.text);
		return;
	}
	map_set_bytes(&k->trees, r->oid.b, SHA1_LEN, tree);
	keep_name256(k, &r->oid, tree);
}

static void check_tree(struct contents *k, const struct commit *v)
{
	const struct names256 *of = map_find_bytes(&k->n256, v->tree.b,
						   SHA1_LEN);

	if (of && memcmp(of->b, v->tree256, SHA256_LEN))
		finding(k, &v->oid, "tree", "Schemastore-Tree is not the "
			"SHA-256 name of the tree");
}

/* ---- schemas ------------------------------------------------------------- */

/* What names a folder's schema; length 0: the version has none. */
static struct buf folder_key(struct contents *k, const struct commit *v,
			     const char *engine, const char *folder,
			     struct err *err)
{
	struct trees trees = trees_of(k);
	struct buf key = BUF_INIT;
	struct tree_entry e;

	if (v->kind == COMMIT_SCHEMA &&
	    trees_find(&e, &trees, &v->tree, folder, err) > 0) {
		buf_add(&key, e.oid.b, SHA1_LEN);
		buf_addstr(&key, engine);
	}
	return key;
}

static char *read_digest(struct contents *k, const struct commit *v,
			 const char *folder, const struct spelling *sp,
			 struct err *err)
{
	struct arena a = ARENA_INIT;
	char *digest = NULL;
	struct schema s;

	if (!version_schema_known(&s, &k->objects, k->store, v, folder, sp, &a,
				  err)) {
		digest = arena_alloc(&k->arena, SCHEMA_DIGEST_LEN);
		schema_digest(digest, &s);
	}
	schema_release(&s);
	arena_release(&a);
	known_trim(&k->objects);
	return digest;
}

/* NULL: it cannot be read. */
static const char *digest_of(struct contents *k, const struct commit *v,
			     const char *engine, const struct spelling *sp,
			     struct err *err)
{
	struct arena a = ARENA_INIT;
	const char *folder = arena_printf(&a, "schema/%s", engine);
	struct buf key = folder_key(k, v, engine, folder, err);
	char *digest = key.len ? map_find_bytes(&k->states, key.ptr, key.len) :
		       NULL;

	if (!digest && !err->code) {
		digest = read_digest(k, v, folder, sp, err);
		if (digest && key.len)
			map_set_bytes(&k->states, key.ptr, key.len, digest);
	}
	buf_release(&key);
	arena_release(&a);
	return digest;
}

static void check_states(struct contents *k, const struct commit *v)
{
	for (size_t i = 0; i < v->nstates; i++) {
		const char *engine = v->states[i].engine, *digest;
		const struct spelling *sp = k->spelling(engine);
		struct err err = ERR_INIT;

		if (!sp) {
			finding(k, &v->oid, "unknown-engine", engine);
			continue;
		}
		digest = digest_of(k, v, engine, sp, &err);
		if (!digest)
			finding(k, &v->oid, "unreadable", err.text);
		else if (strcmp(digest, v->states[i].digest))
			finding(k, &v->oid, "state", "Schemastore-State is "
				"not the digest of the schema");
	}
}

/* ---- edges --------------------------------------------------------------- */

/* 1 and its sum, 0 there is no such file, -1 */
static int file_sum(const unsigned char **out, struct contents *k,
		    const struct commit *v, const char *path, struct err *err)
{
	struct trees trees = trees_of(k);
	struct buf b = BUF_INIT;
	struct tree_entry e;
	int ret = trees_find(&e, &trees, &v->tree, path, err);

	if (ret <= 0 || e.dir)
		return ret < 0 ? -1 : 0;
	*out = map_find_bytes(&k->sums, e.oid.b, SHA1_LEN);
	if (*out)
		return 1;
	ret = odb_read(&b, store_odb(k->store), &e.oid, OBJECT_BLOB, err) ?
	      -1 : 1;
	if (ret > 0)
		*out = keep_sum(k, &e.oid, &b);
	buf_release(&b);
	return ret;
}

static void check_edge_file(struct contents *k, const struct commit *v,
			    const struct commit_edge *e, const char *what,
			    const unsigned char *expected, struct arena *a)
{
	struct err err = ERR_INIT;
	const unsigned char *sum;
	char *path = arena_printf(a, "edge/%u/%s.%s", e->parent, e->engine,
				  what);
	int has = file_sum(&sum, k, v, path, &err);

	if (has < 0)
		finding(k, &v->oid, "unreadable", err.text);
	else if (!has != !expected ||
		 (has && memcmp(sum, expected, SHA256_LEN)))
		finding(k, &v->oid, "edge", arena_printf(a, "Schemastore-Edge"
			" does not fit '%s'", path));
}

/* Something in that folder was not there, or damaged, which is told. */
static bool is_broken(struct contents *k, const struct commit *v,
		      const char *path)
{
	struct trees trees = trees_of(k);
	struct err told = ERR_INIT;
	struct tree_entry e;

	return trees_find(&e, &trees, &v->tree, path, &told) > 0 &&
	       !map_find_bytes(&k->n256, e.oid.b, SHA1_LEN);
}

/* What its file of steps says is there, and is what it says. */
static void check_steps(struct contents *k, const struct commit *v,
			const struct commit_edge *e, struct arena *a)
{
	const struct spelling *sp = k->spelling(e->engine);
	struct err err = ERR_INIT;
	struct edge edge;

	if (!e->has_steps || !sp ||
	    is_broken(k, v, arena_printf(a, "edge/%u", e->parent)))
		return;
	if (edge_read(&edge, k->store, v, e->parent, e->engine, a, &err)) {
		finding(k, &v->oid, "steps", err.text);
		return;
	}
	for (size_t i = 1; i <= edge.nstates; i++) {
		struct schema s;

		err = (struct err)ERR_INIT;
		if (edge_state_read(&s, k->store, v, e->parent, &edge, i, sp,
				    a, &err))
			finding(k, &v->oid, "steps", err.text);
		schema_release(&s);
	}
}

/* ---- what no line says --------------------------------------------------- */

/* The folder; NULL: there is none, or it cannot be read, which is told. */
static const struct tree *folder_at(struct contents *k, const struct commit *v,
				    const char *path)
{
	struct trees trees = trees_of(k);
	struct err told = ERR_INIT;
	struct tree_entry e;
	struct tree *tree;

	if (trees_find(&e, &trees, &v->tree, path, &told) <= 0 || !e.dir)
		return NULL;
	tree = map_find_bytes(&k->trees, e.oid.b, SHA1_LEN);
	if (tree)
		return tree;
	tree = arena_alloc(&k->trees_arena, sizeof(*tree));
	if (tree_read(tree, trees.odb, &e.oid, trees.arena, &told))
		return NULL;
	map_set_bytes(&k->trees, e.oid.b, SHA1_LEN, tree);
	return tree;
}

/* "sqlite.up.sql": of an edge that a line has? */
static bool is_said(const struct commit *v, unsigned parent, const char *file)
{
	size_t n = strcspn(file, ".");

	for (size_t i = 0; i < v->nedges; i++)
		if (v->edges[i].parent == parent &&
		    strlen(v->edges[i].engine) == n &&
		    !strncmp(v->edges[i].engine, file, n))
			return true;
	return false;
}

static void check_edge_folder(struct contents *k, const struct commit *v,
			      const char *name, struct arena *a)
{
	const char *path = arena_printf(a, "edge/%s", name);
	const struct tree *folder = folder_at(k, v, path);
	uint64_t parent = 0;
	bool number = !parse_u64(&parent, name, COMMIT_PARENTS);

	for (size_t i = 0; folder && i < folder->n; i++) {
		const struct tree_entry *e = &folder->v[i];

		if (strcmp(e->name, "data") &&
		    (!number || !is_said(v, (unsigned)parent, e->name)))
			finding(k, &v->oid, "edge", arena_printf(a, "no "
				"Schemastore-Edge says what '%s/%s' is", path,
				e->name));
	}
}

/* A version says of all its schemas and edges what they are. */
static void check_unsaid(struct contents *k, const struct commit *v,
			 struct arena *a)
{
	const struct tree *schemas = folder_at(k, v, "schema");
	const struct tree *edges = folder_at(k, v, "edge");

	for (size_t i = 0; schemas && i < schemas->n; i++)
		if (!version_state(v, schemas->v[i].name))
			finding(k, &v->oid, "state", arena_printf(a, "no "
				"Schemastore-State says what 'schema/%s' is",
				schemas->v[i].name));
	for (size_t i = 0; edges && i < edges->n; i++)
		check_edge_folder(k, v, edges->v[i].name, a);
}

void contents_version(struct contents *k, const struct commit *v)
{
	struct arena a = ARENA_INIT;

	check_tree(k, v);
	check_states(k, v);
	if (v->kind == COMMIT_SCHEMA)
		check_unsaid(k, v, &a);
	for (size_t i = 0; i < v->nedges; i++) {
		const struct commit_edge *e = &v->edges[i];

		check_edge_file(k, v, e, "up.sql", e->up, &a);
		check_edge_file(k, v, e, "down.sql",
				e->has_down ? e->down : NULL, &a);
		check_edge_file(k, v, e, "steps",
				e->has_steps ? e->steps : NULL, &a);
		check_steps(k, v, e, &a);
	}
	arena_release(&a);
}
