/*
 * Files: read with a limit, written whole or not at all.
 */
#include "config.h"

#include "ss/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/arena.h"
#include "ss/fault.h"
#include "ss/hash.h"

#define CHUNK 65536

/* Where the bytes of a file go, piece by piece. */
struct sink {
	struct buf *b;		/* NULL: into the hash */
	struct sha256 *h;
	size_t limit;
};

static int read_all(struct sink *to, int fd, const char *path,
		    struct err *err)
{
	char *chunk = xmalloc(CHUNK);
	size_t total = 0;
	int ret = -1;

	for (;;) {
		ssize_t n = read(fd, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(err, "cannot read '%s'", path);
			break;
		}
		if (!n) {
			ret = 0;
			break;
		}
		total += (size_t)n;
		if (total > to->limit) {
			err_set(err, ERR_IO, "'%s' is larger than %zu bytes",
				path, to->limit);
			break;
		}
		if (to->b)
			buf_add(to->b, chunk, (size_t)n);
		else
			sha256_add(to->h, chunk, (size_t)n);
	}
	free(chunk);
	return ret;
}

/* 1 read, 0 there is no such file, -1 */
static int read_path(struct sink *to, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0) {
		ret = errno == ENOENT || errno == ENOTDIR ? 0 : -1;
		err_errno(err, "cannot open '%s'", path);
		return ret;
	}
	if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
		close(fd);
		err_set(err, ERR_IO, "'%s' is not a file", path);
		return 0;
	}
	ret = read_all(to, fd, path, err);
	close(fd);
	return ret ? -1 : 1;
}

int file_read(struct buf *b, const char *path, size_t limit, struct err *err)
{
	struct sink to = { .b = b, .limit = limit };

	if (!strcmp(path, "-"))
		return read_all(&to, STDIN_FILENO, "standard input", err);
	return read_path(&to, path, err) > 0 ? 0 : -1;
}

int file_read_if(struct buf *b, const char *path, size_t limit,
		 struct err *err)
{
	struct sink to = { .b = b, .limit = limit };
	struct err absent = ERR_INIT;
	int ret = read_path(&to, path, &absent);

	if (ret < 0)
		*err = absent;
	return ret;
}

int file_sha256(unsigned char out[SHA256_LEN], const char *path,
		struct err *err)
{
	struct sha256 h;
	struct sink to = { .h = &h, .limit = SIZE_MAX };

	sha256_start(&h);
	if (read_path(&to, path, err) <= 0)
		return -1;
	sha256_end(&h, out);
	return 0;
}

bool file_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

bool is_symlink(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

bool dir_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int dir_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return err_errno(err, "cannot open folder '%s'", path);
	/* Some file systems cannot sync a folder; then there is nothing to
	 * be done about it. */
	if (fsync(fd) && errno != EINVAL && errno != EROFS)
		ret = err_errno(err, "cannot sync folder '%s'", path);
	close(fd);
	return ret;
}

static int sync_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct buf dir = BUF_INIT;
	int ret;

	if (!slash)
		return dir_sync(".", err);
	buf_add(&dir, path, slash == path ? 1 : (size_t)(slash - path));
	ret = dir_sync(dir.ptr, err);
	buf_release(&dir);
	return ret;
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

struct putting {
	const char *path;
	const char *temp;	/* the temporary file's name begins so; NULL:
				 * as the file's own */
	const struct bytes *data;
	bool replace;
	bool secret;		/* nobody else ever reads it */
	file_fill_fn fill;	/* instead of data */
	void *ctx;
};

/* A new file beside it.  Not mkstemp(), whose files only their owner may read:
 * to widen that takes the umask, which cannot be read without setting it for
 * every thread of the process. */
static int open_temp(struct buf *tmp, const struct putting *p)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	const char *slash = strrchr(p->path, '/');
	unsigned char salt[4];
	char hex[2 * sizeof(salt) + 1];
	int fd;

	do {
		random_bytes(salt, sizeof(salt));
		hex_encode(hex, salt, sizeof(salt));
		buf_truncate(tmp, 0);
		if (p->temp)
			buf_addf(tmp, "%.*s%s%s", slash ? (int)(slash + 1 -
				 p->path) : 0, p->path, p->temp, hex);
		else
			buf_addf(tmp, "%s.%s", p->path, hex);
		fd = open(tmp->ptr, flags, p->secret ? 0600 : 0666);
	} while (fd < 0 && errno == EEXIST);
	return fd;
}

/* A temporary file beside it, written and synced, with the mode of the file
 * that it will replace. */
static int write_temp(struct buf *tmp, const struct putting *p,
		      struct err *err)
{
	int fd = open_temp(tmp, p);
	struct stat st;
	int ret = -1;

	if (fd < 0) {
		buf_truncate(tmp, 0);
		return err_errno(err, "cannot write '%s'", p->path);
	}
	if (fault("file.write", err))
		goto out;
	if ((!p->secret && !stat(p->path, &st) &&
	     fchmod(fd, st.st_mode & 07777)) ||
	    (!p->fill && write_all(fd, p->data->ptr, p->data->len))) {
		err_errno(err, "cannot write '%s'", p->path);
		goto out;
	}
	if (p->fill && p->fill(p->ctx, fd, err))
		goto out;
	if (fault("file.fsync", err))
		goto out;
	if (fsync(fd)) {
		err_errno(err, "cannot sync '%s'", p->path);
		goto out;
	}
	ret = 0;
out:
	close(fd);
	return ret;
}

static int put_file(const struct putting *p, struct err *err)
{
	struct buf tmp = BUF_INIT;
	int ret = -1;

	if (write_temp(&tmp, p, err) || fault("file.rename", err))
		goto out;
	if (p->replace) {
		if (rename(tmp.ptr, p->path)) {
			err_errno(err, "cannot write '%s'", p->path);
			goto out;
		}
	} else if (link(tmp.ptr, p->path)) {
		if (errno == EEXIST)
			err_set(err, ERR_REFUSED, "'%s' is there already",
				p->path);
		else
			err_errno(err, "cannot write '%s'", p->path);
		goto out;
	}
	ret = sync_parent(p->path, err);
out:
	if (tmp.len && (ret || !p->replace))
		unlink(tmp.ptr);
	buf_release(&tmp);
	return ret;
}

int file_write(const char *path, const void *data, size_t n, struct err *err)
{
	/* A link to a file goes on being one. */
	char *real = is_symlink(path) ? realpath(path, NULL) : NULL;
	struct bytes b = { data, n };
	struct putting p = { .path = real ? real : path, .data = &b,
			     .replace = true };
	int ret = put_file(&p, err);

	free(real);
	return ret;
}

int file_write_by(const char *path, const char *temp, const struct bytes *data,
		  struct err *err)
{
	struct putting p = { .path = path, .temp = temp, .data = data,
			     .replace = true };

	return put_file(&p, err);
}

int file_write_with(const char *path, file_fill_fn fill, void *ctx,
		    struct err *err)
{
	struct putting p = { .path = path, .replace = true, .fill = fill,
			     .ctx = ctx };

	return put_file(&p, err);
}

int file_create(const char *path, const void *data, size_t n, struct err *err)
{
	struct bytes b = { data, n };
	struct putting p = { .path = path, .data = &b };

	return put_file(&p, err);
}

int file_create_secret(const char *path, const void *data, size_t n,
		       struct err *err)
{
	struct bytes b = { data, n };
	struct putting p = { .path = path, .data = &b, .secret = true };

	return put_file(&p, err);
}

int file_write_secret(const char *path, const void *data, size_t n,
		      struct err *err)
{
	struct bytes b = { data, n };
	struct putting p = { .path = path, .data = &b,
			     .replace = true, .secret = true };

	return put_file(&p, err);
}

static int make_folders(const char *path, mode_t mode, struct err *err)
{
	struct buf b = BUF_INIT;
	int ret = 0;

	for (const char *p = path; !ret && *p; p++) {
		buf_addch(&b, *p);
		if (p[1] && p[1] != '/')
			continue;
		if (mkdir(b.ptr, mode) && errno != EEXIST)
			ret = err_errno(err, "cannot make folder '%s'", b.ptr);
	}
	if (!ret && !dir_exists(path))
		ret = err_set(err, ERR_IO, "'%s' is not a folder", path);
	buf_release(&b);
	return ret;
}

int dir_make(const char *path, struct err *err)
{
	return make_folders(path, 0777, err);
}

/* A link, or what is somebody else's, is not what we have written. */
int file_read_own(struct buf *b, const char *path, size_t limit,
		  struct err *err)
{
	struct stat st;

	if (!lstat(path, &st) && (!S_ISREG(st.st_mode) ||
				  st.st_uid != geteuid() || st.st_mode & 077))
		return err_set(err, ERR_REFUSED, "'%s' is not a file that its "
			       "owner alone can read and change", path);
	return file_read_if(b, path, limit, err);
}

int file_write_own(const char *path, const void *data, size_t n,
		   struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct buf dir = BUF_INIT;
	int ret = 0;

	if (slash && slash > path) {
		buf_add(&dir, path, (size_t)(slash - path));
		ret = make_folders(dir.ptr, 0700, err);
	}
	buf_release(&dir);
	return ret ? -1 : file_write_secret(path, data, n, err);
}

static int cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int dir_list(struct list *out, const char *path, struct arena *a,
	     struct err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return err_errno(err, "cannot open folder '%s'", path);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			list_add(a, out, arena_strdup(a, e->d_name));
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), cmp_names);
	return 0;
}

char *path_join(struct arena *a, const char *dir, const char *name)
{
	if (*name == '/' || !strcmp(dir, "."))
		return arena_strdup(a, name);
	return arena_printf(a, "%s/%s", dir, name);
}
