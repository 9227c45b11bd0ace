/*
 * What the files of the object database share.
 */
#ifndef STORE_ODB_H
#define STORE_ODB_H

#include "ss/map.h"
#include "ss/object.h"

#define OBJECT_MAX (64 << 20)

#define HINT_HEAL "'schemastore fsck --from DIR' takes it from another copy " \
	"of the store"

/* How a loose object's file is called until it is whole.  Git passes over
 * tmp_obj_*, and prunes those that are old; gc removes ours. */
#define LOOSE_TEMP "tmp_obj_ss_"

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
	struct odb *spare;	/* odb_heal() */
	size_t *healed;
};

/* 1 read, 0 no such file, -1 damaged */
int loose_read(struct buf *out, enum object_type *type, const char *dir,
	       const struct oid *id, struct err *err) MUST_CHECK;
bool loose_has(const char *dir, const struct oid *id);
void loose_touch(const char *dir, const struct oid *id);	/* it is new */
bool loose_folder(const char *dir, const struct oid *id);	/* is there */
int loose_write(const char *dir, const struct oid *id, enum object_type type,
		const struct bytes *data, struct err *err) MUST_CHECK;

struct gc_object;		/* below */

/* The packs there are (packfile.c); *out stays as it is where there is
 * none. */
int packs_open(struct packs **out, const char *dir, struct err *err)
	MUST_CHECK;
void packs_close(struct packs *p);
/* 1 read, 0 not in any pack, -1 */
int packs_read(struct buf *out, enum object_type *type, struct packs *p,
	       const struct oid *id, struct err *err) MUST_CHECK;
/* The first n bytes of an object of that type, where that costs less than all
 * of it: their sum is not checked. */
bool packs_peek(struct buf *out, struct packs *p, const struct oid *id,
		enum object_type type, size_t n);
bool packs_has(struct packs *p, const struct oid *id);
void packs_touch(struct packs *p, const struct oid *id);
/* Are others there than when they were opened? */
bool packs_stale(const struct packs *p, const char *dir);
int packs_each(struct packs *p, const char *prefix, oid_fn fn, void *ctx);
/* Is there one pack, whole, of these and nothing else? */
bool packs_are(struct packs *p, const struct gc_object *v, size_t n);
/* Has the pack of that name (40 hex digits) all of them, and is it whole?  1,
 * 0 there is no such pack, -1 it has not */
int packs_holds(struct packs *p, const char *name, const struct gc_object *v,
		size_t n);
/* Those whose sums do not fit. */
typedef void (*pack_fn)(void *ctx, const char *path);
void packs_check(struct packs *p, pack_fn fn, void *ctx);
int odb_check_packs(struct odb *odb, pack_fn fn, void *ctx, struct err *err)
	MUST_CHECK;

/* One pack of these objects, oldest first, deltas and all (gc, repack.c);
 * path: where an object stands, so that its older forms lie beside it. */
struct gc_object {
	struct oid oid;
	const char *path;
	bool commit;
};
/* name: the new pack's 40 hex digits, "" where nothing was packed. */
int packs_build(char name[OID_HEX], struct odb *odb,
		const struct gc_object *v, size_t n, struct err *err)
	MUST_CHECK;

/* The same into a pack that is begun. */
int packs_fill(struct pack_writer *pack, struct odb *odb,
	       const struct gc_object *v, size_t n, struct err *err)
	MUST_CHECK;

/* As packs_peek(). */
bool odb_peek(struct buf *out, struct odb *odb, const struct oid *id,
	      enum object_type type, size_t n);

/* Is one pack of exactly these all that there is? */
bool odb_is_packed(struct odb *odb, const struct gc_object *v, size_t n);
/* Is each of these in the pack of that name, and its sum right? */
int odb_check_pack(struct odb *odb, const char *name,
		   const struct gc_object *v, size_t n, struct err *err)
	MUST_CHECK;

/* Bytes of a pack stream into an index and a pack in the store. */
struct git_index;
int index_open(struct git_index **out, const char *dir, struct err *err)
	MUST_CHECK;
int index_add(struct git_index *ix, const void *p, size_t n, struct err *err)
	MUST_CHECK;
/* Verified, fsynced and in place, by this name (may be NULL); without,
 * index_close() leaves nothing. */
int index_finish(struct git_index *ix, char name[OID_HEX], struct err *err)
	MUST_CHECK;
void index_close(struct git_index *ix);

/* A stream of objects into one pack (pack.c). */
int pack_open(struct pack_writer **out, const char *dir, struct err *err)
	MUST_CHECK;
/* One that is for pack_send() alone, and collected in a folder. */
int pack_open_in(struct pack_writer **out, const char *folder,
		 struct err *err) MUST_CHECK;
int pack_add(struct pack_writer *w, enum object_type type,
	     const struct bytes *data, struct err *err)
	MUST_CHECK;
/* Where the next object will stand. */
uint64_t pack_offset(const struct pack_writer *w);
/* The same object, as a delta against what stands at `base`, or whole where
 * that is shorter. */
int pack_add_delta(struct pack_writer *w, enum object_type type,
		   const struct bytes *data, uint64_t base,
		   const struct bytes *delta, struct err *err)
	MUST_CHECK;
/* name: the pack's 40 hex digits; may be NULL. */
int pack_finish(struct pack_writer *w, char name[OID_HEX], struct err *err)
	MUST_CHECK;
/* All its bytes instead. */
typedef int (*pack_sink)(void *ctx, const void *p, size_t n, struct err *err);
int pack_send(struct pack_writer *w, pack_sink fn, void *ctx, struct err *err)
	MUST_CHECK;
void pack_close(struct pack_writer *w);

/* delta.c.  What makes `to` from `base`, as packs have it; false where that
 * is more than `most` bytes. */
bool delta_make(struct buf *out, const struct bytes *base,
		const struct bytes *to, size_t most);
/* The way back; -1 where it is no delta, or none of this base. */
int delta_apply(struct buf *out, const struct buf *base, const struct buf *d)
	MUST_CHECK;

/* tree.c.  What tree_read() takes for a name, and tree_write() writes. */
bool tree_name_ok(const char *s, size_t n);
/* tree_read() of bytes that have this name. */
int tree_parse(struct tree *out, const struct oid *id, const struct buf *raw,
	       struct arena *a, struct err *err) MUST_CHECK;
/* tree_find() in trees that are kept as they are read. */
struct trees {
	struct odb *odb;
	struct arena *arena;
	struct map *known;	/* 20 bytes -> struct tree, the arena's;
				 * NULL: none is kept */
};
int trees_find(struct tree_entry *out, struct trees *t, const struct oid *root,
	       const char *path, struct err *err) MUST_CHECK;

/* peel.c.  Of raw objects: has it our trailers; what a tag is of. */
bool commit_is_ours(const struct buf *raw);
int tag_target(struct oid *out, const struct buf *raw) MUST_CHECK;

/* It is there, and was read: it need not be written. */
bool odb_stands(struct odb *odb, const struct oid *id);
/* That one is there: it need not be looked up. */
void odb_known(struct odb *odb, const struct oid *id);

int loose_each(const char *dir, const char *prefix, oid_fn fn, void *ctx);

#endif
