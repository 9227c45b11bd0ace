/*
 * A store in one file, which git reads as well: for somebody who has no store,
 * and to whom nobody who could write to it is to be believed.
 *
 *	bundle = "# v2 git bundle" LF { id " " ref LF } [ id " HEAD" LF ] LF
 *	         pack
 *
 * Refs are sorted by their bytes.  It stands alone: there are no lines of what
 * has to be there already.
 */
#ifndef SS_BUNDLE_H
#define SS_BUNDLE_H

#include "ss/store.h"

/* What databases have said of themselves, a tree (see audit.h). */
#define AUDIT_REF "refs/schemastore/audit"

struct bundle_head {
	struct ref *v;
	size_t n;
	bool has_head;
	struct oid head;
};

/* All in front of the pack, with the empty line; ERR_DAMAGED where it is any
 * other text than bundle_add_head() makes of it. */
int bundle_parse(struct bundle_head *out, const struct bytes *text,
		 struct arena *a, struct err *err) MUST_CHECK;
void bundle_add_head(struct buf *b, const struct bundle_head *h);

/*
 * Everything that refs lead to, whole or not at all; the same bytes for the
 * same store.  audit: a tree, maybe not flushed, that takes AUDIT_REF; NULL:
 * there is none.
 */
struct bundle_size {
	size_t refs, objects;
};
int bundle_write(struct bundle_size *out, const char *path, struct store *s,
		 const struct oid *audit, struct arena *a, struct err *err)
	MUST_CHECK;

/*
 * A bundle of anybody's, as a store in a folder that is there, is empty, and
 * nobody else can look into; it is the caller's to remove.  ERR_DAMAGED where
 * the file is no bundle, or not a whole one; ERR_REFUSED where it is larger
 * than what is looked at.
 */
int bundle_open(struct store **out, const char *path, const char *dir,
		const volatile int *cancelled, struct err *err) MUST_CHECK;

#endif
