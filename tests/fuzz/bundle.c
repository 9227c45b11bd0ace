/*
 * Bundles: a head that is read is written to the same bytes; and a pack is
 * taken, or is not, however its bytes are cut into pieces.
 *
 *	input = head pack
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/bundle.h"

#include "store/packscan.h"

/* In pieces of so many bytes: is it taken? */
static bool scan(const struct bytes *pack, size_t piece)
{
	struct err err = ERR_INIT;
	struct packscan s;
	bool taken = true;

	packscan_start(&s);
	for (size_t at = 0; at < pack->len && taken; at += piece) {
		size_t n = pack->len - at < piece ? pack->len - at : piece;

		taken = !packscan_add(&s, pack->ptr + at, n, &err);
	}
	taken = taken && !packscan_end(&s, &err);
	packscan_release(&s);
	return taken;
}

static const char *end_of_head(const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i] == '\n' && p[i - 1] == '\n')
			return p + i + 1;
	return p + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = end_of_head(p, size);
	struct bytes head = { p, (size_t)(end - p) }, got;
	struct bytes pack = { end, size - head.len };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct bundle_head h;

	if (!bundle_parse(&h, &head, &a, &err)) {
		bundle_add_head(&b, &h);
		got = fuzz_bytes(&b);
		fuzz_same("the head", &head, &got);
	}
	if (scan(&pack, size + 1) != scan(&pack, 1) ||
	    scan(&pack, 7) != scan(&pack, 1))
		fuzz_fail("a pack is taken in pieces, or is not");
	buf_release(&b);
	arena_release(&a);
	return 0;
}
