/*
 * Public keys, and what signatures by them look like.
 *
 *	blob = string type, the kind's fields
 *	sig  = string type of signatures, their fields
 */
#include "config.h"

#include "ss/pubkey.h"

#include "ss/hash.h"

#include "store/ecdsa.h"
#include "store/wire.h"

#define BLOB_MOST 4096
#define APPLICATION_MOST 64
#define RSA_LEAST 256		/* bytes of its modulus */
#define RSA_MOST 2048

/*
 * The fields, a letter each:
 *
 *	p  string of 32 bytes		m  positive number
 *	s  string of 64 bytes		r  string as long as the key's modulus
 *	a  application			x  string of two numbers, the second
 *					   the smaller of the two it may be
 *	b  byte				u  u32
 *	2 3 5  name of a curve, and a point on it
 */
static const struct kind {
	const char *word;
	const char *sig_word;
	const char *fields;
	const char *sig_fields;
} kinds[] = {
	[PUBKEY_ED25519] = { "ssh-ed25519", "ssh-ed25519", "p", "s" },
	[PUBKEY_SK_ED25519] = { "sk-ssh-ed25519@openssh.com",
				"sk-ssh-ed25519@openssh.com", "pa", "sbu" },
	[PUBKEY_RSA] = { "ssh-rsa", "rsa-sha2-512", "mm", "r" },
	[PUBKEY_P256] = { "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "2",
			  "x" },
	[PUBKEY_P384] = { "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "3",
			  "x" },
	[PUBKEY_P521] = { "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "5",
			  "x" },
	[PUBKEY_SK_P256] = { "sk-ecdsa-sha2-nistp256@openssh.com",
			     "sk-ecdsa-sha2-nistp256@openssh.com", "2a",
			     "xbu" },
};
_Static_assert(ARRAY_LEN(kinds) == PUBKEY_N, "a row per kind");

static const struct curve {
	char letter;
	const char *word;
	size_t point;		/* uncompressed */
} curves[] = {
	[ECDSA_P256] = { '2', "nistp256", 65 },
	[ECDSA_P384] = { '3', "nistp384", 97 },
	[ECDSA_P521] = { '5', "nistp521", 133 },
};
_Static_assert(ARRAY_LEN(curves) == ECDSA_N, "a row per curve");

/* What a signature's form depends on of its key. */
struct of_key {
	size_t modulus;			/* RSA: in bytes */
	enum ecdsa_curve curve;		/* ECDSA */
};

const char *pubkey_word(const struct pubkey *k)
{
	return kinds[k->type].word;
}

bool pubkey_equal(const struct pubkey *a, const struct pubkey *b)
{
	return a->n == b->n && !memcmp(a->blob, b->blob, a->n);
}

/* A number has no zeros in front but the one that keeps it positive: what is
 * behind that, bad where it is none. */
static struct wire take_number(struct wire *w)
{
	struct wire s = wire_string(w);
	bool zero = !s.bad && s.n && !s.p[0];

	if (zero)
		(void)wire_take(&s, 1);
	if (!s.n || zero != (s.p[0] >= 0x80))
		s.bad = true;
	return s;
}

static bool take_application(struct wire *w)
{
	struct wire s = wire_string(w);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return !s.bad && s.n <= APPLICATION_MOST;
}

static enum ecdsa_curve curve_of(char letter)
{
	enum ecdsa_curve i = 0;

	while (i < ECDSA_N - 1 && curves[i].letter != letter)
		i++;
	return i;
}

static bool take_curve(struct wire *w, char letter)
{
	const struct curve *c = &curves[curve_of(letter)];
	struct wire s;

	if (!wire_expect(w, c->word))
		return false;
	s = wire_string(w);
	return !s.bad && s.n == c->point && s.p[0] == 4;
}

static bool take_pair(struct wire *w, enum ecdsa_curve curve)
{
	struct wire pair = wire_string(w);
	struct wire r = take_number(&pair), s = take_number(&pair);

	return !r.bad && !s.bad && wire_done(&pair) &&
	       ecdsa_is_low(curve, s.p, s.n);
}

static bool take_string(struct wire *w, size_t n)
{
	struct wire s = wire_string(w);

	return !s.bad && s.n == n;
}

static bool take_field(struct wire *w, char letter, const struct of_key *k)
{
	switch (letter) {
	case 'p':
		return take_string(w, PUBKEY_POINT);
	case 's':
		return take_string(w, 64);
	case 'r':
		return take_string(w, k->modulus);
	case 'm':
		return !take_number(w).bad;
	case 'x':
		return take_pair(w, k->curve);
	case 'a':
		return take_application(w);
	case 'b':
		return wire_take(w, 1);
	case 'u':
		return wire_take(w, 4);
	default:
		return take_curve(w, letter);
	}
}

static bool fits(struct wire w, const char *word, const char *fields,
		 const struct of_key *k)
{
	if (!wire_expect(&w, word))
		return false;
	for (; *fields; fields++)
		if (!take_field(&w, *fields, k))
			return false;
	return wire_done(&w);
}

static struct of_key of_key(const struct pubkey *k)
{
	struct wire w = wire_of(k->blob, k->n);
	struct of_key of = { 0, curve_of(kinds[k->type].fields[0]) };

	(void)wire_string(&w);
	(void)wire_string(&w);
	if (k->type == PUBKEY_RSA)
		of.modulus = take_number(&w).n;
	return of;
}

static int unknown_type(const struct wire *type, struct err *err)
{
	bool word = !type->bad && type->n && type->n < 64;

	for (size_t i = 0; word && i < type->n; i++)
		word = type->p[i] > ' ' && type->p[i] < 0x7f;
	if (!word)
		return err_set(err, ERR_USAGE, "it is no public key");
	return err_set(err, ERR_USAGE, "keys of the kind '%.*s' do not sign "
		       "here", (int)type->n, (const char *)type->p);
}

int pubkey_read(struct pubkey *out, const void *blob, size_t n,
		struct err *err)
{
	struct wire w = wire_of(blob, n), type = wire_string(&w);
	struct of_key of = { 0, 0 };
	size_t i = 0;

	while (i < PUBKEY_N &&
	       !wire_is(&type, kinds[i].word, strlen(kinds[i].word)))
		i++;
	if (i == PUBKEY_N)
		return unknown_type(&type, err);
	out->type = (enum pubkey_type)i;
	out->blob = blob;
	out->n = n;
	if (n > BLOB_MOST ||
	    !fits(wire_of(blob, n), kinds[i].word, kinds[i].fields, &of))
		return err_set(err, ERR_USAGE, "it is no '%s' key",
			       kinds[i].word);
	of = of_key(out);
	if (out->type == PUBKEY_RSA &&
	    (of.modulus < RSA_LEAST || of.modulus > RSA_MOST))
		return err_set(err, ERR_USAGE, "it is an RSA key of %zu bits",
			       8 * of.modulus);
	return 0;
}

bool pubkey_has_sig(const struct pubkey *k, const void *sig, size_t n)
{
	const struct kind *kind = &kinds[k->type];
	struct of_key of = of_key(k);

	return fits(wire_of(sig, n), kind->sig_word, kind->sig_fields, &of);
}

static void add_number(struct buf *b, const unsigned char *p, size_t n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	wire_add_u32(b, (uint32_t)(n + (n && *p >= 0x80)));
	if (n && *p >= 0x80)
		buf_addch(b, '\0');
	buf_add(b, p, n);
}

void pubkey_add_low_sig(struct buf *b, const struct pubkey *k,
			const void *sig, size_t n)
{
	struct wire w = wire_of(sig, n), type = wire_string(&w);
	struct wire pair = wire_string(&w);
	struct wire r = take_number(&pair), s = take_number(&pair);
	struct of_key of = of_key(k);
	unsigned char other[ECDSA_MOST];
	size_t len = r.bad || s.bad ? 0 :
		     ecdsa_other(other, of.curve, s.p, s.n);
	struct buf inside = BUF_INIT;

	if (kinds[k->type].sig_fields[0] != 'x' || !wire_done(&pair) || !len ||
	    ecdsa_is_low(of.curve, s.p, s.n)) {
		buf_add(b, sig, n);
		return;
	}
	add_number(&inside, r.p, r.n);
	add_number(&inside, other, len);
	wire_add_string(b, type.p, type.n);
	wire_add_string(b, inside.ptr, inside.len);
	buf_add(b, w.p, w.n);
	buf_release(&inside);
}

void pubkey_of_point(struct pubkey *out, const unsigned char *point,
		     struct arena *a)
{
	struct buf b = BUF_INIT;

	wire_add_text(&b, kinds[PUBKEY_ED25519].word);
	wire_add_string(&b, point, PUBKEY_POINT);
	out->type = PUBKEY_ED25519;
	out->blob = arena_memdup(a, b.ptr, b.len);
	out->n = b.len;
	buf_release(&b);
}

const unsigned char *pubkey_point(const struct pubkey *k)
{
	struct wire w = wire_of(k->blob, k->n);

	if (kinds[k->type].fields[0] != 'p')
		return NULL;
	(void)wire_string(&w);
	return wire_string(&w).p;
}

struct bytes pubkey_application(const struct pubkey *k)
{
	struct wire w = wire_of(k->blob, k->n), s = wire_of("", 0);
	struct bytes out;

	if (strchr(kinds[k->type].fields, 'a'))
		while (w.n)
			s = wire_string(&w);
	out.ptr = (const char *)s.p;
	out.len = s.n;
	return out;
}

void pubkey_add_line(struct buf *b, const struct pubkey *k)
{
	buf_addstr(b, pubkey_word(k));
	buf_addch(b, ' ');
	wire_add_base64(b, k->blob, k->n);
}

/* type " " base64 [ " " comment ] */
int pubkey_parse(struct pubkey *out, const char **comment, const char *text,
		 struct arena *a, struct err *err)
{
	size_t type = strcspn(text, " \t\r\n");
	const char *base64 = text + type + (text[type] == ' ');
	size_t n = strcspn(base64, " \t\r\n");
	const char *rest = base64 + n + strspn(base64 + n, " \t");
	struct buf blob = BUF_INIT, again = BUF_INIT;
	int ret = -1;

	if (n > 2 * BLOB_MOST || wire_from_base64(&blob, base64, n)) {
		err_set(err, ERR_USAGE, "it is no public key");
		goto out;
	}
	if (pubkey_read(out, blob.ptr, blob.len, err))
		goto out;
	out->blob = arena_memdup(a, blob.ptr, blob.len);
	pubkey_add_line(&again, out);
	if (again.len != type + 1 + n || memcmp(again.ptr, text, again.len)) {
		err_set(err, ERR_USAGE, "it is no public key");
		goto out;
	}
	if (comment)
		*comment = arena_strndup(a, rest, strcspn(rest, "\r\n"));
	ret = 0;
out:
	buf_release(&blob);
	buf_release(&again);
	return ret;
}

void pubkey_fingerprint(char out[PUBKEY_FINGERPRINT], const struct pubkey *k)
{
	unsigned char sum[SHA256_LEN];
	struct buf b = BUF_INIT;

	sha256_of(sum, k->blob, k->n);
	buf_addstr(&b, "SHA256:");
	wire_add_base64(&b, sum, sizeof(sum));
	/* OpenSSH leaves the padding out, which is one character. */
	buf_truncate(&b, PUBKEY_FINGERPRINT - 1);
	memcpy(out, b.ptr, PUBKEY_FINGERPRINT);
	buf_release(&b);
}
