/*
 * Signatures as OpenSSH makes them (PROTOCOL.sshsig) and git keeps them:
 * namespace `git`, SHA-512.
 *
 *	-----BEGIN SSH SIGNATURE-----
 *	U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg...	70 columns
 *	-----END SSH SIGNATURE-----
 *
 * One signature has one spelling, and only that is read.
 */
#ifndef SS_SSHSIG_H
#define SS_SSHSIG_H

#include "ss/pubkey.h"

struct sshsig {
	struct pubkey key;		/* it is made by */
	const unsigned char *sig;	/* string type, the rest */
	size_t n;
};

/* In lines, each ending in a newline; the second and all further ones begin
 * with `indent`. */
void sshsig_add(struct buf *b, const struct sshsig *s, const char *indent);
/* Exactly what sshsig_add(..., "") writes, or -1; it is the arena's. */
int sshsig_parse(struct sshsig *out, const char *text, size_t n,
		 struct arena *a) MUST_CHECK;
/* The same, of a program's that has not heard which one of two forms is taken
 * here. */
int sshsig_parse_foreign(struct sshsig *out, const char *text, size_t n,
			 struct arena *a) MUST_CHECK;
/* What of these bytes is signed: the namespace and a digest of them. */
void sshsig_add_message(struct buf *b, const void *p, size_t n);
/* 1 it is a signature of these bytes by the key that it names, 0 it is not,
 * -1 that cannot be told.  Ed25519 here; of other kinds ssh-keygen is asked. */
int sshsig_verify(const struct sshsig *s, const void *p, size_t n,
		  struct err *err) MUST_CHECK;

#endif
