/*
 * Signed notes: what is read is written to the same bytes, and so is the tree
 * that it is of.
 *
 *	input = text
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char point[PUBKEY_POINT] = { 1 };
	struct bytes raw = { (const char *)data, size }, got;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct note_tree tree;
	struct pubkey key;
	struct note n;
	int64_t time;

	if (note_parse(&n, &raw, &a, &err))
		goto out;
	note_add(&b, &n);
	got = fuzz_bytes(&b);
	fuzz_same("the note", &raw, &got);
	pubkey_of_point(&key, point, &a);
	for (size_t i = 0; i < n.n; i++)
		if (note_cosigned(&time, &n, n.sigs[i].name, &key, &err) > 0)
			fuzz_fail("'%s' has signed it", n.sigs[i].name);
	if (note_tree(&tree, &n, &a, &err))
		goto out;
	buf_truncate(&b, 0);
	note_add_tree(&b, &tree);
	got = fuzz_bytes(&b);
	fuzz_same("the tree", &n.text, &got);
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
