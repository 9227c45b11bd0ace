/*
 * Who may do what under a chain of policies, as tables say it.
 */
#include "config.h"

#include "tests/unit/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- who ---------------------------------------------------------------- */

/* Keys that may sign such a commit for such a ref: of A a b c d w and x, which
 * is nobody's. */
static const struct {
	enum commit_kind kind;
	const char *ref;
	const char *keys;
} matrix[] = {
	{ COMMIT_SCHEMA, "refs/heads/dev", "Aab" },
	{ COMMIT_SCHEMA, MAIN, "Aab" },
	{ COMMIT_POLICY, POLICY_REF, "Aabc" },
	{ COMMIT_LEDGER, PROD, "d" },
	{ COMMIT_LEDGER, "refs/schemastore/ledger/other", "d" },
	{ COMMIT_APPROVAL, "refs/heads/dev", "Aac" },
	{ COMMIT_APPROVAL, MAIN, "Aabc" },
	{ COMMIT_APPROVAL, POLICY_REF, "Aabc" },
	{ COMMIT_APPROVAL, PROD, "c" },
	{ COMMIT_APPROVAL, "refs/schemastore/witness/w1", "w" },
	{ COMMIT_CHECKPOINT, "refs/schemastore/checkpoints", "Aabd" },
};

static const char *email_of(char key)
{
	switch (key) {
	case 'b':
		return "bob@example.org";
	case 'c':
		return "carol@example.org";
	case 'd':
		return "ci@example.org";
	case 'w':
		return "wit@example.org";
	default:
		return "ann@example.org";
	}
}

/* ctx: the letters of the seals that have it. */
static bool within(void *ctx, const struct strong_id *seal)
{
	return seal->b[0] && strchr(ctx, seal->b[0]);
}

static enum policy_verdict judge(const struct policy_chain *chain,
				 struct policy_case *c, char key)
{
	struct pubkey k = key_of(key);
	struct strong_id nothing = { { 0 } };

	c->key = key == '-' ? NULL : &k;
	if (!memcmp(&c->policy, &nothing, sizeof(nothing)))
		c->policy = id_of((char)('0' + c->seq));
	if (!c->email)
		c->email = email_of(key);
	c->within = within;
	return policy_judge(chain, c);
}

#define CHAIN_MOST 4

/* lines: by seq from 1 on, ended by NULL; 0 is open. */
static struct policy_chain chain_of(const char *const *lines)
{
	const struct policy **v = arena_alloc(&arena, (CHAIN_MOST + 1) *
					      sizeof(*v));
	struct strong_id *ids = arena_alloc(&arena, (CHAIN_MOST + 1) *
					    sizeof(*ids));
	struct policy_chain chain = { v, ids, 0 };

	for (size_t i = 0; i <= CHAIN_MOST; i++) {
		if (i && !lines[i - 1])
			break;
		v[i] = policy_of((unsigned)i, i ? lines[i - 1] : "");
		ids[i] = id_of((char)('0' + i));
		chain.n++;
	}
	return chain;
}

static void test_matrix(void **state)
{
	const char *const lines[CHAIN_MOST] = { BASE };
	struct policy_chain chain = chain_of(lines);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(matrix); i++)
		for (const char *k = "Aabcdwx-"; *k; k++) {
			struct policy_case c = {
				.kind = matrix[i].kind, .ref = matrix[i].ref,
				.seq = 1, .ctx = "",
			};
			bool may = judge(&chain, &c, *k) == POLICY_FINE;

			if (may != !!strchr(matrix[i].keys, *k))
				fail_msg("row %zu, key %c", i, *k);
		}
}

/* ---- under a chain ------------------------------------------------------ */

#define P2(more) { BASE, BASE more }
#define RETIRED "drop %b retired\n"
#define STOLEN "drop %b compromised\n"
#define SEALS "seal "MAIN" ^m\nseal "PROD" ^p\nseal refs/heads/dev ^s\n"
#define NO_BOB PERSONS KEYS ROOT "author ann\napprover ann carol\n" \
	"deployer ci\nwitness wit\n" PROTECT DB
#define STRICTER PERSONS KEYS ROOT ROLES \
	"protect "MAIN" approve 3 ann bob carol\n" DB
#define LOOSE PERSONS KEYS ROOT ROLES
#define ONE PERSONS KEYS "root 1 carol\n" ROLES PROTECT DB
#define DEV "refs/heads/dev"
#define IS(v) .verdict = POLICY_##v

static const struct row {
	const char *what;
	const char *lines[CHAIN_MOST];	/* from policy 1 on */
	char key;
	const char *ref;
	uint64_t seq;		/* that it names */
	const char *sealed;	/* ids that have it */
	enum policy_verdict verdict;
	uint64_t least;
	char id, policy;
	const char *email;
	enum commit_kind kind;
} rows[] = {
	{ "plain", { BASE }, 'b', DEV, 1, "", IS(FINE) },
	{ "open, unsigned", { NULL }, '-', DEV, 0, "", IS(FINE) },
	{ "unsigned", { BASE }, '-', DEV, 1, "", IS(UNSIGNED) },
	{ "of nobody", { BASE }, 'x', DEV, 1, "", IS(NOBODY) },
	{ "other role", { BASE }, 'c', DEV, 1, "", IS(NO_RIGHT) },
	{ "other's name", { BASE }, 'b', DEV, 1, "", IS(OTHER_NAME),
	  .email = "ann@example.org" },
	{ "no such policy", { BASE }, 'b', DEV, 2, "", IS(UNKNOWN) },
	{ "a fork's policy", { BASE }, 'b', DEV, 1, "", IS(UNKNOWN),
	  .policy = 'x' },
	{ "older than a parent", { BASE, BASE }, 'b', DEV, 1, "", IS(OLDER),
	  .least = 2 },
	{ "in flight", { BASE, BASE }, 'b', DEV, 1, "", IS(FINE),
	  .least = 1 },

	{ "open, then sealed", { BASE SEALS }, '-', DEV, 0, "s", IS(FINE) },
	{ "open, not sealed", { BASE SEALS }, '-', DEV, 0, "",
	  IS(UNSEALED) },
	{ "open, an author's", { BASE SEALS }, 'a', DEV, 0, "", IS(FINE) },
	{ "open, another's", { BASE SEALS }, 'x', DEV, 0, "", IS(UNSEALED) },
	{ "open, main", { BASE SEALS }, 'a', MAIN, 0, "s",
	  IS(RULE_CHANGED) },
	{ "open, main sealed", { BASE SEALS }, 'a', MAIN, 0, "m",
	  IS(FINE) },

	{ "retired, sealed", P2(RETIRED SEALS), 'b', DEV, 1, "s",
	  IS(FINE) },
	{ "retired, by any seal", P2(RETIRED SEALS), 'b', DEV, 1, "m",
	  IS(FINE) },
	{ "retired, back-dated", P2(RETIRED SEALS), 'b', DEV, 1, "",
	  IS(UNSEALED) },
	{ "retired", P2(RETIRED SEALS), 'b', DEV, 2, "ms", IS(DROPPED) },
	{ "retired, other key", P2("drop %A retired\n"), 'a', DEV, 1, "",
	  IS(FINE) },
	{ "vouched", P2(RETIRED "vouch ^v\n"), 'b', DEV, 1, "", IS(FINE),
	  .id = 'v' },
	{ "another vouched", P2(RETIRED "vouch ^u\n"), 'b', DEV, 1, "",
	  IS(UNSEALED), .id = 'v' },
	{ "vouched later", { BASE, BASE RETIRED, BASE RETIRED "vouch ^v\n" },
	  'b', DEV, 1, "", IS(FINE), .id = 'v' },
	{ "vouched before", { BASE "vouch ^v\n", BASE RETIRED }, 'b', DEV, 1,
	  "", IS(UNSEALED), .id = 'v' },
	{ "sealed later only", { BASE, BASE RETIRED, BASE RETIRED SEALS },
	  'b', DEV, 1, "s", IS(UNSEALED) },
	{ "sealed when dropped", { BASE, BASE RETIRED SEALS, BASE RETIRED },
	  'b', DEV, 1, "s", IS(FINE) },
	{ "no author more", { BASE, NO_BOB SEALS }, 'b', DEV, 1, "",
	  IS(UNSEALED) },
	{ "no author more, sealed", { BASE, NO_BOB SEALS }, 'b', DEV, 1, "s",
	  IS(FINE) },
	{ "author again", { BASE, NO_BOB SEALS, BASE }, 'b', DEV, 1, "",
	  IS(UNSEALED) },
	{ "author again, now", { BASE, NO_BOB SEALS, BASE }, 'b', DEV, 3, "",
	  IS(FINE) },

	{ "compromised, behind the seal", P2(STOLEN SEALS), 'b', DEV, 1, "",
	  IS(UNSEALED) },
	{ "compromised, before it", P2(STOLEN SEALS), 'b', DEV, 1, "s",
	  IS(FINE) },
	{ "compromised, vouched", P2(STOLEN SEALS "vouch ^v\n"), 'b', DEV, 1,
	  "", IS(FINE), .id = 'v' },
	{ "retired, then compromised", { BASE, BASE RETIRED SEALS, BASE STOLEN
	  "seal "MAIN" ^n\n" }, 'b', DEV, 1, "s", IS(UNSEALED) },
	{ "retired, then compromised, before", { BASE, BASE RETIRED SEALS,
	  BASE STOLEN "seal "MAIN" ^n\n" }, 'b', DEV, 1, "sn", IS(FINE) },

	{ "policy", { BASE, BASE RETIRED }, 'b', POLICY_REF, 1, "",
	  IS(FINE), .kind = COMMIT_POLICY },
	{ "policy, dropped later", { BASE, BASE, BASE RETIRED }, 'b',
	  POLICY_REF, 1, "2", IS(FINE), .kind = COMMIT_POLICY },
	{ "policy, beside the chain", { BASE, BASE, BASE RETIRED }, 'b',
	  POLICY_REF, 1, "", IS(UNSEALED), .kind = COMMIT_POLICY },
	{ "policy, no root", { BASE }, 'd', POLICY_REF, 1, "", IS(NO_RIGHT),
	  .kind = COMMIT_POLICY },
	{ "policy approved by the next root", { ONE, BASE }, 'b', POLICY_REF,
	  1, "", IS(FINE), .kind = COMMIT_APPROVAL },
	{ "policy approved by no root", { ONE, BASE }, 'd', POLICY_REF, 1, "",
	  IS(NO_RIGHT), .kind = COMMIT_APPROVAL },

	{ "rule stricter", { BASE, STRICTER SEALS }, 'b', MAIN, 1, "",
	  IS(RULE_CHANGED) },
	{ "rule stricter, sealed", { BASE, STRICTER SEALS }, 'b', MAIN, 1, "m",
	  IS(FINE) },
	{ "rule stricter, another's seal", { BASE, STRICTER SEALS }, 'b', MAIN,
	  1, "s", IS(RULE_CHANGED) },
	{ "rule stricter, other ref", { BASE, STRICTER SEALS }, 'b', DEV, 1,
	  "", IS(FINE) },
	{ "rule gone", { BASE, LOOSE SEALS }, 'b', MAIN, 1, "",
	  IS(RULE_CHANGED) },
	{ "rule gone and back", { BASE, LOOSE SEALS, BASE }, 'b', MAIN, 1, "m",
	  IS(FINE) },
	{ "rule as it was", { BASE, BASE SEALS }, 'b', MAIN, 1, "",
	  IS(FINE) },
	{ "ledger, rule new", { LOOSE, BASE SEALS }, 'd', PROD, 1, "",
	  IS(RULE_CHANGED), .kind = COMMIT_LEDGER },
	{ "ledger, rule new, sealed", { LOOSE, BASE SEALS }, 'd', PROD, 1, "p",
	  IS(FINE), .kind = COMMIT_LEDGER },
};

static void test_chains(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct policy_chain chain = chain_of(r->lines);
		struct policy_case c = {
			.kind = r->kind, .ref = r->ref, .seq = r->seq,
			.least = r->least, .email = r->email,
			.id = id_of(r->id ? r->id : '!'),
			.ctx = (void *)(uintptr_t)r->sealed,
		};
		enum policy_verdict v;

		if (r->policy)
			c.policy = id_of(r->policy);
		v = judge(&chain, &c, r->key);
		if (v != r->verdict)
			fail_msg("%s: %s", r->what, policy_verdict_rule(v));
	}
}

/* ---- counting ----------------------------------------------------------- */

static struct policy_keys keys_of(const char *letters)
{
	size_t n = strlen(letters);
	struct pubkey *keys = arena_alloc(&arena, n * sizeof(*keys) + 1);
	const struct pubkey **v = arena_alloc(&arena, n * sizeof(*v) + 1);

	for (size_t i = 0; i < n; i++) {
		keys[i] = key_of(letters[i]);
		v[i] = &keys[i];
	}
	return (struct policy_keys){ v, n };
}

/* 2 of ann, bob and carol. */
static const struct {
	const char *approvals, *authors;
	const char *more;
	bool fine;
} landings[] = {
	{ "ab", "d", "", true },
	{ "abc", "d", "", true },
	{ "a", "d", "", false },
	{ "", "d", "", false },
	{ "aA", "d", "", false },		/* two keys of one person */
	{ "aa", "d", "", false },
	{ "ax", "d", "", false },
	{ "ad", "d", "", false },		/* not in the rule */
	{ "ab", "b", "", false },		/* self-approval */
	{ "ab", "A", "", false },		/* with the other key */
	{ "abc", "b", "", true },
	{ "ac", "b", "", true },
	{ "bc", "", "drop %b retired\n", false },
	{ "Ac", "", "drop %a retired\n", true },
	{ "bc", "a", "drop %a retired\n", true },
	{ "Ac", "a", "drop %a retired\n", false },
};

static void test_landings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(landings); i++) {
		const struct policy *p = policy_of(1, arena_printf(&arena,
			"%s%s", BASE, landings[i].more));
		struct policy_keys approvals = keys_of(landings[i].approvals);
		struct policy_keys authors = keys_of(landings[i].authors);

		if ((policy_judge_landing(p, MAIN, &approvals, &authors) ==
		     POLICY_FINE) != landings[i].fine)
			fail_msg("landing %zu", i);
		assert_int_equal(policy_judge_landing(p, DEV, &approvals,
						      &authors), POLICY_FINE);
	}
}

/* Of database prod: who does it, what is so, who approves, who has written it;
 * 1 of carol, mirror required. */
#define ALL "mbe"
#define PLAIN PERSONS KEYS ROOT ROLES PROTECT \
	"db prod "PROD_ID" deploy ann ci from "MAIN"\n"
#define EDGES PERSONS KEYS ROOT ROLES PROTECT \
	"db prod "PROD_ID" deploy ann ci from "MAIN" approve 2 edges-only\n"
static const struct {
	const char *lines;
	char key;
	const char *so;		/* m: it moves, b: on the branch, e: an edge,
				 * n: no mirror, x: another id */
	const char *approvals, *authors;
	enum policy_verdict verdict;
	const char *ref;
} deploys[] = {
	{ BASE, 'd', ALL, "c", "a", IS(FINE) },
	{ BASE, 'd', ALL, "", "a", IS(TOO_FEW) },
	{ BASE, 'd', ALL, "c", "c", IS(TOO_FEW) },
	{ BASE, 'd', ALL, "b", "a", IS(TOO_FEW) },
	{ BASE, 'd', ALL, "x", "a", IS(TOO_FEW) },
	{ BASE, 'd', "be", "", "a", IS(FINE) },
	{ BASE, 'd', "mb", "c", "a", IS(FINE) },
	{ BASE, 'd', "me", "c", "a", IS(OTHER_BRANCH) },
	{ BASE, 'd', "mben", "c", "a", IS(NO_MIRROR) },
	{ BASE, 'd', "n", "", "", IS(NO_MIRROR) },
	{ BASE, 'd', "mbex", "c", "a", IS(OTHER_DB) },
	{ BASE, 'd', "x", "", "", IS(OTHER_DB) },
	{ BASE, 'a', ALL, "c", "", IS(NO_RIGHT) },
	{ BASE, 'c', ALL, "c", "", IS(NO_RIGHT) },
	{ BASE, 'w', ALL, "c", "", IS(NO_RIGHT) },
	{ BASE, 'x', ALL, "c", "", IS(NOBODY) },
	{ BASE, '-', ALL, "c", "", IS(UNSIGNED) },
	{ BASE "drop %d retired\n", 'd', ALL, "c", "", IS(DROPPED) },
	{ BASE "drop %d retired\n", 'd', "", "", "", IS(DROPPED) },
	{ PLAIN, 'a', ALL, "", "a", IS(FINE) },
	{ PLAIN, 'A', ALL, "", "a", IS(FINE) },
	{ PLAIN, 'd', "mbn", "", "", IS(FINE) },
	{ PLAIN, 'b', ALL, "", "", IS(NO_RIGHT) },
	{ EDGES, 'd', ALL, "ac", "b", IS(FINE) },
	{ EDGES, 'd', "mb", "ac", "b", IS(NO_EDGE) },
	{ EDGES, 'd', "b", "", "", IS(FINE) },
	{ EDGES, 'd', ALL, "aA", "b", IS(TOO_FEW) },	/* one person */
	{ EDGES, 'a', ALL, "ac", "b", IS(TOO_FEW) },	/* who does it */
	{ EDGES, 'a', ALL, "Ac", "b", IS(TOO_FEW) },
	{ EDGES, 'd', ALL, "ac", "A", IS(TOO_FEW) },
	{ EDGES "drop %a retired\n", 'd', ALL, "ac", "b", IS(TOO_FEW) },
	{ EDGES "drop %a retired\n", 'd', ALL, "Ac", "b", IS(FINE) },
	/* Without a line whoever deploys may, but not by another's id. */
	{ BASE, 'd', "mx", "", "", IS(FINE), .ref = PROD"2" },
	{ BASE, 'd', "m", "", "", IS(OTHER_DB), .ref = PROD"2" },
	{ PLAIN, 'a', "mx", "", "", IS(NO_RIGHT), .ref = PROD"2" },
	{ "", '-', "nx", "", "", IS(FINE) },
};

static void test_deploys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(deploys); i++) {
		const struct policy *p = policy_of(1, deploys[i].lines);
		const char *so = deploys[i].so;
		struct pubkey key = key_of(deploys[i].key);
		struct policy_deploy d = {
			.ref = deploys[i].ref ? deploys[i].ref : PROD,
			.id = strchr(so, 'x') ?
			      "00000000000000000000000000000000" : PROD_ID,
			.key = deploys[i].key == '-' ? NULL : &key,
			.moves = strchr(so, 'm'), .edge = strchr(so, 'e'),
			.on_branch = strchr(so, 'b'),
			.no_mirror = strchr(so, 'n'),
			.approvals = keys_of(deploys[i].approvals),
			.authors = keys_of(deploys[i].authors),
		};
		enum policy_verdict v = policy_judge_deploy(p, &d);

		if (v != deploys[i].verdict)
			fail_msg("deploy %zu: %s", i, policy_verdict_rule(v));
	}
}

#define OTHERS PERSONS KEYS "root 2 ann ci wit\n" ROLES PROTECT DB

static const struct {
	const char *what;
	const char *from, *to;
	const char *signers;
	bool fine;
} steps[] = {
	{ "same root", BASE, BASE, "ab", true },
	{ "one of two", BASE, BASE, "a", false },
	{ "one person's keys", BASE, BASE, "aA", false },
	{ "nobody's", BASE, BASE, "xd", false },
	{ "old alone", BASE, OTHERS, "ab", false },
	{ "new alone", BASE, OTHERS, "ad", false },
	{ "both", BASE, OTHERS, "abd", true },
	{ "fewer, old too few", BASE, ONE, "c", false },
	{ "fewer", BASE, ONE, "bc", true },
	{ "more", ONE, BASE, "c", false },
	{ "more, both", ONE, BASE, "ca", true },
	{ "by what is dropped", BASE, BASE "drop %b retired\n", "ab", false },
	{ "dropped by others", BASE, BASE "drop %b retired\n", "ac", true },
	{ "key gone", BASE, PERSONS "key ann $A\nkey ann $a\nkey carol $c\n"
	  "key ci $d\nkey wit $w\n" ROOT ROLES, "ac", false },
	{ "key moved", BASE, PERSONS "key ann $A\nkey ann $a\nkey carol $b\n"
	  "key carol $c\nkey ci $d\nkey wit $w\n" ROOT ROLES, "ac", false },
	{ "drop taken back", BASE "drop %w retired\n", BASE, "ab", false },
	{ "drop worse", BASE "drop %w retired\n", BASE "drop %w compromised\n",
	  "ab", true },
	{ "drop better", BASE "drop %w compromised\n",
	  BASE "drop %w retired\n", "ab", false },
	{ "unprotected", BASE, PERSONS KEYS ROOT ROLES DB, "ab", true },
	{ "database gone", BASE, PERSONS KEYS ROOT ROLES PROTECT, "ab",
	  false },
	{ "database's id", BASE, PERSONS KEYS ROOT ROLES PROTECT
	  "db prod 00000000000000000000000000000000 deploy ci from "MAIN"\n",
	  "ab", false },
	{ "nobody", BASE, "", "ab", false },
};

static bool step(const struct policy *from, const struct policy *to, char id,
		 const char *signers)
{
	struct strong_id strong = id_of(id);
	struct policy_step s = {
		.from = from, .to = to, .id = &strong,
		.signers = keys_of(signers),
	};

	return policy_judge_step(&s) == POLICY_FINE;
}

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (step(policy_of(1, steps[i].from), policy_of(2, steps[i].to),
			 '1', steps[i].signers) != steps[i].fine)
			fail_msg("%s", steps[i].what);
	assert_false(step(policy_of(1, BASE), policy_of(3, BASE), '1', "ab"));
	assert_false(step(policy_of(2, BASE), policy_of(2, BASE), '1', "ab"));
	assert_false(step(policy_of(1, BASE), policy_of(2, BASE), 'x', "ab"));
	/* min-format falls */
	assert_false(step(policy_of(1, BASE),
			  parsed(expand("schemastore-policy 1\nseq 2\n"
					"prev ^1\nmin-format 0\n" BASE), true),
			  '1', "ab"));
}

/* Whoever has signed the first one signs the second one, too. */
static void test_first(void **state)
{
	struct strong_id id = id_of('0');
	struct pubkey begun = key_of('a');
	struct policy_step s = {
		.from = policy_of(0, ""), .to = policy_of(1, ONE), .id = &id,
		.signers = keys_of("c"),
	};

	(void)state;
	assert_int_equal(policy_judge_step(&s), POLICY_FINE);
	s.begun_by = &begun;
	assert_int_equal(policy_judge_step(&s), POLICY_NO_RIGHT);
	s.signers = keys_of("ca");
	assert_int_equal(policy_judge_step(&s), POLICY_FINE);
	s.signers = keys_of("a");
	assert_int_equal(policy_judge_step(&s), POLICY_TOO_FEW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_landings),
		cmocka_unit_test(test_deploys),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, policies_release);
}
