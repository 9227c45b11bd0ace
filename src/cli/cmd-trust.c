/*
 * The policy: trust init, show, propose, approve, land.
 */
#include "config.h"

#include "cli/trust.h"

#include "ss/file.h"

#define POLICY_MOST (256u << 10)

struct trust_args {
	struct list add;
	struct list remove;
	const char *file;
	const char *message;
	bool text;
};

static const struct opt trust_opts[] = {
	{ "add", 0, OPT_LIST, offsetof(struct trust_args, add), "LINE",
	  "propose: add a line, or put it in the place of the only one of its "
	  "kind" },
	{ "remove", 0, OPT_LIST, offsetof(struct trust_args, remove), "LINE",
	  "propose: take a line away" },
	{ "file", 'F', OPT_TEXT, offsetof(struct trust_args, file), "FILE",
	  "propose: this whole text" },
	{ "message", 'm', OPT_TEXT, offsetof(struct trust_args, message),
	  "TEXT", "propose: what changes, and why" },
	{ "text", 0, OPT_FLAG, offsetof(struct trust_args, text), NULL,
	  "show: the policy's text" },
};

int trust_open(struct landing *l, struct ctx *c, const char *ref,
	       struct err *err)
{
	struct project *p = &c->project;

	*l = (struct landing){ .store = p->store, .ref = ref, .who = p->who };
	return project_key(&l->key, p, err) || store_lock(p->store, err) ?
	       -1 : 0;
}

/* The branches that are protected and where the version's parent is. */
static int find_branch(struct landing *l, struct ctx *c, struct err *err)
{
	size_t n, found = 0;
	const struct policy_line *v;

	if (policies_read(&l->policies, l->store, &c->arena, err))
		return -1;
	v = policy_lines(policies_last(&l->policies), POLICY_PROTECT, &n);
	for (size_t i = 0; i < n; i++) {
		struct oid id;
		int ret = ref_read(&id, l->store, v[i].ref, err);

		if (ret < 0)
			return -1;
		if (!ret || !l->what.nparents ||
		    !oid_equal(&id, &l->what.parents[0].oid))
			continue;
		found++;
		l->ref = v[i].ref;
	}
	if (found == 1)
		return 0;
	if (!found)
		err_set(err, ERR_USAGE, "'%s' stands on no branch that is "
			"protected", l->what.subject);
	else
		err_set(err, ERR_USAGE, "'%s' stands on several branches that "
			"are protected", l->what.subject);
	return err_hint(err, "name the branch: --onto BRANCH");
}

int trust_target(struct landing *l, struct ctx *c, const char *version,
		 const char *onto, struct err *err)
{
	if (named_version(&l->what, c, version, err))
		return -1;
	if (!onto)
		return find_branch(l, c, err);
	l->ref = arena_printf(&c->arena, "refs/heads/%s", onto);
	return 0;
}

/* ---- proposing ---------------------------------------------------------- */

static bool is_kind(const char *line, enum policy_kind kind)
{
	size_t n = strlen(policy_word(kind));

	return !strncmp(line, policy_word(kind), n) && line[n] == ' ';
}

/* One that the store fills in, or that is of its policy alone. */
static bool is_own(const char *line)
{
	return str_starts(line, "schemastore-policy ") ||
	       is_kind(line, POLICY_SEQ) || is_kind(line, POLICY_PREV) ||
	       is_kind(line, POLICY_SEAL) || is_kind(line, POLICY_VOUCH);
}

/* Another one takes its place. */
static bool is_replaced(const char *line, const struct list *add)
{
	static const enum policy_kind single[] = {
		POLICY_MIN_FORMAT, POLICY_ROOT, POLICY_AUTHOR, POLICY_APPROVER,
		POLICY_DEPLOYER, POLICY_WITNESS,
	};

	for (size_t i = 0; i < add->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(single); k++)
			if (is_kind(line, single[k]) &&
			    is_kind(add->v[i], single[k]))
				return true;
	return false;
}

static bool is_removed(const char *line, const struct list *remove, bool *used)
{
	for (size_t i = 0; i < remove->n; i++)
		if (!strcmp(line, remove->v[i])) {
			used[i] = true;
			return true;
		}
	return false;
}

static int edit_lines(struct buf *out, char *text, struct ctx *c,
		      const struct trust_args *a, struct err *err)
{
	bool *used = arena_alloc(&c->arena, a->remove.n + 1);

	for (char *end; *text; text = end) {
		size_t n = strcspn(text, "\n");

		end = text + n + (text[n] == '\n');
		text[n] = '\0';
		if (!is_own(text) && !is_removed(text, &a->remove, used) &&
		    !is_replaced(text, &a->add) &&
		    trust_add_line(out, c, text, err))
			return -1;
	}
	for (size_t i = 0; i < a->remove.n; i++)
		if (!used[i])
			return err_set(err, ERR_USAGE, "the policy has no line "
				       "'%s'", a->remove.v[i]);
	for (size_t i = 0; i < a->add.n; i++)
		if (trust_add_line(out, c, a->add.v[i], err))
			return -1;
	return 0;
}

static int propose(struct ctx *c, struct landing *l, const char *lines,
		   struct err *err)
{
	struct store *s = c->project.store;
	struct oid old;
	int has;

	if (policy_propose(l, lines, &c->arena, err) ||
	    odb_flush(store_odb(s), err))
		return -1;
	has = ref_read(&old, s, PROPOSAL_REF, err);
	return has < 0 ? -1 : ref_update(s, PROPOSAL_REF, has ? &old : NULL,
					 &l->what.oid, "propose", err);
}

static int run_propose(struct ctx *c, const struct trust_args *a,
		       struct landing *l, struct err *err)
{
	struct buf text = BUF_INIT, lines = BUF_INIT;
	int ret = -1;

	l->message = a->message ? a->message : "Change the policy";
	if (policies_read(&l->policies, l->store, &c->arena, err))
		goto out;
	if (!a->file)
		policy_add_text(&text, policies_last(&l->policies));
	else if (file_read(&text, a->file, POLICY_MOST, err))
		goto out;
	if (!a->add.n && !a->remove.n && !a->file &&
	    trust_edit(&text, c, policies_last(&l->policies), err))
		goto out;
	if (edit_lines(&lines, text.ptr, c, a, err) ||
	    propose(c, l, lines.ptr, err))
		goto out;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "Proposed policy %llu\nNext: "
			 "'schemastore trust approve' by others of its root, "
			 "then 'schemastore trust land'\n",
			 (unsigned long long)l->what.seq);
	ret = 0;
out:
	buf_release(&text);
	buf_release(&lines);
	return ret;
}

/* ---- the first one ------------------------------------------------------- */

/* Of an e-mail address, what is before the @, in letters that a person's word
 * may have. */
static const char *word_of(struct ctx *c, const char *email)
{
	char *word = arena_strndup(&c->arena, email, strcspn(email, "@+"));
	size_t n = 0;

	for (char *p = word; *p; p++) {
		char low = ascii_lower(*p);

		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789", low) ||
		    (n && strchr("._-", low)))
			word[n++] = low;
	}
	word[n] = '\0';
	return n ? word : "me";
}

static int make_first(struct ctx *c, struct landing *l, struct err *err)
{
	const struct ident *who = &c->project.who;
	const char *word = word_of(c, who->email);
	struct buf b = BUF_INIT;
	int ret;

	buf_addf(&b, "min-format 1\nperson %s %s %s\nkey %s ", word, who->name,
		 who->email, word);
	pubkey_add_line(&b, &l->key->pub);
	buf_addf(&b, "\nroot 1 %s\nauthor %s\napprover %s\ndeployer %s\n",
		 word, word, word, word);
	l->message = "Say who may do what";
	ret = propose(c, l, b.ptr, err);
	buf_release(&b);
	return ret;
}

static int land(struct ctx *c, struct landing *l, struct err *err)
{
	struct store *s = c->project.store;
	struct commit made;
	struct oid id;
	int ret = ref_read(&id, s, PROPOSAL_REF, err);

	if (!ret)
		return err_set(err, ERR_USAGE, "no policy is proposed");
	if (ret < 0 || store_commit(&l->what, s, &id, &c->arena, err) ||
	    landing_write(&made, l, &c->arena, err) ||
	    ref_update(s, PROPOSAL_REF, &id, NULL, "landed", err))
		return -1;
	if (!c->global.quiet)
		out_addf(c, COLOR_NONE, "Policy %llu is in force\n",
			 (unsigned long long)made.seq);
	return 0;
}

static int run_first(struct ctx *c, const struct trust_args *a,
		     struct landing *l, struct err *err)
{
	(void)a;
	if (policies_read(&l->policies, l->store, &c->arena, err))
		return -1;
	if (!policy_is_open(policies_last(&l->policies)))
		return err_set(err, ERR_REFUSED, "the policy says already who "
			       "may do what");
	if (!l->key || !l->key->pub.blob) {
		err_set(err, ERR_REFUSED, "a policy is signed, and there is no "
			"key");
		return err_hint(err, "'schemastore key new' makes one");
	}
	return make_first(c, l, err) || land(c, l, err) ? -1 : 0;
}

/* ---- the others ---------------------------------------------------------- */

static int run_approve(struct ctx *c, const struct trust_args *a,
		       struct landing *l, struct err *err)
{
	struct commit approval;
	struct oid id;
	int ret = ref_read(&id, l->store, PROPOSAL_REF, err);

	if (!ret)
		return err_set(err, ERR_USAGE, "no policy is proposed");
	l->message = a->message;
	if (ret < 0 || store_commit(&l->what, l->store, &id, &c->arena, err) ||
	    approval_write(&approval, l, &c->arena, err))
		return -1;
	trust_say_approved(c, l, &approval);
	return 0;
}

static int run_land(struct ctx *c, const struct trust_args *a,
		    struct landing *l, struct err *err)
{
	(void)a;
	return land(c, l, err);
}

static int run_show(struct ctx *c, const struct trust_args *a, struct err *err)
{
	struct policies p;

	if (policies_read(&p, c->project.store, &c->arena, err))
		return -1;
	if (a->text)
		policy_add_text(&c->out, policies_last(&p));
	else
		trust_show(c, &p);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(struct ctx *c, const struct trust_args *a,
		   struct landing *l, struct err *err);
} verbs[] = {
	{ "init", run_first },
	{ "propose", run_propose },
	{ "approve", run_approve },
	{ "land", run_land },
};

static int run_trust(struct ctx *c, void *args, struct err *err)
{
	const char *word = c->args.n ? c->args.v[0] : "show";
	struct landing l;
	int ret;

	if (!strcmp(word, "show"))
		return run_show(c, args, err);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].word, word))
			continue;
		if (trust_open(&l, c, POLICY_REF, err))
			return -1;
		ret = verbs[i].run(c, args, &l, err);
		store_unlock(c->project.store);
		return ret;
	}
	err_set(err, ERR_USAGE, "'trust %s' is nothing that can be done", word);
	return err_hint(err, "there are 'trust show', 'trust init', 'trust "
			"propose', 'trust approve' and 'trust land'");
}

const struct cmd cmd_trust = {
	.name = "trust",
	.summary = "Say who may do what in a project",
	.usage = "[show [--text] | init | propose [-m TEXT] [--add LINE]... "
		 "[--remove LINE]... [--file FILE] | approve [-m TEXT] | land]",
	.needs = NEED_STORE,
	.max_args = 1,
	.opts = trust_opts,
	.nopts = ARRAY_LEN(trust_opts),
	.args_size = sizeof(struct trust_args),
	.run = run_trust,
};
