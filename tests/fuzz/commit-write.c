/*
 * Commits from the other side: whatever names and messages a user gives, what
 * is written can be read, and says the same.
 *
 *	input = kind name email subject body ref { ledger value }
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/refs.h"
#include "store/commit.h"

#define DIGEST \
	"s1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void same(const char *what, const char *a, const char *b)
{
	if (!a != !b || (a && strcmp(a, b)))
		fuzz_fail("the %s '%s' became '%s'", what, a ? a : "(none)",
			  b ? b : "(none)");
}

static void add_lines(struct commit *c, struct bytes *rest, struct arena *a)
{
	size_t cap = 0;

	for (size_t i = 0; commit_ledger_keys[i] && rest->len; i++) {
		struct commit_line *l;
		char *value = fuzz_string(a, rest);

		if (!*value)
			continue;
		l = ARENA_PUSH(a, c->lines, c->nlines, cap);
		l->key = commit_ledger_keys[i];
		l->value = value;
	}
}

static void make(struct commit *c, struct bytes *rest, struct arena *a)
{
	unsigned bits = fuzz_byte(rest);

	memset(c, 0, sizeof(*c));
	c->kind = bits % COMMIT_N;
	c->genesis = bits & 4;
	c->nparents = bits >> 3 & 3;
	c->parents = arena_alloc(a, c->nparents * sizeof(*c->parents));
	c->author.name = c->committer.name = fuzz_string(a, rest);
	c->author.email = c->committer.email = fuzz_string(a, rest);
	c->author.time = bits;
	c->subject = fuzz_string(a, rest);
	c->body = fuzz_string(a, rest);
	if (!*c->body)
		c->body = NULL;
	c->ref = fuzz_string(a, rest);
	c->seq = bits;
	if (c->kind == COMMIT_LEDGER)
		add_lines(c, rest, a);
	if (c->kind != COMMIT_SCHEMA)
		return;
	c->nstates = c->nedges = 1;
	c->states = arena_alloc(a, sizeof(*c->states));
	c->states->engine = "sqlite";
	c->states->digest = DIGEST;
	c->edges = arena_alloc(a, sizeof(*c->edges));
	c->edges->engine = "sqlite";
	c->edges->has_down = bits & 32;
}

static void compare(const struct commit *a, const struct commit *b)
{
	same("name", a->author.name, b->author.name);
	same("e-mail", a->author.email, b->author.email);
	same("subject", a->subject, b->subject);
	same("body", a->body, b->body);
	same("ref", a->ref, b->ref);
	if (a->kind != b->kind || a->nlines != b->nlines ||
	    a->nparents != b->nparents || a->nstates != b->nstates ||
	    a->nedges != b->nedges || a->seq != b->seq)
		fuzz_fail("it has other parts");
	for (size_t i = 0; i < a->nlines; i++) {
		same("key", a->lines[i].key, b->lines[i].key);
		same("value", a->lines[i].value, b->lines[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct buf b = BUF_INIT;
	struct commit c, got;

	make(&c, &rest, &a);
	if (!ref_name_valid(c.ref) || commit_format(&b, &c, &err))
		goto out;
	if (commit_parse(&got, b.ptr, b.len, &a, &err))
		fuzz_fail("what was written does not parse: %s:\n%s",
			  err.text, b.ptr);
	compare(&c, &got);
out:
	buf_release(&b);
	arena_release(&a);
	return 0;
}
