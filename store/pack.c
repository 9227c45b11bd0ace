/*
 * Many objects at once: compressed one after the other into a nameless file,
 * and, when their number is known, sent through libgit2's indexer, which
 * checks and names the pack.
 *
 *	"PACK" version count { type+length [base] deflated } sha1
 */
#include "config.h"

#include "store/odb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "ss/fault.h"
#include "ss/file.h"

#define CHUNK 65536
#define PACK_HEAD 12
#define OFS_DELTA 6

struct pack_writer {
	char *dir;
	int fd;
	uint32_t count;
	uint64_t written;
	z_stream z;
	bool z_open;
	struct buf out;		/* not yet in the file */
	struct buf other;	/* an entry that may be shorter */
};

int pack_open_in(struct pack_writer **out, const char *folder, struct err *err)
{
	struct pack_writer *w = xmalloc(sizeof(*w));
	struct buf path = BUF_INIT, empty = BUF_INIT;
	int ret = -1;

	memset(w, 0, sizeof(*w));
	w->out = w->other = empty;
	buf_addf(&path, "%s/tmp_XXXXXX", folder);
	w->fd = mkostemp(path.ptr, O_CLOEXEC);
	if (w->fd < 0) {
		err_errno(err, "cannot write in '%s'", folder);
		goto out;
	}
	unlink(path.ptr);
	if (deflateInit(&w->z, Z_DEFAULT_COMPRESSION) != Z_OK)
		abort();
	w->z_open = true;
	*out = w;
	ret = 0;
out:
	if (ret)
		pack_close(w);
	buf_release(&path);
	return ret;
}

int pack_open(struct pack_writer **out, const char *dir, struct err *err)
{
	struct buf folder = BUF_INIT;
	int ret;

	buf_addf(&folder, "%s/objects/pack", dir);
	ret = dir_make(folder.ptr, err) || pack_open_in(out, folder.ptr, err) ?
	      -1 : 0;
	if (!ret)
		(*out)->dir = xstrdup(dir);
	buf_release(&folder);
	return ret;
}

static int flush_out(struct pack_writer *w, struct err *err)
{
	size_t done = 0;

	while (done < w->out.len) {
		ssize_t n = write(w->fd, w->out.ptr + done, w->out.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "cannot write a pack");
		done += (size_t)n;
	}
	w->written += w->out.len;
	buf_truncate(&w->out, 0);
	return 0;
}

/* type and length: 3 and 4 bits, then 7 bits a byte, lowest first */
static void add_head(struct buf *b, unsigned type, size_t n)
{
	unsigned char c = (unsigned char)(type << 4 | (n & 15));

	for (n >>= 4; n; n >>= 7) {
		buf_addch(b, (char)(c | 0x80));
		c = n & 0x7f;
	}
	buf_addch(b, (char)c);
}

/* How far back a base stands: 7 bits a byte, highest first, each byte but the
 * last being one more than it says. */
static void add_back(struct buf *b, uint64_t back)
{
	char bytes[10];
	size_t i = sizeof(bytes);

	bytes[--i] = (char)(back & 0x7f);
	while (back >>= 7)
		bytes[--i] = (char)(0x80 | (--back & 0x7f));
	buf_add(b, bytes + i, sizeof(bytes) - i);
}

static void add_deflated(struct buf *b, struct pack_writer *w,
			 const struct bytes *data)
{
	char room[16384];
	int code;

	deflateReset(&w->z);
	w->z.next_in = (Bytef *)data->ptr;
	w->z.avail_in = (uInt)data->len;
	do {
		w->z.next_out = (Bytef *)room;
		w->z.avail_out = sizeof(room);
		code = deflate(&w->z, Z_FINISH);
		buf_add(b, room, sizeof(room) - w->z.avail_out);
	} while (code == Z_OK);
}

int pack_add(struct pack_writer *w, enum object_type type,
	     const struct bytes *data, struct err *err)
{
	if (fault("pack.write", err))
		return -1;
	add_head(&w->out, type, data->len);
	add_deflated(&w->out, w, data);
	w->count++;
	return w->out.len > CHUNK ? flush_out(w, err) : 0;
}

uint64_t pack_offset(const struct pack_writer *w)
{
	return PACK_HEAD + w->written + w->out.len;
}

int pack_add_delta(struct pack_writer *w, enum object_type type,
		   const struct bytes *data, uint64_t base,
		   const struct bytes *delta, struct err *err)
{
	uint64_t back = pack_offset(w) - base;
	size_t start = w->out.len;

	if (fault("pack.write", err))
		return -1;
	add_head(&w->out, OFS_DELTA, delta->len);
	add_back(&w->out, back);
	add_deflated(&w->out, w, delta);
	if (delta->len > data->len / 2) {
		buf_truncate(&w->other, 0);
		add_head(&w->other, type, data->len);
		add_deflated(&w->other, w, data);
		if (w->other.len <= w->out.len - start) {
			buf_truncate(&w->out, start);
			buf_add(&w->out, w->other.ptr, w->other.len);
		}
	}
	w->count++;
	return w->out.len > CHUNK ? flush_out(w, err) : 0;
}

/* What is to be sent goes by here, and is summed up. */
struct sending {
	pack_sink fn;
	void *ctx;
	struct sha1 h;
	struct err *err;
};

static int send(struct sending *to, const void *p, size_t n)
{
	sha1_add(&to->h, p, n);
	return to->fn(to->ctx, p, n, to->err);
}

static int send_file(struct sending *to, struct pack_writer *w)
{
	char *chunk = xmalloc(CHUNK);
	off_t at = 0;
	ssize_t n;
	int ret = 0;

	while (!ret && (n = pread(w->fd, chunk, CHUNK, at)) > 0) {
		ret = send(to, chunk, (size_t)n);
		at += n;
	}
	if (!ret && (uint64_t)at != w->written)
		ret = err_set(to->err, ERR_IO, "cannot read a pack");
	free(chunk);
	return ret;
}

int pack_send(struct pack_writer *w, pack_sink fn, void *ctx, struct err *err)
{
	unsigned char head[PACK_HEAD] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };
	struct sending to = { .fn = fn, .ctx = ctx, .err = err };
	unsigned char sum[SHA1_LEN];

	for (int i = 0; i < 4; i++)
		head[8 + i] = (unsigned char)(w->count >> (24 - 8 * i));
	sha1_start(&to.h);
	if (flush_out(w, err) || send(&to, head, sizeof(head)) ||
	    send_file(&to, w))
		return -1;
	sha1_end(&to.h, sum);
	return fn(ctx, sum, sizeof(sum), err);
}

static int to_index(void *ctx, const void *p, size_t n, struct err *err)
{
	return index_add(ctx, p, n, err);
}

int pack_finish(struct pack_writer *w, char name[OID_HEX], struct err *err)
{
	struct git_index *ix = NULL;
	int ret;

	if (!w->count)
		return 0;
	ret = index_open(&ix, w->dir, err);
	if (!ret) {
		ret = pack_send(w, to_index, ix, err) ||
		      index_finish(ix, name, err) ? -1 : 0;
		/* It is our own pack. */
		if (ret)
			err->code = ERR_IO;
	}
	index_close(ix);
	return ret;
}

void pack_close(struct pack_writer *w)
{
	if (!w)
		return;
	if (w->z_open)
		deflateEnd(&w->z);
	if (w->fd >= 0)
		close(w->fd);
	buf_release(&w->out);
	buf_release(&w->other);
	free(w->dir);
	free(w);
}
