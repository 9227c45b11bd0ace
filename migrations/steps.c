/*
 * A run in steps: what cannot be of one transaction is committed step by step,
 * and written down before and behind.
 *
 *	hold ─ tx{ compare, begin, journal } ─ step ─ step ─ ... ─
 *	       tx{ digest == to?  finish, no journal } ─ let go
 *
 *	step	tx{ statements, journal: done }
 *	alone	journal: started ─ statement ─ journal: done
 *
 * Whoever dies between two of these has left an open begin, and the journal
 * says how far it came: resume goes on there.  Of a statement that has started
 * and is not done, the engine knows (settle) what became of it.
 */
#include "config.h"

#include "migrations/run.h"

#include "ss/fault.h"

#include "migrations/journal.h"

struct steps {
	struct run *run;
	const struct engine *engine;
	struct conn *conn;
	struct journal j;
};

/* What is run after it, to leave things in order, is not given up as well. */
static int stopped(struct steps *s, struct err *err)
{
	const volatile int *stop = s->run->ap->cancelled;

	if (!stop || !*stop)
		return 0;
	s->engine->heed(s->conn, NULL);
	return err_set(err, ERR_CANCELLED, "interrupted");
}

static int fail(struct steps *s, size_t at, struct err *err)
{
	const struct statement *st = &s->j.script.v[at];

	return stopped(s, err) ? -1 :
	       err_wrap(err, "%s%sstatement %zu of %zu", st->node,
			*st->node ? ": " : "", at + 1, s->j.script.n);
}

static int run_statement(struct steps *s, size_t at, struct err *err)
{
	progress_step(s->run->ap->project->progress, "statement", at + 1,
		      s->j.script.n);
	if (stopped(s, err) || fault("apply.statement", err))
		return -1;
	return script_run(&s->j.script, at, s->conn, err) ? fail(s, at, err) :
	       0;
}

static int in_transaction(struct steps *s, size_t first, size_t end,
			  struct err *err)
{
	if (!s->run->ap->allow_data_loss &&
	    refuse_losses(&s->j.script, first, end, s->conn, err))
		return -1;
	for (size_t i = first; i < end; i++)
		if (run_statement(s, i, err))
			return -1;
	return journal_end(&s->j, first, end, err) ||
	       fault("steps.commit", err) ? -1 : 0;
}

/* Locks are waited for shortly: who comes behind us waits as well. */
static int run_transaction(struct steps *s, size_t first, size_t end,
			   struct err *err)
{
	const struct online *o = &s->run->ap->online;
	bool apart = s->j.script.v[first].step == STEP_APART;

	s->engine->wait(s->conn, o->lock_ms);
	s->engine->limit(s->conn, apart ? 0 : o->statement_ms);
	if (!s->engine->begin(s->conn, err) &&
	    !in_transaction(s, first, end, err) &&
	    !s->engine->commit(s->conn, err))
		return 0;
	s->engine->rollback(s->conn);
	return -1;
}

/* The first one says that something has changed, the last that all of it is
 * done. */
static int in_batch(struct steps *s, size_t at, int64_t *rows,
		    struct err *err)
{
	if (stopped(s, err) || fault("apply.statement", err))
		return -1;
	if (s->engine->exec_data(s->conn, s->j.script.v[at].sql, rows, err))
		return fail(s, at, err);
	if (!*rows)
		return journal_end(&s->j, at, at + 1, err);
	return s->j.started[at] ? 0 : journal_start(&s->j, at, err);
}

static int run_batch(struct steps *s, size_t at, int64_t *rows,
		     struct err *err)
{
	bool started = s->j.started[at];

	s->engine->wait(s->conn, s->run->ap->online.lock_ms);
	s->engine->limit(s->conn, 0);
	if (!s->engine->begin(s->conn, err) &&
	    !in_batch(s, at, rows, err) && !fault("steps.commit", err) &&
	    !s->engine->commit(s->conn, err))
		return 0;
	s->engine->rollback(s->conn);
	s->j.started[at] = started;
	return -1;
}

static int run_batches(struct steps *s, size_t at, struct err *err)
{
	struct progress *progress = s->run->ap->project->progress;
	int64_t rows, all = 0;

	do {
		progress_step(progress, "rows", (size_t)all, 0);
		if (run_batch(s, at, &rows, err))
			return -1;
		all += rows;
	} while (rows);
	return 0;
}

/* It holds up nobody, and may take its time. */
static int run_alone(struct steps *s, size_t at, struct err *err)
{
	const struct statement *st = &s->j.script.v[at];
	struct err none = ERR_INIT;
	int done = 0;

	s->engine->wait(s->conn, -1);
	s->engine->limit(s->conn, 0);
	if (s->j.started[at])
		done = s->engine->settle(s->conn, st, err);
	else if (journal_start(&s->j, at, err))
		return -1;
	if (done < 0)
		return fail(s, at, err);
	progress_step(s->run->ap->project->progress, "statement", at + 1,
		      s->j.script.n);
	if (!done && (stopped(s, err) || fault("apply.statement", err)))
		return -1;
	if (!done && s->engine->exec_alone(s->conn, st->sql, err)) {
		fail(s, at, err);
		s->j.started[at] = s->engine->settle(s->conn, st, &none);
		return -1;
	}
	return fault("steps.alone", err) ||
	       journal_end(&s->j, at, at + 1, err) ? -1 : 0;
}

static int run_step(struct steps *s, size_t first, size_t end, struct err *err)
{
	enum step step = s->j.script.v[first].step;

	for (int attempt = 1;; attempt++) {
		struct err busy = ERR_INIT;

		if (!(step_is_alone(step) ? run_alone(s, first, &busy) :
		      step == STEP_BATCHES ? run_batches(s, first, &busy) :
		      run_transaction(s, first, end, &busy)))
			break;
		if (busy.code != ERR_BUSY ||
		    attempt >= s->run->ap->online.tries ||
		    stopped(s, &busy)) {
			*err = busy;
			return -1;
		}
		run_pause(attempt);
	}
	for (size_t i = first; i < end; i++)
		s->j.done[i] = true;
	return 0;
}

/* With its last row the ledger is closed, if the schema is what it is to be. */
static int finish(struct steps *s, struct err *err)
{
	struct run *r = s->run;

	s->engine->wait(s->conn, r->ap->wait_ms);
	s->engine->limit(s->conn, 0);
	if (!s->engine->begin(s->conn, err) && !run_check_arrival(r, err) &&
	    !journal_clear(&s->j, err) &&
	    !ledger_record(&r->ledger, r->ap->project, r->ap->plan.to_digest,
			   err) &&
	    !fault("apply.commit", err) && !s->engine->commit(s->conn, err))
		return 0;
	s->engine->rollback(s->conn);
	return -1;
}

static bool has_changed(const struct journal *j)
{
	for (size_t i = 0; i < j->script.n; i++)
		if (j->done[i] || j->started[i])
			return true;
	return false;
}

/* As if it had never begun, but for the two rows that say so; a journal that
 * says so is not believed. */
static bool give_up(struct steps *s, const struct err *why)
{
	static const char *const words[] = {
		[ERR_CANCELLED] = "cancelled", [ERR_REFUSED] = "refused",
		[ERR_BUSY] = "busy", [ERR_ENGINE] = "engine",
	};
	const char *word = why->code < ARRAY_LEN(words) && words[why->code] ?
			   words[why->code] : "error";
	struct run *r = s->run;
	struct err none = ERR_INIT;

	if (has_changed(&s->j))
		return false;
	/* Whoever has interrupted the rest has not interrupted this. */
	if (s->engine->heed)
		s->engine->heed(s->conn, NULL);
	s->engine->wait(s->conn, r->ap->wait_ms);
	s->engine->limit(s->conn, 0);
	if (s->engine->begin(s->conn, &none) ||
	    run_check_unchanged(r, &none) ||
	    ledger_fail(&r->ledger, r->ap->project, word,
			r->ap->plan.from_digest, &none) ||
	    journal_clear(&s->j, &none) ||
	    s->engine->commit(s->conn, &none)) {
		s->engine->rollback(s->conn);
		return false;
	}
	/* The next run brings the mirror up, where this one cannot. */
	(void)!ledger_settle(&r->ledger, r->ap->project, &none);
	return true;
}

static int run_all(struct steps *s, struct err *err)
{
	const char *word = s->run->ap->db.word;
	const char *hint;
	int ret = 0;

	for (size_t i = 0, end; !ret && i < s->j.script.n; i = end) {
		end = script_step_end(&s->j.script, i);
		if (!s->j.done[i])
			ret = run_step(s, i, end, err);
	}
	if (!ret && !finish(s, err))
		return 0;
	if (ret && give_up(s, err))
		return -1;
	hint = arena_printf(s->run->arena, "%s%s", err->hint, *err->hint ?
			    "; " : "");
	err_hint(err, "%s%zu of %zu statements are done: when the cause is "
		 "gone, 'schemastore resume %s' goes on; 'schemastore resume "
		 "--undo %s' goes back", hint, journal_progress(&s->j),
		 s->j.script.n, word, word);
	return -1;
}

static int begin(struct steps *s, const char *partial, struct err *err)
{
	struct run *r = s->run;
	struct apply *ap = r->ap;
	struct ledger_change ch = { 0 };

	run_describe(&ch, r);
	ch.partial = partial;
	if (partial)
		ch.from_state = ap->plan.from_digest;
	if (s->engine->begin(s->conn, err) || run_check_place(r, err) ||
	    run_check_rows(r, err) ||
	    ledger_sync(&r->ledger, ap->project, err) ||
	    ledger_intend(&r->ledger, ap->project, &ch, err))
		return -1;
	run_unlock(r);
	return ledger_begin(&r->ledger, err) || journal_write(&s->j, err) ||
	       fault("steps.begin", err) || s->engine->commit(s->conn, err) ?
	       -1 : 0;
}

int run_steps(struct run *r, const char *partial, struct err *err)
{
	struct apply *ap = r->ap;
	struct err forgotten = ERR_INIT;
	struct steps s = { .run = r, .engine = r->engine, .conn = r->conn };
	size_t n = ap->plan.script.n + 1;

	s.j.conn = r->conn;
	s.j.script = ap->plan.script;
	s.j.started = arena_alloc(r->arena, n);
	s.j.done = arena_alloc(r->arena, n);
	if (begin(&s, partial, err)) {
		s.engine->rollback(s.conn);
		(void)!ledger_forget(&r->ledger, ap->project, &forgotten);
		return -1;
	}
	ledger_begun(&r->ledger);
	return run_all(&s, err);
}

/* What the statements lose is not in the journal, but in the plan that they
 * are of. */
static int take_hazards(struct steps *s, struct err *err)
{
	struct plan *plan = &s->run->ap->plan;

	if (plan->sql && script_same(&plan->script, &s->j.script)) {
		s->j.script = plan->script;
		return 0;
	}
	if (s->run->ap->allow_data_loss)
		return 0;
	err_set(err, ERR_REFUSED, "the run on database '%s' is not planned as "
		"it was any more: what its statements lose is not known",
		s->run->ap->db.word);
	return err_hint(err, "'schemastore resume --undo' goes back; add "
			"--allow-data-loss to go on");
}

int run_rest(struct run *r, struct err *err)
{
	struct steps s = { .run = r, .engine = r->engine, .conn = r->conn };

	if (journal_read(&s.j, &r->ledger, err) || take_hazards(&s, err))
		return -1;
	return run_all(&s, err);
}
