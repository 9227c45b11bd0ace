/*
 * Writing a ledger: the intent, the rows, the mirror.
 *
 *	intend   mirror: [genesis] begin
 *	record   rows:   [genesis] begin finish   (in the plan's transaction)
 *	begin    rows:   [genesis] begin          (of a run in steps, which
 *	                 record ends with its finish)
 *	settle   mirror: finish
 *	forget   mirror: as before the intent
 *
 * Without a mirror (no_mirror) the rows are all that is written.
 *
 * Entries that a run which died has left in the mirror go into the rows first,
 * closed by a finish that says so.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "ss/fault.h"
#include "ss/policies.h"

#include "migrations/ledger-sql.h"
#include "migrations/mirror.h"

#define SETTLE_S 60	/* the database is changed: worth waiting for */

#define LINES_FIXED 16		/* at most, beside the steps */

/* Lines of one entry, as they are collected. */
struct lines {
	struct commit_line few[LINES_FIXED];
	struct commit_line *v;	/* those, or more */
	size_t n;
};

static void add(struct lines *l, const char *key, const char *value)
{
	if (!value)
		return;
	l->v[l->n].key = key;
	l->v[l->n++].value = value;
}

/* "<id> up" of each data step, as they run, "<id> up as <id>" of one that
 * takes the place of another. */
static void add_steps(struct lines *lines, struct ledger *l,
		      const struct ledger_change *ch)
{
	char id[SHA256_HEX], as[SHA256_HEX];

	for (size_t i = 0; i < ch->nruns; i++) {
		const struct data_step *step = ch->runs[i]->step;
		bool replaces = data_step_replaces(step);

		hex_encode(id, step->id, SHA256_LEN);
		hex_encode(as, step->as, SHA256_LEN);
		add(lines, "Step", arena_printf(l->arena, "%s %s%s%s", id,
						ch->runs[i]->down ? "down" :
						"up", replaces ? " as " : "",
						replaces ? as : ""));
	}
}

static void add_db(struct lines *lines, struct ledger *l, const char *event)
{
	add(lines, "Db", arena_printf(l->arena, "%s %s", l->db_id,
				      l->db.name));
	add(lines, "Event", event);
}

static const char *target(struct ledger *l)
{
	struct buf b = BUF_INIT;
	char *s;

	conn_engine(l->conn)->target(&b, l->conn);
	s = arena_strdup(l->arena, b.ptr);
	buf_release(&b);
	return s;
}

/* Where, by whom, knowing what of the store, and when. */
static int add_run(struct lines *lines, struct ledger *l, struct project *p,
		   struct err *err)
{
	const char *checkpoint;

	if (entry_checkpoint(&checkpoint, l->arena, p, err))
		return -1;
	add(lines, "Target", target(l));
	add(lines, "Session", entry_session(l->arena, p));
	add(lines, "Checkpoint", checkpoint);
	add(lines, "Started", entry_time(l->arena, p));
	return 0;
}

static const char *end_point(struct ledger *l, const struct commit *c,
			     const char *state)
{
	char hex[SHA256_HEX] = "-";

	if (c)
		hex_encode(hex, c->strong.b, SHA256_LEN);
	return arena_printf(l->arena, "%s %s", hex, state);
}

/* Where the next entry hangs on: the last one, or the project's genesis. */
static int last_entry(struct oid *out, struct ledger *l, struct project *p,
		      struct err *err)
{
	struct commit project;

	if (l->ntodo) {
		*out = l->todo[l->ntodo - 1].c.oid;
	} else if (l->next_row) {
		*out = l->tail.c.oid;
	} else {
		if (store_project(&project, p->store, l->arena, err))
			return -1;
		*out = project.oid;
	}
	return 0;
}

/* Write one entry behind the last one and put it on the list. */
static int append(struct ledger *l, struct project *p,
		  const struct entry_draft *d, struct err *err)
{
	struct ledger_entry e = { .raw = NULL };
	struct oid parent;

	if (last_entry(&parent, l, p, err) ||
	    entry_write(&e, l, p, &parent, d, err))
		return -1;
	*ARENA_PUSH(l->arena, l->todo, l->ntodo, l->todo_cap) = e;
	return 0;
}

/* That which the policy has for it, or any. */
static void new_db_id(struct ledger *l)
{
	unsigned char id[16];
	char hex[33];

	random_bytes(id, sizeof(id));
	hex_encode(hex, id, sizeof(id));
	l->db_id = l->given_id ? l->given_id : arena_strdup(l->arena, hex);
}

static int append_genesis(struct ledger *l, struct project *p,
			  struct err *err)
{
	struct lines lines = { .v = lines.few };
	struct entry_draft d = { .lines = lines.v };

	new_db_id(l);
	add_db(&lines, l, "genesis");
	if (add_run(&lines, l, p, err))
		return -1;
	d.nlines = lines.n;
	d.subject = arena_printf(l->arena, "Begin the ledger of %s",
				 l->db.name);
	return append(l, p, &d, err);
}

/* A begin without a finish: nothing was changed ("failed interrupted"), or a
 * part of its steps ("partial 2/5"). */
static int close_begin(struct ledger *l, struct project *p,
		       const char *outcome, const char *observed,
		       struct err *err)
{
	struct lines lines = { .v = lines.few };
	struct entry_draft d = { .lines = lines.v };
	uint64_t begin = l->next_row + l->ntodo - 1;

	add_db(&lines, l, "finish");
	add(&lines, "Begin", arena_printf(l->arena, "%" PRIu64, begin));
	add(&lines, "Finished", entry_time(l->arena, p));
	add(&lines, "Outcome", outcome);
	add(&lines, "Observed", observed);
	d.nlines = lines.n;
	d.subject = arena_printf(l->arena, "%s: the run was interrupted",
				 l->db.name);
	return append(l, p, &d, err);
}

static int append_begin(struct ledger *l, struct project *p,
			const struct ledger_change *ch, struct err *err)
{
	struct lines lines = {
		.v = arena_alloc(l->arena, (LINES_FIXED + ch->nruns) *
				 sizeof(*lines.v)),
	};
	struct entry_draft d = {
		.lines = lines.v, .sql = ch->sql, .sql_len = ch->sql_len,
		.approvals = l->approvals, .napprovals = l->napprovals,
	};
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256_of(sum, ch->sql, ch->sql_len);
	hex_encode(hex, sum, sizeof(sum));
	add_db(&lines, l, "begin");
	add(&lines, "Op", ch->op);
	add(&lines, "From", end_point(l, ch->from, ch->from_state));
	add(&lines, "To", end_point(l, ch->to, ch->to_state));
	add(&lines, "Plan", ch->edge ? "edge" :
	    arena_printf(l->arena, "direct %zu", ch->edges));
	add_steps(&lines, l, ch);
	add(&lines, "Sql", arena_printf(l->arena, "%s %zu", hex,
					ch->sql_len));
	if (add_run(&lines, l, p, err))
		return -1;
	d.nlines = lines.n;
	d.subject = ch->subject;
	return append(l, p, &d, err);
}

static int move_mirror(struct ledger *l, struct project *p,
		       const struct oid *to, const char *why, struct err *err)
{
	if (ref_update(p->store, mirror_ref(l->arena, &l->db),
		       l->has_mirror ? &l->mirror : NULL, to, why, err))
		return -1;
	l->has_mirror = to;
	if (to)
		l->mirror = *to;
	return 0;
}

/* A begin that only the mirror has died with its one transaction; one in the
 * rows has come as far as `partial` says. */
static int close_open(struct ledger *l, struct project *p, const char *partial,
		      const char *observed, struct err *err)
{
	const struct commit *last = l->ntodo ? &l->todo[l->ntodo - 1].c :
				    &l->tail.c;
	const char *event = l->ntodo || l->next_row ?
			    commit_line(last, "Event") : NULL;

	if (!event || strcmp(event, "begin"))
		return 0;
	if (l->ntodo)
		return close_begin(l, p, "failed interrupted",
				   partial ? observed : l->observed,
				   err);
	return close_begin(l, p, partial ? arena_printf(l->arena, "partial %s",
							partial) : "unknown",
			   observed, err);
}

/* A run that turns another one back goes where that was begun. */
int ledger_change_may(struct ledger *l, struct project *p,
		      const struct ledger_change *ch, struct err *err)
{
	const struct ledger_move move = { .from = ch->from, .to = ch->to,
					  .edge = ch->edge };

	return ledger_may(l, p, ch->partial ? NULL : &move, err);
}

int ledger_intend(struct ledger *l, struct project *p,
		  const struct ledger_change *ch, struct err *err)
{
	if (ledger_change_may(l, p, ch, err))
		return -1;
	l->had_mirror = l->has_mirror;
	l->mirror_before = l->mirror;
	if (close_open(l, p, ch->partial, ch->from_state, err))
		return -1;
	if (!l->next_row && !l->ntodo && append_genesis(l, p, err))
		return -1;
	if (append_begin(l, p, ch, err))
		return -1;
	if (l->db.no_mirror)
		return 0;
	if (odb_flush(store_odb(p->store), err) ||
	    fault("ledger.intend", err) ||
	    move_mirror(l, p, &l->todo[l->ntodo - 1].c.oid, "begin", err))
		return -1;
	l->intended = true;
	return 0;
}

/* What `finish` says again of its begin: where the database is now. */
static int append_finish(struct ledger *l, struct project *p,
			 const char *observed, struct err *err)
{
	const struct commit *begin = l->ntodo ? &l->todo[l->ntodo - 1].c :
				     &l->tail.c;
	struct lines lines = { .v = lines.few };
	struct entry_draft d = { .lines = lines.v };
	uint64_t row = l->next_row + l->ntodo - 1;

	add_db(&lines, l, "finish");
	add(&lines, "Op", commit_line(begin, "Op"));
	add(&lines, "To", commit_line(begin, "To"));
	add(&lines, "Begin", arena_printf(l->arena, "%" PRIu64, row));
	add(&lines, "Finished", entry_time(l->arena, p));
	add(&lines, "Outcome", "ok");
	add(&lines, "Observed", observed);
	d.nlines = lines.n;
	d.subject = arena_printf(l->arena, "%s: done", begin->subject);
	return append(l, p, &d, err);
}

static int make_table(struct ledger *l, const struct ledger_sql *sql,
		      struct err *err)
{
	char hint[sizeof(err->hint)];

	if (!conn_engine(l->conn)->exec(l->conn, sql->create, err))
		return 0;
	memcpy(hint, err->hint, sizeof(hint));
	if (err->code == ERR_REFUSED && sql->grants)
		err_hint(err, "%s; or have the owner run once what "
			 "'schemastore ledger init --sql --role ROLE' prints",
			 hint);
	return err_wrap(err, "making the ledger");
}

static int insert_all(struct ledger *l, struct err *err)
{
	const struct ledger_sql *sql = ledger_sql_of(conn_engine(l->conn)
						     ->name);

	if (!l->exists && make_table(l, sql, err))
		return -1;
	l->exists = true;
	for (size_t i = 0; i < l->ntodo; i++)
		if (entry_insert(l, &l->todo[i], err))
			return -1;
	return 0;
}

int ledger_begin(struct ledger *l, struct err *err)
{
	return insert_all(l, err);
}

void ledger_begun(struct ledger *l)
{
	l->tail = l->todo[l->ntodo - 1];
	l->ntodo = 0;
	l->open = true;
}

int ledger_record(struct ledger *l, struct project *p, const char *observed,
		  struct err *err)
{
	return append_finish(l, p, observed, err) || insert_all(l, err) ? -1 :
	       0;
}

int ledger_fail(struct ledger *l, struct project *p, const char *why,
		const char *observed, struct err *err)
{
	return close_begin(l, p, arena_printf(l->arena, "failed %s", why),
			   observed, err) || insert_all(l, err) ? -1 : 0;
}

/* A run that began when we had committed has brought the mirror up already. */
static int end_mirror(struct ledger *l, struct project *p,
		      const struct oid *last, struct err *err)
{
	struct oid now;
	struct commit c = { .kind = COMMIT_LEDGER };
	int ret = ref_read(&now, p->store, mirror_ref(l->arena, &l->db), err);

	while (ret > 0 && c.kind == COMMIT_LEDGER &&
	       !oid_equal(&now, &l->mirror)) {
		if (oid_equal(&now, last))
			return 0;
		if (store_commit(&c, p->store, &now, l->arena, err))
			return -1;
		if (c.kind == COMMIT_LEDGER)
			now = c.parents[0].oid;
	}
	return ret < 0 ? -1 : move_mirror(l, p, last, "finish", err);
}

/* Approvals are of the next change from where the database has been. */
static int forget_approvals(struct ledger *l, struct project *p,
			    const struct commit *last, struct err *err)
{
	return !ledger_places(last) ? 0 :
	       deploy_forget(p->store, mirror_ref(l->arena, &l->db), l->arena,
			     err);
}

int ledger_settle(struct ledger *l, struct project *p, struct err *err)
{
	const struct commit *last = &l->todo[l->ntodo - 1].c;
	int ret = -1;

	if (l->db.no_mirror) {
		odb_discard(store_odb(p->store));
		return 0;
	}
	if (store_lock_for(p->store, SETTLE_S, err))
		goto out;
	if (!fault("ledger.settle", err) &&
	    !odb_flush(store_odb(p->store), err) &&
	    !end_mirror(l, p, &last->oid, err))
		ret = forget_approvals(l, p, last, err);
	store_unlock(p->store);
out:
	return ret ? err_wrap(err, "the database is changed; its mirror will "
			      "be brought up by the next run") : 0;
}

int ledger_forget(struct ledger *l, struct project *p, struct err *err)
{
	int ret;

	odb_discard(store_odb(p->store));
	if (!l->intended)
		return 0;
	l->intended = false;
	if (store_lock(p->store, err))
		return -1;
	ret = move_mirror(l, p, l->had_mirror ? &l->mirror_before : NULL,
			  "forget", err);
	store_unlock(p->store);
	return ret;
}

static const char *note_subject(const struct ledger *l,
				const struct ledger_notice *n)
{
	const char *event = n->event;

	return arena_printf(l->arena, "%s: %s", l->db.name,
			    !strcmp(event, "restore") ? "restored" :
			    !strcmp(event, "clone") ? "a copy" :
			    n->state ? "adopted" : "a note");
}

/* The last row that it has, and what the mirror says in the place of the
 * rest. */
static int add_restored(struct lines *lines, struct ledger *l,
			struct project *p, struct err *err)
{
	struct strong_id left;
	char hex[SHA256_HEX];

	if (ledger_left(&left, l, p, err))
		return -1;
	hex_encode(hex, left.b, SHA256_LEN);
	add(lines, "Restored", arena_printf(l->arena, "%" PRIu64 " %s",
					    l->next_row - 1, hex));
	return 0;
}

static int append_note(struct ledger *l, struct project *p,
		       const struct ledger_notice *n, struct err *err)
{
	struct lines lines = { .v = lines.few };
	struct entry_draft d = { .lines = lines.v, .body = n->why,
				 .subject = note_subject(l, n) };

	add_db(&lines, l, n->event);
	if (n->state) {
		add(&lines, "To", end_point(l, n->version, n->state));
		d.approvals = l->approvals;
		d.napprovals = l->napprovals;
	}
	if (!strcmp(n->event, "restore") && add_restored(&lines, l, p, err))
		return -1;
	if (add_run(&lines, l, p, err))
		return -1;
	add(&lines, "Observed", n->observed);
	d.nlines = lines.n;
	return append(l, p, &d, err);
}

int ledger_notice_may(struct ledger *l, struct project *p,
		      const struct ledger_notice *n, struct err *err)
{
	const struct ledger_move move = {
		.from = n->version, .to = n->version, .edge = true,
		.new_id = !strcmp(n->event, "clone"),
		.restored = !strcmp(n->event, "restore"),
	};

	return ledger_may(l, p, n->state ? &move : NULL, err);
}

int ledger_note(struct ledger *l, struct project *p,
		const struct ledger_notice *n, struct err *err)
{
	if (ledger_notice_may(l, p, n, err) ||
	    close_open(l, p, NULL, n->observed, err))
		return -1;
	if (!l->next_row && !l->ntodo && append_genesis(l, p, err))
		return -1;
	if (!strcmp(n->event, "clone"))
		new_db_id(l);
	return append_note(l, p, n, err) || insert_all(l, err) ? -1 : 0;
}
