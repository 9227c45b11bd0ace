/*
 * SHA-1 (git's object names), SHA-256 (everything that is signed), and hex.
 */
#ifndef SS_HASH_H
#define SS_HASH_H

#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "ss/base.h"

#define SHA1_LEN 20
#define SHA256_LEN 32
#define SHA256_HEX 65		/* with the NUL */

struct sha1 {
	struct sha1_ctx ctx;
};
struct sha256 {
	struct sha256_ctx ctx;
};

void sha1_start(struct sha1 *h);
void sha1_add(struct sha1 *h, const void *p, size_t n);
void sha1_end(struct sha1 *h, unsigned char out[SHA1_LEN]);

void sha256_start(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, unsigned char out[SHA256_LEN]);
void sha256_of(unsigned char out[SHA256_LEN], const void *p, size_t n);

/* out has room for 2 * n + 1 bytes; lower case */
void hex_encode(char *out, const unsigned char *p, size_t n);
/* Exactly 2 * n lower-case digits, else -1. */
int hex_decode(unsigned char *out, const char *hex, size_t n) MUST_CHECK;

/* n unguessable bytes from the system. */
void random_bytes(unsigned char *out, size_t n);

#endif
