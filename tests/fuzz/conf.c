/*
 * schemastore.conf: what is read can be set again and says the same; a key
 * that is set is read back, and nothing else has changed.  A key that cannot
 * be set leaves the file as it was.
 *
 *	input = key value file
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/conf.h"
#include "ss/file.h"

#define LIMIT (1u << 20)

static void same(const struct conf *c, const char *key, const char *value)
{
	const char *got = conf_get(c, key);

	if (!got != !value || (got && strcmp(got, value)))
		fuzz_fail("'%s' is '%s', not '%s'", key, got ? got : "(none)",
			  value ? value : "(none)");
}

/* Set every key to what it is. */
static void check_again(const struct conf *before, const char *path,
			struct arena *a)
{
	struct err err = ERR_INIT;
	struct conf c;

	if (conf_read(&c, path, a, &err))
		fuzz_fail("it cannot be read twice: %s", err.text);
	for (size_t i = 0; i < before->n; i++) {
		const char *key = before->v[i].key;
		const char *value = conf_get(before, key);

		if (!value)
			fuzz_fail("'%s' is there and not found", key);
		if (conf_set(&c, key, value, false, &err))
			fuzz_fail("'%s' cannot be set to what it is: %s", key,
				  err.text);
	}
	if (c.n != before->n)
		fuzz_fail("%zu entries became %zu", before->n, c.n);
	for (size_t i = 0; i < before->n; i++)
		same(&c, before->v[i].key,
		     conf_get(before, before->v[i].key));
}

static void read_text(struct buf *b, const char *path)
{
	struct err err = ERR_INIT;

	if (file_read(b, path, LIMIT, &err))
		fuzz_fail("%s", err.text);
}

/* How many entries have this key? */
static size_t count(const struct conf *c, const char *key, struct arena *a)
{
	return conf_all(c, key, a).n;
}

static void check_set(const struct conf *before, const char *path,
		      const char *key, const char *value, struct arena *a)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct err err = ERR_INIT;
	struct bytes was, is;
	struct conf c;

	read_text(&one, path);
	if (conf_read(&c, path, a, &err))
		fuzz_fail("it cannot be read twice: %s", err.text);
	if (conf_set(&c, key, value, false, &err)) {
		read_text(&two, path);
		was = fuzz_bytes(&one);
		is = fuzz_bytes(&two);
		fuzz_same("the file after a refusal", &was, &is);
		goto out;
	}
	same(&c, key, value);
	for (size_t i = 0; i < before->n; i++) {
		const char *other = before->v[i].key;
		size_t was_n = count(before, other, a);

		if (conf_get(before, other) == conf_get(before, key))
			continue;
		same(&c, other, conf_get(before, other));
		if (count(&c, other, a) != was_n)
			fuzz_fail("'%s' is there %zu times", other, was_n);
	}
	if (conf_set(&c, key, NULL, false, &err))
		fuzz_fail("'%s' cannot be removed: %s", key, err.text);
out:
	buf_release(&one);
	buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	char *path = arena_printf(&a, "%s/conf", fuzz_dir());
	char *key = fuzz_string(&a, &rest);
	char *value = fuzz_string(&a, &rest);
	struct conf c;

	if (size > 4096)
		goto out;
	fuzz_write(path, rest.ptr, rest.len);
	if (conf_read(&c, path, &a, &err))
		goto out;
	check_set(&c, path, key, value, &a);
	fuzz_write(path, rest.ptr, rest.len);
	check_again(&c, path, &a);
out:
	arena_release(&a);
	return 0;
}
