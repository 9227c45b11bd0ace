/*
 * What the fuzz targets share.
 *
 * A target is one file, NAME.c, with one LLVMFuzzerTestOneInput().  Beside
 * not crashing it demands a property: what was read is written again, and
 * must be the same.  Where the property does not hold fuzz_fail() ends the
 * program, which is what libFuzzer and replay.c look for.
 *
 *	tests/fuzz/NAME FILE...		runs each file once
 *	seeds/NAME/			what `make check` runs
 *	dict/				words that are worth a guess
 *	run				fuzzes for a while
 *
 * Inputs of several parts have a NUL between them.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>

#include "ss/buf.h"
#include "ss/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fuzz_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Two byte strings that must be one. */
void fuzz_same(const char *what, const struct bytes *a,
	       const struct bytes *b);
struct bytes fuzz_bytes(const struct buf *b);

/* Take the next part off the front of rest: what is before a NUL; the whole
 * where there is none. */
struct bytes fuzz_part(struct bytes *rest);
/* The same as a string of the arena. */
char *fuzz_string(struct arena *a, struct bytes *rest);
/* The next byte of rest, 0 where it is empty. */
unsigned fuzz_byte(struct bytes *rest);

/* A folder that is this process's own and gone when it exits. */
const char *fuzz_dir(void);
void fuzz_write(const char *path, const void *p, size_t n);

/*
 * Objects in their text form, a part each, until an empty part: a schema.
 * false where one of them is refused.  Release it either way.
 */
bool fuzz_schema(struct schema *out, struct bytes *rest, struct arena *a);

/* From now on no SQL runs for long, or reaches a file. */
void fuzz_tame(void);
/* Does it leave alone what no connection can be kept from? */
bool fuzz_is_tame(const char *sql);
/* A tame scratch database with SQL in it; NULL where SQLite, or the engine,
 * says no. */
struct conn *fuzz_load(const char *sql);
/* Its schema, read; that must work, for SQLite has taken it. */
void fuzz_read(struct schema *out, struct conn *c, struct arena *a);

#endif
