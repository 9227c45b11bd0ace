/*
 * Policies: what is read is written to the same bytes; what is read of an
 * edited one is a policy, and who signs is among its persons.
 *
 *	input = text
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/policy.h"

static void check_keys(const struct policy *p)
{
	size_t n;
	const struct policy_line *key = policy_lines(p, POLICY_KEY, &n);

	for (size_t i = 0; i < n; i++)
		if (!policy_person_of(p, &key[i].key))
			fuzz_fail("'%s' is nobody's", key[i].text);
	if (!policy_is_open(p) && policy_may(p, COMMIT_SCHEMA,
					     "refs/heads/main", NULL))
		fuzz_fail("nobody may write");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size }, got;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct policy p, again;
	bool strict = !policy_parse(&p, &text, &a, &err);

	if (policy_parse_edited(&p, &text, &a, &err)) {
		if (strict)
			fuzz_fail("it is no edited one: %s", err.text);
		goto out;
	}
	policy_add_text(&b, &p);
	got = fuzz_bytes(&b);
	if (strict)
		fuzz_same("the policy", &text, &got);
	if (policy_parse(&again, &got, &a, &err))
		fuzz_fail("what was written is not read: %s\n%s", err.text,
			  b.ptr);
	check_keys(&p);
	buf_truncate(&b, 0);
	policy_add_signers(&b, &p);
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
