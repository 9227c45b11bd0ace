/*
 * Trees: what is read is written again from its entries, to the same bytes;
 * every entry is found under its name.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/object.h"

static void add_entry(struct buf *b, const struct tree_entry *e)
{
	buf_addf(b, "%s %s", e->dir ? "40000" : "100644", e->name);
	buf_addch(b, '\0');
	buf_add(b, e->oid.b, SHA1_LEN);
}

static void check_bytes(const struct tree *t, const struct bytes *raw)
{
	struct buf b = BUF_INIT;
	struct bytes got;

	for (size_t i = 0; i < t->n; i++)
		add_entry(&b, &t->v[i]);
	got = fuzz_bytes(&b);
	fuzz_same("the tree", raw, &got);
	buf_release(&b);
}

static void check_found(const struct tree *t, const struct oid *id,
			struct odb *odb, struct arena *a)
{
	struct err err = ERR_INIT;
	struct tree_entry e;

	for (size_t i = 0; i < t->n; i++)
		if (tree_find(&e, odb, id, t->v[i].name, a, &err) <= 0 ||
		    !oid_equal(&e.oid, &t->v[i].oid) ||
		    e.dir != t->v[i].dir)
			fuzz_fail("'%s' is not found", t->v[i].name);
}

/* Without folders the builder can be asked to make the same. */
static void check_built(const struct tree *t, const struct oid *id,
			struct odb *odb, struct arena *a)
{
	struct tree_builder *b = tree_builder_new(a);
	unsigned char n256[SHA256_LEN] = { 0 };
	struct err err = ERR_INIT;
	struct tree_change *v;
	struct oid built;
	size_t n;

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].dir)
			return;
		tree_add_known(b, t->v[i].name, &t->v[i].oid, n256);
	}
	if (tree_write(&built, n256, b, odb, NULL, &err) ||
	    !oid_equal(&built, id))
		fuzz_fail("the builder makes another tree");
	if (tree_diff(&v, &n, odb, NULL, id, a, &err) || n != t->n)
		fuzz_fail("a tree of %zu files differs in %zu from nothing",
			  t->n, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes raw = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct odb *odb = NULL;
	struct tree t;
	struct oid id;

	if (odb_open(&odb, fuzz_dir(), &err) ||
	    odb_write(&id, odb, OBJECT_TREE, raw.ptr, raw.len, &err))
		fuzz_fail("%s", err.text);
	if (!tree_read(&t, odb, &id, &a, &err)) {
		check_bytes(&t, &raw);
		check_found(&t, &id, odb, &a);
		check_built(&t, &id, odb, &a);
	}
	odb_close(odb);
	arena_release(&a);
	return 0;
}
