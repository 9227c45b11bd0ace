/*
 * Commits: what parses is printed to the same bytes under the same names, and
 * is one of the repository's objects for git too.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/commit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes raw = { (const char *)data, size }, got;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct commit c, before;

	if (commit_parse(&c, raw.ptr, raw.len, &a, &err))
		goto out;
	before = c;
	if (c.is_signed && pubkey_point(&c.sig.key) &&
	    commit_verify(&c, &err) < 0)
		fuzz_fail("it cannot be verified: %s", err.text);
	if (commit_format(&b, &c, &err))
		fuzz_fail("it parses, and is not printed: %s", err.text);
	got = fuzz_bytes(&b);
	fuzz_same("the printed commit", &raw, &got);
	if (!oid_equal(&c.oid, &before.oid) ||
	    memcmp(c.strong.b, before.strong.b, SHA256_LEN))
		fuzz_fail("the printed commit has another name");
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
