/*
 * A bundle of anybody's as a store.
 *
 *	file ── head, strictly ──▶ packed-refs
 *	     └─ pack ── packscan ──▶ libgit2's indexer ──▶ objects/pack
 *
 * Nothing of it is believed on the way, and nothing of it is run: there is no
 * configuration, no hook, no index and no loose object that we have not made.
 */
#include "config.h"

#include "ss/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/odb.h"
#include "store/packscan.h"

#include "ss/file.h"

#define CHUNK 65536
#define HEAD_MOST (32u << 20)
#define PACK_MOST ((off_t)4 << 30)

struct quarantine {
	struct arena arena;
	const char *dir;
	struct store *store;
};

/* ---- what comes in ------------------------------------------------------- */

struct coming {
	int fd;
	const char *path;
	const volatile int *cancelled;
	char *chunk;
	size_t at, n;		/* of the chunk, and how much there is */
	off_t pack;		/* bytes of it so far */
};

static int open_file(struct coming *c, struct err *err)
{
	struct stat st;

	c->fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0)
		return err_errno(err, "cannot open '%s'", c->path);
	if (fstat(c->fd, &st) || !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' is no file", c->path);
	c->chunk = xmalloc(CHUNK);
	return 0;
}

/* 1 there is more, 0 it ends, -1 */
static int more(struct coming *c, struct err *err)
{
	ssize_t n;

	if (c->cancelled && *c->cancelled)
		return err_set(err, ERR_CANCELLED, "interrupted");
	do
		n = read(c->fd, c->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "cannot read '%s'", c->path);
	c->at = 0;
	c->n = (size_t)n;
	return n > 0;
}

/* Up to the first empty line; what else was read of the chunk stays. */
static int read_head(struct buf *b, struct coming *c, struct err *err)
{
	int ret;

	while ((ret = more(c, err)) > 0) {
		for (; c->at < c->n; c->at++) {
			buf_addch(b, c->chunk[c->at]);
			if (b->len > HEAD_MOST)
				return err_set(err, ERR_DAMAGED, "its head is "
					       "too long");
			if (b->len > 1 && b->ptr[b->len - 1] == '\n' &&
			    b->ptr[b->len - 2] == '\n') {
				c->at++;
				return 0;
			}
		}
	}
	return ret < 0 ? -1 :
	       err_set(err, ERR_DAMAGED, "no bundle of a store: its head has "
		       "no end");
}

static int take_chunk(struct coming *c, struct packscan *scan,
		      struct git_index *ix, struct err *err)
{
	const char *p = c->chunk + c->at;
	size_t n = c->n - c->at;

	c->pack += (off_t)n;
	if (c->pack > PACK_MOST)
		return err_set(err, ERR_REFUSED, "its pack has more bytes than "
			       "are looked at");
	return packscan_add(scan, p, n, err) ||
	       (n && index_add(ix, p, n, err)) ? -1 : 0;
}

static int take_pack(struct quarantine *q, struct coming *c, struct err *err)
{
	struct git_index *ix = NULL;
	struct packscan scan;
	int ret;

	packscan_start(&scan);
	ret = index_open(&ix, q->dir, err) || take_chunk(c, &scan, ix, err) ?
	      -1 : 1;
	while (ret > 0 && (ret = more(c, err)) > 0)
		if (take_chunk(c, &scan, ix, err))
			ret = -1;
	if (!ret)
		ret = packscan_end(&scan, err) ||
		      index_finish(ix, NULL, err) ? -1 : 0;
	packscan_release(&scan);
	index_close(ix);
	return ret;
}

static int write_file(struct quarantine *q, const char *name, const char *text,
		      size_t n, struct err *err)
{
	return file_write(path_join(&q->arena, q->dir, name), text, n, err);
}

/* Its own names for our own reader: the same lines, without the first. */
static int write_refs(struct quarantine *q, const struct bundle_head *h,
		      struct err *err)
{
	struct buf b = BUF_INIT;
	int ret;

	for (size_t i = 0; i < h->n; i++) {
		char hex[OID_HEX];

		oid_hex(hex, &h->v[i].oid);
		buf_addf(&b, "%s %s\n", hex, h->v[i].name);
	}
	ret = dir_make(path_join(&q->arena, q->dir, "refs"), err) ||
	      write_file(q, "packed-refs", b.ptr, b.len, err) ||
	      write_file(q, "HEAD", "ref: refs/heads/main\n", 21, err) ?
	      -1 : 0;
	buf_release(&b);
	return ret;
}

static int take(struct quarantine *q, struct coming *c, struct err *err)
{
	struct buf text = BUF_INIT;
	struct bundle_head head;
	int ret = -1;

	if (!open_file(c, err) && !read_head(&text, c, err)) {
		const struct bytes bytes = { text.ptr, text.len };

		ret = bundle_parse(&head, &bytes, &q->arena, err) ||
		      take_pack(q, c, err) ||
		      write_refs(q, &head, err) ||
		      store_open(&q->store, q->dir, err) ? -1 : 0;
	}
	buf_release(&text);
	return ret;
}

int bundle_open(struct store **out, const char *path, const char *dir,
		const volatile int *cancelled, struct err *err)
{
	struct quarantine q = { .dir = dir };
	struct coming c = { .fd = -1, .path = path, .cancelled = cancelled };
	int ret = take(&q, &c, err);

	if (c.fd >= 0)
		close(c.fd);
	free(c.chunk);
	arena_release(&q.arena);
	if (ret)
		return err_wrap(err, "%s", path);
	*out = q.store;
	return 0;
}
