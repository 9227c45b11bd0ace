/*
 * Following a ledger from its genesis on.
 *
 *	genesis { note | restore | clone | begin finish } [begin]
 *
 * An entry's From is where the last one has left the database, its To a
 * version of this store with that very state; the SQL of an edge is what the
 * version says of it.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "migrations/audit.h"

static const char *name_of(struct at *at)
{
	return arena_printf(at->arena, "%s:%zu", at->s->what, at->i);
}

static void tell(struct at *at, const char *rule, const char *text)
{
	verify_tell(at->s->v, name_of(at), rule, at->c, text);
}

static const char *line(const struct commit *c, const char *key)
{
	const char *value = commit_line(c, key);

	return value ? value : "";
}

static const char *const kept_keys[] = {
	[STORY_DB] = "Db", [STORY_OP] = "Op", [STORY_FROM] = "From",
	[STORY_TO] = "To", [STORY_STARTED] = "Started",
};
_Static_assert(ARRAY_LEN(kept_keys) == STORY_LINES, "a key for each");

static const char *line_before(const struct at *at, enum story_line l)
{
	return at->s->before.lines[l].ptr;
}

static void keep(struct story_entry *e, const struct commit *c)
{
	e->id = c->strong;
	e->seq = c->seq;
	e->policy_seq = c->policy_seq;
	e->time = c->committer.time;
	for (size_t i = 0; i < STORY_LINES; i++) {
		buf_truncate(&e->lines[i], 0);
		buf_addstr(&e->lines[i], line(c, kept_keys[i]));
	}
}

/* ---- versions ----------------------------------------------------------- */

int story_version(struct commit *out, struct at *at, const char *place)
{
	struct story *s = at->s;
	struct strong_id id;
	int ret;

	if (str_starts(place, "- "))
		return 0;
	if (strlen(place) < 2 * SHA256_LEN + 1 ||
	    place[2 * SHA256_LEN] != ' ' ||
	    hex_decode(id.b, arena_strndup(at->arena, place, 2 * SHA256_LEN),
		       SHA256_LEN)) {
		tell(at, "place", "it does not say which version");
		return 0;
	}
	ret = verify_find(out, s->v, s->project->store, &id, at->arena,
			  at->err);
	if (ret < 0)
		at->ret = -1;
	else if (!ret && !at->missed)
		verify_miss(s->v, name_of(at), "version", at->c, "no branch "
			    "or tag leads to the version that it names");
	at->missed |= !ret;
	return ret;
}

/* A version is there, and has the state that the entry says. */
static void check_to(struct at *at)
{
	const char *to = line(at->c, "To"), *state;
	struct commit v;

	if (story_version(&v, at, to) <= 0)
		return;
	state = version_state(&v, at->s->engine);
	if (!state || strcmp(state, strchr(to, ' ') + 1))
		tell(at, "state", "the version that it names has another "
		     "schema");
}

static bool is_from(const struct commit *v, const struct commit_edge *e,
		    const char *from)
{
	char hex[SHA256_HEX];

	/* The first version's parent is the genesis: it comes from nothing. */
	if (e->parent >= v->nparents)
		return false;
	hex_encode(hex, v->parents[e->parent].strong.b, SHA256_LEN);
	return str_starts(from, "- ") ?
	       !memcmp(v->parents[e->parent].strong.b, v->project,
		       SHA256_LEN) : str_starts(from, hex);
}

/* The SQL of "edge" is what the version that it leads to (or back from) has
 * been signed with. */
static void check_edge(struct at *at)
{
	bool down = !strcmp(line(at->c, "Op"), "rollback");
	const char *sql = line(at->c, "Sql");
	const char *above = line(at->c, down ? "From" : "To");
	const char *below = line(at->c, down ? "To" : "From");
	char hex[SHA256_HEX];
	struct commit v;

	if (strcmp(line(at->c, "Plan"), "edge") ||
	    story_version(&v, at, above) <= 0)
		return;
	for (size_t i = 0; i < v.nedges; i++) {
		const struct commit_edge *e = &v.edges[i];

		hex_encode(hex, down ? e->down : e->up, SHA256_LEN);
		if (!strcmp(e->engine, at->s->engine) &&
		    (!down || e->has_down) && str_starts(sql, hex) &&
		    sql[2 * SHA256_LEN] == ' ' && is_from(&v, e, below))
			return;
	}
	tell(at, "edge", "its SQL is not that of the version's edge");
}

/* The statements that a tree has are what the line says, or it is told. */
static bool has_sql(struct at *at, const char *sql)
{
	struct story *s = at->s;
	struct err why = ERR_INIT;
	struct buf b = BUF_INIT;
	unsigned char sum[SHA256_LEN];
	char hex[SHA256_HEX];
	int has = version_file(&b, s->project->store, at->c, "up.sql",
			       at->arena, &why);
	bool same;

	sha256_of(sum, b.ptr, b.len);
	hex_encode(hex, sum, sizeof(sum));
	same = !strcmp(sql, arena_printf(at->arena, "%s %zu", hex, b.len));
	if (has < 0)
		verify_miss(s->v, name_of(at), "unreadable", at->c, why.text);
	else if (!same)
		tell(at, "sql", "the SQL of its tree is not what its line "
		     "says");
	buf_release(&b);
	return has >= 0 && same;
}

/* Where the store has them.  Many runs are of the same ones. */
static void check_sql(struct at *at)
{
	struct map *well = &at->s->v->well;
	const char *sql = line(at->c, "Sql");
	struct buf key = BUF_INIT;

	buf_add(&key, at->c->tree.b, SHA1_LEN);
	buf_addf(&key, " %s", sql);
	if (!map_find_bytes(well, key.ptr, key.len) &&
	    odb_has(store_odb(at->s->project->store), &at->c->tree) &&
	    has_sql(at, sql))
		map_set_bytes(well, key.ptr, key.len, well);
	buf_release(&key);
}

/* ---- events ------------------------------------------------------------- */

static void set_place(struct at *at, const char *place)
{
	at->s->placed = true;
	buf_truncate(&at->s->place, 0);
	buf_addstr(&at->s->place, place);
}

static void check_closed(struct at *at)
{
	if (at->s->open)
		tell(at, "event", "the run before it has not finished");
	at->s->open = false;
}

static void on_genesis(struct at *at)
{
	if (at->i)
		tell(at, "event", "a ledger begins once");
	at->s->engine = str_starts(line(at->c, "Target"), "postgresql ") ?
			"postgres" : "sqlite";
}

static void on_adopted(struct at *at)
{
	check_closed(at);
	check_to(at);
	set_place(at, line(at->c, "To"));
}

/* It may be nothing but that; what is at a version is not adopted again. */
static void on_note(struct at *at)
{
	if (!*line(at->c, "To")) {
		check_closed(at);
		return;
	}
	if (at->s->placed && !str_starts(at->s->place.ptr, "- "))
		tell(at, "event", "it adopts a database that is at a version "
		     "already");
	on_adopted(at);
}

/* Behind which row it goes on, and what there had been behind that. */
static void on_restore(struct at *at)
{
	const char *restored = line(at->c, "Restored");
	const char *seq = arena_printf(at->arena, "%zu ", at->i - 1);

	on_adopted(at);
	if (!str_starts(restored, seq) ||
	    strlen(restored + strlen(seq)) != 2 * SHA256_LEN)
		tell(at, "restore", "it does not say behind which entry it "
		     "goes on");
}

static void on_begin(struct at *at)
{
	const char *op = line(at->c, "Op");

	check_closed(at);
	if (at->s->placed && strcmp(at->s->place.ptr, line(at->c, "From")))
		tell(at, "from", "it does not begin where the entry before it "
		     "has ended");
	if (strcmp(op, "apply") && strcmp(op, "rollback"))
		tell(at, "event", "neither apply nor rollback");
	check_to(at);
	check_edge(at);
	check_sql(at);
	at->opens = true;
}

static void finish_partial(struct at *at)
{
	const char *from = line_before(at, STORY_FROM);

	set_place(at, arena_printf(at->arena, "%.*s %s",
				   (int)strcspn(from, " "), from,
				   line(at->c, "Observed")));
	snprintf(at->s->back, sizeof(at->s->back), "%.*s",
		 (int)strcspn(from, " "), from);
}

static void finish_ok(struct at *at)
{
	const struct engine *e = engine_find(at->s->engine);
	const char *to = line(at->c, "To"), *state = strchr(to, ' ');

	if (strcmp(to, line_before(at, STORY_TO)) ||
	    strcmp(line(at->c, "Op"), line_before(at, STORY_OP)))
		tell(at, "finish", "it does not say what its begin says");
	/* Another major has another digest for the same. */
	if (e && !e->by_version && state &&
	    strcmp(state + 1, line(at->c, "Observed")))
		tell(at, "observed", "the schema that it saw is not the "
		     "version's");
	set_place(at, to);
}

static void on_finish(struct at *at)
{
	const char *outcome = line(at->c, "Outcome");

	if (!at->s->open) {
		tell(at, "event", "nothing was begun that could finish");
		return;
	}
	at->s->open = false;
	if (strcmp(line(at->c, "Begin"), arena_printf(at->arena, "%zu",
						      at->i - 1)))
		tell(at, "finish", "it is of another begin");
	if (strcmp(line(at->c, "Finished"), line_before(at, STORY_STARTED)) < 0)
		tell(at, "finish", "it has finished before it began");
	if (!strcmp(outcome, "ok"))
		finish_ok(at);
	else if (*line(at->c, "To"))
		tell(at, "finish", "it failed, and says where it led");
	else if (str_starts(outcome, "partial "))
		finish_partial(at);
	else if (!strcmp(outcome, "unknown"))
		at->s->placed = false;
	else if (!str_starts(outcome, "failed "))
		tell(at, "finish", "it does not say how it ended");
}

#define RUN " Target Session Checkpoint Started "
static const struct event {
	const char *word;
	void (*check)(struct at *at);
	bool new_id;		/* the database has another id from here on */
	bool new_name;
	const char *lines;	/* that it may have, beside Db and Event */
} events[] = {
	{ "genesis", on_genesis, true, true, RUN },
	{ "begin", on_begin, false, false, RUN "Op From To Plan Step Sql " },
	/* What a run has left that knew it by another name. */
	{ "finish", on_finish, false, true, " Op To Begin Finished Outcome "
	  "Observed " },
	{ "note", on_note, false, false, RUN "To Observed " },
	{ "restore", on_restore, false, true, RUN "To Restored Observed " },
	{ "clone", on_adopted, true, true, RUN "To Observed " },
};

/* ---- entries ------------------------------------------------------------ */

/* The name in it is that of its ref. */
static void check_db(struct at *at, const struct event *event)
{
	const char *db = line(at->c, "Db"), *was = line_before(at, STORY_DB);
	const char *ref = "refs/schemastore/ledger/";

	if (strlen(db) < 34 || db[32] != ' ' ||
	    !str_starts(at->c->ref, ref) ||
	    strcmp(at->c->ref + strlen(ref), db + 33))
		tell(at, "db", "it does not say which database it is of");
	else if (at->i && strlen(was) > 33 &&
		 ((!event->new_id && memcmp(db, was, 32)) ||
		  (!event->new_name && strcmp(db + 33, was + 33))))
		tell(at, "db", "it is of another database");
}

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += n)
		if (p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* What one has to say is not said in another's name. */
static void check_lines(struct at *at, const struct event *event)
{
	for (size_t i = 2; i < at->c->nlines; i++)
		if (!has_word(event->lines, at->c->lines[i].key))
			tell(at, "event", arena_printf(at->arena, "it has a "
			     "line '%s', which is none of its event's",
			     at->c->lines[i].key));
}

/* Each database is a witness of the checkpoints that it has heard of. */
static void check_checkpoint(struct at *at)
{
	const char *checkpoint = commit_line(at->c, "Checkpoint");

	if (checkpoint && !verify_has_checkpoint(at->s->v, checkpoint))
		tell(at, "checkpoint", "it names a checkpoint that the store "
		     "does not have: the store was rolled back, or forked");
}

/* fsck has checked what refs reach. */
static int check_row(struct at *at)
{
	struct story *s = at->s;
	const struct story_entry *before = at->i ? &s->before : NULL;
	const struct commit *c = at->c;
	int good;

	if (before && c->seq != before->seq + 1)
		tell(at, "seq", "Schemastore-Seq does not follow the one "
		     "before");
	if (before && c->committer.time < before->time)
		tell(at, "time", "older than the one before");
	if (c->committer.time > s->v->latest)
		tell(at, "time", "it is of the future");
	if (memcmp(c->project, s->v->project.strong.b, SHA256_LEN))
		tell(at, "project", "it is of another project");
	if (map_find_bytes(&s->v->by_strong, c->strong.b, SHA256_LEN))
		return 0;
	good = verify_row(s->v, name_of(at), c, at->err);
	if (!good)
		tell(at, "signature", "its signature is not one of its bytes");
	return good < 0 ? -1 : 0;
}

static void check_event(struct at *at)
{
	const char *word = line(at->c, "Event");

	if (!at->i && strcmp(word, "genesis"))
		tell(at, "event", "the ledger does not begin with its genesis");
	for (size_t k = 0; k < ARRAY_LEN(events); k++) {
		if (strcmp(events[k].word, word))
			continue;
		check_db(at, &events[k]);
		check_lines(at, &events[k]);
		events[k].check(at);
		return;
	}
	tell(at, "event", "nothing of that kind happens");
}

static bool knows_place(const struct story *s, const char *place)
{
	unsigned char id[SHA256_LEN];

	return strlen(place) <= 2 * SHA256_LEN ||
	       hex_decode(id, place, SHA256_LEN) ||
	       map_find_bytes(&s->v->by_strong, id, SHA256_LEN);
}

bool story_knows(const struct story *s, const struct commit *c)
{
	return knows_place(s, line(c, "From")) && knows_place(s, line(c, "To"));
}

int story_next(struct story *s, const struct commit *c, struct err *err)
{
	struct at at = { .s = s, .arena = &s->now, .i = s->n++, .c = c,
			 .err = err };

	arena_empty(&s->now);

	if (!s->engine)
		s->engine = "sqlite";
	if ((s->rows && check_row(&at)) || story_judge(&at))
		at.ret = -1;
	else
		check_event(&at);
	check_checkpoint(&at);
	/* What is no event leaves no run open that could be gone on with. */
	s->open = at.opens;
	keep(&s->before, c);
	return at.ret;
}

void story_release(struct story *s)
{
	buf_release(&s->place);
	for (size_t i = 0; i < STORY_LINES; i++)
		buf_release(&s->before.lines[i]);
	arena_release(&s->now);
	story_judged(s);
}
