/*
 * Verifying in threads: whoever reads the commits fills chunks of what was
 * signed, and the workers share nothing but the ring of those.
 *
 *	signatures_add ─▶ filling ─▶ [ chunk chunk chunk ] ─▶ workers ─▶ bad
 *
 * Ed25519 only; keys of other kinds are rare, and asked of ssh-keygen at once.
 */
#include "config.h"

#include "store/signatures.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/ed25519.h"
#include "store/wire.h"

#define CHUNK 64
#define RING 64
#define WORKERS_MOST 16
#define MESSAGE_MOST 128

struct item {
	struct oid commit;
	unsigned char point[ED25519_POINT];
	unsigned char sig[ED25519_SIG];
	unsigned char message[MESSAGE_MOST];
	size_t n;
};

struct chunk {
	struct item v[CHUNK];
	size_t n;
};

struct bad {
	struct bad *next;
	struct oid commit;
	unsigned char point[ED25519_POINT];
	struct bytes key;	/* of another kind; ptr NULL: the point's */
};

struct signatures {
	pthread_t workers[WORKERS_MOST];
	size_t nworkers;
	struct chunk *filling;
	struct buf raw, message;	/* room for signatures_add() */
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t work, room;
	struct chunk *ring[RING];
	size_t first, n;
	bool ended;
	struct bad *bad;
};

/* One more under the lock: another thread's may come at once. */
static void add_bad(struct signatures *q, const struct item *it,
		    const struct bytes *key)
{
	struct bad *b = xmalloc(sizeof(*b));

	memset(b, 0, sizeof(*b));
	b->commit = it->commit;
	memcpy(b->point, it->point, sizeof(b->point));
	if (key)
		b->key = *key;
	pthread_mutex_lock(&q->lock);
	b->next = q->bad;
	q->bad = b;
	pthread_mutex_unlock(&q->lock);
}

static void verify_chunk(struct signatures *q, const struct chunk *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct item *it = &c->v[i];
		struct err err = ERR_INIT;

		/* The library was loaded before there were threads: whatever is
		 * not good is bad. */
		if (ed25519_verify(it->sig, it->message, it->n, it->point,
				   &err) <= 0)
			add_bad(q, it, NULL);
	}
}

/* The next chunk; NULL: there will be none. */
static struct chunk *take(struct signatures *q)
{
	struct chunk *c = NULL;

	pthread_mutex_lock(&q->lock);
	while (!q->n && !q->ended)
		pthread_cond_wait(&q->work, &q->lock);
	if (q->n) {
		c = q->ring[q->first];
		q->first = (q->first + 1) % RING;
		q->n--;
		pthread_cond_signal(&q->room);
	}
	pthread_mutex_unlock(&q->lock);
	return c;
}

static void *work(void *arg)
{
	struct signatures *q = arg;
	struct chunk *c;

	while ((c = take(q)) != NULL) {
		verify_chunk(q, c);
		free(c);
	}
	return NULL;
}

/* Signals are the first thread's. */
static void start_workers(struct signatures *q)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	sigset_t all, was;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	while (q->nworkers < WORKERS_MOST && (long)q->nworkers < cores &&
	       !pthread_create(&q->workers[q->nworkers], NULL, work, q))
		q->nworkers++;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
}

struct signatures *signatures_start(struct err *err)
{
	unsigned char nothing[ED25519_SIG] = { 0 };
	struct signatures *q;

	if (ed25519_verify(nothing, "", 0, nothing, err) < 0)
		return NULL;
	q = xmalloc(sizeof(*q));
	memset(q, 0, sizeof(*q));
	q->raw = q->message = (struct buf)BUF_INIT;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	pthread_cond_init(&q->room, NULL);
	start_workers(q);
	return q;
}

/* Where there are no threads it is done here. */
static void hand_over(struct signatures *q)
{
	struct chunk *c = q->filling;

	q->filling = NULL;
	if (!c)
		return;
	if (!q->nworkers) {
		verify_chunk(q, c);
		free(c);
		return;
	}
	pthread_mutex_lock(&q->lock);
	while (q->n == RING)
		pthread_cond_wait(&q->room, &q->lock);
	q->ring[(q->first + q->n++) % RING] = c;
	pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
}

static int add_other(struct signatures *q, const struct commit *c,
		     struct err *err)
{
	struct item it = { .commit = c->oid };
	int ret = commit_verify(c, err);
	struct bytes key;

	if (ret)
		return ret < 0 ? -1 : 0;
	key.len = c->sig.key.n;
	key.ptr = xmalloc(key.len);
	memcpy((void *)(uintptr_t)key.ptr, c->sig.key.blob, key.len);
	add_bad(q, &it, &key);
	return 0;
}

static struct item *next_item(struct signatures *q)
{
	if (q->filling && q->filling->n == CHUNK)
		hand_over(q);
	if (!q->filling) {
		q->filling = xmalloc(sizeof(*q->filling));
		q->filling->n = 0;
	}
	return &q->filling->v[q->filling->n++];
}

int signatures_add(struct signatures *q, const struct commit *c,
		   const struct buf *raw, struct err *err)
{
	struct wire w = wire_of(c->sig.sig, c->sig.n), sig;
	struct item *it;

	if (c->sig.key.type != PUBKEY_ED25519)
		return add_other(q, c, err);
	buf_truncate(&q->raw, 0);
	buf_truncate(&q->message, 0);
	commit_add_signed(&q->raw, raw);
	sshsig_add_message(&q->message, q->raw.ptr, q->raw.len);
	(void)wire_string(&w);
	sig = wire_string(&w);
	it = next_item(q);
	it->commit = c->oid;
	memcpy(it->point, pubkey_point(&c->sig.key), ED25519_POINT);
	memcpy(it->sig, sig.p, ED25519_SIG);
	it->n = q->message.len;
	memcpy(it->message, q->message.ptr, it->n);
	return 0;
}

static void keep_bad(struct bad_signature *out, const struct bad *b,
		     struct arena *a)
{
	struct err none = ERR_INIT;

	out->commit = b->commit;
	if (!b->key.ptr)
		pubkey_of_point(&out->key, b->point, a);
	else
		(void)!pubkey_read(&out->key, arena_memdup(a, b->key.ptr,
							   b->key.len),
				   b->key.len, &none);
}

struct bad_signature *signatures_end(struct signatures *q, size_t *n,
				     struct arena *a)
{
	struct bad_signature *v = NULL;
	size_t cap = 0;

	hand_over(q);
	pthread_mutex_lock(&q->lock);
	q->ended = true;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < q->nworkers; i++)
		pthread_join(q->workers[i], NULL);
	*n = 0;
	while (q->bad) {
		struct bad *b = q->bad;

		keep_bad(ARENA_PUSH(a, v, *n, cap), b, a);
		q->bad = b->next;
		free((void *)(uintptr_t)b->key.ptr);
		free(b);
	}
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->room);
	pthread_mutex_destroy(&q->lock);
	buf_release(&q->raw);
	buf_release(&q->message);
	free(q);
	return v;
}
