/*
 * The key that signs: where it is looked for, and how it signs.
 *
 *	struct key *k = NULL;
 *	if (key_find(&k, &places, err) < 0)
 *		return -1;
 *	if (k && key_sign(&sig, k, &bytes, a, err)) ...
 *	key_close(k);
 *
 * An Ed25519 key without a passphrase is read and used here, in memory that is
 * locked and wiped.  Every other one stays where it is: ssh-agent signs with
 * it, or else ssh-keygen, which asks for what unlocks it.
 */
#ifndef SS_KEY_H
#define SS_KEY_H

#include "ss/sshsig.h"

/* In the order in which they are looked at. */
enum key_place {
	KEY_NAMED,		/* $SCHEMASTORE_KEY */
	KEY_GIT,		/* user.signingkey of git's configuration */
	KEY_OWN,		/* the file that `key new` makes */
	KEY_AGENT,		/* the agent's first Ed25519 key */
	KEY_PLACES
};

struct key_places {
	/* A file, whose other half may be the agent's, or "key::" and a public
	 * key; NULL: nothing is said there.  Of KEY_AGENT the socket, which
	 * serves the others too. */
	const char *at[KEY_PLACES];
	const char *home;	/* what ~/ is; may be NULL */
	bool ask;		/* for passphrases, at the terminal */
};

#define KEY_SIG 64		/* bytes of an Ed25519 signature */

enum key_way {
	KEY_BY_US,
	KEY_BY_AGENT,
	KEY_BY_KEYGEN,
	KEY_WAYS
};

struct key {
	struct pubkey pub;	/* blob NULL: ssh-keygen alone knows it */
	const char *comment;	/* NULL: not known */
	enum key_place place;
	enum key_way way;
	const char *path;	/* NULL: the agent's */
	bool is_open;		/* others can read the file of the secret */
	/* The rest is key.c's. */
	unsigned char *secret;
	const char *socket;
	bool ask;
	struct arena arena;
};

/* 1, 0 there is none, -1 the one that is named cannot be used; an `own` file
 * that is missing is none, one of the others is an error. */
int key_find(struct key **out, const struct key_places *places,
	     struct err *err) MUST_CHECK;
/* The same in one place; of the agent's the i-th key, of whatever kind. */
int key_find_in(struct key **out, const struct key_places *places,
		enum key_place place, size_t i, struct err *err) MUST_CHECK;
/* Does key_find() take it?  Who has not named a key must not be asked for
 * anything: of an agent's a plain Ed25519 one. */
bool key_is_quiet(const struct key *k);
void key_close(struct key *k);	/* NULL is nothing */
int key_sign(struct sshsig *out, struct key *k, const struct bytes *p,
	     struct arena *a, struct err *err) MUST_CHECK;
/* Ed25519 alone, of the bytes as they are; whoever else signs with the key must
 * not take them for something of its own.  ERR_REFUSED where it is of another
 * kind, or where ssh-keygen alone can use it. */
int key_sign_bytes(unsigned char sig[KEY_SIG], struct key *k,
		   const struct bytes *p, struct err *err) MUST_CHECK;
/* Make one, in a file that is not there yet: path, and path.pub. */
int key_make(struct key **out, const char *path, const char *comment,
	     struct err *err) MUST_CHECK;

#endif
