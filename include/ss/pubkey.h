/*
 * The public half of a signing key, in OpenSSH's forms.
 *
 *	ssh-ed25519 AAAAC3Nz... ann@example.org
 *	SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
 *
 * A key is its encoded bytes, and has one spelling: only that is read.
 */
#ifndef SS_PUBKEY_H
#define SS_PUBKEY_H

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/err.h"

enum pubkey_type {
	PUBKEY_ED25519,
	PUBKEY_SK_ED25519,	/* in a security key */
	PUBKEY_RSA,
	PUBKEY_P256,
	PUBKEY_P384,
	PUBKEY_P521,
	PUBKEY_SK_P256,
	PUBKEY_N
};

#define PUBKEY_POINT 32		/* bytes of Ed25519's */
#define PUBKEY_FINGERPRINT 51	/* "SHA256:", 43 characters, NUL */

struct pubkey {
	enum pubkey_type type;
	const unsigned char *blob;	/* whoever filled it says whose */
	size_t n;
};

const char *pubkey_word(const struct pubkey *k);	/* "ssh-ed25519" */
bool pubkey_equal(const struct pubkey *a, const struct pubkey *b);
/* Read an encoded key, which out then points at.  ERR_USAGE, with the name of
 * a kind that is not known. */
int pubkey_read(struct pubkey *out, const void *blob, size_t n,
		struct err *err) MUST_CHECK;
/* One of Ed25519's, from its point. */
void pubkey_of_point(struct pubkey *out, const unsigned char *point,
		     struct arena *a);
/* PUBKEY_POINT bytes; NULL: it is of another kind. */
const unsigned char *pubkey_point(const struct pubkey *k);
/* What a security key signs for, "ssh:"; it is not ended by a NUL. */
struct bytes pubkey_application(const struct pubkey *k);
/* Has what such a key has signed this form? */
bool pubkey_has_sig(const struct pubkey *k, const void *sig, size_t n);
/* What a program has signed, in the one form of two that ECDSA's have which is
 * taken here; all else as it is. */
void pubkey_add_low_sig(struct buf *b, const struct pubkey *k,
			const void *sig, size_t n);

/* "type base64", without a comment and a newline. */
void pubkey_add_line(struct buf *b, const struct pubkey *k);
/* The first line of a text.  All is the arena's; the comment may be empty, and
 * `comment` NULL. */
int pubkey_parse(struct pubkey *out, const char **comment, const char *text,
		 struct arena *a, struct err *err) MUST_CHECK;
void pubkey_fingerprint(char out[PUBKEY_FINGERPRINT], const struct pubkey *k);

#endif
