/*
 * Signatures: what is made is what ssh-keygen makes, and has one spelling.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ss/file.h"
#include "ss/key.h"
#include "store/ed25519.h"
#include "store/keygen.h"
#include "store/wire.h"
#include "tests/unit/keys.h"

static int verify(const struct sshsig *s)
{
	struct err err = ERR_INIT;

	return sshsig_verify(s, signed_text.ptr, signed_text.len, &err);
}

static void test_sign(void **state)
{
	struct key_places places = { .at = { [KEY_NAMED] = "k" } };
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	struct sshsig sig;
	struct key *k;

	(void)state;
	must(file_write("k", private_key, strlen(private_key), &err), &err);
	assert_int_equal(key_find(&k, &places, &err), 1);
	assert_int_equal(k->way, KEY_BY_US);
	must(key_sign(&sig, k, &signed_text, &arena, &err), &err);
	key_close(k);
	sshsig_add(&text, &sig, "");
	assert_string_equal(text.ptr, ed25519_sig);
	assert_int_equal(verify(&sig), 1);
	assert_int_equal(sshsig_verify(&sig, signed_text.ptr,
				       signed_text.len - 1, &err), 0);
	buf_release(&text);
}

static int parse(struct sshsig *sig, const char *text)
{
	return sshsig_parse(sig, text, strlen(text), &arena);
}

static bool is_good(const char *text, size_t n)
{
	struct arena a = ARENA_INIT;
	struct sshsig sig;
	bool good = !sshsig_parse(&sig, text, n, &a) &&
		    verify(&sig) != 0;

	arena_release(&a);
	return good;
}

static void test_every_bit(void **state)
{
	size_t n = strlen(ed25519_sig);
	char *text = arena_strndup(&arena, ed25519_sig, n);

	(void)state;
	assert_true(is_good(text, n));
	for (size_t bit = 0; bit < 8 * n; bit++) {
		text[bit / 8] ^= (char)(1u << bit % 8);
		if (is_good(text, n))
			fail_msg("bit %zu:\n%s", bit, text);
		text[bit / 8] ^= (char)(1u << bit % 8);
	}
	for (size_t i = 0; i < n; i++)
		assert_false(is_good(text, i));
}

/* What such a blob is as a text, in lines of so many columns. */
static char *armor(const unsigned char *p, size_t n, size_t columns)
{
	struct buf text = BUF_INIT, all = BUF_INIT;
	char *s;

	wire_add_base64(&text, p, n);
	buf_addstr(&all, SIG_BEGIN);
	for (size_t i = 0; i < text.len; i += columns)
		buf_addf(&all, "%.*s\n", (int)columns, text.ptr + i);
	buf_addstr(&all, SIG_END);
	s = arena_strdup(&arena, all.ptr);
	buf_release(&text);
	buf_release(&all);
	return s;
}

/* S + L is the same signature to who does not look. */
static void add_order(unsigned char *s)
{
	static const unsigned char order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c,
		0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10,
	};
	unsigned carry = 0;

	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

/* An edit of the blob: cut so many bytes out at an offset, put others in. */
static const struct edit {
	const char *what;
	size_t at, cut;
	const char *put;
	size_t n;
} edits[] = {
	{ "no magic", 0, 6, "sshsig", 6 },
	{ "version 0", 9, 1, "\0", 1 },
	{ "version 2", 9, 1, "\2", 1 },
	{ "namespace file", 61, 7, "\0\0\0\4file", 8 },
	{ "namespace GIT", 65, 3, "GIT", 3 },
	{ "namespace git NUL", 61, 7, "\0\0\0\4git\0", 8 },
	{ "no namespace", 61, 7, "\0\0\0\0", 4 },
	{ "something reserved", 68, 4, "\0\0\0\1x", 5 },
	{ "sha256", 72, 10, "\0\0\0\6sha256", 10 },
	{ "sha1", 72, 10, "\0\0\0\4sha1", 8 },
	{ "an RSA key", 14, 15, "\0\0\0\7ssh-rsa", 11 },
	{ "a signature of another kind", 86, 15,
	  "\0\0\0\14rsa-sha2-512", 16 },
	{ "a short signature", 101, 4, "\0\0\0\77", 4 },
	{ "a byte behind", 169, 0, "\0", 1 },
	{ "a byte less", 168, 1, "", 0 },
	{ "a huge length", 10, 4, "\377\377\377\377", 4 },
};

static void test_forms(void **state)
{
	unsigned char *p;
	size_t n;

	(void)state;
	p = binary_of(ed25519_sig, &n);
	assert_int_equal(n, 169 + 4);
	assert_string_equal(armor(p, n, 70), ed25519_sig);
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const struct edit *e = &edits[i];
		struct sshsig sig;
		struct buf b = BUF_INIT;

		buf_add(&b, p, e->at);
		buf_add(&b, e->put, e->n);
		buf_add(&b, p + e->at + e->cut, n - e->at - e->cut);
		if (!parse(&sig, armor((unsigned char *)b.ptr, b.len, 70)))
			fail_msg("%s was read", e->what);
		buf_release(&b);
	}
	add_order(p + n - 32);
	assert_false(is_good(armor(p, n, 70), strlen(ed25519_sig)));
	memset(p + n - 64, 0, 64);
	assert_false(is_good(armor(p, n, 70), strlen(ed25519_sig)));
}

/* Points whose multiples are few sign everything, to who does not look; so do
 * those that are written as more than the prime. */
static const char *const weak_points[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0100000000000000000000000000000000000000000000000000000000000080",
};

static void test_weak_points(void **state)
{
	unsigned char *p;
	size_t n;

	(void)state;
	p = binary_of(ed25519_sig, &n);
	memset(p + n - 64, 0, 64);
	for (size_t a = 0; a < ARRAY_LEN(weak_points); a++) {
		assert_int_equal(hex_decode(p + 33, weak_points[a], 32), 0);
		for (size_t r = 0; r < ARRAY_LEN(weak_points); r++) {
			assert_int_equal(hex_decode(p + n - 64, weak_points[r],
						    32), 0);
			assert_false(is_good(armor(p, n, 70),
					     strlen(ed25519_sig)));
		}
	}
}

static void test_spellings(void **state)
{
	static const char *const around[][2] = {
		{ "", "\n" }, { "", "x" }, { "\n", "" }, { " ", "" },
		{ "", SIG_BEGIN },
	};
	struct sshsig sig;
	unsigned char *p;
	char *crlf;
	size_t n;

	(void)state;
	p = binary_of(ed25519_sig, &n);
	assert_int_equal(parse(&sig, armor(p, n, 64)), -1);
	assert_int_equal(parse(&sig, armor(p, n, 76)), -1);
	for (size_t i = 0; i < ARRAY_LEN(around); i++)
		assert_int_equal(parse(&sig, arena_printf(&arena, "%s%s%s",
							  around[i][0],
							  ed25519_sig,
							  around[i][1])), -1);
	crlf = armor(p, n, 70);
	*strchr(crlf + 40, '\n') = '\r';
	assert_int_equal(parse(&sig, crlf), -1);
	assert_int_equal(parse(&sig, ""), -1);
}

/* The armor with other letters for the same bytes. */
static void test_letters(void **state)
{
	static const char *const others[][2] = {
		{ "+", "-" }, { "/", "_" }, { "gQ=\n", "gR=\n" },
		{ "gQ=\n", "gQ\n" }, { "gQ=\n", "gQ==\n" },
		{ "gQ=\n", "gQ= \n" }, { "gQ=\n", "gQ=\n\n" },
		{ "U1NI", "U1 NI" }, { "U1NI", "U1NI\t" }, { "U1NI", "U1NI\v" },
	};
	struct sshsig sig;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const char *at = strstr(ed25519_sig, others[i][0]);

		assert_non_null(at);
		assert_int_equal(parse(&sig, arena_printf(&arena, "%.*s%s%s",
			(int)(at - ed25519_sig), ed25519_sig, others[i][1],
			at + strlen(others[i][0]))), -1);
	}
}

/* ---- keys of all kinds -------------------------------------------------- */

static const char *armor_of(const struct buf *pub, const struct buf *of)
{
	struct buf b = BUF_INIT;
	const char *text;

	buf_add(&b, "SSHSIG\0\0\0\1", 10);
	wire_add_string(&b, pub->ptr, pub->len);
	wire_add_text(&b, "git");
	wire_add_text(&b, "");
	wire_add_text(&b, "sha512");
	wire_add_string(&b, of->ptr, of->len);
	text = armor((unsigned char *)b.ptr, b.len, 70);
	buf_release(&b);
	return text;
}

/* What a key says that it is, and its signature; by whose length they fit. */
static const struct kind {
	const char *key, *sig;
	size_t key_len, sig_len;
	bool good;
} kinds[] = {
	{ "ssh-ed25519", "ssh-ed25519", 32, 64, true },
	{ "ssh-ed25519", "ssh-ed25519", 31, 64, false },
	{ "ssh-ed25519", "ssh-ed25519", 32, 63, false },
	{ "ssh-ed25519", "ssh-ed25519", 32, 65, false },
	{ "ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 32, 64, false },
	{ "ssh-ed25519", "sk-ssh-ed25519@openssh.com", 32, 64, false },
	{ "ssh-ed25519", "rsa-sha2-512", 32, 64, false },
	{ "ssh-ed25519", "", 32, 64, false },
	{ "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 32, 64, false },
	{ "sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com", 32, 64,
	  false },
	{ "SSH-ED25519", "SSH-ED25519", 32, 64, false },
	{ "ssh-ed448", "ssh-ed448", 57, 114, false },
	{ "ssh-dss", "ssh-dss", 128, 40, false },
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", 65, 64, false },
	{ "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
	  "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", 65, 64, false },
	{ "", "", 32, 64, false },
};

static void test_kinds(void **state)
{
	static const char bytes[256] = { 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct buf pub = BUF_INIT, of = BUF_INIT;
		struct sshsig sig;

		wire_add_text(&pub, k->key);
		wire_add_string(&pub, bytes, k->key_len);
		wire_add_text(&of, k->sig);
		wire_add_string(&of, bytes, k->sig_len);
		if (!parse(&sig, armor_of(&pub, &of)) != k->good)
			fail_msg("%s, signed as %s", k->key, k->sig);
		buf_release(&pub);
		buf_release(&of);
	}
}

/* RSA: the hash is SHA-512 alone; one number, one spelling. */
static const struct rsa {
	const char *sig, *e;
	size_t e_len, modulus, sig_len;
	bool good;
} rsas[] = {
	{ "rsa-sha2-512", "\1\0\1", 3, 256, 256, true },
	{ "rsa-sha2-256", "\1\0\1", 3, 256, 256, false },
	{ "ssh-rsa", "\1\0\1", 3, 256, 256, false },
	{ "rsa-sha2-512", "\1\0\1", 3, 256, 255, false },
	{ "rsa-sha2-512", "\1\0\1", 3, 256, 257, false },
	{ "rsa-sha2-512", "\0\1\0\1", 4, 256, 256, false },
	{ "rsa-sha2-512", "\201", 1, 256, 256, false },
	{ "rsa-sha2-512", "", 0, 256, 256, false },
	{ "rsa-sha2-512", "\1\0\1", 3, 128, 128, false },
	{ "rsa-sha2-512", "\1\0\1", 3, 4096, 4096, false },
};

static void test_rsa(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rsas); i++) {
		const struct rsa *r = &rsas[i];
		char *bytes = arena_alloc(&arena, r->modulus + 8);
		struct buf pub = BUF_INIT, of = BUF_INIT;
		struct sshsig sig;

		memset(bytes, 0x7f, r->modulus + 8);
		wire_add_text(&pub, "ssh-rsa");
		wire_add_string(&pub, r->e, r->e_len);
		wire_add_string(&pub, bytes, r->modulus);
		wire_add_text(&of, r->sig);
		wire_add_string(&of, bytes, r->sig_len);
		if (!parse(&sig, armor_of(&pub, &of)) != r->good)
			fail_msg("row %zu: %s", i, r->sig);
		buf_release(&pub);
		buf_release(&of);
	}
}

/* What a security key would sign, and says beside it. */
static void sign_as_sk(struct sshsig *out, const struct pubkey *pub,
		       const struct key_file *k)
{
	static const char beside[] = "\1\0\0\0\7";	/* touched, counter */
	unsigned char sum[SHA256_LEN], sig[ED25519_SIG];
	struct buf b = BUF_INIT, text = BUF_INIT;

	sha256_of(sum, "ssh:", 4);
	buf_add(&b, sum, sizeof(sum));
	buf_add(&b, beside, 5);
	sshsig_add_message(&text, signed_text.ptr, signed_text.len);
	sha256_of(sum, text.ptr, text.len);
	buf_add(&b, sum, sizeof(sum));
	ed25519_sign(sig, b.ptr, b.len, k->secret);
	buf_truncate(&b, 0);
	wire_add_text(&b, pubkey_word(pub));
	wire_add_string(&b, sig, sizeof(sig));
	buf_add(&b, beside, 5);
	out->key = *pub;
	out->sig = arena_memdup(&arena, b.ptr, b.len);
	out->n = b.len;
	buf_release(&b);
	buf_release(&text);
}

static void test_security_key(void **state)
{
	struct key_file k = keys_parsed();
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct sshsig sig, got;
	struct pubkey pub;
	unsigned char *p;

	(void)state;
	wire_add_text(&b, "sk-ssh-ed25519@openssh.com");
	wire_add_string(&b, pubkey_point(&k.pub), PUBKEY_POINT);
	wire_add_text(&b, "ssh:");
	must(pubkey_read(&pub, b.ptr, b.len, &err), &err);
	sign_as_sk(&sig, &pub, &k);
	assert_int_equal(verify(&sig), 1);
	if (!system("command -v ssh-keygen >keygen"))
		assert_int_equal(keygen_verify(&sig, signed_text.ptr,
					       signed_text.len, &err), 1);
	buf_truncate(&b, 0);
	sshsig_add(&b, &sig, "");
	must(parse(&got, b.ptr), &err);
	/* Its flags and its counter are signed too. */
	for (size_t i = 1; i <= 5; i++) {
		p = arena_memdup(&arena, sig.sig, sig.n);
		p[sig.n - i] ^= 1;
		got.sig = p;
		assert_int_equal(verify(&got), 0);
	}
	buf_release(&b);
	key_file_release(&k);
}

/* A kind that ssh-keygen verifies.  It makes any of two signatures that are
 * right, and one of them is taken. */
static void test_ecdsa(void **state)
{
	static const char *const made[] = { low_sig, high_sig };
	struct err err = ERR_INIT;
	struct sshsig sig, again;
	bool there = !system("command -v ssh-keygen >keygen");

	(void)state;
	must(parse(&sig, low_sig), &err);
	assert_int_equal(parse(&sig, high_sig), -1);
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct buf text = BUF_INIT;

		must(sshsig_parse_foreign(&sig, made[i], strlen(made[i]),
					  &arena), &err);
		assert_int_equal(sig.key.type, PUBKEY_P256);
		sshsig_add(&text, &sig, "");
		must(parse(&again, text.ptr), &err);
		assert_int_equal(!strcmp(text.ptr, made[i]), !i);
		buf_release(&text);
		if (!there)
			continue;
		assert_int_equal(verify(&sig), 1);
		assert_int_equal(sshsig_verify(&sig, "x", 1, &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_weak_points),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_security_key),
		cmocka_unit_test(test_ecdsa),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_unmake);
}
