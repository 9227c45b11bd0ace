/*
 * What the fuzz targets share, without a database.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void fuzz_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("fuzz: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

void fuzz_same(const char *what, const struct bytes *a, const struct bytes *b)
{
	if (a->len == b->len && (!a->len || !memcmp(a->ptr, b->ptr, a->len)))
		return;
	fuzz_fail("%s is another:\n%.*s\n---\n%.*s", what, (int)a->len, a->ptr,
		  (int)b->len, b->ptr);
}

struct bytes fuzz_bytes(const struct buf *b)
{
	struct bytes bytes = { b->ptr, b->len };

	return bytes;
}

struct bytes fuzz_part(struct bytes *rest)
{
	const char *nul = rest->len ? memchr(rest->ptr, '\0', rest->len) :
			  NULL;
	struct bytes part = *rest;

	if (!nul) {
		rest->ptr += rest->len;
		rest->len = 0;
		return part;
	}
	part.len = (size_t)(nul - rest->ptr);
	rest->ptr += part.len + 1;
	rest->len -= part.len + 1;
	return part;
}

char *fuzz_string(struct arena *a, struct bytes *rest)
{
	struct bytes part = fuzz_part(rest);

	return arena_strndup(a, part.ptr, part.len);
}

unsigned fuzz_byte(struct bytes *rest)
{
	if (!rest->len)
		return 0;
	rest->len--;
	return (unsigned char)*rest->ptr++;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_dir(void)
{
	nftw(fuzz_dir(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_dir(void)
{
	static char dir[4096];
	const char *tmp = getenv("TMPDIR");

	if (*dir)
		return dir;
	snprintf(dir, sizeof(dir), "%s/ss-fuzz.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		fuzz_fail("cannot make '%s'", dir);
	atexit(remove_dir);
	return dir;
}

void fuzz_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		fuzz_fail("cannot write '%s'", path);
}

bool fuzz_schema(struct schema *out, struct bytes *rest, struct arena *a)
{
	struct err err = ERR_INIT;
	struct bytes part;
	struct node *n;

	schema_init(out, engine_sqlite.spelling, a);
	for (part = fuzz_part(rest); part.len; part = fuzz_part(rest)) {
		if (node_decode(&n, engine_sqlite.spelling,
				part.ptr, part.len, a, &err))
			return false;
		schema_add(out, n);
	}
	return !schema_seal(out, &err);
}
