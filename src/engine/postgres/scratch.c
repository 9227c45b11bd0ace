/*
 * Scratch databases: on the server that is configured, or else on the private
 * cluster.
 */
#include "config.h"

#include "engine/postgres/cluster.h"
#include "engine/postgres/postgres.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ss/file.h"
#include "ss/hash.h"

static const char *scratch_url;	/* configured; NULL: none */

void pg_scratch_at(const char *url)
{
	scratch_url = url;
}

/* The user's, or else our own, of this major (0: of any). */
static int scratch_server(struct buf *conninfo, unsigned *cluster,
			  unsigned major, struct err *err)
{
	const char *url = getenv("SCHEMASTORE_SCRATCH");

	if (url && *url) {
		buf_addstr(conninfo, url);
		return 0;
	}
	if (scratch_url) {
		buf_addstr(conninfo, scratch_url);
		return 0;
	}
	if (pg_cluster_use(conninfo, &major, err))
		return -1;
	*cluster = major;
	return 0;
}

/* The same server, another database: "dbname" of a URL is its path. */
static void with_database(struct buf *b, const char *conninfo,
			  const char *name)
{
	const char *path = strstr(conninfo, "://");
	size_t n;

	if (!path) {
		buf_addf(b, "%s dbname='%s'", conninfo, name);
		return;
	}
	path += 3;
	n = (size_t)(path - conninfo) + strcspn(path, "/?");
	buf_add(b, conninfo, n);
	buf_addf(b, "/%s", name);
	if (strchr(path, '?'))
		buf_addstr(b, strchr(path, '?'));
}

/* Where a pid means what it means to us: this boot of this machine, and this
 * container of it. */
static uint32_t here(void)
{
	struct buf b = BUF_INIT;
	struct err none = ERR_INIT;
	unsigned char sum[SHA256_LEN];
	unsigned char any[8];
	struct stat st = { 0 };

	if (file_read_if(&b, "/proc/sys/kernel/random/boot_id", 100,
			 &none) <= 0 || stat("/proc/self/ns/pid", &st))
		random_bytes(any, sizeof(any));
	else
		memset(any, 0, sizeof(any));
	buf_add(&b, any, sizeof(any));
	buf_addf(&b, " %llu", (unsigned long long)st.st_ino);
	sha256_of(sum, b.ptr, b.len);
	buf_release(&b);
	return (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 |
	       (uint32_t)sum[2] << 8 | sum[3];
}

/* Of a command that has died: ss_<pid>_<here>_<random>.  On a server that is
 * others' as well, of one that has died here: elsewhere it may be alive. */
static void drop_leftovers(struct conn *admin, bool private)
{
	static bool done;
	struct buf ask = BUF_INIT;
	PGresult *r;

	if (done)
		return;
	done = true;
	buf_addstr(&ask, "SELECT datname FROM pg_catalog.pg_database WHERE "
		   "datname ~ '^ss_[0-9]+_");
	if (!private)
		buf_addf(&ask, "%08x_", here());
	buf_addstr(&ask, "[0-9a-f_]+$'");
	r = pq.exec(admin->pg, ask.ptr);
	buf_release(&ask);
	for (int i = 0; i < pq.ntuples(r); i++) {
		const char *name = pq.getvalue(r, i, 0);
		struct buf b = BUF_INIT;

		if (!kill((pid_t)strtol(name + 3, NULL, 10), 0) ||
		    errno != ESRCH)
			continue;
		buf_addf(&b, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
			 name);
		pq.clear(pq.exec(admin->pg, b.ptr));
		buf_release(&b);
	}
	pq.clear(r);
}

static int make_database(struct conn *admin, const char *name,
			 struct err *err)
{
	struct buf b = BUF_INIT;
	int ret;

	buf_addf(&b, "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'",
		 name);
	ret = pg_run(admin, b.ptr, err);
	buf_release(&b);
	if (ret && err->code == ERR_REFUSED)
		err_hint(err, "scratch databases need a role with CREATEDB: "
			 "have it granted, or name another server: "
			 "SCHEMASTORE_SCRATCH");
	return ret;
}

static void new_name(char *name, size_t size)
{
	unsigned char random[8];
	char hex[17];

	random_bytes(random, sizeof(random));
	hex_encode(hex, random, sizeof(random));
	snprintf(name, size, "ss_%ld_%08x_%s", (long)getpid(), here(), hex);
}

/* On a server that was found: `admin` makes it, and drops it later. */
static int open_scratch(struct conn **out, struct conn *admin,
			const char *server, const char *path, struct err *err)
{
	struct buf info = BUF_INIT;
	struct conn *c = NULL;
	char name[64];
	int ret = -1;

	new_name(name, sizeof(name));
	if (make_database(admin, name, err))
		goto out;
	with_database(&info, server, name);
	if (pg_connect(&c, info.ptr, err))
		goto out;
	c->admin = admin->pg;
	admin->pg = NULL;
	c->database = xstrdup(name);
	c->address = arena_strdup(&c->arena, info.ptr);
	c->scratch = true;
	c->search_path = xstrdup(path);
	*out = c;
	ret = 0;
out:
	buf_release(&info);
	return ret;
}

static int check_major(const struct conn *c, unsigned major, struct err *err)
{
	unsigned have = (unsigned)c->major;

	return !major || have == major ? 0 : pg_wrong_major(have, major, err);
}

int pg_scratch(struct conn **out, const struct scratch_opts *opts,
	       struct err *err)
{
	unsigned major = opts ? pg_major_of(opts->version) : 0;
	struct buf server = BUF_INIT;
	struct arena a = ARENA_INIT;
	struct conn *admin = NULL;
	unsigned cluster = 0;
	const char *path;
	int ret = -1;

	if (pg_search_path(&path, opts ? opts->search_path : NULL, &a, err) ||
	    scratch_server(&server, &cluster, major, err) ||
	    pg_connect(&admin, server.ptr, err) ||
	    check_major(admin, major, err))
		goto out;
	drop_leftovers(admin, cluster);
	if (open_scratch(out, admin, server.ptr, path, err))
		goto out;
	(*out)->cluster = cluster;
	cluster = 0;
	ret = 0;
out:
	if (ret)
		err_wrap(err, "scratch");
	if (cluster)
		pg_cluster_done(cluster);
	if (admin && !admin->pg) {
		arena_release(&admin->arena);
		free(admin);
	} else {
		pg_close(admin);
	}
	buf_release(&server);
	arena_release(&a);
	return ret;
}

int pg_share(struct conn *c, struct buf *url, const char *dir,
	     struct err *err)
{
	struct buf set = BUF_INIT;
	int ret;

	buf_addf(&set, "SET search_path TO %s", c->search_path);
	ret = pg_run(c, set.ptr, err);
	if (!ret && dir) {
		buf_addstr(url, c->address);
		buf_truncate(&set, 0);
		buf_addf(&set, "ALTER DATABASE %s SET search_path TO %s",
			 c->database, c->search_path);
		ret = pg_run(c, set.ptr, err);
	}
	buf_release(&set);
	return ret;
}
