/*
 * Every bit of whatever somebody may have changed: what is signed or sealed is
 * not taken for good, and of all else there is one spelling, so that a bit more
 * or less is something else, or nothing.
 *
 * Of the long ones every seventh bit; SS_LONG: every one.
 */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ss/bundle.h"
#include "ss/file.h"
#include "ss/note.h"
#include "ss/pins.h"
#include "store/cached.h"
#include "store/odb.h"
#include "tests/unit/keys.h"

#define ID20 "5555555555555555555555555555555555555555"
#define ID32 "777777777777777777777777777777777777777777777777777777777777" \
	"7777"

/* One that is read: 1 it is good, and that cannot be of other bytes; 0 it is
 * not; 2 it is what `again` says. */
struct form {
	const char *what;
	void (*make)(struct buf *out);
	int (*read)(struct buf *again, const struct bytes *raw,
		    struct arena *a);
	size_t step;
};

static struct key *key;

/* ---- commits ------------------------------------------------------------ */

static void add_commit(struct buf *out, struct commit *c, size_t nparents)
{
	struct commit_parent parents[2] = {
		{ .oid.b = { 1 }, .strong.b = { 7 } },
		{ .oid.b = { 2 }, .strong.b = { 8 } },
	};
	struct err err = ERR_INIT;

	c->author.name = "Ann";
	c->author.email = "ann@example.org";
	c->author.time = 1750000000;
	c->committer = c->author;
	c->subject = "Something";
	c->parents = parents;
	c->nparents = nparents;
	must(commit_sign(c, key, &arena, &err) || commit_format(out, c, &err),
	     &err);
}

static void make_genesis(struct buf *out)
{
	struct commit c = { .kind = COMMIT_POLICY, .genesis = true,
			    .ref = "refs/schemastore/policy" };

	add_commit(out, &c, 0);
}

static void make_policy(struct buf *out)
{
	struct commit c = { .kind = COMMIT_POLICY, .seq = 1,
			    .ref = "refs/schemastore/policy" };

	add_commit(out, &c, 2);
}

static void make_schema(struct buf *out)
{
	struct commit_state state = { "sqlite", "s1:"ID32 };
	struct commit_edge edge = { .engine = "sqlite", .has_down = true };
	struct commit c = { .kind = COMMIT_SCHEMA, .ref = "refs/heads/main",
			    .seq = 1, .body = "For a reason.",
			    .states = &state, .nstates = 1,
			    .edges = &edge, .nedges = 1, .replaces = true };

	add_commit(out, &c, 1);
}

static void make_approval(struct buf *out)
{
	struct commit c = { .kind = COMMIT_APPROVAL, .ref = "refs/heads/main",
			    .seq = 2, .approves.b = { 7 }, .onto.b = { 8 } };

	add_commit(out, &c, 1);
}

static void make_witness(struct buf *out)
{
	struct commit c = { .kind = COMMIT_APPROVAL, .ref = WITNESS_REFS "wit",
			    .seq = 3, .approves.b = { 7 }, .onto.b = { 8 } };

	add_commit(out, &c, 2);
}

static void make_checkpoint(struct buf *out)
{
	struct commit c = { .kind = COMMIT_CHECKPOINT, .seq = 1,
			    .ref = CHECKPOINTS_REF };

	add_commit(out, &c, 1);
}

static void make_ledger(struct buf *out)
{
	struct commit_line lines[] = {
		{ "Db", "3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f dev" },
		{ "Event", "begin" }, { "Op", "apply" },
		{ "From", "- s1:"ID32 }, { "To", ID32" s1:"ID32 },
		{ "Plan", "edge" }, { "Step", ID32" up" },
		{ "Sql", ID32" 12" }, { "Target", "sqlite 3.40.1" },
		{ "Session", "ann@host schemastore 1 "ID32 },
		{ "Checkpoint", "2 "ID32 },
		{ "Started", "2026-08-21T10:00:00.123456Z" },
	};
	struct commit c = { .kind = COMMIT_LEDGER, .seq = 1,
			    .ref = "refs/schemastore/ledger/dev",
			    .lines = lines, .nlines = ARRAY_LEN(lines) };

	add_commit(out, &c, 1);
}

static int read_commit(struct buf *again, const struct bytes *raw,
		       struct arena *a)
{
	struct err err = ERR_INIT;
	struct commit c;

	(void)again;
	return !commit_parse(&c, raw->ptr, raw->len, a, &err) &&
	       commit_verify(&c, &err) > 0;
}

/* ---- notes -------------------------------------------------------------- */

static void make_note(struct buf *out)
{
	struct note n = { .text = { "schemastore/x\n3\n"
				    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq"
				    "2I=\n", 61 } };
	struct err err = ERR_INIT;

	must(note_cosign(&n, "wit", key, 1750000000, &arena, &err), &err);
	note_add(out, &n);
}

static int read_note(struct buf *again, const struct bytes *raw,
		     struct arena *a)
{
	struct err err = ERR_INIT;
	struct note_tree t;
	int64_t time;
	struct note n;

	(void)again;
	return !note_parse(&n, raw, a, &err) && !note_tree(&t, &n, a, &err) &&
	       note_cosigned(&time, &n, "wit", &key->pub, &err) > 0;
}

/* As it stands, and its owner's: without waiting for the disk. */
static void put(const char *path, const struct bytes *raw)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, raw->ptr, raw->len), (ssize_t)raw->len);
	close(fd);
}

/* ---- what has one spelling ---------------------------------------------- */

static void make_text(struct buf *out, const char *head, size_t n)
{
	buf_addstr(out, head);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s %s %zu refs/heads/b%zu%s\n", ID32, ID20,
			 12 * i, i, i ? "" : " rewound");
}

static void make_heads(struct buf *out)
{
	make_text(out, "", 3);
}

static int read_heads(struct buf *again, const struct bytes *raw,
		      struct arena *a)
{
	struct err err = ERR_INIT;
	struct tips t;

	if (tips_parse(&t, raw, a, &err))
		return 0;
	tips_add_text(again, &t);
	return 2;
}

#define SEEN "schemastore-seen 1\nproject "ID32"\n"

static void make_pins(struct buf *out)
{
	make_text(out, SEEN, 2);
}

static int read_pins(struct buf *again, const struct bytes *raw,
		     struct arena *a)
{
	unsigned char project[SHA256_LEN];
	struct err err = ERR_INIT;
	struct tips t;
	int ret;

	put("seen", raw);
	memset(project, 0x77, sizeof(project));
	ret = pins_read(&t, "seen", project, a, &err);
	/* A file that is there says something. */
	assert_int_not_equal(ret, 0);
	if (ret < 0)
		return 0;
	buf_addstr(again, SEEN);
	tips_add_text(again, &t);
	return 2;
}

static void make_policy_text(struct buf *out)
{
	buf_addstr(out, "schemastore-policy 1\nseq 1\nprev "ID32"\n"
		   "min-format 1\nperson ann Ann Smith ann@example.org\n"
		   "key ann ");
	pubkey_add_line(out, &key->pub);
	buf_addstr(out, "\nroot 1 ann\nauthor ann\napprover ann\n"
		   "deployer ann\nprotect refs/heads/main approve 1 ann\n"
		   "db dev 3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f deploy ann from "
		   "refs/heads/main\nseal refs/heads/main "ID32"\n"
		   "vouch "ID32"\n");
}

static int read_policy_text(struct buf *again, const struct bytes *raw,
			    struct arena *a)
{
	struct err err = ERR_INIT;
	struct policy p;

	if (policy_parse(&p, raw, a, &err))
		return 0;
	policy_add_text(again, &p);
	return 2;
}

static void make_bundle(struct buf *out)
{
	buf_addstr(out, "# v2 git bundle\n" ID20" refs/heads/main\n"
		   ID20" refs/schemastore/policy\n" ID20" refs/tags/v1\n"
		   ID20" HEAD\n\n");
}

static int read_bundle(struct buf *again, const struct bytes *raw,
		       struct arena *a)
{
	struct err err = ERR_INIT;
	struct bundle_head h;

	if (bundle_parse(&h, raw, a, &err))
		return 0;
	bundle_add_head(again, &h);
	return 2;
}

static void make_tree(struct buf *out)
{
	static const char *const entries[] = {
		"40000 edge", "100644 engine", "100644 t%2E1", "40000 table",
	};

	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		buf_add(out, entries[i], strlen(entries[i]) + 1);
		buf_add(out, ID20 + i, SHA1_LEN);
	}
}

static int read_tree(struct buf *again, const struct bytes *raw,
		     struct arena *a)
{
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct oid id = { { 0 } };
	struct tree t;
	int ret;

	buf_add(&b, raw->ptr, raw->len);
	ret = tree_parse(&t, &id, &b, a, &err);
	buf_release(&b);
	if (ret)
		return 0;
	for (size_t i = 0; i < t.n; i++) {
		buf_addf(again, "%s %s", t.v[i].dir ? "40000" : "100644",
			 t.v[i].name);
		buf_addch(again, '\0');
		buf_add(again, t.v[i].oid.b, SHA1_LEN);
	}
	return 2;
}

/* ---- the cache ----------------------------------------------------------- */

static const struct strong_id project_id = { { 0x77 } };
static size_t warnings;

static void on_warning(const char *text)
{
	(void)text;
	warnings++;
}

static const char *cache_path(void)
{
	char hex[SHA256_HEX];

	hex_encode(hex, project_id.b, SHA256_LEN);
	return arena_printf(&arena, "c/schemastore/%s/verified", hex);
}

static void make_cache(struct buf *out)
{
	struct strong_id v[3] = { { { 1 } }, { { 2 } }, { { 3 } } };
	char *here = getcwd(NULL, 0);
	struct err err = ERR_INIT;
	struct cached *c;

	setenv("XDG_CACHE_HOME", arena_printf(&arena, "%s/c", here), 1);
	setenv("XDG_STATE_HOME", arena_printf(&arena, "%s/s", here), 1);
	free(here);
	c = cached_open(&project_id, on_warning);
	cached_save(c, v, ARRAY_LEN(v));
	cached_close(c);
	assert_int_equal(warnings, 0);
	must(file_read(out, cache_path(), 4096, &err), &err);
}

static int read_cache(struct buf *again, const struct bytes *raw,
		      struct arena *a)
{
	const struct strong_id id = { { 2 } };
	size_t before = warnings;
	struct cached *c;
	bool has;

	(void)again;
	(void)a;
	put(cache_path(), raw);
	c = cached_open(&project_id, on_warning);
	has = cached_has(c, &id);
	cached_close(c);
	/* What is not used is said. */
	assert_true(has == (warnings == before));
	return has;
}

/* ---- all of them --------------------------------------------------------- */

static const struct form forms[] = {
	{ "the genesis", make_genesis, read_commit, 7 },
	{ "a policy's commit", make_policy, read_commit, 7 },
	{ "a version", make_schema, read_commit, 7 },
	{ "an approval", make_approval, read_commit, 7 },
	{ "a witness's", make_witness, read_commit, 7 },
	{ "a checkpoint", make_checkpoint, read_commit, 7 },
	{ "an entry of a ledger", make_ledger, read_commit, 7 },
	{ "a note", make_note, read_note, 1 },
	{ "a checkpoint's refs", make_heads, read_heads, 1 },
	{ "pins", make_pins, read_pins, 7 },
	{ "a policy", make_policy_text, read_policy_text, 1 },
	{ "a bundle's head", make_bundle, read_bundle, 1 },
	{ "a tree", make_tree, read_tree, 1 },
	{ "a cache", make_cache, read_cache, 7 },
};

static int judge(const struct form *f, const char *p, size_t n,
		 struct buf *again)
{
	/* In memory of its own, so that a byte too far is seen. */
	char *copy = malloc(n + 1);
	struct bytes raw = { copy, n };
	struct arena a = ARENA_INIT;
	int ret;

	assert_non_null(copy);
	memcpy(copy, p, n);
	copy[n] = '\0';
	buf_truncate(again, 0);
	ret = f->read(again, &raw, &a);
	arena_release(&a);
	free(copy);
	return ret;
}

static void must_differ(const struct form *f, const char *p, size_t n,
			const char *how, size_t at)
{
	struct buf again = BUF_INIT;
	int ret = judge(f, p, n, &again);

	if (ret == 1 || (ret == 2 && (again.len != n ||
				      memcmp(again.ptr, p, n))))
		fail_msg("%s is good, %s %zu", f->what, how, at);
	buf_release(&again);
}

static void try_form(const struct form *f)
{
	size_t step = getenv("SS_LONG") ? 1 : f->step;
	struct buf b = BUF_INIT, again = BUF_INIT;

	f->make(&b);
	assert_true(judge(f, b.ptr, b.len, &again) > 0);
	if (again.len)
		assert_string_equal(again.ptr, b.ptr);
	for (size_t bit = 0; bit < 8 * b.len; bit += step) {
		b.ptr[bit / 8] ^= (char)(1u << bit % 8);
		must_differ(f, b.ptr, b.len, "with another bit", bit);
		b.ptr[bit / 8] ^= (char)(1u << bit % 8);
	}
	for (size_t i = 0; i < b.len; i += step > 1 ? 3 : 1)
		must_differ(f, b.ptr, i, "cut behind byte", i);
	for (unsigned i = 0; i < 256; i++) {
		buf_addch(&b, (char)i);
		must_differ(f, b.ptr, b.len, "with one more,", i);
		buf_truncate(&b, b.len - 1);
	}
	buf_release(&b);
	buf_release(&again);
}

static void test_bits(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	must(key_make(&key, "key", "", &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		try_form(&forms[i]);
	key_close(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_unmake);
}
