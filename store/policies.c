/*
 * The policies of a store: reading the chain, and proposing the next one.
 */
#include "config.h"

#include "ss/policies.h"

#include "store/policy.h"

const struct policy *policies_last(const struct policies *p)
{
	return p->chain.v[p->chain.n - 1];
}

const struct commit *policies_tip(const struct policies *p)
{
	return &p->commits[p->chain.n - 1];
}

static int not_that(const struct commit *c, const char *what, struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->oid);
	return err_set(err, ERR_DAMAGED, "policy %.10s: %s", hex, what);
}

/* The file `name` of the commit's tree is that. */
static int check_signers(const struct policy *p, struct store *s,
			 const struct commit *c, struct arena *a,
			 struct err *err)
{
	struct buf has = BUF_INIT, made = BUF_INIT;
	int ret = version_file(&has, s, c, "allowed_signers", a, err);

	policy_add_signers(&made, p);
	if (ret >= 0 && (!ret || has.len != made.len ||
			 memcmp(has.ptr, made.ptr, made.len)))
		ret = not_that(c, "its allowed_signers are not those of its "
			       "policy", err);
	buf_release(&has);
	buf_release(&made);
	return ret < 0 ? -1 : 0;
}

int policy_of_commit(struct policy *out, struct store *s,
		     const struct commit *c, struct arena *a, struct err *err)
{
	struct buf text = BUF_INIT;
	struct bytes bytes;
	int ret = version_file(&text, s, c, "policy", a, err);

	if (!ret)
		ret = not_that(c, "it has no file 'policy'", err);
	bytes = (struct bytes){ text.ptr, text.len };
	ret = ret < 0 || policy_parse(out, &bytes, a, err) ||
	      check_signers(out, s, c, a, err) ? -1 : 0;
	if (!ret && out->seq != c->seq)
		ret = not_that(c, "its seq is not its commit's", err);
	buf_release(&text);
	return ret;
}

/* ---- the chain ---------------------------------------------------------- */

/* Those who signed it, and what approves it. */
static int find_signers(struct policy_keys *out, struct store *s,
			const struct commit *c, const struct commit *before,
			struct arena *a, struct err *err)
{
	const struct pubkey **v = arena_alloc(a, (c->nparents + 1) *
					      sizeof(*v));
	int ret = commit_verify(c, err);

	*out = (struct policy_keys){ v, 0 };
	if (ret > 0)
		v[out->n++] = arena_memdup(a, &c->sig.key, sizeof(c->sig.key));
	for (size_t i = 1; ret >= 0 && i < c->nparents; i++) {
		struct commit *by = arena_alloc(a, sizeof(*by));

		if (store_commit(by, s, &c->parents[i].oid, a, err))
			return -1;
		if (by->kind != COMMIT_APPROVAL || !oid_equal(&by->tree,
							      &c->tree) ||
		    strcmp(by->ref, POLICY_REF) ||
		    memcmp(by->onto.b, before->strong.b, SHA256_LEN))
			return not_that(c, "a parent does not approve it",
					err);
		ret = commit_verify(by, err);
		if (ret > 0)
			v[out->n++] = &by->sig.key;
	}
	return ret < 0 ? -1 : 0;
}

static int check_step(const struct policies *p, size_t i, struct store *s,
		      struct arena *a, struct err *err)
{
	const struct commit *c = &p->commits[i], *before = c - 1;
	struct policy_step step = {
		.from = p->chain.v[i - 1], .to = p->chain.v[i],
		.id = &before->strong,
		.begun_by = policy_is_open(p->chain.v[i - 1]) &&
			    before->is_signed ? &before->sig.key : NULL,
	};
	enum policy_verdict v;
	struct err why = ERR_INIT;

	if (memcmp(c->parents[0].strong.b, before->strong.b, SHA256_LEN))
		return not_that(c, "it comes after another one", err);
	if (policy_follows(step.from, step.id, step.to, &why))
		return not_that(c, why.text, err);
	if (find_signers(&step.signers, s, c, before, a, err))
		return -1;
	v = policy_judge_step(&step);
	return v == POLICY_FINE ? 0 : not_that(c, policy_verdict_text(v), err);
}

/* Newest first, from the ref back. */
static int read_commits(struct policies *out, struct store *s,
			struct arena *a, struct err *err)
{
	struct commit tip;
	struct oid id;
	int ret = ref_read(&id, s, POLICY_REF, err);

	/* It says what is wrong where there is none. */
	if (ret < 0 || store_project(&tip, s, a, err) ||
	    store_commit(&tip, s, &id, a, err))
		return -1;
	out->chain.n = (size_t)tip.seq + 1;
	if (tip.seq > 1000000)
		return not_that(&tip, "its seq is out of range", err);
	out->commits = arena_alloc(a, out->chain.n * sizeof(*out->commits));
	for (size_t i = out->chain.n; i-- > 0;) {
		struct commit *c = &out->commits[i];

		if (store_commit(c, s, &id, a, err))
			return -1;
		if (c->kind != COMMIT_POLICY || c->seq != i ||
		    c->genesis != !i)
			return not_that(c, "it is no policy, or its seq does "
					"not follow", err);
		if (i)
			id = c->parents[0].oid;
	}
	return 0;
}

int policies_read(struct policies *out, struct store *s, struct arena *a,
		  struct err *err)
{
	const struct policy **v;
	struct strong_id *ids;

	if (read_commits(out, s, a, err))
		return -1;
	v = arena_alloc(a, out->chain.n * sizeof(*v));
	ids = arena_alloc(a, out->chain.n * sizeof(*ids));
	out->chain.v = v;
	out->chain.ids = ids;
	for (size_t i = 0; i < out->chain.n; i++) {
		struct policy *p = arena_alloc(a, sizeof(*p));

		if (policy_of_commit(p, s, &out->commits[i], a, err))
			return -1;
		v[i] = p;
		ids[i] = out->commits[i].strong;
		if (i && check_step(out, i, s, a, err))
			return -1;
	}
	return 0;
}

int policies_read_begun(struct policies *out, struct store *s,
			struct arena *a, struct err *err)
{
	struct commit tip;
	struct oid id;
	int ret = ref_read(&id, s, POLICY_REF, err);

	if (ret <= 0 || store_commit(&tip, s, &id, a, err))
		return ret < 0 ? -1 : 0;
	return tip.genesis ? 0 : policies_read(out, s, a, err) ? -1 : 1;
}

bool policies_sealed_there(const struct policies *p, const char *ref,
			   const struct strong_id *tip)
{
	size_t i = p->chain.n - 1, n;
	const struct policy_line *v;

	while (i && policy_same_rule(p->chain.v[i - 1], policies_last(p), ref))
		i--;
	v = policy_lines(p->chain.v[i], POLICY_SEAL, &n);
	for (size_t k = 0; k < n; k++)
		if (!strcmp(v[k].ref, ref) &&
		    !memcmp(v[k].sum.b, tip->b, SHA256_LEN))
			return true;
	return false;
}

int policy_refuse_protected(struct store *s, const char *ref, struct arena *a,
			    struct err *err)
{
	const char *name = ref + strlen("refs/heads/");
	struct policies p;
	const struct policy_line *rule;
	int ret;

	if (!str_starts(ref, "refs/heads/"))
		return 0;
	ret = policies_read_begun(&p, s, a, err);
	if (ret <= 0)
		return ret;
	rule = policy_rule(policies_last(&p), ref);
	if (!rule)
		return 0;
	err_set(err, ERR_REFUSED, "branch '%s' is protected: a version lands "
		"on it when %llu approve", name,
		(unsigned long long)rule->number);
	return err_hint(err, "make it on another branch, from '%s' on; then "
			"'schemastore approve --onto %s' and 'schemastore land "
			"--onto %s'", name, name, name);
}

/* ---- the next one ------------------------------------------------------- */

/* The tips that there are, but those of refs that the text seals itself. */
static int add_seals(struct buf *b, struct store *s, const struct policy *own,
		     struct arena *a, struct err *err)
{
	static const char *const sealed[] = {
		"refs/heads/", "refs/tags/", LEDGER_REFS, SQUASH_REFS,
		CHECKPOINTS_REF, WITNESS_REFS,
	};
	size_t nseals;
	const struct policy_line *seals = policy_lines(own, POLICY_SEAL,
						       &nseals);

	for (size_t i = 0; i < ARRAY_LEN(sealed); i++) {
		struct ref *refs;
		size_t n, k;

		if (ref_list(&refs, &n, s, sealed[i], a, err))
			return -1;
		for (size_t r = 0; r < n; r++) {
			struct oid id = refs[r].oid;
			int ret = store_peel(&id, s, err);
			struct commit c;

			for (k = 0; k < nseals; k++)
				if (!strcmp(seals[k].ref, refs[r].name))
					break;
			if (ret < 0 || (ret && store_commit(&c, s, &id, a,
							    err)))
				return -1;
			if (!ret || k < nseals)
				continue;
			buf_addf(b, "seal %s ", refs[r].name);
			buf_addhex(b, c.strong.b, SHA256_LEN);
			buf_addch(b, '\n');
		}
	}
	return 0;
}

static int make_text(struct policy *out, struct landing *l, const char *lines,
		     struct arena *a, struct err *err)
{
	const struct commit *tip = policies_tip(&l->policies);
	struct buf b = BUF_INIT;
	struct bytes bytes;
	int ret = -1;

	buf_addf(&b, "schemastore-policy 1\nseq %llu\nprev ",
		 (unsigned long long)tip->seq + 1);
	buf_addhex(&b, tip->strong.b, SHA256_LEN);
	buf_addf(&b, "\n%s\n", lines);
	bytes = (struct bytes){ b.ptr, b.len };
	if (policy_parse_edited(out, &bytes, a, err) ||
	    add_seals(&b, l->store, out, a, err))
		goto out;
	bytes = (struct bytes){ b.ptr, b.len };
	ret = policy_parse_edited(out, &bytes, a, err) ||
	      policy_follows(policies_last(&l->policies), &tip->strong, out,
			     err) ? -1 : 0;
out:
	buf_release(&b);
	return ret;
}

int policy_propose(struct landing *l, const char *lines, struct arena *a,
		   struct err *err)
{
	struct tree_builder *t = tree_builder_new(a);
	struct commit *c = &l->what;
	struct buf text = BUF_INIT, signers = BUF_INIT, raw = BUF_INIT;
	struct policy p;
	struct oid id;
	int ret = -1;

	if (policies_read(&l->policies, l->store, a, err) ||
	    make_text(&p, l, lines, a, err))
		goto out;
	*c = (struct commit){
		.kind = COMMIT_POLICY, .ref = POLICY_REF, .author = l->who,
		.committer = l->who, .subject = l->message,
	};
	policy_add_text(&text, &p);
	policy_add_signers(&signers, &p);
	tree_add_blob(t, "policy", text.ptr, text.len);
	tree_add_blob(t, "allowed_signers", signers.ptr, signers.len);
	if (commit_lineage(c, l->store, &policies_tip(&l->policies)->oid, 1,
			   a, err) ||
	    tree_write(&c->tree, c->tree256, t, store_odb(l->store), NULL,
		       err) ||
	    commit_sign(c, l->key, a, err) || commit_format(&raw, c, err) ||
	    odb_write(&id, store_odb(l->store), OBJECT_COMMIT, raw.ptr,
		      raw.len, err))
		goto out;
	ret = 0;
out:
	buf_release(&text);
	buf_release(&signers);
	buf_release(&raw);
	return ret;
}
