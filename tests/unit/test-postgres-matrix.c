/*
 * Every field of every kind of PostgreSQL's, changed alone, up and down, on a
 * real server; matrix.h says what a case is.  A field without a case fails.
 *
 *	SS_MATRIX='sequence'		one kind
 *	SS_MATRIX='column default'	one field, with its plans
 *
 * Skipped where there is no server.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "matrix.h"

#include "ss/file.h"
#include "ss/kinds-postgres.h"

struct fixture {
	struct matrix matrix;
	struct matrix_bench bench;
	const char *kind, *field;	/* only these; NULL: all */
	char *top;			/* SCHEMASTORE_SCRATCH_DIR */
	bool server;
};

/* A test of one kind. */
struct kind_test {
	struct fixture *fixture;
	const struct kind *kind;
};

/* ---- completeness ------------------------------------------------------ */

static bool is_of(const struct matrix_case *c, const struct kind *k,
		  const char *field)
{
	return !strcmp(c->kind, k->word) && !strcmp(c->field, field);
}

static size_t count_cases(const struct matrix *m, const struct kind *k,
			  const char *field)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += is_of(&m->cases[i], k, field);
	return n;
}

static size_t need(const struct matrix *m, const struct kind *k,
		   const char *field)
{
	if (count_cases(m, k, field))
		return 0;
	print_error("%s %s: no case\n", k->word, field);
	return 1;
}

static void test_complete(void **state)
{
	const struct kind_test *t = *state;
	const struct matrix *m = &t->fixture->matrix;
	size_t missing = 0;

	for (size_t i = 0; i < pg_kinds_n; i++) {
		const struct kind *k = pg_kinds[i];

		for (size_t f = 0; f < k->nfields; f++)
			missing += need(m, k, k->fields[f].name);
		missing += need(m, k, "added");
		if (k->flags & KIND_ROWS)
			missing += need(m, k, "renamed");
	}
	assert_int_equal(missing, 0);
}

static bool is_known(const struct matrix_case *c)
{
	for (size_t i = 0; i < pg_kinds_n; i++) {
		const struct kind *k = pg_kinds[i];

		if (is_of(c, k, "added") || is_of(c, k, "renamed"))
			return true;
		for (size_t f = 0; f < k->nfields; f++)
			if (is_of(c, k, k->fields[f].name))
				return true;
	}
	return false;
}

static void test_known(void **state)
{
	const struct kind_test *t = *state;
	const struct matrix *m = &t->fixture->matrix;

	for (size_t i = 0; i < m->n; i++)
		if (!is_known(&m->cases[i]))
			fail_msg("%s:%zu: there is no %s %s", m->cases[i].file,
				 m->cases[i].line, m->cases[i].kind,
				 m->cases[i].field);
}

/* ---- the cases --------------------------------------------------------- */

static bool is_wanted(const struct fixture *f, const struct matrix_case *c)
{
	return (!f->kind || !strcmp(c->kind, f->kind)) &&
	       (!f->field || !strcmp(c->field, f->field));
}

static void test_kind(void **state)
{
	const struct kind_test *t = *state;
	struct fixture *f = t->fixture;
	size_t failed = 0, n = 0;

	if (!f->server) {
		print_message("no PostgreSQL server\n");
		skip();
	}
	for (size_t i = 0; i < f->matrix.n; i++) {
		const struct matrix_case *c = &f->matrix.cases[i];

		if (strcmp(c->kind, t->kind->word) || c->impossible ||
		    !is_wanted(f, c))
			continue;
		n++;
		failed += !matrix_run(&f->bench, c);
	}
	if (failed)
		fail_msg("%zu of %zu cases", failed, n);
}

/* ---- the frame --------------------------------------------------------- */

/* Can the server's user come to a folder below it? */
static bool is_open_to_all(struct arena *a, const char *dir)
{
	char *path = arena_strdup(a, dir), *slash;
	struct stat st;

	while ((slash = strrchr(path, '/')) != NULL) {
		if (stat(path, &st) || !(st.st_mode & S_IXOTH))
			return false;
		*slash = '\0';
		if (!*path)
			return true;
	}
	return false;
}

/* What a case needs of the server beside roles, which load() makes. */
static const char server_sql[] =
	"DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname = "
	"'other') THEN RAISE undefined_object; END IF; END$$";

static bool start(struct fixture *f, struct err *err)
{
	struct conn **c = &f->bench.a;

	if (engine_postgres.scratch(c, NULL, err))
		return false;
	return !engine_postgres.exec(*c, server_sql, err) ||
	       (!engine_postgres.exec(*c, "SET allow_in_place_tablespaces = "
				      "on", err) &&
		!engine_postgres.exec(*c, "CREATE TABLESPACE other LOCATION "
				      "''", err));
}

static void setup(struct fixture *f)
{
	const char *tmp = getenv("TMPDIR"), *only = getenv("SS_MATRIX");
	struct arena *a = &f->matrix.arena;
	struct err err = ERR_INIT;

	if (only && *only) {
		size_t n = strcspn(only, " ");

		f->kind = arena_strndup(a, only, n);
		f->field = only[n] ? arena_strdup(a, only + n + 1) : NULL;
		f->bench.show = f->field;
	}
	if (!tmp || (!geteuid() && !is_open_to_all(a, tmp)))
		tmp = "/tmp";
	f->top = arena_printf(a, "%s/ss-matrix.XXXXXX", tmp);
	if (!mkdtemp(f->top) || chmod(f->top, 0711)) {
		f->top = NULL;
		return;
	}
	setenv("SCHEMASTORE_SCRATCH_DIR", f->top, 1);
	setenv("SCHEMASTORE_SCRATCH_IDLE", "1", 1);
	unsetenv("SCHEMASTORE_SCRATCH");
	f->server = start(f, &err);
	if (!f->server)
		fprintf(stderr, "# %s\n", err.text);
}

static void teardown(struct fixture *f)
{
	char command[600];

	matrix_bench_release(&f->bench);
	if (!f->top)
		return;
	/* The server needs a second to see that nobody uses it. */
	snprintf(command, sizeof(command), "for i in $(seq 100); do test -e "
		 "'%s'/*/*/run/.s.PGSQL.5432 || break; sleep 0.1; done; "
		 "rm -rf '%s'", f->top, f->top);
	if (system(command))
		fprintf(stderr, "# %s is left\n", f->top);
}

int main(void)
{
	struct fixture f = { .server = false };
	const char *srcdir = getenv("srcdir");
	size_t n = pg_kinds_n + 2;
	struct CMUnitTest *tests = xmalloc(n * sizeof(*tests));
	struct kind_test *states = xmalloc(n * sizeof(*states));
	int ret;

	matrix_read(&f.matrix, path_join(&f.matrix.arena, srcdir ? srcdir : ".",
					 "tests/unit/matrix"));
	setup(&f);
	for (size_t i = 0; i < n; i++) {
		const struct kind *k = i < 2 ? NULL : pg_kinds[i - 2];

		states[i] = (struct kind_test){ &f, k };
		tests[i] = (struct CMUnitTest){
			.name = k ? k->word : i ? "known" : "complete",
			.test_func = k ? test_kind : i ? test_known :
				     test_complete,
			.initial_state = &states[i],
		};
	}
	ret = _cmocka_run_group_tests("postgres-matrix", tests, n, NULL, NULL);
	teardown(&f);
	matrix_release(&f.matrix);
	free(tests);
	free(states);
	return ret;
}
