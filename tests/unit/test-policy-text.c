/*
 * The text of a policy: one has one, and what a person may write.
 */
#include "config.h"

#include "tests/unit/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- texts -------------------------------------------------------------- */

static void test_text(void **state)
{
	const struct policy *p = policy_of(1, BASE), *again;
	struct buf b = BUF_INIT, signers = BUF_INIT;

	(void)state;
	policy_add_text(&b, p);
	again = parsed(b.ptr, false);
	assert_int_equal(again->n, p->n);
	assert_int_equal(p->seq, 1);
	policy_add_signers(&signers, p);
	assert_string_equal(signers.ptr, expand(
		"ann@example.org namespaces=\"git\" $A\n"
		"ann@example.org namespaces=\"git\" $a\n"
		"bob@example.org namespaces=\"git\" $b\n"
		"carol@example.org namespaces=\"git\" $c\n"
		"ci@example.org namespaces=\"git\" $d\n"
		"wit@example.org namespaces=\"git\" $w\n"));
	buf_release(&b);
	buf_release(&signers);
}

/* What takes the place of a piece of the canonical text, which then is none;
 * edited: a person may have written it so. */
static const struct edit {
	const char *at, *put;
	bool edited;
} edits[] = {
	{ "schemastore-policy 1", "schemastore-policy 2", false },
	{ "schemastore-policy 1\n", "", false },
	{ "schemastore-policy 1", " schemastore-policy 1", false },
	{ "seq 1", "seq 01", false },
	{ "seq 1", "seq -1", false },
	{ "seq 1", "seq  1", true },
	{ "seq 1", "seq 1 ", true },
	{ "seq 1", "seq 1 # one", true },
	{ "seq 1", "seq 1 1", false },
	{ "seq 1", "seq 0", false },
	{ "seq 1", "seq 1\nseq 1", false },
	{ "seq 1\n", "", false },
	{ "seq 1\n", "seq 1\n\n", true },
	{ "seq 1\n", "seq 1\r\n", false },
	{ "seq 1\n", "seq\t1\n", true },
	{ "prev 3", "prev -3", false },
	{ "min-format 1", "min-format 2", false },
	{ "min-format 1", "max-format 1", false },
	{ "person ann Ann Smith", "person Ann Ann Smith", false },
	{ "person ann Ann Smith", "person from Ann Smith", false },
	{ "person ann Ann Smith", "person ann", false },
	{ "person ann Ann Smith", "person ann Ann  Smith", true },
	{ "Ann Smith ann@example.org", "Ann <ann@example.org>", false },
	{ "Ann Smith ann@example.org", "Ann ann@*", false },
	{ "bob@example.org", "ann@example.org", false },
	{ "bob@example.org", "Ann@example.org", false },
	{ "person bob Bob", "person ann Bob", false },
	{ "key bob", "key zoe", false },
	{ "key bob $b", "key bob $b ann", false },
	{ "key bob $b", "key bob $a", false },
	{ "key bob $b", "key bob $b\nkey carol $b", false },
	{ "key bob ssh-ed25519 ", "key bob ssh-ed25519 A", false },
	{ "root 2 ann bob carol", "root 2 bob ann carol", true },
	{ "root 2 ann bob carol", "root 2 ann bob carol carol", false },
	{ "root 2 ann bob carol", "root 2 ann bob zoe", false },
	{ "root 2", "root 0", false },
	{ "root 2", "root 4", false },
	{ "root 2 ann bob carol", "root 2", false },
	{ "root 2 ann bob carol\n", "", false },
	{ "author ann bob", "author ann  bob", true },
	{ "author ann bob", "author ann,bob", false },
	{ "author ann bob\n", "author ann\nauthor bob\n", false },
	{ "approve 2 ann", "approve 0 ann", false },
	{ "approve 2 ann", "approve 4 ann", false },
	{ "approve 2 ann bob carol", "approve 3", false },
	{ "protect "MAIN, "protect refs/tags/v1", false },
	{ "protect "MAIN, "protect refs/heads/a..b", false },
	{ "protect "MAIN, "protect main", false },
	{ "protect ", PROTECT"protect ", false },
	{ "protect ", "protect "MAIN" approve 1 bob\nprotect ", false },
	{ "db prod", "db a/../b", false },
	{ "db prod", "db a b", false },
	{ PROD_ID, PROD_ID"3", false },
	{ "deploy ci", "deploy", false },
	{ "deploy ci", "deploy zoe", false },
	{ "mirror required", "mirror", false },
	{ "mirror required", "mirror optional", false },
	{ "mirror required", "mirror required edges-only", false },
	{ "mirror required\n", "mirror required\n"
	  "db other "PROD_ID" deploy ci from "MAIN"\n", false },
	{ "mirror required\n", "mirror required\ndrop %x retired\n", false },
	{ "mirror required\n", "mirror required\ndrop %a lost\n", false },
	{ "mirror required\n", "mirror required\ndrop %b retired\n"
	  "drop %b compromised\n", false },
	{ "mirror required\n", "mirror required\nvouch ^v\nvouch ^u\n", true },
	{ "mirror required\n", "mirror required\nvouch ^v\nvouch ^v\n", false },
	{ "mirror required\n", "mirror required\nseal x ^v\n", false },
	{ "mirror required\n", "mirror required\n"
	  "seal "MAIN" ^v\nseal "MAIN" ^u\n", false },
	{ "mirror required\n", "mirror required", true },
	{ "mirror required\n", "mirror required\n\377\n", false },
};

static void test_edits(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	policy_add_text(&b, policy_of(1, BASE));
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const struct edit *e = &edits[i];
		const char *was = expand(e->at), *at = strstr(b.ptr, was);
		struct err err = ERR_INIT;
		struct policy p;
		struct bytes text;

		if (!at)
			fail_msg("there is no '%s'", e->at);
		text.ptr = arena_printf(&arena, "%.*s%s%s", (int)(at - b.ptr),
					b.ptr, expand(e->put),
					at + strlen(was));
		text.len = strlen(text.ptr);
		if (!policy_parse(&p, &text, &arena, &err))
			fail_msg("edit %zu was read:\n%s", i, text.ptr);
		if (!policy_parse_edited(&p, &text, &arena, &err) != e->edited)
			fail_msg("edit %zu: %s\n%s", i, err.text, text.ptr);
	}
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_edits),
	};

	return cmocka_run_group_tests(tests, NULL, policies_release);
}
