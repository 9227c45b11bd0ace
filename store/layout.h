/*
 * Names and lines that writing and reading a version share.
 */
#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

#include "ss/store.h"

/* schema/<engine>/engine: these three lines, then the settings. */
#define LAYOUT_ENGINE "engine %s\n"
#define LAYOUT_VERSION "version %s\n"
#define LAYOUT_TEXT "text-form 1\n"

/* What an edge has, and a schema on its way. */
#define LAYOUT_EDGE "edge/%zu/%s"
#define LAYOUT_STATE "edge/%zu/%s.state/%zu"

/* What the models are that an engine's source was. */
#define LAYOUT_MODELS "models/%s.json"

/* In the order of enum edge_where. */
extern const char *const edge_words[];
/* A file of it, by its path below edge/<n>. */
struct edge_file {
	const char *path;
	struct bytes text;
};
/* The file of steps, with runs, states and files of the draft; and the files of
 * its data steps.  ptr NULL: it needs none. */
void edge_format(struct bytes *steps, struct edge_file **files, size_t *n,
		 const struct version_edge *e, struct arena *a);

#endif
