/*
 * Checking a store: every object that a ref reaches is read, hashed and
 * decoded, and what commits say of their content is compared with it.
 */
#include "config.h"

#include <stdio.h>

#include "store/reach.h"

#include "ss/kinds.h"

struct names256 {
	unsigned char b[SHA256_LEN];
};

struct checking {
	struct store *store;
	struct arena arena;
	struct map n256;	/* 20 bytes -> struct names256, of blobs and
				 * trees */
	struct map strong;	/* 20 bytes -> struct commit, short */
	const struct spelling *(*spelling)(const char *engine);
	finding_fn fn;
	void *ctx;
	size_t findings;
	size_t checked;
};

static void finding(struct checking *c, const struct oid *id, const char *rule,
		    const char *text)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	c->findings++;
	c->fn(c->ctx, hex, rule, text);
}

static int on_broken(void *ctx, const char *what, const struct err *why)
{
	struct checking *c = ctx;

	c->findings++;
	c->fn(c->ctx, what, "unreadable", why->text);
	return 0;
}

static void keep256(struct checking *c, const struct oid *id,
		    const unsigned char *sum)
{
	map_set_bytes(&c->n256, id->b, SHA1_LEN,
		      arena_memdup(&c->arena, sum, SHA256_LEN));
}

static bool is_object_path(const char *path)
{
	const char *last = strrchr(path, '/');

	return str_starts(path, "schema/") && last &&
	       strcmp(last, "/engine") && strcmp(last, "/retired");
}

static void check_blob(struct checking *c, const struct reached *r)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	unsigned char sum[SHA256_LEN];
	struct buf b = BUF_INIT;
	struct node *n;

	if (odb_read(&b, store_odb(c->store), &r->oid, OBJECT_BLOB, &err)) {
		finding(c, &r->oid, "unreadable", err.text);
	} else {
		blob_name256(sum, b.ptr, b.len);
		keep256(c, &r->oid, sum);
		if (is_object_path(r->path) &&
		    node_decode(&n, b.ptr, b.len, &a, &err))
			finding(c, &r->oid, "not-canonical", err.text);
	}
	buf_release(&b);
	arena_release(&a);
}

static void check_tree(struct checking *c, const struct reached *r)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf t = BUF_INIT, head = BUF_INIT;
	struct names256 sum;
	struct sha256 h;
	struct tree tree;

	if (tree_read(&tree, store_odb(c->store), &r->oid, &a, &err))
		goto out;
	for (size_t i = 0; i < tree.n; i++) {
		const struct names256 *n = map_find_bytes(&c->n256,
							  tree.v[i].oid.b,
							  SHA1_LEN);

		if (!n)
			goto out;
		buf_addf(&t, "%s %s", tree.v[i].dir ? "40000" : "100644",
			 tree.v[i].name);
		buf_addch(&t, '\0');
		buf_add(&t, n->b, SHA256_LEN);
	}
	buf_addf(&head, "tree %zu", t.len);
	sha256_start(&h);
	sha256_add(&h, head.ptr, head.len + 1);
	sha256_add(&h, t.ptr, t.len);
	sha256_end(&h, sum.b);
	keep256(c, &r->oid, sum.b);
out:
	buf_release(&t);
	buf_release(&head);
	arena_release(&a);
}

static void check_states(struct checking *c, const struct commit *v,
			 struct arena *a)
{
	for (size_t i = 0; i < v->nstates; i++) {
		const struct spelling *sp = c->spelling(v->states[i].engine);
		char digest[SCHEMA_DIGEST_LEN];
		struct err err = ERR_INIT;
		struct schema s;

		if (!sp) {
			finding(c, &v->oid, "unknown-engine",
				v->states[i].engine);
			continue;
		}
		if (version_schema_read(&s, c->store, v, v->states[i].engine,
					sp, a, &err)) {
			finding(c, &v->oid, "unreadable", err.text);
			schema_release(&s);
			continue;
		}
		schema_digest(digest, &s);
		schema_release(&s);
		if (strcmp(digest, v->states[i].digest))
			finding(c, &v->oid, "state", "Schemastore-State is "
				"not the digest of the schema");
	}
}

static void check_edge_file(struct checking *c, const struct commit *v,
			    const struct commit_edge *e, const char *what,
			    const unsigned char *expected)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	unsigned char sum[SHA256_LEN];
	char *path = arena_printf(&a, "edge/%u/%s.%s", e->parent, e->engine,
				  what);
	int has = version_file(&b, c->store, v, path, &a, &err);

	sha256_of(sum, b.ptr, b.len);
	if (has < 0)
		finding(c, &v->oid, "unreadable", err.text);
	else if (!has != !expected ||
		 (has && memcmp(sum, expected, SHA256_LEN)))
		finding(c, &v->oid, "edge", arena_printf(&a, "Schemastore-Edge"
			" does not fit '%s'", path));
	buf_release(&b);
	arena_release(&a);
}

static void check_links(struct checking *c, const struct commit *v)
{
	for (size_t i = 0; i < v->nparents; i++) {
		const struct commit *p = map_find_bytes(&c->strong,
							v->parents[i].oid.b,
							SHA1_LEN);

		if (!p)
			continue;
		if (memcmp(p->strong.b, v->parents[i].strong.b, SHA256_LEN))
			finding(c, &v->oid, "parent", "Schemastore-Parent is "
				"not the strong id of the parent");
		if (!i && v->seq != p->seq + 1)
			finding(c, &v->oid, "seq", "Schemastore-Seq does not "
				"follow its parent's");
		if (p->committer.time > v->committer.time)
			finding(c, &v->oid, "time", "older than its parent");
	}
	if (!v->nparents && !v->genesis)
		finding(c, &v->oid, "root", "a second root");
}

static void check_commit(struct checking *c, const struct reached *r)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	const struct names256 *tree;
	struct commit v, *kept;

	if (store_commit(&v, c->store, &r->oid, &a, &err)) {
		arena_release(&a);
		return;
	}
	tree = map_find_bytes(&c->n256, v.tree.b, SHA1_LEN);
	if (tree && memcmp(tree->b, v.tree256, SHA256_LEN))
		finding(c, &v.oid, "tree", "Schemastore-Tree is not the "
			"SHA-256 name of the tree");
	check_links(c, &v);
	check_states(c, &v, &a);
	for (size_t i = 0; i < v.nedges; i++) {
		const struct commit_edge *e = &v.edges[i];

		check_edge_file(c, &v, e, "up.sql", e->up);
		check_edge_file(c, &v, e, "down.sql",
				e->has_down ? e->down : NULL);
		check_edge_file(c, &v, e, "steps",
				e->has_steps ? e->steps : NULL);
	}
	kept = arena_memdup(&c->arena, &v, sizeof(v));
	map_set_bytes(&c->strong, v.oid.b, SHA1_LEN, kept);
	arena_release(&a);
}

static int on_reached(void *ctx, const struct reached *r)
{
	static void (*const checks[])(struct checking *c,
				      const struct reached *r) = {
		[OBJECT_COMMIT] = check_commit,
		[OBJECT_TREE] = check_tree,
		[OBJECT_BLOB] = check_blob,
	};
	struct checking *c = ctx;

	c->checked++;
	checks[r->type](c, r);
	return 0;
}

int store_fsck(struct store *s, size_t *n, size_t *checked,
	       const struct spelling *(*spelling)(const char *engine),
	       finding_fn fn, void *ctx, struct err *err)
{
	struct checking c = {
		.store = s, .spelling = spelling, .fn = fn, .ctx = ctx,
	};
	struct reach r = {
		.store = s, .arena = &c.arena, .fn = on_reached,
		.broken = on_broken, .ctx = &c,
	};
	struct commit genesis;
	int ret = -1;

	if (store_project(&genesis, s, &c.arena, err) || reach_all(&r, err))
		goto out;
	*n = c.findings;
	*checked = c.checked;
	ret = 0;
out:
	map_release(&r.seen);
	map_release(&c.n256);
	map_release(&c.strong);
	arena_release(&c.arena);
	return ret;
}
