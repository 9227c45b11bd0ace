/*
 * Hashes by nettle: no start-up cost, and the processor's own instructions.
 */
#include "config.h"

#include "ss/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void sha1_start(struct sha1 *h)
{
	sha1_init(&h->ctx);
}

void sha1_add(struct sha1 *h, const void *p, size_t n)
{
	sha1_update(&h->ctx, n, p);
}

void sha1_end(struct sha1 *h, unsigned char out[SHA1_LEN])
{
	sha1_digest(&h->ctx, SHA1_LEN, out);
}

void sha256_start(struct sha256 *h)
{
	sha256_init(&h->ctx);
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	sha256_update(&h->ctx, n, p);
}

void sha256_end(struct sha256 *h, unsigned char out[SHA256_LEN])
{
	sha256_digest(&h->ctx, SHA256_LEN, out);
}

void sha256_of(unsigned char out[SHA256_LEN], const void *p, size_t n)
{
	struct sha256 h;

	sha256_start(&h);
	sha256_add(&h, p, n);
	sha256_end(&h, out);
}

void hex_encode(char *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

/* One more than the digit's value; 0 is no digit. */
static const unsigned char digits_of[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

int hex_decode(unsigned char *out, const char *hex, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned high = digits_of[(unsigned char)hex[2 * i]];
		unsigned low = high ?
			digits_of[(unsigned char)hex[2 * i + 1]] : 0;

		if (!low)
			return -1;
		out[i] = (unsigned char)((high - 1) << 4 | (low - 1));
	}
	return hex[2 * n] ? -1 : 0;
}

void random_bytes(unsigned char *out, size_t n)
{
	while (n) {
		ssize_t got = getrandom(out, n, 0);

		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			out += got;
			n -= (size_t)got;
		}
	}
}
