/*
 * Signatures.
 *
 *	message = "SSHSIG" string "git" string "" string "sha512"
 *	          string SHA512(bytes)
 *	blob    = "SSHSIG" u32 1 string key string "git" string ""
 *	          string "sha512" string sig
 *
 * A security key signs SHA256(application) flags counter SHA256(message).
 */
#include "config.h"

#include "ss/sshsig.h"

#include <nettle/sha2.h>

#include "ss/hash.h"

#include "store/ed25519.h"
#include "store/keygen.h"
#include "store/wire.h"

#define MAGIC "SSHSIG"
#define NAMESPACE "git"
#define HASH "sha512"
#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----\n"
#define COLUMNS 70
#define TEXT_MOST (12 * 1024)

void sshsig_add_message(struct buf *b, const void *p, size_t n)
{
	unsigned char sum[SHA512_DIGEST_SIZE];
	struct sha512_ctx h;

	sha512_init(&h);
	sha512_update(&h, n, p);
	sha512_digest(&h, sizeof(sum), sum);
	buf_addstr(b, MAGIC);
	wire_add_text(b, NAMESPACE);
	wire_add_text(b, "");
	wire_add_text(b, HASH);
	wire_add_string(b, sum, sizeof(sum));
}

static void add_armor(struct buf *b, const struct buf *blob,
		      const char *indent)
{
	struct buf text = BUF_INIT;

	wire_add_base64(&text, blob->ptr, blob->len);
	buf_addstr(b, BEGIN);
	for (size_t i = 0; i < text.len; i += COLUMNS) {
		size_t left = text.len - i;

		buf_addstr(b, indent);
		buf_add(b, text.ptr + i, left < COLUMNS ? left : COLUMNS);
		buf_addch(b, '\n');
	}
	buf_addstr(b, indent);
	buf_addstr(b, END);
	buf_release(&text);
}

void sshsig_add(struct buf *b, const struct sshsig *s, const char *indent)
{
	struct buf blob = BUF_INIT;

	buf_addstr(&blob, MAGIC);
	wire_add_u32(&blob, 1);
	wire_add_string(&blob, s->key.blob, s->key.n);
	wire_add_text(&blob, NAMESPACE);
	wire_add_text(&blob, "");
	wire_add_text(&blob, HASH);
	wire_add_string(&blob, s->sig, s->n);
	add_armor(b, &blob, indent);
	buf_release(&blob);
}

static int read_blob(struct sshsig *out, const struct buf *blob,
		     struct arena *a)
{
	struct wire w = wire_of(arena_memdup(a, blob->ptr, blob->len),
				blob->len);
	const void *magic = wire_take(&w, strlen(MAGIC));
	struct err none = ERR_INIT;
	struct wire key, sig;

	if (!magic || memcmp(magic, MAGIC, strlen(MAGIC)) ||
	    wire_u32(&w) != 1)
		return -1;
	key = wire_string(&w);
	if (key.bad || pubkey_read(&out->key, key.p, key.n, &none) ||
	    !wire_expect(&w, NAMESPACE) || !wire_expect(&w, "") ||
	    !wire_expect(&w, HASH))
		return -1;
	sig = wire_string(&w);
	out->sig = sig.p;
	out->n = sig.n;
	return wire_done(&w) ? 0 : -1;
}

/* Base64 has slack: what is not written the same way is not read. */
static int read_armor(struct sshsig *out, const char *text, size_t n,
		      struct arena *a)
{
	size_t around = strlen(BEGIN) + strlen(END);
	struct buf blob = BUF_INIT, again = BUF_INIT;
	int ret = -1;

	if (n < around || n > TEXT_MOST ||
	    wire_from_base64(&blob, text + strlen(BEGIN), n - around))
		goto out;
	add_armor(&again, &blob, "");
	if (again.len == n && !memcmp(again.ptr, text, n))
		ret = read_blob(out, &blob, a);
out:
	buf_release(&blob);
	buf_release(&again);
	return ret;
}

int sshsig_parse(struct sshsig *out, const char *text, size_t n,
		 struct arena *a)
{
	if (read_armor(out, text, n, a))
		return -1;
	return pubkey_has_sig(&out->key, out->sig, out->n) ? 0 : -1;
}

int sshsig_parse_foreign(struct sshsig *out, const char *text, size_t n,
			 struct arena *a)
{
	struct buf low = BUF_INIT;

	if (read_armor(out, text, n, a))
		return -1;
	pubkey_add_low_sig(&low, &out->key, out->sig, out->n);
	out->sig = arena_memdup(a, low.ptr, low.len);
	out->n = low.len;
	buf_release(&low);
	return pubkey_has_sig(&out->key, out->sig, out->n) ? 0 : -1;
}

/* What a security key signs in the message's place: with the flags and the
 * counter that stand behind the 64 bytes. */
static void wrap_for_sk(struct buf *b, const struct sshsig *s,
			const unsigned char *flags)
{
	struct bytes name = pubkey_application(&s->key);
	unsigned char application[SHA256_LEN], message[SHA256_LEN];

	sha256_of(application, name.ptr, name.len);
	sha256_of(message, b->ptr, b->len);
	buf_truncate(b, 0);
	buf_add(b, (char *)application, sizeof(application));
	buf_add(b, (const char *)flags, 5);
	buf_add(b, (char *)message, sizeof(message));
}

int sshsig_verify(const struct sshsig *s, const void *p, size_t n,
		  struct err *err)
{
	const unsigned char *point = pubkey_point(&s->key);
	struct wire w = wire_of(s->sig, s->n), sig;
	struct buf b = BUF_INIT;
	int ret;

	if (!point)
		return keygen_verify(s, p, n, err);
	(void)wire_string(&w);
	sig = wire_string(&w);
	sshsig_add_message(&b, p, n);
	if (s->key.type == PUBKEY_SK_ED25519)
		wrap_for_sk(&b, s, w.p);
	ret = ed25519_verify(sig.p, b.ptr, b.len, point, err);
	buf_release(&b);
	return ret;
}
