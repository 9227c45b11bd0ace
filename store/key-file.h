/*
 * Files of keys, as ssh-keygen writes them.
 */
#ifndef STORE_KEY_FILE_H
#define STORE_KEY_FILE_H

#include "ss/pubkey.h"

#define KEY_FILE_MOST (16 * 1024)

struct key_file {
	struct pubkey pub;		/* blob NULL: it is not known */
	/* NULL: it is locked by a passphrase, or elsewhere (in a security key),
	 * or of another kind than Ed25519, or none is here. */
	unsigned char *secret;		/* as ed25519_sign() takes it */
	const char *comment;		/* NULL: not known */
	bool is_public;			/* it is the other half's file */
	unsigned mode;			/* who may read it, where it was read */
	struct arena arena;
};

/* A text: an openssh-key-v1, which is best in secret_new() memory, any other
 * private key in PEM, of which no more is known, or the line of a public key.
 * ERR_USAGE where it is none of them. */
int key_file_parse(struct key_file *out, const char *text, size_t n,
		   struct err *err) MUST_CHECK;
/* A file of it: 1, 0 there is none, -1. */
int key_file_read(struct key_file *out, const char *path, struct err *err)
	MUST_CHECK;
void key_file_release(struct key_file *k);

/* The text of an Ed25519 key without a passphrase, and its length, in memory
 * for secret_free(); NULL where there is none. */
char *key_file_print(size_t *n, const struct key_file *k, struct err *err)
	MUST_CHECK;
/* A new key. */
int key_file_make(struct key_file *out, const char *comment, struct err *err)
	MUST_CHECK;
/* Write path (mode 0600) and path.pub; ERR_REFUSED where either is there. */
int key_file_write(const struct key_file *k, const char *path,
		   struct err *err) MUST_CHECK;

#endif
