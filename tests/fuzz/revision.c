/*
 * Revisions, in a store of a few versions: what names one is one, and so are
 * its id, and its id and no step back.
 *
 *	genesis ── 1 ── 2 ── 3  main, tag v3
 *	            └── 4       side
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/store.h"

static const struct ident who = { "A", "a@b", 1 };

static void version(struct oid *out, struct store *s, const struct oid *parent,
		    const char *subject, struct arena *a)
{
	struct version_draft d = {
		.parents = parent, .nparents = 1, .author = who,
		.committer = who, .subject = subject, .ref = "refs/heads/main",
	};
	struct err err = ERR_INIT;
	struct commit c;

	if (version_write(&c, s, &d, a, &err) ||
	    odb_flush(store_odb(s), &err))
		fuzz_fail("%s", err.text);
	*out = c.oid;
}

static void point(struct store *s, const char *ref, const struct oid *id)
{
	struct err err = ERR_INIT;

	if (ref_update(s, ref, NULL, id, "fuzz", &err))
		fuzz_fail("%s", err.text);
}

static struct store *make_store(struct arena *a)
{
	struct err err = ERR_INIT;
	struct store *s = NULL;
	struct commit genesis;
	struct oid v[4];

	if (store_init(fuzz_dir(), &who, NULL, &err) ||
	    store_open(&s, fuzz_dir(), &err) ||
	    store_project(&genesis, s, a, &err))
		fuzz_fail("%s", err.text);
	version(&v[0], s, &genesis.oid, "one", a);
	version(&v[1], s, &v[0], "two", a);
	version(&v[2], s, &v[1], "three", a);
	version(&v[3], s, &v[0], "four", a);
	point(s, "refs/heads/main", &v[2]);
	point(s, "refs/heads/side", &v[3]);
	point(s, "refs/tags/v3", &v[2]);
	return s;
}

/* Made at the first input, and gone with the process. */
static struct store *store(struct arena *a)
{
	static struct store *made;

	if (!made)
		made = make_store(a);
	return made;
}

static void check_same(struct store *s, const char *text,
		       const struct oid *want)
{
	struct err err = ERR_INIT;
	struct oid id;

	if (revision_parse(&id, s, text, &err))
		fuzz_fail("'%s' is no version: %s", text, err.text);
	if (!oid_equal(&id, want))
		fuzz_fail("'%s' is another version", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const forms[] = { "%s", "%s^0", "%s~0", "%s~0^0" };
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct store *s = store(&a);
	char *text = fuzz_string(&a, &rest);
	char hex[OID_HEX];
	struct oid id;

	if (!revision_parse(&id, s, text, &err)) {
		oid_hex(hex, &id);
		for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
			const char *tail = forms[i] + 2;

			check_same(s, arena_printf(&a, "%s%s", text, tail),
				   &id);
			check_same(s, arena_printf(&a, "%s%s", hex, tail),
				   &id);
		}
	} else if (!err.code || !*err.text) {
		fuzz_fail("refused without a word");
	}
	arena_release(&a);
	return 0;
}
