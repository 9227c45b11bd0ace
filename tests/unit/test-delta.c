/*
 * Deltas that we make: packed, indexed by libgit2 and read back, each object
 * must be what it was.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/arena.h"
#include "store/odb.h"

#define PAIRS 400
#define LARGE 300000		/* copies of more than 64 KiB */

static uint32_t below(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % n;
}

static void random_text(struct buf *b, uint64_t *state, size_t n)
{
	while (b->len < n) {
		uint32_t word = below(state, 5000);

		if (word < 100)
			for (unsigned i = 0; i < 40; i++)
				buf_addch(b, (char)below(state, 256));
		buf_addf(b, "%u, ", word);
	}
}

/* Pieces of the base, in another order, and some that are new. */
static void random_edit(struct buf *to, const struct buf *base,
			uint64_t *state)
{
	for (unsigned i = below(state, 9) + 1; i > 0; i--) {
		size_t at = below(state, (uint32_t)base->len + 1);
		size_t n = below(state, (uint32_t)(base->len - at) + 1);

		if (below(state, 3))
			n = at ? 0 : base->len / 2;
		buf_add(to, base->ptr + at, n);
		random_text(to, state, to->len + below(state, 90));
	}
}

static size_t number(const struct buf *d, size_t *at)
{
	size_t n = 0;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char c = (unsigned char)d->ptr[(*at)++];

		n |= (size_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return n;
	}
}

struct texts {
	struct buf base, to;
	struct oid base_id, to_id;
};

static void make_texts(struct texts *t, uint64_t seed)
{
	uint64_t state = seed;
	struct buf empty = BUF_INIT;

	t->base = t->to = empty;
	random_text(&t->base, &state, seed % 50 ? below(&state, 3000) :
				      LARGE);
	if (seed % 7 == 1)
		buf_truncate(&t->base, below(&state, 20));
	random_edit(&t->to, &t->base, &state);
	if (seed % 11 == 1)
		buf_truncate(&t->to, below(&state, 20));
	/* A pack has nothing twice. */
	buf_addf(&t->base, "b%u", (unsigned)seed);
	buf_addf(&t->to, "t%u", (unsigned)seed);
	object_name(&t->base_id, OBJECT_BLOB, t->base.ptr, t->base.len);
	object_name(&t->to_id, OBJECT_BLOB, t->to.ptr, t->to.len);
}

static void add_texts(struct pack_writer *w, const struct texts *t)
{
	struct bytes base = { t->base.ptr, t->base.len };
	struct bytes to = { t->to.ptr, t->to.len };
	struct buf delta = BUF_INIT;
	uint64_t at = pack_offset(w);
	struct err err = ERR_INIT;
	struct bytes d;
	size_t pos = 0;

	assert_true(delta_make(&delta, &base, &to, SIZE_MAX / 2));
	assert_int_equal(number(&delta, &pos), base.len);
	assert_int_equal(number(&delta, &pos), to.len);
	d.ptr = delta.ptr;
	d.len = delta.len;
	assert_int_equal(pack_add(w, OBJECT_BLOB, &base, &err), 0);
	assert_int_equal(pack_add_delta(w, OBJECT_BLOB, &to, at, &d, &err), 0);
	if (delta.len) {
		struct buf less = BUF_INIT;

		assert_false(delta_make(&less, &base, &to, delta.len - 1));
		buf_release(&less);
	}
	buf_release(&delta);
}

static void expect(struct odb *odb, const struct oid *id,
		   const struct buf *want)
{
	struct buf got = BUF_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(odb_read(&got, odb, id, OBJECT_BLOB, &err), 0);
	assert_int_equal(got.len, want->len);
	assert_memory_equal(got.ptr, want->ptr, want->len);
	buf_release(&got);
}

static void test_round_trip(void **state)
{
	char dir[] = "/tmp/ss-delta.XXXXXX", command[64];
	struct texts *v = xmalloc(PAIRS * sizeof(*v));
	struct pack_writer *w = NULL;
	struct odb *odb = NULL;
	struct err err = ERR_INIT;
	char name[OID_HEX];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pack_open(&w, dir, &err), 0);
	for (size_t i = 0; i < PAIRS; i++) {
		make_texts(&v[i], i + 1);
		add_texts(w, &v[i]);
	}
	assert_int_equal(pack_finish(w, name, &err), 0);
	assert_int_equal(strlen(name), 40);
	pack_close(w);
	assert_int_equal(odb_open(&odb, dir, &err), 0);
	for (size_t i = 0; i < PAIRS; i++) {
		expect(odb, &v[i].to_id, &v[i].to);
		expect(odb, &v[i].base_id, &v[i].base);
		buf_release(&v[i].to);
		buf_release(&v[i].base);
	}
	odb_close(odb);
	free(v);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void test_small(void **state)
{
	static const char text[] = "CREATE TABLE t (\n  a TEXT,\n  b TEXT\n);\n"
		"CREATE TABLE u (\n  a TEXT,\n  b TEXT\n);\n";
	static const char more[] = "CREATE TABLE t (\n  a TEXT,\n  b TEXT\n);\n"
		"CREATE TABLE u (\n  a TEXT,\n  c INT,\n  b TEXT\n);\n";
	struct bytes base = { text, sizeof(text) - 1 };
	struct bytes to = { more, sizeof(more) - 1 };
	struct buf d = BUF_INIT;

	(void)state;
	assert_true(delta_make(&d, &base, &to, 30));
	assert_true(d.len < 20);
	buf_release(&d);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
