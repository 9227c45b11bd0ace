/*
 * SSH's encoding (RFC 4251, section 5): numbers of 32 bits, the highest byte
 * first, and strings, which are such a number and so many bytes.
 */
#ifndef STORE_WIRE_H
#define STORE_WIRE_H

#include "ss/buf.h"

/* What is read, and how much of it is left; bad: it was too short. */
struct wire {
	const unsigned char *p;
	size_t n;
	bool bad;
};

struct wire wire_of(const void *p, size_t n);
uint32_t wire_u32(struct wire *w);
unsigned char wire_byte(struct wire *w);
struct wire wire_string(struct wire *w);	/* as a wire of its own */
bool wire_is(const struct wire *w, const void *p, size_t n);
/* The next string is this text. */
bool wire_expect(struct wire *w, const char *text);
/* So many bytes that are left, not a string; NULL where there are fewer. */
const unsigned char *wire_take(struct wire *w, size_t n);
/* All was there, and nothing is left. */
bool wire_done(const struct wire *w);

void wire_add_u32(struct buf *b, uint32_t v);
void wire_add_string(struct buf *b, const void *p, size_t n);
void wire_add_text(struct buf *b, const char *text);

/* Of what is no secret. */
void wire_add_base64(struct buf *b, const void *p, size_t n);
/* Blanks are passed over; -1: it is none. */
int wire_from_base64(struct buf *b, const char *text, size_t n) MUST_CHECK;

#endif
