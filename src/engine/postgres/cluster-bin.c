/*
 * Where the server's programs are, and which version they have.
 */
#include "config.h"

#include "engine/postgres/cluster-parts.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "ss/file.h"

/* Where packages put them, a folder for each version. */
static const char *const places[] = {
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/local/pgsql/bin",
};

int cluster_hint(struct err *err, const char *what)
{
	return err_hint(err, "%s, or name a scratch database: "
			"SCHEMASTORE_SCRATCH=postgres://... in the "
			"environment, or 'scratch = postgres://...' below "
			"[postgres] in schemastore.conf", what);
}

int pg_wrong_major(unsigned have, unsigned want, struct err *err)
{
	err_set(err, ERR_REFUSED, "scratch databases are made on PostgreSQL "
		"%u, and what is to be loaded there is of PostgreSQL %u", have,
		want);
	return err_hint(err, "name a scratch server of major %u: "
			"SCHEMASTORE_SCRATCH=postgres://... in the "
			"environment, or 'scratch = postgres://...' below "
			"[postgres] in schemastore.conf; or name none, and "
			"install postgresql-%u", want, want);
}

/* They are run from another folder. */
static const char *absolute(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	const char *kept = arena_strdup(a, real ? real : path);

	free(real);
	return kept;
}

static bool has_programs(struct arena *a, const char *dir)
{
	return !access(path_join(a, dir, "initdb"), X_OK) &&
	       !access(path_join(a, dir, "postgres"), X_OK);
}

/* The version in .../postgresql/15/bin or .../pgsql-15/bin; 0: none. */
static unsigned major_of_path(const char *bin)
{
	const char *end = strrchr(bin, '/'), *p = end;
	unsigned v = 0;

	if (!end || strcmp(end, "/bin"))
		return 0;
	while (p > bin && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p == bin || (p[-1] != '/' && p[-1] != '-') || end - p > 3)
		return 0;
	for (; p < end; p++)
		v = v * 10 + (unsigned)(*p - '0');
	return v;
}

/* initdb (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1) */
static int ask_major(unsigned *out, struct cluster *c, const char *bin,
		     struct err *err)
{
	const char *argv[] = { path_join(&c->a, bin, "initdb"),
			       "--version", NULL };
	struct process p = { .argv = argv, .as = &c->as, .env = c->env };
	struct buf b = BUF_INIT;
	const char *at;
	int ret = process_run(&b, &p, err);

	if (ret < 0)
		goto out;
	at = strstr(b.ptr, ") ");
	*out = !ret && at ? (unsigned)strtoul(at + 2, NULL, 10) : 0;
	ret = *out ? 0 : err_set(err, ERR_ENGINE, "'%s --version' does not "
				 "say a version: %s", argv[0], b.ptr);
out:
	buf_release(&b);
	return ret;
}

static int find_major(unsigned *out, struct cluster *c, const char *bin,
		      struct err *err)
{
	*out = major_of_path(bin);
	return *out ? 0 : ask_major(out, c, bin, err);
}

/* ---- the folders ----------------------------------------------------------*/

static void ask_pg_config(struct list *bins, struct cluster *c)
{
	static const char *const argv[] = { "pg_config", "--bindir", NULL };
	struct process p = { .argv = argv, .as = &c->as, .env = c->env };
	struct err none = ERR_INIT;
	struct buf out = BUF_INIT;
	const char *bin;

	if (!process_run(&out, &p, &none) && out.ptr[0] == '/') {
		bin = arena_strndup(&c->a, out.ptr, strcspn(out.ptr, "\n"));
		if (has_programs(&c->a, bin))
			list_add(&c->a, bins, bin);
	}
	buf_release(&out);
}

static int cmp_newest(const void *a, const void *b)
{
	unsigned x = major_of_path(*(const char *const *)a);
	unsigned y = major_of_path(*(const char *const *)b);

	return (x < y) - (x > y);
}

/* The newest first. */
static void look_in_places(struct list *bins, struct cluster *c)
{
	size_t before = bins->n;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		glob_t g;

		if (glob(places[i], 0, NULL, &g))
			continue;
		for (size_t j = 0; j < g.gl_pathc; j++)
			if (has_programs(&c->a, g.gl_pathv[j]))
				list_add(&c->a, bins,
					 arena_strdup(&c->a, g.gl_pathv[j]));
		globfree(&g);
	}
	if (bins->n > before)
		qsort(bins->v + before, bins->n - before, sizeof(*bins->v),
		      cmp_newest);
}

/* named = folder { ":" folder } */
static int take_named(struct list *bins, struct cluster *c, const char *named,
		      struct err *err)
{
	while (*named) {
		size_t n = strcspn(named, ":");
		const char *bin = arena_strndup(&c->a, named, n);

		if (!has_programs(&c->a, bin)) {
			err_set(err, ERR_ENGINE, "no PostgreSQL server: "
				"SCHEMASTORE_PGBIN names '%s', where initdb "
				"and postgres are not", bin);
			return cluster_hint(err, "install postgresql and name "
					    "its folder of programs");
		}
		list_add(&c->a, bins, absolute(&c->a, bin));
		named += n + (named[n] == ':');
	}
	return 0;
}

static int find_bins(struct list *bins, struct cluster *c, struct err *err)
{
	const char *named = getenv("SCHEMASTORE_PGBIN");

	if (named && *named)
		return take_named(bins, c, named, err);
	ask_pg_config(bins, c);
	look_in_places(bins, c);
	if (bins->n)
		return 0;
	err_set(err, ERR_ENGINE, "no PostgreSQL server on this machine in "
		"which to load a schema");
	return cluster_hint(err, "install the package postgresql");
}

/* The first of that major; where any will do the first of all. */
static int choose(struct cluster *c, const struct list *bins, struct err *err)
{
	unsigned wanted = c->major, major = 0;

	for (size_t i = 0; i < bins->n; i++) {
		if (find_major(&major, c, bins->v[i], err))
			return -1;
		c->bin = bins->v[i];
		c->major = major;
		if (!wanted || wanted == major)
			return 0;
	}
	return pg_wrong_major(major, wanted, err);
}

int cluster_find_bin(struct cluster *c, struct err *err)
{
	struct list bins = { NULL, 0 };

	if (find_bins(&bins, c, err) || choose(c, &bins, err))
		return -1;
	if (c->major >= PG_OLDEST)
		return 0;
	err_set(err, ERR_ENGINE, "the PostgreSQL server in '%s' is of version "
		"%u, which is older than %d", c->bin, c->major, PG_OLDEST);
	return cluster_hint(err, "install a newer one");
}
