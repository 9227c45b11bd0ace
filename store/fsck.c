/*
 * Checking a store: every object that a ref reaches is read, hashed and
 * decoded, and what commits say of their content is compared with it.  What
 * schemastore did not make is read, and so is what nothing reaches.
 */
#include "config.h"

#include <stdio.h>

#include "store/reach.h"

#include "ss/file.h"

#include "store/contents.h"

/* Of a commit, what those behind it must fit. */
struct kept {
	struct strong_id strong;
	unsigned char tree256[SHA256_LEN];
	uint64_t seq;
	int64_t time;
	enum commit_kind kind;
};

struct checking {
	struct store *store;
	struct arena arena;
	struct contents contents;
	struct map kept;	/* 20 bytes -> struct kept */
	struct map broken;	/* commits that cannot be read */
	const struct map *seen;
	struct commit genesis;
	bool has_genesis;
	struct fsck *out;
	struct arena room;	/* the commit's that is checked */
	struct buf raw;
	/* unreached */
	struct oid *rest;
	size_t nrest, cap;
};

static void tell(struct checking *c, const char *object, const char *rule,
		 const char *text)
{
	c->out->findings++;
	c->out->finding(c->out->ctx, object, rule, text);
}

static void finding(struct checking *c, const struct oid *id, const char *rule,
		    const char *text)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	tell(c, hex, rule, text);
}

static void on_content(void *ctx, const struct oid *id, const char *rule,
		       const char *text)
{
	finding(ctx, id, rule, text);
}

static int on_broken(void *ctx, const char *what, const struct err *why)
{
	struct checking *c = ctx;
	struct oid id;

	tell(c, what, "unreadable", why->text);
	if (!oid_parse(&id, what))
		map_set_bytes(&c->broken, id.b, SHA1_LEN, c);
	return 0;
}

static void check_links(struct checking *c, const struct commit *v)
{
	for (size_t i = 0; i < v->nparents; i++) {
		const struct kept *p = map_find_bytes(&c->kept,
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
		if (v->kind == COMMIT_APPROVAL &&
		    !str_starts(v->ref, WITNESS_REFS) &&
		    memcmp(p->tree256, v->tree256, SHA256_LEN))
			finding(c, &v->oid, "approval", "its tree is not that "
				"of what it approves");
		if (p->time > v->committer.time)
			finding(c, &v->oid, "time", "older than its parent");
	}
	if (!v->nparents && !v->genesis)
		finding(c, &v->oid, "root", "a second root");
}

/* Versions alone count, and the root; what is missing is told. */
static void check_edges(struct checking *c, const struct commit *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nparents; i++) {
		const struct kept *p = map_find_bytes(&c->kept,
						      v->parents[i].oid.b,
						      SHA1_LEN);

		n += !p || p->kind == COMMIT_SCHEMA || p->kind == COMMIT_POLICY;
	}
	for (size_t i = 0; i < v->nedges; i++)
		if (v->edges[i].parent >= n)
			finding(c, &v->oid, "edge", "it has an edge from a "
				"parent that there is not");
}

/* They begin where its parent is. */
static void check_run(struct checking *c, const struct commit *v,
		      const struct oid *newest)
{
	const struct oid *parent = &v->parents[0].oid;
	struct err err = ERR_INIT;
	struct oid base;
	int n = merge_bases(&base, 1, c->store, parent, newest, &err);

	if (n < 0)
		finding(c, &v->oid, "replaces", err.text);
	else if (!n || !oid_equal(&base, parent))
		finding(c, &v->oid, "replaces", "what it stands for does not "
			"follow its parent");
}

/* Those that a squash stands for are kept, and it is what they come to. */
static void check_replaced(struct checking *c, const struct commit *v,
			   struct arena *a)
{
	struct err err = ERR_INIT;
	struct commit old;
	struct oid id;
	int ret = squash_replaced(&id, c->store, v, &err);

	if (!v->replaces)
		return;
	if (!ret)
		finding(c, &v->oid, "replaced", arena_printf(a, "the versions "
			"that it stands for are not kept by '%s'",
			squash_ref(v, a)));
	if (ret < 0 || (ret && store_commit(&old, c->store, &id, a, &err)))
		finding(c, &v->oid, "replaces", err.text);
	if (ret <= 0 || err.code)
		return;
	check_run(c, v, &id);
	for (size_t i = 0; i < v->nstates; i++) {
		const char *state = version_state(&old, v->states[i].engine);

		if (!state || strcmp(state, v->states[i].digest))
			finding(c, &v->oid, "replaces", "its schema is not "
				"that of what it stands for");
	}
}

/* Of whoever may have changed anything: nothing is passed over. */
static void check_strictly(struct checking *c, const struct commit *v)
{
	for (size_t i = 0; i < v->nparents; i++) {
		const unsigned char *id = v->parents[i].oid.b;
		const struct kept *p = map_find_bytes(&c->kept, id,
							SHA1_LEN);

		if (!p && !map_find_bytes(&c->broken, id, SHA1_LEN))
			finding(c, &v->oid, "parent", "a parent is none of "
				"schemastore's");
		if (p && p->kind != v->kind && p->kind != COMMIT_POLICY &&
		    p->kind != COMMIT_APPROVAL && v->kind != COMMIT_APPROVAL)
			finding(c, &v->oid, "kind", "it follows one of "
				"another kind");
	}
	if (v->committer.time > c->out->latest)
		finding(c, &v->oid, "time", "it is of the future");
}

/* One project, and each kind where it belongs. */
static void check_place(struct checking *c, const struct commit *v,
			const char *ref)
{
	const unsigned char *project = v->genesis ? v->strong.b : v->project;
	enum commit_kind kind = COMMIT_SCHEMA;

	if (c->has_genesis &&
	    memcmp(project, c->genesis.strong.b, SHA256_LEN))
		finding(c, &v->oid, "project", "it is of another project than "
			"refs/schemastore/policy");
	if (str_starts(ref, "refs/schemastore/ledger"))
		kind = COMMIT_LEDGER;
	else if (!strcmp(ref, POLICY_REF))
		kind = COMMIT_POLICY;
	else if (!strcmp(ref, CHECKPOINTS_REF) ||
		 str_starts(ref, WITNESS_REFS))
		kind = COMMIT_CHECKPOINT;
	/* Behind approvals there are the versions that they are of. */
	if (kind == COMMIT_LEDGER && v->kind == COMMIT_SCHEMA)
		return;
	if (v->kind != kind && v->kind != COMMIT_POLICY &&
	    v->kind != COMMIT_APPROVAL)
		finding(c, &v->oid, "kind", "it is of a kind that does not "
			"belong on its ref");
}

/* It is there, and no commit of ours; or else it is damaged. */
static void broken_commit(struct checking *c, const struct oid *id,
			  const struct err *why)
{
	struct err none = ERR_INIT;
	struct buf b = BUF_INIT;
	bool there = !odb_read(&b, store_odb(c->store), id, OBJECT_COMMIT,
			       &none);

	finding(c, id, there ? "commit" : "unreadable", why->text);
	map_set_bytes(&c->broken, id->b, SHA1_LEN, c);
	buf_release(&b);
}

static void keep(struct checking *c, const struct commit *v)
{
	struct kept *k = arena_alloc(&c->arena, sizeof(*k));

	k->strong = v->strong;
	memcpy(k->tree256, v->tree256, SHA256_LEN);
	k->seq = v->seq;
	k->time = v->committer.time;
	k->kind = v->kind;
	map_set_bytes(&c->kept, v->oid.b, SHA1_LEN, k);
}

static void check_commit(struct checking *c, const struct reached *r)
{
	struct arena *a = &c->room;
	struct err err = ERR_INIT;
	struct commit v;

	arena_empty(a);
	buf_truncate(&c->raw, 0);
	if (store_commit_raw(&v, &c->raw, c->store, &r->oid, a, &err)) {
		broken_commit(c, &r->oid, &err);
		return;
	}
	if (c->out->commit) {
		c->out->commit(c->out->ctx, &v, &c->raw, r->ref);
		check_strictly(c, &v);
	}
	check_place(c, &v, r->ref);
	check_links(c, &v);
	check_edges(c, &v);
	check_replaced(c, &v, a);
	contents_version(&c->contents, &v);
	keep(c, &v);
}

static void check_tree(struct checking *c, const struct reached *r)
{
	contents_tree(&c->contents, r);
}

static void check_blob(struct checking *c, const struct reached *r)
{
	contents_blob(&c->contents, r);
}

/* What git tags is of the kind that the tag says.  One that names nothing, or
 * what is not there, is told where it is reached. */
static bool tag_fits(struct checking *c, const struct buf *raw)
{
	enum object_type type;
	struct err none = ERR_INIT;
	struct buf b = BUF_INIT, want = BUF_INIT;
	struct oid id;
	bool fits = true;

	if (!tag_target(&id, raw) &&
	    !odb_read_any(&b, &type, store_odb(c->store), &id, &none)) {
		buf_addf(&want, "\ntype %s\ntag ", object_types[type]);
		fits = str_starts(raw->ptr + strlen("object ") + OID_HEX - 1,
				  want.ptr);
	}
	buf_release(&b);
	buf_release(&want);
	return fits;
}

/* Of git's own objects no more can be said than that they are there. */
static void check_foreign(struct checking *c, const struct oid *id)
{
	enum object_type type;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	if (odb_read_any(&b, &type, store_odb(c->store), id, &err))
		finding(c, id, "unreadable", err.text);
	else if (c->out->commit && type == OBJECT_COMMIT)
		finding(c, id, "foreign", "it is none of schemastore's, and "
			"says nothing that could be verified");
	else if (type == OBJECT_TAG && !tag_fits(c, &b))
		finding(c, id, "tag", "what it is of is not of the kind that "
			"it says");
	buf_release(&b);
}

static int on_reached(void *ctx, const struct reached *r)
{
	static void (*const checks[])(struct checking *c,
				      const struct reached *r) = {
		[OBJECT_COMMIT] = check_commit,
		[OBJECT_TREE] = check_tree,
		[OBJECT_BLOB] = check_blob,
		[OBJECT_TAG] = NULL,
	};
	struct checking *c = ctx;

	c->out->checked++;
	if (r->foreign || !checks[r->type])
		check_foreign(c, &r->oid);
	else
		checks[r->type](c, r);
	return 0;
}

static int on_ledgers(void *ctx, struct err *err)
{
	struct checking *c = ctx;

	return c->out->ledgers(c->out->ctx, err);
}

/* ---- the rest ----------------------------------------------------------- */

static int add_rest(void *ctx, const struct oid *id)
{
	struct checking *c = ctx;

	if (!map_find_bytes(c->seen, id->b, SHA1_LEN))
		*ARENA_PUSH(&c->arena, c->rest, c->nrest, c->cap) = *id;
	return 0;
}

/* A version that nothing reaches; false: something else. */
static bool lost_version(struct commit *out, struct checking *c,
			 const struct oid *id)
{
	enum object_type type;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	bool is = false;

	if (odb_read_any(&b, &type, store_odb(c->store), id, &err))
		finding(c, id, "unreadable", err.text);
	else if (type == OBJECT_COMMIT && commit_is_ours(&b))
		is = !store_commit(out, c->store, id, &c->arena, &err) &&
		     out->kind == COMMIT_SCHEMA;
	buf_release(&b);
	return is;
}

static void check_rest(struct checking *c)
{
	struct map behind = MAP_INIT, told = MAP_INIT;
	struct commit *lost = NULL, v;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < c->nrest; i++) {
		if (map_find_bytes(&told, c->rest[i].b, SHA1_LEN))
			continue;
		map_set_bytes(&told, c->rest[i].b, SHA1_LEN, c);
		if (!lost_version(&v, c, &c->rest[i]))
			continue;
		for (size_t k = 0; k < v.nparents; k++)
			map_set_bytes(&behind, v.parents[k].oid.b, SHA1_LEN,
				      c);
		*ARENA_PUSH(&c->arena, lost, n, cap) = v;
	}
	for (size_t i = 0; i < n; i++)
		if (!map_find_bytes(&behind, lost[i].oid.b, SHA1_LEN))
			c->out->lost(c->out->ctx, &lost[i]);
	map_release(&behind);
	map_release(&told);
}

static void on_pack(void *ctx, const char *path)
{
	tell(ctx, path, "pack", "its sum, or its index's, is not that of its "
	     "bytes");
}

static int check_all(struct checking *c, struct reach *r, struct err *err)
{
	struct odb *odb = store_odb(c->store);
	struct err why = ERR_INIT;

	c->has_genesis = !store_project(&c->genesis, c->store, &c->arena,
					&why);
	if (!c->has_genesis)
		tell(c, "refs/schemastore/policy", "policy", why.text);
	if (reach_all(r, err))
		return -1;
	if (odb_prefix(odb, "", add_rest, c, &why) ||
	    odb_check_packs(odb, on_pack, c, &why))
		tell(c, "objects/pack", "pack", why.text);
	check_rest(c);
	return 0;
}

/* The other store, by its folder or by its project's. */
static int open_other(struct fsck *f, struct store *s, struct arena *a,
		      struct err *err)
{
	const char *dir = f->from;

	if (!dir_exists(path_join(a, dir, "objects")))
		dir = path_join(a, dir, ".schemastore");
	if (!dir_exists(path_join(a, dir, "objects"))) {
		err_set(err, ERR_USAGE, "there is no store in '%s'", f->from);
		return -1;
	}
	return odb_heal(store_odb(s), dir, &f->healed, err);
}

int store_fsck(struct fsck *f, struct store *s, struct err *err)
{
	struct checking c = {
		.store = s, .out = f, .raw = BUF_INIT,
		.contents = {
			.store = s, .spelling = f->spelling,
			.finding = on_content, .ctx = &c,
		},
	};
	struct reach r = {
		.store = s, .arena = &c.arena, .fn = on_reached,
		.broken = on_broken, .ledgers = f->ledgers ? on_ledgers : NULL,
		.ctx = &c, .again = true,
	};
	int ret = -1;

	f->findings = f->checked = f->healed = 0;
	c.seen = &r.seen;
	if (f->from && store_lock(s, err))
		return -1;
	if (!f->from || !open_other(f, s, &c.arena, err))
		ret = check_all(&c, &r, err);
	if (f->from)
		store_unlock(s);
	map_release(&r.seen);
	contents_release(&c.contents);
	map_release(&c.kept);
	map_release(&c.broken);
	arena_release(&c.arena);
	arena_release(&c.room);
	buf_release(&c.raw);
	return ret;
}
