/*
 * base: quoting, the map beside a naive one, files, numbers, hashes.
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

#include "ss/arena.h"
#include "ss/buf.h"
#include "ss/file.h"
#include "ss/hash.h"
#include "ss/map.h"

/* A generator of our own: the same numbers everywhere. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* ---- buf ---------------------------------------------------------------- */

static void quote_and_back(const char *s, size_t n)
{
	struct buf quoted = BUF_INIT, back = BUF_INIT;
	size_t used = 0;

	buf_add_cquoted(&quoted, s, n);
	buf_addstr(&quoted, " tail");
	assert_int_equal(buf_add_unquoted(&back, quoted.ptr, quoted.len,
					  &used), 0);
	assert_int_equal(used, quoted.len - strlen(" tail"));
	assert_int_equal(back.len, n);
	assert_memory_equal(back.ptr, s, n);
	for (size_t i = 0; i < quoted.len; i++)
		assert_true((unsigned char)quoted.ptr[i] >= 0x20);
	buf_release(&quoted);
	buf_release(&back);
}

static void test_quoting_round_trip(void **state)
{
	uint32_t seed = 1;
	char s[24];

	(void)state;
	quote_and_back("", 0);
	quote_and_back("a\0b", 3);
	quote_and_back("caf\xc3\xa9", 5);
	quote_and_back("caf\xe9", 4);
	for (unsigned c = 0; c < 256; c++) {
		s[0] = (char)c;
		s[1] = '7';
		quote_and_back(s, 1);
		quote_and_back(s, 2);
	}
	for (int i = 0; i < 2000; i++) {
		size_t n = next_random(&seed) % sizeof(s);

		for (size_t k = 0; k < n; k++)
			s[k] = (char)next_random(&seed);
		quote_and_back(s, n);
	}
}

static void test_quoting_as_git(void **state)
{
	static const struct {
		const char *raw, *quoted;
	} cases[] = {
		{ "a b", "\"a b\"" },
		{ "tab\there", "\"tab\\there\"" },
		{ "\"\\\n", "\"\\\"\\\\\\n\"" },
		{ "\x01\x7f", "\"\\001\\177\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xc3", "\"\\303\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT;

		buf_add_cquoted(&b, cases[i].raw, strlen(cases[i].raw));
		assert_string_equal(b.ptr, cases[i].quoted);
		buf_release(&b);
	}
}

static void test_unquoting_refuses(void **state)
{
	static const char *const cases[] = {
		"", "a", "\"", "\"a", "\"\\", "\"\\\"", "\"\\q\"", "\"\\1\"",
		"\"\\12\"", "\"\\400\"", "\"\\18a\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT;
		size_t used;

		assert_int_equal(buf_add_unquoted(&b, cases[i],
						  strlen(cases[i]), &used),
				 -1);
		buf_release(&b);
	}
}

static void test_buf_grows(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(b.ptr, "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(b.len, strlen(b.ptr));
	assert_true(str_ends(b.ptr, ",998,999,"));
	buf_truncate(&b, 4);
	assert_string_equal(b.ptr, "0,1,");
	buf_truncate(&b, 9);
	assert_int_equal(b.len, 4);
	buf_release(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.ptr, "");
}

static void test_buf_numbers(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_addu(&b, 0);
	buf_addch(&b, ' ');
	buf_addu(&b, UINT64_MAX);
	buf_addch(&b, ' ');
	buf_addhex(&b, (const unsigned char *)"\x00\x9a\xff", 3);
	assert_string_equal(b.ptr, "0 18446744073709551615 009aff");
	assert_int_equal(b.len, strlen(b.ptr));
	memcpy(buf_room(&b, 3), "!?", 3);
	assert_int_equal(b.len + 2, strlen(b.ptr));
	b.len += 2;
	buf_addhex(&b, NULL, 0);
	assert_string_equal(b.ptr, "0 18446744073709551615 009aff!?");
	buf_release(&b);
}

/* ---- map ---------------------------------------------------------------- */

#define KEYS 300

static void compare_maps(const struct map *m, int *const naive[KEYS])
{
	const char *key;
	void *value;
	size_t seen = 0, expected = 0, i = 0;

	for (int k = 0; k < KEYS; k++) {
		char name[16];

		snprintf(name, sizeof(name), "k%d", k);
		assert_ptr_equal(map_find(m, name), naive[k]);
		expected += !!naive[k];
	}
	while (map_next(m, &i, &key, &value)) {
		assert_ptr_equal(value, naive[atol(key + 1)]);
		seen++;
	}
	assert_int_equal(seen, expected);
}

static void test_map_beside_naive(void **state)
{
	int *naive[KEYS] = { NULL };
	int values[8];
	struct map m = MAP_INIT;
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned k = next_random(&seed) % KEYS;
		char name[16];

		snprintf(name, sizeof(name), "k%u", k);
		if (next_random(&seed) % 3) {
			naive[k] = &values[next_random(&seed) % 8];
			map_set(&m, name, naive[k]);
		} else {
			naive[k] = NULL;
			map_remove(&m, name);
		}
		if (i % 500 == 0)
			compare_maps(&m, naive);
	}
	compare_maps(&m, naive);
	map_release(&m);
	assert_null(map_find(&m, "k1"));
}

static void test_map_keys_of_bytes(void **state)
{
	struct map m = MAP_INIT;
	int a, b;

	(void)state;
	map_set_bytes(&m, "x\0y", 3, &a);
	map_set_bytes(&m, "x\0z", 3, &b);
	map_set(&m, "", &b);
	assert_ptr_equal(map_find_bytes(&m, "x\0y", 3), &a);
	assert_ptr_equal(map_find_bytes(&m, "x\0z", 3), &b);
	assert_ptr_equal(map_find(&m, ""), &b);
	assert_null(map_find(&m, "x"));
	map_release(&m);
}

/* ---- numbers and small strings ------------------------------------------ */

static void test_parse_u64(void **state)
{
	static const char *const bad[] = {
		"", "-1", "+1", "01", "00", " 1", "1 ", "1x", "0x1", "1.0",
		"18446744073709551616", "99999999999999999999",
		"184467440737095516150",
	};
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(parse_u64(&v, bad[i], UINT64_MAX), -1);
	assert_int_equal(v, 42);
	assert_int_equal(parse_u64(&v, "0", UINT64_MAX), 0);
	assert_true(v == 0);
	assert_int_equal(parse_u64(&v, "18446744073709551615", UINT64_MAX),
			 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(parse_u64(&v, "100", 100), 0);
	assert_int_equal(parse_u64(&v, "101", 100), -1);
	assert_int_equal(parse_u64(&v, "5", 3), -1);
	assert_int_equal(parse_u64(&v, "0", 0), 0);
	assert_int_equal(parse_u64(&v, "1", 0), -1);
	assert_true(v == 0);
}

static void test_small_strings(void **state)
{
	(void)state;
	assert_int_equal(ascii_casecmp("UserS", "users"), 0);
	assert_int_equal(ascii_casecmp("a", "B"), -1);
	assert_int_equal(ascii_casecmp("ab", "a"), 1);
	assert_int_not_equal(ascii_casecmp("\xc3\x84", "\xc3\xa4"), 0);
	assert_int_equal(ascii_ncasecmp("abX", "ABy", 2), 0);
	assert_true(str_starts("abc", "ab"));
	assert_false(str_starts("a", "ab"));
	assert_true(str_ends("abc", "bc"));
	assert_false(str_ends("c", "bc"));
	assert_true(utf8_valid("\xf0\x9f\x90\x98", 4));
	assert_false(utf8_valid("\xf0\x9f\x90", 3));
	assert_false(utf8_valid("\xc0\x80", 2));
	assert_false(utf8_valid("\xed\xa0\x80", 3));
	assert_false(utf8_valid("\xf4\x90\x80\x80", 4));
}

/* ---- hashes ------------------------------------------------------------- */

static void test_hash_vectors(void **state)
{
	static const struct {
		const char *text, *sha1, *sha256;
	} cases[] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		  "e3b0c44298fc1c149afbf4c8996fb924"
		  "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
		  "ba7816bf8f01cfea414140de5dae2223"
		  "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1" },
	};
	unsigned char out[SHA256_LEN];
	char hex[SHA256_HEX];
	struct sha1 h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = strlen(cases[i].text);

		sha256_of(out, cases[i].text, n);
		hex_encode(hex, out, SHA256_LEN);
		assert_string_equal(hex, cases[i].sha256);
		sha1_start(&h);
		sha1_add(&h, cases[i].text, n / 2);
		sha1_add(&h, cases[i].text + n / 2, n - n / 2);
		sha1_end(&h, out);
		hex_encode(hex, out, SHA1_LEN);
		assert_string_equal(hex, cases[i].sha1);
	}
}

static void test_hex(void **state)
{
	unsigned char out[2];

	(void)state;
	assert_int_equal(hex_decode(out, "00ff", 2), 0);
	assert_memory_equal(out, "\x00\xff", 2);
	assert_int_equal(hex_decode(out, "00fF", 2), -1);
	assert_int_equal(hex_decode(out, "00f", 2), -1);
	assert_int_equal(hex_decode(out, "00ff0", 2), -1);
	assert_int_equal(hex_decode(out, "", 0), 0);
}

/* ---- files -------------------------------------------------------------- */

static void assert_file(const char *path, const void *data, size_t n)
{
	unsigned char sum[SHA256_LEN], real[SHA256_LEN];
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(&b, path, 1 << 20, &err), 0);
	assert_int_equal(b.len, n);
	assert_memory_equal(b.ptr, data, n);
	assert_int_equal(file_sha256(sum, path, &err), 0);
	sha256_of(real, data, n);
	assert_memory_equal(sum, real, SHA256_LEN);
	buf_release(&b);
}

static void write_and_read(const char *dir, struct arena *a)
{
	char *path = path_join(a, dir, "deep/er/file");
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct list names = { NULL, 0 };

	assert_int_equal(file_write(path, "x", 1, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(dir_make(path_join(a, dir, "deep/er"), &err), 0);
	assert_int_equal(file_write(path, "one\0two", 7, &err), 0);
	assert_file(path, "one\0two", 7);
	assert_int_equal(file_write(path, "", 0, &err), 0);
	assert_file(path, "", 0);
	assert_int_equal(file_create(path, "y", 1, &err), -1);
	assert_int_equal(err.code, ERR_REFUSED);
	assert_file(path, "", 0);
	assert_int_equal(file_write(path, "12345", 5, &err), 0);
	assert_int_equal(file_read(&b, path, 4, &err), -1);
	buf_release(&b);
	path = path_join(a, dir, "deep/er/Another");
	assert_false(file_exists(path));
	assert_int_equal(file_sha256((unsigned char[SHA256_LEN]){ 0 }, path,
				     &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_int_equal(file_create(path, "y", 1, &err), 0);
	assert_true(file_exists(path));
	assert_file(path, "y", 1);
	/* Sorted by bytes, and no temporary file stays behind. */
	assert_int_equal(dir_list(&names, path_join(a, dir, "deep/er"), a,
				  &err), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "Another");
	assert_string_equal(names.v[1], "file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(path_join(a, dir, "deep/er/file")), 0);
}

/* As any other file: the umask decides, and is left alone. */
static void modes(const char *dir, struct arena *a)
{
	char *path = path_join(a, dir, "mode");
	struct err err = ERR_INIT;
	mode_t before = umask(027);
	struct stat st;

	assert_int_equal(file_write(path, "x", 1, &err), 0);
	assert_int_equal(umask(before), 027);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(unlink(path), 0);
}

static void test_files(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct arena a = ARENA_INIT;
	char *dir = arena_printf(&a, "%s/ss-unit.XXXXXX", tmp ? tmp : "/tmp");

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_and_read(dir, &a);
	modes(dir, &a);
	/* rmdir also says that nothing is left, dot files included. */
	assert_int_equal(rmdir(path_join(&a, dir, "deep/er")), 0);
	assert_int_equal(rmdir(path_join(&a, dir, "deep")), 0);
	assert_int_equal(rmdir(dir), 0);
	arena_release(&a);
}

static void test_path_join(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_string_equal(path_join(&a, "a", "b"), "a/b");
	assert_string_equal(path_join(&a, ".", "b"), "b");
	assert_string_equal(path_join(&a, "a", "/b"), "/b");
	arena_release(&a);
}

/* ---- arena and errors --------------------------------------------------- */

/* What was taken from either stays where it is, and is freed once. */
static void test_arena_take(void **state)
{
	struct arena a = ARENA_INIT, b = ARENA_INIT;
	char *first, *big, *last;

	(void)state;
	first = arena_strdup(&b, "first");
	big = arena_alloc(&b, 1 << 20);
	big[(1 << 20) - 1] = 'x';
	arena_take(&a, &b);
	assert_null(b.head);
	arena_take(&a, &b);
	last = arena_strdup(&a, "last");
	assert_non_null(arena_strdup(&b, "anew"));
	arena_take(&a, &b);
	assert_string_equal(first, "first");
	assert_string_equal(last, "last");
	assert_int_equal(big[(1 << 20) - 1], 'x');
	arena_release(&a);
}

static void test_arena_lists(void **state)
{
	struct arena a = ARENA_INIT;
	struct list l = { NULL, 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		list_add(&a, &l, arena_printf(&a, "%d", i));
	assert_int_equal(l.n, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(atol(l.v[i]), i);
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_strndup(&a, "abc", 2), "ab");
	arena_release(&a);
	arena_release(&a);
}

static void test_printable(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "a\tb\nc\r\nd", "a\tb\nc\r\nd" }, { "a\rb", "a\\015b" },
		{ "\033[m\177", "\\033[m\\177" },
		{ "\xc3\xa9\xc2\xa0", "\xc3\xa9\xc2\xa0" },
		{ "\xc2\x9b" "1m", "\\302\\2331m" }, { "\xe9x", "\\351x" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" }, { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT;

		buf_add_printable(&b, cases[i].from, strlen(cases[i].from));
		assert_string_equal(b.ptr, cases[i].to);
		buf_release(&b);
	}
}

/* What does not fit is cut between two characters, escaped or not. */
static void test_err_printable(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err_set(&err, ERR_USAGE, "a\nb\033\xe9\xc3\xa9");
	assert_string_equal(err.text, "a b\\033\\351\xc3\xa9");
	err_wrap(&err, "c");
	assert_string_equal(err.text, "c: a b\\033\\351\xc3\xa9");
	err_set(&err, ERR_USAGE, "%498s\xc3\xa9", "");
	assert_int_equal(strlen(err.text), 498);
	err_set(&err, ERR_USAGE, "%496s\033", "");
	assert_int_equal(strlen(err.text), 496);
	err_set(&err, ERR_USAGE, "%495s\033", "");
	assert_string_equal(err.text + 495, "\\033");
	err_hint(&err, "\033");
	assert_string_equal(err.hint, "\\033");
}

static void test_err_text(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, ERR_USAGE, "no table '%s'", "x"), -1);
	assert_int_equal(err_wrap(&err, "step %d", 2), -1);
	assert_int_equal(err.code, ERR_USAGE);
	assert_string_equal(err.text, "step 2: no table 'x'");
	assert_int_equal(err_exit_status(ERR_NONE), 0);
	assert_int_equal(err_exit_status(ERR_USAGE), 2);
	assert_int_equal(err_exit_status(ERR_CANCELLED), 130);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoting_round_trip),
		cmocka_unit_test(test_quoting_as_git),
		cmocka_unit_test(test_unquoting_refuses),
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_numbers),
		cmocka_unit_test(test_map_beside_naive),
		cmocka_unit_test(test_map_keys_of_bytes),
		cmocka_unit_test(test_parse_u64),
		cmocka_unit_test(test_small_strings),
		cmocka_unit_test(test_hash_vectors),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_path_join),
		cmocka_unit_test(test_arena_lists),
		cmocka_unit_test(test_arena_take),
		cmocka_unit_test(test_err_text),
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_err_printable),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
