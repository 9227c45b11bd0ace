/*
 * Histories are drawn as git draws them, line by line: many small ones and a
 * few large ones in one store, with merges of many parents, criss-cross ones,
 * several tips, and seconds that many versions share.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/graph.h"

#include "ss/engine.h"
#include "ss/store.h"

#include "folder.h"

#define VERSIONS 400		/* of one, at most */
#define TIPS 6
#define PARENTS 7

struct dag {
	struct store *store;
	struct commit genesis, first;
	unsigned seed;
	struct arena arena;	/* of what is below */
	struct commit v[VERSIONS];	/* parents come before it */
	size_t n;
	struct oid tips[TIPS];
	size_t ntips;
};

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

static unsigned next(struct dag *d)
{
	d->seed = d->seed * 1103515245 + 12345;
	return d->seed >> 16;
}

/* ---- a history ---------------------------------------------------------- */

static bool has(const struct oid *v, size_t n, const struct oid *id)
{
	for (size_t i = 0; i < n; i++)
		if (oid_equal(&v[i], id))
			return true;
	return false;
}

/* Out of the newest `width`, each once. */
static size_t choose(struct oid *out, struct dag *d, size_t width)
{
	const struct commit *last = &d->v[d->n - 1];
	unsigned what = next(d) % 10;
	size_t wanted = what < 6 ? 1 : what < 9 ? 2 : 2 + next(d) %
			(PARENTS - 1);
	size_t n = 0;

	/* Criss-cross: the last one's, turned. */
	if (last->nparents > 1 && next(d) % 3 == 0) {
		for (size_t i = last->nparents; i-- > 0;)
			out[n++] = last->parents[i].oid;
		return n;
	}
	if (width > d->n)
		width = d->n;
	while (wanted--) {
		const struct oid *id = &d->v[d->n - 1 - next(d) % width].oid;

		if (!has(out, n, id))
			out[n++] = *id;
	}
	return n;
}

static void add_version(struct dag *d, size_t width, size_t slow)
{
	struct commit *c = &d->v[d->n];
	struct oid parents[PARENTS + 1], id;
	struct buf raw = BUF_INIT;
	struct err err = ERR_INIT;
	size_t n = 1;

	*c = d->first;
	c->subject = arena_printf(&d->arena, "%u", next(d));
	c->committer.time += (int64_t)(d->n / slow);
	/* A line of its own begins now and then. */
	if (d->n && next(d) % 40)
		n = choose(parents, d, width);
	else
		parents[0] = d->genesis.oid;
	must(commit_lineage(c, d->store, parents, n, &d->arena, &err) ||
	     commit_format(&raw, c, &err) ||
	     odb_write(&id, store_odb(d->store), OBJECT_COMMIT, raw.ptr,
		       raw.len, &err), &err);
	buf_release(&raw);
	d->n++;
}

static void grow(struct dag *d, size_t n)
{
	size_t width = 2 + next(d) % 9, slow = 1 + next(d) % 6;

	d->n = 0;
	while (d->n < n)
		add_version(d, width, slow);
	d->ntips = 1 + next(d) % TIPS;
	for (size_t i = 0; i < d->ntips; i++)
		d->tips[i] = d->v[n - 1 - next(d) % (n / 2)].oid;
	d->tips[next(d) % d->ntips] = d->v[n - 1].oid;
}

/* ---- drawn -------------------------------------------------------------- */

static void say(struct buf *b, struct graph *g, const struct commit *c,
		bool wide)
{
	while (!graph_line(g, b))
		buf_addch(b, '\n');
	buf_addf(b, "%s\n", c->subject);
	for (size_t i = 0; wide && i < 2; i++) {
		graph_line(g, b);
		buf_addf(b, "%s\n", i ? c->author.email : c->author.name);
	}
	while (!graph_is_done(g)) {
		graph_line(g, b);
		buf_addch(b, '\n');
	}
}

/* wide: three lines of each, and space between them. */
static void draw(struct buf *b, struct dag *d, bool wide)
{
	struct arena a = ARENA_INIT;
	struct walk *w = walk_new(d->store, &a);
	struct graph *g = graph_new(&a);
	struct err err = ERR_INIT;
	struct commit c;
	struct link l;
	int ret;

	for (size_t i = 0; i < d->ntips; i++)
		must(walk_push(w, &d->tips[i], &err), &err);
	must(walk_topo(w, &err), &err);
	while ((ret = walk_next_link(w, &l, &err)) > 0) {
		must(store_commit(&c, d->store, &l.oid, &a, &err), &err);
		graph_take(g, &l.oid, arena_memdup(&a, l.parents,
			   sizeof(l.parents)), l.nparents);
		if (wide && b->len) {
			graph_space(g, b);
			buf_addch(b, '\n');
		}
		say(b, g, &c, wide);
	}
	must(ret, &err);
	walk_free(w);
	arena_release(&a);
}

static void draw_git(struct buf *b, const struct dag *d, bool wide)
{
	const char *format = wide ? "format:%s%n%an%n%ae%n" : "tformat:%s";
	struct buf command = BUF_INIT;
	char hex[OID_HEX], text[4096];
	size_t n;
	FILE *git;

	oid_hex(hex, &d->genesis.oid);
	buf_addf(&command, "git -C s log --graph --format='%s' ^%s", format,
		 hex);
	for (size_t i = 0; i < d->ntips; i++) {
		oid_hex(hex, &d->tips[i]);
		buf_addf(&command, " %s", hex);
	}
	git = popen(command.ptr, "r");
	assert_non_null(git);
	while ((n = fread(text, 1, sizeof(text), git)))
		buf_add(b, text, n);
	assert_int_equal(pclose(git), 0);
	buf_release(&command);
}

static void check(struct dag *d, bool wide)
{
	struct buf want = BUF_INIT, got = BUF_INIT;

	draw_git(&want, d, wide);
	draw(&got, d, wide);
	assert_string_equal(got.ptr, want.ptr);
	buf_release(&want);
	buf_release(&got);
}

/* The first version, whose tree all have. */
static void make_first(struct dag *d, struct arena *a)
{
	struct version_schema vs = { .engine = "sqlite" };
	struct version_draft draft = {
		.schemas = &vs, .nschemas = 1, .nparents = 1,
		.author = { "A", "a@b", 1700000000 },
		.committer = { "A", "a@b", 1700000000 },
		.subject = "first", .ref = "refs/heads/main",
	};
	struct err err = ERR_INIT;
	struct schema empty;

	schema_init(&empty, engine_sqlite.spelling, a);
	empty.version = "3.40.1";
	vs.schema = &empty;
	draft.parents = &d->genesis.oid;
	must(schema_seal(&empty, &err) ||
	     store_project(&d->genesis, d->store, a, &err) ||
	     version_write(&d->first, d->store, &draft, a, &err), &err);
	schema_release(&empty);
}

static void test_graphs(void **state)
{
	struct ident who = { "A", "a@b", 1 };
	static struct dag d = { .seed = 3 };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;

	(void)state;
	must(store_init("s", &who, NULL, &err) ||
		     store_open(&d.store, "s", &err),
	     &err);
	make_first(&d, &a);
	for (size_t i = 0; i < 60; i++) {
		must(odb_batch(store_odb(d.store), &err), &err);
		grow(&d, i % 20 ? 4 + next(&d) % 40 : VERSIONS);
		must(odb_flush(store_odb(d.store), &err), &err);
		check(&d, false);
		check(&d, true);
		arena_release(&d.arena);
	}
	store_close(d.store);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graphs),
	};

	return cmocka_run_group_tests(tests, folder_enter, folder_remove);
}
