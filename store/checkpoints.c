/*
 * Checkpoints: the chain, what it says of refs, and its next one.
 */
#include "config.h"

#include "ss/checkpoints.h"

#include "ss/fault.h"

#define TIPS_FILE "heads"
#define CHECKPOINTS_MOST 1000000

static int not_that(const struct commit *c, const char *what, struct err *err)
{
	char hex[OID_HEX];

	oid_hex(hex, &c->oid);
	return err_set(err, ERR_DAMAGED, "checkpoint %.10s: %s", hex, what);
}

int checkpoint_newest(struct commit *out, struct store *s, struct arena *a,
		      struct err *err)
{
	struct oid id;
	int ret = ref_read(&id, s, CHECKPOINTS_REF, err);

	if (ret <= 0)
		return ret;
	if (store_commit(out, s, &id, a, err))
		return err_wrap(err, CHECKPOINTS_REF);
	return out->kind == COMMIT_CHECKPOINT ? 1 :
	       not_that(out, "it is none", err);
}

static int add_leaf(struct checkpoints *out, struct store *s, size_t i,
		    struct err *err)
{
	struct buf raw = BUF_INIT;
	int ret = odb_read(&raw, store_odb(s), &out->v[i].oid, OBJECT_COMMIT,
			   err);

	if (!ret)
		tlog_add(&out->tree, raw.ptr, raw.len);
	buf_release(&raw);
	return ret;
}

/* It follows v[i - 1], and the first one the genesis. */
static int check_link(const struct checkpoints *out, size_t i,
		      struct err *err)
{
	const struct commit *c = &out->v[i];

	if (!i)
		return c->genesis ? 0 : not_that(c, "the first one does not "
						 "follow the genesis", err);
	if (c->kind != COMMIT_CHECKPOINT || c->seq != i ||
	    memcmp(c->parents[0].strong.b, c[-1].strong.b, SHA256_LEN))
		return not_that(c, "it does not follow the one before", err);
	return 0;
}

/* Newest first, then told from the first on. */
static int read_chain(struct checkpoints *out, struct store *s,
		      const struct commit *tip, struct arena *a,
		      struct err *err)
{
	if (!tip->seq || tip->seq > CHECKPOINTS_MOST)
		return not_that(tip, "its seq is out of range", err);
	out->n = (size_t)tip->seq + 1;
	out->v = arena_alloc(a, out->n * sizeof(*out->v));
	out->v[tip->seq] = *tip;
	for (size_t i = out->n - 1; i-- > 0;) {
		struct commit *c = &out->v[i];

		if (store_commit(c, s, &c[1].parents[0].oid, a, err))
			return -1;
		if (c->genesis && i)
			return not_that(tip, "its seq does not fit", err);
	}
	for (size_t i = 0; i < out->n; i++)
		if (check_link(out, i, err) || add_leaf(out, s, i, err))
			return -1;
	return 0;
}

int checkpoints_read(struct checkpoints *out, struct store *s,
		     struct arena *a, struct err *err)
{
	struct commit tip;
	int ret = checkpoint_newest(&tip, s, a, err);

	*out = (struct checkpoints){ .tree = TLOG_INIT };
	if (ret <= 0)
		return ret;
	ret = read_chain(out, s, &tip, a, err);
	if (ret)
		checkpoints_release(out);
	return ret;
}

void checkpoints_release(struct checkpoints *c)
{
	tlog_release(&c->tree);
	c->n = 0;
}

int checkpoint_tips(struct tips *out, struct store *s, const struct commit *c,
		    struct arena *a, struct err *err)
{
	struct buf text = BUF_INIT;
	struct bytes bytes;
	struct tree tree;
	int ret = tree_read(&tree, store_odb(s), &c->tree, a, err);

	if (!ret && (tree.n != 1 || strcmp(tree.v[0].name, TIPS_FILE)))
		ret = not_that(c, "its tree is not the one file '" TIPS_FILE
			       "'", err);
	if (!ret && version_file(&text, s, c, TIPS_FILE, a, err) < 0)
		ret = -1;
	bytes = (struct bytes){ text.ptr, text.len };
	if (!ret && tips_parse(out, &bytes, a, err))
		ret = err_wrap(err, "checkpoint %llu",
			       (unsigned long long)c->seq);
	buf_release(&text);
	return ret ? -1 : 0;
}

/* ---- checking ----------------------------------------------------------- */

struct checking {
	const struct checkpoints_check *c;
	const struct commit *later;
	struct map left;	/* by ref, of those after the step */
};

static void on_broken(void *ctx, const struct tip *from, const char *text)
{
	struct checking *k = ctx;

	k->c->broken(k->c->ctx, from->ref, k->later, text);
}

/* The one that it names, or, of what is there now, the last. */
static const struct policy *policy_of(const struct checking *k)
{
	const struct policies *p = k->c->policies;

	return k->later && k->later->policy_seq < p->chain.n ?
	       p->chain.v[k->later->policy_seq] : policies_last(p);
}

static int check_step(struct checking *k, const struct tips *from,
		      const struct tips *to, struct err *err)
{
	const struct tips_step step = {
		.store = k->c->store, .from = from, .to = to,
		.policy = policy_of(k), .left = &k->left, .broken = on_broken,
		.ctx = k,
	};

	if (tips_follow(&step, err))
		return -1;
	for (size_t i = 0; i < to->n; i++)
		if (to->v[i].word)
			map_set(&k->left, to->v[i].ref, k);
	return 0;
}

/* Two lists live at a time. */
int checkpoints_check(const struct checkpoints_check *c, struct err *err)
{
	struct checking k = { .c = c };
	struct arena now = ARENA_INIT, before = ARENA_INIT;
	struct tips to, from;
	int ret = c->all->n ? tips_now(&to, c->store, &now, err) : 0;

	for (size_t i = c->all->n; !ret && i-- > c->from;) {
		ret = checkpoint_tips(&from, c->store, &c->all->v[i], &before,
				      err) ||
		      check_step(&k, &from, &to, err) ? -1 : 0;
		arena_release(&now);
		now = before;
		before = (struct arena)ARENA_INIT;
		to = from;
		k.later = &c->all->v[i];
	}
	arena_release(&now);
	arena_release(&before);
	map_release(&k.left);
	return ret;
}

/* ---- writing ------------------------------------------------------------ */

struct writing {
	struct landing *l;
	const struct list *rewound;
	struct tips *tips;
	size_t cap;
	struct arena *arena;
	struct buf refused;	/* refs, with blanks between them */
};

static const char *short_ref(const char *ref)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/tags/" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(ref, prefixes[i]))
			return ref + strlen(prefixes[i]);
	return ref;
}

static bool is_called(const char *ref, const char *word)
{
	return !strcmp(word, ref) || !strcmp(word, short_ref(ref));
}

static bool is_listed(const struct list *l, const char *ref)
{
	for (size_t i = 0; i < l->n; i++)
		if (is_called(ref, l->v[i]))
			return true;
	return false;
}

static void on_left(void *ctx, const struct tip *from, const char *text)
{
	struct writing *w = ctx;
	struct tip *to = tips_find(w->tips, from->ref);

	(void)text;
	if (!is_listed(w->rewound, from->ref)) {
		buf_addf(&w->refused, "%s%s", w->refused.len ? ", " : "",
			 short_ref(from->ref));
	} else if (to) {
		to->word = TIP_REWOUND;
	} else {
		to = ARENA_PUSH(w->arena, w->tips->v, w->tips->n, w->cap);
		*to = *from;
		to->word = TIP_DELETED;
		tips_sort(w->tips);
	}
}

static void on_refused(void *ctx, const struct tip *from, const char *text)
{
	struct writing *w = ctx;

	buf_addf(&w->refused, "%s%s: %s", w->refused.len ? ", " : "",
		 short_ref(from->ref), text);
}

/* From where they were to where they are. */
static int mark(struct writing *w, const struct commit *last, struct err *err)
{
	struct tips from;
	struct tips_step step = {
		.store = w->l->store, .from = &from, .to = w->tips,
		.policy = policies_last(&w->l->policies), .broken = on_left,
		.ctx = w,
	};

	if (checkpoint_tips(&from, w->l->store, last, w->arena, err) ||
	    tips_follow(&step, err))
		return -1;
	if (w->refused.len) {
		err_set(err, ERR_REFUSED, "checkpoint %llu had other versions "
			"of %s", (unsigned long long)last->seq,
			w->refused.ptr);
		return err_hint(err, "if they were put back, or deleted, by "
				"one of you: --rewound NAME");
	}
	step.broken = on_refused;
	if (tips_follow(&step, err))
		return -1;
	return w->refused.len ? err_set(err, ERR_REFUSED, "%s",
					w->refused.ptr) : 0;
}

/* Whoever says so of another one has mistyped it. */
static int check_rewound(const struct writing *w, struct err *err)
{
	for (size_t i = 0; i < w->rewound->n; i++) {
		bool found = false;

		for (size_t k = 0; k < w->tips->n; k++)
			found |= w->tips->v[k].word &&
				 is_called(w->tips->v[k].ref,
					   w->rewound->v[i]);
		if (!found)
			return err_set(err, ERR_USAGE, "'%s' was not put back "
				       "since the last checkpoint",
				       w->rewound->v[i]);
	}
	return 0;
}

static int write_it(struct commit *out, struct landing *l,
		    const struct tips *tips, const struct oid *parent,
		    struct arena *a, struct err *err)
{
	struct tree_builder *t = tree_builder_new(a);
	struct buf text = BUF_INIT;
	int ret;

	*out = (struct commit){
		.kind = COMMIT_CHECKPOINT, .ref = CHECKPOINTS_REF,
		.author = l->who, .committer = l->who,
		.subject = "Checkpoint",
	};
	tips_add_text(&text, tips);
	tree_add_blob(t, TIPS_FILE, text.ptr, text.len);
	ret = commit_lineage(out, l->store, parent, 1, a, err) ||
	      tree_write(&out->tree, out->tree256, t, store_odb(l->store),
			 NULL, err) ||
	      landing_commit(out, l, a, err) ? -1 : 0;
	buf_release(&text);
	return ret;
}

int checkpoint_write(struct commit *out, struct tips *tips, struct landing *l,
		     const struct list *rewound, struct arena *a,
		     struct err *err)
{
	struct writing w = { .l = l, .rewound = rewound, .tips = tips,
			     .arena = a, .refused = BUF_INIT };
	struct commit last;
	const char *person;
	int has, ret;

	if (policies_read(&l->policies, l->store, a, err) ||
	    landing_right(&person, l, COMMIT_CHECKPOINT, "a checkpoint", err) ||
	    tips_now(tips, l->store, a, err))
		return -1;
	w.cap = tips->n;
	has = checkpoint_newest(&last, l->store, a, err);
	if (has < 0 || (!has && store_project(&last, l->store, a, err)))
		return -1;
	ret = (has ? mark(&w, &last, err) : 0) || check_rewound(&w, err) ||
	      write_it(out, l, tips, &last.oid, a, err) ||
	      fault("checkpoint.ref", err) ? -1 : 0;
	buf_release(&w.refused);
	return ret ? -1 : ref_update(l->store, CHECKPOINTS_REF,
				     has ? &last.oid : NULL, &out->oid,
				     "checkpoint", err);
}
