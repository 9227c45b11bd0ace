/*
 * Names of git objects.
 */
#include "config.h"

#include "ss/oid.h"

#include <stdio.h>

const char *const object_types[] = {
	[OBJECT_COMMIT] = "commit",
	[OBJECT_TREE] = "tree",
	[OBJECT_BLOB] = "blob",
	[OBJECT_TAG] = "tag",
};

void oid_hex(char out[OID_HEX], const struct oid *id)
{
	hex_encode(out, id->b, SHA1_LEN);
}

int oid_parse(struct oid *out, const char *hex)
{
	return strlen(hex) == 2 * SHA1_LEN ?
	       hex_decode(out->b, hex, SHA1_LEN) : -1;
}

bool oid_equal(const struct oid *a, const struct oid *b)
{
	return !memcmp(a->b, b->b, SHA1_LEN);
}

void object_name(struct oid *out, enum object_type type, const void *p,
		 size_t n)
{
	char head[32];
	int len = snprintf(head, sizeof(head), "%s %zu", object_types[type], n);
	struct sha1 h;

	sha1_start(&h);
	sha1_add(&h, head, (size_t)len + 1);
	sha1_add(&h, p, n);
	sha1_end(&h, out->b);
}

void blob_name256(unsigned char out[SHA256_LEN], const void *p, size_t n)
{
	char head[32];
	int len = snprintf(head, sizeof(head), "blob %zu", n);
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, head, (size_t)len + 1);
	sha256_add(&h, p, n);
	sha256_end(&h, out);
}
