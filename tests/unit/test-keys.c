/*
 * Keys and signatures: what OpenSSH writes is read, what is written is what
 * OpenSSH would have written, and nothing else is taken for either.
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
#include "store/key-file.h"
#include "store/keygen.h"
#include "store/wire.h"

#define MESSAGE "to be signed\n"
#define FINGERPRINT "SHA256:pe0OPZoKCSD4ByEmijt9gwv1aO0nFaMyl7cc8q/JAjw"
#define PUBLIC \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM2pcN6duXx1ZwCW4pY+HG+a4A5m54aV" \
	"+tf0hYUcl8Bk"
#define SIG_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define SIG_END "-----END SSH SIGNATURE-----\n"

/* ssh-keygen -t ed25519 -C ann@example.org */
static const char private_key[] =
	"-----BEGIN OPENSSH PRIVATE KEY-----\n"
	"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt"
	"ZW\n"
	"QyNTUxOQAAACDNqXDenbl8dWcAluKWPhxvmuAOZueGlfrX9IWFHJfAZAAAAJjLdmZhy3"
	"Zm\n"
	"YQAAAAtzc2gtZWQyNTUxOQAAACDNqXDenbl8dWcAluKWPhxvmuAOZueGlfrX9IWFHJfA"
	"ZA\n"
	"AAAECkbUCGSnt/ZGxjUM03K4LKubyViD8Cu0lhEVmAUku7G82pcN6duXx1ZwCW4pY+HG"
	"+a\n"
	"4A5m54aV+tf0hYUcl8BkAAAAD2FubkBleGFtcGxlLm9yZwECAwQFBg==\n"
	"-----END OPENSSH PRIVATE KEY-----\n";

/* ssh-keygen -Y sign -n git, with it and twice with an ECDSA key */
static const char ed25519_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgzalw3p25fHVnAJbilj4cb5rg"
	"Dm\n"
	"bnhpX61/SFhRyXwGQAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NT"
	"E5\n"
	"AAAAQN4wzUW05nJlSKZFk2yIkUjLEXCojwLZiQa87mC5s7l1CoK1ZxczAlTsGFXDcdHh"
	"a4\n"
	"SUwgxpKb+cueV8t7eQxgQ=\n"
	SIG_END;
static const char low_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0"
	"cDI1NgAAAE\n"
	"EEAOr+wZOZ1Lj7ZSnHy57ktINMKE3DHAMajNB7eAc6zaM2TNo8pKuCxBVyG7"
	"beo0icSHRm\n"
	"kuaLOrdVWl8dvXQeEAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGMAAAATZWNk"
	"c2Etc2hhMi\n"
	"1uaXN0cDI1NgAAAEgAAAAgO8MBJjSugG4Vft7H5fYe2Kvi3AN9R0ozml10wK"
	"XnwXIAAAAg\n"
	"XzAlKPaySkG953ofMcp3xlVrBTSPmKgekH3UFDq01JU=\n"
	SIG_END;
static const char high_sig[] =
	SIG_BEGIN
	"U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0"
	"cDI1NgAAAE\n"
	"EEAOr+wZOZ1Lj7ZSnHy57ktINMKE3DHAMajNB7eAc6zaM2TNo8pKuCxBVyG7"
	"beo0icSHRm\n"
	"kuaLOrdVWl8dvXQeEAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNk"
	"c2Etc2hhMi\n"
	"1uaXN0cDI1NgAAAEkAAAAgATee24aP56P4p6S40Bb+rpZb8XbNskBEC4F8A6"
	"IxI0IAAAAh\n"
	"ALxEdJNwZ4fICv0vjJy0as/xtLturf6cNx5YNT39XdN1\n"
	SIG_END;

static struct arena arena;
static char dir[] = "/tmp/ss-keys.XXXXXX";

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

static const struct bytes message = { MESSAGE, sizeof(MESSAGE) - 1 };

static struct key_file parsed(void)
{
	struct err err = ERR_INIT;
	struct key_file k;

	must(key_file_parse(&k, private_key, strlen(private_key), &err), &err);
	return k;
}

/* ---- key files ---------------------------------------------------------- */

static void test_key_file(void **state)
{
	char fingerprint[PUBKEY_FINGERPRINT];
	struct key_file k = parsed();
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

/* The binary inside; *n bytes. */
static unsigned char *binary_of(const char *text, size_t *n)
{
	const char *begin = strchr(text, '\n') + 1;
	const char *end = strstr(begin, "-----END");
	struct buf b = BUF_INIT;
	unsigned char *p;

	must(wire_from_base64(&b, begin, (size_t)(end - begin)),
	     &(struct err){ .text = "no base64" });
	p = arena_memdup(&arena, b.ptr, b.len);
	*n = b.len;
	buf_release(&b);
	return p;
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
	struct key_file k = parsed(), got;
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

/* ---- signatures --------------------------------------------------------- */

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
	must(key_sign(&sig, k, &message, &arena, &err), &err);
	key_close(k);
	sshsig_add(&text, &sig, "");
	assert_string_equal(text.ptr, ed25519_sig);
	assert_int_equal(sshsig_verify(&sig, message.ptr, message.len, &err),
			 1);
	assert_int_equal(sshsig_verify(&sig, message.ptr, message.len - 1,
				       &err), 0);
	buf_release(&text);
}

static int parse(struct sshsig *sig, const char *text)
{
	return sshsig_parse(sig, text, strlen(text), &arena);
}

static bool is_good(const char *text, size_t n)
{
	struct err err = ERR_INIT;
	struct arena a = ARENA_INIT;
	struct sshsig sig;
	bool good = !sshsig_parse(&sig, text, n, &a) &&
		    sshsig_verify(&sig, message.ptr, message.len, &err) != 0;

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
	sshsig_add_message(&text, message.ptr, message.len);
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
	struct key_file k = parsed();
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
	assert_int_equal(sshsig_verify(&sig, message.ptr, message.len, &err),
			 1);
	if (!system("command -v ssh-keygen >keygen"))
		assert_int_equal(keygen_verify(&sig, message.ptr, message.len,
					       &err), 1);
	buf_truncate(&b, 0);
	sshsig_add(&b, &sig, "");
	must(parse(&got, b.ptr), &err);
	/* Its flags and its counter are signed too. */
	for (size_t i = 1; i <= 5; i++) {
		p = arena_memdup(&arena, sig.sig, sig.n);
		p[sig.n - i] ^= 1;
		got.sig = p;
		assert_int_equal(sshsig_verify(&got, message.ptr, message.len,
					       &err), 0);
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
		assert_int_equal(sshsig_verify(&sig, message.ptr, message.len,
					       &err), 1);
		assert_int_equal(sshsig_verify(&sig, "x", 1, &err), 0);
	}
}

/* ---- all ---------------------------------------------------------------- */

static int make(void **state)
{
	(void)state;
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int unmake(void **state)
{
	char command[100];

	(void)state;
	arena_release(&arena);
	snprintf(command, sizeof(command), "cd / && rm -rf %s", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_keys),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_security_key),
		cmocka_unit_test(test_ecdsa),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
