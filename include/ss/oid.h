/*
 * Names of git objects.
 */
#ifndef SS_OID_H
#define SS_OID_H

#include "ss/base.h"
#include "ss/hash.h"

struct oid {
	unsigned char b[SHA1_LEN];
};
#define OID_HEX 41
void oid_hex(char out[OID_HEX], const struct oid *id);
int oid_parse(struct oid *out, const char *hex) MUST_CHECK;	/* 40 digits */
bool oid_equal(const struct oid *a, const struct oid *b);

enum object_type { OBJECT_COMMIT = 1, OBJECT_TREE, OBJECT_BLOB, OBJECT_TAG };

extern const char *const object_types[];	/* by enum object_type */

/* The name of these bytes as an object of that type. */
void object_name(struct oid *out, enum object_type type, const void *p,
		 size_t n);
/* git's SHA-256 name of them: sha256("blob n\0" bytes). */
void object_name256(unsigned char out[SHA256_LEN], enum object_type type,
		    const void *p, size_t n);
void blob_name256(unsigned char out[SHA256_LEN], const void *p, size_t n);

#endif
