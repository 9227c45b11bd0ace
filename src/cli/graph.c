/*
 * Lines of history, each of which waits in a column for a version.
 *
 *	* | e		columns  e a	e has the parents b and a: below it
 *	|\|		next     b a	column 0 waits for b, and the line to
 *	| * a				a joins the one that is there
 *
 * Where a line stands on the screen is a place: twice its column when it is at
 * rest.  `places` has for each place the column that the line there is on its
 * way to; lines only move to the left, one place in each row.
 */
#include "config.h"

#include "cli/graph.h"

#include <assert.h>

#define NOWHERE SIZE_MAX

enum graph_state {
	GRAPH_REST,		/* every line is at rest */
	GRAPH_WIDEN,		/* room for a merge of many */
	GRAPH_VERSION,
	GRAPH_SPREAD,		/* from a merge to its parents */
	GRAPH_COLLAPSE		/* to the left */
};

struct graph {
	struct arena *arena;
	struct oid id;
	const struct oid *parents;
	size_t nparents;
	enum graph_state state, before;
	/* What the columns wait for: above the version, and below it. */
	struct oid *columns, *next;
	size_t ncolumns, nnext, cap;
	size_t *places, *old_places;
	size_t nplaces;
	size_t width;
	size_t at, at_before;	/* the version's column, and the last one's */
	size_t widened;		/* rows of GRAPH_WIDEN that there were */
	/* A merge's first parent: 0 is in a column to its left, 1 goes on
	 * below it; -1 not known yet. */
	int slant;
	int added, added_before;	/* columns that the merge adds */
};

struct graph *graph_new(struct arena *a)
{
	struct graph *g = arena_alloc(a, sizeof(*g));

	g->arena = a;
	return g;
}

static void *grown(struct graph *g, const void *old, size_t was, size_t size)
{
	char *out = arena_alloc(g->arena, size);

	if (was)
		memcpy(out, old, was);
	memset(out + was, 0xff, size - was);
	return out;
}

static void reserve(struct graph *g, size_t n)
{
	size_t was = g->cap, oids = was * sizeof(struct oid);
	size_t places = 2 * was * sizeof(size_t);

	if (n <= was)
		return;
	g->cap = 2 * n;
	g->columns = grown(g, g->columns, oids, g->cap * sizeof(struct oid));
	g->next = grown(g, g->next, oids, g->cap * sizeof(struct oid));
	g->places = grown(g, g->places, places, 2 * g->cap * sizeof(size_t));
	g->old_places = grown(g, g->old_places, places,
			      2 * g->cap * sizeof(size_t));
}

static void go_to(struct graph *g, enum graph_state state)
{
	g->before = g->state;
	g->state = state;
}

/* ---- the columns below a version ----------------------------------------- */

static size_t column_below(const struct graph *g, const struct oid *id)
{
	size_t i = 0;

	while (i < g->nnext && !oid_equal(&g->next[i], id))
		i++;
	return i;
}

/* A line from the column `from` above; parent: it begins at the version. */
static void lead_on(struct graph *g, const struct oid *id, size_t from,
		    bool parent)
{
	size_t to = column_below(g, id), place;

	if (to == g->nnext)
		g->next[g->nnext++] = *id;
	if (parent && g->nparents > 1 && g->slant < 0) {
		size_t left = from > to ? from - to : 0;
		size_t shift = left > 1 ? 2 * left - 3 : 1;

		g->slant = !left;
		g->added = (int)g->nparents + g->slant - 2;
		place = g->slant ? g->width : g->width - shift;
		g->width += g->slant ? 2 : 0;
	} else if (g->added > 0 && g->places[g->width - 2] == to) {
		/* The merge has opened a column just for it to join the next
		 * one: it does so at once. */
		place = g->width - 2;
		g->added = -1;
	} else {
		place = g->width;
		g->width += 2;
	}
	g->places[place] = to;
}

static void lead_to_parents(struct graph *g, size_t column)
{
	g->at = column;
	g->slant = -1;
	for (size_t i = 0; i < g->nparents; i++)
		lead_on(g, &g->parents[i], column, true);
	if (!g->nparents)
		g->width += 2;
}

static void swap_columns(struct graph *g)
{
	struct oid *columns = g->columns;

	reserve(g, g->nnext + g->nparents + 1);
	columns = g->columns;
	g->columns = g->next;
	g->ncolumns = g->nnext;
	g->next = columns;
	g->nnext = 0;
	g->nplaces = 2 * (g->ncolumns + g->nparents + 1);
	for (size_t i = 0; i < g->nplaces; i++)
		g->places[i] = NOWHERE;
}

static size_t rows_of_widening(const struct graph *g)
{
	return g->nparents < 3 ? 0 : 2 * (g->nparents + (size_t)g->slant - 3);
}

static bool is_tight(const struct graph *g)
{
	return g->nparents >= 3 && g->at + 1 < g->ncolumns &&
	       g->widened < rows_of_widening(g);
}

void graph_take(struct graph *g, const struct oid *id,
		const struct oid *parents, size_t n)
{
	bool seen = false;

	assert(g->state == GRAPH_REST);
	g->id = *id;
	g->parents = parents;
	g->nparents = n;
	g->at_before = g->at;
	g->added_before = g->added;
	g->added = 0;
	g->width = 0;
	g->widened = 0;
	swap_columns(g);
	for (size_t i = 0; i < g->ncolumns; i++) {
		if (oid_equal(&g->columns[i], id)) {
			lead_to_parents(g, i);
			seen = true;
		} else {
			lead_on(g, &g->columns[i], i, false);
		}
	}
	if (!seen)
		lead_to_parents(g, g->ncolumns);
	while (g->nplaces > 1 && g->places[g->nplaces - 1] == NOWHERE)
		g->nplaces--;
	/* What was drawn last stays known: no row of GRAPH_REST was. */
	g->state = is_tight(g) ? GRAPH_WIDEN : GRAPH_VERSION;
}

/* ---- rows ---------------------------------------------------------------- */

static bool is_at_rest(const struct graph *g)
{
	for (size_t i = 0; i < g->nplaces; i++)
		if (g->places[i] != NOWHERE && g->places[i] != i / 2)
			return false;
	return true;
}

/* How many columns there are in the row of the version itself. */
static size_t row_end(const struct graph *g)
{
	return g->at == g->ncolumns ? g->ncolumns + 1 : g->ncolumns;
}

static void rest_row(struct graph *g, struct buf *b)
{
	for (size_t i = 0; i < g->nnext; i++)
		buf_addstr(b, "| ");
}

/* Lines to the right of the last version may still lean from its merge. */
static bool leans_on(const struct graph *g, size_t column)
{
	return g->before == GRAPH_SPREAD && g->at_before < column;
}

static void widen_row(struct graph *g, struct buf *b)
{
	for (size_t i = 0; i < g->ncolumns; i++) {
		bool leans = i > g->at && (g->widened || leans_on(g, i));

		buf_addch(b, leans ? '\\' : '|');
		for (size_t k = 0; i == g->at && k < g->widened; k++)
			buf_addch(b, ' ');
		buf_addch(b, ' ');
	}
	g->widened++;
	if (!is_tight(g))
		go_to(g, GRAPH_VERSION);
}

static char beside_version(const struct graph *g, size_t i)
{
	if (i > g->at && g->added > 1)
		return '\\';
	if (i > g->at && g->added == 1)
		return leans_on(g, i) && g->added_before > 0 ? '\\' : '|';
	return g->before == GRAPH_COLLAPSE && g->old_places[2 * i + 1] == i &&
	       g->places[2 * i] < i ? '/' : '|';
}

static void version_row(struct graph *g, struct buf *b)
{
	size_t dashes = rows_of_widening(g) / 2;

	for (size_t i = 0; i < row_end(g); i++) {
		buf_addch(b, i == g->at ? '*' : beside_version(g, i));
		for (size_t k = 0; i == g->at && k < dashes; k++)
			buf_addstr(b, k + 1 < dashes ? "--" : "-.");
		buf_addch(b, ' ');
	}
	go_to(g, g->nparents > 1 ? GRAPH_SPREAD :
	      is_at_rest(g) ? GRAPH_REST : GRAPH_COLLAPSE);
}

static void spread_parents(struct graph *g, struct buf *b)
{
	static const char strokes[] = { '/', '|', '\\' };
	size_t stroke = (size_t)g->slant;

	for (size_t i = 0; i < g->nparents; i++) {
		buf_addch(b, strokes[stroke]);
		if (stroke < 2)
			stroke++;
		else if (g->added > 0 || i + 1 < g->nparents)
			buf_addch(b, ' ');
	}
	if (!g->added)
		buf_addch(b, ' ');
}

static void spread_row(struct graph *g, struct buf *b)
{
	bool passed = false;

	for (size_t i = 0; i < row_end(g); i++) {
		if (i == g->at) {
			spread_parents(g, b);
			continue;
		}
		buf_addch(b, i > g->at && g->added > 0 ? '\\' : '|');
		if (i > g->at || g->slant || i + 1 != g->at)
			buf_addch(b, i < g->at && passed ? '_' : ' ');
		passed |= oid_equal(&g->columns[i], &g->parents[0]);
	}
	go_to(g, is_at_rest(g) ? GRAPH_REST : GRAPH_COLLAPSE);
}

/* ---- lines that move to the left ----------------------------------------- */

/* One of them may go all the way in one row. */
struct slide {
	size_t from, to;	/* a place, a column; NOWHERE */
};

static void slide(struct graph *g, struct slide *s, size_t from, size_t to,
		  size_t end)
{
	if (s->from != NOWHERE)
		return;
	s->from = from;
	s->to = to;
	for (size_t i = 2 * to + 3; i + 2 < end; i += 2)
		g->places[i] = to;
}

static void move_left(struct graph *g, struct slide *s, size_t i, size_t to)
{
	size_t *places = g->places;

	if (to * 2 == i) {
		places[i] = to;
	} else if (places[i - 1] == NOWHERE) {
		places[i - 1] = to;
		slide(g, s, i, to, i);
	} else if (places[i - 1] != to) {
		/* Across the line that is there. */
		places[i - 2] = to;
		slide(g, s, i - 1, to, i);
	}
}

static char moving(struct graph *g, const struct slide *s, size_t i,
		   bool *slid)
{
	size_t to = g->places[i];

	if (to == NOWHERE)
		return ' ';
	if (to * 2 == i)
		return '|';
	if (to == s->to && i + 1 != s->from) {
		/* Only its first piece goes on in the next row. */
		if (i != 2 * to + 3)
			g->places[i] = NOWHERE;
		*slid = true;
		return '_';
	}
	if (*slid && i < s->from)
		g->places[i] = NOWHERE;
	return '/';
}

static void collapse_row(struct graph *g, struct buf *b)
{
	struct slide s = { NOWHERE, NOWHERE };
	size_t *old = g->places;
	bool slid = false;

	g->places = g->old_places;
	g->old_places = old;
	for (size_t i = 0; i < g->nplaces; i++)
		g->places[i] = NOWHERE;
	for (size_t i = 0; i < g->nplaces; i++)
		if (old[i] != NOWHERE)
			move_left(g, &s, i, old[i]);
	memcpy(old, g->places, g->nplaces * sizeof(*old));
	if (g->places[g->nplaces - 1] == NOWHERE)
		g->nplaces--;
	for (size_t i = 0; i < g->nplaces; i++)
		buf_addch(b, moving(g, &s, i, &slid));
	if (is_at_rest(g))
		go_to(g, GRAPH_REST);
}

static void pad(const struct graph *g, struct buf *b, size_t start)
{
	while (b->len - start < g->width)
		buf_addch(b, ' ');
}

void graph_space(struct graph *g, struct buf *b)
{
	size_t start = b->len;

	if (g->state != GRAPH_VERSION) {
		graph_line(g, b);
		return;
	}
	for (size_t i = 0; i < g->ncolumns; i++) {
		bool wide = g->nparents > 2 &&
			    oid_equal(&g->columns[i], &g->id);
		size_t spaces = wide ? 2 * (g->nparents - 2) : 1;

		buf_addch(b, '|');
		while (spaces--)
			buf_addch(b, ' ');
	}
	pad(g, b, start);
	g->before = GRAPH_REST;
}

bool graph_line(struct graph *g, struct buf *b)
{
	static void (*const rows[])(struct graph *g, struct buf *b) = {
		[GRAPH_REST] = rest_row,
		[GRAPH_WIDEN] = widen_row,
		[GRAPH_VERSION] = version_row,
		[GRAPH_SPREAD] = spread_row,
		[GRAPH_COLLAPSE] = collapse_row,
	};
	bool own = g->state == GRAPH_VERSION;
	size_t start = b->len;

	rows[g->state](g, b);
	pad(g, b, start);
	return own;
}

bool graph_is_done(const struct graph *g)
{
	return g->state == GRAPH_REST;
}
