/*
 * Where a database stands; adopting one that was made elsewhere.
 */
#include "config.h"

#include "ss/apply.h"

#include "ss/file.h"

#include "migrations/mirror.h"

int standing_read(struct standing *out, struct project *p, struct conn *conn,
		  const struct database *db, bool check_drift,
		  struct arena *a, struct err *err)
{
	struct err unknown = ERR_INIT;
	const char *expected;

	memset(out, 0, sizeof(*out));
	if (ledger_read(&out->ledger, conn, db, a, err))
		return -1;
	if (out->ledger.placed)
		out->known = !version_by_strong(&out->version, p->store,
						&out->ledger.version, a,
						&unknown);
	if (unknown.code && unknown.code != ERR_USAGE) {
		*err = unknown;
		return -1;
	}
	if (!check_drift)
		return 0;
	schema_init(&out->real, db->engine->spelling, a);
	if (database_read(&out->real, p, conn, db, err))
		return -1;
	schema_digest(out->digest, &out->real);
	expected = out->ledger.state;
	out->drifted = out->ledger.placed ? strcmp(out->digest, expected) :
		       out->real.n > 0;
	return 0;
}

static int find_way(struct place *out, struct project *p,
		    const struct database *db, const struct commit *target,
		    struct arena *a, struct err *err)
{
	struct standing *st = &out->standing;

	out->where = !st->ledger.placed ? PLACE_NOWHERE :
		     !st->known ? PLACE_UNKNOWN : PLACE_HERE;
	if (out->where != PLACE_HERE ||
	    oid_equal(&st->version.oid, &target->oid))
		return 0;
	if (path_find(&out->way, p->store, &st->version, target,
		      db->engine->name, a, err))
		return -1;
	out->where = out->way.down ? PLACE_AHEAD :
		     out->way.sideways ? PLACE_ASIDE : PLACE_BEHIND;
	return 0;
}

int place_read(struct place *out, struct project *p, const struct database *db,
	       const struct commit *target, bool check_drift, struct arena *a,
	       struct err *err)
{
	const char *file = db->engine->file(db->url);
	struct conn *conn;
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (file && !file_exists(file))
		return 0;
	if (database_open(&conn, db, CONN_READ, err))
		return -1;
	if (!standing_read(&out->standing, p, conn, db, check_drift, a, err))
		ret = find_way(out, p, db, target, a, err);
	db->engine->close(conn);
	return ret;
}

void place_release(struct place *out)
{
	schema_release(&out->standing.real);
}

static int not_that_version(const struct schema *real,
			    const struct schema *want,
			    const struct commit *version,
			    const struct engine *e, struct arena *a,
			    struct err *err)
{
	struct list foreign = foreign_tables(real, want, a);
	struct buf names = BUF_INIT;
	struct diff d;

	schema_diff(&d, want, real, 0, a);
	for (size_t i = 0; i < d.n && i < 5; i++) {
		const struct node *n = d.v[i].to ? d.v[i].to : d.v[i].from;

		buf_addf(&names, "%s%s %s", i ? ", " : "", n->kind->word,
			 n->name);
	}
	err_set(err, ERR_REFUSED, "the database's schema is not that of "
		"version '%s': %zu objects differ (%s%s)", version->subject,
		d.n, names.ptr, d.n > 5 ? ", ..." : "");
	buf_release(&names);
	if (foreign.n)
		return err_hint(err, "another tool's bookkeeping? %s; then "
				"commit --allow-empty -m TEXT, and baseline "
				"that", foreign_advice(&foreign, e, a));
	return err_hint(err, "'schemastore diff VERSION DATABASE' shows how");
}

static int check_version(const char **state, struct project *p,
			 struct conn *conn, const struct database *db,
			 const struct commit *version, struct arena *a,
			 struct err *err)
{
	const struct engine *e = db->engine;
	char digest[SCHEMA_DIGEST_LEN];
	struct schema real, want;
	int ret = -1;

	schema_init(&real, e->spelling, a);
	schema_init(&want, e->spelling, a);
	*state = version_state(version, e->name);
	if (!*state) {
		err_set(err, ERR_USAGE, "version '%s' has no schema for %s",
			version->subject, e->name);
		goto out;
	}
	if (database_read(&real, p, conn, db, err))
		goto out;
	schema_digest(digest, &real);
	if (strcmp(digest, *state)) {
		if (!version_schema_read(&want, p->store, version, e->name,
					 e->spelling, a, err))
			not_that_version(&real, &want, version, e, a, err);
		goto out;
	}
	ret = 0;
out:
	schema_release(&real);
	schema_release(&want);
	return ret;
}

static int adopt(struct ledger *l, struct project *p, const char *event,
		 const struct commit *version, const char *state,
		 struct err *err)
{
	const struct engine *e = l->db.engine;
	struct err forgotten = ERR_INIT;
	int ret = -1;

	if (ledger_lock(p, &l->db, err))
		return -1;
	if (e->begin(l->conn, 0, err) || ledger_sync(l, p, err) ||
	    ledger_note(l, p, event, version, state, err) ||
	    e->commit(l->conn, err)) {
		e->rollback(l->conn);
		(void)!ledger_forget(l, p, &forgotten);
	} else {
		ret = ledger_settle(l, p, err);
	}
	ledger_unlock(p, &l->db);
	return ret;
}

static int restore(struct ledger *l, struct project *p,
		   const struct commit *version, struct arena *a,
		   struct err *err)
{
	struct commit at;
	const char *state;

	if (mirror_set_aside(l, p, err))
		return -1;
	if (!l->placed)
		return 0;
	if (!version) {
		if (version_by_strong(&at, p->store, &l->version, a, err))
			return -1;
		version = &at;
	}
	if (check_version(&state, p, l->conn, &l->db, version, a, err))
		return -1;
	return adopt(l, p, "restore", version, state, err);
}

static int read_digest(char out[SCHEMA_DIGEST_LEN], struct project *p,
		       const struct database *db, struct arena *a,
		       struct err *err)
{
	const struct engine *e = db->engine;
	struct schema s;
	struct conn *conn;
	int ret;

	if (database_open(&conn, db, CONN_READ, err))
		return -1;
	schema_init(&s, e->spelling, a);
	ret = e->read(conn, &s, &p->read, err);
	if (!ret)
		schema_digest(out, &s);
	schema_release(&s);
	e->close(conn);
	return ret;
}

int version_of_database(struct commit *out, struct project *p,
			const struct database *db, struct arena *a,
			struct err *err)
{
	struct walk *w = walk_new(p->store, a);
	char digest[SCHEMA_DIGEST_LEN];
	struct ref *refs;
	size_t n = 0;
	int ret = -1;

	if (read_digest(digest, p, db, a, err) ||
	    ref_list(&refs, &n, p->store, "refs/", a, err))
		goto out;
	for (size_t i = 0; i < n; i++)
		if (!str_starts(refs[i].name, "refs/schemastore/") &&
		    walk_push(w, &refs[i].oid, err))
			goto out;
	while ((ret = walk_next(w, out, err)) > 0) {
		const char *state = version_state(out, db->engine->name);

		if (state && !strcmp(state, digest))
			break;
	}
	if (ret > 0)
		ret = 0;
	else if (!ret)
		ret = err_set(err, ERR_REFUSED, "database '%s' has the schema "
			      "of no version", db->url);
out:
	walk_free(w);
	return ret;
}

int apply_baseline(struct project *p, const struct database *db,
		   const struct commit *version, bool restored,
		   struct arena *a, struct err *err)
{
	struct conn *conn = NULL;
	struct ledger l;
	const char *state;
	int ret = -1;

	if (database_open(&conn, db, CONN_WRITE, err))
		return -1;
	if (ledger_read(&l, conn, db, a, err))
		goto out;
	if (restored) {
		ret = restore(&l, p, version, a, err);
		goto out;
	}
	if (l.placed) {
		err_set(err, ERR_REFUSED, "database '%s' has a ledger already",
			db->url);
		err_hint(err, "'schemastore history %s' shows it", db->name);
		goto out;
	}
	if (check_version(&state, p, conn, db, version, a, err))
		goto out;
	ret = adopt(&l, p, "note", version, state, err);
out:
	db->engine->close(conn);
	return ret;
}
