/*
 * Git objects: loose files and packs, read by our own bounded readers
 * (libgit2 1.5 hangs on a truncated loose object, trusts an index blindly, and
 * takes 6 ms to start); packs are made through libgit2.
 */
#ifndef SS_OBJECT_H
#define SS_OBJECT_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"
#include "ss/oid.h"

struct odb;

int odb_open(struct odb **out, const char *git_dir, struct err *err)
	MUST_CHECK;
void odb_close(struct odb *odb);

/*
 * Append an object's bytes to out.  ERR_DAMAGED where it is missing, of
 * another type, does not hash to its name, or is larger than 64 MiB.
 */
int odb_read(struct buf *out, struct odb *odb, const struct oid *id,
	     enum object_type type, struct err *err) MUST_CHECK;
/* The same of any type, which is told. */
int odb_read_any(struct buf *out, enum object_type *type, struct odb *odb,
		 const struct oid *id, struct err *err) MUST_CHECK;
bool odb_has(struct odb *odb, const struct oid *id);
/* From now on, what is missing or damaged is read from another store, and
 * written here at once; *healed counts.  The caller holds the store's lock. */
int odb_heal(struct odb *odb, const char *git_dir, size_t *healed,
	     struct err *err) MUST_CHECK;
/* Every object whose name begins with these hex digits, loose or packed
 * (twice where it is both); fn returns non-zero to stop. */
typedef int (*oid_fn)(void *ctx, const struct oid *id);
int odb_prefix(struct odb *odb, const char *hex, oid_fn fn, void *ctx,
	       struct err *err) MUST_CHECK;

/*
 * Writing: objects are collected, and stand on the disk, fsynced, after
 * odb_flush(): loose where they are few, one pack where they are many.
 * What is already there is not written again.  A batch (odb_batch) streams
 * into one pack in bounded memory.  odb_read() sees unflushed objects; of a
 * batch only its commits.  odb_discard() forgets what was not flushed.
 * Fault points: object.write, pack.write, pack.finish.
 */
int odb_write(struct oid *out, struct odb *odb, enum object_type type,
	      const void *p, size_t n, struct err *err) MUST_CHECK;
int odb_batch(struct odb *odb, struct err *err) MUST_CHECK;
int odb_flush(struct odb *odb, struct err *err) MUST_CHECK;
void odb_discard(struct odb *odb);

/* Trees.  Entries come in git's order. */
struct tree_entry {
	const char *name;
	struct oid oid;
	bool dir;
};
struct tree {
	struct tree_entry *v;
	size_t n;
};
/* Strict: only modes 100644 and 40000, sorted, unique, names as AUDIT 4a. */
int tree_read(struct tree *out, struct odb *odb, const struct oid *id,
	      struct arena *a, struct err *err) MUST_CHECK;

/*
 * Build a tree from paths.  Files are added in any order; tree_write() writes
 * the trees (and the blobs that are new), and gives both names of the root.
 * A file whose oid is already known (unchanged) is added without its bytes.
 */
struct tree_builder;
struct tree_builder *tree_builder_new(struct arena *a);
void tree_add_blob(struct tree_builder *b, const char *path, const void *p,
		   size_t n);	/* the bytes must outlive the builder */
void tree_add_known(struct tree_builder *b, const char *path,
		    const struct oid *oid, const unsigned char *n256);
/* `old`: a tree most of whose objects are shared (may be NULL): what it holds
 * is neither looked up nor written.  No folder may be empty but the root. */
int tree_write(struct oid *out, unsigned char out256[SHA256_LEN],
	       struct tree_builder *b, struct odb *odb, const struct oid *old,
	       struct err *err) MUST_CHECK;

/* Find a path in a tree: 1 and the entry, 0 absent, -1 failed. */
int tree_find(struct tree_entry *out, struct odb *odb, const struct oid *root,
	      const char *path, struct arena *a, struct err *err) MUST_CHECK;

/*
 * The files that differ between two trees (either may be NULL), in path
 * order; equal subtrees are skipped by their name.
 */
struct tree_change {
	const char *path;
	struct oid from, to;
	bool in_from, in_to;
};
int tree_diff(struct tree_change **out, size_t *n, struct odb *odb,
	      const struct oid *from, const struct oid *to, struct arena *a,
	      struct err *err) MUST_CHECK;

#endif
