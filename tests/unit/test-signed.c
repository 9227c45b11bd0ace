/*
 * Signed commits: one byte form, and no other is read; nothing that is read is
 * good but what was signed.
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

#include "ss/commit.h"
#include "ss/key.h"

static char dir[] = "/tmp/ss-signed.XXXXXX";
static struct arena arena;
static struct key *key;
static struct buf raw = BUF_INIT;	/* of a signed commit */

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

/* Names of nothing: git's, and the strong ones. */
#define ZEROS "0000000000000000000000000000000000000000"
#define SUM ZEROS"000000000000000000000000"

static void add_commit(struct buf *b, struct key *signer)
{
	struct commit c = {
		.kind = COMMIT_SCHEMA, .ref = "refs/heads/main", .seq = 1,
		.author = { "Ann", "ann@example.org", 1750000000 },
		.subject = "Add users", .body = "For a reason.",
	};
	struct commit_parent parent = { .oid.b = { 1 } };
	struct commit_state state = { "sqlite", "s1:"SUM };
	struct commit_edge edge = { .engine = "sqlite", .has_down = true };
	struct err err = ERR_INIT;

	c.committer = c.author;
	c.parents = &parent;
	c.nparents = 1;
	c.states = &state;
	c.nstates = 1;
	c.edges = &edge;
	c.nedges = 1;
	must(commit_sign(&c, signer, &arena, &err) ||
	     commit_format(b, &c, &err), &err);
}

static int make(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	must(key_make(&key, "key", "", &err), &err);
	add_commit(&raw, key);
	return 0;
}

static int unmake(void **state)
{
	char command[100];

	(void)state;
	key_close(key);
	arena_release(&arena);
	buf_release(&raw);
	snprintf(command, sizeof(command), "cd / && rm -rf %s", dir);
	return system(command);
}

/* 1 good, 0 bad, -1 it is no commit */
static int judge(const char *p, size_t n)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct commit c;
	int ret = commit_parse(&c, p, n, &a, &err);

	if (!ret)
		ret = commit_verify(&c, &err);
	arena_release(&a);
	return ret;
}

static void test_good(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(judge(raw.ptr, raw.len), 1);
	add_commit(&b, key);
	assert_string_equal(b.ptr, raw.ptr);
	buf_truncate(&b, 0);
	add_commit(&b, NULL);
	assert_int_equal(judge(b.ptr, b.len), 0);
	assert_null(strstr(b.ptr, "gpgsig"));
	buf_release(&b);
}

static void test_every_bit(void **state)
{
	char *p = arena_memdup(&arena, raw.ptr, raw.len);

	(void)state;
	for (size_t bit = 0; bit < 8 * raw.len; bit++) {
		p[bit / 8] ^= (char)(1u << bit % 8);
		if (judge(p, raw.len) > 0)
			fail_msg("bit %zu:\n%s", bit, p);
		p[bit / 8] ^= (char)(1u << bit % 8);
	}
	for (size_t i = 0; i < raw.len; i++)
		assert_true(judge(p, i) <= 0);
	p = arena_strndup(&arena, raw.ptr, raw.len);
	assert_int_equal(judge(p, raw.len + 1), -1);
}

#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END " -----END SSH SIGNATURE-----\n"

/* What git takes for the same commit, or its parser for another. */
static const struct edit {
	const char *at, *put;	/* instead of that; in front of it where it
				 * ends in it */
} edits[] = {
	/* the signature */
	{ "gpgsig -----", "gpgsig  -----" },
	{ "gpgsig -----", "gpgsig\n -----" },
	{ "gpgsig -----", "gpgsig-sha256 -----" },
	{ "gpgsig -----", "gpgsigX -----" },
	{ "gpgsig -----", "gpgsig-sha256 x\ngpgsig -----" },
	{ "gpgsig -----", "gpgsigX x\ngpgsig -----" },
	{ "gpgsig -----", "GPGSIG -----" },
	{ END, END " \n" },
	{ END, END " x\n" },
	{ END, END "gpgsig x\n" },
	{ END, END "gpgsigX x\n" },
	{ END, END "x y\n" },
	{ END, " -----END SSH SIGNATURE-----\r\n" },
	{ END, "-----END SSH SIGNATURE-----\n" },
	{ END, " \n" END },
	{ END, "" },
	{ BEGIN, "-----BEGIN SSH SIGNATURE-----\r\n" },
	{ BEGIN, BEGIN " \n" },
	{ BEGIN, "-----BEGIN PGP SIGNATURE-----\n" },
	{ BEGIN " U1NIU0lH", BEGIN " U1NIU0lH " },
	{ BEGIN " U1NIU0lHAAAAAQ", BEGIN " U1NIU0lHAAAAAA" },
	{ BEGIN " U1NIU0lHAAAAAQ", BEGIN " U1NIU0lHAAAAAg" },
	{ BEGIN " U1NIU0lH", BEGIN "  U1NIU0lH" },
	{ BEGIN " U1NIU0lH", BEGIN "U1NIU0lH" },
	{ BEGIN " U1NIU0lH", BEGIN " U1NI\n U0lH" },
	/* the head */
	{ "author ", "encoding UTF-8\nauthor " },
	{ "gpgsig ", "encoding UTF-8\ngpgsig " },
	{ "gpgsig ", "mergetag x\ngpgsig " },
	{ "gpgsig ", "author Eve <e> 1 +0000\ngpgsig " },
	{ "gpgsig ", "committer Eve <e> 1 +0000\ngpgsig " },
	{ "tree ", "tree "ZEROS"\ntree " },
	{ "parent ", "tree "ZEROS"\nparent " },
	{ "parent ", "parent "ZEROS"\nparent " },
	{ "author ", "parent "ZEROS"\nauthor " },
	{ "author ", "HEAD x\nauthor " },
	{ "author ", "committer Ann <ann@example.org> 1 +0000\nauthor " },
	{ "tree ", "author Ann <ann@example.org> 1 +0000\ntree " },
	{ "tree ", "" },
	{ "tree ", "\ntree " },
	{ "author Ann <ann@example.org>", "author Ann" },
	{ "author Ann <ann@example.org>", "author Ann ann@example.org" },
	{ "author Ann <ann@example.org>", "author <ann@example.org>" },
	{ "author Ann <ann@example.org>", "author Ann <ann@example.org> <e>" },
	{ "author Ann <ann@example.org>", "author Ann <ann<@example.org>" },
	{ "author Ann <ann@example.org>", "author Ann <ann>@example.org>" },
	{ "author Ann <ann@example.org>", "author A<nn <ann@example.org>" },
	{ "author Ann <ann@example.org>", "author A>nn <ann@example.org>" },
	{ "author Ann <ann@example.org>", "author Ann <ann@example.org>  " },
	{ "author Ann <ann@example.org>", "author Ann\t<ann@example.org>" },
	{ "author Ann <ann@example.org>", "author A\033nn <ann@example.org>" },
	{ "author Ann <ann@example.org>", "author A\377 <ann@example.org>" },
	{ "tree ", " tree " },
	{ "tree ", "Tree " },
	{ "parent ", "parent  " },
	{ "0000000\nauthor", "000000A\nauthor" },
	{ "committer Ann", "committer  Ann" },
	{ "committer Ann", "committer Ann " },
	{ "+0000\ncommitter", "+0100\ncommitter" },
	{ "+0000\ncommitter", "-0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "01750000000 +0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "-1 +0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "+1 +0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", " +0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "1e9 +0000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "9223372036854775808 +0000\n"
	  "committer" },
	{ "1750000000 +0000\ncommitter", "18446744073709551616 +0000\n"
	  "committer" },
	{ "1750000000 +0000\ncommitter", "1750000000\ncommitter" },
	{ "1750000000 +0000\ncommitter", "1750000000 +0000 \ncommitter" },
	{ "1750000000 +0000\ncommitter", "1750000000 UTC\ncommitter" },
	{ "+0000\ngpgsig", "+0100\ngpgsig" },
	{ "+0000\ngpgsig", "-0000\ngpgsig" },
	{ "1750000000 +0000\ncommitter", "1750000000 +0000\r\ncommitter" },
	/* the message */
	{ "Add users", "Add\tusers" },
	{ "Add users", "Add users\r" },
	{ "Add users", " Add users" },
	{ "Add users\n", "Add users\n\n" },
	{ "For a reason.", "For a reason.\n\n\nx" },
	{ "For a reason.", "gpgsig -----" },
	{ "For a reason.", "For\ngpgsig" },
	{ "For a reason.", "Schemastore-Seq: 2" },
	{ "For a reason.", "For a reason.\377" },
	{ "For a reason.", "For a reason.\n" },
	{ "For a reason.", "For a\001reason." },
	{ "For a reason.", "\303\050" },
	{ "For a reason.", "\355\240\200" },
	{ "For a reason.", "\300\257" },
	{ "For a reason.", "Schemastore-Odd" },
	{ "Add users", "Schemastore-Seq: 1" },
	{ "Add users", "gpgsig x" },
	/* the trailers */
	{ "Format: 1", "Format: 0" },
	{ "Format: 1", "Format: 2" },
	{ "Format: 1", "Format: 01" },
	{ "Format: 1", "Format:  1" },
	{ "Format: 1", "Format: 1 " },
	{ "Kind: schema", "Kind: Schema" },
	{ "Kind: schema", "Kind: policy" },
	{ "Seq: 1", "Seq: 1\nSchemastore-Seq: 1" },
	{ "Seq: 1", "Seq: 1\n x" },
	{ "Seq: 1", "Seq: 01" },
	{ "Seq: 1", "Seq: +1" },
	{ "Seq: 1", "Seq: -1" },
	{ "Seq: 1", "Seq: 0x1" },
	{ "Seq: 1", "Seq: 1 " },
	{ "Seq: 1", "Seq: 1\t" },
	{ "Seq: 1", "Seq:\t1" },
	{ "Seq: 1", "Seq : 1" },
	{ "Seq: 1", "Seq= 1" },
	{ "Seq: 1", "Seq: 1\r" },
	{ "Seq: 1", "Seq: 9223372036854775808" },
	{ "Seq: 1", "Seq: 18446744073709551617" },
	{ "Ref: refs/heads/main", "Ref: " },
	{ "Ref: refs/heads/main", "Ref: main" },
	{ "Ref: refs/heads/main", "Ref: refs/heads/a b" },
	{ "Ref: refs/heads/main", "Ref: refs/heads/../x" },
	{ "Ref: refs/heads/main", "Ref: refs/heads/a\033[2J" },
	{ "Ref: refs/heads/main", "Ref: refs/heads/\377" },
	{ "Ref: refs/heads/main", "Ref: refs/heads/main/" },
	{ "Policy: 0 0", "Policy: 00 0" },
	{ "Policy: 0 0", "Policy: 0  0" },
	{ "Policy: 0 0", "Policy: 0 " },
	{ "Project: 0", "Project: genesis" },
	{ "Project: 0", "Project: A" },
	{ "State: sqlite s1:0", "State: sqlite s1:A" },
	{ "State: sqlite s1:0", "State: sqlite s2:0" },
	{ "State: sqlite s1:0", "State: sqlite s1:" },
	{ "State: sqlite s1:0", "State: sqlite s1:00" },
	{ "State: sqlite s1:0", "State: sqlite  s1:0" },
	{ "State: sqlite s1:0", "State: SQLITE s1:0" },
	{ "State: sqlite s1:0", "State: sql\033ite s1:0" },
	{ "State: sqlite s1:0", "State: s1:0" },
	{ "Schemastore-State: ", "Schemastore-Edge: 0 sqlite "SUM" - -\n"
	  "Schemastore-State: " },
	{ "Edge: 0 sqlite ", "Edge: 00 sqlite " },
	{ "Edge: 0 sqlite ", "Edge: 17 sqlite " },
	{ "Edge: 0 sqlite ", "Edge: 0 SQLite " },
	{ "Edge: 0 sqlite ", "Edge: 0 \377 " },
	{ "Edge: 0 sqlite ", "Edge: 0  " },
	{ "Edge: 0 sqlite "SUM, "Edge: 0 sqlite -" },
	{ SUM" -\n", SUM" - \n" },
	{ SUM" -\n", SUM"\n" },
	{ SUM" -\n", SUM" - -\n" },
	{ SUM" -\n", SUM" -\nSchemastore-Edge: 0 sqlite "SUM" - -\n\n" },
	{ SUM" -\n", SUM" -\n\n" },
	{ SUM" -\n", SUM" -\nx\n" },
	{ SUM" -\n", SUM" -\nSchemastore-Approves: "SUM"\n" },
	{ SUM" -\n", SUM" -" },
	{ "Schemastore-Tree: 0", "Schemastore-tree: 0" },
	{ "Schemastore-Tree: 0", "Schemastore-Odd: 1\nSchemastore-Tree: 0" },
	{ "Schemastore-Tree: 0", "Schemastore-Tree:0" },
	{ "Schemastore-Parent: ", "\nSchemastore-Parent: " },
};

static char *edited_in(const char *text, const struct edit *e)
{
	const char *at = strstr(text, e->at);

	if (!at)
		fail_msg("there is no '%s'", e->at);
	return arena_printf(&arena, "%.*s%s%s", (int)(at - text), text,
			    e->put, at + strlen(e->at));
}

static void test_edits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const char *p = edited_in(raw.ptr, &edits[i]);

		if (judge(p, strlen(p)) >= 0)
			fail_msg("edit %zu was read:\n%s", i, p);
	}
}

/* The block stands elsewhere: behind the message, or before the author. */
static void test_moved(void **state)
{
	const char *sig = strstr(raw.ptr, "gpgsig ");
	const char *rest = strstr(raw.ptr, END) + strlen(END);
	int n = (int)(rest - sig), head = (int)(sig - raw.ptr);
	const char *author = strstr(raw.ptr, "author ");
	const char *const moved[] = {
		arena_printf(&arena, "%.*s%s%.*s", head, raw.ptr, rest, n,
			     sig),
		arena_printf(&arena, "%.*s\n%.*s%s", head, raw.ptr, n, sig,
			     rest),
		arena_printf(&arena, "%.*s%.*s%.*s%s",
			     (int)(author - raw.ptr), raw.ptr, n, sig,
			     (int)(sig - author), author, rest),
		arena_printf(&arena, "%.*s%.*s%s", head + n, raw.ptr, n, sig,
			     rest),
		arena_printf(&arena, "%.*s%s", head, raw.ptr, rest),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(moved); i++)
		if (judge(moved[i], strlen(moved[i])) >= 0)
			fail_msg("%zu was read:\n%s", i, moved[i]);
}

/* No line may be missing, twice or behind the next one; there may be no state
 * and no edge, which then is not what was signed. */
static void test_lines(void **state)
{
	const char *line = strstr(raw.ptr, "Schemastore-Format: ");

	(void)state;
	for (const char *next; *line; line = next) {
		int n = (int)strcspn(line, "\n") + 1;
		int before = (int)(line - raw.ptr), most, m;
		const char *without, *twice, *behind;

		next = line + n;
		m = *next ? (int)strcspn(next, "\n") + 1 : 0;
		most = str_starts(line, "Schemastore-State") ||
		       str_starts(line, "Schemastore-Edge") ? 0 : -1;
		without = arena_printf(&arena, "%.*s%s", before, raw.ptr,
				       next);
		twice = arena_printf(&arena, "%.*s%.*s%s", before, raw.ptr, n,
				     line, line);
		behind = arena_printf(&arena, "%.*s%.*s%.*s%s", before,
				      raw.ptr, m, next, n, line, next + m);
		assert_in_range(judge(without, strlen(without)) + 1, 0,
				most + 1);
		assert_int_equal(judge(twice, strlen(twice)), -1);
		assert_int_equal(judge(behind, strlen(behind)), m ? -1 : 1);
	}
}

/* With a body of so many letters, in lines of 100. */
static void add_long(struct buf *b, size_t n, size_t columns)
{
	char *body = arena_alloc(&arena, n + 1);
	struct err err = ERR_INIT;
	struct commit c;

	memset(body, 'a', n);
	body[n] = '\0';
	for (size_t i = columns; i + 1 < n; i += columns + 1)
		body[i] = '\n';
	must(commit_parse(&c, raw.ptr, raw.len, &arena, &err), &err);
	c.body = body;
	if (commit_sign(&c, key, &arena, &err) || commit_format(b, &c, &err))
		buf_truncate(b, 0);
}

static void test_most_bytes(void **state)
{
	struct buf b = BUF_INIT;
	size_t rest;

	(void)state;
	add_long(&b, 100, 4096);
	rest = 65536 - b.len + 100;
	buf_truncate(&b, 0);
	add_long(&b, rest, 100);
	assert_int_equal(b.len, 65536);
	assert_int_equal(judge(b.ptr, b.len), 1);
	/* What is too long is not written, and not read either. */
	buf_truncate(&b, b.len - 1);
	buf_addstr(&b, "  \n");
	assert_int_equal(judge(b.ptr, b.len), -1);
	buf_truncate(&b, 0);
	add_long(&b, rest + 1, 100);
	assert_int_equal(b.len, 0);
	add_long(&b, 4096, 5000);
	assert_int_equal(judge(b.ptr, b.len), 1);
	buf_truncate(&b, 0);
	add_long(&b, 4097, 5000);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

/* Of what is not just the payload: all of it, with a line end more, or less. */
static void other_payload(struct bytes *out, size_t i)
{
	struct buf b = BUF_INIT;

	commit_add_signed(&b, &raw);
	if (i == 1)
		buf_addch(&b, '\n');
	else if (i == 2)
		buf_truncate(&b, b.len - 1);
	out->ptr = i == 3 ? raw.ptr : arena_memdup(&arena, b.ptr, b.len);
	out->len = i == 3 ? raw.len : b.len;
	buf_release(&b);
}

/* A signature that is one, of something else. */
static void test_transplanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct err err = ERR_INIT;
		struct buf b = BUF_INIT;
		struct sshsig other;
		struct bytes of;
		struct commit c;

		other_payload(&of, i);
		must(commit_parse(&c, raw.ptr, raw.len, &arena, &err) ||
		     key_sign(&other, key, &of, &arena, &err), &err);
		assert_int_equal(sshsig_verify(&other, of.ptr, of.len, &err),
				 1);
		c.sig = other;
		must(commit_format(&b, &c, &err), &err);
		assert_int_equal(judge(b.ptr, b.len), !i);
		buf_release(&b);
	}
}

/* ---- approvals ---------------------------------------------------------- */

static void add_approval(struct buf *b)
{
	struct commit c = {
		.kind = COMMIT_APPROVAL, .ref = "refs/heads/main", .seq = 2,
		.author = { "Bob", "bob@example.org", 1750000000 },
		.subject = "Approve it", .approves.b = { 7 }, .onto.b = { 8 },
	};
	struct commit_parent parent = { .oid.b = { 1 }, .strong.b = { 7 } };
	struct err err = ERR_INIT;

	c.committer = c.author;
	c.parents = &parent;
	c.nparents = 1;
	must(commit_sign(&c, key, &arena, &err) ||
	     commit_format(b, &c, &err), &err);
}

#define ONTO "Schemastore-Onto: 08"
#define APPROVES "Schemastore-Approves: 07"

static const struct edit approval_edits[] = {
	{ APPROVES, "Schemastore-Approves: 06" },
	{ APPROVES, "Schemastore-approves: 07" },
	{ APPROVES, "Schemastore-State: sqlite x\n"APPROVES },
	{ APPROVES, "Schemastore-Odd: x\n"APPROVES },
	{ ONTO, "Schemastore-Odd: 08" },
	{ ONTO, "\n"ONTO },
	{ ONTO, "Schemastore-Onto: 0G" },
	{ "\nparent ", "\nparent 0000000000000000000000000000000000000000"
	  "\nparent " },
	{ "Kind: approval", "Kind: checkpoint" },
	{ "Kind: approval", "Kind: schema" },
	{ "Kind: approval", "Kind: ledger" },
};

static void test_approval(void **state)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	struct commit c;

	(void)state;
	add_approval(&b);
	assert_int_equal(judge(b.ptr, b.len), 1);
	must(commit_parse(&c, b.ptr, b.len, &arena, &err), &err);
	assert_int_equal(c.kind, COMMIT_APPROVAL);
	assert_int_equal(c.approves.b[0], 7);
	assert_int_equal(c.onto.b[0], 8);
	for (size_t i = 0; i < ARRAY_LEN(approval_edits); i++) {
		const char *p = edited_in(b.ptr, &approval_edits[i]);

		if (judge(p, strlen(p)) >= 0)
			fail_msg("edit %zu was read:\n%s", i, p);
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_most_bytes),
		cmocka_unit_test(test_transplanted),
		cmocka_unit_test(test_approval),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
