/*
 * What a change of a database builds on: the newest entries of its ledger, and
 * the versions that come with it.  Rows and mirror are anybody's who can write
 * there; the policies say whose they are to be.
 */
#include "config.h"

#include "ss/ledger.h"

#include "ss/checkpoints.h"
#include "ss/policies.h"

#include "migrations/mirror.h"

/* Those before are in its digest. */
static int check_entries(struct rights *r, const struct ledger *l,
			 struct err *err)
{
	if (l->next_row && rights_check(r, &l->tail.c, err))
		return -1;
	for (size_t i = 0; i < l->ntodo; i++)
		if (rights_check(r, &l->todo[i].c, err))
			return -1;
	return 0;
}

/* ---- checkpoints --------------------------------------------------------- */

#define LOOKS 4		/* back to an entry that says which */

/* The newest one that the database has heard of; NULL: none. */
static int find_line(const char **out, const struct ledger *l,
		     struct store *s, struct err *err)
{
	const struct commit *c = &l->tail.c;

	*out = NULL;
	for (int i = 0; l->next_row && i < LOOKS; i++) {
		const struct oid *id = &c->parents[0].oid;
		struct commit *before;

		*out = commit_line(c, "Checkpoint");
		if (*out || !odb_has(store_odb(s), id))
			return 0;
		before = arena_alloc(l->arena, sizeof(*before));
		if (store_commit(before, s, id, l->arena, err))
			return -1;
		if (before->kind != COMMIT_LEDGER)
			return 0;
		c = before;
	}
	return 0;
}

/* "<seq> <strong id>": 1, 0, -1 */
static int has_checkpoint(struct store *s, const char *line, struct arena *a,
			  struct err *err)
{
	size_t digits = strcspn(line, " ");
	struct strong_id id;
	struct commit c;
	uint64_t seq;
	int ret = checkpoint_newest(&c, s, a, err);

	if (ret <= 0)
		return ret;
	if (!line[digits] || hex_decode(id.b, line + digits + 1, SHA256_LEN) ||
	    parse_u64(&seq, arena_strndup(a, line, digits), INT64_MAX))
		return 0;
	while (c.kind == COMMIT_CHECKPOINT && c.seq > seq)
		if (store_commit(&c, s, &c.parents[0].oid, a, err))
			return -1;
	return !memcmp(c.strong.b, id.b, SHA256_LEN);
}

/* Each database is a witness of the store. */
static int check_checkpoint(const struct ledger *l, struct store *s,
			    struct err *err)
{
	const char *line;
	int ret = find_line(&line, l, s, err) ? -1 : !line ? 1 :
		  has_checkpoint(s, line, l->arena, err);

	if (ret)
		return ret < 0 ? -1 : 0;
	err_set(err, ERR_REFUSED, "the ledger of database '%s' names a "
		"checkpoint that the store does not have: %s", l->db.word,
		line);
	return err_hint(err, "the store was rolled back, or is behind: fetch "
			CHECKPOINTS_REF);
}

/* ---- versions ------------------------------------------------------------ */

/* Those that it has not are those that it is brought. */
static int check_versions(struct rights *r, const struct ledger *l,
			  const struct ledger_move *move, struct err *err)
{
	const struct policy_line *rule;

	rule = policy_rule(policies_last(r->policies),
			   mirror_ref(l->arena, &l->db));
	if (rule && rights_check_tip(r, rule->ref, err))
		return -1;
	return rights_check(r, move->to, err) ||
	       rights_check_versions(r, move->from ? &move->from->oid : NULL,
				     &move->to->oid, err) ? -1 : 0;
}

int ledger_check_rights(struct ledger *l, struct project *p,
			const struct policies *all,
			const struct ledger_move *move, struct err *err)
{
	struct rights r;
	int ret;

	rights_open(&r, p->store, all, l->arena);
	ret = check_checkpoint(l, p->store, err) ||
	      check_entries(&r, l, err) ? -1 : 0;
	if (!ret && move && move->to && !l->vouched) {
		ret = check_versions(&r, l, move, err);
		l->vouched = !ret;
	}
	rights_close(&r);
	return ret;
}
