/*
 * Text forms: what decodes encodes to the same bytes, before it is sealed and
 * after; the folded form is a text form too, and folding it changes nothing.
 *
 *	text ── decode ── encode = text ── seal ── encode = text
 *	                    │                 │
 *	                  folded ── decode ── folded = folded, digest = digest
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

static void check_encoding(const char *what, const struct node *n,
			   const struct bytes *text)
{
	struct buf b = BUF_INIT;
	struct bytes got;

	node_encode(&b, n);
	got = fuzz_bytes(&b);
	fuzz_same(what, text, &got);
	buf_release(&b);
}

/* One object, sealed alone; false where that is refused. */
static bool seal_one(struct schema *s, struct node *n, struct arena *a)
{
	struct err err = ERR_INIT;

	schema_init(s, engine_sqlite.spelling, a);
	schema_add(s, n);
	return !schema_seal(s, &err);
}

static struct node *decode(const struct bytes *text, struct arena *a)
{
	struct err err = ERR_INIT;
	struct node *n;

	if (node_decode(&n, engine_sqlite.spelling,
			text->ptr, text->len, a, &err))
		fuzz_fail("what was encoded does not decode: %s:\n%.*s",
			  err.text, (int)text->len, text->ptr);
	return n;
}

static void check_folded(const struct node *n, const char *digest,
			 struct arena *a)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct bytes first, second;
	struct schema s;
	struct node *m;

	node_encode_folded(&one, n, engine_sqlite.spelling);
	first = fuzz_bytes(&one);
	m = decode(&first, a);
	node_encode_folded(&two, m, engine_sqlite.spelling);
	second = fuzz_bytes(&two);
	fuzz_same("the form folded twice", &first, &second);
	if (!seal_one(&s, m, a) || strcmp(s.digest, digest))
		fuzz_fail("the folded form has another digest:\n%s", one.ptr);
	schema_release(&s);
	buf_release(&one);
	buf_release(&two);
}

static void check_object(struct node *n, const struct bytes *text,
			 struct arena *a)
{
	struct schema s, again;

	check_encoding("the encoded text", n, text);
	check_encoding("a copy's text", node_copy(a, n), text);
	if (seal_one(&s, n, a)) {
		check_encoding("the sealed object's text", n, text);
		if (!seal_one(&again, decode(text, a), a) ||
		    strcmp(s.digest, again.digest))
			fuzz_fail("another digest in the second round");
		schema_release(&again);
		check_folded(n, s.digest, a);
	}
	schema_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct node *n;

	if (!node_decode(&n, engine_sqlite.spelling,
			text.ptr, text.len, &a, &err))
		check_object(n, &text, &a);
	arena_release(&a);
	return 0;
}
