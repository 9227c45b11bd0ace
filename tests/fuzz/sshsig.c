/*
 * Signatures: what is read is written to the same bytes.
 *
 *	input = armor
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size }, got;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct sshsig s, foreign;
	bool is_ours = !sshsig_parse(&s, text.ptr, text.len, &a);

	if (sshsig_parse_foreign(&foreign, text.ptr, text.len, &a)) {
		if (is_ours)
			fuzz_fail("it is ours alone");
		goto out;
	}
	sshsig_add(&b, &foreign, "");
	got = fuzz_bytes(&b);
	if (is_ours)
		fuzz_same("the signature", &text, &got);
	if (sshsig_parse(&s, got.ptr, got.len, &a))
		fuzz_fail("what was written is not read");
	if (pubkey_point(&s.key) &&
	    sshsig_verify(&s, text.ptr, text.len, &err) < 0)
		fuzz_fail("it cannot be verified: %s", err.text);
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
