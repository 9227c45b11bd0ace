/*
 * A pack as its bytes come.
 *
 *	head ─ type [size] ┬──────────────┬ data ─ type ... sum ─ end
 *	                   └ [back|base] ─┘
 */
#include "config.h"

#include "store/packscan.h"

#include "store/odb.h"

#define OBJECTS_MOST 5000000u
#define TOTAL_MOST ((uint64_t)64 << 30)

enum { OFS_DELTA = 6, REF_DELTA = 7 };

void packscan_start(struct packscan *s)
{
	memset(s, 0, sizeof(*s));
}

void packscan_release(struct packscan *s)
{
	if (s->z_open)
		inflateEnd(&s->z);
	s->z_open = false;
}

static size_t damaged(struct err *err, const char *what)
{
	err_set(err, ERR_DAMAGED, "its pack is damaged: %s", what);
	return 0;
}

static size_t too_much(struct err *err, const char *what)
{
	err_set(err, ERR_REFUSED, "its pack has %s than is looked at", what);
	return 0;
}

/* As much of a word as is there. */
static size_t take_word(struct packscan *s, const unsigned char *p, size_t n,
			size_t len)
{
	size_t take = len - s->nword < n ? len - s->nword : n;

	memcpy(s->word + s->nword, p, take);
	s->nword += take;
	return take;
}

static void next_entry(struct packscan *s)
{
	s->nword = 0;
	s->state = s->left ? SCAN_TYPE : SCAN_SUM;
}

static size_t on_head(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	size_t took = take_word(s, p, n, 12);

	if (s->nword < 12)
		return took;
	if (memcmp(s->word, "PACK\0\0\0\2", 8))
		return damaged(err, "it does not begin like one");
	for (int i = 8; i < 12; i++)
		s->left = s->left << 8 | s->word[i];
	if (s->left > OBJECTS_MOST)
		return too_much(err, "more objects");
	next_entry(s);
	return took;
}

static int begin_data(struct packscan *s)
{
	int code = s->z_open ? inflateReset(&s->z) : inflateInit(&s->z);

	s->z_open |= code == Z_OK;
	s->state = SCAN_DATA;
	s->done = 0;
	s->nword = 0;
	return code == Z_OK ? 0 : -1;
}

/* What stands behind type and size. */
static size_t sized(struct packscan *s, struct err *err)
{
	if (s->size > OBJECT_MAX)
		return too_much(err, "a larger object");
	if (s->type == OFS_DELTA || s->type == REF_DELTA) {
		s->state = s->type == OFS_DELTA ? SCAN_BACK : SCAN_BASE;
		return 1;
	}
	s->total += s->size;
	if (s->total > TOTAL_MOST)
		return too_much(err, "more data");
	return begin_data(s) ? damaged(err, "zlib does not start") : 1;
}

static size_t on_type(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	(void)n;
	s->left--;
	s->type = *p >> 4 & 7;
	s->size = *p & 15;
	s->shift = 4;
	if (!s->type || s->type == 5)
		return damaged(err, "an object of no type");
	s->state = SCAN_SIZE;
	return *p & 0x80 ? 1 : sized(s, err);
}

static size_t on_size(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	(void)n;
	if (s->shift > 50)
		return damaged(err, "a size that is none");
	s->size |= (uint64_t)(*p & 0x7f) << s->shift;
	s->shift += 7;
	return *p & 0x80 ? 1 : sized(s, err);
}

static size_t on_back(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	(void)n;
	if (++s->nword > 9)
		return damaged(err, "a base that is nowhere");
	if (*p & 0x80)
		return 1;
	return begin_data(s) ? damaged(err, "zlib does not start") : 1;
}

static size_t on_base(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	size_t took = take_word(s, p, n, SHA1_LEN);

	if (s->nword == SHA1_LEN && begin_data(s))
		return damaged(err, "zlib does not start");
	return took;
}

/* A delta begins with two lengths: its base's, and what it makes. */
static int delta_makes(uint64_t *out, const struct packscan *s)
{
	size_t at = 0;

	for (int i = 0; i < 2; i++) {
		unsigned shift = 0;

		*out = 0;
		do {
			if (at >= s->nword || shift > 56)
				return -1;
			*out |= (uint64_t)(s->word[at] & 0x7f) << shift;
			shift += 7;
		} while (s->word[at++] & 0x80);
	}
	return 0;
}

static size_t end_data(struct packscan *s, size_t took, struct err *err)
{
	uint64_t makes = 0;

	if (s->done != s->size)
		return damaged(err, "an object is shorter than it says");
	if (s->type >= OFS_DELTA && delta_makes(&makes, s))
		return damaged(err, "a delta that is none");
	if (makes > OBJECT_MAX)
		return too_much(err, "a larger object");
	s->total += makes;
	if (s->total > TOTAL_MOST)
		return too_much(err, "more data");
	next_entry(s);
	return took;
}

static size_t on_data(struct packscan *s, const unsigned char *p, size_t n,
		      struct err *err)
{
	unsigned char room[16384];
	size_t got;
	int code;

	s->z.next_in = (Bytef *)p;
	s->z.avail_in = n > 65536 ? 65536 : (uInt)n;
	n = s->z.avail_in;
	do {
		s->z.next_out = room;
		s->z.avail_out = sizeof(room);
		code = inflate(&s->z, Z_NO_FLUSH);
		got = sizeof(room) - s->z.avail_out;
		if (got)
			take_word(s, room, got, sizeof(s->word));
		s->done += got;
		if (s->done > s->size)
			return damaged(err, "an object is longer than it "
				       "says");
	} while (code == Z_OK && (s->z.avail_in || !s->z.avail_out));
	n -= s->z.avail_in;
	if (code == Z_STREAM_END)
		return end_data(s, n, err);
	/* Z_BUF_ERROR: it waits for more. */
	return code == Z_OK || code == Z_BUF_ERROR ? n :
	       damaged(err, "an object cannot be inflated");
}

static size_t on_sum(struct packscan *s, const unsigned char *p, size_t n,
		     struct err *err)
{
	size_t took = take_word(s, p, n, SHA1_LEN);

	(void)err;
	if (s->nword == SHA1_LEN)
		s->state = SCAN_END;
	return took;
}

static size_t on_end(struct packscan *s, const unsigned char *p, size_t n,
		     struct err *err)
{
	(void)s;
	(void)p;
	(void)n;
	return damaged(err, "something is behind its end");
}

/* Each takes at least a byte; 0: err says why not. */
static size_t (*const takers[])(struct packscan *s, const unsigned char *p,
				size_t n, struct err *err) = {
	[SCAN_HEAD] = on_head,
	[SCAN_TYPE] = on_type,
	[SCAN_SIZE] = on_size,
	[SCAN_BACK] = on_back,
	[SCAN_BASE] = on_base,
	[SCAN_DATA] = on_data,
	[SCAN_SUM] = on_sum,
	[SCAN_END] = on_end,
};
_Static_assert(ARRAY_LEN(takers) == SCAN_STATES, "one for each");

int packscan_add(struct packscan *s, const void *data, size_t n,
		 struct err *err)
{
	const unsigned char *p = data;

	while (n) {
		size_t took = takers[s->state](s, p, n, err);

		if (!took)
			return -1;
		p += took;
		n -= took;
	}
	return 0;
}

int packscan_end(const struct packscan *s, struct err *err)
{
	if (s->state == SCAN_END)
		return 0;
	damaged(err, "it ends too soon");
	return -1;
}
