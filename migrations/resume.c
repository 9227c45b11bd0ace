/*
 * Going on with a run in steps that has not come to its end, or turning it
 * back.
 *
 *	on	the journal's statements that are not done
 *	back	a plan from the schema as it stands to the version that the
 *		run came from, run in steps as any other
 */
#include "config.h"

#include "migrations/journal.h"
#include "migrations/run.h"

#include <stdio.h>

/* "<strong id>|- <state>": the version, where the store has it. */
static int take_end(bool *nothing, struct commit *c, char *state,
		    struct run *r, const char *key, struct err *err)
{
	const char *line = commit_line(&r->ledger.tail.c, key);
	size_t n = line ? strcspn(line, " ") : 0;
	struct err unknown = ERR_INIT;
	struct strong_id id;

	*nothing = n == 1 && *line == '-';
	if (!n || strlen(line + n) != SCHEMA_DIGEST_LEN ||
	    (!*nothing && (n != 2 * SHA256_LEN ||
			   hex_decode(id.b, arena_strndup(r->arena, line, n),
				      SHA256_LEN))))
		return err_set(err, ERR_REFUSED, "the run that has begun on "
			       "database '%s' does not say where it leads",
			       r->ap->db.word);
	if (state)
		snprintf(state, SCHEMA_DIGEST_LEN, "%s", line + n + 1);
	/* The SQL is in the journal: nothing of the version is needed. */
	if (!*nothing && version_by_strong(c, r->ap->project->store, &id,
					   r->arena, &unknown)) {
		memset(c, 0, sizeof(*c));
		c->subject = "(not in this store)";
	}
	return 0;
}

static int take_ends(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const char *op = commit_line(&r->ledger.tail.c, "Op");

	ap->path.down = op && !strcmp(op, "rollback");
	return take_end(&ap->from_nothing, &ap->from, NULL, r, "From", err) ||
	       take_end(&ap->to_nothing, &ap->to, ap->plan.to_digest, r, "To",
			err) ? -1 : 0;
}

static int go_on(struct run *r, struct err *err)
{
	if (r->ledger.ntodo) {
		err_set(err, ERR_REFUSED, "going back was begun on database "
			"'%s'", r->ap->db.word);
		return err_hint(err, "'schemastore resume --undo %s' goes on "
				"with that", r->ap->db.word);
	}
	run_unlock(r);
	return run_rest(r, err);
}

/* ---- back --------------------------------------------------------------- */

/* What started and is not done is done now, or nothing is left of it. */
static int settle(struct journal *j, struct run *r, struct err *err)
{
	for (size_t i = 0; i < j->script.n; i++) {
		int done;

		if (!step_is_alone(j->script.v[i].step) || !j->started[i] ||
		    j->done[i])
			continue;
		done = r->engine->settle(r->conn, &j->script.v[i], err);
		if (done < 0)
			return -1;
		j->done[i] = done;
	}
	return 0;
}

static int read_journal(struct journal *j, struct run *r, struct err *err)
{
	struct err why = ERR_INIT;

	if (!journal_read(j, &r->ledger, &why) || why.code == ERR_REFUSED)
		return settle(j, r, err);
	*err = why;
	return -1;
}

/* The schema as it stands, by the names that its nodes were born under: those
 * of where the run has led already, then those of where it came from. */
static int read_live(struct run *r, bool led, struct err *err)
{
	struct apply *ap = r->ap;
	struct schema there;
	int ret = -1;

	schema_init(&r->from, r->engine->spelling, r->arena);
	if (r->engine->read(r->conn, &r->from, &ap->project->read, err) ||
	    r->engine->fingerprint(r->conn, r->print, err))
		return -1;
	if (run_read_version(&r->to, r, ap->from_nothing, &ap->from, err))
		return -1;
	if (!run_read_version(&there, r, ap->to_nothing, &ap->to, err)) {
		schema_recall(&r->from, led ? &there : &r->to,
			      led ? &r->to : &there);
		ret = 0;
	}
	schema_release(&there);
	return ret;
}

static int plan_back(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct plan_opts opts = {
		.extensions = ap->db.extensions, .online = true,
	};

	if (plan_make(&ap->plan, r->engine, &r->from, &r->to, &opts, r->arena,
		      err))
		return -1;
	ap->to = ap->from;
	ap->to_nothing = ap->from_nothing;
	ap->path.down = !ap->path.down;
	return proof_find(&ap->plan, ap->project->store, err) ||
	       (!ap->plan.proven && plan_prove(&ap->plan, err)) ||
	       run_count(r, err) ||
	       (ap->confirm && ap->confirm(ap->ctx, ap, err)) ||
	       refuse_hazards(ap, err) ? -1 : 0;
}

static int go_back(struct run *r, struct err *err)
{
	struct journal j;
	size_t done;

	if (read_journal(&j, r, err))
		return -1;
	done = journal_progress(&j);
	if (read_live(r, done, err) || plan_back(r, err))
		return -1;
	return run_steps(r, arena_printf(r->arena, "%zu/%zu", done,
					 j.script.n), err);
}

/* ------------------------------------------------------------------------ */

static int under_locks(struct run *r, bool undo, struct err *err)
{
	struct apply *ap = r->ap;

	if (run_begin(r, err) || run_check_moved(r, err) ||
	    ledger_sync(&r->ledger, ap->project, err) || take_ends(r, err))
		return -1;
	return undo ? go_back(r, err) : go_on(r, err);
}

int apply_resume(struct apply *ap, bool undo, struct arena *a,
		 struct err *err)
{
	struct run r = { .ap = ap, .arena = a, .engine = ap->db.engine,
			 .in_steps = true };
	int ret = -1;

	if (run_open(&r, err) || ledger_open(&r.ledger, ap->project, r.conn,
					     &ap->db, a, err))
		goto out;
	ap->nothing_to_do = !r.ledger.open;
	ret = ap->nothing_to_do ? 0 : under_locks(&r, undo, err);
	if (!ret && !ap->nothing_to_do)
		ret = ledger_settle(&r.ledger, ap->project, err);
out:
	run_close(&r, ret);
	return ret;
}
