/*
 * The store's part of verify: what fsck says, strictly; refs; signatures.
 */
#include "config.h"

#include "ss/verify.h"

#include <stdlib.h>

#include "ss/bundle.h"
#include "ss/refs.h"

#include "store/cached.h"
#include "store/signatures.h"
#include "store/verified.h"

struct verifying {
	struct verify *v;
	struct store *store;
	struct signatures *queue;
	char now[OID_HEX];	/* the commit that is being checked */
	bool is_signed;
	struct pubkey key;
	struct arena key_arena;	/* that key's */
	struct err failed;
};

/* Where commits of ours are; what stands elsewhere says nothing to us. */
static const struct place {
	const char *ref;	/* or what it begins with, where that ends in
				 * a slash */
	enum commit_kind kind;	/* of what it names; COMMIT_N: no commit */
} places[] = {
	{ "refs/heads/", COMMIT_SCHEMA },
	{ "refs/tags/", COMMIT_SCHEMA },
	{ "refs/remotes/", COMMIT_SCHEMA },
	{ "refs/schemastore/policy", COMMIT_POLICY },
	{ "refs/schemastore/ledger/", COMMIT_LEDGER },
	{ "refs/schemastore/ledger-before/", COMMIT_LEDGER },
	{ "refs/schemastore/squash/", COMMIT_SCHEMA },
	{ "refs/schemastore/approval/", COMMIT_APPROVAL },
	{ "refs/schemastore/proposal/policy", COMMIT_POLICY },
	{ CHECKPOINTS_REF, COMMIT_CHECKPOINT },
	{ WITNESS_REFS, COMMIT_APPROVAL },
	{ "refs/schemastore/majors", COMMIT_N },
	{ AUDIT_REF, COMMIT_N },
};

/* Findings of fsck's that are of what is not there, or not whole. */
static const char *const of_damage[] = {
	"unreadable", "pack", "policy", "replaced"
};

static void tell(struct verify *v, const struct finding *f)
{
	if (f->missing)
		v->missing++;
	else
		v->altered++;
	v->finding(v->ctx, f);
}

static const struct pubkey *signer_of(const struct commit *c)
{
	return c && c->is_signed ? &c->sig.key : NULL;
}

void verify_tell(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text)
{
	const struct finding f = { rule, object, text, signer_of(c), false };

	tell(v, &f);
}

void verify_miss(struct verify *v, const char *object, const char *rule,
		 const struct commit *c, const char *text)
{
	const struct finding f = { rule, object, text, signer_of(c), true };

	tell(v, &f);
}

/* One more of this key's; which signer that is, from 1 on. */
static size_t count_signer(struct verify *v, const struct pubkey *key)
{
	struct signer *s;

	for (size_t i = 0; i < v->nsigners; i++)
		if (pubkey_equal(&v->signers[i].key, key)) {
			v->signers[i].n++;
			return i + 1;
		}
	s = ARENA_PUSH(v->arena, v->signers, v->nsigners, v->signers_cap);
	s->key = *key;
	s->key.blob = arena_memdup(v->arena, key->blob, key->n);
	s->n = 1;
	return v->nsigners;
}

static size_t count(struct verify *v, const char *object,
		    const struct commit *c)
{
	size_t signer = 0;

	v->commits++;
	if (c->is_signed)
		signer = count_signer(v, &c->sig.key);
	else
		v->unsigned_++;
	if (!c->is_signed && v->all_signed)
		verify_tell(v, object, "unsigned", c, "it is not signed");
	return signer;
}

static bool was_verified(struct verify *v, const struct commit *c)
{
	bool was = cached_has(v->cache, &c->strong);

	v->cached += was;
	return was;
}

int verify_row(struct verify *v, const char *object, const struct commit *c,
	       struct err *err)
{
	int good = 1;

	(void)count(v, object, c);
	if (!c->is_signed)
		return 1;
	if (!was_verified(v, c))
		good = commit_verify(c, err);
	if (good > 0)
		*ARENA_PUSH(v->arena, v->rows, v->nrows, v->rows_cap) =
			c->strong;
	return good;
}

int verify_find(struct commit *out, struct verify *v, struct store *s,
		const struct strong_id *id, struct arena *a, struct err *err)
{
	const struct oid *oid = map_find_bytes(&v->by_strong, id->b,
					       SHA256_LEN);

	return !oid ? 0 : store_commit(out, s, oid, a, err) ? -1 : 1;
}

/* What refs reach by that name; NULL: it cannot be read. */
static const struct verified *find_oid(struct verify *v, struct store *s,
				       const struct oid *id)
{
	struct arena a = ARENA_INIT;
	struct err told = ERR_INIT;
	struct commit c;
	const struct verified *it = NULL;

	if (!store_commit(&c, s, id, &a, &told))
		it = map_find_bytes(&v->by_strong, c.strong.b, SHA256_LEN);
	arena_release(&a);
	return it;
}

/* A parent that is not what its child says it is, as git has it. */
static const struct verified *find_lone(struct verify *v, struct store *s,
					const struct verified *child)
{
	struct arena a = ARENA_INIT;
	struct err told = ERR_INIT;
	const struct verified *it = NULL;
	struct commit c;

	if (!store_commit(&c, s, &child->oid, &a, &told) && c.nparents)
		it = find_oid(v, s, &c.parents[0].oid);
	arena_release(&a);
	return it;
}

void verify_line(struct commit_parent **out, size_t *n, struct verify *v,
		 struct store *s, const struct oid *tip, struct arena *a)
{
	const struct verified *it = find_oid(v, s, tip);
	enum commit_kind kind = it ? it->kind : COMMIT_N;
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	while (it && it->kind == kind) {
		*ARENA_PUSH(a, *out, *n, cap) = (struct commit_parent){
			it->oid, it->strong
		};
		it = it->lone ? find_lone(v, s, it) : it->first;
	}
	/* It does not end in a root: fsck has told why. */
	if (!it)
		*n = 0;
	for (size_t i = 0; i < *n / 2; i++) {
		struct commit_parent p = (*out)[i];

		(*out)[i] = (*out)[*n - 1 - i];
		(*out)[*n - 1 - i] = p;
	}
}

/* ---- fsck's ------------------------------------------------------------- */

static void on_finding(void *ctx, const char *object, const char *rule,
		       const char *text)
{
	struct verifying *r = ctx;
	struct finding f = { rule, object, text, NULL, false };

	if (r->is_signed && !strcmp(object, r->now))
		f.signer = &r->key;
	for (size_t i = 0; i < ARRAY_LEN(of_damage); i++)
		f.missing |= !strcmp(rule, of_damage[i]);
	tell(r->v, &f);
}

static void on_lost(void *ctx, const struct commit *c)
{
	(void)ctx;
	(void)c;
}

static const void *once(struct verify *v, const void *p, size_t n)
{
	void *kept = map_find_bytes(&v->words, p, n);

	if (!kept) {
		kept = arena_memdup(v->arena, p, n);
		map_set_bytes(&v->words, p, n, kept);
	}
	return kept;
}

/* The parents were before it. */
static void look_at_parents(struct verified *it, const struct verify *v,
			    const struct commit *c)
{
	for (size_t i = 0; i < c->nparents; i++) {
		const struct commit_parent *p = &c->parents[i];
		const struct verified *known =
			map_find_bytes(&v->by_strong, p->strong.b, SHA256_LEN);

		if (!known || !oid_equal(&known->oid, &p->oid))
			it->lone = true;
		else if (known->kind != COMMIT_POLICY &&
			 known->seq > it->least)
			it->least = known->seq;
		if (!i && !it->lone)
			it->first = known;
	}
}

static const struct verified *remember(struct verify *v,
				       const struct commit *c, size_t signer)
{
	struct verified *it = arena_alloc(v->arena, sizeof(*it));

	it->oid = c->oid;
	it->strong = c->strong;
	it->kind = c->kind;
	it->seq = c->policy_seq;
	it->signer = signer;
	it->ref = once(v, c->ref, strlen(c->ref) + 1);
	it->email = once(v, c->committer.email, strlen(c->committer.email) + 1);
	it->policy = once(v, c->policy, SHA256_LEN);
	look_at_parents(it, v, c);
	map_set_bytes(&v->by_strong, c->strong.b, SHA256_LEN, it);
	return it;
}

/* Told while it is at hand. */
static void tell_entry(struct verifying *r, const struct commit *c,
		       const struct verified *it, const char *ref)
{
	bool first = it->first && it->first->kind != COMMIT_LEDGER;

	if (c->kind == COMMIT_LEDGER && r->v->entry && !r->failed.code)
		(void)!r->v->entry(r->v->entry_ctx, c, ref, first,
				   &r->failed);
}

static void on_commit(void *ctx, const struct commit *c,
		      const struct buf *raw, const char *ref)
{
	struct verifying *r = ctx;
	const struct verified *it;

	oid_hex(r->now, &c->oid);
	r->is_signed = c->is_signed;
	if (c->is_signed) {
		arena_empty(&r->key_arena);
		r->key = c->sig.key;
		r->key.blob = arena_memdup(&r->key_arena, r->key.blob,
					   r->key.n);
	}
	it = remember(r->v, c, count(r->v, r->now, c));
	if (c->is_signed && !was_verified(r->v, c) && !r->failed.code)
		(void)!signatures_add(r->queue, c, raw, &r->failed);
	tell_entry(r, c, it, ref);
}

static int on_ledgers(void *ctx, struct err *err)
{
	struct verifying *r = ctx;

	verify_take_policies(r->v, r->store);
	return verify_take_checkpoints(r->v, r->store, err);
}

/* ---- refs --------------------------------------------------------------- */

static void on_bad_ref(void *ctx, const char *name, const struct err *why)
{
	/* fsck has told. */
	(void)ctx;
	(void)name;
	(void)why;
}

static const struct place *place_of(const char *ref)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (ref_is_at(ref, places[i].ref))
			return &places[i];
	return NULL;
}

/* What it names is of its kind; what lies behind that follows from it. */
static void check_ref(struct verifying *r, const struct ref *ref)
{
	const struct place *place = place_of(ref->name);
	struct err told = ERR_INIT;
	struct arena a = ARENA_INIT;
	struct oid id = ref->oid;
	struct commit c;
	int ret;

	if (!place) {
		verify_tell(r->v, ref->name, "ref", NULL,
			    "schemastore has no such ref");
		return;
	}
	if (place->kind == COMMIT_N)
		return;
	ret = store_peel(&id, r->store, &told);
	if (!ret)
		verify_tell(r->v, ref->name, "kind", NULL, "what it names is "
			    "none of schemastore's commits");
	else if (ret > 0 && !store_commit(&c, r->store, &id, &a, &told) &&
		 c.kind != place->kind)
		verify_tell(r->v, ref->name, "kind", &c, "what it names does "
			    "not belong there");
	arena_release(&a);
}

static int cmp_names(const void *name, const void *ref)
{
	return strcmp(name, ((const struct ref *)ref)->name);
}

/* A file and a line of packed-refs can say what two files cannot: that a ref
 * is the folder of another one. */
static void check_folders(struct verifying *r, const struct ref_survey *all,
			  const struct ref *ref)
{
	char *name = xstrdup(ref->name);

	for (char *p = name + strlen("refs/"); (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (bsearch(name, all->v, all->n, sizeof(*all->v), cmp_names))
			verify_tell(r->v, ref->name, "ref", NULL, "there is a "
				    "ref that is called as its folder");
		*p = '/';
	}
	free(name);
}

static int check_refs(struct verifying *r, struct err *err)
{
	struct ref_survey all = { .bad = on_bad_ref, .ctx = r };

	if (ref_survey(&all, r->store, "refs/", r->v->arena, err))
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		check_ref(r, &all.v[i]);
		check_folders(r, &all, &all.v[i]);
	}
	return 0;
}

/* ---- all of it ---------------------------------------------------------- */

static void check_trust(struct verifying *r)
{
	struct verify *v = r->v;
	struct err why = ERR_INIT;

	v->has_project = !store_project(&v->project, r->store, v->arena,
					&why);
	if (v->trust && v->has_project &&
	    memcmp(v->trust, v->project.strong.b, SHA256_LEN))
		verify_tell(v, "refs/schemastore/policy", "trust",
			    &v->project, "it is not the project that is "
			    "trusted");
	if (v->has_project && !v->full)
		v->cache = cached_open(&v->project.strong, v->warn);
}

static void tell_bad(struct verifying *r)
{
	size_t n;
	struct bad_signature *v = signatures_end(r->queue, &n, r->v->arena);

	for (size_t i = 0; i < n; i++) {
		char hex[OID_HEX];
		const struct finding f = {
			"signature", hex, "its signature is not one of its "
			"bytes", &v[i].key, false
		};

		oid_hex(hex, &v[i].commit);
		tell(r->v, &f);
	}
}

int store_verify(struct verify *v, struct store *s, struct arena *a,
		 struct err *err)
{
	struct verifying r = { .v = v, .store = s };
	struct fsck f = {
		.spelling = v->spelling, .finding = on_finding,
		.lost = on_lost, .commit = on_commit, .ledgers = on_ledgers,
		.latest = v->latest, .ctx = &r,
	};
	int ret;

	v->arena = a;
	r.queue = signatures_start(err);
	if (!r.queue)
		return -1;
	/* Anybody might have written it who can write to the store. */
	store_links_forget(s);
	check_trust(&r);
	ret = check_refs(&r, err) || store_fsck(&f, s, err) ||
	      verify_policies(v, s, err) || verify_checkpoints(v, s, err) ?
	      -1 : 0;
	tell_bad(&r);
	v->objects = f.checked;
	arena_release(&r.key_arena);
	if (!ret && r.failed.code) {
		*err = r.failed;
		ret = -1;
	}
	return ret;
}

void verify_end(struct verify *v)
{
	struct strong_id *good;
	const char *key;
	size_t n = 0;
	void *it;

	if (v->altered || !v->cache)
		return;
	good = xmalloc((v->by_strong.n + v->nrows) * sizeof(*good) + 1);
	for (size_t i = 0; map_next(&v->by_strong, &i, &key, &it);)
		if (((struct verified *)it)->signer)
			memcpy(good[n++].b, key, SHA256_LEN);
	if (v->nrows)
		memcpy(&good[n], v->rows, v->nrows * sizeof(*good));
	cached_save(v->cache, good, n + v->nrows);
	free(good);
}

void verify_release(struct verify *v)
{
	cached_close(v->cache);
	map_release(&v->by_strong);
	checkpoints_release(&v->checkpoints);
	map_release(&v->well);
	map_release(&v->words);
}
