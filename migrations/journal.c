/*
 * The journal's table.
 */
#include "config.h"

#include "migrations/journal.h"

#include <stdio.h>

#include "migrations/ledger-sql.h"

static const struct journal_sql *sql_of(const struct journal *j)
{
	return &ledger_sql_of(conn_engine(j->conn)->name)->journal;
}

static int run(struct journal *j, const char *sql, const struct value *v,
	       size_t n, struct err *err)
{
	return conn_engine(j->conn)->query(j->conn, sql, v, n, NULL, NULL,
					   err) ?
	       err_wrap(err, "writing the journal") : 0;
}

static struct value text(const char *s)
{
	struct value v = { .type = s ? VALUE_TEXT : VALUE_NULL, .ptr = s,
			   .len = s ? strlen(s) : 0 };

	return v;
}

static struct value number(size_t n)
{
	struct value v = { .type = VALUE_INT, .i = (int64_t)n };

	return v;
}

static int note_row(void *ctx, const struct value *v, size_t n)
{
	(void)v;
	(void)n;
	*(bool *)ctx = true;
	return 1;
}

static int is_there(bool *there, const struct journal *j, struct err *err)
{
	*there = false;
	return conn_engine(j->conn)->query(j->conn, sql_of(j)->exists, NULL, 0,
					   note_row, there, err);
}

/* One that the database's owner has made is there for who may not make it. */
static int make_table(struct journal *j, struct err *err)
{
	bool there;

	if (is_there(&there, j, err) ||
	    (!there && conn_engine(j->conn)->exec(j->conn, sql_of(j)->create,
						  err)))
		return err_wrap(err, "making the journal");
	return 0;
}

int journal_write(struct journal *j, struct err *err)
{
	if (make_table(j, err))
		return -1;
	if (journal_clear(j, err))
		return -1;
	for (size_t i = 0; i < j->script.n; i++) {
		const struct statement *st = &j->script.v[i];
		struct value v[] = {
			number(i),
			text(st->check ? "check" : step_words[st->step]),
			text(st->node), text(st->sql), text(st->index),
		};

		if (run(j, sql_of(j)->insert, v, ARRAY_LEN(v), err))
			return -1;
	}
	return 0;
}

struct reading {
	struct journal *j;
	struct arena *arena;
	size_t nstarted, started_cap, ndone, done_cap;
	bool bad;
};

static char *text_of(struct arena *a, const struct value *v)
{
	return v->type == VALUE_TEXT ? arena_strndup(a, v->ptr, v->len) : NULL;
}

static bool take_how(struct statement *st, const char *how)
{
	st->check = !strcmp(how, "check");
	for (size_t i = 0; i < STEP_N; i++)
		if (!strcmp(step_words[i], how)) {
			st->step = (enum step)i;
			return !step_is_alone(st->step) || st->index;
		}
	return st->check;
}

/* how, node, sql, index, started, done */
static int take_row(void *ctx, const struct value *v, size_t n)
{
	struct reading *r = ctx;
	struct script *s = &r->j->script;
	struct statement *st;

	if (n != 6 || v[0].type != VALUE_TEXT || v[1].type != VALUE_TEXT ||
	    v[2].type != VALUE_TEXT) {
		r->bad = true;
		return 1;
	}
	st = script_add(s, r->arena, text_of(r->arena, &v[1]),
			text_of(r->arena, &v[2]));
	st->index = text_of(r->arena, &v[3]);
	r->bad |= !take_how(st, text_of(r->arena, &v[0]));
	*ARENA_PUSH(r->arena, r->j->started, r->nstarted, r->started_cap) =
		v[4].i;
	*ARENA_PUSH(r->arena, r->j->done, r->ndone, r->done_cap) = v[5].i;
	return 0;
}

static bool is_begun(const struct journal *j, const struct commit *begin)
{
	const char *line = commit_line(begin, "Sql");
	unsigned char sum[SHA256_LEN];
	char want[SHA256_HEX + 24], hex[SHA256_HEX];
	struct buf b = BUF_INIT;

	script_sql(&b, &j->script);
	sha256_of(sum, b.ptr, b.len);
	hex_encode(hex, sum, sizeof(sum));
	snprintf(want, sizeof(want), "%s %zu", hex, b.len);
	buf_release(&b);
	return line && !strcmp(line, want);
}

int journal_read(struct journal *j, const struct ledger *l, struct err *err)
{
	struct reading r = { .j = j, .arena = l->arena };
	bool there;

	memset(j, 0, sizeof(*j));
	j->conn = l->conn;
	if (is_there(&there, j, err) ||
	    (there && conn_engine(l->conn)->query(l->conn, sql_of(j)->rows,
						  NULL, 0, take_row, &r, err)))
		return err_wrap(err, "reading the journal");
	if (!r.bad && is_begun(j, &l->tail.c))
		return 0;
	err_set(err, ERR_REFUSED, "the journal of database '%s' is not that of "
		"the run that has begun", l->db.word);
	return err_hint(err, "'schemastore resume --undo %s' goes back without "
			"it; where the schema is a version's, so does "
			"'schemastore baseline --restored %s VERSION'",
			l->db.word, l->db.word);
}

int journal_start(struct journal *j, size_t at, struct err *err)
{
	struct value v = number(at);

	j->started[at] = true;
	return run(j, sql_of(j)->start, &v, 1, err);
}

int journal_end(struct journal *j, size_t first, size_t end, struct err *err)
{
	struct value v[] = { number(first), number(end) };

	return run(j, sql_of(j)->end, v, ARRAY_LEN(v), err);
}

int journal_clear(struct journal *j, struct err *err)
{
	return run(j, sql_of(j)->clear, NULL, 0, err);
}

size_t journal_progress(const struct journal *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->script.n; i++)
		n += j->done[i];
	return n;
}
