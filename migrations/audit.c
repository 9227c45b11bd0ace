/*
 * Mirrors and databases, one after the other.
 */
#include "config.h"

#include "ss/apply.h"

#include "migrations/audit.h"
#include "migrations/dump.h"
#include "migrations/mirror.h"

/* ---- mirrors ------------------------------------------------------------ */

/*
 * A mirror's story is told as fsck walks along it; what that met on another
 * way, or before a version that it names, is read again for it, behind.
 *
 *	genesis ─▶ entry ─▶ entry ─▶ entry ─▶ tip
 *	└── while it is walked ──┘   └─ behind ─┘
 */
struct mirrors {
	struct verify *v;
	struct project *project;
	struct map stories;	/* a ref -> struct story */
	struct arena *arena;
};

static struct story *story_of(struct mirrors *m, const char *ref)
{
	struct story *s = map_find(&m->stories, ref);

	if (s)
		return s;
	s = arena_alloc(m->arena, sizeof(*s));
	*s = (struct story){
		.v = m->v, .project = m->project,
		.what = arena_strdup(m->arena, ref), STORY_INIT
	};
	map_set(&m->stories, ref, s);
	return s;
}

static bool is_next(const struct story *s, const struct commit *c, bool first)
{
	return s->n ? c->nparents && !memcmp(c->parents[0].strong.b,
					     s->before.id.b, SHA256_LEN) :
	       first;
}

static int on_entry(void *ctx, const struct commit *c, const char *ref,
		    bool first, struct err *err)
{
	struct story *s = story_of(ctx, ref);

	s->stopped |= !is_next(s, c, first) || !story_knows(s, c);
	return s->stopped ? 0 : story_next(s, c, err);
}

/* What cannot be read, fsck has told. */
static int tell_rest(struct story *s, const struct commit_parent *v, size_t n,
		     struct err *err)
{
	int ret = 0;

	for (size_t i = s->n; !ret && i < n; i++) {
		struct arena a = ARENA_INIT;
		struct commit c;

		ret = store_commit(&c, s->project->store, &v[i].oid, &a,
				   err) ||
		      story_next(s, &c, err) ? -1 : 0;
		arena_release(&a);
	}
	return ret;
}

/* Was what has been told the beginning of that line? */
static bool is_of(const struct story *s, const struct commit_parent *v,
		  size_t n)
{
	return !s->n || (s->n <= n && !memcmp(v[s->n - 1].strong.b,
					      s->before.id.b, SHA256_LEN));
}

static int end_story(struct story *s, const struct commit_parent *v, size_t n,
		     struct err *err)
{
	if (!n)
		return 0;
	if (!is_of(s, v, n)) {
		struct story again = { .v = s->v, .project = s->project,
				       .what = s->what, STORY_INIT };

		story_release(s);
		*s = again;
	}
	return tell_rest(s, v, n, err);
}

/* What a mirror has told, where nothing is wrong; by its tip. */
struct past {
	bool open;
	const char *engine;
};

static size_t findings(const struct verify *v)
{
	return v->altered + v->missing;
}

static void keep_told(struct verify *v, const struct oid *tip,
		      const struct story *s)
{
	struct past *p = arena_alloc(v->arena, sizeof(*p));

	p->open = s->open;
	p->engine = s->engine;
	map_set_bytes(&v->well, tip->b, SHA1_LEN, p);
}

/* Another ledger's mirror does not stand there. */
static int check_place(struct verify *v, struct store *s,
		       const struct ref *ref, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	int ret = store_commit(&c, s, &ref->oid, &a, err);

	if (!ret && strcmp(c.ref, ref->name))
		verify_tell(v, ref->name, "ref-line", &c, "what it names was "
			    "made for another ref");
	arena_release(&a);
	return ret;
}

static int end_ref(struct mirrors *m, const struct ref *ref, struct err *err)
{
	struct story *s = story_of(m, ref->name);
	struct store *store = m->project->store;
	struct commit_parent *line;
	struct arena own = ARENA_INIT;
	size_t entries;
	int ret;

	verify_line(&line, &entries, m->v, store, &ref->oid, &own);
	ret = end_story(s, line, entries, err);
	if (!ret && entries) {
		keep_told(m->v, &ref->oid, s);
		if (str_starts(ref->name, LEDGER_REFS))
			ret = check_place(m->v, store, ref, err);
	}
	arena_release(&own);
	return ret;
}

static int end_refs(struct mirrors *m, const char *prefix, struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, m->project->store, prefix, m->arena, err))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (end_ref(m, &refs[i], err))
			return -1;
	return 0;
}

static void release_stories(struct mirrors *m)
{
	const char *ref;
	void *s;

	for (size_t i = 0; map_next(&m->stories, &i, &ref, &s);)
		story_release(s);
	map_release(&m->stories);
}

int audit_store(struct verify *v, struct project *p, struct arena *a,
		struct err *err)
{
	struct mirrors m = { v, p, MAP_INIT, a };
	int ret;

	v->entry = on_entry;
	v->entry_ctx = &m;
	ret = store_verify(v, p->store, a, err) ||
	      end_refs(&m, LEDGER_REFS, err) ||
	      end_refs(&m, "refs/schemastore/ledger-before/", err) ? -1 : 0;
	v->entry = NULL;
	release_stories(&m);
	return ret;
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

struct comparing {
	struct auditing *x;
	struct story story;
	struct commit_parent *mirror;
	size_t nmirror;
	bool differs;
	bool open;		/* the last run has not finished */
	struct strong_id *ids;
	size_t ids_cap;
	bool stopped;		/* by trouble that is not the row's */
};

/* The mirror has the same bytes all the way, or is behind: an SHA-1 name alone
 * would not say so. */
static int take_row(void *ctx, const struct ledger_entry *e, struct err *err)
{
	struct comparing *c = ctx;
	struct auditing *x = c->x;
	size_t i = c->story.n;

	c->stopped = story_next(&c->story, &e->c, err);
	if (c->stopped)
		return -1;
	if (c->differs || i >= c->nmirror ||
	    !memcmp(c->mirror[i].strong.b, e->c.strong.b, SHA256_LEN))
		return 0;
	c->differs = true;
	verify_tell(x->v, arena_printf(x->arena, "%s:%zu", x->db->word, i),
		    "mirror", &e->c, "it is not the entry that the mirror "
		    "has");
	return 0;
}

/* The same bytes tell the same story, which was told.  Where anything is wrong
 * it is told of the rows, too.  1, 0, -1 */
static int is_told(struct comparing *c, const struct ledger *l,
		   struct err *err)
{
	const struct past *p = !l->has_mirror || findings(c->x->v) ? NULL :
		map_find_bytes(&c->x->v->well, l->mirror.b, SHA1_LEN);
	int same = p ? ledger_is(l, c->mirror, c->nmirror, err) : 0;

	if (same > 0) {
		c->story.n = c->nmirror;
		c->open = p->open;
		c->story.engine = p->engine;
	}
	return same;
}

/* Which ones there are: a policy may have sealed a later one. */
static int take_id(void *ctx, const struct ledger_entry *e, struct err *err)
{
	struct comparing *c = ctx;

	(void)err;
	*ARENA_PUSH(c->x->arena, c->ids, c->story.nids, c->ids_cap) =
		e->c.strong;
	c->story.ids = c->ids;
	return 0;
}

/* 0 they are told, or why they cannot be; -1 */
static int tell_rows(struct comparing *c, const struct ledger *l,
		     struct err *err)
{
	int same = is_told(c, l, err);

	if (same)
		return same < 0 ? -1 : 0;
	if ((c->x->v->policies && c->x->v->policies->chain.n > 1 &&
	     ledger_each(l, take_id, c, err)) ||
	    ledger_each(l, take_row, c, err))
		return c->stopped ? -1 : told(c->x, "row", err);
	c->open = c->story.open;
	return 0;
}

static int check_rows(struct auditing *x, struct standing *st,
		      struct err *err)
{
	struct ledger *l = &st->ledger;
	struct arena own = ARENA_INIT;
	struct comparing c = {
		.x = x,
		.story = { .v = x->v, .project = x->project,
			   .what = x->db->word, .rows = true, STORY_INIT },
	};
	int ret = 0;

	if (l->tail.raw && mirror_check_project(l, x->project, err))
		ret = told(x, "project", err);
	if (l->has_mirror)
		verify_line(&c.mirror, &c.nmirror, x->v, x->project->store,
			    &l->mirror, &own);
	if (!ret)
		ret = tell_rows(&c, l, err);
	x->out->rows = c.story.n;
	if (l->has_mirror && c.story.n > c.nmirror)
		x->out->behind = c.story.n - c.nmirror;
	if (c.story.engine && strcmp(c.story.engine, x->db->engine->name))
		tell(x, "engine", "its ledger is that of another engine");
	/* Where there are no steps both rows are written in one transaction. */
	x->out->open = c.open;
	if (!ret && c.open && !x->db->engine->hold)
		tell(x, "event", "its last run has not finished");
	story_release(&c.story);
	arena_release(&own);
	return ret;
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

/* What rows and schema say. */
static int judge(struct auditing *x, struct standing *st, struct err *err)
{
	x->out->exists = st->ledger.exists;
	if (st->trouble && !is_under_way(st))
		tell(x, "mirror", st->trouble->text);
	if (st->ledger.placed && !is_known(x, st))
		verify_miss(x->v, x->db->word, "version", NULL, "no branch "
			    "or tag leads to the version that it is at");
	else if (st->drifted && !st->ledger.open)
		tell(x, "drift", st->ledger.exists ? "its schema is not what "
		     "its ledger says" : "it has objects, and no ledger");
	return st->ledger.exists ? check_rows(x, st, err) : 0;
}

static int check_standing(struct auditing *x, struct conn *conn,
			  struct err *err)
{
	struct standing st;
	int ret = standing_read(&st, x->project, conn, x->db, true, x->arena,
				err) ? told(x, "row", err) :
		  judge(x, &st, err);

	schema_release(&st.real);
	return ret;
}

int audit_dump(struct audit *out, struct verify *v, struct project *p,
	       const struct dump *d, struct arena *a, struct err *err)
{
	struct auditing x = { out, v, p, &d->db, a };
	struct standing st;

	*out = (struct audit){ .exists = d->has_ledger };
	return dump_standing(&st, p, d, a, err) ? told(&x, "row", err) :
	       judge(&x, &st, err);
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
