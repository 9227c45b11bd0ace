/*
 * Names of git objects.
 */
#include "config.h"

#include "ss/oid.h"

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

#define OBJECT_HEAD 32

/* "commit 123" and its NUL; how many bytes that are. */
static size_t object_head(char out[OBJECT_HEAD], const char *type, size_t n)
{
	size_t len = strlen(type), at = OBJECT_HEAD;

	/* The digits from behind, then to their place. */
	out[--at] = '\0';
	do
		out[--at] = (char)('0' + n % 10);
	while (n /= 10);
	out[--at] = ' ';
	memcpy(out, type, len);
	memmove(out + len, out + at, OBJECT_HEAD - at);
	return len + OBJECT_HEAD - at;
}

void object_name(struct oid *out, enum object_type type, const void *p,
		 size_t n)
{
	char head[OBJECT_HEAD];
	struct sha1 h;

	sha1_start(&h);
	sha1_add(&h, head, object_head(head, object_types[type], n));
	sha1_add(&h, p, n);
	sha1_end(&h, out->b);
}

void object_name256(unsigned char out[SHA256_LEN], enum object_type type,
		    const void *p, size_t n)
{
	char head[OBJECT_HEAD];
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, head, object_head(head, object_types[type], n));
	sha256_add(&h, p, n);
	sha256_end(&h, out);
}

void blob_name256(unsigned char out[SHA256_LEN], const void *p, size_t n)
{
	object_name256(out, OBJECT_BLOB, p, n);
}
