/*
 * Reading a ledger, and bringing its mirror and its table together.
 */
#include "config.h"

#include "ss/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations/ledger-rows.h"
#include "migrations/ledger-sql.h"
#include "migrations/mirror.h"
#include "store/commit.h"

static bool is_row(const struct value *v, size_t n)
{
	return n == 3 && v[0].type == VALUE_INT && v[0].i >= 0 &&
	       v[1].type == VALUE_BLOB && v[1].len == SHA256_LEN &&
	       v[2].type == VALUE_BLOB && v[2].len;
}

static int bad_row(struct ledger_rows *r, const char *what, long long row)
{
	struct err why = *r->err;

	r->failed = true;
	err_set(r->err, ERR_REFUSED, "row %lld of the ledger of database '%s' "
		"%s%s%s", row, r->db->word, what, why.code ? ": " : "",
		why.code ? why.text : "");
	return err_hint(r->err, "restore the database from a backup; what was "
			"written there is in the store: 'git log "
			"refs/schemastore/ledger/%s'", r->db->name);
}

static int parse_row(struct ledger_entry *e, struct ledger_rows *r,
		     const struct value *v, size_t n, struct arena *a)
{
	memset(e, 0, sizeof(*e));
	if (!is_row(v, n))
		return bad_row(r, "is not what schemastore wrote",
			       n ? (long long)v[0].i : 0);
	e->row = (uint64_t)v[0].i;
	e->raw = arena_memdup(a, v[2].ptr, v[2].len);
	e->raw_len = v[2].len;
	if (commit_parse(&e->c, e->raw, e->raw_len, a, r->err) ||
	    e->c.kind != COMMIT_LEDGER ||
	    memcmp(v[1].ptr, e->c.strong.b, SHA256_LEN))
		return bad_row(r, "is not what schemastore wrote",
			       (long long)v[0].i);
	return 0;
}

int ledger_take_row(void *ctx, const struct value *v, size_t n)
{
	struct ledger_rows *r = ctx;

	return parse_row(ARENA_PUSH(r->arena, r->v, r->n, r->cap), r, v, n,
			 r->arena);
}

static int read_rows(struct ledger_rows *r, struct conn *conn, const char *sql,
		     struct err *err)
{
	r->err = err;
	if (conn_engine(conn)->query(conn, sql, NULL, 0, ledger_take_row, r,
				     err))
		return -1;
	return r->failed ? -1 : 0;
}

static int take_int(void *ctx, const struct value *v, size_t n)
{
	*(int64_t *)ctx = n ? v[0].i : 0;
	return 1;
}

/* To = ( "-" | 64 hex digits ) " " state.  Where does this entry say the
 * database is?  A finish says what its begin set out for, so the begin's lines
 * are asked for. */
int ledger_place(struct ledger *l, const struct commit *e, struct err *err)
{
	const char *to = commit_line(e, "To");
	const char *observed = commit_line(e, "Observed");
	size_t n = to ? strcspn(to, " ") : 0;

	if (!n || strlen(to + n) != SCHEMA_DIGEST_LEN)
		return err_set(err, ERR_REFUSED, "an entry of the database's "
			       "ledger does not say where it leads");
	snprintf(l->state, sizeof(l->state), "%s", to + n + 1);
	snprintf(l->observed, sizeof(l->observed), "%s",
		 observed ? observed : l->state);
	l->said = true;
	l->said_by = e->strong;
	if (n == 1 && *to == '-') {
		l->at_start = true;
		return 0;
	}
	l->placed = true;
	return n != 2 * SHA256_LEN ||
	       hex_decode(l->version.b, arena_strndup(l->arena, to, n),
			  SHA256_LEN) ?
	       err_set(err, ERR_REFUSED, "an entry of the database's ledger "
		       "names no version") : 0;
}

static const char *event_of(const struct commit *c)
{
	const char *event = commit_line(c, "Event");

	return event ? event : "";
}

static bool tells_place(const struct commit *c)
{
	const char *event = event_of(c);

	return !strcmp(event, "finish") || !strcmp(event, "note") ||
	       !strcmp(event, "restore") || !strcmp(event, "clone");
}

static bool went_well(const struct commit *c)
{
	const char *outcome = commit_line(c, "Outcome");

	return commit_line(c, "To") && (!outcome || !strcmp(outcome, "ok"));
}

bool ledger_places(const struct commit *c)
{
	return tells_place(c) && went_well(c);
}

struct seeking {
	struct ledger_rows rows;
	struct ledger *l;
	bool found;
};

static int seek_place(void *ctx, const struct value *v, size_t n)
{
	struct seeking *s = ctx;
	int ret = ledger_take_row(&s->rows, v, n);
	const struct commit *c;

	if (ret)
		return ret;
	c = &s->rows.v[s->rows.n - 1].c;
	if (!ledger_places(c))
		return 0;
	s->found = true;
	return 1;
}

static const char empty_state[] =
	"s1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* The newest entry that says where the database is: 1, 0 none does, -1 */
static int seek(struct commit *out, struct ledger *l, struct err *err)
{
	struct seeking s = { .rows = { .arena = l->arena, .db = &l->db,
				       .err = err }, .l = l };
	const struct engine *e = l->conn ? conn_engine(l->conn) : NULL;

	for (size_t i = l->nrows; !e && i--;)
		if (ledger_places(&l->rows[i].c)) {
			*out = l->rows[i].c;
			return 1;
		}
	if (!e)
		return 0;
	if (e->query(l->conn, arena_printf(l->arena, "%s DESC",
					   ledger_sql_of(e->name)->all), NULL,
		     0, seek_place, &s, err) || s.rows.failed)
		return -1;
	if (s.found)
		*out = s.rows.v[s.rows.n - 1].c;
	return s.found;
}

static int find_place(struct ledger *l, struct err *err)
{
	struct commit at = l->tail.c;
	int ret = ledger_places(&at) ? 1 : seek(&at, l, err);

	if (ret)
		return ret < 0 ? -1 : ledger_place(l, &at, err);
	l->at_start = true;
	snprintf(l->state, sizeof(l->state), "%s", empty_state);
	snprintf(l->observed, sizeof(l->observed), "%s", empty_state);
	return 0;
}

/* 1 the table is there, 0 there is none, -1 */
static int find_table(struct conn *conn, const struct database *db,
		      struct err *err)
{
	const struct ledger_sql *sql = ledger_sql_of(conn_engine(conn)->name);
	int64_t there = 0;

	if (conn_engine(conn)->query(conn, sql->exists, NULL, 0, take_int,
				     &there, err))
		return -1;
	if (there < 2)
		return (int)there;
	err_set(err, ERR_REFUSED, "what is called schemastore_ledger in "
		"database '%s' is not schemastore's table", db->word);
	return err_hint(err, "restore the database from a backup, or drop it");
}

/* Of a table that is not there, or is empty. */
static void start(struct ledger *l, const struct database *db, struct arena *a)
{
	memset(l, 0, sizeof(*l));
	l->db = *db;
	l->arena = a;
	l->at_start = true;
	snprintf(l->state, sizeof(l->state), "%s", empty_state);
	snprintf(l->observed, sizeof(l->observed), "%s", empty_state);
}

static int take_tail(struct ledger *l, const struct ledger_entry *e,
		     struct err *err)
{
	l->tail = *e;
	l->next_row = l->tail.row + 1;
	l->at_start = false;
	l->open = !strcmp(event_of(&l->tail.c), "begin");
	return find_place(l, err);
}

static int read_tail(struct ledger *l, struct conn *conn,
		     const struct database *db, struct arena *a,
		     struct err *err)
{
	const struct ledger_sql *sql = ledger_sql_of(conn_engine(conn)->name);
	struct ledger_rows r = { .arena = a, .db = db };
	int there = find_table(conn, db, err);

	if (there < 0)
		return -1;
	start(l, db, a);
	l->conn = conn;
	if (!there)
		return 0;
	if (read_rows(&r, conn, sql->tail, err))
		return -1;
	l->exists = true;
	return r.n ? take_tail(l, &r.v[0], err) : 0;
}

int ledger_of_rows(struct ledger *l, struct ledger_rows *r, struct err *err)
{
	start(l, r->db, r->arena);
	l->exists = true;
	l->rows = r->v;
	l->nrows = r->n;
	r->err = err;
	return r->n ? take_tail(l, &r->v[r->n - 1], err) : 0;
}

int ledger_read(struct ledger *l, struct conn *conn, const struct database *db,
		struct arena *a, struct err *err)
{
	int ret;

	memset(l, 0, sizeof(*l));
	if (conn_engine(conn)->look(conn, err))
		return -1;
	ret = read_tail(l, conn, db, a, err);
	conn_engine(conn)->look_end(conn);
	if (ret)
		l->conn = NULL;
	return ret;
}

int ledger_check_open(const struct ledger *l, struct err *err)
{
	if (!l->open)
		return 0;
	err_set(err, ERR_REFUSED, "a change of database '%s' in steps has not "
		"come to its end (%s)", l->db.word, l->tail.c.subject);
	return err_hint(err, "if it does not run any more: 'schemastore resume "
			"%s' goes on, 'schemastore resume --undo %s' goes back",
			l->db.word, l->db.word);
}

int ledger_moved(const struct ledger *l, struct err *err)
{
	struct ledger now;

	if (ledger_read(&now, l->conn, &l->db, l->arena, err))
		return -1;
	return now.next_row != l->next_row;
}

struct each {
	struct ledger_rows rows;
	struct arena rooms[2];	/* of this one, and of the one before */
	struct ledger_entry e[2];
	ledger_fn fn;
	void *ctx;
	bool stopped;		/* by fn, which has set rows.err */
};

/* Is it a chain, from a genesis on, every row naming the one before? */
static int pass_on(struct each *x, const struct ledger_entry *e,
		   const struct ledger_entry *before)
{
	struct ledger_rows *r = &x->rows;
	size_t i = r->n++;
	const char *event = commit_line(&e->c, "Event");

	if (e->row != i ||
	    (i && memcmp(e->c.parents[0].strong.b, before->c.strong.b,
			 SHA256_LEN)))
		return bad_row(r, "does not follow the one before",
			       (long long)i);
	if (!i && (!event || strcmp(event, "genesis")))
		return bad_row(r, "does not begin it", 0);
	x->stopped = x->fn(x->ctx, e, r->err);
	return x->stopped;
}

static int take_link(void *ctx, const struct value *v, size_t n)
{
	struct each *x = ctx;
	size_t i = x->rows.n % 2;

	arena_release(&x->rooms[i]);
	return parse_row(&x->e[i], &x->rows, v, n, &x->rooms[i]) ? -1 :
	       pass_on(x, &x->e[i], &x->e[1 - i]);
}

int ledger_each(const struct ledger *l, ledger_fn fn, void *ctx,
		struct err *err)
{
	const struct engine *e = l->conn ? conn_engine(l->conn) : NULL;
	struct each x = { .rows = { .db = &l->db, .err = err }, .fn = fn,
			  .ctx = ctx };
	int ret = 0;

	if (e)
		ret = e->query(l->conn, ledger_sql_of(e->name)->all, NULL, 0,
			       take_link, &x, err);
	for (size_t i = 0; !ret && !e && i < l->nrows; i++)
		ret = pass_on(&x, &l->rows[i], i ? &l->rows[i - 1] : NULL);
	arena_release(&x.rooms[0]);
	arena_release(&x.rooms[1]);
	return ret || x.rows.failed || x.stopped ? -1 : 0;
}

struct same {
	const struct commit_parent *v;
	size_t n, at;
	bool differ;
};

static int take_same(void *ctx, const struct value *v, size_t n)
{
	struct same *s = ctx;
	const unsigned char *id;
	struct strong_id strong;

	s->differ = s->at == s->n || !is_row(v, n) ||
		    (uint64_t)v[0].i != s->at;
	if (s->differ)
		return 1;
	id = s->v[s->at++].strong.b;
	commit_strong_id(&strong, v[2].ptr, v[2].len);
	s->differ = memcmp(strong.b, id, SHA256_LEN) ||
		    memcmp(v[1].ptr, id, SHA256_LEN);
	return s->differ;
}

int ledger_is(const struct ledger *l, const struct commit_parent *v, size_t n,
	      struct err *err)
{
	const struct engine *e = l->conn ? conn_engine(l->conn) : NULL;
	struct same s = { .v = v, .n = n };

	/* Rows that were read elsewhere are at hand to be told one by one. */
	if (!e)
		return 0;
	if (e->query(l->conn, ledger_sql_of(e->name)->all, NULL, 0, take_same,
		     &s, err))
		return -1;
	return !s.differ && s.at == n;
}

struct all {
	const struct ledger *l;
	struct ledger_entry *v;
	size_t n, cap;
};

static int keep_entry(void *ctx, const struct ledger_entry *e,
		      struct err *err)
{
	struct all *all = ctx;
	struct arena *a = all->l->arena;
	struct ledger_entry *kept = ARENA_PUSH(a, all->v, all->n, all->cap);

	*kept = *e;
	kept->raw = arena_memdup(a, e->raw, e->raw_len);
	return commit_parse_named(&kept->c, &e->c.oid, &(struct bytes){
				  kept->raw, kept->raw_len }, a, err);
}

int ledger_all(struct ledger_entry **out, size_t *n, const struct ledger *l,
	       struct err *err)
{
	struct all all = { .l = l };

	if (ledger_each(l, keep_entry, &all, err))
		return -1;
	*out = all.v;
	*n = all.n;
	return 0;
}
