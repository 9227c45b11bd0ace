/*
 * A key of OpenSSH's and what it has signed, for tests of keys and signatures;
 * each runs in a folder of its own.
 */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

#include "store/key-file.h"

#define SIG_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define SIG_END "-----END SSH SIGNATURE-----\n"

extern const char private_key[];
/* Of signed_text, in the namespace git: by that key, and twice by an ECDSA
 * key; of the last the second number is the greater of two. */
extern const char ed25519_sig[], low_sig[], high_sig[];
extern const struct bytes signed_text;
extern struct arena arena;

void must(int ret, const struct err *err);
/* The private key, read. */
struct key_file keys_parsed(void);
/* What is inside an armor; *n bytes of arena. */
unsigned char *binary_of(const char *text, size_t *n);

int keys_make(void **state);
int keys_unmake(void **state);

#endif
