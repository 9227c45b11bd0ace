/*
 * How libFuzzer makes new inputs of text: half of them by pieces, which are
 * lines or SQL tokens: one goes, stands twice, or takes another's place.  Bytes
 * alone seldom lead from one statement that SQLite takes to another, or from
 * one canonical object to another.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/sqltok.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed);

struct pieces {
	struct arena arena;
	struct bytes *v;
	size_t n;
	size_t cap;
};

static size_t next(unsigned *seed, size_t below)
{
	*seed = *seed * 1103515245 + 12345;
	return below ? (*seed >> 8) % below : 0;
}

static void add_piece(struct pieces *p, const char *from, const char *to)
{
	struct bytes *b = ARENA_PUSH(&p->arena, p->v, p->n, p->cap);

	b->ptr = from;
	b->len = (size_t)(to - from);
}

/* Each with the blanks and comments before it. */
static void split_tokens(struct pieces *p, const char *text, size_t len)
{
	struct sqllex lex = sqllex_init(text, len);
	const char *from = text;
	struct sqltok t;

	while (sqltok_next(&lex, &t)) {
		add_piece(p, from, t.ptr + t.len);
		from = t.ptr + t.len;
	}
	add_piece(p, from, text + len);
}

static void split_lines(struct pieces *p, const char *text, size_t len)
{
	const char *from = text;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && text[i])
			continue;
		add_piece(p, from, text + i + 1);
		from = text + i + 1;
	}
	add_piece(p, from, text + len);
}

static void add_pieces(struct buf *b, const struct pieces *p, size_t from,
		       size_t to)
{
	for (size_t i = from; i < to && i < p->n; i++)
		buf_add(b, p->v[i].ptr, p->v[i].len);
}

/* v[from..to) stands at `at`, where `gone` pieces go. */
static void move_pieces(struct buf *b, const struct pieces *p, unsigned *seed)
{
	size_t from = next(seed, p->n), at = next(seed, p->n);
	size_t to = from + next(seed, 3) * (1 + next(seed, 6));
	size_t gone = next(seed, 3) * (1 + next(seed, 6));

	add_pieces(b, p, 0, at);
	add_pieces(b, p, from, to);
	add_pieces(b, p, at + gone, p->n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed)
{
	struct pieces p = { .arena = ARENA_INIT };
	struct buf b = BUF_INIT;
	size_t n;

	if (!size || next(&seed, 2))
		return LLVMFuzzerMutate(data, size, max);
	if (next(&seed, 2))
		split_tokens(&p, (const char *)data, size);
	else
		split_lines(&p, (const char *)data, size);
	move_pieces(&b, &p, &seed);
	n = b.len < max ? b.len : max;
	if (n)
		memcpy(data, b.ptr, n);
	buf_release(&b);
	arena_release(&p.arena);
	return n;
}
