/*
 * What a ref leads to.  Git's users tag with objects of their own (git tag
 * -a), keep notes, and may have other branches in the same repository: all of
 * that stays as it is, and is no version.
 *
 *	tag = "object " id LF "type " type LF ...
 */
#include "config.h"

#include "ss/store.h"

#include "store/odb.h"

#define TAGS_MAX 16		/* a tag of a tag of ... */

bool commit_is_ours(const struct buf *raw)
{
	return strstr(raw->ptr, "\nSchemastore-Format: ");
}

int tag_target(struct oid *out, const struct buf *raw)
{
	char hex[OID_HEX] = "";

	if (!str_starts(raw->ptr, "object ") || raw->len < 7 + OID_HEX)
		return -1;
	memcpy(hex, raw->ptr + 7, OID_HEX - 1);
	return raw->ptr[7 + OID_HEX - 1] == '\n' ? oid_parse(out, hex) : -1;
}

/* One object: 1 it is a commit of ours, 2 a tag, and *id what it is of, 0 */
static int look(struct oid *id, struct store *s, struct buf *raw,
		struct err *err)
{
	enum object_type type;
	char hex[OID_HEX];

	buf_truncate(raw, 0);
	if (odb_read_any(raw, &type, store_odb(s), id, err))
		return -1;
	if (type == OBJECT_COMMIT)
		return commit_is_ours(raw);
	if (type != OBJECT_TAG)
		return 0;
	oid_hex(hex, id);
	return tag_target(id, raw) ?
	       err_set(err, ERR_DAMAGED, "tag %s names no object", hex) : 2;
}

int store_peel(struct oid *id, struct store *s, struct err *err)
{
	struct buf raw = BUF_INIT;
	int ret = 2;

	for (int depth = 0; ret == 2 && depth < TAGS_MAX; depth++)
		ret = look(id, s, &raw, err);
	buf_release(&raw);
	return ret == 2 ? 0 : ret;
}
