/*
 * Talking to an agent.
 *
 *	frame   = u32 length, byte type, the rest
 *	list    = 11		-> 12 u32 n { string key string comment }
 *	sign    = 13 string key string message u32 flags
 *				-> 14 string signature
 *	                        -> 5, it would not
 */
#include "config.h"

#include "store/agent.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "store/ed25519.h"
#include "store/wire.h"

enum {
	ASK_LIST = 11, SAY_LIST = 12,
	ASK_SIGN = 13, SAY_SIGNED = 14,
};
#define RSA_SHA512 4		/* a flag */
#define ANSWER_MOST (256 * 1024)
#define LIST_S 5
#define SIGN_S 120		/* somebody may have to touch something */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int odd(struct err *err, const char *what)
{
	return err_set(err, ERR_IO, "the ssh-agent %s", what);
}

/* A socket, -1: nobody is there. */
static int dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval most = { .tv_sec = LIST_S };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof(most));
	if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	close(fd);
	return -1;
}

static int say(int fd, const struct buf *b, struct err *err)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = send(fd, b->ptr + at, b->len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return odd(err, "does not listen");
		at += (size_t)n;
	}
	return 0;
}

/* So many bytes more, until then. */
static int hear(struct buf *b, int fd, size_t n, int64_t until,
		struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t end = b->len + n;

	while (b->len < end) {
		int64_t left = until - now_ms();
		char *room = buf_room(b, end - b->len + 1);
		ssize_t got;

		if (left <= 0)
			return odd(err, "does not answer");
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		got = recv(fd, room, end - b->len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return odd(err, "hung up");
		b->len += (size_t)got;
		b->ptr[b->len] = '\0';
	}
	return 0;
}

/* Send what is asked, a frame's inside; the answer's is in its place.  It is
 * of that type, or the wire is bad. */
static int ask(struct wire *out, struct buf *b, int fd, int64_t seconds,
	       unsigned char type, struct err *err)
{
	int64_t until = now_ms() + seconds * 1000;
	struct buf frame = BUF_INIT;
	struct wire w;
	int ret = -1;
	uint32_t n;

	wire_add_string(&frame, b->ptr, b->len);
	buf_truncate(b, 0);
	if (say(fd, &frame, err) || hear(b, fd, 4, until, err))
		goto out;
	w = wire_of(b->ptr, b->len);
	n = wire_u32(&w);
	buf_truncate(b, 0);
	if (!n || n > ANSWER_MOST) {
		odd(err, "says what cannot be understood");
		goto out;
	}
	if (hear(b, fd, n, until, err))
		goto out;
	*out = wire_of(b->ptr, b->len);
	out->bad = wire_byte(out) != type;
	ret = 0;
out:
	buf_release(&frame);
	return ret;
}

/* The first line of what somebody has written there. */
static char *comment_of(const struct wire *w, struct arena *a)
{
	size_t n = 0;

	while (n < w->n && w->p[n] >= ' ' && w->p[n] != 0x7f)
		n++;
	return arena_strndup(a, (const char *)w->p, n);
}

static int read_list(struct agent_key **out, size_t *n, struct wire w,
		     struct arena *a, struct err *err)
{
	uint32_t count = wire_u32(&w);
	size_t cap = 0;

	for (uint32_t i = 0; i < count && !w.bad; i++) {
		struct wire key = wire_string(&w), comment = wire_string(&w);
		struct err none = ERR_INIT;
		struct agent_key *k;
		struct pubkey pub;

		if (w.bad || pubkey_read(&pub, key.p, key.n, &none))
			continue;
		pub.blob = arena_memdup(a, pub.blob, pub.n);
		k = ARENA_PUSH(a, *out, *n, cap);
		k->pub = pub;
		k->comment = comment_of(&comment, a);
	}
	return wire_done(&w) ? 0 : odd(err, "has no list of keys");
}

int agent_list(struct agent_key **out, size_t *n, const char *socket_path,
	       struct arena *a, struct err *err)
{
	int fd = dial(socket_path);
	struct buf b = BUF_INIT;
	struct wire w;
	int ret;

	*out = NULL;
	*n = 0;
	if (fd < 0)
		return 0;
	buf_addch(&b, ASK_LIST);
	ret = ask(&w, &b, fd, LIST_S, SAY_LIST, err) ||
	      read_list(out, n, w, a, err) ? -1 : 0;
	close(fd);
	buf_release(&b);
	return ret;
}

static int read_signature(struct sshsig *out, struct wire *w,
			  const struct pubkey *key, struct arena *a)
{
	struct wire sig = wire_string(w);
	struct buf b = BUF_INIT;

	if (!wire_done(w))
		return -1;
	pubkey_add_low_sig(&b, key, sig.p, sig.n);
	out->key = *key;
	out->sig = arena_memdup(a, b.ptr, b.len);
	out->n = b.len;
	buf_release(&b);
	return pubkey_has_sig(key, out->sig, out->n) ? 0 : -1;
}

/* What comes back has the form of the key's signatures. */
static int sign(struct sshsig *out, const char *socket_path,
		const struct pubkey *key, const struct bytes *message,
		struct arena *a, struct err *err)
{
	struct buf b = BUF_INIT;
	int fd = dial(socket_path), ret = -1;
	struct wire w;

	if (fd < 0)
		return odd(err, "is gone");
	buf_addch(&b, ASK_SIGN);
	wire_add_string(&b, key->blob, key->n);
	wire_add_string(&b, message->ptr, message->len);
	wire_add_u32(&b, key->type == PUBKEY_RSA ? RSA_SHA512 : 0);
	if (ask(&w, &b, fd, SIGN_S, SAY_SIGNED, err))
		goto out;
	if (w.bad)
		odd(err, "would not sign");
	else if (read_signature(out, &w, key, a))
		odd(err, "gave no signature of that key");
	else
		ret = 0;
out:
	close(fd);
	buf_release(&b);
	return ret;
}

static int checked(int good, struct err *err)
{
	return good > 0 ? 0 : good ? -1 :
	       odd(err, "gave a signature that is none");
}

int agent_sign(struct sshsig *out, const char *socket_path,
	       const struct pubkey *key, const struct bytes *p,
	       struct arena *a, struct err *err)
{
	struct buf message = BUF_INIT;
	struct bytes bytes;
	int ret;

	sshsig_add_message(&message, p->ptr, p->len);
	bytes = (struct bytes){ message.ptr, message.len };
	ret = sign(out, socket_path, key, &bytes, a, err) ? -1 :
	      checked(sshsig_verify(out, p->ptr, p->len, err), err);
	buf_release(&message);
	return ret;
}

int agent_sign_bytes(unsigned char *sig, const char *socket_path,
		     const struct pubkey *key, const struct bytes *p,
		     struct err *err)
{
	struct arena a = ARENA_INIT;
	struct sshsig got;
	int ret = sign(&got, socket_path, key, p, &a, err);

	/* string type, string sig */
	if (!ret) {
		memcpy(sig, got.sig + got.n - ED25519_SIG, ED25519_SIG);
		ret = checked(ed25519_verify(sig, p->ptr, p->len,
					     pubkey_point(key), err), err);
	}
	arena_release(&a);
	return ret;
}
