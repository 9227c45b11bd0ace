/*
 * The store's part of verify: what fsck says, strictly; refs; signatures.
 */
#include "config.h"

#include "ss/verify.h"

#include <stdlib.h>

#include "ss/refs.h"

#include "store/signatures.h"

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

static void count_signer(struct verify *v, const struct pubkey *key)
{
	struct signer *s;

	for (size_t i = 0; i < v->nsigners; i++)
		if (pubkey_equal(&v->signers[i].key, key)) {
			v->signers[i].n++;
			return;
		}
	s = ARENA_PUSH(v->arena, v->signers, v->nsigners, v->signers_cap);
	s->key = *key;
	s->key.blob = arena_memdup(v->arena, key->blob, key->n);
	s->n = 1;
}

void verify_count(struct verify *v, const char *object,
		  const struct commit *c)
{
	v->commits++;
	if (c->is_signed)
		count_signer(v, &c->sig.key);
	else
		v->unsigned_++;
	if (!c->is_signed && v->all_signed)
		verify_tell(v, object, "unsigned", c, "it is not signed");
}

int verify_find(struct commit *out, struct verify *v, struct store *s,
		const struct strong_id *id, struct arena *a, struct err *err)
{
	const struct oid *oid = map_find_bytes(&v->by_strong, id->b,
					       SHA256_LEN);

	return !oid ? 0 : store_commit(out, s, oid, a, err) ? -1 : 1;
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

static void on_commit(void *ctx, const struct commit *c, const char *ref)
{
	struct verifying *r = ctx;

	(void)ref;
	oid_hex(r->now, &c->oid);
	r->is_signed = c->is_signed;
	if (c->is_signed) {
		arena_release(&r->key_arena);
		r->key = c->sig.key;
		r->key.blob = arena_memdup(&r->key_arena, r->key.blob,
					   r->key.n);
	}
	map_set_bytes(&r->v->by_strong, c->strong.b, SHA256_LEN,
		      arena_memdup(r->v->arena, &c->oid, sizeof(c->oid)));
	verify_count(r->v, r->now, c);
	if (c->is_signed && !r->failed.code)
		(void)!signatures_add(r->queue, c, &r->failed);
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
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *at = places[i].ref;

		if (at[strlen(at) - 1] == '/' ? str_starts(ref, at) :
		    !strcmp(ref, at))
			return &places[i];
	}
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

	if (!place)
		verify_tell(r->v, ref->name, "ref", NULL,
			    "schemastore has no such ref");
	else if (place->kind != COMMIT_N &&
		 store_peel(&id, r->store, &told) > 0 &&
		 !store_commit(&c, r->store, &id, &a, &told) &&
		 c.kind != place->kind)
		verify_tell(r->v, ref->name, "kind", &c, "what it names does "
			    "not belong there");
	arena_release(&a);
}

static int check_refs(struct verifying *r, struct err *err)
{
	struct ref_survey all = { .bad = on_bad_ref, .ctx = r };

	if (ref_survey(&all, r->store, "refs/", r->v->arena, err))
		return -1;
	for (size_t i = 0; i < all.n; i++)
		check_ref(r, &all.v[i]);
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
		.lost = on_lost, .commit = on_commit, .latest = v->latest,
		.ctx = &r,
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

void verify_release(struct verify *v)
{
	map_release(&v->by_strong);
	checkpoints_release(&v->checkpoints);
}
