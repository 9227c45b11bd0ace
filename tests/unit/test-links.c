/*
 * The index of versions: with it, without it, and whatever is wrong with it,
 * every walk and every way is the same, and the one that sets of ancestors say.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/engine.h"
#include "ss/file.h"
#include "ss/path.h"
#include "ss/store.h"

#include "folder.h"

#define N 40
#define INDEX "s/cache/versions"
#define RECORD 128
#define BASES 8

struct made {
	struct commit c[N];	/* a commit's parents come before it */
	uint64_t behind[N];	/* bit i: the i-th, and itself */
	struct arena arena;
};

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* ---- a store ------------------------------------------------------------ */

/* Mostly one parent, a merge now and then; *n: how many. */
static void choose(size_t parents[3], size_t *n, size_t i, unsigned *seed)
{
	unsigned what = next(seed) % 8;

	*n = what < 5 || i < 3 ? 1 : what < 7 ? 2 : 3;
	for (size_t k = 0; k < *n; k++)
		parents[k] = i - 1 - (k + next(seed) % 3) % i;
	if (*n > 1 && parents[0] == parents[1])
		*n = 1;
	if (*n > 2 && (parents[2] == parents[1] || parents[2] == parents[0]))
		*n = 2;
}

static void make_one(struct made *m, struct store *s, size_t i,
		     const struct schema *schema, unsigned *seed)
{
	struct version_schema vs = { "sqlite", schema };
	struct version_edge e = {
		.engine = next(seed) % 9 ? "sqlite" : "postgres",
		.up = { "x", 1 }, .down = { "y", 1 },
	};
	struct version_draft d = {
		.schemas = &vs, .nschemas = 1, .edges = &e, .nedges = 1,
		.author = { "A", "a@b", 1700000000 },
		.subject = arena_printf(&m->arena, "c%zu", i),
		.ref = "refs/heads/main",
	};
	struct oid parents[3];
	size_t of[3];
	struct err err = ERR_INIT;

	d.author.time += (int64_t)(i / 3);
	d.committer = d.author;
	if (next(seed) % 11 == 0)
		e.edited = true;
	m->behind[i] = UINT64_C(1) << i;
	if (i) {
		choose(of, &d.nparents, i, seed);
		for (size_t k = 0; k < d.nparents; k++) {
			parents[k] = m->c[of[k]].oid;
			m->behind[i] |= m->behind[of[k]];
		}
	} else {
		d.nparents = 1;
		must(store_project(&m->c[0], s, &m->arena, &err), &err);
		parents[0] = m->c[0].oid;
	}
	d.parents = parents;
	e.parent = &parents[0];
	must(version_write(&m->c[i], s, &d, &m->arena, &err), &err);
}

static void make(struct made *m, const char *name, unsigned seed)
{
	struct ident who = { "A", "a@b", 1 };
	struct err err = ERR_INIT;
	struct schema empty;
	struct store *s;

	memset(m, 0, sizeof(*m));
	schema_init(&empty, engine_sqlite.spelling, &m->arena);
	empty.version = "3.40.1";
	must(schema_seal(&empty, &err) || store_init(name, &who, NULL, &err) ||
	     store_open(&s, name, &err), &err);
	for (size_t i = 0; i < N; i++)
		make_one(m, s, i, &empty, &seed);
	must(odb_flush(store_odb(s), &err), &err);
	for (size_t i = 0; i < N; i++)
		must(ref_update(s, arena_printf(&m->arena, "refs/heads/b%zu",
						i), NULL, &m->c[i].oid,
				"test", &err), &err);
	store_close(s);
	schema_release(&empty);
}

/* ---- what is asked ------------------------------------------------------ */

static size_t number(const struct made *m, const struct oid *id)
{
	size_t i = 0;

	while (!oid_equal(&m->c[i].oid, id))
		i++;
	return i;
}

static void ask_walk(const struct made *m, struct store *s, size_t i)
{
	size_t hidden = i / 2;
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(s, &a);
	struct err err = ERR_INIT;
	struct commit c;
	uint64_t seen = 0;
	int ret;

	must(walk_hide(w, &m->c[hidden].oid, &err) ||
	     walk_push(w, &m->c[i].oid, &err), &err);
	while ((ret = walk_next(w, &c, &err)) > 0) {
		size_t k = number(m, &c.oid);

		/* No descendant comes behind it. */
		assert_false(seen & m->behind[k]);
		assert_string_equal(c.subject, m->c[k].subject);
		seen |= UINT64_C(1) << k;
	}
	must(ret, &err);
	assert_true(seen == (m->behind[i] & ~m->behind[hidden]));
	walk_free(w);
	arena_release(&a);
}

static void ask_bases(const struct made *m, struct store *s, size_t i,
		      size_t k)
{
	uint64_t common = m->behind[i] & m->behind[k], best = common, got = 0;
	struct err err = ERR_INIT;
	struct oid v[BASES];
	int n;

	for (size_t c = 0; c < N; c++)
		if (common >> c & 1)
			best &= ~(m->behind[c] & ~(UINT64_C(1) << c));
	n = merge_bases(v, BASES, s, &m->c[i].oid, &m->c[k].oid, &err);
	must(n < 0, &err);
	for (int c = 0; c < n; c++)
		got |= UINT64_C(1) << number(m, &v[c]);
	assert_true(got == best);
}

/* The ways, and what is said where there is none, are noted. */
static void ask_path(struct buf *b, struct made *m, struct store *s, size_t i,
		     size_t k)
{
	const struct path_opts opts = { "sqlite", false };
	struct err err = ERR_INIT;
	struct path p;

	if (path_find(&p, s, &m->c[i], &m->c[k], &opts, &m->arena, &err))
		buf_addf(b, "%zu %zu: %s\n", i, k, err.text);
	else
		buf_addf(b, "%zu %zu: %zu%s%s crosses %zu\n", i, k, p.edges,
			 p.down ? " down" : "", p.sideways ? " sideways" : "",
			 p.ncross);
}

static void ask_all(struct buf *b, struct made *m, const char *name)
{
	struct err err = ERR_INIT;
	struct store *s;
	struct commit c;

	must(store_open(&s, name, &err), &err);
	for (size_t i = 0; i < N; i++) {
		ask_walk(m, s, i);
		must(version_by_strong(&c, s, &m->c[i].strong, &m->arena,
				       &err), &err);
		assert_true(oid_equal(&c.oid, &m->c[i].oid));
		for (size_t k = 0; k < N; k++) {
			ask_bases(m, s, i, k);
			ask_path(b, m, s, i, k);
		}
	}
	store_close(s);
}

/* ---- the tests ---------------------------------------------------------- */

static size_t index_size(void)
{
	struct stat st;

	return stat(INDEX, &st) ? 0 : (size_t)st.st_size;
}

static size_t records(const struct made *m)
{
	size_t n = 2;		/* the head, and the genesis */

	for (size_t i = 0; i < N; i++)
		n += m->c[i].nparents <= 2;
	return n;
}

/* left: records that nobody asks for any more */
static void same(struct made *m, const struct buf *want, size_t left)
{
	struct buf got = BUF_INIT;
	size_t n;

	ask_all(&got, m, "s");
	assert_string_equal(got.ptr, want->ptr);
	buf_release(&got);
	n = index_size() / RECORD;
	assert_int_equal(index_size() % RECORD, 0);
	assert_in_range(n, records(m), records(m) + left);
}

static void put(const void *p, size_t n)
{
	struct err err = ERR_INIT;

	must(file_write(INDEX, p, n, &err), &err);
}

/* Damaged in one byte, or cut, or both. */
static void spoil(const struct buf *whole, unsigned *seed)
{
	struct buf b = BUF_INIT;

	buf_add(&b, whole->ptr, whole->len);
	if (next(seed) % 4)
		b.ptr[next(seed) % b.len] ^= (char)(1 + next(seed) % 255);
	if (next(seed) % 2)
		buf_truncate(&b, next(seed) % b.len);
	put(b.ptr, b.len);
	buf_release(&b);
}

/* Each claims the next one's strong id, and is whole. */
static void forge(const struct buf *whole)
{
	struct buf b = BUF_INIT;
	unsigned char sum[SHA256_LEN];
	size_t n = whole->len / RECORD;

	buf_add(&b, whole->ptr, whole->len);
	for (size_t i = 1; i < n; i++) {
		char *r = b.ptr + i * RECORD;

		memcpy(r + SHA1_LEN, whole->ptr + (i % (n - 1) + 1) * RECORD +
		       SHA1_LEN, SHA256_LEN);
		sha256_of(sum, r, RECORD - 16);
		memcpy(r + RECORD - 16, sum, 16);
	}
	put(b.ptr, b.len);
	buf_release(&b);
}

static void test_links(void **state)
{
	static struct made m, other;
	struct buf want = BUF_INIT, whole = BUF_INIT, b = BUF_INIT;
	struct err err = ERR_INIT;
	struct gc_report report;
	unsigned seed = 7;
	struct store *s;

	(void)state;
	make(&m, "s", 1);
	make(&other, "o", 2);
	ask_all(&want, &m, "s");
	assert_non_null(strstr(want.ptr, "sideways"));
	assert_non_null(strstr(want.ptr, "crosses 1"));
	same(&m, &want, 0);
	must(file_read(&whole, INDEX, 1 << 20, &err), &err);
	for (int i = 0; i < 25; i++) {
		spoil(&whole, &seed);
		same(&m, &want, 1);
	}

	forge(&whole);
	same(&m, &want, 0);

	/* Of another store, or of both: names are of contents. */
	ask_all(&b, &other, "o");
	buf_truncate(&b, 0);
	must(file_read(&b, "o/cache/versions", 1 << 20, &err), &err);
	buf_add(&b, whole.ptr, whole.len);
	put(b.ptr, b.len);
	buf_truncate(&want, 0);
	ask_all(&want, &m, "s");
	assert_int_equal(index_size(), b.len);

	/* gc takes it away, and what a closed store adds begins it again. */
	must(store_open(&s, "s", &err) || store_gc(&report, s, &err), &err);
	store_close(s);
	assert_int_equal(index_size(), 0);
	same(&m, &want, 0);

	buf_release(&want);
	buf_release(&whole);
	buf_release(&b);
	arena_release(&m.arena);
	arena_release(&other.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, folder_enter, folder_remove);
}
