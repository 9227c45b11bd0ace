/*
 * Going on with a run in steps that has not come to its end, or turning it
 * back.
 *
 *	on	the journal's statements that are not done
 *	back	a plan from the schema as it stands to the version that the
 *		run came from, run in steps as any other
 */
#include "config.h"

#include "migrations/run.h"

#include "migrations/journal.h"

#include <stdio.h>

/* What a begin's From or To says. */
struct end {
	bool nothing;
	bool known;		/* the store has the version */
	struct commit version;
};

/* "<strong id>|- <state>" */
static int take_end(struct end *out, struct run *r, const struct commit *begin,
		    const char *key, struct err *err)
{
	const char *line = commit_line(begin, key);
	size_t n = line ? strcspn(line, " ") : 0;
	struct err unknown = ERR_INIT;
	struct strong_id id;

	memset(out, 0, sizeof(*out));
	out->nothing = n == 1 && *line == '-';
	if (!n || strlen(line + n) != SCHEMA_DIGEST_LEN ||
	    (!out->nothing &&
	     (n != 2 * SHA256_LEN ||
	      hex_decode(id.b, arena_strndup(r->arena, line, n), SHA256_LEN))))
		return err_set(err, ERR_REFUSED, "the run that has begun on "
			       "database '%s' does not say where it leads",
			       r->ap->db.word);
	if (!out->nothing)
		out->known = !version_by_strong(&out->version,
						r->ap->project->store, &id,
						r->arena, &unknown);
	return 0;
}

static int unknown_version(struct run *r, struct err *err)
{
	err_set(err, ERR_USAGE, "the run that has begun on database '%s' leads "
		"to a version that this store does not have", r->ap->db.word);
	return err_hint(err, "fetch the branch it is on");
}

static int take_ends(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const struct commit *begin = &r->ledger.tail.c;
	const char *op = commit_line(begin, "Op");
	struct end from, to;

	if (take_end(&from, r, begin, "From", err) ||
	    take_end(&to, r, begin, "To", err))
		return -1;
	if ((!from.nothing && !from.known) || (!to.nothing && !to.known))
		return unknown_version(r, err);
	ap->path.down = op && !strcmp(op, "rollback");
	ap->from_nothing = from.nothing;
	ap->from = from.version;
	ap->to_nothing = to.nothing;
	ap->to = to.version;
	return 0;
}

/* The plan that the run is of, for what its statements risk; where it turned
 * another one back there is none. */
static int plan_again(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct plan_opts opts = {
		.extensions = ap->db.extensions, .online = true,
	};
	struct err none = ERR_INIT;

	if (run_read_version(&r->from, r, ap->from_nothing, &ap->from, err) ||
	    run_read_version(&r->to, r, ap->to_nothing, &ap->to, err))
		return -1;
	if (plan_make(&ap->plan, r->engine, &r->from, &r->to, &opts, r->arena,
		      &none))
		ap->plan.sql = NULL;
	schema_digest(ap->plan.to_digest, &r->to);
	return 0;
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
	if (plan_again(r, err))
		return -1;
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

#define WAYS_MOST 8

/* Where runs have set out for since the database was last at a version; the
 * newest first. */
struct ways {
	struct end ends[WAYS_MOST];
	struct schema v[WAYS_MOST];
	size_t n;
};

static bool is_among(const struct ways *w, const struct end *end)
{
	for (size_t i = 0; i < w->n; i++)
		if (oid_equal(&w->ends[i].version.oid, &end->version.oid))
			return true;
	return false;
}

static int read_ways(struct ways *w, struct run *r, struct err *err)
{
	struct ledger_entry *v;
	size_t n;

	if (ledger_all(&v, &n, &r->ledger, err))
		return -1;
	while (n-- && w->n < WAYS_MOST && !ledger_places(&v[n].c)) {
		struct end *end = &w->ends[w->n];

		if (strcmp(commit_line(&v[n].c, "Event"), "begin"))
			continue;
		if (take_end(end, r, &v[n].c, "To", err))
			return -1;
		if (!end->known || is_among(w, end))
			continue;
		if (run_read_version(&w->v[w->n], r, false, &end->version,
				     err))
			return -1;
		w->n++;
	}
	return 0;
}

static void release_ways(struct ways *w)
{
	for (size_t i = 0; i < w->n; i++)
		schema_release(&w->v[i]);
}

/* The schema as it stands, by the names that its nodes were born under: in
 * those that runs have led to, the last one where it has led anywhere, or in
 * the one they came from. */
static int read_live(struct run *r, const struct ways *w, bool led,
		     struct err *err)
{
	const struct schema *others[WAYS_MOST + 1];
	struct apply *ap = r->ap;
	size_t n = 0;

	if (run_read_live(&r->from, r, ap->from_nothing, &ap->from, err) ||
	    r->engine->fingerprint(r->conn, r->print, err) ||
	    run_read_version(&r->to, r, ap->from_nothing, &ap->from, err))
		return -1;
	for (size_t i = !led; i < w->n; i++)
		others[n++] = &w->v[i];
	others[n++] = &r->to;
	if (!led && w->n)
		others[n++] = &w->v[0];
	schema_recall(&r->from, others, n);
	return 0;
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

static int prepare_back(struct run *r, bool led, struct err *err)
{
	struct ways w = { .n = 0 };
	int ret = -1;

	if (!read_ways(&w, r, err) && !read_live(r, &w, led, err) &&
	    !plan_back(r, err))
		ret = 0;
	release_ways(&w);
	return ret;
}

/* Which of the rows a data step has changed is not to be seen in the schema. */
static int check_data(struct run *r, size_t done, struct err *err)
{
	if (!done || !commit_line(&r->ledger.tail.c, "Step"))
		return 0;
	err_set(err, ERR_REFUSED, "the run on database '%s' has data steps, "
		"and a part of it is done", r->ap->db.word);
	return err_hint(err, "'schemastore resume %s' goes on; 'schemastore "
			"downgrade %s' undoes them then", r->ap->db.word,
			r->ap->db.word);
}

static int go_back(struct run *r, struct err *err)
{
	struct journal j;
	size_t done;

	if (read_journal(&j, r, err))
		return -1;
	done = journal_progress(&j);
	if (check_data(r, done, err))
		return -1;
	if (prepare_back(r, done, err))
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
	ret = ap->nothing_to_do ? 0 :
	      ledger_may(&r.ledger, ap->project, NULL, err) ? -1 :
	      under_locks(&r, undo, err);
	if (!ret && !ap->nothing_to_do)
		ret = ledger_settle(&r.ledger, ap->project, err);
out:
	run_close(&r, ret);
	return ret;
}
