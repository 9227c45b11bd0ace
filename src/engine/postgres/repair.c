/*
 * What the server prints is no fixed point: some of it, executed, is printed
 * otherwise.  Here a statement is put so that what is in it reads back as it
 * was.  Two things that the server's parser does of itself are kept from it:
 *
 *	((n >= 0) AND (n <= 9)) AND ok     n BETWEEN 0 AND 9 AND ok: an AND of
 *					   two, which it would make one of
 *					   three; behind a cast it does not
 *	((n >= 0) AND (n <= 9))::boolean AND ok
 *
 *	(ARRAY['a'::character varying])::text[]     s IN ('a'): a cast of the
 *					   whole, which would go to each
 *					   element; one that casts to what
 *					   they are takes its place
 *	(ARRAY['a'::character varying]::character varying[])::text[]
 *
 * Neither leaves anything behind: to cast to what a thing is is nothing.
 */
#include "config.h"

#include "engine/postgres/emit.h"

#include <stdlib.h>

/* What stands between parentheses. */
struct group {
	size_t start;		/* behind the one that opens it */
	size_t first_end;	/* behind the group that it begins with; 0 */
	char first, word;	/* 'A'ND or 'O'R, there and here */
};

struct repair {
	const char *sql;
	size_t len;
	struct group *v;	/* the open ones */
	size_t n, cap;
	struct buf out;
	size_t done;		/* up to here it is in out */
};

static void insert(struct repair *r, size_t at, const char *text, size_t n)
{
	buf_add(&r->out, r->sql + r->done, at - r->done);
	buf_add(&r->out, text, n);
	r->done = at;
}

static void open_group(struct repair *r, size_t pos)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
	}
	memset(&r->v[r->n], 0, sizeof(*r->v));
	r->v[r->n++].start = pos + 1;
}

/* AND or OR, at pos. */
static void take_word(struct repair *r, size_t pos, char word)
{
	struct group *g = r->n ? &r->v[r->n - 1] : NULL;
	static const char cast[] = "::boolean";

	if (!g || g->word)
		return;
	g->word = word;
	if (g->first == word && pos == g->first_end + 1)
		insert(r, g->first_end, cast, strlen(cast));
}

/* ---- arrays ------------------------------------------------------------- */

/* What an element is: behind its last cast, or what it looks like. */
static const char *type_of(const char *element, size_t n, size_t *len)
{
	static const char integer[] = "integer", numeric[] = "numeric",
			  truth[] = "boolean";
	size_t digits = strspn(element, "0123456789.");
	const char *type = NULL;
	unsigned depth = 0;

	for (size_t pos = 0; pos < n;
	     pos = pg_token_end(element, n, pos)) {
		depth += element[pos] == '(' || element[pos] == '[';
		depth -= element[pos] == ')' || element[pos] == ']';
		if (!depth && !strncmp(element + pos, "::", 2))
			type = element + pos + 2;
	}
	*len = type ? n - (size_t)(type - element) : 0;
	if (type)
		return type;
	if (n && digits >= n)
		type = memchr(element, '.', n) ? numeric : integer;
	else if ((n == 4 && !strncmp(element, "true", n)) ||
		 (n == 5 && !strncmp(element, "false", n)))
		type = truth;
	*len = type ? strlen(type) : 0;
	return type;
}

/* The type that the elements are all of. */
static void add_element_type(struct buf *b, const char *v, size_t n)
{
	unsigned depth = 0;
	size_t start = 0, pos = 0;

	while (pos < n && !b->len) {
		size_t next = pg_token_end(v, n, pos);
		size_t len;
		const char *type;

		depth += v[pos] == '(' || v[pos] == '[';
		depth -= v[pos] == ')' || v[pos] == ']';
		if ((v[pos] == ',' && !depth) || next >= n) {
			size_t end = v[pos] == ',' && !depth ? pos : n;

			type = type_of(v + start, end - start, &len);
			if (type)
				buf_add(b, type, len);
			start = next + (v[next] == ' ');
		}
		pos = next;
	}
}

/* "(ARRAY[...])::", of which pos is the last parenthesis. */
static void end_array(struct repair *r, const struct group *g, size_t pos)
{
	static const char word[] = "ARRAY[";
	size_t inside = g->start + strlen(word);
	struct buf type = BUF_INIT;

	if (strncmp(r->sql + g->start, word, strlen(word)) ||
	    inside >= pos || r->sql[pos - 1] != ']' ||
	    strncmp(r->sql + pos + 1, "::", 2))
		return;
	add_element_type(&type, r->sql + inside, pos - 1 - inside);
	if (type.len) {
		insert(r, pos, "::", 2);
		buf_addf(&r->out, "%s[]", type.ptr);
	}
	buf_release(&type);
}

static void close_group(struct repair *r, size_t pos)
{
	const struct group *g = &r->v[--r->n];
	struct group *outer = r->n ? &r->v[r->n - 1] : NULL;

	end_array(r, g, pos);
	if (outer && g->start == outer->start + 1) {
		outer->first_end = pos + 1;
		outer->first = g->word;
	}
}

static void walk(struct repair *r)
{
	size_t next;

	for (size_t pos = 0; pos < r->len; pos = next) {
		next = pg_token_end(r->sql, r->len, pos);
		if (r->sql[pos] == '(')
			open_group(r, pos);
		else if (r->sql[pos] == ')' && r->n)
			close_group(r, pos);
		else if (next == pos + 3 && !strncmp(r->sql + pos, "AND", 3))
			take_word(r, pos, 'A');
		else if (next == pos + 2 && !strncmp(r->sql + pos, "OR", 2))
			take_word(r, pos, 'O');
	}
}

const char *pg_repaired(struct arena *a, const char *sql)
{
	struct repair r = { .sql = sql, .out = BUF_INIT };
	const char *repaired = sql;

	if (!strstr(sql, "(ARRAY[") && !strstr(sql, ") AND ") &&
	    !strstr(sql, ") OR "))
		return sql;
	r.len = strlen(sql);
	walk(&r);
	if (r.out.len) {
		insert(&r, r.len, "", 0);
		repaired = arena_strndup(a, r.out.ptr, r.out.len);
	}
	free(r.v);
	buf_release(&r.out);
	return repaired;
}
