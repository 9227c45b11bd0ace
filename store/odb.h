/*
 * What the files of the object database share.
 */
#ifndef STORE_ODB_H
#define STORE_ODB_H

#include "ss/map.h"
#include "ss/object.h"

#define OBJECT_MAX (64 << 20)

struct packs;			/* packfile.c */
struct pack_writer;		/* pack.c */

struct pending {
	struct oid oid;
	enum object_type type;
	struct bytes data;
};

struct odb {
	const char *dir;
	struct arena arena;
	struct packs *packs;
	bool no_packs;		/* there was no pack when we looked */
	struct arena pending_arena;
	struct pending *pending;
	size_t npending, pending_cap;
	struct map pending_by_oid;
	struct map known;	/* 20 bytes -> it need not be written */
	struct pack_writer *batch;
};

/* 1 read, 0 no such file, -1 damaged */
int loose_read(struct buf *out, enum object_type *type, const char *dir,
	       const struct oid *id, struct err *err) MUST_CHECK;
bool loose_has(const char *dir, const struct oid *id);
int loose_write(const char *dir, const struct oid *id, enum object_type type,
		const struct bytes *data, struct err *err) MUST_CHECK;

/* The packs there are (packfile.c). */
int packs_open(struct packs **out, const char *dir, struct err *err)
	MUST_CHECK;
void packs_close(struct packs *p);
/* 1 read, 0 not in any pack, -1 */
int packs_read(struct buf *out, enum object_type *type, struct packs *p,
	       const struct oid *id, struct err *err) MUST_CHECK;
bool packs_has(struct packs *p, const struct oid *id);
int packs_each(struct packs *p, const char *prefix, oid_fn fn, void *ctx);

/* Bytes of a pack stream into an index and a pack in the store. */
struct git_index;
int index_open(struct git_index **out, const char *dir, struct err *err)
	MUST_CHECK;
int index_add(struct git_index *ix, const void *p, size_t n, struct err *err)
	MUST_CHECK;
/* Verified, fsynced and in place; without, index_close() leaves nothing. */
int index_finish(struct git_index *ix, struct err *err) MUST_CHECK;
void index_close(struct git_index *ix);

/* One pack of these objects, deltas and all (gc); path: where an object
 * stands, so that its older forms lie beside it. */
struct gc_object {
	struct oid oid;
	const char *path;
};
/* name: the new pack's 40 hex digits, "" where nothing was packed. */
int packs_build(char name[OID_HEX], struct odb *odb,
		const struct gc_object *v, size_t n, struct err *err)
	MUST_CHECK;

/* A stream of whole objects into one pack (pack.c). */
int pack_open(struct pack_writer **out, const char *dir, struct err *err)
	MUST_CHECK;
int pack_add(struct pack_writer *w, enum object_type type,
	     const struct bytes *data, struct err *err)
	MUST_CHECK;
int pack_finish(struct pack_writer *w, struct err *err) MUST_CHECK;
void pack_close(struct pack_writer *w);

/* peel.c.  Of raw objects: has it our trailers; what a tag is of. */
bool commit_is_ours(const struct buf *raw);
int tag_target(struct oid *out, const struct buf *raw) MUST_CHECK;

/* That one is there: it need not be looked up. */
void odb_known(struct odb *odb, const struct oid *id);

int loose_each(const char *dir, const char *prefix, oid_fn fn, void *ctx);

#endif
