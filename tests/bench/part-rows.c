/*
 * A ledger goes on: its last two runs, there and back, are written again so
 * many times, to its mirror, and as SQL to stdout for the rows.
 *
 *	part-rows STORE LEDGER ROWS KEY | sqlite3 app.db
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/key.h"
#include "ss/store.h"

#define RUNS 4		/* begin, finish, begin, finish */

struct writing {
	struct store *store;
	struct key *key;
	const char *ref;
	struct oid tip;
	struct commit again[RUNS];
	struct commit_parent last;
	uint64_t seq, row;
	int64_t time;
	struct arena arena;
};

static int read_last(struct writing *w, struct err *err)
{
	struct oid at;

	if (ref_read(&w->tip, w->store, w->ref, err) <= 0)
		return err_set(err, ERR_USAGE, "no ledger '%s'", w->ref);
	at = w->tip;
	for (size_t i = RUNS; i-- > 0; at = w->again[i].parents[0].oid)
		if (store_commit(&w->again[i], w->store, &at, &w->arena, err))
			return -1;
	w->last.oid = w->tip;
	w->last.strong = w->again[RUNS - 1].strong;
	w->seq = w->again[RUNS - 1].seq;
	w->time = w->again[RUNS - 1].committer.time;
	w->row = strtoull(commit_line(&w->again[RUNS - 1], "Begin"), NULL, 10)
		 + 2;
	return 0;
}

static void print_row(const struct commit *c, uint64_t row,
		      const struct buf *raw)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "INSERT INTO schemastore_ledger VALUES (%llu, x'",
		 (unsigned long long)row);
	buf_addhex(&b, c->strong.b, SHA256_LEN);
	buf_addstr(&b, "', x'");
	buf_addhex(&b, (const unsigned char *)raw->ptr, raw->len);
	buf_addstr(&b, "');");
	puts(b.ptr);
	buf_release(&b);
}

static int write_one(struct writing *w, struct commit c, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct buf raw = BUF_INIT;
	struct oid id;
	int ret;

	c.parents = &w->last;
	c.nparents = 1;
	c.seq = ++w->seq;
	/* None is older than the one before it, whenever those were made. */
	c.author.time = c.committer.time = w->time;
	c.lines = arena_memdup(&a, c.lines, c.nlines * sizeof(*c.lines));
	for (size_t i = 0; i < c.nlines; i++)
		if (!strcmp(c.lines[i].key, "Begin"))
			c.lines[i].value = arena_printf(&a, "%llu",
				(unsigned long long)w->row - 1);
	ret = commit_sign(&c, w->key, &a, err) ||
	      commit_format(&raw, &c, err) ||
	      odb_write(&id, store_odb(w->store), OBJECT_COMMIT, raw.ptr,
			raw.len, err) ? -1 : 0;
	if (!ret)
		print_row(&c, w->row++, &raw);
	w->last.oid = c.oid;
	w->last.strong = c.strong;
	buf_release(&raw);
	arena_release(&a);
	return ret;
}

static int write_all(struct writing *w, unsigned long rows, struct err *err)
{
	struct odb *odb = store_odb(w->store);

	if (read_last(w, err))
		return -1;
	puts("BEGIN;");
	for (unsigned long i = 0; i < rows; i++)
		if (write_one(w, w->again[i % RUNS], err))
			return -1;
	puts("COMMIT;");
	return odb_flush(odb, err) ||
	       ref_update(w->store, w->ref, &w->tip, &w->last.oid, "bench",
			  err) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct key_places places = { .home = NULL };
	struct writing w = { .store = NULL };
	struct err err = ERR_INIT;
	int ret = -1;

	if (argc != 5)
		return 2;
	places.at[KEY_NAMED] = argv[4];
	w.ref = arena_printf(&w.arena, "refs/schemastore/ledger/%s", argv[2]);
	if (key_find(&w.key, &places, &err) > 0 &&
	    !store_open(&w.store, argv[1], &err))
		ret = write_all(&w, strtoul(argv[3], NULL, 10), &err);
	if (ret)
		fprintf(stderr, "part-rows: %s\n", err.text);
	store_close(w.store);
	key_close(w.key);
	arena_release(&w.arena);
	return ret ? 1 : 0;
}
