/*
 * Taking a live database to a version.
 */
#include "config.h"

#include "ss/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ss/fault.h"
#include "ss/file.h"

/* Who is in the way is asked while a statement waits for him. */
#define LEAST_WAIT_MS 500

/* What a run holds open. */
struct run {
	struct apply *ap;
	struct arena *arena;
	struct conn *conn;	/* the database, or its copy */
	struct conn *real;	/* where a copy is used: the database */
	const struct engine *engine;
	struct ledger ledger;
	struct schema from, to;	/* as stored */
	struct schema live;	/* as the database had it */
	int64_t stamp;		/* when its rows were counted */
	unsigned char print[SHA256_LEN];	/* of the catalog, when it was
						 * read */
	const char *file;	/* the database is one; NULL: a server's */
	struct stat is;		/* the one that we have open */
	bool made;		/* by us: removed on failure */
	bool locked;
};

static int no_database(struct run *r, struct err *err)
{
	err_set(err, ERR_USAGE, "database '%s' does not exist",
		r->ap->db.shown);
	return err_hint(err, "'schemastore upgrade' makes it");
}

static int copy_database(struct run *r, struct conn *from, struct err *err)
{
	return r->engine->copy(&r->conn, from, err) ||
	       r->engine->extend(r->conn, r->ap->db.extensions, err) ? -1 : 0;
}

/* 1 it is ours, 0 somebody was quicker, -1 */
static int make_file(const char *path, struct err *err)
{
	int flags = O_RDWR | O_CREAT | O_CLOEXEC;
	int fd = open(path, flags | O_EXCL, 0644);
	bool ours = fd >= 0;

	/* What a link leads to may be made, but is not ours alone. */
	if (!ours && errno == EEXIST && !is_symlink(path))
		return 0;
	if (!ours && errno == EEXIST)
		fd = open(path, flags, 0644);
	if (fd < 0)
		return err_errno(err, "cannot make database '%s'", path);
	close(fd);
	return ours;
}

/* Is what stands there still what we have open?  A file that was removed takes
 * every statement, and nothing of it is left. */
static int check_file(struct run *r, struct err *err)
{
	struct stat now;

	if (!r->file || (!stat(r->file, &now) && now.st_dev == r->is.st_dev &&
			 now.st_ino == r->is.st_ino))
		return 0;
	err_set(err, ERR_REFUSED, "database '%s' was removed or replaced "
		"meanwhile", r->ap->db.shown);
	return err_hint(err, "try again");
}

static int open_database(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const char *file = r->engine->file(ap->db.url);
	bool missing = file && *file && !file_exists(file) &&
		       !dir_exists(file);
	int made = 0;

	if (missing && ap->to_nothing)
		return no_database(r, err);
	if (missing && ap->dry_run)
		return copy_database(r, NULL, err);
	if (missing && (made = make_file(file, err)) < 0)
		return -1;
	r->made = made;
	r->file = file && !stat(file, &r->is) ? file : NULL;
	if (database_open(&r->conn, &ap->db, CONN_WRITE, err) ||
	    check_file(r, err))
		return -1;
	if (ap->wait_ms < LEAST_WAIT_MS)
		ap->wait_ms = LEAST_WAIT_MS;
	r->engine->wait(r->conn, ap->wait_ms);
	if (r->engine->heed)
		r->engine->heed(r->conn, ap->cancelled);
	/* Where there is no copy to be had, what is done is undone. */
	if (!ap->dry_run || !r->engine->copy)
		return 0;
	r->real = r->conn;
	r->conn = NULL;
	return copy_database(r, r->real, err);
}

/* While nobody else can have begun anything, and where nothing was. */
static void remove_made(struct run *r)
{
	struct err busy = ERR_INIT;
	struct stat st;

	/* It may be an extension that could not be loaded. */
	if (!r->conn && r->engine->open(&r->conn, r->ap->db.url, CONN_WRITE,
					&busy))
		return;
	r->engine->wait(r->conn, 0);
	if (r->engine->begin(r->conn, &busy))
		return;
	if (!check_file(r, &busy) && !stat(r->file, &st) && !st.st_size)
		unlink(r->file);
	r->engine->rollback(r->conn);
}

static void unlock_store(struct run *r)
{
	if (r->locked)
		ledger_unlock(r->ap->project, &r->ap->db);
	r->locked = false;
}

static void close_run(struct run *r, bool failed)
{
	schema_release(&r->live);
	schema_release(&r->from);
	schema_release(&r->to);
	if (failed && r->made)
		remove_made(r);
	if (r->conn)
		r->engine->close(r->conn);
	if (r->real)
		r->engine->close(r->real);
	unlock_store(r);
}

static int locate(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;

	if (ledger_open(&r->ledger, ap->project, r->conn, &ap->db, r->arena,
			err))
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

static bool is_there(const struct apply *ap)
{
	if (ap->from_nothing || ap->to_nothing)
		return ap->from_nothing && ap->to_nothing;
	return oid_equal(&ap->from.oid, &ap->to.oid);
}

/* Somebody else's run, between two looks of ours?  1, 0, -1 */
static int check_moved(struct run *r, struct err *err)
{
	int ret = ledger_moved(&r->ledger, err);

	if (ret <= 0)
		return ret;
	err_set(err, ERR_REFUSED, "somebody else has changed database '%s' "
		"meanwhile", r->ap->db.word);
	err_hint(err, "look at 'schemastore history %s' and try again",
		 r->ap->db.word);
	return 1;
}

static int drifted(struct run *r, struct err *err)
{
	if (check_moved(r, err))
		return -1;
	if (!r->ledger.next_row) {
		err_set(err, ERR_REFUSED, "database '%s' has objects, but no "
			"ledger that says which version it is at",
			r->ap->db.shown);
		return err_hint(err, "if it is at a version, say so: "
				"'schemastore baseline %s VERSION'",
				r->ap->db.word);
	}
	err_set(err, ERR_REFUSED, "the schema of database '%s' is not that of "
		"the version that its ledger names", r->ap->db.shown);
	return err_hint(err, "'schemastore drift %s' shows what differs",
			r->ap->db.word);
}

/* The schema as it stands must be what the ledger says. */
static int check_digest(struct run *r, struct schema *live,
			const char *expected, struct err *err)
{
	char real[SCHEMA_DIGEST_LEN];

	schema_init(live, r->engine->spelling, r->arena);
	if (r->engine->read(r->conn, live, &r->ap->project->read, err))
		return -1;
	schema_digest(real, live);
	if (r->ap->from_nothing && expected == r->ledger.state ?
	    !live->n : !strcmp(real, expected))
		return 0;
	return drifted(r, err);
}

static int check_arrival(struct run *r, struct err *err)
{
	struct schema live;
	int ret = check_digest(r, &live, r->ap->plan.to_digest, err);

	schema_release(&live);
	return ret ? err_wrap(err, "after the last statement") : 0;
}

static int read_version(struct schema *out, struct run *r, bool nothing,
			const struct commit *c, struct err *err)
{
	schema_init(out, r->engine->spelling, r->arena);
	if (nothing)
		return schema_seal(out, err);
	if (!version_state(c, r->engine->name))
		return err_set(err, ERR_USAGE, "version '%s' has no schema for "
			       "%s", c->subject, r->engine->name);
	return version_schema_read(out, r->ap->project->store, c,
				   r->engine->name, r->engine->spelling,
				   r->arena, err);
}

/* What a version holds must be what its commit says that it holds. */
static int check_states(const struct apply *ap, struct err *err)
{
	const char *engine = ap->db.engine->name;
	const struct commit *bad = NULL;

	if (!ap->from_nothing && strcmp(ap->plan.from_digest,
					version_state(&ap->from, engine)))
		bad = &ap->from;
	if (!ap->to_nothing && strcmp(ap->plan.to_digest,
				      version_state(&ap->to, engine)))
		bad = &ap->to;
	if (!bad)
		return 0;
	err_set(err, ERR_DAMAGED, "the schema of version '%s' is not the one "
		"that its commit names", bad->subject);
	return err_hint(err, "run 'schemastore fsck'");
}

static int make_plan(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct plan_opts opts = { .extensions = ap->db.extensions };
	struct store *s = ap->project->store;

	if (path_find(&ap->path, s, ap->from_nothing ? NULL : &ap->from,
		      ap->to_nothing ? NULL : &ap->to, r->engine->name,
		      r->arena, err) ||
	    read_version(&r->from, r, ap->from_nothing, &ap->from, err) ||
	    read_version(&r->to, r, ap->to_nothing, &ap->to, err))
		return -1;
	/* The digest is silent about it, but the plan may depend on it. */
	schema_take_order(&r->from, &r->live);
	if (plan_make(&ap->plan, r->engine, &r->from, &r->to, &opts, r->arena,
		      err) ||
	    check_states(ap, err) ||
	    proof_find(&ap->plan, s, err))
		return -1;
	if (ap->plan.proven)
		return 0;
	return plan_prove(&ap->plan, err) || proof_remember(&ap->plan, s, err)
	       ? -1 : 0;
}

static int cancelled(struct run *r, struct err *err)
{
	if (!r->ap->cancelled || !*r->ap->cancelled)
		return 0;
	return err_set(err, ERR_CANCELLED, "interrupted: nothing was changed");
}

static int run_statements(struct run *r, struct err *err)
{
	const struct script *s = &r->ap->plan.script;

	for (size_t i = 0; i < s->n; i++) {
		progress_step(r->ap->project->progress, "statement", i + 1,
			      s->n);
		if (cancelled(r, err) || fault("apply.statement", err))
			return -1;
		if (r->engine->exec(r->conn, s->v[i].sql, err))
			return cancelled(r, err) ? -1 :
			       err_wrap(err, "%s%sstatement %zu of %zu",
					s->v[i].node, *s->v[i].node ? ": " :
					"", i + 1, s->n);
	}
	return cancelled(r, err);
}

/* Is it one edge's own SQL? */
static bool is_edge(const struct apply *ap)
{
	const struct commit *c = ap->path.down ? &ap->from : &ap->to;

	if (ap->path.edges != 1 || ap->path.sideways)
		return false;
	for (size_t i = 0; i < c->nedges; i++)
		if (!strcmp(c->edges[i].engine, ap->db.engine->name) &&
		    !memcmp(ap->path.down ? c->edges[i].down : c->edges[i].up,
			    ap->plan.sql_sha256, SHA256_LEN))
			return true;
	return false;
}

static void describe(struct ledger_change *ch, struct run *r)
{
	struct apply *ap = r->ap;

	ch->op = ap->path.down ? "rollback" : "apply";
	ch->from = ap->from_nothing ? NULL : &ap->from;
	ch->to = ap->to_nothing ? NULL : &ap->to;
	ch->from_state = ap->plan.from_digest;
	ch->to_state = ap->plan.to_digest;
	ch->edges = ap->path.edges;
	ch->edge = is_edge(ap);
	ch->sql = ap->plan.sql;
	ch->sql_len = ap->plan.sql_len;
	ch->subject = arena_printf(r->arena, "%s: %s", ap->db.name,
				   ap->to_nothing ? "back to nothing" :
				   ap->to.subject);
}

/* Neither the ledger nor the catalog must have moved since the plan was
 * made: same catalog, same schema. */
static int check_place(struct run *r, struct err *err)
{
	unsigned char print[SHA256_LEN];

	if (check_moved(r, err) ||
	    r->engine->fingerprint(r->conn, print, err))
		return -1;
	return memcmp(print, r->print, SHA256_LEN) ? drifted(r, err) : 0;
}

static int count(struct run *r, struct err *err)
{
	return r->engine->stamp(r->conn, &r->stamp, err) ||
	       count_hazards(r->ap, r->conn, r->arena, err) ? -1 : 0;
}

/* Whoever wrote since the rows were counted may have written some that stand
 * in the way, or that would be lost: now nobody can. */
static int check_rows(struct run *r, struct err *err)
{
	int64_t now;

	if (hold_hazards(r->ap, r->conn, err) ||
	    r->engine->stamp(r->conn, &now, err))
		return -1;
	if (now == r->stamp)
		return 0;
	return count(r, err) || refuse_hazards(r->ap, err) ? -1 : 0;
}

static int in_transaction(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct ledger_change ch = { 0 };

	if (check_place(r, err) || check_rows(r, err))
		return -1;
	if (ap->dry_run)
		return run_statements(r, err) || check_arrival(r, err) ? -1 :
		       0;
	describe(&ch, r);
	if (ledger_sync(&r->ledger, ap->project, err) ||
	    ledger_intend(&r->ledger, ap->project, &ch, err))
		return -1;
	unlock_store(r);
	if (run_statements(r, err) || check_arrival(r, err))
		return -1;
	return ledger_record(&r->ledger, ap->project, ap->plan.to_digest, err);
}

/* Both locks, or none while we wait: neither is held from others meanwhile.
 * The store's is for the intent; the statements may take their time. */
static int begin_both(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct timespec pause = { 0, 50 * 1000 * 1000 };
	struct err busy = ERR_INIT;

	if (ap->dry_run)
		return r->engine->begin(r->conn, err);
	r->engine->wait(r->conn, 0);
	for (int waited = 0;; waited += 50) {
		if (ledger_lock(ap->project, &ap->db, err))
			return -1;
		r->locked = true;
		if (!r->engine->begin(r->conn, &busy)) {
			r->engine->wait(r->conn, ap->wait_ms);
			return check_file(r, err);
		}
		unlock_store(r);
		if (busy.code != ERR_BUSY || waited >= ap->wait_ms ||
		    cancelled(r, &busy))
			break;
		nanosleep(&pause, NULL);
	}
	*err = busy;
	return -1;
}

static int execute(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct err forgotten = ERR_INIT;

	if (begin_both(r, err) || in_transaction(r, err))
		goto undo;
	if (ap->dry_run && !r->engine->copy) {
		r->engine->rollback(r->conn);
		return 0;
	}
	if (fault("apply.commit", err) || check_file(r, err) ||
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

int apply_run(struct apply *ap, struct arena *a, struct err *err)
{
	struct run r = { .ap = ap, .arena = a, .engine = ap->db.engine };
	int ret = -1;

	if (open_database(&r, err) || locate(&r, err))
		goto out;
	ap->nothing_to_do = is_there(ap);
	if (ap->nothing_to_do) {
		ret = ap->dry_run ? 0 :
		      ledger_catch_up(&r.ledger, ap->project, err);
		goto out;
	}
	if (r.engine->fingerprint(r.conn, r.print, err) ||
	    check_digest(&r, &r.live, r.ledger.state, err) ||
	    make_plan(&r, err) || count(&r, err) ||
	    (ap->confirm && ap->confirm(ap->ctx, ap, err)) ||
	    refuse_hazards(ap, err))
		goto out;
	ret = execute(&r, err);
out:
	close_run(&r, ret);
	return ret;
}
