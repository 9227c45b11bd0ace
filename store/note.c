/*
 * Signed notes.
 *
 *	note = text LF { "\u2014 " name " " base64(key-id signature) LF }
 *	text = { line LF }
 */
#include "config.h"

#include "ss/note.h"

#include <assert.h>

#include "store/ed25519.h"
#include "store/wire.h"

#define DASH "\xe2\x80\x94 "
#define TIME_LEN 8
#define COSIG_LEN (TIME_LEN + ED25519_SIG)
#define SIG_MOST 8192		/* after quantum computers */
#define NOTE_MOST (256 * 1024)

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_DAMAGED, "not a signed note: %s", what);
}

static bool is_text(const struct bytes *b)
{
	for (size_t i = 0; i < b->len; i++)
		if ((unsigned char)b->ptr[i] < ' ' && b->ptr[i] != '\n')
			return false;
	return utf8_valid(b->ptr, b->len);
}

bool note_name_valid(const char *s)
{
	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '+')
			return false;
	return *s;
}

/* Behind the last empty line; NULL: there is none. */
static const char *sigs_of(const struct bytes *raw)
{
	for (size_t i = raw->len; i-- > 2;)
		if (raw->ptr[i - 1] == '\n' && raw->ptr[i - 2] == '\n')
			return raw->ptr + i;
	return NULL;
}

/* One line, without its newline. */
static int parse_sig(struct note_sig *out, char *line, struct arena *a,
		     struct err *err)
{
	char *name = line + strlen(DASH), *blank;
	struct buf b = BUF_INIT;
	int ret = -1;

	if (!str_starts(line, DASH) || !(blank = strchr(name, ' ')))
		return bad(err, "a line that is no signature");
	*blank = '\0';
	out->name = name;
	if (!note_name_valid(name) ||
	    wire_from_base64(&b, blank + 1, strlen(blank + 1)) ||
	    b.len <= NOTE_KEY_ID || b.len > SIG_MOST) {
		bad(err, "a signature that is none");
	} else {
		memcpy(out->id, b.ptr, NOTE_KEY_ID);
		out->n = b.len - NOTE_KEY_ID;
		out->sig = arena_memdup(a, b.ptr + NOTE_KEY_ID, out->n);
		ret = 0;
	}
	buf_release(&b);
	return ret;
}

static bool is_key(const struct note_sig *s, const char *name,
		   const unsigned char *id)
{
	return !strcmp(s->name, name) && !memcmp(s->id, id, NOTE_KEY_ID);
}

static int parse_sigs(struct note *out, char *p, struct arena *a,
		      struct err *err)
{
	while (*p) {
		struct note_sig *s = &out->sigs[out->n];
		size_t n = strcspn(p, "\n");

		if (!p[n])
			return bad(err, "its last line does not end");
		if (out->n == NOTE_SIGS)
			return bad(err, "too many signatures");
		p[n] = '\0';
		if (parse_sig(s, p, a, err))
			return -1;
		for (size_t i = 0; i < out->n; i++)
			if (is_key(&out->sigs[i], s->name, s->id))
				return bad(err, "a key that signs twice");
		out->n++;
		p += n + 1;
	}
	return out->n ? 0 : bad(err, "nobody has signed it");
}

int note_parse(struct note *out, const struct bytes *raw, struct arena *a,
	       struct err *err)
{
	struct buf again = BUF_INIT;
	const char *sigs;
	size_t at;
	int ret;

	out->n = 0;
	if (raw->len > NOTE_MOST || !is_text(raw))
		return bad(err, "it is no text");
	sigs = sigs_of(raw);
	if (!sigs)
		return bad(err, "it has no signatures");
	at = (size_t)(sigs - raw->ptr);
	out->text.ptr = arena_memdup(a, raw->ptr, at - 1);
	out->text.len = at - 1;
	if (parse_sigs(out, arena_strndup(a, sigs, raw->len - at), a, err))
		return -1;
	/* Base64 has slack. */
	note_add(&again, out);
	ret = again.len == raw->len && !memcmp(again.ptr, raw->ptr, raw->len) ?
	      0 : bad(err, "it is not in canonical form");
	buf_release(&again);
	return ret;
}

void note_add(struct buf *b, const struct note *n)
{
	buf_add(b, n->text.ptr, n->text.len);
	buf_addch(b, '\n');
	for (size_t i = 0; i < n->n; i++) {
		const struct note_sig *s = &n->sigs[i];
		struct buf sig = BUF_INIT;

		buf_add(&sig, s->id, NOTE_KEY_ID);
		buf_add(&sig, s->sig, s->n);
		buf_addstr(b, DASH);
		buf_addstr(b, s->name);
		buf_addch(b, ' ');
		wire_add_base64(b, sig.ptr, sig.len);
		buf_addch(b, '\n');
		buf_release(&sig);
	}
}

/* ---- keys --------------------------------------------------------------- */

void note_key_id(unsigned char out[NOTE_KEY_ID], const char *name,
		 enum note_key type, const struct pubkey *key)
{
	unsigned char sum[SHA256_LEN], byte = (unsigned char)type;
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, name, strlen(name));
	sha256_add(&h, "\n", 1);
	sha256_add(&h, &byte, 1);
	sha256_add(&h, pubkey_point(key), PUBKEY_POINT);
	sha256_end(&h, sum);
	memcpy(out, sum, NOTE_KEY_ID);
}

void note_add_key(struct buf *b, const char *name, enum note_key type,
		  const struct pubkey *key)
{
	unsigned char id[NOTE_KEY_ID], bytes[1 + PUBKEY_POINT];

	note_key_id(id, name, type, key);
	bytes[0] = (unsigned char)type;
	memcpy(bytes + 1, pubkey_point(key), PUBKEY_POINT);
	buf_addstr(b, name);
	buf_addch(b, '+');
	buf_addhex(b, id, sizeof(id));
	buf_addch(b, '+');
	wire_add_base64(b, bytes, sizeof(bytes));
}

/* ---- checkpoints -------------------------------------------------------- */

/* origin LF size LF base64(root) LF */
int note_tree(struct note_tree *out, const struct note *n, struct arena *a,
	      struct err *err)
{
	char *text = arena_strndup(a, n->text.ptr, n->text.len);
	char *size = strchr(text, '\n'), *root;
	struct buf b = BUF_INIT, again = BUF_INIT;
	int ret = -1;

	root = size ? strchr(size + 1, '\n') : NULL;
	if (!root)
		return bad(err, "it is of no tree");
	*size++ = *root++ = '\0';
	out->origin = text;
	if (!*text || parse_u64(&out->size, size, INT64_MAX) ||
	    wire_from_base64(&b, root, strcspn(root, "\n")) ||
	    b.len != SHA256_LEN)
		goto out;
	memcpy(out->root.b, b.ptr, SHA256_LEN);
	note_add_tree(&again, out);
	if (again.len == n->text.len &&
	    !memcmp(again.ptr, n->text.ptr, again.len))
		ret = 0;
out:
	if (ret)
		bad(err, "it is of no tree");
	buf_release(&b);
	buf_release(&again);
	return ret;
}

void note_add_tree(struct buf *b, const struct note_tree *t)
{
	buf_addstr(b, t->origin);
	buf_addch(b, '\n');
	buf_addu(b, t->size);
	buf_addch(b, '\n');
	wire_add_base64(b, t->root.b, SHA256_LEN);
	buf_addch(b, '\n');
}

/* ---- cosignatures ------------------------------------------------------- */

/* What is signed. */
static void add_message(struct buf *b, const struct note *n, uint64_t time)
{
	buf_addstr(b, "cosignature/v1\ntime ");
	buf_addu(b, time);
	buf_addch(b, '\n');
	buf_add(b, n->text.ptr, n->text.len);
}

int note_cosign(struct note *n, const char *name, struct key *key,
		int64_t time, struct arena *a, struct err *err)
{
	struct note_sig *s = &n->sigs[n->n];
	struct buf message = BUF_INIT;
	unsigned char *sig = arena_alloc(a, COSIG_LEN);
	struct bytes bytes;
	int ret;

	assert(n->n < NOTE_SIGS);
	for (size_t i = 0; i < TIME_LEN; i++)
		sig[i] = (unsigned char)((uint64_t)time >>
					 8 * (TIME_LEN - 1 - i));
	add_message(&message, n, (uint64_t)time);
	bytes = (struct bytes){ message.ptr, message.len };
	ret = key_sign_bytes(sig + TIME_LEN, key, &bytes, err);
	buf_release(&message);
	if (ret)
		return -1;
	*s = (struct note_sig){ .name = name, .sig = sig, .n = COSIG_LEN };
	note_key_id(s->id, name, NOTE_COSIGNATURE, &key->pub);
	n->n++;
	return 0;
}

static int check(int64_t *time, const struct note *n, const struct note_sig *s,
		 const struct pubkey *key, struct err *err)
{
	struct buf message = BUF_INIT;
	uint64_t t = 0;
	int good = 0;

	for (size_t i = 0; s->n == COSIG_LEN && i < TIME_LEN; i++)
		t = t << 8 | s->sig[i];
	if (s->n == COSIG_LEN && t <= INT64_MAX) {
		add_message(&message, n, t);
		good = ed25519_verify(s->sig + TIME_LEN, message.ptr,
				      message.len, pubkey_point(key), err);
		buf_release(&message);
	}
	*time = (int64_t)t;
	return good ? good : err_set(err, ERR_DAMAGED, "the signature of '%s' "
				     "is not one of the note", s->name);
}

int note_cosigned(int64_t *time, const struct note *n, const char *name,
		  const struct pubkey *key, struct err *err)
{
	unsigned char id[NOTE_KEY_ID];

	if (key->type != PUBKEY_ED25519)
		return 0;
	note_key_id(id, name, NOTE_COSIGNATURE, key);
	for (size_t i = 0; i < n->n; i++)
		if (is_key(&n->sigs[i], name, id))
			return check(time, n, &n->sigs[i], key, err);
	return 0;
}
