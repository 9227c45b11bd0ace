/*
 * How versions hang together, in characters, as `git log --graph` draws it.
 *
 *	graph_take(g, &id, parents, n);
 *	do {
 *		own = graph_line(g, &line);
 *		puts(own ? line and what is said of the version : line);
 *	} while (!graph_is_done(g));
 *
 * Versions are taken children first, as walk_topo() has them.
 */
#ifndef CLI_GRAPH_H
#define CLI_GRAPH_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/oid.h"

struct graph;
struct graph *graph_new(struct arena *a);
/* The next version; parents that will not be taken are left out.  They live as
 * long as the graph. */
void graph_take(struct graph *g, const struct oid *id,
		const struct oid *parents, size_t n);
/* Append a line of space above the version; once, before any other of it. */
void graph_space(struct graph *g, struct buf *b);
/* Append the next line, as wide as the others of this version: is it the one
 * that the version stands on?  After that, bars for as long as is asked. */
bool graph_line(struct graph *g, struct buf *b);
/* Nothing but bars would follow. */
bool graph_is_done(const struct graph *g);

#endif
