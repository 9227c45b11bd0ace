/*
 * What versions hold, for fsck: each object is hashed and decoded once, however
 * many versions have it; and so is what a folder of schema/ comes to.
 */
#ifndef STORE_CONTENTS_H
#define STORE_CONTENTS_H

#include "store/known.h"
#include "store/reach.h"

struct contents {
	struct store *store;
	const struct spelling *(*spelling)(const char *engine);
	void (*finding)(void *ctx, const struct oid *id, const char *rule,
			const char *text);
	void *ctx;
	/* the rest is its own */
	struct arena arena;
	struct map n256;	/* 20 bytes -> SHA-256 name of a blob or tree */
	struct map sums;	/* 20 bytes -> sha256 of a blob of an edge */
	struct map states;	/* tree and engine -> schema digest */
	struct map trees;	/* 20 bytes -> struct tree, the newest */
	struct arena trees_arena;
	struct known objects;
};

/* As they are reached. */
void contents_blob(struct contents *k, const struct reached *r);
void contents_tree(struct contents *k, const struct reached *r);
/* Behind its tree: is what the lines of a version say what is there? */
void contents_version(struct contents *k, const struct commit *v);
void contents_release(struct contents *k);

#endif
