/*
 * Ed25519, a keyed sum, and memory for secrets: libsodium, which is loaded when
 * one of these is first called.  Whoever signs and verifies nothing never pays
 * for it.
 */
#ifndef STORE_ED25519_H
#define STORE_ED25519_H

#include "ss/err.h"

#define ED25519_POINT 32
#define ED25519_SEED 32
#define ED25519_SECRET 64	/* the seed, then the point */
#define ED25519_SIG 64

/* Zeroed, locked, in no core dump, with guard pages around it; NULL where the
 * system has none, or libsodium is missing. */
void *secret_new(size_t n, struct err *err) MUST_CHECK;
void secret_free(void *p);	/* wiped; NULL is nothing */
/* Base64 with blanks and line ends in it, in the same time for all texts. */
int secret_base64(void *out, size_t *n, const char *text, size_t len)
	MUST_CHECK;
/* The way back; out has room for 4 * (n + 2) / 3 + 1 bytes. */
void secret_to_base64(char *out, size_t room, const void *p, size_t n);

/* Fill ED25519_SECRET bytes from a seed that is elsewhere; both are
 * secret_new()'s. */
void ed25519_from_seed(unsigned char *secret, const unsigned char *seed);
void ed25519_sign(unsigned char sig[ED25519_SIG], const void *p, size_t n,
		  const unsigned char *secret);
/* 1 good, 0 bad; -1: libsodium is missing.  What has several spellings (S not
 * below L, points that are not canonical or of small order) is bad. */
int ed25519_verify(const unsigned char sig[ED25519_SIG], const void *p,
		   size_t n, const unsigned char point[ED25519_POINT],
		   struct err *err) MUST_CHECK;

#define MAC_KEY 32
#define MAC_LEN 32
/* BLAKE2b under a key. */
int mac_make(unsigned char out[MAC_LEN], const void *p, size_t n,
	     const unsigned char key[MAC_KEY], struct err *err) MUST_CHECK;
/* In the same time for all; behind mac_make(). */
bool mac_equal(const unsigned char *a, const unsigned char *b);

#endif
