/*
 * Where the server's programs are, and which version they have.
 */
#include "config.h"

#include "engine/postgres/cluster-parts.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "ss/file.h"

#define OLDEST 12		/* has all of our settings */

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
static int ask_major(struct cluster *c, struct err *err)
{
	const char *argv[] = { path_join(&c->a, c->bin, "initdb"),
			       "--version", NULL };
	struct process p = { .argv = argv, .as = &c->as, .env = c->env };
	struct buf out = BUF_INIT;
	const char *at;
	int ret = process_run(&out, &p, err);

	if (ret < 0)
		goto out;
	at = strstr(out.ptr, ") ");
	c->major = !ret && at ? (unsigned)strtoul(at + 2, NULL, 10) : 0;
	ret = c->major ? 0 : err_set(err, ERR_ENGINE, "'%s --version' does not "
				     "say a version: %s", argv[0], out.ptr);
out:
	buf_release(&out);
	return ret;
}

static const char *ask_pg_config(struct cluster *c)
{
	static const char *const argv[] = { "pg_config", "--bindir", NULL };
	struct process p = { .argv = argv, .as = &c->as, .env = c->env };
	struct err none = ERR_INIT;
	struct buf out = BUF_INIT;
	const char *bin = NULL;

	if (!process_run(&out, &p, &none) && out.ptr[0] == '/')
		bin = arena_strndup(&c->a, out.ptr, strcspn(out.ptr, "\n"));
	buf_release(&out);
	return bin && has_programs(&c->a, bin) ? bin : NULL;
}

static const char *look_in_places(struct cluster *c)
{
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		glob_t g;

		if (glob(places[i], 0, NULL, &g))
			continue;
		for (size_t j = 0; j < g.gl_pathc; j++) {
			const char *bin = g.gl_pathv[j];

			if (has_programs(&c->a, bin) &&
			    (!best || major_of_path(bin) > major_of_path(best)))
				best = arena_strdup(&c->a, bin);
		}
		globfree(&g);
	}
	return best;
}

int cluster_find_bin(struct cluster *c, struct err *err)
{
	const char *named = getenv("SCHEMASTORE_PGBIN");

	if (named && *named) {
		if (!has_programs(&c->a, named)) {
			err_set(err, ERR_ENGINE, "no PostgreSQL server: "
				"SCHEMASTORE_PGBIN names '%s', where initdb "
				"and postgres are not", named);
			return cluster_hint(err, "install postgresql and name "
					    "its folder of programs");
		}
		c->bin = absolute(&c->a, named);
	} else {
		c->bin = ask_pg_config(c);
		if (!c->bin)
			c->bin = look_in_places(c);
	}
	if (!c->bin) {
		err_set(err, ERR_ENGINE, "no PostgreSQL server on this machine "
			"in which to load a schema");
		return cluster_hint(err, "install the package postgresql");
	}
	c->major = major_of_path(c->bin);
	if (!c->major && ask_major(c, err))
		return -1;
	if (c->major >= OLDEST)
		return 0;
	err_set(err, ERR_ENGINE, "the PostgreSQL server in '%s' is of version "
		"%u, which is older than %d", c->bin, c->major, OLDEST);
	return cluster_hint(err, "install a newer one");
}
