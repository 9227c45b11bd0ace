/*
 * Differences of two schemas in their text forms: there is none exactly where
 * the digests are equal; a schema that inherits origins keeps its digest, and
 * has a text form still.
 *
 *	input = { object } empty { object }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/diff.h"

static void check_none(const struct schema *s, struct arena *a)
{
	struct diff d;

	for (unsigned flags = 0; flags < 8; flags++) {
		schema_diff(&d, s, s, flags, a);
		if (d.n)
			fuzz_fail("a schema differs from itself (flags %u)",
				  flags);
	}
}

static void check_pair(const struct schema *from, const struct schema *to,
		       struct arena *a)
{
	struct candidate *v;
	struct diff d;
	size_t n;

	schema_diff(&d, from, to, DIFF_BY_NAME, a);
	if (!d.n != !strcmp(from->digest, to->digest))
		fuzz_fail("%zu changes between %s and %s", d.n, from->digest,
			  to->digest);
	for (unsigned flags = 0; flags < 8; flags++)
		schema_diff(&d, from, to, flags, a);
	rename_candidates(&v, &n, from, to, a);
}

static bool has_origins(const struct schema *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct node *n = s->objects[i];

		if (n->origin)
			return true;
		for (size_t k = 0; k < n->nkids; k++)
			if (n->kids[k]->origin)
				return true;
	}
	return false;
}

static void check_text(const struct node *n, struct arena *a)
{
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	struct node *again;

	node_encode(&b, n);
	if (node_decode(&again, b.ptr, b.len, a, &err))
		fuzz_fail("an heir's text does not decode: %s:\n%s", err.text,
			  b.ptr);
	buf_release(&b);
}

static void check_heir(struct schema *to, const struct schema *from,
		       struct arena *a)
{
	char before[SCHEMA_DIGEST_LEN];
	struct err err = ERR_INIT;

	schema_digest(before, to);
	if (schema_inherit(to, from, NULL, 0, &err))
		fuzz_fail("nothing is inherited: %s", err.text);
	schema_compute_digest(to);
	if (strcmp(before, to->digest))
		fuzz_fail("an heir's digest is another");
	for (size_t i = 0; i < to->n; i++)
		check_text(to->objects[i], a);
	check_none(to, a);
	check_pair(from, to, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema from, to;
	bool ok = fuzz_schema(&from, &rest, &a);

	if (fuzz_schema(&to, &rest, &a) && ok) {
		check_none(&from, &a);
		check_pair(&from, &to, &a);
		check_pair(&to, &from, &a);
		if (!has_origins(&to))
			check_heir(&to, &from, &a);
	}
	schema_release(&from);
	schema_release(&to);
	arena_release(&a);
	return 0;
}
