#include "config.h"

#include "tests/unit/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct arena arena;

struct pubkey key_of(char letter)
{
	unsigned char point[PUBKEY_POINT];
	struct pubkey key;

	memset(point, letter, sizeof(point));
	pubkey_of_point(&key, point, &arena);
	return key;
}

struct strong_id id_of(char letter)
{
	struct strong_id id;

	memset(id.b, letter, sizeof(id.b));
	return id;
}

static void add_named(struct buf *b, char what, char letter)
{
	struct pubkey key = key_of(letter);
	struct strong_id id = id_of(letter);
	char fingerprint[PUBKEY_FINGERPRINT];

	pubkey_fingerprint(fingerprint, &key);
	if (what == '^')
		buf_addhex(b, id.b, sizeof(id.b));
	else if (what == '%')
		buf_addstr(b, fingerprint);
	else
		pubkey_add_line(b, &key);
}

char *expand(const char *text)
{
	struct buf b = BUF_INIT;
	char *out;

	for (; *text; text++)
		if (strchr("$%^", *text)) {
			add_named(&b, text[0], text[1]);
			text++;
		} else {
			buf_addch(&b, *text);
		}
	out = arena_strdup(&arena, b.ptr);
	buf_release(&b);
	return out;
}

/* The policy of that seq; its strong id is its digit's. */
static char *text_of(unsigned seq, const char *lines)
{
	return expand(arena_printf(&arena, "schemastore-policy 1\nseq %u\n"
				   "prev %s%c\nmin-format %u\n%s", seq,
				   seq ? "^" : "", seq ? (int)('0' + seq - 1) :
				   '-', seq ? 1u : 0u, lines));
}

const struct policy *parsed(const char *text, bool edited)
{
	struct policy *p = arena_alloc(&arena, sizeof(*p));
	const struct bytes bytes = { text, strlen(text) };
	struct err err = ERR_INIT;

	if (edited ? policy_parse_edited(p, &bytes, &arena, &err) :
		     policy_parse(p, &bytes, &arena, &err))
		fail_msg("%s\n%s", err.text, text);
	return p;
}

const struct policy *policy_of(unsigned seq, const char *lines)
{
	return parsed(text_of(seq, lines), true);
}

int policies_release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}
