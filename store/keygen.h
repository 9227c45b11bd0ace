/*
 * ssh-keygen, for the keys that only OpenSSH can use: RSA's and ECDSA's, in
 * security keys, or behind a passphrase that it asks for.
 */
#ifndef STORE_KEYGEN_H
#define STORE_KEYGEN_H

#include "ss/sshsig.h"

/* Sign with the private key in a file, or with the agent's where it is a public
 * one.  ask: it may put questions to whoever sits at the terminal. */
int keygen_sign(struct sshsig *out, const char *path, const struct bytes *p,
		bool ask, struct arena *a, struct err *err) MUST_CHECK;
/* As sshsig_verify(). */
int keygen_verify(const struct sshsig *s, const void *p, size_t n,
		  struct err *err) MUST_CHECK;

#endif
