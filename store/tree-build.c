/*
 * Building a tree from paths.  Sorted by their bytes, paths stand as git wants
 * the trees' entries, and what shares a folder stands together.
 */
#include "config.h"

#include "store/odb.h"

#include <stdlib.h>

struct file {
	const char *path;
	struct bytes data;	/* ptr NULL: known */
	struct oid oid;
	unsigned char n256[SHA256_LEN];
};

struct tree_builder {
	struct arena *arena;
	struct file *v;
	size_t n;
	size_t cap;
};

struct tree_builder *tree_builder_new(struct arena *a)
{
	struct tree_builder *b = arena_alloc(a, sizeof(*b));

	b->arena = a;
	return b;
}

static struct file *add(struct tree_builder *b, const char *path)
{
	struct file *f = ARENA_PUSH(b->arena, b->v, b->n, b->cap);

	memset(f, 0, sizeof(*f));
	f->path = arena_strdup(b->arena, path);
	return f;
}

void tree_add_blob(struct tree_builder *b, const char *path, const void *p,
		   size_t n)
{
	struct file *f = add(b, path);

	f->data.ptr = p;
	f->data.len = n;
	object_name(&f->oid, OBJECT_BLOB, p, n);
	blob_name256(f->n256, p, n);
}

void tree_add_known(struct tree_builder *b, const char *path,
		    const struct oid *oid, const unsigned char *n256)
{
	struct file *f = add(b, path);

	f->oid = *oid;
	memcpy(f->n256, n256, SHA256_LEN);
}

static int cmp_files(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path,
		      ((const struct file *)b)->path);
}

struct names {
	struct oid oid;
	unsigned char n256[SHA256_LEN];
};

static void add_entry(struct buf *t1, struct buf *t256, const char *mode,
		      const struct bytes *name, const struct names *id)
{
	buf_addf(t1, "%s %.*s", mode, (int)name->len, name->ptr);
	buf_addch(t1, '\0');
	buf_add(t256, t1->ptr + t1->len - name->len - strlen(mode) - 2,
		name->len + strlen(mode) + 2);
	buf_add(t1, id->oid.b, SHA1_LEN);
	buf_add(t256, id->n256, SHA256_LEN);
}

static int write_blob(struct odb *odb, const struct file *f, struct err *err)
{
	struct oid id;

	if (!f->data.ptr || odb_stands(odb, &f->oid))
		return 0;
	return odb_write(&id, odb, OBJECT_BLOB, f->data.ptr, f->data.len, err);
}

static void name256(unsigned char out[SHA256_LEN], const struct buf *t)
{
	struct sha256 h;
	struct buf head = BUF_INIT;

	buf_addf(&head, "tree %zu", t->len);
	sha256_start(&h);
	sha256_add(&h, head.ptr, head.len + 1);
	sha256_add(&h, t->ptr, t->len);
	sha256_end(&h, out);
	buf_release(&head);
}

/* The tree of v[from..to), whose paths share their first `skip` bytes. */
static int write_range(struct names *out, struct tree_builder *b,
		       size_t range[2], size_t skip, struct odb *odb,
		       struct err *err)
{
	struct buf t1 = BUF_INIT, t256 = BUF_INIT;
	size_t i = range[0];
	int ret = -1;

	while (i < range[1]) {
		const struct file *f = &b->v[i];
		struct bytes name = { f->path + skip,
				      strcspn(f->path + skip, "/") };
		size_t sub[2] = { i, i + 1 };
		struct names id;

		if (!tree_name_ok(name.ptr, name.len)) {
			err_set(err, ERR_REFUSED, "'%s' cannot be a file's "
				"name in the store", f->path);
			goto out;
		}
		if (!name.ptr[name.len]) {
			id.oid = f->oid;
			memcpy(id.n256, f->n256, SHA256_LEN);
			if (write_blob(odb, f, err))
				goto out;
			add_entry(&t1, &t256, "100644", &name, &id);
			i++;
			continue;
		}
		while (sub[1] < range[1] &&
		       !strncmp(b->v[sub[1]].path, f->path,
				skip + name.len + 1))
			sub[1]++;
		if (write_range(&id, b, sub, skip + name.len + 1, odb, err))
			goto out;
		add_entry(&t1, &t256, "40000", &name, &id);
		i = sub[1];
	}
	name256(out->n256, &t256);
	ret = odb_write(&out->oid, odb, OBJECT_TREE, t1.ptr, t1.len, err);
out:
	buf_release(&t1);
	buf_release(&t256);
	return ret;
}

/* Everything in the old tree is there: it need not be looked up. */
static int know_tree(struct odb *odb, const struct oid *id, struct arena *a,
		     struct err *err)
{
	struct tree t;

	if (tree_read(&t, odb, id, a, err))
		return -1;
	odb_known(odb, id);
	for (size_t i = 0; i < t.n; i++) {
		odb_known(odb, &t.v[i].oid);
		if (t.v[i].dir && know_tree(odb, &t.v[i].oid, a, err))
			return -1;
	}
	return 0;
}

int tree_write(struct oid *out, unsigned char out256[SHA256_LEN],
	       struct tree_builder *b, struct odb *odb, const struct oid *old,
	       struct err *err)
{
	size_t all[2] = { 0, b->n };
	struct names root;

	if (old && know_tree(odb, old, b->arena, err))
		return -1;
	if (b->n)
		qsort(b->v, b->n, sizeof(*b->v), cmp_files);
	if (write_range(&root, b, all, 0, odb, err))
		return -1;
	*out = root.oid;
	memcpy(out256, root.n256, SHA256_LEN);
	return 0;
}
