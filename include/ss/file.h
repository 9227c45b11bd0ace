/*
 * Files, safely: read with a limit, written whole or not at all.
 */
#ifndef SS_FILE_H
#define SS_FILE_H

#include "ss/buf.h"
#include "ss/err.h"
#include "ss/hash.h"

/*
 * Append the whole of a regular file (or, where path is "-", of standard
 * input) to b; more than limit bytes is an error.
 */
int file_read(struct buf *b, const char *path, size_t limit, struct err *err)
	MUST_CHECK;
/* The same of what may be absent: 1 read, 0 there is no such file, -1. */
int file_read_if(struct buf *b, const char *path, size_t limit,
		 struct err *err) MUST_CHECK;
/* Of a file that is not kept: only a piece of it is in memory at a time. */
int file_sha256(unsigned char out[SHA256_LEN], const char *path,
		struct err *err) MUST_CHECK;
/*
 * What we alone keep: 1 read, 0 there is no such file, -1; ERR_REFUSED where
 * others can read or change it.  Written as file_write() does, with mode 0600
 * from its first byte on; folders that it takes are made with mode 0700.
 */
int file_read_own(struct buf *b, const char *path, size_t limit,
		  struct err *err) MUST_CHECK;
int file_write_own(const char *path, const void *data, size_t n,
		   struct err *err) MUST_CHECK;
bool file_exists(const char *path);
bool dir_exists(const char *path);
bool is_symlink(const char *path);

/*
 * Write path anew: a temporary file beside it, fsync, rename, fsync of the
 * folder.  A crash leaves the old file or the new one, whose mode stays; a
 * symbolic link is followed.  Fault points: file.write, file.fsync,
 * file.rename.
 */
int file_write(const char *path, const void *data, size_t n, struct err *err)
	MUST_CHECK;
/* The same; the temporary file's name begins with `temp`. */
int file_write_by(const char *path, const char *temp, const struct bytes *data,
		  struct err *err) MUST_CHECK;
/* The same of what is more than fits into memory: fill writes it. */
typedef int (*file_fill_fn)(void *ctx, int fd, struct err *err);
int file_write_with(const char *path, file_fill_fn fill, void *ctx,
		    struct err *err) MUST_CHECK;
/* The same, but what is there already is never replaced: ERR_REFUSED. */
int file_create(const char *path, const void *data, size_t n, struct err *err)
	MUST_CHECK;
/* The same, with mode 0600 from its first byte on. */
int file_create_secret(const char *path, const void *data, size_t n,
		       struct err *err) MUST_CHECK;
/* It takes the place of what is there, whatever that is, as file_write(). */
int file_write_secret(const char *path, const void *data, size_t n,
		      struct err *err) MUST_CHECK;
int dir_make(const char *path, struct err *err) MUST_CHECK;	/* mkdir -p */
int dir_sync(const char *path, struct err *err) MUST_CHECK;

/* The names in a folder, sorted by bytes, without dot files. */
struct arena;
int dir_list(struct list *out, const char *path, struct arena *a,
	     struct err *err) MUST_CHECK;

/* "dir/name", or name alone where dir is "." or name is absolute. */
char *path_join(struct arena *a, const char *dir, const char *name);

#endif
