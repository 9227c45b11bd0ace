/*
 * Files of keys: a secret that is read is written, and is the same again; so
 * is a public key.
 *
 *	input = file
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "store/ed25519.h"
#include "store/key-file.h"

static void check_secret(const struct key_file *k)
{
	struct err err = ERR_INIT;
	struct key_file again;
	char *text;
	size_t n;

	text = key_file_print(&n, k, &err);
	if (!text || key_file_parse(&again, text, n, &err))
		fuzz_fail("what was written is not read: %s", err.text);
	if (!again.secret || memcmp(again.secret, k->secret, ED25519_SECRET) ||
	    !pubkey_equal(&again.pub, &k->pub) ||
	    strcmp(again.comment, k->comment))
		fuzz_fail("what was written is another key");
	secret_free(text);
	key_file_release(&again);
}

static void check_public(const struct pubkey *k)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct pubkey again;

	pubkey_add_line(&b, k);
	if (pubkey_parse(&again, NULL, b.ptr, &a, &err))
		fuzz_fail("the public key is not read: %s", err.text);
	if (!pubkey_equal(&again, k))
		fuzz_fail("the public key is another");
	buf_release(&b);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct key_file k;

	if (key_file_parse(&k, (const char *)data, size, &err))
		return 0;
	if (k.secret)
		check_secret(&k);
	if (k.pub.blob)
		check_public(&k.pub);
	key_file_release(&k);
	return 0;
}
