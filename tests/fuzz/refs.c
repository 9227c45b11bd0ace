/*
 * Refs: what is listed is read under its name, and is gone when it is
 * deleted, with nothing else changed.
 *
 *	input = packed-refs file-of-a-branch HEAD
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "ss/file.h"
#include "ss/refs.h"
#include "ss/store.h"

static void make_store(struct bytes *rest, struct arena *a)
{
	static const char *const folders[] = { "objects", "refs/heads" };
	static const char *const names[] = {
		"packed-refs", "refs/heads/main", "HEAD",
	};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (dir_make(path_join(a, fuzz_dir(), folders[i]), &err))
			fuzz_fail("%s", err.text);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct bytes part = fuzz_part(rest);
		char *path = path_join(a, fuzz_dir(), names[i]);

		if (part.len || i == 2)
			fuzz_write(path, part.ptr, part.len);
		else
			unlink(path);
	}
}

static void check_read(struct store *s, const struct ref *v, size_t n)
{
	struct err err = ERR_INIT;
	struct oid id;

	for (size_t i = 0; i < n; i++) {
		if (!ref_name_valid(v[i].name))
			fuzz_fail("'%s' is listed, and no name", v[i].name);
		if (i && strcmp(v[i - 1].name, v[i].name) >= 0)
			fuzz_fail("'%s' is not sorted", v[i].name);
		if (ref_read(&id, s, v[i].name, &err) <= 0)
			fuzz_fail("'%s' is listed, and not there: %s",
				  v[i].name, err.text);
		if (!oid_equal(&id, &v[i].oid))
			fuzz_fail("'%s' is two", v[i].name);
	}
}

/* Delete the first: the others stay as they are.  One that another one points
 * at takes that along. */
static void check_delete(struct store *s, const struct ref *v, size_t n,
			 struct arena *a)
{
	struct err err = ERR_INIT;
	struct ref *left;
	size_t nleft;
	struct oid id;

	if (ref_update(s, v[0].name, &v[0].oid, NULL, "fuzz", &err))
		fuzz_fail("'%s' cannot be deleted: %s", v[0].name, err.text);
	if (ref_read(&id, s, v[0].name, &err))
		fuzz_fail("'%s' is still there", v[0].name);
	if (ref_list(&left, &nleft, s, "refs/", a, &err))
		fuzz_fail("the rest cannot be listed: %s", err.text);
	if (nleft + 1 != n && nleft + 2 != n)
		fuzz_fail("%zu refs became %zu", n, nleft);
	check_read(s, left, nleft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct store *s = NULL;
	struct ref *v;
	const char *head;
	struct oid id;
	size_t n;

	make_store(&rest, &a);
	if (store_open(&s, fuzz_dir(), &err))
		fuzz_fail("%s", err.text);
	if (!head_ref(&head, s, &a, &err) &&
	    ref_read(&id, s, "HEAD", &err) > 0 &&
	    ref_read(&id, s, head, &err) <= 0)
		fuzz_fail("HEAD is there, '%s' is not", head);
	if (!ref_list(&v, &n, s, "refs/", &a, &err)) {
		check_read(s, v, n);
		if (n)
			check_delete(s, v, n, &a);
	}
	store_close(s);
	arena_release(&a);
	return 0;
}
