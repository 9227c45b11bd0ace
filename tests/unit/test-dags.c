/*
 * Merge bases, and the versions on the way, are git's: many small histories in
 * one store, with merges of several parents, criss-cross ones, and seconds
 * that many versions share.
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

#include "ss/engine.h"
#include "ss/path.h"
#include "ss/store.h"

#include "folder.h"

#define DAGS 1000
#define VERSIONS 30		/* of one, at most */
#define BASES 8

struct dag {
	struct commit v[VERSIONS];	/* parents come before it */
	size_t n;
};

/* What git says of a pair. */
struct answer {
	struct oid bases[VERSIONS], left[VERSIONS], entered[VERSIONS];
	size_t nbases, nleft, nentered;
};

static void must(int ret, const struct err *err)
{
	if (ret)
		fail_msg("%s", err->text);
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* ---- a store ------------------------------------------------------------ */

/* Out of the newest `width`, each once; d->n is not 0. */
static size_t choose(struct oid *out, const struct dag *d, size_t width,
		     unsigned *seed)
{
	const struct commit *last = &d->v[d->n - 1];
	size_t wanted = next(seed) % 5 < 2 ? 2 + next(seed) % 3 : 1;
	size_t n = 0;

	/* Criss-cross: the last one's, turned. */
	if (last->nparents > 1 && next(seed) % 2) {
		for (size_t i = last->nparents; i-- > 0;)
			out[n++] = last->parents[i].oid;
		return n;
	}

	if (width > d->n)
		width = d->n;
	for (size_t i = 0; i < wanted; i++) {
		const struct oid *id = &d->v[d->n - 1 -
					     next(seed) % width].oid;
		bool have = false;

		for (size_t k = 0; k < n; k++)
			have |= oid_equal(&out[k], id);
		if (!have)
			out[n++] = *id;
	}
	return n;
}

static void make_dag(struct dag *d, struct store *s,
		     const struct commit *first, unsigned *seed,
		     struct arena *a)
{
	size_t n = 5 + next(seed) % (VERSIONS - 4);
	size_t width = 2 + next(seed) % 5, slow = 1 + next(seed) % 6;
	struct buf raw = BUF_INIT;
	struct err err = ERR_INIT;
	struct oid parents[4], id;

	for (d->n = 0; d->n < n; d->n++) {
		struct commit *c = &d->v[d->n];
		size_t nparents = 1;

		*c = *first;
		c->subject = arena_printf(a, "%u", next(seed));
		c->committer.time += (int64_t)(d->n / slow);
		if (d->n)
			nparents = choose(parents, d, width, seed);
		else
			parents[0] = first->parents[0].oid;
		buf_truncate(&raw, 0);
		must(commit_lineage(c, s, parents, nparents, a, &err) ||
		     commit_format(&raw, c, &err) ||
		     odb_write(&id, store_odb(s), OBJECT_COMMIT, raw.ptr,
			       raw.len, &err), &err);
	}
	buf_release(&raw);
}

/* The first version, whose tree all have. */
static void make_first(struct commit *out, struct store *s, struct arena *a)
{
	struct version_schema vs = { .engine = "sqlite" };
	struct version_draft d = {
		.schemas = &vs, .nschemas = 1, .nparents = 1,
		.author = { "A", "a@b", 1700000000 },
		.committer = { "A", "a@b", 1700000000 },
		.subject = "first", .ref = "refs/heads/main",
	};
	struct err err = ERR_INIT;
	struct commit genesis;
	struct schema empty;

	schema_init(&empty, engine_sqlite.spelling, a);
	empty.version = "3.40.1";
	vs.schema = &empty;
	d.parents = &genesis.oid;
	must(schema_seal(&empty, &err) || store_project(&genesis, s, a, &err) ||
	     version_write(out, s, &d, a, &err), &err);
	schema_release(&empty);
}

static void make(struct dag *v, unsigned seed, struct arena *a)
{
	struct ident who = { "A", "a@b", 1 };
	struct err err = ERR_INIT;
	struct commit first;
	struct store *s;

	must(store_init("s", &who, NULL, &err) || store_open(&s, "s", &err),
	     &err);
	make_first(&first, s, a);
	must(odb_flush(store_odb(s), &err) || odb_batch(store_odb(s), &err),
	     &err);
	for (size_t i = 0; i < DAGS; i++)
		make_dag(&v[i], s, &first, &seed, a);
	must(odb_flush(store_odb(s), &err), &err);
	store_close(s);
}

/* ---- git ---------------------------------------------------------------- */

static FILE *ask_git(struct commit *(*pairs)[2])
{
	FILE *f = fopen("pairs", "w");
	char from[OID_HEX], to[OID_HEX];

	assert_non_null(f);
	for (size_t i = 0; i < DAGS; i++) {
		oid_hex(from, &pairs[i][0]->oid);
		oid_hex(to, &pairs[i][1]->oid);
		fprintf(f, "%s %s\n", from, to);
	}
	fclose(f);
	f = popen("export GIT_DIR=s; while read -r a b; do "
		  "git merge-base --all $a $b; "
		  "git rev-list --left-right $a...$b; echo; done <pairs", "r");
	assert_non_null(f);
	return f;
}

static void put(struct oid *v, size_t *n, const char *hex)
{
	assert_true(*n < VERSIONS);
	assert_int_equal(hex_decode(v[*n].b, hex, SHA1_LEN), 0);
	++*n;
}

/* The genesis is no version. */
static void read_answer(struct answer *out, FILE *git,
			const struct commit *genesis)
{
	char line[OID_HEX + 3];

	memset(out, 0, sizeof(*out));
	for (;;) {
		assert_non_null(fgets(line, sizeof(line), git));
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			break;
		if (*line == '<')
			put(out->left, &out->nleft, line + 1);
		else if (*line == '>')
			put(out->entered, &out->nentered, line + 1);
		else
			put(out->bases, &out->nbases, line);
	}
	if (out->nbases == 1 && oid_equal(&out->bases[0], &genesis->oid))
		out->nbases = 0;
}

/* ---- ours --------------------------------------------------------------- */

static bool has(const struct oid *v, size_t n, const struct oid *id)
{
	for (size_t i = 0; i < n; i++)
		if (oid_equal(&v[i], id))
			return true;
	return false;
}

static void check_set(const struct oid *v, size_t n, const struct oid *want,
		      size_t nwant)
{
	assert_int_equal(n, nwant);
	for (size_t i = 0; i < n; i++) {
		assert_true(has(want, nwant, &v[i]));
		assert_false(has(v, i, &v[i]));
	}
}

static const struct commit *find(const struct dag *v, const struct oid *id)
{
	for (size_t i = 0; i < DAGS; i++)
		for (size_t k = 0; k < v[i].n; k++)
			if (oid_equal(&v[i].v[k].oid, id))
				return &v[i].v[k];
	return NULL;
}

/* Nobody stands before a parent of his. */
static void check_order(const struct oid *v, size_t n, const struct dag *all)
{
	for (size_t i = 0; i < n; i++) {
		const struct commit *c = find(all, &v[i]);

		for (size_t k = 0; k < c->nparents; k++)
			assert_false(has(&v[i], n - i, &c->parents[k].oid));
	}
}

static void check_route(struct store *s, struct commit *const pair[2],
			const struct answer *want, const struct dag *all)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct route r;

	must(route_find(&r, s, pair[0], pair[1], &a, &err), &err);
	assert_int_equal(r.related, want->nbases > 0);
	if (want->nbases)
		assert_true(has(want->bases, want->nbases, &r.base));
	check_set(r.left, r.nleft, want->left, want->nleft);
	check_set(r.entered, r.nentered, want->entered, want->nentered);
	check_order(r.entered, r.nentered, all);
	for (size_t i = 0; i < r.nleft / 2; i++) {
		struct oid id = r.left[i];

		r.left[i] = r.left[r.nleft - 1 - i];
		r.left[r.nleft - 1 - i] = id;
	}
	check_order(r.left, r.nleft, all);
	arena_release(&a);
}

static void check_path(struct store *s, struct commit *const pair[2],
		       const struct answer *want)
{
	struct path_opts opts = { "sqlite", false };
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct path p;
	int ret = path_find(&p, s, pair[0], pair[1], &opts, &a, &err);

	if (!want->nbases) {
		assert_int_equal(ret, -1);
		assert_int_equal(err.code, ERR_REFUSED);
		opts.unrelated = true;
		ret = path_find(&p, s, pair[0], pair[1], &opts, &a, &err);
	}
	must(ret, &err);
	assert_int_equal(p.edges, want->nleft + want->nentered);
	assert_int_equal(p.sideways, want->nleft && want->nentered);
	assert_int_equal(p.down, want->nleft && !want->nentered);
	assert_int_equal(p.unrelated, !want->nbases);
	arena_release(&a);
}

static void check_pair(struct store *s, struct commit *const pair[2],
		       const struct answer *want, const struct dag *all)
{
	struct err err = ERR_INIT;
	struct oid bases[BASES];
	int n = merge_bases(bases, BASES, s, &pair[0]->oid, &pair[1]->oid,
			    &err);

	must(n < 0, &err);
	check_set(bases, (size_t)n, want->bases, want->nbases);
	check_route(s, pair, want, all);
	check_path(s, pair, want);
}

/* ---- the test ----------------------------------------------------------- */

static struct commit *one_of(struct dag *d, unsigned *seed)
{
	size_t of = next(seed) % 4 ? 5 : d->n;

	return &d->v[d->n - 1 - next(seed) % of];
}

/* Mostly of the newest; now and then of two histories that have nothing in
 * common. */
static void pick(struct commit *pairs[DAGS][2], struct dag *v, unsigned seed)
{
	for (size_t i = 0; i < DAGS; i++) {
		struct dag *other = &v[next(&seed) % 10 ? i : (i + 1) % DAGS];

		pairs[i][0] = one_of(&v[i], &seed);
		pairs[i][1] = one_of(other, &seed);
	}
}

static void test_dags(void **state)
{
	static struct dag v[DAGS];
	static struct commit *pairs[DAGS][2];
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct commit genesis;
	struct answer want;
	struct store *s;
	size_t several = 0;
	FILE *git;

	(void)state;
	make(v, 1, &a);
	pick(pairs, v, 2);
	must(store_open(&s, "s", &err) || store_project(&genesis, s, &a, &err),
	     &err);
	git = ask_git(pairs);
	for (size_t i = 0; i < DAGS; i++) {
		read_answer(&want, git, &genesis);
		several += want.nbases > 1;
		check_pair(s, pairs[i], &want, v);
	}
	assert_int_equal(pclose(git), 0);
	assert_true(several > DAGS / 10);
	store_close(s);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dags),
	};

	return cmocka_run_group_tests(tests, folder_enter, folder_remove);
}
