/*
 * Loose objects.  The file stands where its content's name says, so that the
 * input gets past the door; what is read is written, and read again.
 *
 *	input = how bytes
 *	how	bit 0: bytes are compressed already
 *		bit 1: another byte follows     bit 2: the last byte is missing
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <zlib.h>

#include "ss/file.h"
#include "store/odb.h"

#define INFLATED_MOST 65536

/* What an object of these bytes would inflate to, as far as it goes. */
static void inflate_all(struct buf *out, const struct bytes *z)
{
	z_stream s = { .next_in = (Bytef *)z->ptr, .avail_in = (uInt)z->len };
	char *room = xmalloc(INFLATED_MOST);

	s.next_out = (Bytef *)room;
	s.avail_out = INFLATED_MOST;
	if (inflateInit(&s) != Z_OK)
		fuzz_fail("zlib does not start");
	(void)inflate(&s, Z_FINISH);
	buf_add(out, room, INFLATED_MOST - s.avail_out);
	inflateEnd(&s);
	free(room);
}

static void deflate_all(struct buf *out, const struct bytes *data)
{
	uLongf n = compressBound((uLong)data->len);
	char *room = xmalloc(n);

	if (compress((Bytef *)room, &n, (const Bytef *)data->ptr,
		     (uLong)data->len) != Z_OK)
		fuzz_fail("zlib does not compress");
	buf_add(out, room, n);
	free(room);
}

static void name_of(struct oid *id, const struct buf *data)
{
	struct sha1 h;

	sha1_start(&h);
	sha1_add(&h, data->ptr, data->len);
	sha1_end(&h, id->b);
}

static void put(const struct oid *id, const struct buf *z, struct arena *a)
{
	struct err err = ERR_INIT;
	char hex[OID_HEX];
	char *dir;

	oid_hex(hex, id);
	dir = arena_printf(a, "%s/objects/%.2s", fuzz_dir(), hex);
	if (dir_make(dir, &err))
		fuzz_fail("%s", err.text);
	fuzz_write(arena_printf(a, "%s/%s", dir, hex + 2), z->ptr, z->len);
}

/* Read it, write it in our own way, read that. */
static void check(const struct oid *id, const struct buf *data)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type type, again;
	struct bytes got, second;

	if (loose_read(&one, &type, fuzz_dir(), id, &err) > 0) {
		got = fuzz_bytes(&one);
		if (got.len > data->len ||
		    memcmp(got.ptr, data->ptr + data->len - got.len, got.len))
			fuzz_fail("the object is not what was deflated");
		if (loose_write(fuzz_dir(), id, type, &got, &err) ||
		    loose_read(&two, &again, fuzz_dir(), id, &err) <= 0)
			fuzz_fail("it cannot be written anew: %s", err.text);
		second = fuzz_bytes(&two);
		fuzz_same("the object", &got, &second);
		if (type != again)
			fuzz_fail("its type is another");
	}
	buf_release(&one);
	buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct buf plain = BUF_INIT, z = BUF_INIT;
	struct arena a = ARENA_INIT;
	unsigned how = fuzz_byte(&rest);
	struct oid id;

	if (how & 1) {
		inflate_all(&plain, &rest);
		buf_add(&z, rest.ptr, rest.len);
	} else {
		buf_add(&plain, rest.ptr, rest.len);
		deflate_all(&z, &rest);
	}
	if (how & 2)
		buf_addch(&z, 'x');
	if (how & 4 && z.len)
		buf_truncate(&z, z.len - 1);
	name_of(&id, &plain);
	put(&id, &z, &a);
	check(&id, &plain);
	buf_truncate(&z, 0);
	put(&id, &z, &a);
	buf_release(&plain);
	buf_release(&z);
	arena_release(&a);
	return 0;
}
