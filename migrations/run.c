/*
 * A database that a run has open: opened, looked at, closed again.
 */
#include "config.h"

#include "migrations/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/majors.h"

/* Who is in the way is asked while a statement waits for him. */
#define LEAST_WAIT_MS 500

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
int run_check_file(struct run *r, struct err *err)
{
	struct stat now;

	if (!r->file || (!stat(r->file, &now) && now.st_dev == r->is.st_dev &&
			 now.st_ino == r->is.st_ino))
		return 0;
	err_set(err, ERR_REFUSED, "database '%s' was removed or replaced "
		"meanwhile", r->ap->db.shown);
	return err_hint(err, "try again");
}

int run_open(struct run *r, struct err *err)
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
	    run_check_file(r, err))
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
	if (!run_check_file(r, &busy) && !stat(r->file, &st) && !st.st_size)
		unlink(r->file);
	r->engine->rollback(r->conn);
}

void run_unlock(struct run *r)
{
	if (r->locked)
		ledger_unlock(r->ap->project, &r->ap->db);
	r->locked = false;
}

void run_close(struct run *r, bool failed)
{
	way_release(&r->way);
	schema_release(&r->live);
	schema_release(&r->from);
	schema_release(&r->to);
	if (failed && r->made)
		remove_made(r);
	if (r->conn)
		r->engine->close(r->conn);
	if (r->real)
		r->engine->close(r->real);
	run_unlock(r);
}

/* Somebody else's run, between two looks of ours?  1, 0, -1 */
int run_check_moved(struct run *r, struct err *err)
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

/* what: ": table 't' is missing", or nothing. */
static int drifted(struct run *r, const char *what, struct err *err)
{
	if (run_check_moved(r, err))
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
		"the version that its ledger names%s", r->ap->db.shown, what);
	return err_hint(err, "'schemastore drift %s' shows what differs",
			r->ap->db.word);
}

int run_no_schema(const struct run *r, const struct commit *c,
		  struct err *err)
{
	err_set(err, ERR_USAGE, "version '%s' has no schema for %s",
		c->subject, r->engine->name);
	return err_hint(err, "'schemastore heads %s' lists those that have",
			r->ap->db.word);
}

/* What the store holds must be what the commit says that it holds. */
int run_read_version(struct schema *out, struct run *r, bool nothing,
		     const struct commit *c, struct err *err)
{
	struct apply *ap = r->ap;
	const struct in_database in = { ap->project, &ap->db, r->conn,
					r->arena };
	const char *state = nothing ? NULL : version_state(c, r->engine->name);

	schema_init(out, r->engine->spelling, r->arena);
	if (nothing)
		return schema_seal(out, err);
	if (!state)
		return run_no_schema(r, c, err);
	return version_schema_in(out, &in, c, err);
}

int run_read_live(struct schema *live, struct run *r, bool nothing,
		  const struct commit *c, struct err *err)
{
	struct project *p = r->ap->project;
	struct read_opts opts = project_read_opts(p, r->engine);

	schema_init(live, r->engine->spelling, r->arena);
	return (!nothing && version_read_opts(&opts, p, c, r->engine, r->arena,
					      err)) ||
	       r->engine->read(r->conn, live, &opts, err) ? -1 : 0;
}

static void add_difference(struct buf *b, const struct run *r,
			   const struct schema *want,
			   const struct schema *live)
{
	struct diff d;

	schema_diff(&d, want, live, DIFF_BY_NAME, r->arena);
	if (d.n)
		buf_addstr(b, ": ");
	diff_brief(b, &d);
}

/* The schema as it stands must be a version's: 1, 0, -1. */
static int is_that(struct run *r, struct schema *live,
		   const struct schema *want, bool nothing,
		   const struct commit *c, struct err *err)
{
	if (run_read_live(live, r, nothing, c, err))
		return -1;
	return nothing ? !live->n : !strcmp(live->digest, want->digest);
}

int run_check_start(struct run *r, struct err *err)
{
	const struct apply *ap = r->ap;
	struct buf what = BUF_INIT;
	int ret;

	if (run_read_version(&r->from, r, ap->from_nothing, &ap->from, err))
		return -1;
	ret = is_that(r, &r->live, &r->from, ap->from_nothing, &ap->from, err);
	if (ret)
		return ret < 0 ? -1 : 0;
	add_difference(&what, r, &r->from, &r->live);
	ret = drifted(r, what.ptr, err);
	buf_release(&what);
	return ret;
}

int run_check_unchanged(struct run *r, struct err *err)
{
	const struct apply *ap = r->ap;
	char digest[SCHEMA_DIGEST_LEN];
	struct schema live;
	int ret = run_read_live(&live, r, ap->from_nothing, &ap->from, err);

	if (!ret)
		schema_digest(digest, &live);
	if (!ret && strcmp(digest, ap->plan.from_digest))
		ret = drifted(r, "", err);
	schema_release(&live);
	return ret;
}

static int not_arrived(const struct run *r, const struct schema *live,
		       struct err *err)
{
	const struct apply *ap = r->ap;
	struct buf what = BUF_INIT;

	add_difference(&what, r, &r->to, live);
	if (ap->to_nothing)
		err_set(err, ERR_REFUSED, "database '%s' is not empty after "
			"the last statement%s", ap->db.shown, what.ptr);
	else
		err_set(err, ERR_REFUSED, "database '%s' has not arrived at "
			"version '%s' after the last statement%s",
			ap->db.shown, ap->to.subject, what.ptr);
	buf_release(&what);
	return err_hint(err, "%sfind what acts in this database alone: an "
			"event trigger, or rows that the SQL looks at",
			r->in_steps ? "" : "nothing was changed; in scratch "
			"the same statements do arrive: ");
}

int run_check_arrival(struct run *r, struct err *err)
{
	const struct apply *ap = r->ap;
	struct schema live;
	int ret = is_that(r, &live, &r->to, ap->to_nothing, &ap->to, err);

	if (!ret)
		not_arrived(r, &live, err);
	else if (ret < 0)
		err_wrap(err, "after the last statement");
	schema_release(&live);
	return ret > 0 ? 0 : -1;
}

int run_cancelled(struct run *r, struct err *err)
{
	if (!r->ap->cancelled || !*r->ap->cancelled)
		return 0;
	return err_set(err, ERR_CANCELLED, "interrupted: nothing was changed");
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

void run_describe(struct ledger_change *ch, struct run *r)
{
	struct apply *ap = r->ap;

	ch->op = ap->path.down ? "rollback" : "apply";
	ch->from = ap->from_nothing ? NULL : &ap->from;
	ch->to = ap->to_nothing ? NULL : &ap->to;
	ch->from_state = ap->from_nothing ? ap->plan.from_digest :
			 version_state(&ap->from, r->engine->name);
	ch->to_state = ap->to_nothing ? ap->plan.to_digest :
		       version_state(&ap->to, r->engine->name);
	ch->edges = ap->path.edges;
	ch->edge = is_edge(ap);
	ch->sql = ap->plan.sql;
	ch->sql_len = ap->plan.sql_len;
	ch->runs = ap->plan.runs;
	ch->nruns = ap->plan.nruns;
	ch->subject = arena_printf(r->arena, "%s: %s", ap->db.name,
				   ap->to_nothing ? "back to nothing" :
				   ap->to.subject);
}

/* Neither the ledger nor the catalog must have moved since the plan was
 * made: same catalog, same schema. */
int run_check_place(struct run *r, struct err *err)
{
	unsigned char print[SHA256_LEN];

	if (run_check_moved(r, err) ||
	    r->engine->fingerprint(r->conn, print, err))
		return -1;
	return memcmp(print, r->print, SHA256_LEN) ? drifted(r, "", err) : 0;
}

int run_count(struct run *r, struct err *err)
{
	return r->engine->stamp(r->conn, &r->stamp, err) ||
	       count_hazards(r->ap, r->conn, r->arena, err) ? -1 : 0;
}

/* Whoever wrote since the rows were counted may have written some that stand
 * in the way, or that would be lost: now nobody can. */
int run_check_rows(struct run *r, struct err *err)
{
	int64_t now;

	if (hold_hazards(r->ap, r->conn, err) ||
	    r->engine->stamp(r->conn, &now, err))
		return -1;
	if (now == r->stamp)
		return 0;
	return run_count(r, err) || refuse_hazards(r->ap, err) ? -1 : 0;
}

/* Both locks, or none while we wait: neither is held from others meanwhile.
 * The store's is for the intent; the statements may take their time. */
void run_pause(int attempt)
{
	struct timespec t = { attempt < 8 ? attempt : 8, 0 };

	nanosleep(&t, NULL);
}

int run_begin(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct timespec pause = { 0, 50 * 1000 * 1000 };
	struct err busy = ERR_INIT;
	struct key *key;

	if (ap->dry_run)
		return r->engine->begin(r->conn, err);
	if (project_key(&key, ap->project, err))
		return -1;
	r->engine->wait(r->conn, 0);
	for (int waited = 0;; waited += 50) {
		if (ledger_lock(ap->project, &ap->db, err))
			return -1;
		r->locked = true;
		if (!(r->in_steps ? r->engine->hold(r->conn, &busy) :
		      r->engine->begin(r->conn, &busy))) {
			r->engine->wait(r->conn, ap->wait_ms);
			return run_check_file(r, err);
		}
		run_unlock(r);
		if (busy.code != ERR_BUSY || waited >= ap->wait_ms ||
		    run_cancelled(r, &busy))
			break;
		nanosleep(&pause, NULL);
	}
	*err = busy;
	return -1;
}
