/*
 * Taking a live database to a version.
 */
#include "config.h"

#include "ss/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/fault.h"
#include "ss/file.h"

/* What a run holds open. */
struct run {
	struct apply *ap;
	struct arena *arena;
	struct conn *conn;	/* the database, or its copy */
	struct conn *real;	/* where a copy is used: the database */
	const struct engine *engine;
	struct ledger ledger;
	struct schema from, to;	/* as stored */
	unsigned char print[SHA256_LEN];	/* of the catalog, when it was
						 * read */
	const char *made;	/* a file that we made: removed on failure */
	bool locked;
};

static int no_database(struct run *r, struct err *err)
{
	err_set(err, ERR_USAGE, "database '%s' does not exist",
		r->ap->db.url);
	return err_hint(err, "'schemastore upgrade' makes it");
}

static int copy_database(struct run *r, struct conn *from, struct err *err)
{
	return r->engine->copy(&r->conn, from, err) ||
	       r->engine->extend(r->conn, r->ap->db.extensions, err) ? -1 : 0;
}

static int open_database(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	const char *file = r->engine->file(ap->db.url);
	bool missing = file && !file_exists(file);

	if (missing && ap->to_nothing)
		return no_database(r, err);
	if (missing && ap->dry_run)
		return copy_database(r, NULL, err);
	if (missing)
		r->made = file;
	if (database_open(&r->conn, &ap->db,
			  CONN_WRITE | (missing ? CONN_CREATE : 0), err)) {
		if (missing)
			unlink(file);
		return -1;
	}
	if (!ap->dry_run)
		return 0;
	r->real = r->conn;
	r->conn = NULL;
	return copy_database(r, r->real, err);
}

/* A file that we made and that has something in it now is not ours alone:
 * another program has found it, and written it. */
static bool is_empty(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !st.st_size;
}

static void close_run(struct run *r, bool failed)
{
	static const char *const beside[] = { "", "-journal", "-wal", "-shm" };

	schema_release(&r->from);
	schema_release(&r->to);
	if (r->conn)
		r->engine->close(r->conn);
	if (r->real)
		r->engine->close(r->real);
	failed = failed && r->made && is_empty(r->made);
	for (size_t i = 0; failed && i < ARRAY_LEN(beside); i++)
		unlink(arena_printf(r->arena, "%s%s", r->made, beside[i]));
	if (r->locked)
		ledger_unlock(r->ap->project, &r->ap->db);
}

static int locate(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;

	if (ledger_read(&r->ledger, r->conn, &ap->db, r->arena, err))
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

static int drifted(struct run *r, struct err *err)
{
	if (r->ap->from_nothing && !r->ledger.exists) {
		err_set(err, ERR_REFUSED, "database '%s' has objects, but no "
			"ledger that says which version it is at",
			r->ap->db.url);
		return err_hint(err, "if it is at a version, say so: "
				"'schemastore baseline %s VERSION'",
				r->ap->db.name);
	}
	err_set(err, ERR_REFUSED, "the schema of database '%s' is not that of "
		"the version that its ledger names", r->ap->db.url);
	return err_hint(err, "'schemastore drift %s' shows what differs",
			r->ap->db.name);
}

/* The schema as it stands must be what the ledger says. */
static int check_digest(struct run *r, const char *expected, struct err *err)
{
	char real[SCHEMA_DIGEST_LEN];
	struct schema s;
	int ret = -1;

	schema_init(&s, r->engine->spelling, r->arena);
	if (!r->engine->read(r->conn, &s, &r->ap->project->read, err)) {
		schema_digest(real, &s);
		if (r->ap->from_nothing && expected == r->ledger.state ?
		    !s.n : !strcmp(real, expected))
			ret = 0;
		else
			drifted(r, err);
	}
	schema_release(&s);
	return ret;
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

static int make_plan(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct plan_opts opts = { .extensions = ap->db.extensions };
	struct store *s = ap->project->store;

	if (path_find(&ap->path, s, ap->from_nothing ? NULL : &ap->from,
		      ap->to_nothing ? NULL : &ap->to, r->engine->name,
		      r->arena, err) ||
	    read_version(&r->from, r, ap->from_nothing, &ap->from, err) ||
	    read_version(&r->to, r, ap->to_nothing, &ap->to, err) ||
	    plan_make(&ap->plan, r->engine, &r->from, &r->to, &opts, r->arena,
		      err) ||
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
		if (cancelled(r, err) || fault("apply.statement", err))
			return -1;
		if (r->engine->exec(r->conn, s->v[i].sql, err))
			return err_wrap(err, "%s%sstatement %zu of %zu",
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
	struct ledger now;

	if (r->engine->fingerprint(r->conn, print, err))
		return -1;
	if (memcmp(print, r->print, SHA256_LEN))
		return drifted(r, err);

	if (ledger_read(&now, r->conn, &r->ap->db, r->arena, err))
		return -1;
	if (now.next_row == r->ledger.next_row)
		return 0;
	err_set(err, ERR_REFUSED, "somebody else has changed database '%s' "
		"meanwhile", r->ap->db.url);
	return err_hint(err, "look at 'schemastore history %s' and try again",
			r->ap->db.name);
}

static int in_transaction(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct ledger_change ch = { 0 };

	if (check_place(r, err))
		return -1;
	if (ap->dry_run)
		return run_statements(r, err) ||
		       check_digest(r, ap->plan.to_digest, err) ? -1 : 0;
	describe(&ch, r);
	if (ledger_sync(&r->ledger, ap->project, err) ||
	    ledger_intend(&r->ledger, ap->project, &ch, err) ||
	    run_statements(r, err))
		return -1;
	if (check_digest(r, ap->plan.to_digest, err))
		return err_wrap(err, "after the last statement");
	return ledger_record(&r->ledger, ap->project, ap->plan.to_digest, err);
}

static int execute(struct run *r, struct err *err)
{
	struct apply *ap = r->ap;
	struct err forgotten = ERR_INIT;

	if (!ap->dry_run) {
		if (ledger_lock(ap->project, &ap->db, err))
			return -1;
		r->locked = true;
	}
	if (r->engine->begin(r->conn, ap->wait_ms, err))
		goto undo;
	if (in_transaction(r, err))
		goto undo;
	if (fault("apply.commit", err) || r->engine->commit(r->conn, err))
		goto undo;
	if (ap->dry_run)
		return 0;
	r->made = NULL;
	return ledger_settle(&r->ledger, ap->project, err);
undo:
	r->engine->rollback(r->conn);
	if (!ap->dry_run)
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
		ret = 0;
		goto out;
	}
	if (r.engine->fingerprint(r.conn, r.print, err) ||
	    check_digest(&r, r.ledger.state, err) || make_plan(&r, err) ||
	    count_hazards(ap, r.conn, a, err) ||
	    (ap->confirm && ap->confirm(ap->ctx, ap, err)) ||
	    refuse_hazards(ap, err))
		goto out;
	ret = execute(&r, err);
out:
	close_run(&r, ret);
	return ret;
}
