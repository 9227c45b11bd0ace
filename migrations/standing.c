/*
 * Where a database stands; adopting one that was made elsewhere.
 */
#include "config.h"

#include "ss/apply.h"

#include "ss/file.h"
#include "ss/majors.h"

#include "migrations/mirror.h"

#define LOOKS 3

/* What nothing may be built on is told, and the rest read all the same. */
static int read_ledger(struct standing *out, struct project *p,
		       struct conn *conn, const struct database *db,
		       struct arena *a, struct err *err)
{
	struct err why = ERR_INIT, unknown = ERR_INIT;

	out->trouble = NULL;
	out->known = false;
	if (ledger_open(&out->ledger, p, conn, db, a, &why)) {
		if (!out->ledger.conn) {
			*err = why;
			return -1;
		}
		out->trouble = arena_memdup(a, &why, sizeof(why));
	} else if (ledger_check_open(&out->ledger, &why)) {
		out->trouble = arena_memdup(a, &why, sizeof(why));
	}
	if (out->ledger.placed)
		out->known = !version_by_strong(&out->version, p->store,
						&out->ledger.version, a,
						&unknown);
	if (!unknown.code || unknown.code == ERR_USAGE)
		return 0;
	*err = unknown;
	return -1;
}

/* The whole schema of a database, as this version's was read (NULL: none). */
static int read_like(struct schema *out, const struct in_database *in,
		     const struct commit *version, struct err *err)
{
	const struct engine *e = in->db->engine;
	struct read_opts opts = project_read_opts(in->project, e);

	schema_init(out, e->spelling, in->arena);
	if (version && version_read_opts(&opts, in->project, version, e,
					 in->arena, err))
		return -1;
	return database_read(out, in->project, in->conn, in->db, &opts, err);
}

static int read_schema(struct standing *out, const struct in_database *in,
		       struct err *err)
{
	const struct commit *version = out->known ? &out->version : NULL;
	char want[SCHEMA_DIGEST_LEN];

	memcpy(want, out->ledger.observed, SCHEMA_DIGEST_LEN);
	if (read_like(&out->real, in, version, err) ||
	    (version && version_state_in(want, in, version, err)))
		return -1;
	schema_digest(out->digest, &out->real);
	out->drifted = out->ledger.placed ? strcmp(out->digest, want) :
		       out->real.n > 0;
	return 0;
}

int standing_read(struct standing *out, struct project *p, struct conn *conn,
		  const struct database *db, bool check_drift,
		  struct arena *a, struct err *err)
{
	const struct in_database in = { p, db, conn, a };
	int moved = 1;

	memset(out, 0, sizeof(*out));
	/* Ledger and schema are two looks; a run may end between them. */
	for (int i = 0; moved && i < LOOKS; i++) {
		schema_release(&out->real);
		if (read_ledger(out, p, conn, db, a, err))
			return -1;
		if (!check_drift)
			return 0;
		if (read_schema(out, &in, err))
			return -1;
		moved = out->drifted ? ledger_moved(&out->ledger, err) : 0;
		if (moved < 0)
			return -1;
	}
	return 0;
}

int standing_known(const struct standing *st, const struct database *db,
		   struct err *err)
{
	if (!st->ledger.placed || st->known)
		return 0;
	if (st->trouble) {
		*err = *st->trouble;
		return -1;
	}
	err_set(err, ERR_USAGE, "database '%s' is at a version that this store "
		"does not have", db->word);
	return err_hint(err, "fetch the branch it is on");
}

static int find_way(struct place *out, struct project *p,
		    const struct database *db, const struct commit *target,
		    struct arena *a, struct err *err)
{
	const struct path_opts opts = { db->engine->name, true };
	struct standing *st = &out->standing;

	out->where = !st->ledger.placed ? PLACE_NOWHERE :
		     !st->known ? PLACE_UNKNOWN : PLACE_HERE;
	if (out->where != PLACE_HERE ||
	    oid_equal(&st->version.oid, &target->oid))
		return 0;
	if (path_find(&out->way, p->store, &st->version, target, &opts, a,
		      err))
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

/* What is adopted: a version, and what was seen that has its schema. */
struct adopting {
	const struct commit *version;	/* NULL: none */
	const char *state;		/* the version's */
	char observed[SCHEMA_DIGEST_LEN];
	const char *why;
};

static int check_version(struct adopting *ad, const struct in_database *in,
			 struct err *err)
{
	const struct engine *e = in->db->engine;
	struct schema real, want;
	int ret = -1;

	schema_init(&real, e->spelling, in->arena);
	schema_init(&want, e->spelling, in->arena);
	ad->state = version_state(ad->version, e->name);
	if (!ad->state) {
		err_set(err, ERR_USAGE, "version '%s' has no schema for %s",
			ad->version->subject, e->name);
		goto out;
	}
	if (read_like(&real, in, ad->version, err) ||
	    version_schema_in(&want, in, ad->version, err))
		goto out;
	schema_digest(ad->observed, &real);
	ret = strcmp(real.digest, want.digest) ?
	      not_that_version(&real, &want, ad->version, e, in->arena, err) :
	      0;
out:
	schema_release(&real);
	schema_release(&want);
	return ret;
}

/* An entry behind the rows it has. */
static int note(struct ledger *l, struct project *p,
		const struct ledger_notice *n, struct err *err)
{
	int moved = ledger_moved(l, err);

	if (moved > 0)
		err_set(err, ERR_REFUSED, "somebody else has changed database "
			"'%s' meanwhile", l->db.word);
	return moved ? -1 : ledger_note(l, p, n, err);
}

static int adopt(struct ledger *l, struct project *p, const char *event,
		 const struct adopting *ad, struct err *err)
{
	const struct ledger_notice n = { event, ad->version, ad->state,
					 ad->observed, ad->why };
	const struct engine *e = l->db.engine;
	bool as_new = !strcmp(event, "note");
	struct key *key;
	int ret = -1;

	if (project_key(&key, p, err) || ledger_notice_may(l, p, &n, err) ||
	    ledger_lock(p, &l->db, err))
		return -1;
	if (!e->begin(l->conn, err) &&
	    !(as_new ? ledger_sync(l, p, err) : mirror_take_over(l, p, err)) &&
	    !note(l, p, &n, err) &&
	    !e->commit(l->conn, err)) {
		ret = ledger_settle(l, p, err);
	} else {
		e->rollback(l->conn);
		odb_discard(store_odb(p->store));
	}
	ledger_unlock(p, &l->db);
	return ret;
}

/* The version that a ledger names; NULL where it says: at nothing. */
static int named_by_rows(const struct commit **out, struct commit *room,
			 struct project *p, struct ledger *l, struct err *err)
{
	*out = l->placed ? room : NULL;
	return l->placed ? version_by_strong(room, p->store, &l->version,
					     l->arena, err) : 0;
}

static int check_nothing(struct project *p, struct ledger *l, struct err *err)
{
	struct read_opts opts = project_read_opts(p, l->db.engine);
	struct schema real;
	int ret = -1;

	schema_init(&real, l->db.engine->spelling, l->arena);
	if (!l->db.engine->read(l->conn, &real, &opts, err))
		ret = !real.n ? 0 :
		      err_set(err, ERR_REFUSED, "the ledger of database '%s' "
			      "says that it is empty, and it has %zu objects",
			      l->db.word, real.n);
	schema_release(&real);
	return ret;
}

/* The rows that are there go on, whatever the mirror has: it is kept aside. */
static int go_on(struct ledger *l, struct project *p, const char *event,
		 const struct baseline *b, struct err *err)
{
	const struct in_database in = { p, &l->db, l->conn, l->arena };
	const struct commit *version = b->version;
	struct adopting ad = { .version = version, .state = l->state,
			       .why = b->why };
	struct commit at;

	memcpy(ad.observed, l->state, SCHEMA_DIGEST_LEN);
	if (mirror_check_project(l, p, err) ||
	    (!version && named_by_rows(&ad.version, &at, p, l, err)))
		return -1;
	if (ad.version ? check_version(&ad, &in, err) :
	    check_nothing(p, l, err))
		return -1;
	l->ntodo = 0;
	return adopt(l, p, event, &ad, err);
}

static int adopt_new(struct ledger *l, struct project *p,
		     const struct baseline *b, struct err *err)
{
	const struct in_database in = { p, &l->db, l->conn, l->arena };
	struct adopting ad = { .version = b->version, .why = b->why };

	if (l->placed) {
		err_set(err, ERR_REFUSED, "database '%s' has a ledger already",
			l->db.shown);
		return err_hint(err, "'schemastore history %s' shows it",
				l->db.word);
	}
	return check_version(&ad, &in, err) ||
	       adopt(l, p, "note", &ad, err) ? -1 : 0;
}

static int adopt_copy(struct ledger *l, struct project *p,
		      const struct baseline *b, struct err *err)
{
	if (l->next_row && !l->has_mirror)
		return go_on(l, p, "clone", b, err);
	if (!l->next_row)
		return err_set(err, ERR_REFUSED, "database '%s' has no ledger, "
			       "and so is no copy", l->db.word);
	return err_set(err, ERR_REFUSED, "database '%s' is known in this store "
		       "already, and so is no copy", l->db.word);
}

/* Rows and mirror fit, and the rows name that version already. */
static bool lacks_nothing(const struct ledger *l, const struct commit *version)
{
	return l->has_mirror && l->next_row && !l->behind && !l->open &&
	       oid_equal(&l->mirror, &l->tail.c.oid) &&
	       (!version || !memcmp(version->strong.b, l->version.b,
				    SHA256_LEN));
}

static int adopt_restored(struct ledger *l, struct project *p,
			  const struct baseline *b, struct err *err)
{
	if (lacks_nothing(l, b->version))
		return 0;
	if (l->next_row)
		return go_on(l, p, "restore", b, err);
	if (ledger_may(l, p, NULL, err))
		return -1;
	return mirror_set_aside(&l->db, p, l->arena, err) < 0 ? -1 : 0;
}

/* What somebody has to say of it; it stays where it is. */
static int remark(struct ledger *l, struct project *p,
		  const struct baseline *b, struct err *err)
{
	struct adopting ad = { .why = b->why };

	if (!l->next_row)
		return err_set(err, ERR_USAGE, "database '%s' has no ledger "
			       "yet", l->db.word);
	if (ledger_check_open(l, err))
		return -1;
	memcpy(ad.observed, l->observed, SCHEMA_DIGEST_LEN);
	return adopt(l, p, "note", &ad, err);
}

/* The file is gone: all that can be said is that the next one is new. */
static int made_anew(struct project *p, const struct database *db,
		     struct arena *a, struct err *err)
{
	struct ledger none = { .db = *db, .arena = a };
	int ret = ledger_may(&none, p, NULL, err) ? -1 :
		  mirror_set_aside(db, p, a, err);

	if (ret)
		return ret < 0 ? -1 : 0;
	err_set(err, ERR_USAGE, "database '%s' does not exist", db->word);
	return err_hint(err, "'schemastore upgrade' makes it");
}

static int read_digest(char out[SCHEMA_DIGEST_LEN], struct project *p,
		       const struct database *db, struct arena *a,
		       struct err *err)
{
	const struct engine *e = db->engine;
	struct read_opts opts = project_read_opts(p, e);
	struct schema s;
	struct conn *conn;
	int ret;

	if (database_open(&conn, db, CONN_READ, err))
		return -1;
	schema_init(&s, e->spelling, a);
	ret = e->read(conn, &s, &opts, err);
	if (!ret)
		schema_digest(out, &s);
	schema_release(&s);
	e->close(conn);
	return ret;
}

static int of_no_version(const struct database *db, struct err *err)
{
	err_set(err, ERR_REFUSED, "database '%s' has the schema of no version",
		db->shown);
	if (!db->engine->by_version)
		return -1;
	return err_hint(err, "a version that was read with another major of "
			"the server must be named");
}

/* Which of them a database is at is not to be seen where data steps lie
 * between: one that is taken for run is never run. */
static int check_steps(const struct commit *v, const struct commit *other,
		       struct project *p, const struct engine *e,
		       struct arena *a, struct err *err)
{
	const struct path_opts opts = { e->name, true };
	struct path way;

	if (path_find(&way, p->store, other, v, &opts, a, err))
		return -1;
	if (!way.ncross)
		return 0;
	err_set(err, ERR_REFUSED, "versions '%s' and '%s' have one schema, and "
		"data steps between them: which of them the database is at is "
		"not to be seen", other->subject, v->subject);
	return err_hint(err, "name the version");
}

static bool has_state(const struct commit *c, const struct engine *e,
		      const char *digest)
{
	const char *state = version_state(c, e->name);

	return state && digest && !strcmp(state, digest);
}

/* All that branches and tags lead to, and what squashes stand for. */
static int walk_all(struct walk *w, struct project *p, struct arena *a,
		    struct err *err)
{
	struct ref *refs;
	size_t n = 0;

	walk_replaced(w);
	if (ref_list(&refs, &n, p->store, "refs/", a, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!str_starts(refs[i].name, "refs/schemastore/") &&
		    walk_push(w, &refs[i].oid, err))
			return -1;
	return 0;
}

int version_is_alone(const struct commit *v, struct project *p,
		     const struct engine *e, struct err *err)
{
	const char *state = version_state(v, e->name);
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(p->store, &a);
	struct commit c;
	int ret = walk_all(w, p, &a, err);

	while (!ret && (ret = walk_next(w, &c, err)) > 0)
		ret = has_state(&c, e, state) ?
		      check_steps(v, &c, p, e, &a, err) : 0;
	walk_free(w);
	arena_release(&a);
	return ret;
}

int version_of_database(struct commit *out, struct project *p,
			const struct database *db, struct arena *a,
			struct err *err)
{
	struct walk *w = walk_new(p->store, a);
	char digest[SCHEMA_DIGEST_LEN];
	int ret = -1;

	if (!read_digest(digest, p, db, a, err))
		ret = walk_all(w, p, a, err);
	while (!ret && (ret = walk_next(w, out, err)) > 0 &&
	       !has_state(out, db->engine, digest))
		ret = 0;
	walk_free(w);
	return ret > 0 ? version_is_alone(out, p, db->engine, err) :
	       ret ? -1 : of_no_version(db, err);
}

int apply_baseline(struct project *p, const struct database *db,
		   const struct baseline *b, struct arena *a, struct err *err)
{
	static int (*const ways[])(struct ledger *l, struct project *p,
				   const struct baseline *b,
				   struct err *err) = {
		[BASELINE_NEW] = adopt_new,
		[BASELINE_RESTORED] = adopt_restored,
		[BASELINE_COPIED] = adopt_copy,
		[BASELINE_REMARK] = remark,
	};
	bool unfit = b->kind == BASELINE_RESTORED ||
		     b->kind == BASELINE_COPIED;
	const char *file = db->engine->file(db->url);
	struct conn *conn = NULL;
	struct err why = ERR_INIT;
	struct ledger l;
	int ret = -1;

	if (b->kind == BASELINE_RESTORED && file && !file_exists(file))
		return made_anew(p, db, a, err);
	if (database_open(&conn, db, CONN_WRITE, err))
		return -1;
	/* That the rows and the mirror do not fit is why we are here. */
	if (ledger_open(&l, p, conn, db, a, &why) && (!unfit || !l.conn))
		*err = why;
	else
		ret = ways[b->kind](&l, p, b, err);
	db->engine->close(conn);
	return ret;
}
