/*
 * From where refs were to where they are later.
 */
#include "config.h"

#include "ss/tips.h"

static const struct place {
	const char *ref;	/* or what it begins with, where that ends in
				 * a slash */
	bool grows;		/* it goes on to what follows; else it stays */
	bool is_free;		/* it may be rewound and deleted, unless a
				 * policy protects it */
} places[] = {
	{ "refs/heads/", true, true },
	{ "refs/tags/", false, true },
	{ POLICY_REF, true, false },
	{ CHECKPOINTS_REF, true, false },
	{ LEDGER_REFS, true, false },
	{ LEDGER_BEFORE_REFS, false, false },
};
static const struct place elsewhere;

static const struct place *place_of(const char *ref)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (ref_is_at(ref, places[i].ref))
			return &places[i];
	return &elsewhere;
}

static bool may_go(const struct tips_step *s, const struct tip *t)
{
	return place_of(t->ref)->is_free && !policy_rule(s->policy, t->ref);
}

static bool same(const struct tip *a, const struct tip *b)
{
	return !memcmp(a->strong.b, b->strong.b, SHA256_LEN) &&
	       oid_equal(&a->oid, &b->oid) && a->seq == b->seq;
}

static bool is_here(const struct tips_step *s, const struct tip *t)
{
	return odb_has(store_odb(s->store), &t->oid);
}

/* An SHA-1 name alone would not say that it is the same. */
static int leads_to(const struct tips_step *s, const struct tip *from,
		    const struct tip *to, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret;

	if (!is_here(s, from) || !is_here(s, to))
		return 0;
	ret = store_commit(&c, s->store, &from->oid, &a, err) ? -1 :
	      c.seq != from->seq ||
	      memcmp(c.strong.b, from->strong.b, SHA256_LEN) ? 0 :
	      is_ancestor(s->store, &from->oid, &to->oid, err);
	arena_release(&a);
	return ret;
}

/* ---- ledgers ------------------------------------------------------------ */

/* It is kept. */
static int is_aside(const struct tips_step *s, const struct tip *from,
		    struct err *err)
{
	const char *name = from->ref + strlen(LEDGER_REFS);
	size_t n = strlen(name);

	for (size_t i = 0; i < s->to->n; i++) {
		const struct tip *t = &s->to->v[i];
		const char *at;
		int ret;

		if (!str_starts(t->ref, LEDGER_BEFORE_REFS) || t->word)
			continue;
		at = t->ref + strlen(LEDGER_BEFORE_REFS);
		if (strncmp(at, name, n) || at[n] != '/')
			continue;
		ret = leads_to(s, from, t, err);
		if (ret)
			return ret;
	}
	return 0;
}

/* It says that the database does not go on from what was there. */
static bool is_start(const struct commit *c)
{
	static const char *const events[] = { "restore", "clone", "genesis" };
	const char *event = commit_line(c, "Event");

	for (size_t i = 0; event && i < ARRAY_LEN(events); i++)
		if (!strcmp(event, events[i]))
			return true;
	return false;
}

/* Above where the two part somebody has said so. */
static int goes_on(const struct tips_step *s, const struct tip *from,
		   const struct tip *to, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct oid id = to->oid;
	struct commit c;
	int ret;

	for (;;) {
		ret = store_commit(&c, s->store, &id, &a, err);
		if (ret || c.kind != COMMIT_LEDGER)
			break;
		ret = is_ancestor(s->store, &id, &from->oid, err);
		if (ret) {
			ret = ret < 0 ? -1 : 0;
			break;
		}
		if (is_start(&c)) {
			ret = 1;
			break;
		}
		id = c.parents[0].oid;
	}
	arena_release(&a);
	return ret;
}

static int is_restored(const struct tips_step *s, const struct tip *from,
		       const struct tip *to, struct err *err)
{
	int ret;

	if (!str_starts(from->ref, LEDGER_REFS) || !is_here(s, from) ||
	    (to && !is_here(s, to)))
		return 0;
	ret = is_aside(s, from, err);
	return ret <= 0 || !to ? ret : goes_on(s, from, to, err);
}

/* ---- steps -------------------------------------------------------------- */

static int check_gone(const char **why, const struct tips_step *s,
		      const struct tip *from, const struct tip *to,
		      struct err *err)
{
	int ret = may_go(s, from) ? 1 : is_restored(s, from, NULL, err);

	if (ret < 0)
		return -1;
	*why = !same(from, to) ? "it was deleted from elsewhere" : ret ? NULL :
	       "it was deleted, and must not be";
	return 0;
}

static int check_moved(const char **why, const struct tips_step *s,
		       const struct tip *from, const struct tip *to,
		       struct err *err)
{
	int ret = 0;

	if (!is_here(s, to) && may_go(s, from) && s->left &&
	    map_find(s->left, from->ref))
		return 0;
	if (place_of(from->ref)->grows)
		ret = leads_to(s, from, to, err);
	if (!ret)
		ret = is_restored(s, from, to, err);
	if (!ret)
		*why = !is_here(s, to) ? "what it led to is not here" :
		       "it was put back, or leads elsewhere";
	return ret < 0 ? -1 : 0;
}

static int check(const char **why, const struct tips_step *s,
		 const struct tip *from, struct err *err)
{
	const struct tip *to = tips_find(s->to, from->ref);

	*why = NULL;
	if (!to)
		*why = "it is gone";
	else if (to->word == TIP_DELETED)
		return check_gone(why, s, from, to, err);
	else if (to->word == TIP_REWOUND)
		*why = may_go(s, from) ? NULL :
		       "it was put back, and must not be";
	else if (!same(from, to))
		return check_moved(why, s, from, to, err);
	return 0;
}

int tips_follow(const struct tips_step *s, struct err *err)
{
	for (size_t i = 0; i < s->from->n; i++) {
		const struct tip *from = &s->from->v[i];
		const char *why;

		if (from->word == TIP_DELETED)
			continue;
		if (check(&why, s, from, err))
			return err_wrap(err, "%s", from->ref);
		if (why)
			s->broken(s->ctx, from, why);
	}
	return 0;
}
