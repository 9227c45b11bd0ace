/*
 * Writing a version: its tree, its commit.
 */
#include "config.h"

#include "ss/store.h"

#include "store/layout.h"

#include <stdio.h>
#include <stdlib.h>

#define FOLDER_MOST 64
#define SOURCE_NAME_MOST 180
#define SOURCE_NAME_KEEPS 120

struct writing {
	struct store *store;
	const struct version_draft *draft;
	struct tree_builder *tree;
	struct bytes *steps;	/* of the draft's edges */
	struct arena *arena;
	struct err *err;
};

/* One name of a folder, on its way to its place. */
struct leaf {
	const char *name;	/* encoded */
	struct node *node;
	char hex[SHA256_HEX];	/* of the name */
};

static void add_text(struct writing *w, const char *path, const struct buf *b)
{
	tree_add_blob(w->tree, path,
		      arena_strndup(w->arena, b->ptr, b->len), b->len);
}

static void add_leaf(struct writing *w, const char *prefix,
		     const struct leaf *l)
{
	char *path = arena_printf(w->arena, "%s/%s", prefix, l->name);
	struct node *n = l->node;
	struct buf b = BUF_INIT;
	struct oid id;

	/* It was read from here, or a batch has written it before. */
	if (n->named) {
		memcpy(id.b, n->oid, SHA1_LEN);
		tree_add_known(w->tree, path, &id, n->n256);
		return;
	}
	node_encode(&b, n);
	object_name(&id, OBJECT_BLOB, b.ptr, b.len);
	blob_name256(n->n256, b.ptr, b.len);
	memcpy(n->oid, id.b, SHA1_LEN);
	n->named = true;
	add_text(w, path, &b);
	buf_release(&b);
}

static int cmp_leaves(const void *a, const void *b)
{
	return strcmp(((const struct leaf *)a)->hex,
		      ((const struct leaf *)b)->hex);
}

/* A folder with more than 64 names is split by the next digit; v is sorted by
 * hex. */
static void add_folder(struct writing *w, const char *prefix,
		       const struct leaf *v, size_t n, unsigned depth)
{
	size_t i = 0;

	if (n <= FOLDER_MOST) {
		for (i = 0; i < n; i++)
			add_leaf(w, prefix, &v[i]);
		return;
	}
	while (i < n) {
		size_t end = i;

		while (end < n && v[end].hex[depth] == v[i].hex[depth])
			end++;
		add_folder(w, arena_printf(w->arena, "%s/%c", prefix,
					   v[i].hex[depth]), v + i, end - i,
			   depth + 1);
		i = end;
	}
}

/* The objects of one kind, objects[from .. to). */
static void add_kind(struct writing *w, const char *folder,
		     const struct schema *s, size_t from, size_t to)
{
	struct leaf *v = arena_alloc(w->arena, (to - from) * sizeof(*v));
	const char *word = s->objects[from]->kind->word;
	struct buf b = BUF_INIT;

	for (size_t i = from; i < to; i++) {
		struct leaf *l = &v[i - from];
		unsigned char sum[SHA256_LEN];

		buf_truncate(&b, 0);
		node_path(&b, s->objects[i], s->spelling);
		l->name = arena_strdup(w->arena, strchr(b.ptr, '/') + 1);
		l->node = s->objects[i];
		sha256_of(sum, l->name, strlen(l->name));
		hex_encode(l->hex, sum, sizeof(sum));
	}
	if (to - from > FOLDER_MOST)
		qsort(v, to - from, sizeof(*v), cmp_leaves);
	add_folder(w, arena_printf(w->arena, "%s/%s", folder, word), v,
		   to - from, 0);
	buf_release(&b);
}

static void add_lines(struct writing *w, const char *path,
		      const struct list *lines, const char *head)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, head);
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&b, "%s\n", lines->v[i]);
	if (b.len)
		add_text(w, path, &b);
	buf_release(&b);
}

static void add_schema(struct writing *w, const char *folder,
		       const char *engine, const struct schema *s)
{
	struct arena *a = w->arena;
	size_t i = 0;

	while (i < s->n) {
		size_t end = i;

		while (end < s->n && s->objects[end]->kind ==
				     s->objects[i]->kind)
			end++;
		add_kind(w, folder, s, i, end);
		i = end;
	}
	add_lines(w, arena_printf(a, "%s/engine", folder), &s->settings,
		  arena_printf(a, LAYOUT_ENGINE LAYOUT_VERSION LAYOUT_TEXT,
			       engine, s->version));
	add_lines(w, arena_printf(a, "%s/retired", folder), &s->retired, "");
}

static void add_edge_file(struct writing *w, size_t n, const char *name,
			  const struct bytes *text)
{
	if (text->ptr)
		tree_add_blob(w->tree, arena_printf(w->arena, LAYOUT_EDGE, n,
						    name),
			      text->ptr, text->len);
}

static const char *edge_name(struct writing *w, const struct version_edge *e,
			     const char *what)
{
	return arena_printf(w->arena, "%s.%s", e->engine, what);
}

/* What an edge has beside its SQL; its file of steps is returned. */
static struct bytes add_steps(struct writing *w, size_t n,
			      const struct version_edge *e)
{
	struct edge_file *files;
	struct bytes steps;
	size_t count;

	edge_format(&steps, &files, &count, e, w->arena);
	for (size_t i = 0; i < count; i++)
		add_edge_file(w, n, files[i].path, &files[i].text);
	for (size_t k = 0; k < e->nstates; k++)
		add_schema(w, arena_printf(w->arena, LAYOUT_STATE, n,
					   e->engine, k + 1), e->engine,
			   e->states[k]);
	add_edge_file(w, n, edge_name(w, e, "steps"), &steps);
	return steps;
}

/* Which of the parents that count (versions and the genesis) is it? */
static size_t edge_index(const struct version_draft *d, const struct oid *id)
{
	size_t i = 0;

	while (!oid_equal(&d->parents[i], id))
		i++;
	return i;
}

/* The names that a tree may hold (DESIGN.md section 5): what git, or a file
 * system that it is checked out on, would take for something else is %XX. */
char *version_source_name(struct arena *a, const char *name)
{
	struct buf b = BUF_INIT;
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX], *encoded;

	for (const char *p = name; *p; p++) {
		bool plain = (is_word_byte((unsigned char)*p) && *p != '$' &&
			      (unsigned char)*p < 0x80) || *p == '-' ||
			     (*p == '.' && p != name);

		buf_addf(&b, plain ? "%c" : "%%%02X", (unsigned char)*p);
	}
	if (b.len > SOURCE_NAME_MOST) {
		sha256_of(sum, name, strlen(name));
		hex_encode(hex, sum, SHA256_LEN / 2);
		buf_truncate(&b, SOURCE_NAME_KEEPS);
		buf_addf(&b, "%%~%s", hex);
	}
	encoded = arena_strdup(a, b.ptr);
	buf_release(&b);
	return encoded;
}

static void add_source(struct writing *w, const struct version_file *f)
{
	const char *name = f->as_read ? f->path :
			   version_source_name(w->arena, f->path);

	tree_add_blob(w->tree, arena_printf(w->arena, "source/%s%s%s",
					    f->engine ? f->engine : "",
					    f->engine ? "/" : "", name),
		      f->ptr, f->len);
}

static void add_files(struct writing *w)
{
	const struct version_draft *d = w->draft;

	for (size_t i = 0; i < d->nschemas; i++)
		add_schema(w, arena_printf(w->arena, "schema/%s",
					   d->schemas[i].engine),
			   d->schemas[i].engine, d->schemas[i].schema);
	for (size_t i = 0; i < d->nedges; i++) {
		const struct version_edge *e = &d->edges[i];
		size_t n = edge_index(d, e->parent);

		add_edge_file(w, n, edge_name(w, e, "up.sql"), &e->up);
		add_edge_file(w, n, edge_name(w, e, "down.sql"), &e->down);
		w->steps[i] = add_steps(w, n, e);
	}
	for (size_t i = 0; i < d->nsources; i++)
		add_source(w, &d->sources[i]);
	for (size_t i = 0; i < d->nmodels; i++)
		tree_add_blob(w->tree, arena_printf(w->arena, LAYOUT_MODELS,
						    d->models[i].engine),
			      d->models[i].json.ptr, d->models[i].json.len);
}

static void fill_states(struct commit *c, struct writing *w)
{
	const struct version_draft *d = w->draft;

	c->nstates = d->nschemas;
	c->states = arena_alloc(w->arena, d->nschemas * sizeof(*c->states));
	for (size_t i = 0; i < d->nschemas; i++) {
		char *digest = arena_alloc(w->arena, SCHEMA_DIGEST_LEN);

		schema_digest(digest, d->schemas[i].schema);
		c->states[i].engine = d->schemas[i].engine;
		c->states[i].digest = digest;
	}
	c->nedges = d->nedges;
	c->edges = arena_alloc(w->arena, d->nedges * sizeof(*c->edges));
	for (size_t i = 0; i < d->nedges; i++) {
		const struct version_edge *e = &d->edges[i];
		struct commit_edge *out = &c->edges[i];

		out->parent = (unsigned)edge_index(d, e->parent);
		out->engine = e->engine;
		out->has_down = e->down.ptr;
		out->has_steps = w->steps[i].ptr;
		sha256_of(out->up, e->up.ptr, e->up.len);
		if (out->has_down)
			sha256_of(out->down, e->down.ptr, e->down.len);
		if (out->has_steps)
			sha256_of(out->steps, w->steps[i].ptr,
				  w->steps[i].len);
	}
}

/* The policy in force is the newest one; a parent's is newer where it came from
 * elsewhere without its policies. */
static int policy_in_force(struct commit *c, struct store *s, struct arena *a,
			   struct err *err)
{
	struct commit tip;
	struct oid id;
	int ret = ref_read(&id, s, POLICY_REF, err);

	if (ret <= 0)
		return ret;
	if (store_commit(&tip, s, &id, a, err))
		return -1;
	c->policy_seq = tip.seq;
	memcpy(c->policy, tip.strong.b, SHA256_LEN);
	return 0;
}

int commit_lineage(struct commit *c, struct store *s, const struct oid *parents,
		   size_t n, struct arena *a, struct err *err)
{
	struct commit p;

	c->nparents = n;
	c->parents = arena_alloc(a, n * sizeof(*c->parents));
	if (policy_in_force(c, s, a, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (store_commit(&p, s, &parents[i], a, err))
			return -1;
		c->parents[i].oid = p.oid;
		c->parents[i].strong = p.strong;
		if (p.committer.time > c->committer.time)
			c->committer.time = p.committer.time;
		if (p.kind != COMMIT_POLICY && p.policy_seq > c->policy_seq) {
			c->policy_seq = p.policy_seq;
			memcpy(c->policy, p.policy, SHA256_LEN);
		}
		if (i)
			continue;
		c->seq = p.seq + 1;
		memcpy(c->project, p.genesis ? p.strong.b : p.project,
		       SHA256_LEN);
	}
	return 0;
}

int version_write(struct commit *out, struct store *s,
		  const struct version_draft *d, struct arena *a,
		  struct err *err)
{
	struct writing w = {
		.store = s, .draft = d, .tree = tree_builder_new(a),
		.steps = arena_alloc(a, (d->nedges + 1) * sizeof(*w.steps)),
		.arena = a, .err = err,
	};
	struct buf raw = BUF_INIT;
	struct oid id;
	int ret = -1;

	memset(out, 0, sizeof(*out));
	out->kind = COMMIT_SCHEMA;
	out->ref = d->ref;
	out->author = d->author;
	out->committer = d->committer;
	out->subject = d->subject;
	out->body = d->body;
	if (commit_lineage(out, s, d->parents, d->nparents, a, err))
		goto out;
	if (d->replaces) {
		out->replaces = true;
		out->replaced = d->replaces->strong;
		if (out->committer.time < d->replaces->committer.time)
			out->committer.time = d->replaces->committer.time;
	}
	add_files(&w);
	fill_states(out, &w);
	if (tree_write(&out->tree, out->tree256, w.tree, store_odb(s),
		       d->old_tree, err) ||
	    commit_sign(out, d->key, a, err) ||
	    commit_format(&raw, out, err) ||
	    odb_write(&id, store_odb(s), OBJECT_COMMIT, raw.ptr, raw.len, err))
		goto out;
	ret = 0;
out:
	buf_release(&raw);
	return ret;
}

const char *version_state(const struct commit *c, const char *engine)
{
	for (size_t i = 0; i < c->nstates; i++)
		if (!strcmp(c->states[i].engine, engine))
			return c->states[i].digest;
	return NULL;
}
