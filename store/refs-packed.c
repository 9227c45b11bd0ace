/*
 * Refs that git has gathered in one file (git pack-refs, git gc).
 *
 *	packed-refs = { "#" comment LF | id " " name LF [ "^" id LF ] }
 *
 * The line with ^ says what the tag above it leads to.
 */
#include "config.h"

#include "store/packed.h"

#include <stdio.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/store.h"

#define PACKED_MAX (64u << 20)
#define ID (2 * SHA1_LEN)

struct reading {
	struct buf text;	/* each line ends in a NUL once it is read */
	size_t at;		/* the next line */
	unsigned line;
	struct ref ref;
	size_t begin;		/* where the ref's line begins */
};

static int damaged(const struct reading *r, struct err *err)
{
	err_set(err, ERR_DAMAGED, "'packed-refs' is damaged in line %u",
		r->line);
	return err_hint(err, "remove the line, or take the file from another "
			"copy of the store");
}

static int open_packed(struct reading *r, struct store *s, struct err *err)
{
	struct buf path = BUF_INIT, empty = BUF_INIT;
	int ret;

	memset(r, 0, sizeof(*r));
	r->text = empty;
	buf_addf(&path, "%s/packed-refs", store_dir(s));
	ret = file_read_if(&r->text, path.ptr, PACKED_MAX, err);
	buf_release(&path);
	return ret < 0 ? -1 : 0;
}

/* The next line, without its end; NULL where the file ends within it. */
static char *next_line(struct reading *r, size_t *len)
{
	char *line = r->text.ptr + r->at;
	char *nl = memchr(line, '\n', r->text.len - r->at);

	r->line++;
	if (!nl || memchr(line, '\0', (size_t)(nl - line)))
		return NULL;
	*nl = '\0';
	*len = (size_t)(nl - line);
	r->at += *len + 1;
	return line;
}

/* 1 and r->ref, 0 at the end, -1 */
static int next_ref(struct reading *r, struct err *err)
{
	bool after_ref = r->ref.name;

	while (r->at < r->text.len) {
		size_t begin = r->at, len;
		char *line = next_line(r, &len);
		struct oid peeled;

		if (!line)
			return damaged(r, err);
		if (*line == '#')
			continue;
		if (*line == '^' && after_ref &&
		    !oid_parse(&peeled, line + 1)) {
			after_ref = false;
			continue;
		}
		if (len < ID + 2 || line[ID] != ' ')
			return damaged(r, err);
		line[ID] = '\0';
		r->begin = begin;
		r->ref.name = line + ID + 1;
		if (oid_parse(&r->ref.oid, line) ||
		    !ref_name_valid(r->ref.name))
			return damaged(r, err);
		return 1;
	}
	return 0;
}

int packed_each(struct store *s, packed_fn fn, void *ctx, struct err *err)
{
	struct reading r;
	int ret = open_packed(&r, s, err);

	while (!ret && (ret = next_ref(&r, err)) > 0)
		ret = fn(ctx, &r.ref);
	buf_release(&r.text);
	return ret < 0 ? -1 : 0;
}

/* The text without the ref's lines: 1, 0 it has none, -1 */
static int text_without(struct buf *out, struct store *s, const char *name,
			struct err *err)
{
	struct buf whole = BUF_INIT;
	struct reading r;
	size_t begin;
	int ret = open_packed(&r, s, err);

	buf_add(&whole, r.text.ptr, r.text.len);
	while (!ret && (ret = next_ref(&r, err)) > 0)
		ret = !strcmp(r.ref.name, name);
	if (ret > 0) {
		begin = r.begin;
		ret = next_ref(&r, err) < 0 ? -1 : 1;
		if (ret > 0) {
			buf_add(out, whole.ptr, begin);
			begin = r.begin > begin ? r.begin : r.at;
			buf_add(out, whole.ptr + begin, whole.len - begin);
		}
	}
	buf_release(&whole);
	buf_release(&r.text);
	return ret;
}

int packed_drop(struct store *s, const char *name, struct err *err)
{
	struct buf path = BUF_INIT, lock = BUF_INIT, text = BUF_INIT;
	int fd, found, ret = -1;
	struct bytes bytes;

	buf_addf(&path, "%s/packed-refs", store_dir(s));
	buf_addf(&lock, "%s.lock", path.ptr);
	fd = lock_open(s, lock.ptr, err);
	if (fd < 0)
		goto out;
	found = text_without(&text, s, name, err);
	bytes.ptr = text.ptr;
	bytes.len = text.len;
	if (lock_write(fd, lock.ptr, &bytes, err))
		goto out;
	if (found > 0 && rename(lock.ptr, path.ptr)) {
		err_errno(err, "cannot write '%s'", path.ptr);
		found = -1;
	}
	if (found <= 0)
		unlink(lock.ptr);
	ret = found > 0 ? dir_sync(store_dir(s), err) : found;
out:
	buf_release(&path);
	buf_release(&lock);
	buf_release(&text);
	return ret;
}
