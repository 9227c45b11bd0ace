/*
 * Signing as a witness.
 *
 *	refs/schemastore/witness/w1
 *
 *	checkpoint 1 ── checkpoint 2 ── checkpoint 3
 *	             ╲                               ╲
 *	              note of 1 + 1 leaves ────────── note of 3 + 1 leaves
 *
 * First it is remembered, then said: whoever dies in between signs the same
 * again.
 */
#include "config.h"

#include "ss/witness.h"

#include "ss/file.h"

#define NOTE_MOST (256 * 1024)

const char *witness_origin(const unsigned char *project, struct arena *a)
{
	char hex[SHA256_HEX];

	hex_encode(hex, project, SHA256_LEN);
	return arena_printf(a, "schemastore/%s", hex);
}

int witness_note(struct note *out, struct store *s, const struct commit *c,
		 struct arena *a, struct err *err)
{
	struct buf text = BUF_INIT;
	struct bytes bytes;
	struct tree tree;
	int ret = tree_read(&tree, store_odb(s), &c->tree, a, err) ? -1 :
		  version_file(&text, s, c, WITNESS_NOTE, a, err);

	if (ret >= 0 && (!ret || tree.n != 1))
		ret = err_set(err, ERR_DAMAGED, "its tree is not the one file "
			      "'" WITNESS_NOTE "'");
	bytes = (struct bytes){ text.ptr, text.len };
	ret = ret < 0 ? -1 : note_parse(out, &bytes, a, err);
	buf_release(&text);
	return ret;
}

const char *witness_check_note(const struct note *n,
			       const struct checkpoints *all, size_t leaves,
			       struct arena *a)
{
	struct err why = ERR_INIT;
	struct note_tree tree;
	struct tlog_hash root;

	if (note_tree(&tree, n, a, &why))
		return arena_strdup(a, why.text);
	if (strcmp(tree.origin, witness_origin(all->v[0].strong.b, a)))
		return "its note is of another project";
	if (tree.size != leaves)
		return "its note is of another number of checkpoints";
	tlog_root(&root, &all->tree, leaves);
	return memcmp(root.b, tree.root.b, SHA256_LEN) ?
	       "its note has another root than the checkpoints" : NULL;
}

/* ---- what was signed ---------------------------------------------------- */

static const char *state_path(const struct witness *w, struct arena *a)
{
	return arena_printf(a, "%s/%s", w->dir, w->name);
}

/* How many leaves, and their root; 0: nothing yet. */
static int read_state(struct note_tree *out, const struct witness *w,
		      const struct checkpoints *all, struct arena *a,
		      struct err *err)
{
	const char *path = state_path(w, a);
	struct buf text = BUF_INIT;
	struct bytes bytes;
	struct note n;
	int ret = file_read_own(&text, path, NOTE_MOST, err);

	out->size = 0;
	bytes = (struct bytes){ text.ptr, text.len };
	if (ret > 0 && (note_parse(&n, &bytes, a, err) ||
			note_tree(out, &n, a, err))) {
		err_wrap(err, "'%s'", path);
		ret = -1;
	}
	if (ret > 0 && (!out->size ||
			strcmp(out->origin,
			       witness_origin(all->v[0].strong.b, a))))
		ret = err_set(err, ERR_REFUSED, "'%s' is of another project",
			      path);
	buf_release(&text);
	return ret < 0 ? -1 : 0;
}

/* As a witness elsewhere would be shown it. */
static int check_consistent(const struct note_tree *old,
			    const struct checkpoints *all, struct err *err)
{
	struct tlog_hash proof[TLOG_PROOF], root;
	size_t n = all->n, m = (size_t)old->size;

	if (!m)
		return 0;
	if (m > n)
		return err_set(err, ERR_FINDING, "checkpoint %zu was signed, "
			       "and the newest one here is %zu: the store was "
			       "rolled back", m - 1, n - 1);
	tlog_root(&root, &all->tree, n);
	if (tlog_extends(&old->root, m, &root, n, proof,
			 tlog_consistency(proof, &all->tree, m, n)))
		return 0;
	return err_set(err, ERR_FINDING, "checkpoint %zu is not the one that "
		       "was signed: the checkpoints were forked", m - 1);
}

/* ---- what is new -------------------------------------------------------- */

struct looking {
	struct err *err;
	bool failed;
};

static void on_broken(void *ctx, const char *ref, const struct commit *c,
		      const char *text)
{
	struct looking *k = ctx;

	if (!k->failed && c)
		err_set(k->err, ERR_FINDING, "checkpoint %llu does not follow "
			"the one before: %s: %s", (unsigned long long)c->seq,
			ref, text);
	else if (!k->failed)
		err_set(k->err, ERR_FINDING, "what is there does not follow "
			"the newest checkpoint: %s: %s", ref, text);
	k->failed = true;
}

/* Signed, by somebody who might do so; of the newest one, who still may. */
static int check_signed(const struct witness *w, const struct commit *c,
			bool newest, struct err *err)
{
	const struct policy_chain *chain = &w->l.policies.chain;
	size_t i = newest ? chain->n - 1 : (size_t)c->policy_seq;
	int good = commit_verify(c, err);

	if (good < 0)
		return -1;
	if (good && i < chain->n && policy_may(chain->v[i], COMMIT_CHECKPOINT,
					       c->ref, &c->sig.key))
		return 0;
	return err_set(err, ERR_FINDING, "checkpoint %llu is not signed by "
		       "anybody who may", (unsigned long long)c->seq);
}

/* Whoever wrote it vouches for it already. */
static int check_other(const struct witness *w, const struct commit *c,
		       struct err *err)
{
	const struct policy *now = policies_last(&w->l.policies);
	const struct policy_line *a = policy_person_of(now, &c->sig.key);

	if (!pubkey_equal(&c->sig.key, &w->l.key->pub) &&
	    (!a || a != policy_person_of(now, &w->l.key->pub)))
		return 0;
	return err_set(err, ERR_REFUSED, "checkpoint %llu is your own: "
		       "somebody else is its witness",
		       (unsigned long long)c->seq);
}

static int check_new(const struct witness *w, const struct checkpoints *all,
		     size_t signed_, struct err *err)
{
	struct looking k = { .err = err };
	const struct checkpoints_check check = {
		.store = w->l.store, .all = all, .policies = &w->l.policies,
		.from = signed_ > 1 ? signed_ - 1 : 1, .broken = on_broken,
		.ctx = &k,
	};

	/* It was remembered, not read. */
	store_links_forget(w->l.store);
	for (size_t i = signed_ ? signed_ : 1; i < all->n; i++)
		if (check_signed(w, &all->v[i], i + 1 == all->n, err))
			return -1;
	if (check_other(w, &all->v[all->n - 1], err))
		return -1;
	return checkpoints_check(&check, err) || k.failed ? -1 : 0;
}

/* ---- signing ------------------------------------------------------------ */

static int make_note(struct buf *out, const struct witness *w,
		     const struct checkpoints *all, struct arena *a,
		     struct err *err)
{
	struct note_tree tree = {
		.origin = witness_origin(all->v[0].strong.b, a),
		.size = all->n,
	};
	struct buf text = BUF_INIT;
	struct note n = { .n = 0 };
	int ret;

	tlog_root(&tree.root, &all->tree, all->n);
	note_add_tree(&text, &tree);
	n.text = (struct bytes){ text.ptr, text.len };
	ret = note_cosign(&n, w->name, w->l.key, w->l.who.time, a, err);
	if (!ret)
		note_add(out, &n);
	buf_release(&text);
	return ret;
}

static int publish(struct witness *w, const struct checkpoints *all,
		   const struct buf *note, const struct commit *last,
		   struct arena *a, struct err *err)
{
	const struct commit *to = &all->v[all->n - 1];
	struct tree_builder *t = tree_builder_new(a);
	struct oid parents[2] = { to->oid };
	struct commit *c = &w->commit;

	*c = (struct commit){
		.kind = COMMIT_APPROVAL, .ref = w->l.ref, .author = w->l.who,
		.committer = w->l.who, .approves = to->strong,
		.subject = arena_printf(a, "Countersign checkpoint %llu",
					(unsigned long long)to->seq),
		.onto = last ? last->approves : all->v[0].strong,
	};
	if (last)
		parents[1] = last->oid;
	tree_add_blob(t, WITNESS_NOTE, note->ptr, note->len);
	return commit_lineage(c, w->l.store, parents, last ? 2 : 1, a, err) ||
	       tree_write(&c->tree, c->tree256, t, store_odb(w->l.store), NULL,
			  err) ||
	       landing_commit(c, &w->l, a, err) ||
	       ref_update(w->l.store, w->l.ref, last ? &last->oid : NULL,
			  &c->oid, "witness", err) ? -1 : 0;
}

static int sign(struct witness *w, const struct checkpoints *all,
		struct arena *a, struct err *err)
{
	struct buf note = BUF_INIT;
	struct note_tree old;
	struct commit last;
	struct oid id;
	int ret = -1, has;

	if (read_state(&old, w, all, a, err) ||
	    check_consistent(&old, all, err) ||
	    check_new(w, all, (size_t)old.size, err))
		return -1;
	has = ref_read(&id, w->l.store, w->l.ref, err);
	if (has < 0 || (has && store_commit(&last, w->l.store, &id, a, err)))
		return -1;
	w->again = has && !memcmp(last.approves.b, all->v[all->n - 1].strong.b,
				  SHA256_LEN);
	if (w->again)
		return 0;
	if (!make_note(&note, w, all, a, err) &&
	    !file_write_own(state_path(w, a), note.ptr, note.len, err))
		ret = publish(w, all, &note, has ? &last : NULL, a, err);
	buf_release(&note);
	return ret;
}

/* A person's notes are on the ref of his name. */
static int find_ref(struct witness *w, const char *person, struct arena *a,
		    struct err *err)
{
	const struct policy *now = policies_last(&w->l.policies);

	if (w->l.key->pub.type != PUBKEY_ED25519)
		return err_set(err, ERR_REFUSED, "a witness signs with a key "
			       "of the kind ssh-ed25519");
	if (!w->name && policy_is_open(now)) {
		err_set(err, ERR_USAGE, "the project does not say who is who");
		return err_hint(err, "name yourself: --name NAME");
	}
	if (!policy_is_open(now) && w->name && strcmp(w->name, person))
		return err_set(err, ERR_REFUSED, "the key is of '%s', not of "
			       "'%s'", person, w->name);
	if (!w->name)
		w->name = person;
	w->l.ref = arena_printf(a, WITNESS_REFS "%s", w->name);
	return strchr(w->name, '/') || !note_name_valid(w->name) ||
	       !ref_name_valid(w->l.ref) ?
	       err_set(err, ERR_USAGE, "'%s' cannot be a witness's name",
		       w->name) : 0;
}

int witness_sign(struct witness *w, struct arena *a, struct err *err)
{
	struct buf key = BUF_INIT;
	struct checkpoints all;
	const char *person;
	int ret;

	w->l.ref = WITNESS_REFS;
	if (policies_read(&w->l.policies, w->l.store, a, err) ||
	    landing_right(&person, &w->l, COMMIT_APPROVAL, "a countersignature",
			  err) ||
	    find_ref(w, person, a, err) ||
	    checkpoints_read(&all, w->l.store, a, err))
		return -1;
	if (!all.n) {
		err_set(err, ERR_USAGE, "there is no checkpoint yet");
		return err_hint(err, "'schemastore checkpoint' makes one");
	}
	w->seq = all.n - 1;
	ret = sign(w, &all, a, err);
	checkpoints_release(&all);
	if (!ret)
		note_add_key(&key, w->name, NOTE_COSIGNATURE,
			     &w->l.key->pub);
	w->key = arena_strdup(a, key.ptr);
	buf_release(&key);
	return ret;
}
