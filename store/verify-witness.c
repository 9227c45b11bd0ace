/*
 * Verify's part that asks what witnesses have signed: each note is of the
 * checkpoints that are there, and signed by whose it is; enough persons, none
 * of whom made it, have signed a checkpoint.
 */
#include "config.h"

#include "ss/verify.h"

#include "ss/witness.h"

struct voice {
	const struct pubkey *key;
	size_t seq;		/* of the newest checkpoint that it signed */
};

struct hearing {
	struct verify *v;
	struct store *store;
	const struct policy *policy;
	struct voice *v_;
	size_t n, cap;
};

static void tell(struct hearing *h, const struct commit *c, const char *text)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->oid);
	verify_tell(h->v, hex, "witness", c, text);
}

/* Of which checkpoint it is; 0: none of the chain. */
static size_t checkpoint_of(const struct hearing *h, const struct commit *c)
{
	const struct checkpoints *all = &h->v->checkpoints;

	for (size_t i = 1; i < all->n; i++)
		if (!memcmp(all->v[i].strong.b, c->approves.b, SHA256_LEN))
			return i;
	return 0;
}

/* The others' signatures stand there for whoever knows their keys. */
static int check_signature(const char **why, struct hearing *h,
			   const struct note *n, const struct commit *c,
			   struct err *err)
{
	const char *name = c->ref + strlen(WITNESS_REFS);
	const struct policy_line *who = policy_person_of(h->policy,
							 &c->sig.key);
	struct err told = ERR_INIT;
	int64_t time;
	int ret;

	if (!policy_is_open(h->policy) && who && strcmp(who->name, name)) {
		*why = "it is on another one's ref";
		return 0;
	}
	ret = note_cosigned(&time, n, name, &c->sig.key, &told);
	if (ret < 0 && told.code != ERR_DAMAGED) {
		*err = told;
		return -1;
	}
	if (ret < 0)
		*why = arena_strdup(h->v->arena, told.text);
	else if (!ret)
		*why = "its note does not have its signer's signature";
	else if (time > h->v->latest)
		*why = "its note is of the future";
	return 0;
}

/* What is wrong with it, or NULL. */
static int check_note(const char **why, struct hearing *h,
		      const struct commit *c, size_t seq, struct err *err)
{
	struct arena *a = h->v->arena;
	struct err told = ERR_INIT;
	struct note n;

	*why = !c->is_signed ? "it is not signed" : !seq ? "it countersigns a "
	       "checkpoint that the store does not have: the store was rolled "
	       "back, or forked" : NULL;
	if (*why)
		return 0;
	if (witness_note(&n, h->store, c, a, &told)) {
		*why = arena_strdup(a, told.text);
		return told.code == ERR_DAMAGED ? 0 : (*err = told, -1);
	}
	*why = witness_check_note(&n, &h->v->checkpoints, seq + 1, a);
	return *why ? 0 : check_signature(why, h, &n, c, err);
}

/* What it was signed after. */
static const char *check_order(const struct hearing *h, const struct commit *c,
			       size_t seq, const struct commit *before)
{
	const struct strong_id *onto = before ? &before->approves :
				       &h->v->project.strong;

	if (before && (before->kind != COMMIT_APPROVAL ||
		       strcmp(before->ref, c->ref) ||
		       checkpoint_of(h, before) >= seq))
		return "it does not follow the one before";
	return memcmp(onto->b, c->onto.b, SHA256_LEN) ?
	       "it does not say what was signed before" : NULL;
}

static void add_voice(struct hearing *h, const struct commit *c, size_t seq)
{
	struct voice *voice = ARENA_PUSH(h->v->arena, h->v_, h->n, h->cap);

	voice->key = arena_memdup(h->v->arena, &c->sig.key,
				  sizeof(c->sig.key));
	voice->seq = seq;
}

/* All notes of one, the newest first. */
static int hear(struct hearing *h, const struct ref *ref, struct err *err)
{
	struct oid id = ref->oid;
	bool newest = true, more = true;

	for (; more; newest = false) {
		struct commit c, before;
		const char *why;
		size_t seq;

		/* What cannot be read fsck has told. */
		if (store_commit(&c, h->store, &id, h->v->arena, err))
			break;
		if (c.kind != COMMIT_APPROVAL || strcmp(c.ref, ref->name)) {
			tell(h, &c, "it is no note of its ref's");
			return 0;
		}
		more = c.nparents > 1;
		if (more)
			id = c.parents[1].oid;
		if (more && store_commit(&before, h->store, &id, h->v->arena,
					 err))
			break;
		seq = checkpoint_of(h, &c);
		if (check_note(&why, h, &c, seq, err))
			return -1;
		if (!why)
			why = check_order(h, &c, seq, more ? &before : NULL);
		if (why)
			tell(h, &c, why);
		else if (newest)
			add_voice(h, &c, seq);
	}
	if (err->code && err->code != ERR_DAMAGED)
		return -1;
	*err = (struct err)ERR_INIT;
	return 0;
}

/* ---- enough ------------------------------------------------------------- */

/* Keys that are different ones, and not that. */
static size_t count_keys(const struct policy_keys *keys,
			 const struct pubkey *but)
{
	size_t n = 0;

	for (size_t i = 0; i < keys->n; i++) {
		bool known = pubkey_equal(keys->v[i], but);

		for (size_t k = 0; k < i; k++)
			known |= pubkey_equal(keys->v[i], keys->v[k]);
		n += !known;
	}
	return n;
}

/* Who signs for it, as for all before the one that was signed. */
static size_t count(const struct hearing *h, size_t seq)
{
	const struct commit *c = &h->v->checkpoints.v[seq];
	const struct pubkey *maker = &c->sig.key;
	const struct policy_keys but = { &maker, c->is_signed };
	struct list who = policy_who(h->policy, COMMIT_APPROVAL, WITNESS_REFS);
	const struct pubkey **v = arena_alloc(h->v->arena, (h->n + 1) *
					      sizeof(*v));
	struct policy_keys keys = { v, 0 };

	for (size_t i = 0; i < h->n; i++)
		if (h->v_[i].seq >= seq)
			v[keys.n++] = h->v_[i].key;
	return policy_is_open(h->policy) ? count_keys(&keys, maker) :
	       policy_count(h->policy, &who, &keys, &but);
}

int verify_witnesses(struct verify *v, struct store *s, struct err *err)
{
	struct hearing h = { .v = v, .store = s,
			     .policy = policies_last(v->policies) };
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, s, WITNESS_REFS, v->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (hear(&h, &refs[i], err))
			return -1;
	for (v->good = v->checkpoints.n ? v->checkpoints.n - 1 : 0; v->good;
	     v->good--)
		if (count(&h, v->good) >= v->witnesses)
			return 0;
	if (v->witnesses && v->checkpoints.n)
		verify_miss(v, CHECKPOINTS_REF, "quorum", NULL,
			    arena_printf(v->arena, "no checkpoint has been "
					 "countersigned by %llu",
					 (unsigned long long)v->witnesses));
	return 0;
}
