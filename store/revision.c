/*
 * What a revision names.
 *
 *	revision = name { "~" [n] | "^" [n] }
 *	name = HEAD | branch | tag | ref | id
 */
#include "config.h"

#include "ss/store.h"

#include <stdio.h>

#define ABBREV_MIN 4
#define ABBREV_SHORT 7
#define CANDIDATES 8

static int no_version(struct err *err, const char *text)
{
	err_set(err, ERR_USAGE, "no version '%s'", text);
	return err_hint(err, "'schemastore log --all' lists versions, "
			"'schemastore branch' and 'tag' their names");
}

/* 1, 0, -1 */
static int find_ref(struct oid *out, struct store *s, const char *name,
		    struct arena *a, struct err *err)
{
	static const char *const forms[] = {
		"%s", "refs/tags/%s", "refs/heads/%s", "refs/%s",
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		char *full = i == 0 ? arena_strdup(a, name) :
			     arena_printf(a, "%.*s%s",
					  (int)strlen(forms[i]) - 2, forms[i],
					  name);
		int ret;

		if (strcmp(full, "HEAD") && !ref_name_valid(full))
			continue;
		ret = ref_read(out, s, full, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int ambiguous(struct err *err, const char *text, const struct oid *v,
		     size_t n)
{
	struct buf b = BUF_INIT;
	char hex[OID_HEX];

	for (size_t i = 0; i < n; i++) {
		oid_hex(hex, &v[i]);
		buf_addf(&b, "%s%.12s", i ? ", " : "", hex);
	}
	err_set(err, ERR_USAGE, "'%s' is ambiguous", text);
	err_hint(err, "it may be %s", b.ptr);
	buf_release(&b);
	return -1;
}

static int find_id(struct oid *out, struct store *s, const char *text,
		   struct arena *a, struct err *err)
{
	struct oid v[CANDIDATES], commits[CANDIDATES];
	size_t len = strspn(text, "0123456789abcdef");
	size_t n, ncommits = 0;

	if (text[len] || len < ABBREV_MIN || len > 40)
		return no_version(err, text);
	n = odb_prefix(store_odb(s), text, v, CANDIDATES);
	for (size_t i = 0; i < n; i++) {
		struct err none = ERR_INIT;
		struct commit c;

		if (!store_commit(&c, s, &v[i], a, &none) &&
		    c.kind == COMMIT_SCHEMA)
			commits[ncommits++] = v[i];
		else if (len == 40)
			return err_set(err, none.code ? none.code : ERR_USAGE,
				       "'%s' is not a version: %s", text,
				       none.code ? none.text : "another kind "
				       "of object");
	}
	if (!ncommits)
		return no_version(err, text);
	if (ncommits > 1)
		return ambiguous(err, text, commits, ncommits);
	*out = commits[0];
	return 0;
}

/* The n-th parent (from 1), or the version itself where n is 0. */
static int go_to_parent(struct oid *id, struct store *s, uint64_t n,
			struct arena *a, struct err *err)
{
	struct commit c;

	if (!n)
		return 0;
	if (store_commit(&c, s, id, a, err))
		return -1;
	if (n > c.nparents)
		return err_set(err, ERR_USAGE, "there is no version before "
			       "that one");
	*id = c.parents[n - 1].oid;
	return 0;
}

static int go_back(struct oid *id, struct store *s, const char *steps,
		   struct arena *a, struct err *err)
{
	while (*steps) {
		char kind = *steps++;
		size_t len = strspn(steps, "0123456789");
		char *number = arena_strndup(a, steps, len);
		uint64_t n = 1;

		if ((kind != '~' && kind != '^') ||
		    (len && parse_u64(&n, number, 1000000)))
			return -1;
		steps += len;
		if (kind == '^') {
			if (go_to_parent(id, s, n, a, err))
				return -1;
			continue;
		}
		for (; n; n--)
			if (go_to_parent(id, s, 1, a, err))
				return -1;
	}
	return 0;
}

int revision_parse(struct oid *out, struct store *s, const char *text,
		   struct err *err)
{
	struct arena a = ARENA_INIT;
	size_t len = strcspn(text, "~^");
	char *name = arena_strndup(&a, text, len);
	struct err inner = ERR_INIT;
	struct commit c;
	int ret = find_ref(out, s, name, &a, err);

	if (!ret && !strcmp(name, "HEAD")) {
		ret = err_set(err, ERR_USAGE, "there is no version yet");
		err_hint(err, "make the first one with 'schemastore commit'");
	} else if (!ret) {
		ret = find_id(out, s, name, &a, err) ? -1 : 1;
	}
	if (ret > 0 && go_back(out, s, text + len, &a, &inner)) {
		if (!inner.code)
			no_version(&inner, text);
		*err = inner;
		ret = -1;
	}
	if (ret > 0) {
		ret = store_commit(&c, s, out, &a, err) ? -1 : 0;
		if (!ret && c.kind != COMMIT_SCHEMA)
			ret = no_version(err, text);
	}
	arena_release(&a);
	return ret;
}

void oid_short(char out[OID_HEX], struct store *s, const struct oid *id)
{
	char hex[OID_HEX];

	(void)s;
	oid_hex(hex, id);
	snprintf(out, OID_HEX, "%.*s", ABBREV_SHORT + 3, hex);
}
