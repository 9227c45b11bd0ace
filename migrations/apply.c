/*
 * Taking a live database to a version.
 */
#include "config.h"

#include "migrations/run.h"

#include "ss/fault.h"

static int locate(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;

	if (ledger_open(&r->ledger, ap->project, r->conn, &ap->db, r->arena,
			err) || ledger_check_open(&r->ledger, err))
		return -1;
	ap->from_nothing = !r->ledger.placed;
	if (!ap->from_nothing && !ap->to_nothing &&
	    !memcmp(r->ledger.version.b, ap->to.strong.b, SHA256_LEN)) {
		ap->from = ap->to;
		return 0;
	}
	if (ap->from_nothing)
		return 0;
	return version_by_strong(&ap->from, ap->project->store,
				 &r->ledger.version, r->arena, err);
}

/* Back to before its engine was there is back to nothing. */
static int settle_target(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const struct path_opts opts = { r->engine->name, ap->allow_unrelated };

	if (ap->to_nothing || version_state(&ap->to, r->engine->name))
		return 0;
	if (ap->from_nothing)
		return run_no_schema(r, &ap->to, err);
	if (path_find(&ap->path, ap->project->store, &ap->from, &ap->to,
		      &opts, r->arena, err))
		return -1;
	if (!ap->path.down)
		return run_no_schema(r, &ap->to, err);
	ap->to_nothing = true;
	return 0;
}

static bool is_there(const struct apply *ap)
{
	if (ap->from_nothing || ap->to_nothing)
		return ap->from_nothing && ap->to_nothing;
	return oid_equal(&ap->from.oid, &ap->to.oid);
}

/* Where data steps run on the way there. */
static int find_stages(struct run *r, struct plan_opts *opts, struct err *err)
{
	struct apply *ap = r->ap;
	struct buf version = BUF_INIT;

	r->engine->version(&version, r->conn);
	r->way = (struct way){
		.project = ap->project, .engine = r->engine,
		.like = arena_strdup(r->arena, version.ptr),
		.arena = r->arena,
	};
	buf_release(&version);
	way_know(&r->way, ap->from_nothing ? NULL : &ap->from, &r->from);
	way_know(&r->way, ap->to_nothing ? NULL : &ap->to, &r->to);
	if (way_stages(&r->way, &ap->path, err))
		return -1;
	opts->stages = r->way.stages.v;
	opts->nstages = r->way.stages.n;
	return 0;
}

static int find_parked(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	char hex[2 * SHA256_LEN + 1] = "-";

	if (parking_read(&r->parking, r->conn, r->arena, err))
		return -1;
	if (!ap->from_nothing)
		hex_encode(hex, ap->from.strong.b, SHA256_LEN);
	r->parking.version = arena_strdup(r->arena, hex);
	r->parking.wanted = ap->park;
	return 0;
}

/* Rows and their copies change places in one transaction, or not at all. */
static int refuse_in_steps(const struct run *r, struct err *err)
{
	const struct parking *p = &r->parking;

	if (!script_in_steps(&r->ap->plan.script) || !(p->kept + p->brought))
		return 0;
	err_set(err, ERR_REFUSED, "database '%s': what is parked, or brought "
		"back, is so in one transaction, and this plan runs in several "
		"steps", r->ap->db.shown);
	return err_hint(err, p->kept ? "go without --park, or without "
			"--online, or to a version before the step that runs "
			"in batches" : "go without --online, or give up what "
			"'schemastore parked' lists");
}

static int make_plan(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const struct path_opts way = { r->engine->name, ap->allow_unrelated };
	struct plan_opts opts = {
		.extensions = ap->db.extensions, .online = ap->online.wanted,
		.parking = &r->parking,
	};
	struct store *s = ap->project->store;

	if (path_find(&ap->path, s, ap->from_nothing ? NULL : &ap->from,
		      ap->to_nothing ? NULL : &ap->to, &way, r->arena, err) ||
	    run_read_version(&r->to, r, ap->to_nothing, &ap->to, err))
		return -1;
	/* The digest is silent about it, but the plan may depend on it. */
	schema_take_order(&r->from, &r->live);
	schema_add_needs(&r->from, &r->live);
	if (find_stages(r, &opts, err) || find_parked(r, err) ||
	    plan_make(&ap->plan, r->engine, &r->from, &r->to, &opts, r->arena,
		      err) ||
	    refuse_in_steps(r, err) ||
	    proof_find(&ap->plan, s, err))
		return -1;
	if (ap->plan.proven)
		return 0;
	return plan_prove(&ap->plan, err) || proof_remember(&ap->plan, s, err)
	       ? -1 : 0;
}

/* What depends on rows that a stage before this one leaves is looked at only
 * now. */
static int check_stage(struct run *r, size_t at, struct err *err)
{
	const struct script *s = &r->ap->plan.script;

	if (!s->v[at].stage || s->v[at].stage == s->v[at - 1].stage)
		return 0;
	return refuse_late(r->ap, at, script_stage_end(s, at), r->conn, err);
}

static int run_statements(struct run *r, struct err *err)
{
	const struct script *s = &r->ap->plan.script;

	for (size_t i = 0; i < s->n; i++) {
		progress_step(r->ap->project->progress, "statement", i + 1,
			      s->n);
		if (run_cancelled(r, err) || fault("apply.statement", err) ||
		    check_stage(r, i, err))
			return -1;
		if (script_run(s, i, r->conn, err))
			return run_cancelled(r, err) ? -1 :
			       err_wrap(err, "%s%sstatement %zu of %zu",
					s->v[i].node, *s->v[i].node ? ": " :
					"", i + 1, s->n);
	}
	return run_cancelled(r, err);
}

static int in_transaction(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct ledger_change ch = { 0 };

	if (run_check_place(r, err) || run_check_rows(r, err))
		return -1;
	if (ap->dry_run)
		return run_statements(r, err) || run_check_arrival(r, err) ?
		       -1 : 0;
	run_describe(&ch, r);
	if (ledger_sync(&r->ledger, ap->project, err) ||
	    ledger_intend(&r->ledger, ap->project, &ch, err))
		return -1;
	run_unlock(r);
	if (ap->online.wanted) {
		r->engine->wait(r->conn, ap->online.lock_ms);
		r->engine->limit(r->conn, ap->online.statement_ms);
	}
	if (run_statements(r, err) || run_check_arrival(r, err) ||
	    (ap->keep_aerich && run_keep_aerich(r, err)))
		return -1;
	return ledger_record(&r->ledger, ap->project, ap->plan.to_digest, err);
}

static int execute(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct err forgotten = ERR_INIT;

	if (run_begin(r, err) || in_transaction(r, err))
		goto undo;
	if (ap->dry_run && !r->engine->copy) {
		r->engine->rollback(r->conn);
		return 0;
	}
	if (fault("apply.commit", err) || run_check_file(r, err) ||
	    r->engine->commit(r->conn, err))
		goto undo;
	if (ap->dry_run)
		return 0;
	r->made = false;
	return ledger_settle(&r->ledger, ap->project, err);
undo:
	r->engine->rollback(r->conn);
	/* Where it may have been committed, the intent stays, as behind a
	 * crash: the next run learns from the rows how this one has ended. */
	if (!ap->dry_run && err->code != ERR_LOST)
		(void)!ledger_forget(&r->ledger, ap->project, &forgotten);
	return -1;
}

static int execute_in_steps(struct run *r, struct err *err)
{
	r->in_steps = true;
	return run_begin(r, err) || run_steps(r, NULL, err) ||
	       ledger_settle(&r->ledger, r->ap->project, err) ? -1 : 0;
}

/* In one transaction, whose locks are waited for shortly, several times. */
static int execute_online(struct run *r, struct err *err)
{
	const struct online *o = &r->ap->online;

	for (int attempt = 1;; attempt++) {
		struct err busy = ERR_INIT;

		if (!execute(r, &busy))
			return 0;
		if (busy.code != ERR_BUSY || attempt >= o->tries ||
		    run_cancelled(r, &busy)) {
			*err = busy;
			return -1;
		}
		run_pause(attempt);
	}
}

/* Before anything is planned; by which SQL is asked when it is known. */
static int check_policy(struct run *r, struct err *err)
{
	const struct apply *ap = r->ap;
	const struct ledger_move move = {
		.from = ap->from_nothing ? NULL : &ap->from,
		.to = ap->to_nothing ? NULL : &ap->to, .edge = true,
	};

	return ap->dry_run ? 0 :
	       ledger_may(&r->ledger, ap->project, &move, err);
}

static int check_edge(struct run *r, struct err *err)
{
	struct ledger_change ch = { 0 };

	if (r->ap->dry_run)
		return 0;
	run_describe(&ch, r);
	return ledger_change_may(&r->ledger, r->ap->project, &ch, err);
}

int apply_run(struct apply *ap, struct arena *a, struct err *err)
{
	struct run r = { .ap = ap, .arena = a, .engine = ap->db.engine };
	int ret = -1;

	if (run_open(&r, err) || locate(&r, err) || settle_target(&r, err))
		goto out;
	ap->nothing_to_do = is_there(ap);
	if (ap->nothing_to_do) {
		ret = ap->dry_run ? 0 :
		      ledger_catch_up(&r.ledger, ap->project, err);
		goto out;
	}
	if (check_policy(&r, err) ||
	    r.engine->fingerprint(r.conn, r.print, err) ||
	    run_check_start(&r, err) ||
	    make_plan(&r, err) || check_edge(&r, err) ||
	    run_count(&r, err) ||
	    (ap->confirm && ap->confirm(ap->ctx, ap, err)) ||
	    refuse_hazards(ap, err))
		goto out;
	ret = script_in_steps(&ap->plan.script) ? execute_in_steps(&r, err) :
	      ap->online.wanted ? execute_online(&r, err) : execute(&r, err);
out:
	run_close(&r, ret);
	return ret;
}
