/*
 * Packs whose index and data are the input's own bytes.
 *
 *	input = n { first-byte offset } m { large-offset } pack
 *	n	bit 7: the counts are given, too (256 bytes)
 *
 * Nothing that is read may have another name than was asked for.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "ss/file.h"
#include "store/odb.h"

#define NAMES_MOST 32

struct index {
	unsigned n, large;
	unsigned char first[NAMES_MOST];
	struct buf offsets, wide, counts;
};

static void take(struct buf *b, struct bytes *rest, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addch(b, (char)fuzz_byte(rest));
}

static void add_be32(struct buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addch(b, (char)(v >> shift));
}

static void read_input(struct index *ix, struct bytes *rest)
{
	unsigned bits = fuzz_byte(rest);

	ix->n = bits % NAMES_MOST;
	for (unsigned i = 0; i < ix->n; i++) {
		unsigned char first = (unsigned char)fuzz_byte(rest);

		ix->first[i] = i && first < ix->first[i - 1] ?
			       ix->first[i - 1] : first;
		take(&ix->offsets, rest, 4);
	}
	ix->large = fuzz_byte(rest) % 8;
	take(&ix->wide, rest, (size_t)ix->large * 8);
	if (bits & 128)
		take(&ix->counts, rest, 256);
}

static void add_counts(struct buf *b, const struct index *ix)
{
	unsigned k = 0;

	for (unsigned byte = 0; byte < 256; byte++) {
		while (k < ix->n && ix->first[k] <= byte)
			k++;
		if (ix->counts.len)
			add_be32(b, (unsigned char)ix->counts.ptr[byte]);
		else
			add_be32(b, k);
	}
}

static void make_index(struct buf *b, const struct index *ix)
{
	buf_add(b, "\377tOc\0\0\0\2", 8);
	add_counts(b, ix);
	for (unsigned i = 0; i < ix->n; i++) {
		unsigned char name[SHA1_LEN] = { ix->first[i] };

		name[SHA1_LEN - 1] = (unsigned char)i;
		buf_add(b, name, sizeof(name));
	}
	for (unsigned i = 0; i < ix->n; i++)
		add_be32(b, 0);
	buf_add(b, ix->offsets.ptr, ix->offsets.len);
	buf_add(b, ix->wide.ptr, ix->wide.len);
	for (int i = 0; i < 2 * SHA1_LEN; i++)
		buf_addch(b, '\0');
}

static int check_name(void *ctx, const struct oid *id)
{
	struct packs *packs = ctx;
	struct buf b = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type type;
	struct oid name;

	if (packs_read(&b, &type, packs, id, &err) > 0) {
		object_name(&name, type, b.ptr, b.len);
		if (!oid_equal(&name, id))
			fuzz_fail("an object of another name");
	}
	buf_release(&b);
	return 0;
}

static void write_files(const struct index *ix, const struct bytes *pack,
			struct arena *a)
{
	struct buf idx = BUF_INIT, data = BUF_INIT;
	struct err err = ERR_INIT;
	char *dir = arena_printf(a, "%s/objects/pack", fuzz_dir());

	if (dir_make(dir, &err))
		fuzz_fail("%s", err.text);
	make_index(&idx, ix);
	buf_add(&data, "PACK\0\0\0\2\0\0\0\1", 12);
	buf_add(&data, pack->ptr, pack->len);
	fuzz_write(arena_printf(a, "%s/p.idx", dir), idx.ptr, idx.len);
	fuzz_write(arena_printf(a, "%s/p.pack", dir), data.ptr, data.len);
	buf_release(&idx);
	buf_release(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = { (const char *)data, size };
	struct index ix = {
		.offsets = BUF_INIT, .wide = BUF_INIT, .counts = BUF_INIT,
	};
	struct packs *packs = NULL;
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;

	read_input(&ix, &rest);
	write_files(&ix, &rest, &a);
	if (!packs_open(&packs, fuzz_dir(), &err)) {
		packs_each(packs, "", check_name, packs);
		packs_close(packs);
	}
	buf_release(&ix.offsets);
	buf_release(&ix.wide);
	buf_release(&ix.counts);
	arena_release(&a);
	return 0;
}
