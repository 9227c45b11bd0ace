/*
 * What the policy says of a database's change, before anything has happened;
 * verify asks the same of the entries (story.c).
 */
#include "config.h"

#include "ss/ledger.h"

#include "ss/file.h"
#include "ss/policies.h"

#include "migrations/mirror.h"

/* What there is to ask, and what is answered. */
struct asking {
	struct ledger *ledger;
	struct project *project;
	const struct ledger_move *move;
	struct landing l;	/* the approvals, as those of what lands */
	const struct policy *policy;
	const struct policy_line *rule;	/* NULL: no line `db` */
	struct policy_deploy q;
};

/* ---- where it is -------------------------------------------------------- */

int ledger_said(struct strong_id *out, const struct ledger *l,
		struct project *p, struct err *err)
{
	struct commit genesis;

	*out = l->said_by;
	if (l->said)
		return 0;
	if (store_project(&genesis, p->store, l->arena, err))
		return -1;
	*out = genesis.strong;
	return 0;
}

/* Newest first, to the entry that says where the database is. */
static int look_in_mirror(struct ledger *l, struct project *p,
			  struct err *err)
{
	struct oid at = l->mirror;
	struct commit *c;

	for (;;) {
		c = arena_alloc(l->arena, sizeof(*c));
		if (store_commit(c, p->store, &at, l->arena, err))
			return -1;
		if (c->kind != COMMIT_LEDGER)
			return 0;
		if (!l->db_id)
			l->db_id = ledger_id(l, c);
		if (ledger_places(c))
			return ledger_place(l, c, err);
		at = c->parents[0].oid;
	}
}

static int look_in_rows(struct ledger *l, struct project *p, struct err *err)
{
	const char *file = l->db.engine->file(l->db.url);
	struct database db = l->db;
	struct arena *a = l->arena;
	struct conn *conn;
	int ret;

	(void)p;
	if (file && !file_exists(file))
		return 0;
	if (database_open(&conn, &db, CONN_READ, err))
		return -1;
	ret = ledger_read(l, conn, &db, a, err);
	if (!ret && l->next_row)
		l->db_id = ledger_id(l, &l->tail.c);
	db.engine->close(conn);
	l->conn = NULL;
	return ret;
}

int ledger_look(struct ledger *l, struct project *p, const struct database *db,
		struct arena *a, struct err *err)
{
	int ret;

	*l = (struct ledger){ .db = *db, .arena = a, .at_start = true };
	ret = ref_read(&l->mirror, p->store, mirror_ref(a, db), err);
	l->has_mirror = ret > 0;
	return ret < 0 ? -1 : ret ? look_in_mirror(l, p, err) :
	       look_in_rows(l, p, err);
}

int ledger_left(struct strong_id *out, const struct ledger *l,
		struct project *p, struct err *err)
{
	struct ledger seen;

	/* Rows that the mirror lacks are not lost. */
	if (!l->has_mirror || l->behind)
		return ledger_said(out, l, p, err);
	return ledger_look(&seen, p, &l->db, l->arena, err) ? -1 :
	       ledger_said(out, &seen, p, err);
}

/* ---- the question ------------------------------------------------------- */

static int look(struct asking *q, struct err *err)
{
	const struct ledger_move *m = q->move;
	struct deploy_ends ends = {
		.from = m->from ? &m->from->oid : NULL,
		.to = m->to ? &m->to->oid : NULL,
	};
	struct landing *l = &q->l;
	struct arena *a = q->ledger->arena;

	if (m->to)
		l->what = *m->to;
	else if (store_project(&l->what, l->store, a, err))
		return -1;
	return (m->restored ? ledger_left : ledger_said)(
			&ends.onto, q->ledger, q->project, err) ||
	       deploy_look(l, &ends, a, err) ? -1 : 0;
}

static int find_on_branch(struct asking *q, struct err *err)
{
	const char *ref = q->rule->ref;
	bool landed = policy_rule(q->policy, ref);
	struct branch_versions b;
	int ret = 1;

	if (!q->move->to) {
		q->q.on_branch = true;
		return 0;
	}
	if (branch_versions_open(&b, q->l.store, ref, landed,
				 q->ledger->arena, err))
		ret = -1;
	if (ret > 0)
		ret = branch_versions_have(&b, &q->move->to->oid, err);
	branch_versions_close(&b);
	q->q.on_branch = ret > 0;
	return ret < 0 ? -1 : 0;
}

/* Its own, that which it is to get, or any. */
static const char *id_of(const struct asking *q)
{
	const struct ledger *l = q->ledger;
	const char *id = NULL;

	if (!(q->move && q->move->new_id)) {
		if (l->db_id)
			id = l->db_id;
		else if (l->next_row)
			id = ledger_id(l, &l->tail.c);
	}
	return id ? id : q->rule ? q->rule->id : "";
}

static int ask(struct asking *q, struct err *err)
{
	const struct key *key = q->l.key;
	struct arena *a = q->ledger->arena;
	const struct pubkey **v;

	q->q.ref = q->l.ref;
	q->q.id = id_of(q);
	q->q.key = key && key->pub.blob ? &key->pub : NULL;
	q->q.no_mirror = q->ledger->db.no_mirror;
	q->q.moves = q->move;
	if (!q->move || !q->rule)
		return 0;
	q->q.edge = q->move->edge;
	if (find_on_branch(q, err) || (q->rule->number && look(q, err)))
		return -1;
	v = arena_alloc(a, (q->l.n + 1) * sizeof(*v));
	for (size_t i = 0; i < q->l.n; i++)
		v[i] = &q->l.approvals[i].sig.key;
	q->q.approvals = (struct policy_keys){ v, q->l.n };
	q->q.authors = q->l.authors;
	return 0;
}

/* ---- the answer --------------------------------------------------------- */

static const char *joined(const struct list *who, struct arena *a)
{
	const char *names = "";

	for (size_t i = 0; i < who->n; i++)
		names = arena_printf(a, "%s%s%s", names, i ? ", " : "",
				     who->v[i]);
	return names;
}

static const char *short_ref(const char *ref)
{
	return str_starts(ref, "refs/heads/") ? ref + strlen("refs/heads/") :
	       ref;
}

static int no_key(struct asking *q, struct err *err)
{
	err_set(err, ERR_REFUSED, "the policy lets those alone change database "
		"'%s' who sign, and there is no key", q->ledger->db.word);
	return err_hint(err, "'schemastore key list' shows where keys are "
			"looked for");
}

static int no_right(struct asking *q, struct err *err)
{
	const struct pubkey *key = &q->l.key->pub;
	const struct policy_line *who = policy_person_of(q->policy, key);
	struct list may = policy_who(q->policy, COMMIT_LEDGER, q->l.ref);
	char fingerprint[PUBKEY_FINGERPRINT];

	pubkey_fingerprint(fingerprint, key);
	if (!who)
		err_set(err, ERR_REFUSED, "the policy does not know the key "
			"%s, and lets it change no database", fingerprint);
	else
		err_set(err, ERR_REFUSED, "'%s' may not change database '%s' "
			"with the key %s", who->name, q->ledger->db.word,
			fingerprint);
	return err_hint(err, "%s may", may.n ?
			joined(&may, q->ledger->arena) : "nobody");
}

static int other_database(struct asking *q, struct err *err)
{
	err_set(err, ERR_REFUSED, "the ledger of database '%s' has the id %s, "
		"and that is not its own in the policy%s%s",
		q->ledger->db.word, q->q.id, q->rule ? ": " : "",
		q->rule ? q->rule->id : "");
	return err_hint(err, "it is another database, or a copy: that gets an "
			"id of its own by 'schemastore ledger clone'");
}

static int no_mirror(struct asking *q, struct err *err)
{
	err_set(err, ERR_REFUSED, "the policy asks for a mirror of the ledger "
		"of database '%s'", q->ledger->db.word);
	return err_hint(err, "go without schemastore.mirror = none, where the "
			"store can be written");
}

static const char *title(const struct asking *q)
{
	return q->move->to ? q->move->to->subject : "nothing";
}

static int other_branch(struct asking *q, struct err *err)
{
	const char *branch = short_ref(q->rule->ref);

	err_set(err, ERR_REFUSED, "the policy takes database '%s' to versions "
		"of branch '%s' alone, and '%s' is none", q->ledger->db.word,
		branch, title(q));
	return policy_rule(q->policy, q->rule->ref) ?
	       err_hint(err, "it must land there: 'schemastore approve' and "
			"'schemastore land'") :
	       err_hint(err, "merge it there: 'schemastore merge'");
}

static int no_edge(struct asking *q, struct err *err)
{
	err_set(err, ERR_REFUSED, "the policy takes database '%s' along the "
		"edges of versions alone, and the SQL to '%s' is none",
		q->ledger->db.word, title(q));
	return err_hint(err, "go one version at a time, in one transaction");
}

static int too_few(struct asking *q, struct err *err)
{
	struct list who = policy_who(q->policy, COMMIT_APPROVAL, q->l.ref);
	char hex[OID_HEX] = "nothing";

	if (q->move->to)
		oid_hex(hex, &q->move->to->oid);
	err_set(err, ERR_REFUSED, "%zu of %llu approve that database '%s' is "
		"at '%s'", policy_count_deploy(q->policy, &q->q),
		(unsigned long long)q->rule->number, q->ledger->db.word,
		title(q));
	return err_hint(err, "%s may, who have written none of it and do not "
			"do it: 'schemastore approve --db %s %.10s'",
			joined(&who, q->ledger->arena), q->ledger->db.word,
			hex);
}

static int (*const refusals[])(struct asking *q, struct err *err) = {
	[POLICY_UNSIGNED] = no_key,
	[POLICY_NOBODY] = no_right,
	[POLICY_DROPPED] = no_right,
	[POLICY_NO_RIGHT] = no_right,
	[POLICY_OTHER_DB] = other_database,
	[POLICY_NO_MIRROR] = no_mirror,
	[POLICY_OTHER_BRANCH] = other_branch,
	[POLICY_NO_EDGE] = no_edge,
	[POLICY_TOO_FEW] = too_few,
};

static int check_name(struct asking *q, struct err *err)
{
	const struct policy_line *who = policy_person_of(q->policy,
							 &q->l.key->pub);

	if (!strcmp(who->email, q->project->who.email))
		return 0;
	return err_set(err, ERR_REFUSED, "the key is of '%s', whose e-mail "
		       "address is %s, not %s", who->name, who->email,
		       q->project->who.email);
}

/* ------------------------------------------------------------------------- */

static void take(struct asking *q)
{
	struct ledger *l = q->ledger;
	struct oid *v = arena_alloc(l->arena, (q->l.n + 1) * sizeof(*v));

	l->given_id = q->rule ? q->rule->id : NULL;
	for (size_t i = 0; i < q->l.n; i++)
		v[i] = q->l.approvals[i].oid;
	l->approvals = v;
	l->napprovals = q->l.n;
}

int ledger_may(struct ledger *l, struct project *p,
	       const struct ledger_move *move, struct err *err)
{
	struct asking q = {
		.ledger = l, .project = p, .move = move,
		.l = { .store = p->store, .ref = mirror_ref(l->arena, &l->db),
		       .who = p->who },
	};
	struct policies all;
	enum policy_verdict v;
	int ret = policies_read_begun(&all, p->store, l->arena, err);

	if (ret <= 0)
		return ret;
	q.policy = policies_last(&all);
	if (policy_is_open(q.policy))
		return 0;
	q.rule = policy_rule(q.policy, q.l.ref);
	if (ledger_check_rights(l, p, &all, move, err) ||
	    project_key(&q.l.key, p, err) || ask(&q, err))
		return -1;
	v = policy_judge_deploy(q.policy, &q.q);
	if (v != POLICY_FINE)
		return refusals[v](&q, err);
	if (check_name(&q, err))
		return -1;
	take(&q);
	return 0;
}
