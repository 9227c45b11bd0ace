/*
 * Differences of two schemas in their text forms: there is none exactly where
 * the digests are equal; a schema that inherits origins, with renames or
 * without, keeps its digest, has a text form still, and no origin twice.
 *
 *	input = { object } empty { object } empty { rename }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

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
	if (node_decode(&again, engine_sqlite.spelling, b.ptr, b.len, a, &err))
		fuzz_fail("an heir's text does not decode: %s:\n%s", err.text,
			  b.ptr);
	buf_release(&b);
}

/* Each origin once, among objects and among the columns of each. */
static bool unique_keys(struct node *const *v, size_t n)
{
	struct map seen = MAP_INIT;
	bool unique = true;

	for (size_t i = 0; i < n && unique; i++) {
		char key[4096];

		if (!(v[i]->kind->flags & KIND_ROWS))
			continue;
		snprintf(key, sizeof(key), "%s %s", v[i]->kind->word,
			 v[i]->key);
		unique = !map_find(&seen, key) &&
			 unique_keys(v[i]->kids, v[i]->nkids);
		map_set(&seen, key, v[i]);
	}
	map_release(&seen);
	return unique;
}

static void check_heir(struct schema *to, const struct schema *from,
		       const struct rename *renames, size_t n)
{
	bool was_unique = unique_keys(from->objects, from->n);
	char before[SCHEMA_DIGEST_LEN];
	struct err err = ERR_INIT;

	schema_digest(before, to);
	if (schema_inherit(to, from, renames, n, &err)) {
		if (!n || !*err.text)
			fuzz_fail("nothing is inherited: %s", err.text);
		return;
	}
	schema_compute_digest(to);
	if (strcmp(before, to->digest))
		fuzz_fail("an heir's digest is another");
	for (size_t i = 0; i < to->n; i++)
		check_text(to->objects[i], to->arena);
	if (was_unique && !unique_keys(to->objects, to->n))
		fuzz_fail("an heir has an origin twice");
	check_none(to, to->arena);
	check_pair(from, to, to->arena);
}

static size_t read_renames(struct rename *v, size_t most, struct bytes *rest,
			   struct arena *a)
{
	struct err err = ERR_INIT;
	size_t n = 0;

	while (rest->len && n < most)
		if (!rename_parse(&v[n], fuzz_string(a, rest), a, &err))
			n++;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema from, to;
	struct rename renames[4];
	bool ok = fuzz_schema(&from, &rest, &a);

	if (fuzz_schema(&to, &rest, &a) && ok) {
		check_none(&from, &a);
		check_pair(&from, &to, &a);
		check_pair(&to, &from, &a);
		if (!has_origins(&to))
			check_heir(&to, &from, renames,
				   read_renames(renames, ARRAY_LEN(renames),
						&rest, &a));
	}
	schema_release(&from);
	schema_release(&to);
	arena_release(&a);
	return 0;
}
