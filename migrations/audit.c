/*
 * Mirrors and databases, one after the other.
 */
#include "config.h"

#include "ss/apply.h"

#include "migrations/audit.h"
#include "migrations/mirror.h"

/* ---- mirrors ------------------------------------------------------------ */

/* Its entries, oldest first; what cannot be read, fsck has told. */
static void read_chain(struct story *s, struct oid at)
{
	struct ledger_entry *v = NULL;
	struct err told = ERR_INIT;
	size_t cap = 0;

	for (;;) {
		struct ledger_entry e = { .row = 0 };

		if (store_commit(&e.c, s->project->store, &at, s->arena,
				 &told) || e.c.kind != COMMIT_LEDGER)
			break;
		at = e.c.parents[0].oid;
		*ARENA_PUSH(s->arena, v, s->n, cap) = e;
	}
	for (size_t i = 0; i < s->n / 2; i++) {
		struct ledger_entry e = v[i];

		v[i] = v[s->n - 1 - i];
		v[s->n - 1 - i] = e;
	}
	if (told.code)
		s->n = 0;
	s->entries = v;
}

static int audit_refs(struct verify *v, struct project *p, const char *prefix,
		      struct arena *a, struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, p->store, prefix, a, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct story s = { .v = v, .project = p, .arena = a,
				   .what = refs[i].name };

		read_chain(&s, refs[i].oid);
		if (story_check(&s, err))
			return -1;
	}
	return 0;
}

int audit_mirrors(struct verify *v, struct project *p, struct arena *a,
		  struct err *err)
{
	return audit_refs(v, p, "refs/schemastore/ledger/", a, err) ||
	       audit_refs(v, p, "refs/schemastore/ledger-before/", a, err) ?
	       -1 : 0;
}

/* ---- databases ---------------------------------------------------------- */

struct auditing {
	struct audit *out;
	struct verify *v;
	struct project *project;
	const struct database *db;
	struct arena *arena;
};

static void tell(struct auditing *x, const char *rule, const char *text)
{
	verify_tell(x->v, x->db->word, rule, NULL, text);
}

/* What was refused is a finding; all else is trouble of ours. */
static int told(struct auditing *x, const char *rule, struct err *err)
{
	if (err->code != ERR_REFUSED && err->code != ERR_DAMAGED)
		return -1;
	tell(x, rule, err->text);
	*err = (struct err)ERR_INIT;
	return 0;
}

/* The mirror is a row, or its last is one of ours; and the same bytes all the
 * way: an SHA-1 name alone would not say so. */
static void compare(struct auditing *x, const struct story *rows,
		    const struct ledger *l)
{
	struct story mirror = { .v = x->v, .project = x->project,
				.arena = x->arena };
	size_t both;

	if (!l->has_mirror)
		return;
	read_chain(&mirror, l->mirror);
	both = mirror.n < rows->n ? mirror.n : rows->n;
	x->out->behind = rows->n - both;
	for (size_t i = 0; i < both; i++)
		if (memcmp(mirror.entries[i].c.strong.b,
			   rows->entries[i].c.strong.b, SHA256_LEN)) {
			verify_tell(x->v, arena_printf(x->arena, "%s:%zu",
						       x->db->word, i),
				    "mirror", &rows->entries[i].c, "it is not "
				    "the entry that the mirror has");
			return;
		}
}

static int check_rows(struct auditing *x, struct standing *st,
		      struct err *err)
{
	struct story s = { .v = x->v, .project = x->project,
			   .arena = x->arena, .what = x->db->word,
			   .rows = true };
	struct ledger_entry *v;

	if (ledger_all(&v, &s.n, &st->ledger, err))
		return told(x, "row", err);
	s.entries = v;
	x->out->rows = s.n;
	if (s.n && mirror_check_project(&st->ledger, x->project, err) &&
	    told(x, "project", err))
		return -1;
	if (story_check(&s, err))
		return -1;
	if (strcmp(s.engine, x->db->engine->name))
		tell(x, "engine", "its ledger is that of another engine");
	compare(x, &s, &st->ledger);
	/* Where there are no steps both rows are written in one transaction. */
	x->out->open = s.open;
	if (s.open && !x->db->engine->hold)
		tell(x, "event", "its last run has not finished");
	return 0;
}

/* Is that all, that a run in steps has not come to its end? */
static bool is_under_way(const struct standing *st)
{
	struct err why = ERR_INIT;

	return ledger_check_open(&st->ledger, &why) &&
	       !strcmp(why.text, st->trouble->text);
}

/* The index of versions is anybody's, who can write to the store. */
static bool is_known(const struct auditing *x, const struct standing *st)
{
	const struct strong_id *id = &st->ledger.version;

	return st->known && !memcmp(st->version.strong.b, id->b, SHA256_LEN) &&
	       map_find_bytes(&x->v->by_strong, id->b, SHA256_LEN);
}

static int check_standing(struct auditing *x, struct conn *conn,
			  struct err *err)
{
	struct standing st;
	int ret = -1;

	if (standing_read(&st, x->project, conn, x->db, true, x->arena, err)) {
		ret = told(x, "row", err);
		goto out;
	}
	x->out->exists = st.ledger.exists;
	if (st.trouble && !is_under_way(&st))
		tell(x, "mirror", st.trouble->text);
	if (st.ledger.placed && !is_known(x, &st))
		verify_miss(x->v, x->db->word, "version", NULL, "no branch "
			    "or tag leads to the version that it is at");
	else if (st.drifted && !st.ledger.open)
		tell(x, "drift", st.ledger.exists ? "its schema is not what "
		     "its ledger says" : "it has objects, and no ledger");
	ret = st.ledger.exists ? check_rows(x, &st, err) : 0;
out:
	schema_release(&st.real);
	return ret;
}

int audit_database(struct audit *out, struct verify *v, struct project *p,
		   const struct database *db, struct arena *a,
		   struct err *err)
{
	struct auditing x = { out, v, p, db, a };
	struct conn *conn;
	int ret;

	*out = (struct audit){ .rows = 0 };
	if (database_open(&conn, db, CONN_READ, err)) {
		verify_miss(v, db->word, "unreadable", NULL, err->text);
		*err = (struct err)ERR_INIT;
		return 0;
	}
	ret = check_standing(&x, conn, err);
	db->engine->close(conn);
	return ret;
}
