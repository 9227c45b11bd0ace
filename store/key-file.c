/*
 * Private keys of OpenSSH's, as long as nothing has to be unlocked.
 *
 *	file    = "-----BEGIN OPENSSH PRIVATE KEY-----\n" base64
 *	          "-----END OPENSSH PRIVATE KEY-----\n"
 *	binary  = "openssh-key-v1" NUL string cipher string kdf string options
 *	          u32 1 string public-key string private [ 16 bytes of gcm ]
 *	private = u32 check u32 check string "ssh-ed25519" string point
 *	          string seed-and-point string comment 1 2 3 ...
 *
 * Every byte of the secret is in secret_new() memory, from the file on.
 */
#include "config.h"

#include "store/key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/hash.h"

#include "store/ed25519.h"
#include "store/wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define END "-----END OPENSSH PRIVATE KEY-----\n"
#define MAGIC "openssh-key-v1"	/* and the NUL */
#define BLOCK 8			/* what an unlocked one is padded to */
#define COLUMNS 70
#define COMMENT_MOST 1000

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_USAGE, "it is no private key of OpenSSH's: %s",
		       what);
}

/* Where the base64 ends; NULL: nowhere, or there is more behind it. */
static const char *find_end(const char *text, size_t n)
{
	size_t end = strlen(END) - 1;
	const char *p;

	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r' ||
		     text[n - 1] == ' '))
		n--;
	if (n < strlen(BEGIN) + end)
		return NULL;
	p = text + n - end;
	return !memcmp(p, END, end) && p[-1] == '\n' ? p : NULL;
}

static bool clean_comment(const struct wire *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->p[i] < ' ' || w->p[i] == 0x7f)
			return false;
	return !w->bad && w->n <= COMMENT_MOST;
}

/* The padding: 1 2 3 ..., less than a block of it. */
static bool is_padding(const struct wire *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->p[i] != i + 1)
			return false;
	return !w->bad && w->n < BLOCK;
}

/* What is in the part that a passphrase would lock. */
static int read_private(struct key_file *out, struct wire w, struct err *err)
{
	const unsigned char *known = pubkey_point(&out->pub);
	struct wire point, secret, comment;
	uint32_t check;

	if (w.n % BLOCK)
		return bad(err, "its length");
	check = wire_u32(&w);
	if (wire_u32(&w) != check || !wire_expect(&w, pubkey_word(&out->pub)))
		return bad(err, "its inner part");
	point = wire_string(&w);
	secret = wire_string(&w);
	comment = wire_string(&w);
	if (!wire_is(&point, known, PUBKEY_POINT) ||
	    secret.bad || secret.n != ED25519_SECRET ||
	    !clean_comment(&comment) || !is_padding(&w))
		return bad(err, "its inner part");
	out->secret = secret_new(ED25519_SECRET, err);
	if (!out->secret)
		return -1;
	ed25519_from_seed(out->secret, secret.p);
	if (memcmp(out->secret, secret.p, ED25519_SECRET) ||
	    memcmp(out->secret + ED25519_SEED, known, PUBKEY_POINT))
		return bad(err, "its halves are not of one key");
	out->comment = arena_strndup(&out->arena, (const char *)comment.p,
				     comment.n);
	return 0;
}

static int read_binary(struct key_file *out, const void *p, size_t n,
		       struct err *err)
{
	struct wire w = wire_of(p, n), cipher, kdf, options, pub, private;
	const unsigned char *magic = wire_take(&w, sizeof(MAGIC));
	bool plain;

	if (!magic || memcmp(magic, MAGIC, sizeof(MAGIC)))
		return bad(err, "its first bytes");
	cipher = wire_string(&w);
	kdf = wire_string(&w);
	options = wire_string(&w);
	if (wire_u32(&w) != 1)
		return bad(err, "the number of keys in it");
	pub = wire_string(&w);
	private = wire_string(&w);
	if (w.bad)
		return bad(err, "it ends too soon");
	if (pubkey_read(&out->pub, pub.p, pub.n, err))
		return -1;
	out->pub.blob = arena_memdup(&out->arena, pub.p, pub.n);
	/* The tag of an authenticated cipher is behind it. */
	plain = wire_is(&cipher, "none", 4);
	if (plain && (!wire_is(&kdf, "none", 4) || options.n ||
		      !wire_done(&w)))
		return bad(err, "its head");
	return plain && out->pub.type == PUBKEY_ED25519 ?
	       read_private(out, private, err) : 0;
}

static int read_openssh(struct key_file *out, const char *text, size_t n,
			struct err *err)
{
	const char *end = find_end(text, n);
	size_t len = n;
	void *binary;
	int ret = -1;

	if (!end)
		return bad(err, "it has no end");
	binary = secret_new(n, err);
	if (!binary)
		return -1;
	text += strlen(BEGIN);
	if (secret_base64(binary, &len, text, (size_t)(end - text)))
		bad(err, "its base64");
	else
		ret = read_binary(out, binary, len, err);
	secret_free(binary);
	return ret;
}

static int read_public(struct key_file *out, const char *text, size_t n,
		       struct err *err)
{
	const char *nl = memchr(text, '\n', n);
	char *line = arena_strndup(&out->arena, text,
				   nl ? (size_t)(nl - text) : n);

	out->is_public = true;
	return pubkey_parse(&out->pub, &out->comment, line, &out->arena, err);
}

static bool begins(const char *text, size_t n, const char *with)
{
	return n >= strlen(with) && !memcmp(text, with, strlen(with));
}

int key_file_parse(struct key_file *out, const char *text, size_t n,
		   struct err *err)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (begins(text, n, BEGIN))
		ret = read_openssh(out, text, n, err);
	else if (!begins(text, n, "-----BEGIN "))
		ret = read_public(out, text, n, err);
	if (ret)
		key_file_release(out);
	return ret;
}

/* All of it, in memory for secrets. */
static int read_text(struct key_file *out, int fd, struct err *err)
{
	char *text = secret_new(KEY_FILE_MOST, err);
	size_t n = 0;
	ssize_t got;
	int ret = -1;

	if (!text)
		return -1;
	do {
		got = read(fd, text + n, KEY_FILE_MOST - n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		err_errno(err, "cannot read it");
	else if (n == KEY_FILE_MOST)
		err_set(err, ERR_USAGE, "it is too long for a key");
	else
		ret = key_file_parse(out, text, n, err);
	secret_free(text);
	return ret;
}

int key_file_read(struct key_file *out, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st = { .st_mode = 0 };
	int ret = -1;

	memset(out, 0, sizeof(*out));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_errno(err, "cannot open the key '%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err_set(err, ERR_USAGE, "it is not a file");
	else
		ret = read_text(out, fd, err);
	close(fd);
	out->mode = st.st_mode & 07777;
	return ret ? err_wrap(err, "the key '%s'", path) : 1;
}

void key_file_release(struct key_file *k)
{
	secret_free(k->secret);
	arena_release(&k->arena);
	memset(k, 0, sizeof(*k));
}

/* ---- the way back ------------------------------------------------------- */

/* A buffer that does not grow, and so leaves no copies of secrets behind. */
struct room {
	unsigned char *p;
	size_t n;
};

static void put(struct room *r, const void *p, size_t n)
{
	memcpy(r->p + r->n, p, n);
	r->n += n;
}

static void put_u32(struct room *r, uint32_t v)
{
	unsigned char b[4] = { v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255 };

	put(r, b, sizeof(b));
}

static void put_string(struct room *r, const void *p, size_t n)
{
	put_u32(r, (uint32_t)n);
	put(r, p, n);
}

static void put_text(struct room *r, const char *text)
{
	put_string(r, text, strlen(text));
}

static void put_private(struct room *r, const struct key_file *k)
{
	size_t n = strlen(k->comment) + PUBKEY_POINT + ED25519_SECRET + 8 +
		   strlen(pubkey_word(&k->pub)) + 4 * 4;
	size_t end = r->n + 4 + (n + BLOCK - 1) / BLOCK * BLOCK;
	unsigned char check[4];

	random_bytes(check, sizeof(check));
	put_u32(r, (uint32_t)(end - r->n - 4));
	put(r, check, sizeof(check));
	put(r, check, sizeof(check));
	put_text(r, pubkey_word(&k->pub));
	put_string(r, pubkey_point(&k->pub), PUBKEY_POINT);
	put_string(r, k->secret, ED25519_SECRET);
	put_text(r, k->comment);
	for (unsigned char pad = 1; r->n < end; pad++)
		put(r, &pad, 1);
}

static void put_binary(struct room *r, const struct key_file *k)
{
	put(r, MAGIC, sizeof(MAGIC));
	put_text(r, "none");
	put_text(r, "none");
	put_text(r, "");
	put_u32(r, 1);
	put_string(r, k->pub.blob, k->pub.n);
	put_private(r, k);
}

char *key_file_print(size_t *n, const struct key_file *k, struct err *err)
{
	struct room binary = { secret_new(KEY_FILE_MOST, err), 0 };
	struct room text = { secret_new(KEY_FILE_MOST, err), 0 };
	char *base64 = secret_new(KEY_FILE_MOST, err);

	if (!binary.p || !text.p || !base64)
		goto out;
	put_binary(&binary, k);
	secret_to_base64(base64, KEY_FILE_MOST, binary.p, binary.n);
	put(&text, BEGIN, strlen(BEGIN));
	for (size_t i = 0, all = strlen(base64); i < all; i += COLUMNS) {
		put(&text, base64 + i, all - i < COLUMNS ? all - i : COLUMNS);
		put(&text, "\n", 1);
	}
	put(&text, END, strlen(END));
	*n = text.n;
out:
	if (!text.n) {
		secret_free(text.p);
		text.p = NULL;
	}
	secret_free(binary.p);
	secret_free(base64);
	return (char *)text.p;
}

int key_file_make(struct key_file *out, const char *comment, struct err *err)
{
	struct wire w = wire_of(comment, strlen(comment));
	unsigned char *seed;

	memset(out, 0, sizeof(*out));
	if (!clean_comment(&w))
		return err_set(err, ERR_USAGE, "'%s' cannot be a key's comment",
			       comment);
	seed = secret_new(ED25519_SEED, err);
	if (!seed)
		return -1;
	out->secret = secret_new(ED25519_SECRET, err);
	if (out->secret) {
		random_bytes(seed, ED25519_SEED);
		ed25519_from_seed(out->secret, seed);
	}
	secret_free(seed);
	if (!out->secret)
		return -1;
	pubkey_of_point(&out->pub, out->secret + ED25519_SEED, &out->arena);
	out->comment = arena_strdup(&out->arena, comment);
	return 0;
}

/* The secret comes first: it says what the other half is. */
int key_file_write(const struct key_file *k, const char *path,
		   struct err *err)
{
	struct buf line = BUF_INIT, pub = BUF_INIT;
	char *text = NULL;
	int ret = -1;
	size_t n;

	buf_addf(&pub, "%s.pub", path);
	pubkey_add_line(&line, &k->pub);
	buf_addf(&line, "%s%s\n", *k->comment ? " " : "", k->comment);
	if (file_exists(pub.ptr)) {
		err_set(err, ERR_REFUSED, "'%s' is there already", pub.ptr);
		goto out;
	}
	text = key_file_print(&n, k, err);
	if (!text || file_create_secret(path, text, n, err))
		goto out;
	ret = file_create(pub.ptr, line.ptr, line.len, err);
	if (ret)
		unlink(path);
out:
	secret_free(text);
	buf_release(&line);
	buf_release(&pub);
	return ret;
}
