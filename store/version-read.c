/*
 * Reading the schema of a version, whole or where two differ.
 */
#include "config.h"

#include "ss/store.h"

#include "ss/diff.h"
#include "ss/kinds.h"

#include "store/known.h"

struct reading {
	struct store *store;
	struct schema *schema;
	struct arena *arena;
	struct err *err;
	struct known *known;	/* NULL: no object is */
	bool learn;		/* what is not is from then on */
};

static int read_object(struct reading *r, const struct oid *id,
		       const char *path)
{
	const struct spelling *sp = r->schema->spelling;
	struct buf b = BUF_INIT;
	struct node *n = r->known ? known_find(r->known, sp, id) : NULL;
	int ret = -1;

	if (n) {
		schema_add(r->schema, n);
		return 0;
	}
	if (odb_read(&b, store_odb(r->store), id, OBJECT_BLOB, r->err))
		goto out;
	ret = r->learn ? known_learn(&n, r->known, sp, id, &b, r->err) :
	      known_decode(&n, r->arena, sp, id, &b, r->err);
	if (ret)
		err_wrap(r->err, "object '%s'", path);
	else
		schema_add(r->schema, n);
out:
	buf_release(&b);
	return ret;
}

static void add_line(struct list *l, struct arena *a, const char *line,
		     size_t n)
{
	list_add(a, l, arena_strndup(a, line, n));
}

/* line = ( "engine " | "version " | "text-form " ) TEXT | setting */
static void take_engine_line(struct reading *r, const char *p, size_t n)
{
	static const char version[] = "version ";
	size_t word = strlen(version);

	if (str_starts(p, version))
		r->schema->version = arena_strndup(r->arena, p + word,
						   n - word);
	else if (!str_starts(p, "engine ") && !str_starts(p, "text-form "))
		add_line(&r->schema->settings, r->arena, p, n);
}

/* The lines of `engine`, or of `retired`. */
static int read_lines(struct reading *r, const struct oid *id, bool engine)
{
	struct buf b = BUF_INIT;
	int ret = odb_read(&b, store_odb(r->store), id, OBJECT_BLOB, r->err);

	for (char *p = b.ptr, *nl; !ret && *p; p = nl + 1) {
		nl = strchr(p, '\n');
		if (!nl) {
			ret = err_set(r->err, ERR_DAMAGED, "a line without "
				      "end in the schema's settings");
			break;
		}
		if (engine)
			take_engine_line(r, p, (size_t)(nl - p));
		else
			add_line(&r->schema->retired, r->arena, p,
				 (size_t)(nl - p));
	}
	buf_release(&b);
	return ret || engine ? ret :
	       retired_check(&r->schema->retired, r->err);
}

static int read_file(struct reading *r, const struct oid *id,
		     const char *path)
{
	if (!strcmp(path, "engine"))
		return read_lines(r, id, true);
	if (!strcmp(path, "retired"))
		return read_lines(r, id, false);
	return read_object(r, id, path);
}

/* The tree of a folder: 1, 0 where the version has none, -1 */
static int folder_tree(struct oid *out, struct store *s,
		       const struct commit *c, const char *folder,
		       struct arena *a, struct err *err)
{
	struct tree_entry e;
	int ret;

	if (c->kind != COMMIT_SCHEMA)
		return 0;
	ret = tree_find(&e, store_odb(s), &c->tree, folder, a, err);
	if (ret > 0)
		*out = e.oid;
	return ret;
}

static int engine_tree(struct oid *out, struct store *s,
		       const struct commit *c, const char *engine,
		       struct arena *a, struct err *err)
{
	return folder_tree(out, s, c, arena_printf(a, "schema/%s", engine), a,
			   err);
}

/* What stands beside the objects of a tree of schema/<engine>. */
static int read_engine(struct reading *r, const struct oid *tree)
{
	struct tree_entry e;
	int ret = tree_find(&e, store_odb(r->store), tree, "engine", r->arena,
			    r->err);

	return ret > 0 ? read_lines(r, &e.oid, true) : ret;
}

int version_reading(struct schema *out, struct store *s,
		    const struct commit *c, const char *engine,
		    const struct spelling *sp, struct arena *a,
		    struct err *err)
{
	struct reading r = { .store = s, .schema = out, .arena = a,
			     .err = err };
	struct oid tree;
	int ret;

	schema_init(out, sp, a);
	ret = engine_tree(&tree, s, c, engine, a, err);
	return ret > 0 ? read_engine(&r, &tree) : ret;
}

/* All that is in a folder. */
static int read_whole(struct reading *r, const struct commit *c,
		      const char *folder)
{
	struct tree_change *v;
	struct oid id;
	size_t n;
	int ret = folder_tree(&id, r->store, c, folder, r->arena, r->err);

	if (ret < 0)
		return -1;
	if (ret) {
		if (tree_diff(&v, &n, store_odb(r->store), NULL, &id, r->arena,
			      r->err))
			return -1;
		for (size_t i = 0; i < n; i++)
			if (read_file(r, &v[i].to, v[i].path))
				return -1;
	}
	return schema_seal(r->schema, r->err);
}

int version_schema_at(struct schema *out, struct store *s,
		      const struct commit *c, const char *folder,
		      const struct spelling *sp, struct arena *a,
		      struct err *err)
{
	struct reading r = { .store = s, .schema = out, .arena = a,
			     .err = err };

	schema_init(out, sp, a);
	return read_whole(&r, c, folder);
}

int version_schema_read(struct schema *out, struct store *s,
			const struct commit *c, const char *engine,
			const struct spelling *sp, struct arena *a,
			struct err *err)
{
	return version_schema_at(out, s, c, arena_printf(a, "schema/%s",
							 engine), sp, a, err);
}

int version_schema_known(struct schema *out, struct known *k, struct store *s,
			 const struct commit *c, const char *folder,
			 const struct spelling *sp, struct arena *a,
			 struct err *err)
{
	struct reading r = { .store = s, .schema = out, .arena = a, .err = err,
			     .known = k, .learn = true };

	schema_init(out, sp, a);
	/* What they are sealed with lives as long as they do. */
	out->nodes = &k->arena;
	return read_whole(&r, c, folder);
}

int version_schema_read_like(struct schema *out, const struct schema *like,
			     struct store *s, const struct commit *c,
			     const char *engine, struct err *err)
{
	struct known known = KNOWN_INIT;
	struct reading r = { .store = s, .schema = out, .arena = like->arena,
			     .err = err, .known = &known };
	int ret;

	for (size_t i = 0; i < like->n; i++)
		if (like->objects[i]->named)
			known_add(&known, like->spelling, like->objects[i]);
	schema_init(out, like->spelling, like->arena);
	ret = read_whole(&r, c, arena_printf(like->arena, "schema/%s",
					     engine));
	known_release(&known);
	return ret;
}

/* Where a folder was split, an object that is the same stands elsewhere. */
static void drop_moved(struct tree_change *v, size_t n)
{
	struct map gone = MAP_INIT;

	for (size_t i = 0; i < n; i++)
		if (v[i].in_from && !v[i].in_to)
			map_set_bytes(&gone, v[i].from.b, SHA1_LEN, &v[i]);
	for (size_t i = 0; i < n; i++) {
		struct tree_change *was;

		if (v[i].in_from || !v[i].in_to)
			continue;
		was = map_find_bytes(&gone, v[i].to.b, SHA1_LEN);
		if (was && was->in_from) {
			was->in_from = false;
			v[i].in_to = false;
		}
	}
	map_release(&gone);
}

int version_schemas_diff(struct schema *from, struct schema *to,
			 struct store *s, const struct commit *ca,
			 const struct commit *cb, const char *engine,
			 const struct spelling *sp, struct arena *a,
			 struct err *err)
{
	struct reading rf = { .store = s, .schema = from, .arena = a,
			      .err = err };
	struct reading rt = { .store = s, .schema = to, .arena = a,
			      .err = err };
	struct tree_change *v;
	struct oid ida, idb;
	int has_a, has_b;
	size_t n;

	schema_init(from, sp, a);
	schema_init(to, sp, a);
	has_a = engine_tree(&ida, s, ca, engine, a, err);
	has_b = has_a < 0 ? -1 : engine_tree(&idb, s, cb, engine, a, err);
	if (has_b < 0 ||
	    tree_diff(&v, &n, store_odb(s), has_a ? &ida : NULL,
		      has_b ? &idb : NULL, a, err))
		return -1;
	drop_moved(v, n);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(v[i].path, "engine"))
			continue;
		if ((v[i].in_from && read_file(&rf, &v[i].from, v[i].path)) ||
		    (v[i].in_to && read_file(&rt, &v[i].to, v[i].path)))
			return -1;
	}
	/* How they were read counts even where it is the same. */
	if ((has_a && read_engine(&rf, &ida)) ||
	    (has_b && read_engine(&rt, &idb)))
		return -1;
	return schema_seal(from, err) || schema_seal(to, err) ? -1 : 0;
}

int version_file(struct buf *out, struct store *s, const struct commit *c,
		 const char *path, struct arena *a, struct err *err)
{
	struct tree_entry e;
	int ret = tree_find(&e, store_odb(s), &c->tree, path, a, err);

	if (ret <= 0)
		return ret;
	if (e.dir)
		return 0;
	return odb_read(out, store_odb(s), &e.oid, OBJECT_BLOB, err) ? -1 : 1;
}

/* source/<engine> where each engine has its own, else source: 1, 0, -1 */
static int source_tree(struct tree_entry *out, struct store *s,
		       const struct commit *c, const char *engine,
		       struct arena *a, struct err *err)
{
	const char *own = arena_printf(a, "source/%s", engine);
	int ret = tree_find(out, store_odb(s), &c->tree, own, a, err);

	if (ret < 0 || (ret && out->dir))
		return ret;
	return tree_find(out, store_odb(s), &c->tree, "source", a, err);
}

int version_sources(struct version_file **out, size_t *n, struct store *s,
		    const struct commit *c, const char *engine,
		    struct arena *a, struct err *err)
{
	struct tree_entry e;
	struct tree t;
	int ret = source_tree(&e, s, c, engine, a, err);

	*out = NULL;
	*n = 0;
	if (ret <= 0)
		return ret;
	if (tree_read(&t, store_odb(s), &e.oid, a, err))
		return -1;
	*out = arena_alloc(a, (t.n + 1) * sizeof(**out));
	for (size_t i = 0; i < t.n; i++) {
		struct version_file *f = &(*out)[*n];
		struct buf b = BUF_INIT;

		if (t.v[i].dir)
			continue;
		ret = odb_read(&b, store_odb(s), &t.v[i].oid, OBJECT_BLOB,
			       err);
		f->path = t.v[i].name;
		f->ptr = arena_strndup(a, b.ptr, b.len);
		f->len = b.len;
		buf_release(&b);
		if (ret)
			return -1;
		++*n;
	}
	return 0;
}
