/*
 * What a revision names.
 *
 *	revision = name { "~" [n] | "^" [n] }
 *	name = HEAD | branch | tag | remote's branch | ref | id
 */
#include "config.h"

#include "ss/store.h"

#include <stdio.h>

#include "store/odb.h"

#define ABBREV_MIN 4
#define ABBREV_SHORT 7
#define CANDIDATES 8		/* that a hint can name */
#define ID_LEN (2 * SHA1_LEN)

static int no_version(struct err *err, const char *text)
{
	err_set(err, ERR_USAGE, "no version '%s'", text);
	return err_hint(err, "'schemastore log --all' lists versions, "
			"'schemastore branch' and 'tag' their names");
}

static int no_kind(struct err *err, const char *text, const char *what)
{
	err_set(err, ERR_USAGE, "'%s' is not a version: it is %s", text, what);
	return err_hint(err, "'schemastore log --all' lists versions");
}

/* A tag and a branch of one name are two versions, and neither is guessed. */
static int one_of_two(struct oid *out, struct store *s, const char *name,
		      struct arena *a, struct err *err)
{
	char *tag = arena_printf(a, "refs/tags/%s", name);
	char *head = arena_printf(a, "refs/heads/%s", name);
	struct oid of_tag, of_head;
	int has_tag, has_head;

	if (!ref_name_valid(tag))
		return 0;
	has_tag = ref_read(&of_tag, s, tag, err);
	has_head = has_tag < 0 ? -1 : ref_read(&of_head, s, head, err);
	if (has_head < 0)
		return -1;
	*out = has_tag ? of_tag : of_head;
	if (!has_tag || !has_head)
		return has_tag || has_head;
	if (store_peel(&of_tag, s, err) < 0)
		return -1;
	if (oid_equal(&of_tag, &of_head))
		return 1;
	err_set(err, ERR_USAGE, "'%s' is ambiguous", name);
	return err_hint(err, "it may be '%s' or '%s'", tag, head);
}

/* 1, 0, -1 */
static int find_ref(struct oid *out, struct store *s, const char *name,
		    struct arena *a, struct err *err)
{
	const char *const others[] = {
		arena_printf(a, "refs/%s", name),
		arena_printf(a, "refs/remotes/%s", name),
	};
	int ret = 0;

	if (!strcmp(name, "HEAD") || ref_name_valid(name))
		ret = ref_read(out, s, name, err);
	if (!ret)
		ret = one_of_two(out, s, name, a, err);
	for (size_t i = 0; !ret && i < ARRAY_LEN(others); i++)
		if (ref_name_valid(others[i]))
			ret = ref_read(out, s, others[i], err);
	return ret;
}

/* The versions among the objects whose names begin so. */
struct candidates {
	struct store *store;
	struct arena *arena;
	struct oid *found;	/* all of them */
	size_t nfound, cap;
	struct oid v[CANDIDATES];
	size_t n;
	struct err damage;	/* of an object that may have been one */
	size_t others;		/* objects that are no versions */
};

static int add_found(void *ctx, const struct oid *id)
{
	struct candidates *c = ctx;

	*ARENA_PUSH(c->arena, c->found, c->nfound, c->cap) = *id;
	return 0;
}

static void add_candidate(struct candidates *c, const struct oid *id)
{
	struct oid at = *id;
	struct err why = ERR_INIT;
	struct commit v;
	int ret;

	for (size_t i = 0; i < c->n; i++)
		if (oid_equal(&c->v[i], id))
			return;
	ret = store_peel(&at, c->store, &why);
	if (ret > 0)
		ret = store_commit(&v, c->store, &at, c->arena, &why) ? -1 :
		      v.kind == COMMIT_SCHEMA;
	if (ret > 0)
		c->v[c->n++] = *id;
	else if (ret < 0)
		c->damage = why;
	else
		c->others++;
}

static int ambiguous(struct err *err, const char *text,
		     const struct candidates *c)
{
	struct buf b = BUF_INIT;
	char hex[OID_HEX];

	for (size_t i = 0; i < c->n; i++) {
		oid_hex(hex, &c->v[i]);
		buf_addf(&b, "%s%.12s", i ? ", " : "", hex);
	}
	err_set(err, ERR_USAGE, "'%s' is ambiguous", text);
	err_hint(err, "it may be %s", b.ptr);
	buf_release(&b);
	return -1;
}

/* 1, -1 */
static int find_id(struct oid *out, struct store *s, const char *text,
		   struct arena *a, struct err *err)
{
	struct candidates c = { .store = s, .arena = a };
	char *hex = arena_strdup(a, text);
	size_t len;

	for (char *p = hex; *p; p++)
		*p = ascii_lower(*p);
	len = strspn(hex, "0123456789abcdef");
	if (hex[len] || len < ABBREV_MIN || len > ID_LEN)
		return no_version(err, text);
	if (odb_prefix(store_odb(s), hex, add_found, &c, err))
		return -1;
	for (size_t i = 0; i < c.nfound && c.n < CANDIDATES; i++)
		add_candidate(&c, &c.found[i]);
	if (c.n > 1)
		return ambiguous(err, text, &c);
	/* What cannot be read may be the one that is meant. */
	if (c.damage.code && (!c.n || len < ID_LEN)) {
		*err = c.damage;
		return -1;
	}
	if (!c.n)
		return len == ID_LEN && c.others ?
		       no_kind(err, text, "another kind of object") :
		       no_version(err, text);
	*out = c.v[0];
	return 1;
}

static bool is_whole_id(const char *name)
{
	struct oid id;

	return !oid_parse(&id, name);
}

/* A whole id is always that object, whatever a ref is called. */
static int find_name(struct oid *out, struct store *s, const char *name,
		     struct arena *a, struct err *err)
{
	int ret = is_whole_id(name) ? 0 : find_ref(out, s, name, a, err);

	if (ret < 0)
		return -1;
	if (!ret && !strcmp(name, "HEAD")) {
		err_set(err, ERR_USAGE, "there is no version yet");
		return err_hint(err, "make the first one with 'schemastore "
				"commit'");
	}
	if (!ret && find_id(out, s, name, a, err) < 0)
		return -1;
	ret = store_peel(out, s, err);
	return ret ? ret : no_kind(err, name, "of git's, not of schemastore's");
}

static int before_first(struct err *err)
{
	return err_set(err, ERR_USAGE, "there is no version before the first "
		       "one");
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
	if (c.kind != COMMIT_SCHEMA)
		return before_first(err);
	if (n > c.nparents)
		return err_set(err, ERR_USAGE, "'%s' has no parent %u",
			       c.subject, (unsigned)n);
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
	int ret = len ? find_name(out, s, name, &a, err) :
		  no_version(err, text);

	if (ret > 0 && go_back(out, s, text + len, &a, &inner)) {
		if (!inner.code)
			no_version(&inner, text);
		else if (inner.code == ERR_USAGE)
			err_wrap(&inner, "no version '%s'", text);
		*err = inner;
		ret = -1;
	}
	if (ret > 0) {
		ret = store_commit(&c, s, out, &a, err) ? -1 : 0;
		if (!ret && c.kind != COMMIT_SCHEMA)
			ret = !text[len] ? no_kind(err, text, "no schema") :
			      before_first(err) ?
			      err_wrap(err, "no version '%s'", text) : -1;
	}
	arena_release(&a);
	return ret < 0 ? -1 : 0;
}

void oid_short(char out[OID_HEX], struct store *s, const struct oid *id)
{
	char hex[OID_HEX];

	(void)s;
	oid_hex(hex, id);
	snprintf(out, OID_HEX, "%.*s", ABBREV_SHORT + 3, hex);
}
