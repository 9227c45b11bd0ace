/*
 * What lands on a ref that a policy protects, and what approves it.
 *
 *	tip ─────────────── L		parents: tip, a1, a2
 *	 ╲── v ── a1, a2 ──╱		L has the tree of v
 *
 * Approvals are kept by refs of their own until then:
 *
 *	refs/schemastore/approval/<strong id of v>/<person>
 *
 * See deploys.c for those of a database's change.
 */
#include "config.h"

#include "ss/policies.h"

#include "ss/fault.h"

#include "store/policy.h"

static const struct policy *last(const struct landing *l)
{
	return policies_last(&l->policies);
}

/* The one by which a key may do that: a policy is approved by those of its own
 * root, too. */
static const struct policy *policy_by(const struct landing *l,
				      enum commit_kind kind,
				      const struct pubkey *key)
{
	return l->next && kind == COMMIT_APPROVAL &&
	       !policy_may(last(l), kind, l->ref, key) &&
	       policy_may(l->next, kind, l->ref, key) ? l->next : last(l);
}

static const char *approvals_of(const struct landing *l, struct arena *a)
{
	char hex[SHA256_HEX];

	hex_encode(hex, l->what.strong.b, SHA256_LEN);
	return str_starts(l->ref, LEDGER_REFS) ?
	       arena_printf(a, APPROVAL_REFS "db/%s/%s/",
			    l->ref + strlen(LEDGER_REFS), hex) :
	       arena_printf(a, APPROVAL_REFS "%s/", hex);
}

static const char *short_ref(const char *ref)
{
	return str_starts(ref, "refs/heads/") ? ref + strlen("refs/heads/") :
	       str_starts(ref, LEDGER_REFS) ? ref + strlen(LEDGER_REFS) : ref;
}

int policy_authors(struct policy_keys *out, struct store *s,
		   const struct oid *tip, const struct oid *what,
		   struct arena *a, struct err *err)
{
	struct walk *w = walk_new(s, a);
	const struct pubkey **v = NULL;
	size_t n = 0, cap = 0;
	struct commit *c = arena_alloc(a, sizeof(*c));
	int ret = -1;

	walk_replaced(w);
	if ((tip && walk_hide(w, tip, err)) ||
	    (what && walk_push(w, what, err)))
		goto out;
	while ((ret = walk_next(w, c, err)) > 0) {
		if (!c->is_signed)
			continue;
		*ARENA_PUSH(a, v, n, cap) = &c->sig.key;
		c = arena_alloc(a, sizeof(*c));
	}
	*out = (struct policy_keys){ v, n };
out:
	walk_free(w);
	return ret;
}

/* Has this key's person signed some of it? */
static bool is_author(const struct landing *l, const struct pubkey *key)
{
	const struct policy_line *who = policy_person_of(last(l), key);

	for (size_t i = 0; who && i < l->authors.n; i++)
		if (policy_person_of(last(l), l->authors.v[i]) == who)
			return true;
	return false;
}

/* An approval of just that, by a key that may give it. */
static int counts(const struct landing *l, const struct commit *c,
		  struct err *err)
{
	const struct policy_line *who;
	const struct policy *p;

	if (c->kind != COMMIT_APPROVAL || strcmp(c->ref, l->ref) ||
	    !oid_equal(&c->tree, &l->what.tree) ||
	    memcmp(c->approves.b, l->what.strong.b, SHA256_LEN) ||
	    memcmp(c->onto.b, l->tip.strong.b, SHA256_LEN) || !c->is_signed ||
	    is_author(l, &c->sig.key))
		return 0;
	p = policy_by(l, COMMIT_APPROVAL, &c->sig.key);
	who = policy_person_of(p, &c->sig.key);
	if (!who || strcmp(who->email, c->committer.email) ||
	    !policy_may(p, COMMIT_APPROVAL, l->ref, &c->sig.key))
		return 0;
	return commit_verify(c, err);
}

int landing_find_approvals(struct landing *l, struct arena *a,
			   struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, l->store, approvals_of(l, a), a, err))
		return -1;
	l->approvals = arena_alloc(a, (n + 1) * sizeof(*l->approvals));
	for (size_t i = 0; i < n && l->n < COMMIT_PARENTS - 1; i++) {
		struct commit *c = &l->approvals[l->n];
		int ret;

		if (store_commit(c, l->store, &refs[i].oid, a, err))
			return err_wrap(err, "%s", refs[i].name);
		ret = counts(l, c, err);
		if (ret < 0)
			return -1;
		l->n += (size_t)ret;
	}
	return 0;
}

static int not_on_tip(const struct landing *l, struct err *err)
{
	const char *name = short_ref(l->ref);

	err_set(err, ERR_REFUSED, "'%s' is not one version on top of '%s'",
		l->what.subject, name);
	return strcmp(l->ref, POLICY_REF) ?
	       err_hint(err, "make it one: 'schemastore squash %s..' on its "
			"branch, or make it again from '%s' on", name, name) :
	       err_hint(err, "propose it again: 'schemastore trust propose'");
}

/* Where it is to land; a branch that is not there yet begins behind the
 * genesis. */
static int find_tip(struct landing *l, struct arena *a, struct err *err)
{
	struct rights r;
	struct oid id;
	int ret = ref_read(&id, l->store, l->ref, err);

	if (ret < 0 || (ret && store_commit(&l->tip, l->store, &id, a, err)) ||
	    (!ret && store_project(&l->tip, l->store, a, err)))
		return -1;
	l->begins = !ret;
	if (!strcmp(l->ref, POLICY_REF))
		return 0;
	if (!policy_rule(last(l), l->ref)) {
		err_set(err, ERR_USAGE, "branch '%s' is not protected",
			short_ref(l->ref));
		return err_hint(err, "merge into it: 'schemastore merge'");
	}
	rights_open(&r, l->store, &l->policies, a);
	ret = rights_check_tip(&r, l->ref, err);
	rights_close(&r);
	return ret;
}

int landing_look(struct landing *l, struct arena *a, struct err *err)
{
	struct policy *next = arena_alloc(a, sizeof(*next));

	if (policies_read(&l->policies, l->store, a, err) ||
	    find_tip(l, a, err))
		return -1;
	if (l->what.nparents != 1 ||
	    memcmp(l->what.parents[0].strong.b, l->tip.strong.b, SHA256_LEN))
		return not_on_tip(l, err);
	if (!strcmp(l->ref, POLICY_REF)) {
		if (policy_of_commit(next, l->store, &l->what, a, err) ||
		    policy_follows(last(l), &l->tip.strong, next, err))
			return -1;
		l->next = next;
	} else if (policy_authors(&l->authors, l->store, &l->tip.oid,
				  &l->what.oid, a, err)) {
		return -1;
	}
	return landing_find_approvals(l, a, err);
}

static struct policy_keys keys_of(const struct landing *l, bool own,
				  struct arena *a)
{
	const struct pubkey **v = arena_alloc(a, (l->n + 1) * sizeof(*v));
	struct policy_keys keys = { v, 0 };

	for (size_t i = 0; i < l->n; i++)
		v[keys.n++] = &l->approvals[i].sig.key;
	if (own && l->key && l->key->pub.blob)
		v[keys.n++] = &l->key->pub;
	return keys;
}

const char *landing_approvers(const struct landing *l, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < l->n; i++) {
		const struct pubkey *key = &l->approvals[i].sig.key;
		const struct policy *p = policy_by(l, COMMIT_APPROVAL, key);

		text = arena_printf(a, "%s%s%s", text, i ? ", " : "",
				    policy_person_of(p, key)->name);
	}
	return text;
}

/* ---- writing ------------------------------------------------------------ */

static int no_key(const char *what, struct err *err)
{
	err_set(err, ERR_REFUSED, "%s is signed, and there is no key", what);
	return err_hint(err, "'schemastore key list' shows where keys are "
			"looked for");
}

int landing_right(const char **person, const struct landing *l,
		  enum commit_kind kind, const char *what, struct err *err)
{
	const struct policy *p;
	const struct policy_line *who;
	char fingerprint[PUBKEY_FINGERPRINT];

	if (!l->key || !l->key->pub.blob)
		return no_key(what, err);
	p = policy_by(l, kind, &l->key->pub);
	if (policy_is_open(p)) {
		*person = "anybody";
		return 0;
	}
	who = policy_person_of(p, &l->key->pub);
	pubkey_fingerprint(fingerprint, &l->key->pub);
	if (!who)
		return err_set(err, ERR_REFUSED, "the policy does not know the "
			       "key %s", fingerprint);
	if (!policy_may(p, kind, l->ref, &l->key->pub))
		return err_set(err, ERR_REFUSED, "'%s' may not do that with "
			       "the key %s", who->name, fingerprint);
	if (strcmp(who->email, l->who.email))
		return err_set(err, ERR_REFUSED, "the key is of '%s', whose "
			       "e-mail address is %s, not %s", who->name,
			       who->email, l->who.email);
	*person = who->name;
	return 0;
}

int landing_commit(struct commit *c, struct landing *l, struct arena *a,
		   struct err *err)
{
	struct buf raw = BUF_INIT;
	struct oid id;
	int ret = commit_sign(c, l->key, a, err) ||
		  commit_format(&raw, c, err) ||
		  odb_write(&id, store_odb(l->store), OBJECT_COMMIT, raw.ptr,
			    raw.len, err) || fault("landing.flush", err) ||
		  odb_flush(store_odb(l->store), err) ? -1 : 0;

	buf_release(&raw);
	return ret;
}

int landing_approve(struct commit *out, struct landing *l, struct arena *a,
		    struct err *err)
{
	const char *person, *ref;
	struct oid old;
	int has;

	if (landing_right(&person, l, COMMIT_APPROVAL, "an approval", err))
		return -1;
	if (is_author(l, &l->key->pub))
		return err_set(err, ERR_REFUSED, "'%s' wrote some of '%s': "
			       "others approve it", person, l->what.subject);
	*out = (struct commit){
		.kind = COMMIT_APPROVAL, .ref = l->ref, .author = l->who,
		.committer = l->who, .tree = l->what.tree,
		.subject = arena_printf(a, "Approve '%s'", l->what.subject),
		.body = l->message, .approves = l->what.strong,
		.onto = l->tip.strong,
	};
	memcpy(out->tree256, l->what.tree256, SHA256_LEN);
	ref = arena_printf(a, "%s%s", approvals_of(l, a), person);
	if (commit_lineage(out, l->store, &l->what.oid, 1, a, err) ||
	    landing_commit(out, l, a, err))
		return -1;
	has = ref_read(&old, l->store, ref, err);
	return has < 0 ? -1 : ref_update(l->store, ref, has ? &old : NULL,
					 &out->oid, "approve", err);
}

int approval_write(struct commit *out, struct landing *l, struct arena *a,
		   struct err *err)
{
	return landing_look(l, a, err) || landing_approve(out, l, a, err) ?
	       -1 : 0;
}

static int too_few(const struct landing *l, size_t n, uint64_t needed,
		   struct arena *a, struct err *err)
{
	struct list who = policy_who(last(l), COMMIT_APPROVAL, l->ref);
	const char *names = "";

	for (size_t i = 0; i < who.n; i++)
		names = arena_printf(a, "%s%s%s", names, i ? ", " : "",
				     who.v[i]);
	err_set(err, ERR_REFUSED, "%zu of %llu approve '%s'%s%s", n,
		(unsigned long long)needed, l->what.subject, l->n ? ": " : "",
		landing_approvers(l, a));
	return err_hint(err, "%s may approve it", names);
}

static int check_version(struct landing *l, struct arena *a, struct err *err)
{
	const struct policy_line *rule = policy_rule(last(l), l->ref);
	struct policy_keys approvals = keys_of(l, false, a);
	const struct pubkey *author = &l->what.sig.key;
	struct list who = policy_who(last(l), COMMIT_APPROVAL, l->ref);
	size_t n;
	int ret = commit_verify(&l->what, err);

	if (ret < 0)
		return -1;
	if (!ret || !policy_may(last(l), COMMIT_SCHEMA, l->what.ref, author))
		return err_set(err, ERR_REFUSED, "'%s' is not signed by an "
			       "author", l->what.subject);
	n = policy_count(last(l), &who, &approvals, &l->authors);
	return n < rule->number ? too_few(l, n, rule->number, a, err) : 0;
}

/* "1 of 2" */
static const char *root_count(const struct policy *p,
			      const struct policy_keys *keys, struct arena *a)
{
	const struct policy_line *root = policy_line(p, POLICY_ROOT);

	return !root ? "all" :
	       arena_printf(a, "%zu of %llu",
			    policy_count(p, &root->who, keys, NULL),
			    (unsigned long long)root->number);
}

/* Where the rule of a ref changes, what is not sealed does not stand. */
static int check_seals(struct landing *l, struct arena *a, struct err *err)
{
	size_t n;
	const struct policy_line *v = policy_lines(l->next, POLICY_SEAL, &n);

	for (size_t i = 0; i < n; i++) {
		struct commit tip;
		struct oid id;
		int ret;

		if (policy_same_rule(last(l), l->next, v[i].ref))
			continue;
		ret = ref_read(&id, l->store, v[i].ref, err);
		if (ret < 0 || (ret && store_commit(&tip, l->store, &id, a,
						    err)))
			return -1;
		if (!ret || !memcmp(tip.strong.b, v[i].sum.b, SHA256_LEN))
			continue;
		err_set(err, ERR_REFUSED, "'%s' gets another rule, and has "
			"moved since that was proposed", short_ref(v[i].ref));
		return err_hint(err, "propose it again, so that it is sealed "
				"where it is now");
	}
	return 0;
}

/* Whoever lands what others of the root have signed agrees to it.  What anybody
 * may have put there is to be approved first, and so looked at. */
static int agrees(struct landing *l, struct err *err)
{
	const struct commit *c = &l->what;
	int good = commit_verify(c, err);

	return good < 0 ? -1 : policy_is_open(last(l)) ||
	       (good && (policy_may(last(l), COMMIT_POLICY, l->ref,
				    &c->sig.key) ||
			 policy_may(l->next, COMMIT_POLICY, l->ref,
				    &c->sig.key)));
}

static int check_policy(struct landing *l, struct arena *a, struct err *err)
{
	int own = agrees(l, err);
	struct policy_step step = {
		.from = last(l), .to = l->next, .id = &l->tip.strong,
		.begun_by = policy_is_open(last(l)) && l->tip.is_signed ?
			    &l->tip.sig.key : NULL,
		.signers = keys_of(l, own, a),
	};

	if (own < 0 || check_seals(l, a, err))
		return -1;
	switch (policy_judge_step(&step)) {
	case POLICY_FINE:
		return 0;
	case POLICY_NO_RIGHT:
		return err_set(err, ERR_REFUSED, "the project was begun with "
			       "another key, which signs its first policy");
	default:
		break;
	}
	err_set(err, ERR_REFUSED, "too few agree: %s of the root of the policy "
		"in force, %s of the new one's",
		root_count(last(l), &step.signers, a),
		root_count(l->next, &step.signers, a));
	return err_hint(err, "they say so with 'schemastore trust approve'");
}

/* What has landed keeps them. */
int landing_forget_approvals(struct landing *l, struct arena *a,
			     struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, l->store, approvals_of(l, a), a, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (ref_update(l->store, refs[i].name, &refs[i].oid, NULL,
			       "landed", err))
			return -1;
	return 0;
}

/* What was approved under another rule, or by whoever approves no more, is
 * approved no more. */
static int forget_overruled(const struct landing *l, struct arena *a,
			    struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, l->store, APPROVAL_REFS, a, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct commit c;

		if (store_commit(&c, l->store, &refs[i].oid, a, err))
			return err_wrap(err, "%s", refs[i].name);
		if (!strcmp(c.ref, POLICY_REF) ||
		    (policy_same_rule(last(l), l->next, c.ref) &&
		     c.is_signed && policy_may(l->next, COMMIT_APPROVAL, c.ref,
					       &c.sig.key)))
			continue;
		if (ref_update(l->store, refs[i].name, &refs[i].oid, NULL,
			       "overruled", err))
			return -1;
	}
	return 0;
}

int landing_write(struct commit *out, struct landing *l, struct arena *a,
		  struct err *err)
{
	struct oid *parents;
	const char *person;
	bool policy = !strcmp(l->ref, POLICY_REF);

	if (landing_look(l, a, err) ||
	    landing_right(&person, l, policy ? COMMIT_POLICY : COMMIT_SCHEMA,
			  "what lands", err) ||
	    (policy ? check_policy(l, a, err) : check_version(l, a, err)))
		return -1;
	parents = arena_alloc(a, (l->n + 1) * sizeof(*parents));
	parents[0] = l->tip.oid;
	for (size_t i = 0; i < l->n; i++)
		parents[i + 1] = l->approvals[i].oid;
	*out = l->what;
	out->ref = l->ref;
	out->committer = l->who;
	out->is_signed = out->replaces = false;
	if (commit_lineage(out, l->store, parents, l->n + 1, a, err) ||
	    landing_commit(out, l, a, err) ||
	    (policy && forget_overruled(l, a, err)) ||
	    ref_update(l->store, l->ref, l->begins ? NULL : &l->tip.oid,
		       &out->oid, "land", err))
		return -1;
	return landing_forget_approvals(l, a, err);
}
