/*
 * SSH's encoding, read and written.
 */
#include "config.h"

#include "store/wire.h"

#include <nettle/base64.h>

struct wire wire_of(const void *p, size_t n)
{
	struct wire w = { p, n, false };

	return w;
}

const unsigned char *wire_take(struct wire *w, size_t n)
{
	const unsigned char *p = w->p;

	if (w->bad || w->n < n) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	w->n -= n;
	return p;
}

uint32_t wire_u32(struct wire *w)
{
	const unsigned char *p = wire_take(w, 4);

	return !p ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

unsigned char wire_byte(struct wire *w)
{
	const unsigned char *p = wire_take(w, 1);

	return p ? *p : 0;
}

struct wire wire_string(struct wire *w)
{
	size_t n = wire_u32(w);
	const unsigned char *p = wire_take(w, n);
	struct wire s = { p, p ? n : 0, !p };

	return s;
}

bool wire_is(const struct wire *w, const void *p, size_t n)
{
	return !w->bad && w->n == n && (!n || !memcmp(w->p, p, n));
}

bool wire_expect(struct wire *w, const char *text)
{
	struct wire s = wire_string(w);

	if (!wire_is(&s, text, strlen(text)))
		w->bad = true;
	return !w->bad;
}

bool wire_done(const struct wire *w)
{
	return !w->bad && !w->n;
}

void wire_add_u32(struct buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addch(b, (char)(v >> shift));
}

void wire_add_string(struct buf *b, const void *p, size_t n)
{
	wire_add_u32(b, (uint32_t)n);
	buf_add(b, p, n);
}

void wire_add_text(struct buf *b, const char *text)
{
	wire_add_string(b, text, strlen(text));
}

void wire_add_base64(struct buf *b, const void *p, size_t n)
{
	base64_encode_raw(buf_room(b, BASE64_ENCODE_RAW_LENGTH(n) + 1), n, p);
	b->len += BASE64_ENCODE_RAW_LENGTH(n);
	b->ptr[b->len] = '\0';
}

int wire_from_base64(struct buf *b, const char *text, size_t n)
{
	struct base64_decode_ctx ctx;
	size_t got = BASE64_DECODE_LENGTH(n);
	char *room = buf_room(b, got + 1);

	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &got, (uint8_t *)room, n, text) ||
	    !base64_decode_final(&ctx)) {
		*room = '\0';
		return -1;
	}
	b->len += got;
	b->ptr[b->len] = '\0';
	return 0;
}
