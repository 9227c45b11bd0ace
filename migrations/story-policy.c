/*
 * An entry of a ledger, as the policies judge it: by the one that it names, and
 * by the rule that this has for the database.  What is in the store has been
 * judged there as any other commit; a row that is not, is here.
 */
#include "config.h"

#include "migrations/audit.h"

static const char *line(const struct commit *c, const char *key)
{
	const char *value = commit_line(c, key);

	return value ? value : "";
}

static const char *name_of(const struct at *at)
{
	return arena_printf(at->arena, "%s:%zu", at->s->what, at->i);
}

static void tell(const struct at *at, enum policy_verdict v)
{
	verify_tell(at->s->v, name_of(at), policy_verdict_rule(v), at->c,
		    policy_verdict_text(v));
}

static bool is_in_store(const struct at *at, const struct strong_id *id)
{
	return map_find_bytes(&at->s->v->by_strong, id->b, SHA256_LEN);
}

static bool same_id(const struct strong_id *a, const struct strong_id *b)
{
	return !memcmp(a->b, b->b, SHA256_LEN);
}

/* ---- by any policy ------------------------------------------------------ */

/* A seal of a ledger is one of its entries. */
static bool within(void *ctx, const struct strong_id *seal)
{
	const struct at *at = ctx;

	for (size_t i = at->i; i < at->s->nids; i++)
		if (same_id(&at->s->ids[i], seal))
			return true;
	return false;
}

static enum policy_verdict judge_row(struct at *at)
{
	const struct policy_chain *chain = &at->s->v->policies->chain;
	const struct commit *c = at->c;
	struct policy_case q = {
		.kind = c->kind, .ref = c->ref, .email = c->committer.email,
		.key = c->is_signed ? &c->sig.key : NULL,
		.seq = c->policy_seq, .id = c->strong, .within = within,
		.ctx = at,
		.least = at->i ? at->s->before.policy_seq : 0,
	};

	memcpy(q.policy.b, c->policy, SHA256_LEN);
	return policy_judge(chain, &q);
}

/* ---- what was left ------------------------------------------------------- */

/* Is that entry the other one, or behind it?  What is not in the store is
 * not. */
static bool leads_to(struct at *at, const struct strong_id *entry,
		     const struct oid *id)
{
	struct store *store = at->s->project->store;
	struct commit c;
	int ret = verify_find(&c, at->s->v, store, entry, at->arena, at->err);

	if (ret > 0)
		ret = is_ancestor(store, &c.oid, id, at->err);
	if (ret < 0)
		at->ret = -1;
	return ret > 0;
}

/* Behind this one. */
static bool is_before(struct at *at, const struct strong_id *entry)
{
	if (!at->s->rows)
		return leads_to(at, entry, &at->c->parents[0].oid);
	for (size_t i = 0; i < at->i && i < at->s->nids; i++)
		if (same_id(&at->s->ids[i], entry))
			return true;
	return false;
}

/* By what another restore has named. */
static bool is_behind(struct at *at, const struct strong_id *entry,
		      const struct strong_id *left)
{
	struct commit c;
	int ret = verify_find(&c, at->s->v, at->s->project->store, left,
			      at->arena, at->err);

	if (ret < 0)
		at->ret = -1;
	return same_id(left, entry) ||
	       (ret > 0 && leads_to(at, entry, &c.oid));
}

static bool was_left(struct at *at, const struct strong_id *entry)
{
	struct story *s = at->s;

	if (s->said && same_id(&s->said_by, entry))
		return false;
	for (size_t i = 0; i < s->nleft; i++)
		if (is_behind(at, entry, &s->left[i]))
			return true;
	return s->said && (same_id(&s->v->project.strong, entry) ||
			   is_before(at, entry));
}

/* What a restore says that the mirror had is not where the database has gone on
 * from before: what was approved then would be again. */
static void check_left(struct at *at)
{
	struct story *s = at->s;
	const char *blank = strchr(line(at->c, "Restored"), ' ');
	struct strong_id left;

	if (strcmp(line(at->c, "Event"), "restore") || !blank ||
	    strlen(blank + 1) != 2 * SHA256_LEN ||
	    hex_decode(left.b, blank + 1, SHA256_LEN))
		return;
	if (was_left(at, &left))
		verify_tell(s->v, name_of(at), "restore", at->c, "what it says "
			    "that the mirror had is an entry that the "
			    "database has left before");
	*ARENA_PUSH(&s->room, s->left, s->nleft, s->left_cap) = left;
}

/* ---- by its rule -------------------------------------------------------- */

struct judging {
	struct at *at;
	const struct policy *policy;
	const struct policy_line *rule;
	struct policy_deploy q;
	const struct pubkey **approvals;
	bool lost;		/* an approval is not in the store */
};

/* The branch as it is now, and as policies have sealed it since. */
static int open_branch(struct story_branch **out, struct at *at,
		       const char *ref, bool landed)
{
	const struct policy_chain *chain = &at->s->v->policies->chain;
	struct story *s = at->s;
	struct story_branch *b = ARENA_PUSH(&s->room, s->branches,
					    s->nbranches, s->branches_cap);

	*b = (struct story_branch){ .ref = ref, .landed = landed };
	*out = b;
	if (branch_versions_open(&b->versions, s->project->store, ref, landed,
				 &s->room, at->err))
		return -1;
	for (size_t i = 0; i < chain->n; i++) {
		size_t n;
		const struct policy_line *v = policy_lines(chain->v[i],
							   POLICY_SEAL, &n);

		for (size_t k = 0; k < n; k++) {
			const struct oid *id = map_find_bytes(
				&s->v->by_strong, v[k].sum.b, SHA256_LEN);

			if (id && !strcmp(v[k].ref, ref) &&
			    walk_push(b->versions.walk, id, at->err))
				return -1;
		}
	}
	return 0;
}

static int find_branch(struct story_branch **out, const struct judging *j)
{
	struct story *s = j->at->s;
	bool landed = policy_rule(j->policy, j->rule->ref);

	for (size_t i = 0; i < s->nbranches; i++) {
		*out = &s->branches[i];
		if (!strcmp((*out)->ref, j->rule->ref) &&
		    (*out)->landed == landed)
			return 0;
	}
	return open_branch(out, j->at, j->rule->ref, landed);
}

/* What approvals are behind: see schemastore-policy(5). */
static int find_onto(struct strong_id *out, const struct at *at)
{
	const char *restored = line(at->c, "Restored");
	const char *blank = strchr(restored, ' ');

	*out = at->s->said ? at->s->said_by : at->s->v->project.strong;
	return !strcmp(line(at->c, "Event"), "restore") && blank &&
	       strlen(blank + 1) == 2 * SHA256_LEN ?
	       hex_decode(out->b, blank + 1, SHA256_LEN) : 0;
}

/* Whoever has approved just that. */
static int take_approvals(struct judging *j, const struct strong_id *to)
{
	struct at *at = j->at;
	struct arena *a = at->arena;
	const struct commit *c = at->c;
	struct strong_id onto;

	j->approvals = arena_alloc(a, (c->nparents + 1) *
				   sizeof(*j->approvals));
	j->q.approvals.v = j->approvals;
	if (find_onto(&onto, at))
		return 0;
	for (size_t i = 1; i < c->nparents; i++) {
		struct commit *by = arena_alloc(a, sizeof(*by));
		int ret = verify_find(by, at->s->v, at->s->project->store,
				      &c->parents[i].strong, a, at->err);

		if (ret < 0)
			return -1;
		j->lost |= !ret;
		if (ret && by->kind == COMMIT_APPROVAL && by->is_signed &&
		    !strcmp(by->ref, c->ref) && same_id(&by->approves, to) &&
		    same_id(&by->onto, &onto))
			j->approvals[j->q.approvals.n++] = &by->sig.key;
	}
	return 0;
}

/* What is adopted runs no SQL, and is nobody's work. */
static int find_authors(struct judging *j, const struct oid *to)
{
	struct at *at = j->at;
	struct commit from;
	int ret;

	if (strcmp(line(at->c, "Event"), "begin"))
		return 0;
	ret = story_version(&from, at, line(at->c, "From"));
	return ret < 0 ? -1 :
	       deploy_authors(&j->q.authors, at->s->project->store,
			      ret ? &from.oid : NULL, to, at->arena,
			      at->err);
}

/* The version that it brings the database to is one of the branch's; who has
 * written what comes with it, and who approves. */
static int look(struct judging *j)
{
	const char *place = line(j->at->c, "To");
	bool nothing = str_starts(place, "- ");
	struct story_branch *branch;
	struct commit to;
	int ret = nothing ? 0 : story_version(&to, j->at, place);

	j->q.on_branch = true;
	j->q.edge = strcmp(line(j->at->c, "Event"), "begin") ||
		    !strcmp(line(j->at->c, "Plan"), "edge");
	/* One that is not there has been told. */
	if (ret < 0 || (!ret && !nothing)) {
		j->q.moves = false;
		return ret;
	}
	if (ret) {
		ret = find_branch(&branch, j) ? -1 :
		      branch_versions_have(&branch->versions, &to.oid,
					   j->at->err);
		j->q.on_branch = ret > 0;
	}
	if (ret < 0 || !j->rule->number)
		return ret < 0 ? -1 : 0;
	return take_approvals(j, nothing ? &j->at->s->v->project.strong :
			      &to.strong) ||
	       find_authors(j, nothing ? NULL : &to.oid) ? -1 : 0;
}

/* A run that came half-way may be turned back to where it was begun. */
static bool is_back(const struct at *at)
{
	const char *back = at->s->back, *to = line(at->c, "To");
	size_t n = strlen(back);

	return n && !strncmp(back, to, n) && to[n] == ' ';
}

static bool moves(const struct at *at)
{
	return *line(at->c, "To") && strcmp(line(at->c, "Event"), "finish") &&
	       !is_back(at);
}

static int judge_rule(struct at *at, const struct policy *p)
{
	const struct commit *c = at->c;
	struct judging j = {
		.at = at, .policy = p, .rule = policy_rule(p, c->ref),
		.q = {
			.ref = c->ref,
			.id = arena_printf(at->arena, "%.32s",
					   line(c, "Db")),
			.key = c->is_signed ? &c->sig.key : NULL,
			.moves = moves(at),
		},
	};
	enum policy_verdict v;

	if (j.rule && j.q.moves && look(&j))
		return -1;
	v = policy_judge_deploy(p, &j.q);
	if (v == POLICY_TOO_FEW && j.lost)
		verify_miss(at->s->v, name_of(at), "approvals", c, "approvals "
			    "that it names are not in the store");
	else if (v >= POLICY_TOO_FEW)
		tell(at, v);
	/* It has been written there first, or not at all. */
	if (j.rule && j.rule->mirror && at->s->rows &&
	    !strcmp(line(c, "Event"), "begin") &&
	    !is_in_store(at, &c->strong))
		verify_miss(at->s->v, name_of(at), "no-mirror", c, "the "
			    "mirror that the policy asks for lacks it");
	return 0;
}

/* ------------------------------------------------------------------------- */

static void take_place(struct at *at)
{
	if (ledger_places(at->c)) {
		at->s->said = true;
		at->s->said_by = at->c->strong;
	}
	if (strcmp(line(at->c, "Event"), "finish"))
		at->s->back[0] = '\0';
}

int story_judge(struct at *at)
{
	const struct policies *p = at->s->v->policies;
	const struct commit *c = at->c;
	bool in_store = is_in_store(at, &c->strong);
	enum policy_verdict v = POLICY_FINE;
	int ret = 0;

	if (!p)
		return 0;
	if (!in_store)
		v = judge_row(at);
	if (v == POLICY_UNKNOWN)
		verify_tell(at->s->v, name_of(at), "policy-line", c, "it names "
			    "a policy that this project does not have");
	else if (v != POLICY_FINE)
		tell(at, v);
	if (c->policy_seq < p->chain.n)
		ret = judge_rule(at, p->chain.v[c->policy_seq]);
	check_left(at);
	take_place(at);
	return ret || at->ret ? -1 : 0;
}

void story_judged(struct story *s)
{
	for (size_t i = 0; i < s->nbranches; i++)
		branch_versions_close(&s->branches[i].versions);
	arena_release(&s->room);
}
