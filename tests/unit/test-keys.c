/*
 * Files of keys: what OpenSSH writes is read, what is written is what OpenSSH
 * would have written, and nothing else is taken for either.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/file.h"
#include "ss/key.h"
#include "store/ed25519.h"
#include "store/wire.h"
#include "tests/unit/keys.h"

#define FINGERPRINT "SHA256:pe0OPZoKCSD4ByEmijt9gwv1aO0nFaMyl7cc8q/JAjw"
#define PUBLIC \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM2pcN6duXx1ZwCW4pY+HG+a4A5m54aV" \
	"+tf0hYUcl8Bk"

static void test_key_file(void **state)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	struct key_file k = keys_parsed();
	struct buf line = BUF_INIT;

	(void)state;
	assert_non_null(k.secret);
	assert_string_equal(k.comment, "ann@example.org");
	pubkey_fingerprint(fingerprint, &k.pub);
	assert_string_equal(fingerprint, FINGERPRINT);
	pubkey_add_line(&line, &k.pub);
	assert_string_equal(line.ptr, PUBLIC);
	buf_release(&line);
	key_file_release(&k);
}

static void test_made(void **state)
{
	struct key_file k, got;
	struct err err = ERR_INIT;
	size_t n;
	char *text;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		char comment[30] = "";

		memset(comment, 'c', i);
		must(key_file_make(&k, comment, &err), &err);
		text = key_file_print(&n, &k, &err);
		must(!text || key_file_parse(&got, text, n, &err), &err);
		assert_true(pubkey_equal(&k.pub, &got.pub));
		assert_memory_equal(k.secret, got.secret, ED25519_SECRET);
		assert_string_equal(got.comment, comment);
		secret_free(text);
		key_file_release(&k);
		key_file_release(&got);
	}
	assert_int_equal(key_file_make(&k, "a\nb", &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
}

static void test_written(void **state)
{
	struct err err = ERR_INIT;
	struct key_file got;
	struct stat st;
	struct key *k;

	(void)state;
	must(key_make(&k, "made", "somebody", &err), &err);
	assert_int_equal(stat("made", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(key_file_read(&got, "made.pub", &err), 1);
	assert_true(got.is_public);
	assert_true(pubkey_equal(&got.pub, &k->pub));
	key_file_release(&got);
	key_close(k);
	assert_int_equal(key_make(&k, "made", "again", &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_int_equal(unlink("made"), 0);
	assert_int_equal(key_make(&k, "made", "again", &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_false(file_exists("made"));
}

static int parse_binary(struct key_file *k, const unsigned char *p, size_t n)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int ret;

	buf_addstr(&text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	wire_add_base64(&text, p, n);
	buf_addstr(&text, "\n-----END OPENSSH PRIVATE KEY-----\n");
	ret = key_file_parse(k, text.ptr, text.len, &err);
	if (ret)
		assert_true(*err.text);
	buf_release(&text);
	return ret;
}

/* What is damaged is no key, or that key with another comment, or one whose
 * secret is not here. */
static void try_damaged(const unsigned char *p, size_t n,
			const struct key_file *k)
{
	struct key_file got;

	if (parse_binary(&got, p, n))
		return;
	if (got.secret) {
		assert_true(pubkey_equal(&k->pub, &got.pub));
		assert_memory_equal(got.secret, k->secret, ED25519_SECRET);
	}
	key_file_release(&got);
}

static void test_damaged(void **state)
{
	struct key_file k = keys_parsed(), got;
	unsigned char *p;
	size_t n;

	(void)state;
	p = binary_of(private_key, &n);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		p[bit / 8] ^= 1u << bit % 8;
		try_damaged(p, n, &k);
		p[bit / 8] ^= 1u << bit % 8;
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(parse_binary(&got, p, i), -1);
	p = arena_memdup(&arena, p, n + 1);
	assert_int_equal(parse_binary(&got, p, n + 1), -1);
	key_file_release(&k);
}

/* Texts that are no keys, and what is said of them. */
static void test_no_keys(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "no public key" },
		{ "\n", "no public key" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n", "no end" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n*\n"
		  "-----END OPENSSH PRIVATE KEY-----\n", "base64" },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----\n"
		  "-----END OPENSSH PRIVATE KEY-----\n", "first bytes" },
		{ "ssh-ed25519", "no public key" },
		{ "ssh-ed25519 ", "no public key" },
		{ "ssh-ed25519 AAAA", "no public key" },
		{ "ssh-dss AAAAB3NzaC1kc3M=", "'ssh-dss' do not sign" },
		{ "ssh-rsa" PUBLIC + 11, "no public key" },
		{ "ssh-ed25519 " PUBLIC + 11, "no public key" },
		{ PUBLIC "=", "no public key" },
		{ PUBLIC "AAAA", "no 'ssh-ed25519' key" },
	};
	struct err err = ERR_INIT;
	struct key_file k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(key_file_parse(&k, bad[i].text,
						strlen(bad[i].text), &err),
				 -1);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s' of\n%s", err.text, bad[i].text);
	}
	must(key_file_parse(&k, PUBLIC " c d\n", strlen(PUBLIC " c d\n"),
			    &err), &err);
	assert_string_equal(k.comment, "c d");
	key_file_release(&k);
	must(key_file_parse(&k, "-----BEGIN RSA PRIVATE KEY-----\n", 32, &err),
	     &err);
	assert_null(k.pub.blob);
	key_file_release(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_keys),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_unmake);
}
