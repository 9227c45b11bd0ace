/*
 * One signature of a commit's size, verified so many times by the library
 * alone: what no verifier of so many commits can do without.
 *
 *	part-verify COUNT
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/ed25519.h"

#define MESSAGE 95

static int verify_all(unsigned long count, struct err *err)
{
	unsigned char secret[ED25519_SECRET], seed[ED25519_SEED] = { 1 };
	unsigned char sig[ED25519_SIG] = { 0 }, message[MESSAGE] = { 2 };
	const unsigned char *point = secret + ED25519_SEED;

	/* It is loaded by the first one. */
	if (ed25519_verify(sig, message, MESSAGE, seed, err) < 0)
		return -1;
	ed25519_from_seed(secret, seed);
	ed25519_sign(sig, message, MESSAGE, secret);
	for (unsigned long i = 0; i < count; i++)
		if (ed25519_verify(sig, message, MESSAGE, point, err) != 1)
			return err_set(err, ERR_IO, "it is not good");
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	struct err err = ERR_INIT;

	if (!verify_all(count, &err))
		return 0;
	fprintf(stderr, "part-verify: %s\n", err.text);
	return 1;
}
