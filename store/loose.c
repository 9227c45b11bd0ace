/*
 * Loose objects.  Read with bounds, by us: libgit2 1.5 hangs on a truncated
 * one and runs over on one that lies about its length.
 */
#include "config.h"

#include "store/odb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "ss/fault.h"
#include "ss/file.h"

#define HEAD_MAX 32
#define TRIES 5

static void loose_path(struct buf *b, const char *dir, const struct oid *id)
{
	char hex[OID_HEX];

	oid_hex(hex, id);
	buf_addf(b, "%s/objects/%.2s/%s", dir, hex, hex + 2);
}

static int damaged(struct err *err, const char *path, const char *what)
{
	err_set(err, ERR_DAMAGED, "object '%s' is damaged: %s", path, what);
	return err_hint(err, HINT_HEAL);
}

/* The compressed bytes; 1, 0 where there is no such file, -1. */
static int read_file(struct buf *b, const char *path, struct err *err)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(path, flags);
	struct stat st;
	ssize_t n = -1;
	char *room;

	if (fd < 0 && errno == ELOOP)
		return damaged(err, path, "it is a symbolic link");
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		       err_errno(err, "cannot open object '%s'", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size > OBJECT_MAX) {
		close(fd);
		return damaged(err, path, "not a file, or too large");
	}
	room = xmalloc((size_t)st.st_size + 1);
	n = read(fd, room, (size_t)st.st_size);
	close(fd);
	if (n != st.st_size) {
		free(room);
		return damaged(err, path, "it cannot be read whole");
	}
	buf_add(b, room, (size_t)n);
	free(room);
	return 1;
}

/* head = type " " length NUL; the length's digits are canonical */
static int parse_head(const char *head, size_t n, enum object_type *type,
		      size_t *len, size_t *head_len)
{
	const char *nul = memchr(head, '\0', n);
	const char *blank = nul ? strchr(head, ' ') : NULL;
	uint64_t size;

	if (!blank || parse_u64(&size, blank + 1, OBJECT_MAX))
		return -1;
	for (*type = OBJECT_COMMIT; *type <= OBJECT_TAG; ++*type)
		if (strlen(object_types[*type]) == (size_t)(blank - head) &&
		    !memcmp(object_types[*type], head, (size_t)(blank - head)))
			break;
	*len = size;
	*head_len = (size_t)(nul - head) + 1;
	return *type <= OBJECT_TAG ? 0 : -1;
}

/* Inflate exactly what the header says, and nothing may follow. */
static const char *inflate_object(struct buf *out, enum object_type *type,
				  const struct buf *z)
{
	z_stream s = { .next_in = (Bytef *)z->ptr, .avail_in = (uInt)z->len };
	char head[HEAD_MAX], *body = NULL;
	const char *wrong = "its compressed data is broken or cut short";
	size_t len, head_len, have;
	int code;

	if (inflateInit(&s) != Z_OK)
		return "zlib cannot start";
	s.next_out = (Bytef *)head;
	s.avail_out = sizeof(head);
	code = inflate(&s, Z_SYNC_FLUSH);
	have = sizeof(head) - s.avail_out;
	if ((code != Z_OK && code != Z_STREAM_END) ||
	    parse_head(head, have, type, &len, &head_len))
		goto out;
	have -= head_len;
	body = xmalloc(len + 1);
	if (have > len) {
		wrong = "it is longer than it says";
		goto out;
	}
	memcpy(body, head + head_len, have);
	s.next_out = (Bytef *)body + have;
	s.avail_out = (uInt)(len - have) + 1;	/* one more: it must stay */
	if (code == Z_OK)
		code = inflate(&s, Z_FINISH);
	if (code != Z_STREAM_END || s.avail_out != 1 || s.avail_in)
		goto out;
	buf_add(out, body, len);
	wrong = NULL;
out:
	inflateEnd(&s);
	free(body);
	return wrong;
}

int loose_read(struct buf *out, enum object_type *type, const char *dir,
	       const struct oid *id, struct err *err)
{
	struct buf path = BUF_INIT, z = BUF_INIT;
	size_t start = out->len;
	const char *wrong;
	struct oid real;
	int ret;

	loose_path(&path, dir, id);
	ret = read_file(&z, path.ptr, err);
	if (ret <= 0)
		goto out;
	wrong = inflate_object(out, type, &z);
	if (!wrong) {
		object_name(&real, *type, out->ptr + start, out->len - start);
		if (!oid_equal(&real, id) &&
		    !fault_number("SS_COLLIDE", "sha1", 0))
			wrong = "its content has another name";
	}
	if (wrong)
		ret = damaged(err, path.ptr, wrong);
out:
	buf_release(&path);
	buf_release(&z);
	return ret;
}

bool loose_has(const char *dir, const struct oid *id)
{
	struct buf path = BUF_INIT;
	bool has;

	loose_path(&path, dir, id);
	has = file_exists(path.ptr);
	buf_release(&path);
	return has;
}

void loose_touch(const char *dir, const struct oid *id)
{
	struct buf path = BUF_INIT;

	loose_path(&path, dir, id);
	(void)!utimensat(AT_FDCWD, path.ptr, NULL, 0);
	buf_release(&path);
}

bool loose_folder(const char *dir, const struct oid *id)
{
	struct buf path = BUF_INIT;
	bool has;

	loose_path(&path, dir, id);
	*strrchr(path.ptr, '/') = '\0';
	has = dir_exists(path.ptr);
	buf_release(&path);
	return has;
}

static void deflate_object(struct buf *z, enum object_type type,
			   const void *p, size_t n)
{
	z_stream s = { 0 };
	char head[HEAD_MAX];
	int head_len = snprintf(head, sizeof(head), "%s %zu",
				object_types[type], n) + 1;
	size_t bound;
	char *room;

	if (deflateInit(&s, Z_DEFAULT_COMPRESSION) != Z_OK)
		abort();
	bound = deflateBound(&s, n + (size_t)head_len);
	room = xmalloc(bound);
	s.next_out = (Bytef *)room;
	s.avail_out = (uInt)bound;
	s.next_in = (Bytef *)head;
	s.avail_in = (uInt)head_len;
	deflate(&s, Z_NO_FLUSH);
	s.next_in = (Bytef *)p;
	s.avail_in = (uInt)n;
	if (deflate(&s, Z_FINISH) != Z_STREAM_END)
		abort();
	buf_add(z, room, bound - s.avail_out);
	deflateEnd(&s);
	free(room);
}

int loose_write(const char *dir, const struct oid *id, enum object_type type,
		const struct bytes *data, struct err *err)
{
	struct buf path = BUF_INIT, folder = BUF_INIT, z = BUF_INIT;
	struct bytes bytes;
	int ret = -1;

	loose_path(&path, dir, id);
	buf_add(&folder, path.ptr, (size_t)(strrchr(path.ptr, '/') - path.ptr));
	if (fault("object.write", err))
		goto out;
	deflate_object(&z, type, data->ptr, data->len);
	bytes.ptr = z.ptr;
	bytes.len = z.len;
	/* Git's gc removes folders that are empty, at any time. */
	for (int i = 0; ret && i < TRIES && !(i && dir_exists(folder.ptr)); i++)
		ret = dir_make(folder.ptr, err) ||
		      file_write_by(path.ptr, LOOSE_TEMP, &bytes, err) ? -1 : 0;
out:
	buf_release(&path);
	buf_release(&folder);
	buf_release(&z);
	return ret;
}

/* One of the 256 folders. */
static int each_in(struct arena *a, const char *sub, const char *prefix,
		   oid_fn fn, void *ctx)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;
	const char *two = sub + strlen(sub) - 2;
	int ret = 0;

	if (!dir_exists(sub) || dir_list(&names, sub, a, &none))
		return 0;
	for (size_t i = 0; i < names.n && !ret; i++) {
		char *hex = arena_printf(a, "%s%s", two, names.v[i]);
		struct oid id;

		if (str_starts(hex, prefix) && !oid_parse(&id, hex))
			ret = fn(ctx, &id);
	}
	return ret;
}

int loose_each(const char *dir, const char *prefix, oid_fn fn, void *ctx)
{
	struct arena a = ARENA_INIT;
	size_t n = strlen(prefix) < 2 ? strlen(prefix) : 2;
	int ret = 0;

	for (unsigned i = 0; i < 256 && !ret; i++) {
		char *sub = arena_printf(&a, "%s/objects/%02x", dir, i);

		if (!strncmp(sub + strlen(sub) - 2, prefix, n))
			ret = each_in(&a, sub, prefix, fn, ctx);
	}
	arena_release(&a);
	return ret;
}
