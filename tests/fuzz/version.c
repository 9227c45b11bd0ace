/*
 * Versions: a schema that is written into a store is read from it, with the
 * same digest, the same text, settings and used-up names.
 *
 *	input = { object } empty { setting } empty { retired }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/store.h"

static const struct ident who = { "A", "a@b", 1 };

/* Made at the first input; what is written later is forgotten again. */
static struct store *store(void)
{
	static struct store *made;
	struct err err = ERR_INIT;

	if (!made && (store_init(fuzz_dir(), &who, NULL, &err) ||
		      store_open(&made, fuzz_dir(), &err)))
		fuzz_fail("%s", err.text);
	return made;
}

/* Lines, a part each: no newline is in one. */
static void read_lines(struct list *out, const char *prefix,
		       struct bytes *rest, struct arena *a)
{
	struct bytes part;

	for (part = fuzz_part(rest); part.len; part = fuzz_part(rest)) {
		char *line = arena_printf(a, "%s%.*s", prefix, (int)part.len,
					  part.ptr);

		line[strcspn(line, "\n")] = '\0';
		list_add(a, out, line);
	}
}

static void same_lists(const char *what, const struct list *a,
		       const struct list *b)
{
	if (a->n != b->n)
		fuzz_fail("%zu %s became %zu", a->n, what, b->n);
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]))
			fuzz_fail("%s '%s' became '%s'", what, a->v[i],
				  b->v[i]);
}

static void same_objects(const struct schema *a, const struct schema *b)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct bytes x, y;

	if (a->n != b->n)
		fuzz_fail("%zu objects became %zu", a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		buf_truncate(&one, 0);
		buf_truncate(&two, 0);
		node_encode(&one, a->objects[i]);
		node_encode(&two, b->objects[i]);
		x = fuzz_bytes(&one);
		y = fuzz_bytes(&two);
		fuzz_same("the object", &x, &y);
	}
	buf_release(&one);
	buf_release(&two);
}

static void check(const struct schema *schema, struct arena *a)
{
	struct version_schema vs = { "sqlite", schema };
	struct version_draft d = {
		.nparents = 1, .schemas = &vs, .nschemas = 1, .author = who,
		.committer = who, .subject = "x", .ref = "refs/heads/main",
	};
	struct err err = ERR_INIT;
	struct commit genesis, c;
	struct schema got;
	int bad;

	if (store_project(&genesis, store(), a, &err))
		fuzz_fail("%s", err.text);
	d.parents = &genesis.oid;
	if (version_write(&c, store(), &d, a, &err))
		fuzz_fail("it cannot be written: %s", err.text);
	bad = retired_check(&schema->retired, &err);
	err = (struct err)ERR_INIT;
	if (bad != version_schema_read(&got, store(), &c, "sqlite",
				       schema->spelling, a, &err))
		fuzz_fail("it is read, or not: %s", err.text);
	if (bad)
		goto out;
	if (strcmp(got.digest, schema->digest) ||
	    strcmp(got.digest, version_state(&c, "sqlite")))
		fuzz_fail("the digest is another");
	same_lists("settings", &schema->settings, &got.settings);
	same_lists("used-up names", &schema->retired, &got.retired);
	same_objects(schema, &got);
out:
	odb_discard(store_odb(store()));
	schema_release(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct schema s;

	if (fuzz_schema(&s, &rest, &a)) {
		read_lines(&s.settings, "ignore ", &rest, &a);
		read_lines(&s.retired, "table/", &rest, &a);
		schema_compute_digest(&s);
		check(&s, &a);
	}
	schema_release(&s);
	arena_release(&a);
	return 0;
}
