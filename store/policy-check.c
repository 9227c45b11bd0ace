/*
 * What makes a policy one that can be kept, and one that may come after
 * another: rules between lines.
 */
#include "config.h"

#include "ss/policy.h"

#include "store/policy.h"

#define FORMAT_MOST 1

static int bad(struct err *err, const struct policy_line *l, const char *why)
{
	return err_set(err, ERR_USAGE, "'%.200s': %s", l->text, why);
}

/* The kinds of which there is one, and those that every policy has. */
static int check_counts(const struct policy *p, struct err *err)
{
	for (enum policy_kind k = 0; k < POLICY_KINDS; k++) {
		size_t n = p->at[k + 1] - p->at[k];

		if (n > 1 && policy_is_single(k))
			return err_set(err, ERR_USAGE, "there are several "
				       "lines '%s'", policy_word(k));
		if (!n && k <= POLICY_MIN_FORMAT)
			return err_set(err, ERR_USAGE, "there is no line "
				       "'%s'", policy_word(k));
	}
	return 0;
}

static int check_head(struct policy *p, struct err *err)
{
	const struct policy_line *prev = policy_line(p, POLICY_PREV);
	const struct policy_line *format = policy_line(p, POLICY_MIN_FORMAT);

	p->seq = policy_line(p, POLICY_SEQ)->number;
	if (!p->seq == prev->has_sum)
		return bad(err, prev, "the first policy alone, whose seq is 0, "
			   "has none before it");
	if (format->number > FORMAT_MOST)
		return bad(err, format, "no such format is known here");
	return 0;
}

/* What two lines of a kind cannot share: they would be one thing. */
static bool same_thing(const struct policy_line *a, const struct policy_line *b)
{
	switch (a->kind) {
	case POLICY_PERSON:
		return !strcmp(a->name, b->name) ||
		       !ascii_casecmp(a->email, b->email);
	case POLICY_KEY:
		return pubkey_equal(&a->key, &b->key);
	case POLICY_DB:
		return !strcmp(a->name, b->name) || !strcmp(a->id, b->id);
	case POLICY_DROP:
		return !strcmp(a->fingerprint, b->fingerprint);
	case POLICY_PROTECT:
	case POLICY_SEAL:
		return !strcmp(a->ref, b->ref);
	default:
		return !strcmp(a->text, b->text);
	}
}

static int check_once(const struct policy *p, struct err *err)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = i + 1; k < p->at[p->v[i].kind + 1]; k++)
			if (same_thing(&p->v[i], &p->v[k]))
				return bad(err, &p->v[k], p->v[i].kind ==
					   POLICY_KEY ? "the key is somebody's "
					   "already" : "it is there already");
	return 0;
}

static int check_list(const struct policy *p, const struct policy_line *l,
		      const struct list *who, struct err *err)
{
	for (size_t i = 0; i < who->n; i++) {
		if (!policy_person(p, who->v[i]))
			return err_set(err, ERR_USAGE, "'%.200s': there is no "
				       "person '%s'", l->text, who->v[i]);
		if (i && !strcmp(who->v[i - 1], who->v[i]))
			return err_set(err, ERR_USAGE, "'%.200s': '%s' stands "
				       "there twice", l->text, who->v[i]);
	}
	return 0;
}

/* So many must agree: there are as many who can. */
static int check_threshold(const struct policy *p, const struct policy_line *l,
			   const struct list *who, struct err *err)
{
	if (l->kind == POLICY_ROOT && !l->number)
		return bad(err, l, "at least one must agree");
	if (l->number > policy_able(p, who))
		return bad(err, l, "more must agree than there are persons "
			   "with a key that signs");
	return 0;
}

static bool has_key(const struct policy *p, const char *fingerprint)
{
	size_t n;
	const struct policy_line *key = policy_lines(p, POLICY_KEY, &n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(key[i].fingerprint, fingerprint))
			return true;
	return false;
}

static int check_line(const struct policy *p, const struct policy_line *l,
		      struct err *err)
{
	struct list who = l->who;

	if (l->kind == POLICY_KEY && !policy_person(p, l->name))
		return bad(err, l, "there is no such person");
	if (l->kind == POLICY_DROP && !has_key(p, l->fingerprint))
		return bad(err, l, "no line has such a key");
	if (l->kind == POLICY_PROTECT && !str_starts(l->ref, "refs/heads/"))
		return bad(err, l, "only branches are protected");
	if (check_list(p, l, &l->who, err) ||
	    check_list(p, l, &l->deployers, err))
		return -1;
	if ((l->kind == POLICY_PROTECT || l->kind == POLICY_DB) && !who.n)
		who = policy_role(p, POLICY_APPROVER);
	if (l->kind == POLICY_ROOT || l->kind == POLICY_PROTECT ||
	    l->kind == POLICY_DB)
		return check_threshold(p, l, &who, err);
	return 0;
}

int policy_check(struct policy *p, struct err *err)
{
	if (check_counts(p, err) || check_head(p, err) || check_once(p, err))
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (check_line(p, &p->v[i], err))
			return -1;
	if (!policy_is_open(p) && !policy_line(p, POLICY_ROOT))
		return err_set(err, ERR_USAGE, "there are persons, and no line "
			       "'root'");
	return 0;
}

/* ---- after another ------------------------------------------------------ */

static int lost(struct err *err, const struct policy_line *l, const char *why)
{
	return err_set(err, ERR_REFUSED, "'%.200s' of the policy before: %s",
		       l->text, why);
}

/* Its counterpart; NULL: it is gone. */
static const struct policy_line *same_in(const struct policy *p,
					 const struct policy_line *l)
{
	size_t n;
	const struct policy_line *v = policy_lines(p, l->kind, &n);

	for (size_t i = 0; i < n; i++)
		if (l->kind == POLICY_PERSON || l->kind == POLICY_DB ?
		    !strcmp(v[i].name, l->name) : same_thing(&v[i], l))
			return &v[i];
	return NULL;
}

/* A key, a person, a database and what was dropped stay what they were. */
static int check_kept(const struct policy_line *l, const struct policy *to,
		      struct err *err)
{
	const struct policy_line *now;

	if (l->kind != POLICY_PERSON && l->kind != POLICY_KEY &&
	    l->kind != POLICY_DB && l->kind != POLICY_DROP)
		return 0;
	now = same_in(to, l);
	if (!now)
		return lost(err, l, l->kind == POLICY_KEY ?
			    "a key stays: say 'drop'" : "it stays");
	if (l->kind == POLICY_KEY && strcmp(now->name, l->name))
		return lost(err, l, "a key belongs to one person, forever");
	if (l->kind == POLICY_DB && strcmp(now->id, l->id))
		return lost(err, l, "a database keeps its id");
	if (l->kind == POLICY_DROP && l->compromised && !now->compromised)
		return lost(err, l, "it stays compromised");
	return 0;
}

int policy_follows(const struct policy *from, const struct strong_id *id,
		   const struct policy *to, struct err *err)
{
	const struct policy_line *format = policy_line(from,
						       POLICY_MIN_FORMAT);
	const struct policy_line *prev = policy_line(to, POLICY_PREV);

	if (to->seq != from->seq + 1)
		return err_set(err, ERR_REFUSED, "the policy after %llu is "
			       "not %llu", (unsigned long long)from->seq,
			       (unsigned long long)to->seq);
	if (memcmp(prev->sum.b, id->b, SHA256_LEN))
		return err_set(err, ERR_REFUSED, "it comes after another "
			       "policy than the one in force");
	if (policy_line(to, POLICY_MIN_FORMAT)->number < format->number)
		return lost(err, format, "it never gets lower");
	if (policy_is_open(to) && !policy_is_open(from))
		return err_set(err, ERR_REFUSED, "it names nobody");
	for (size_t i = 0; i < from->n; i++)
		if (check_kept(&from->v[i], to, err))
			return -1;
	return 0;
}
