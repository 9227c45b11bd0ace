/*
 * Lists of refs, as checkpoints have them: what is read is written to the same
 * bytes, and each ref is found.
 *
 *	input = text
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/tips.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size }, got;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct tips t;

	if (tips_parse(&t, &text, &a, &err))
		goto out;
	tips_add_text(&b, &t);
	got = fuzz_bytes(&b);
	fuzz_same("the list", &text, &got);
	for (size_t i = 0; i < t.n; i++)
		if (tips_find(&t, t.v[i].ref) != &t.v[i])
			fuzz_fail("'%s' is not found", t.v[i].ref);
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
