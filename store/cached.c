/*
 * The cache of verified signatures.
 */
#include "config.h"

#include "store/cached.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/file.h"

#include "store/ed25519.h"

#define FILE_MOST (1u << 30)

struct cached {
	struct arena arena;
	warn_fn warn;
	const char *cache, *folder, *path;
	const char *state, *key_path;
	struct buf head;	/* as it has to be */
	struct buf file;	/* all of it, or nothing */
	size_t n;		/* ids in it */
};

/* ---- files that are ours alone ------------------------------------------- */

/* NULL, or what is wrong with it. */
static const char *check_private(const struct stat *st, mode_t type,
				 mode_t others)
{
	if ((st->st_mode & S_IFMT) != type)
		return type == S_IFDIR ? "it is no folder" :
		       "it is no regular file";
	if (st->st_uid != geteuid())
		return "it is somebody else's";
	return st->st_mode & others ? "others may read or write it" : NULL;
}

/* 1 read, 0 it is not there, -1 and why it is not read */
static int read_private(struct buf *out, const char **why, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t got = 0;

	if (fd < 0) {
		*why = errno == ELOOP ? "it is a symbolic link" :
		       "it cannot be read";
		return errno == ENOENT ? 0 : -1;
	}
	*why = fstat(fd, &st) ? "it cannot be read" :
	       check_private(&st, S_IFREG, 077);
	if (!*why && st.st_size > FILE_MOST)
		*why = "it is too long";
	if (!*why) {
		buf_room(out, (size_t)st.st_size);
		while (out->len < (size_t)st.st_size &&
		       (got = read(fd, out->ptr + out->len, (size_t)st.st_size -
				   out->len)) > 0)
			out->len += (size_t)got;
		if (out->len < (size_t)st.st_size)
			*why = "it cannot be read";
	}
	close(fd);
	return *why ? -1 : 1;
}

/* 1 it is ours, 0 it is not there, -1 and why it is not to be trusted */
static int check_folder(const char *path, mode_t others, const char **why)
{
	struct stat st;

	if (lstat(path, &st)) {
		*why = "it cannot be read";
		return errno == ENOENT ? 0 : -1;
	}
	*why = check_private(&st, S_IFDIR, others);
	return *why ? -1 : 1;
}

static void warn(const struct cached *c, const char *what, const char *path,
		 const char *why)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s: '%s': %s", what, path, why);
	if (c->warn)
		c->warn(b.ptr);
	buf_release(&b);
}

/* ---- where they are ------------------------------------------------------ */

/* NULL: nowhere. */
static const char *base_folder(struct arena *a, const char *named,
			       const char *below_home)
{
	const char *home = getenv("HOME");

	if (named && *named == '/')
		return arena_printf(a, "%s/schemastore", named);
	return home && *home == '/' ?
	       arena_printf(a, "%s/%s/schemastore", home, below_home) : NULL;
}

static bool find_places(struct cached *c, const struct strong_id *project)
{
	struct arena *a = &c->arena;
	char hex[SHA256_HEX];

	c->cache = base_folder(a, getenv("XDG_CACHE_HOME"), ".cache");
	c->state = base_folder(a, getenv("XDG_STATE_HOME"), ".local/state");
	if (!c->cache || !c->state)
		return false;
	hex_encode(hex, project->b, SHA256_LEN);
	c->folder = arena_printf(a, "%s/%s", c->cache, hex);
	c->path = arena_printf(a, "%s/verified", c->folder);
	c->key_path = arena_printf(a, "%s/cache-key", c->state);
	buf_addf(&c->head, "schemastore verified 1\nbuild %s\nproject %s\n",
		 PACKAGE_VERSION, hex);
	return true;
}

/* ---- reading ------------------------------------------------------------- */

/* 1 and the key, 0 there is none, -1 and why it is none */
static int read_key(unsigned char key[MAC_KEY], const struct cached *c,
		    const char **why)
{
	struct buf b = BUF_INIT;
	int ret = read_private(&b, why, c->key_path);

	if (ret > 0 && b.len != MAC_KEY) {
		*why = "it is no key";
		ret = -1;
	}
	if (ret > 0)
		memcpy(key, b.ptr, MAC_KEY);
	buf_release(&b);
	return ret;
}

/* NULL, or what is wrong with the file. */
static const char *check_file(struct cached *c, const unsigned char *key)
{
	size_t whole = c->file.len, head = c->head.len;
	unsigned char mac[MAC_LEN];
	struct err none = ERR_INIT;

	if (whole < head + MAC_LEN ||
	    memcmp(c->file.ptr, c->head.ptr, head) ||
	    (whole - head - MAC_LEN) % SHA256_LEN)
		return "it is of another form, version or project";
	if (mac_make(mac, c->file.ptr, whole - MAC_LEN, key, &none))
		return "libsodium is missing";
	if (!mac_equal(mac, (unsigned char *)c->file.ptr + whole - MAC_LEN))
		return "its sum is not one of its bytes";
	c->n = (whole - head - MAC_LEN) / SHA256_LEN;
	return NULL;
}

static void read_file(struct cached *c)
{
	unsigned char key[MAC_KEY];
	const char *at = c->folder, *why = NULL;
	int ret = check_folder(at, 077, &why);

	if (ret > 0) {
		at = c->path;
		ret = read_private(&c->file, &why, at);
	}
	if (ret > 0) {
		at = c->key_path;
		ret = read_key(key, c, &why);
		if (!ret) {
			why = "it is not there";
			ret = -1;
		}
	}
	if (ret > 0) {
		at = c->path;
		why = check_file(c, key);
		ret = why ? -1 : 1;
	}
	if (ret < 0)
		warn(c, "what was verified before is not used", at, why);
	if (ret <= 0)
		buf_truncate(&c->file, 0);
}

struct cached *cached_open(const struct strong_id *project, warn_fn warn_)
{
	struct cached *c = xmalloc(sizeof(*c));

	memset(c, 0, sizeof(*c));
	c->warn = warn_;
	c->head = c->file = (struct buf)BUF_INIT;
	if (find_places(c, project))
		read_file(c);
	return c;
}

static int cmp_ids(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_LEN);
}

bool cached_has(const struct cached *c, const struct strong_id *id)
{
	return c && c->n && bsearch(id, c->file.ptr + c->head.len, c->n,
				    SHA256_LEN, cmp_ids);
}

/* ---- writing ------------------------------------------------------------- */

/* A folder that nobody else writes to.  One that is ours, and was opened to
 * others, is closed again. */
static int make_folder(const char *path, mode_t others, const char **why)
{
	int ret;

	if (mkdir(path, 0700) && errno != EEXIST) {
		*why = "it cannot be made";
		return -1;
	}
	ret = check_folder(path, others, why);
	if (ret < 0 && check_folder(path, 0, why) > 0 && !chmod(path, 0700))
		ret = check_folder(path, others, why);
	return ret > 0 ? 0 : -1;
}

static int make_folders(struct cached *c, const char **at, const char **why)
{
	const struct {
		const char *path;
		mode_t others;	/* may not */
	} v[] = { { c->cache, 022 }, { c->folder, 077 }, { c->state, 022 } };

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		const char *above = arena_strndup(&c->arena, v[i].path, (size_t)
			(strrchr(v[i].path, '/') - v[i].path));
		struct err none = ERR_INIT;

		*at = v[i].path;
		*why = "it cannot be made";
		if (dir_make(above, &none) ||
		    make_folder(v[i].path, v[i].others, why))
			return -1;
	}
	return 0;
}

/* The key that there is, or a new one, where there is none that is good; one of
 * another process that makes one now counts as well. */
static int need_key(unsigned char key[MAC_KEY], const struct cached *c,
		    const char **why)
{
	struct err err = ERR_INIT;
	int ret = read_key(key, c, why);

	if (ret > 0)
		return 0;
	if (ret < 0 && unlink(c->key_path) && errno != ENOENT)
		return -1;
	random_bytes(key, MAC_KEY);
	if (!file_create_secret(c->key_path, key, MAC_KEY, &err))
		return 0;
	*why = "it cannot be written";
	return err.code == ERR_REFUSED && read_key(key, c, why) > 0 ? 0 : -1;
}

static int write_file(const struct cached *c, const struct strong_id *v,
		      size_t n, const char **at, const char **why)
{
	unsigned char key[MAC_KEY], mac[MAC_LEN];
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	int ret;

	*at = c->key_path;
	if (need_key(key, c, why))
		return -1;
	buf_add(&b, c->head.ptr, c->head.len);
	buf_add(&b, v, n * sizeof(*v));
	ret = mac_make(mac, b.ptr, b.len, key, &err);
	buf_add(&b, mac, sizeof(mac));
	*at = c->path;
	*why = "it cannot be written";
	if (!ret)
		ret = file_write_secret(c->path, b.ptr, b.len, &err);
	buf_release(&b);
	return ret;
}

static size_t sort_ids(struct strong_id *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof(*v), cmp_ids);
	for (size_t i = 0; i < n; i++)
		if (!kept || cmp_ids(&v[kept - 1], &v[i]))
			v[kept++] = v[i];
	return kept;
}

void cached_save(struct cached *c, struct strong_id *v, size_t n)
{
	const char *at, *why;
	bool known = true;

	if (!c->path)
		return;
	n = sort_ids(v, n);
	for (size_t i = 0; i < n && known; i++)
		known = cached_has(c, &v[i]);
	if (!known && (make_folders(c, &at, &why) ||
		       write_file(c, v, n, &at, &why)))
		warn(c, "what was verified is not remembered", at, why);
}

void cached_close(struct cached *c)
{
	if (!c)
		return;
	buf_release(&c->head);
	buf_release(&c->file);
	arena_release(&c->arena);
	free(c);
}
