/*
 * Signed notes and the trees that they are of, by the examples that C2SP and
 * the authors of RFC 6962 have published.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ss/file.h"
#include "ss/note.h"
#include "store/ed25519.h"
#include "store/wire.h"
#include "tests/unit/keys.h"

/* ---- trees -------------------------------------------------------------- */

static const struct bytes leaves[] = {
	{ "", 0 }, { "\x00", 1 }, { "\x10", 1 }, { "\x20\x21", 2 },
	{ "\x30\x31", 2 }, { "\x40\x41\x42\x43", 4 },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
	  16 },
};

/* Of the first 0, 1, 2 ... of them. */
static const char *const roots[] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

#define N1 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define N2 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define N3 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define N4 "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define N5 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define N6 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"

/* Leaf i of n, or from i leaves to n. */
struct proof {
	size_t i, n;
	const char *hashes[4];
};
static const struct proof inclusions[] = {
	{ 0, 1, { NULL } },
	{ 0, 8, { N1, N2, N3 } },
	{ 5, 8, { N4, N5,
		  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd9520"
		  "9614b7" } },
	{ 2, 3, { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00"
		  "e3c125" } },
	{ 1, 5, { "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617"
		  "afa01d", N2, N4 } },
};
static const struct proof consistencies[] = {
	{ 1, 1, { NULL } },
	{ 1, 8, { N1, N2, N3 } },
	{ 6, 8, { N6, N5,
		  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd9520"
		  "9614b7" } },
	{ 2, 5, { N2, N4 } },
};

static void assert_hash(const struct tlog_hash *h, const char *hex)
{
	char text[SHA256_HEX];

	hex_encode(text, h->b, SHA256_LEN);
	assert_string_equal(text, hex);
}

static void make_tree(struct tlog *t)
{
	for (size_t i = 0; i < ARRAY_LEN(leaves); i++)
		tlog_add(t, leaves[i].ptr, leaves[i].len);
}

static void test_roots(void **state)
{
	struct tlog t = TLOG_INIT;
	struct tlog_hash h;

	(void)state;
	make_tree(&t);
	for (size_t n = 0; n < ARRAY_LEN(roots); n++) {
		tlog_root(&h, &t, n);
		assert_hash(&h, roots[n]);
	}
	tlog_release(&t);
}

static void assert_proof(const struct tlog_hash *v, size_t n,
			 const struct proof *p)
{
	size_t want = 0;

	while (want < ARRAY_LEN(p->hashes) && p->hashes[want])
		want++;
	assert_int_equal(n, want);
	for (size_t i = 0; i < n; i++)
		assert_hash(&v[i], p->hashes[i]);
}

static void test_published_proofs(void **state)
{
	struct tlog_hash v[TLOG_PROOF];
	struct tlog t = TLOG_INIT;

	(void)state;
	make_tree(&t);
	for (size_t i = 0; i < ARRAY_LEN(inclusions); i++) {
		const struct proof *p = &inclusions[i];

		assert_proof(v, tlog_inclusion(v, &t, p->i, p->n), p);
	}
	for (size_t i = 0; i < ARRAY_LEN(consistencies); i++) {
		const struct proof *p = &consistencies[i];

		assert_proof(v, tlog_consistency(v, &t, p->i, p->n), p);
	}
	tlog_release(&t);
}

#define MOST 40

/* What is proven, and that nothing else is by the same proof. */
static void try_inclusion(const struct tlog *t, size_t i, size_t n)
{
	struct tlog_hash v[TLOG_PROOF], root, other = t->v[i];
	size_t k = tlog_inclusion(v, t, i, n);

	tlog_root(&root, t, n);
	assert_true(tlog_includes(&t->v[i], i, &root, n, v, k));
	assert_false(tlog_includes(&t->v[i], i, &root, n, v, k + 1));
	assert_false(k && tlog_includes(&t->v[i], i, &root, n, v, k - 1));
	assert_false(tlog_includes(&t->v[i], n, &root, n, v, k));
	assert_false(i && tlog_includes(&t->v[i], i - 1, &root, n, v, k));
	other.b[0] ^= 1;
	assert_false(tlog_includes(&other, i, &root, n, v, k));
	for (size_t h = 0; h < k; h++) {
		v[h].b[31] ^= 1;
		assert_false(tlog_includes(&t->v[i], i, &root, n, v, k));
		v[h].b[31] ^= 1;
	}
}

static void try_consistency(const struct tlog *t, size_t m, size_t n)
{
	struct tlog_hash v[TLOG_PROOF], old, root, other;
	size_t k = tlog_consistency(v, t, m, n);

	tlog_root(&old, t, m);
	tlog_root(&root, t, n);
	assert_true(tlog_extends(&old, m, &root, n, v, k));
	assert_false(tlog_extends(&old, m, &root, n, v, k + 1));
	assert_false(k && tlog_extends(&old, m, &root, n, v, k - 1));
	assert_false(tlog_extends(&old, 0, &root, n, v, k));
	assert_false(tlog_extends(&old, n + 1, &root, n, v, k));
	other = old;
	other.b[7] ^= 1;
	assert_false(tlog_extends(&other, m, &root, n, v, k));
	other = root;
	other.b[7] ^= 1;
	assert_false(tlog_extends(&old, m, &other, n, v, k));
	for (size_t h = 0; h < k; h++) {
		v[h].b[31] ^= 1;
		assert_false(tlog_extends(&old, m, &root, n, v, k));
		v[h].b[31] ^= 1;
	}
}

static void test_all_proofs(void **state)
{
	struct tlog t = TLOG_INIT;

	(void)state;
	for (unsigned char i = 0; i < MOST; i++)
		tlog_add(&t, &i, 1);
	for (size_t n = 1; n <= MOST; n++)
		for (size_t i = 0; i < n; i++) {
			try_inclusion(&t, i, n);
			try_consistency(&t, i + 1, n);
		}
	tlog_release(&t);
}

/* ---- notes -------------------------------------------------------------- */

#define DASH "\xe2\x80\x94 "

/* c2sp.org/signed-note */
#define FOO_KEY "example.com/foo+530d903a+" \
	"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_SIG DASH"example.com/foo " \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3" \
	"mFXmRKuwHjG1Yu72IneyaQM=\n"
#define FOO_NOTE "This is an example message.\n\n"FOO_SIG

/* c2sp.org/tlog-cosignature */
#define SOFA "example.com/behind-the-sofa"
#define SOFA_TREE SOFA"\n20852163\n" \
	"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA_SIG DASH SOFA" Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe" \
	"4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define W1_SIG DASH"witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9" \
	"DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+q" \
	"nA==\n"
#define SOFA_NOTE SOFA_TREE"\n"SOFA_SIG W1_SIG

static int parse(struct note *n, const char *text)
{
	struct bytes raw = { text, strlen(text) };
	struct err err = ERR_INIT;

	return note_parse(n, &raw, &arena, &err);
}

static void test_published_note(void **state)
{
	struct buf key = BUF_INIT, again = BUF_INIT;
	struct err err = ERR_INIT;
	unsigned char id[NOTE_KEY_ID];
	struct pubkey foo;
	struct note n;

	(void)state;
	assert_int_equal(parse(&n, FOO_NOTE), 0);
	assert_int_equal(n.n, 1);
	assert_string_equal(n.sigs[0].name, "example.com/foo");
	assert_int_equal(n.sigs[0].n, ED25519_SIG);
	assert_int_equal(wire_from_base64(&key, strrchr(FOO_KEY, '+') + 1,
					  44), 0);
	assert_int_equal(key.ptr[0], NOTE_ED25519);
	pubkey_of_point(&foo, (unsigned char *)key.ptr + 1, &arena);
	note_key_id(id, "example.com/foo", NOTE_ED25519, &foo);
	assert_memory_equal(id, n.sigs[0].id, NOTE_KEY_ID);
	assert_int_equal(ed25519_verify(n.sigs[0].sig, n.text.ptr, n.text.len,
					pubkey_point(&foo), &err), 1);
	note_add_key(&again, "example.com/foo", NOTE_ED25519, &foo);
	assert_string_equal(again.ptr, FOO_KEY);
	buf_release(&key);
	buf_release(&again);
}

static void test_published_checkpoint(void **state)
{
	struct err err = ERR_INIT;
	struct buf again = BUF_INIT;
	struct note_tree t;
	struct note n;

	(void)state;
	assert_int_equal(parse(&n, SOFA_NOTE), 0);
	assert_int_equal(n.n, 2);
	assert_memory_equal(n.sigs[1].id, "\x8d\x66\xcf\x3f", NOTE_KEY_ID);
	assert_memory_equal(n.sigs[1].sig, "\0\0\0\0\x64\x18\x50\xcb", 8);
	must(note_tree(&t, &n, &arena, &err), &err);
	assert_string_equal(t.origin, SOFA);
	assert_int_equal(t.size, 20852163);
	note_add(&again, &n);
	assert_string_equal(again.ptr, SOFA_NOTE);
	buf_release(&again);
}

static void test_spellings(void **state)
{
	static const char *const not_notes[] = {
		"", "\n", "\n\n", "text\n", "text\n\n", SOFA_TREE SOFA_SIG,
		FOO_NOTE "\n", FOO_NOTE FOO_SIG, "\r"FOO_NOTE, "\t"FOO_NOTE,
		"\x80"FOO_NOTE, "x\n\n- foo AAAAAAA=\n",
		"x\n\n"DASH"foo AAAAAAA=", "x\n\n"DASH"fo+o AAAAAAA=\n",
		"x\n\n"DASH"foo  AAAAAAA=\n", "x\n\n"DASH" AAAAAAA=\n",
		"x\n\n"DASH"foo\n", "x\n\n"DASH"foo AAAA\n",
		"x\n\n"DASH"foo AAAAAAB=\n", "x\n\n"DASH"foo AAAAAAA\n",
		"x\n\n"DASH"foo AAAAAA_-\n", "x\n\n"DASH"foo AAAAAAA= \n",
		"x\n\n"DASH"f\xc2\xa0o AAAAAAA=\n",
	};
	static const char *const not_trees[] = {
		"o\n1\n", "o\n1\nAAAA\n", SOFA_TREE"more\n", "\n"SOFA_TREE,
		"o\n08\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"o\n-8\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"o\n8\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
		"o\n99999999999999999999\n"
		"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
	};
	struct err err = ERR_INIT;
	struct note_tree t;
	struct note n;

	(void)state;
	assert_int_equal(parse(&n, "x\n\n"DASH"foo AAAAAAA=\n"), 0);
	for (size_t i = 0; i < ARRAY_LEN(not_notes); i++)
		assert_int_equal(parse(&n, not_notes[i]), -1);
	for (size_t i = 0; i < ARRAY_LEN(not_trees); i++) {
		assert_int_equal(parse(&n, arena_printf(&arena, "%s\n"FOO_SIG,
							not_trees[i])), 0);
		assert_int_equal(note_tree(&t, &n, &arena, &err), -1);
	}
}

static void test_most_signatures(void **state)
{
	struct buf b = BUF_INIT;
	struct note n;

	(void)state;
	buf_addstr(&b, "x\n\n");
	for (int i = 0; i < NOTE_SIGS; i++)
		buf_addf(&b, DASH"w%d AAAAAAA=\n", i);
	assert_int_equal(parse(&n, b.ptr), 0);
	assert_int_equal(n.n, NOTE_SIGS);
	buf_addstr(&b, DASH"more AAAAAAA=\n");
	assert_int_equal(parse(&n, b.ptr), -1);
	buf_release(&b);
}

static void cosign(struct note *n, struct pubkey *pub)
{
	struct key_places places = { .at = { [KEY_NAMED] = "k" } };
	struct err err = ERR_INIT;
	struct key *k;

	must(file_write("k", private_key, strlen(private_key), &err), &err);
	assert_int_equal(key_find(&k, &places, &err), 1);
	must(note_cosign(n, "w1", k, 1679315147, &arena, &err), &err);
	*pub = k->pub;
	pub->blob = arena_memdup(&arena, pub->blob, pub->n);
	key_close(k);
}

static void test_cosignature(void **state)
{
	struct note n = { .text = { SOFA_TREE, strlen(SOFA_TREE) } };
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct note again;
	struct pubkey pub;
	int64_t time;

	(void)state;
	cosign(&n, &pub);
	note_add(&b, &n);
	assert_int_equal(parse(&again, b.ptr), 0);
	assert_int_equal(note_cosigned(&time, &again, "w1", &pub, &err), 1);
	assert_int_equal(time, 1679315147);
	assert_int_equal(note_cosigned(&time, &again, "w2", &pub, &err), 0);
	/* A bit of the text, of the time, of the signature. */
	for (size_t i = 0; i < 3; i++) {
		again = n;
		again.sigs[0].sig = arena_memdup(&arena, n.sigs[0].sig,
						 n.sigs[0].n);
		again.text.ptr = arena_memdup(&arena, n.text.ptr, n.text.len);
		if (i)
			((unsigned char *)again.sigs[0].sig)[8 * i - 1] ^= 1;
		else
			((char *)again.text.ptr)[0] ^= 1;
		assert_int_equal(note_cosigned(&time, &again, "w1", &pub,
					       &err), -1);
		assert_int_equal(err.code, ERR_DAMAGED);
	}
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.ptr[i / 8] ^= (char)(1 << i % 8);
		err = (struct err)ERR_INIT;
		assert_false(!parse(&again, b.ptr) &&
			     note_cosigned(&time, &again, "w1", &pub,
					   &err) > 0);
		b.ptr[i / 8] ^= (char)(1 << i % 8);
	}
	again = n;
	again.sigs[0].n--;
	assert_int_equal(note_cosigned(&time, &again, "w1", &pub, &err), -1);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_published_proofs),
		cmocka_unit_test(test_all_proofs),
		cmocka_unit_test(test_published_note),
		cmocka_unit_test(test_published_checkpoint),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_most_signatures),
		cmocka_unit_test(test_cosignature),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_unmake);
}
