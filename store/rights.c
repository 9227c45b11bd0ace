/*
 * One commit, as verify would judge it.
 */
#include "config.h"

#include "ss/policies.h"

#include "store/links.h"

void rights_open(struct rights *r, struct store *s, const struct policies *p,
		 struct arena *a)
{
	*r = (struct rights){ .store = s, .policies = p, .arena = a,
			      .by_strong = MAP_INIT };
	links_doubt(store_links(s));
}

void rights_close(struct rights *r)
{
	map_release(&r->by_strong);
}

/* ---- seals --------------------------------------------------------------- */

/* The commits that there still are to look at. */
struct heap {
	struct arena arena;
	struct oid *v;
	size_t n, cap;
	struct map seen;
};

static void push(struct heap *h, const struct oid *id)
{
	if (map_find_bytes(&h->seen, id->b, SHA1_LEN))
		return;
	map_set_bytes(&h->seen, id->b, SHA1_LEN, h);
	*ARENA_PUSH(&h->arena, h->v, h->n, h->cap) = *id;
}

/* What is damaged is no seal's. */
static void take(struct rights *r, struct heap *h, const struct oid *id)
{
	struct arena own = ARENA_INIT;
	struct err none = ERR_INIT;
	struct oid *kept;
	struct commit c;

	if (!store_commit(&c, r->store, id, &own, &none)) {
		kept = arena_memdup(r->arena, id, sizeof(*id));
		map_set_bytes(&r->by_strong, c.strong.b, SHA256_LEN, kept);
		for (size_t i = 0; i < c.nparents; i++)
			push(h, &c.parents[i].oid);
	}
	arena_release(&own);
}

static int gather(struct rights *r, struct err *err)
{
	struct heap h = { .seen = MAP_INIT };
	struct ref *refs;
	size_t n = 0;
	int ret = ref_list(&refs, &n, r->store, "refs/", &h.arena, err);

	for (size_t i = 0; !ret && i < n; i++) {
		struct oid id = refs[i].oid;
		struct err none = ERR_INIT;

		if (store_peel(&id, r->store, &none) > 0)
			push(&h, &id);
	}
	while (h.n) {
		struct oid id = h.v[--h.n];

		take(r, &h, &id);
	}
	map_release(&h.seen);
	arena_release(&h.arena);
	r->gathered = !ret;
	return ret;
}

struct asking {
	struct rights *r;
	const struct commit *c;
	struct arena *arena;
	struct err *err;
	bool failed;
};

/* No branch leads to an entry of a ledger. */
static bool could_lead(const struct asking *q, const struct commit *seal)
{
	return q->c->kind != COMMIT_LEDGER || seal->kind == COMMIT_LEDGER;
}

static int is_behind(struct asking *q, const struct oid *seal)
{
	struct store *s = q->r->store;
	struct arena own = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, s, seal, &own, q->err) ? -1 :
		  could_lead(q, &c);

	arena_release(&own);
	return ret <= 0 || !odb_has(store_odb(s), &q->c->oid) ? ret < 0 ? -1 :
	       0 : is_ancestor(s, &q->c->oid, seal, q->err);
}

static bool within(void *ctx, const struct strong_id *seal)
{
	struct asking *q = ctx;
	const struct oid *id;
	int ret;

	if (!memcmp(seal->b, q->c->strong.b, SHA256_LEN))
		return true;
	q->failed |= !q->r->gathered && gather(q->r, q->err);
	id = q->failed ? NULL : map_find_bytes(&q->r->by_strong, seal->b,
					       SHA256_LEN);
	ret = id ? is_behind(q, id) : 0;
	q->failed |= ret < 0;
	return ret > 0;
}

/* ---- one ----------------------------------------------------------------- */

static int refused(const struct commit *c, const char *why, struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->oid);
	err_set(err, ERR_REFUSED, "%.10s '%s': %s", hex, c->subject, why);
	return err_hint(err, "somebody may have written to the store, or to "
			"the database: 'schemastore verify' shows all of it");
}

static int newest_of_parents(uint64_t *out, const struct asking *q)
{
	const struct commit *c = q->c;
	struct commit p;

	*out = 0;
	/* Of an entry the store may lack the one before. */
	for (size_t i = 0; c->kind != COMMIT_LEDGER && i < c->nparents; i++) {
		if (store_commit(&p, q->r->store, &c->parents[i].oid,
				 q->arena, q->err))
			return -1;
		if (memcmp(p.strong.b, c->parents[i].strong.b, SHA256_LEN))
			return refused(c, "a parent is not what it says",
				       q->err);
		if (p.kind != COMMIT_POLICY && p.policy_seq > *out)
			*out = p.policy_seq;
	}
	return 0;
}

static int judge(enum policy_verdict *out, struct asking *q)
{
	const struct commit *c = q->c;
	struct policy_case one = {
		.kind = c->kind, .ref = c->ref, .email = c->committer.email,
		.key = c->is_signed ? &c->sig.key : NULL,
		.seq = c->policy_seq, .id = c->strong, .within = within,
		.ctx = q,
	};

	memcpy(one.policy.b, c->policy, SHA256_LEN);
	if (newest_of_parents(&one.least, q))
		return -1;
	*out = policy_judge(&q->r->policies->chain, &one);
	return q->failed ? -1 : 0;
}

/* Its own signature, and that it might be made. */
static int check_one(struct rights *r, const struct commit *c,
		     struct arena *a, struct err *err)
{
	struct asking q = { .r = r, .c = c, .arena = a, .err = err };
	int good = c->is_signed ? commit_verify(c, err) : 1;
	enum policy_verdict v;

	if (good <= 0)
		return good < 0 ? -1 : refused(c, "its signature is not one of "
					       "its bytes", err);
	if (judge(&v, &q))
		return -1;
	return v == POLICY_FINE ? 0 : refused(c, policy_verdict_text(v), err);
}

static int check_landing(struct rights *r, const struct commit *c,
			 struct arena *a, struct err *err)
{
	const struct policy *p = r->policies->chain.v[c->policy_seq];
	enum policy_verdict v;

	for (size_t i = 1; i < c->nparents; i++) {
		struct commit by;

		if (store_commit(&by, r->store, &c->parents[i].oid, a, err) ||
		    (by.kind == COMMIT_APPROVAL && check_one(r, &by, a, err)))
			return -1;
	}
	if (landing_judge(&v, r->store, p, c, a, err))
		return -1;
	return v == POLICY_FINE ? 0 : refused(c, policy_verdict_text(v), err);
}

int rights_check(struct rights *r, const struct commit *c, struct err *err)
{
	struct arena own = ARENA_INIT;
	int ret = check_one(r, c, &own, err);

	if (!ret && c->kind == COMMIT_SCHEMA &&
	    policy_rule(r->policies->chain.v[c->policy_seq], c->ref))
		ret = check_landing(r, c, &own, err);
	arena_release(&own);
	return ret;
}

/* ---- several ------------------------------------------------------------- */

static int check_by_name(struct rights *r, const struct oid *id,
			 struct err *err)
{
	struct arena own = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, r->store, id, &own, err) ||
		  rights_check(r, &c, err) ? -1 : 0;

	arena_release(&own);
	return ret;
}

int rights_check_versions(struct rights *r, const struct oid *from,
			  const struct oid *to, struct err *err)
{
	struct walk *w = walk_new(r->store, r->arena);
	struct link l;
	int ret = -1;

	walk_replaced(w);
	if ((!from || !walk_hide(w, from, err)) &&
	    (!to || !walk_push(w, to, err)))
		ret = 0;
	while (!ret && (ret = walk_next_link(w, &l, err)) > 0)
		ret = check_by_name(r, &l.oid, err);
	walk_free(w);
	return ret;
}

int rights_check_tip(struct rights *r, const char *ref, struct err *err)
{
	const struct policies *p = r->policies;
	struct commit c;
	struct oid id;
	int ret = ref_read(&id, r->store, ref, err);

	if (ret <= 0 || !policy_rule(policies_last(p), ref))
		return ret < 0 ? -1 : 0;
	if (store_commit(&c, r->store, &id, r->arena, err))
		return -1;
	if (strcmp(c.ref, ref) && !policies_sealed_there(p, ref, &c.strong))
		return refused(&c, arena_printf(r->arena, "it is what %s is "
			       "at, and has not landed there", ref), err);
	return rights_check(r, &c, err);
}
