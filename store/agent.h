/*
 * ssh-agent's protocol (RFC 9987), as much of it as signing needs.
 */
#ifndef STORE_AGENT_H
#define STORE_AGENT_H

#include "ss/sshsig.h"

struct agent_key {
	struct pubkey pub;
	const char *comment;
};

/* The keys of the agent at a socket that can sign here, in its order.  Nobody
 * there is no error, but no keys. */
int agent_list(struct agent_key **out, size_t *n, const char *socket,
	       struct arena *a, struct err *err) MUST_CHECK;
/* What comes back is verified. */
int agent_sign(struct sshsig *out, const char *socket,
	       const struct pubkey *key, const struct bytes *p,
	       struct arena *a, struct err *err) MUST_CHECK;
/* Of the bytes as they are, by a key of Ed25519's: 64 bytes. */
int agent_sign_bytes(unsigned char *sig, const char *socket,
		     const struct pubkey *key, const struct bytes *p,
		     struct err *err) MUST_CHECK;

#endif
