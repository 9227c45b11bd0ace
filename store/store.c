/*
 * Making, opening and locking a store.
 */
#include "config.h"

#include "ss/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ss/conf.h"
#include "ss/fault.h"
#include "ss/file.h"
#include "ss/map.h"

#include "store/links.h"

#define LOCK_WAIT_S 10
#define STALE_S 10

struct store {
	char *dir;
	struct odb *odb;
	int lock_fd;		/* -1: not held */
	unsigned lock_depth;
	warn_fn warn;		/* NULL: nobody hears */
	/* Commits that were read: walks come by the same ones again. */
	struct arena commits_arena;
	struct map commits;	/* 20 bytes -> struct commit */
	size_t ncommits;
	struct links *links;
};

#define COMMITS_KEPT 4096

static const char store_config[] =
	"[core]\n"
	"\trepositoryformatversion = 0\n"
	"\tfilemode = false\n"
	"\tbare = true\n"
	"[gc]\n"
	"\tauto = 0\n"
	"[pack]\n"
	"\twindowMemory = 16m\n"
	"\tdeltaCacheSize = 8m\n"
	"\tthreads = 1\n";

static const char store_description[] =
	"Versions of database schemas, kept by schemastore.\n";

static const char genesis_policy[] =
	"schemastore-policy 1\n"
	"seq 0\n"
	"prev -\n"
	"min-format 0\n";

static struct store *store_new(const char *dir)
{
	struct store *s = xmalloc(sizeof(*s));

	memset(s, 0, sizeof(*s));
	s->dir = xstrdup(dir);
	s->lock_fd = -1;
	s->links = links_new(dir);
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	odb_close(s->odb);
	links_close(s->links);
	map_release(&s->commits);
	arena_release(&s->commits_arena);
	free(s->dir);
	free(s);
}

const char *store_dir(const struct store *s)
{
	return s->dir;
}

struct odb *store_odb(struct store *s)
{
	return s->odb;
}

struct links *store_links(struct store *s)
{
	return s->links;
}

/* A file that is only written where it is not there yet. */
static int init_file(struct arena *a, const char *dir, const char *name,
		     const char *text, struct err *err)
{
	char *path = path_join(a, dir, name);

	if (file_exists(path))
		return 0;
	return file_write(path, text, strlen(text), err);
}

static int init_folders(struct arena *a, const char *dir, struct err *err)
{
	static const char *const folders[] = {
		"objects/pack", "objects/info", "refs/heads", "refs/tags",
		"refs/schemastore", "cache",
	};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (dir_make(path_join(a, dir, folders[i]), err))
			return -1;
	return 0;
}

/* Two projects that one person begins in one second are two; where the time is
 * given, for tests, so is all else. */
static const char *nonce(struct arena *a)
{
	unsigned char random[16];
	char hex[2 * sizeof(random) + 1];

	if (getenv("SCHEMASTORE_DATE"))
		return NULL;
	random_bytes(random, sizeof(random));
	hex_encode(hex, random, sizeof(random));
	return arena_printf(a, "It is like no other: %s", hex);
}

static int write_genesis(struct store *s, const struct ident *who,
			 struct key *key, struct arena *a, struct err *err)
{
	struct tree_builder *b = tree_builder_new(a);
	struct commit c = {
		.kind = COMMIT_POLICY, .genesis = true, .ref = POLICY_REF,
		.author = *who, .committer = *who,
		.subject = "Begin the project", .body = nonce(a),
	};
	struct buf raw = BUF_INIT;
	struct oid id;
	int ret = -1;

	tree_add_blob(b, "policy", genesis_policy, strlen(genesis_policy));
	tree_add_blob(b, "allowed_signers", "", 0);
	if (tree_write(&c.tree, c.tree256, b, s->odb, NULL, err) ||
	    commit_sign(&c, key, a, err) ||
	    commit_format(&raw, &c, err) ||
	    odb_write(&id, s->odb, OBJECT_COMMIT, raw.ptr, raw.len, err) ||
	    odb_flush(s->odb, err) ||
	    ref_update(s, POLICY_REF, NULL, &id, "genesis", err))
		goto out;
	ret = 0;
out:
	buf_release(&raw);
	return ret;
}

static int no_policy(struct store *s, struct err *err)
{
	err_set(err, ERR_DAMAGED, "the store has no "POLICY_REF": it is a part "
		"of another one");
	return err_hint(err, "fetch the rest: git --git-dir='%s' fetch origin "
			"'+refs/schemastore/*:refs/schemastore/*'", s->dir);
}

/* A repository that has versions has a project, wherever its policy is. */
static int check_unborn(struct store *s, struct arena *a, struct err *err)
{
	struct ref *refs;
	size_t n;

	if (ref_list(&refs, &n, s, "refs/", a, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct oid id = refs[i].oid;
		int ret = store_peel(&id, s, err);

		if (ret)
			return ret < 0 ? -1 : no_policy(s, err);
	}
	return 0;
}

int store_init(const char *dir, const struct ident *who, struct key *key,
	       struct err *err)
{
	struct store *s = store_new(dir);
	struct arena a = ARENA_INIT;
	struct oid id;
	int ret = -1;

	if (init_folders(&a, dir, err) || fault("init.folders", err) ||
	    init_file(&a, dir, "config", store_config, err) ||
	    init_file(&a, dir, "description", store_description, err) ||
	    store_lock(s, err) || odb_open(&s->odb, dir, err))
		goto out;
	ret = ref_read(&id, s, POLICY_REF, err);
	if (ret > 0 && file_exists(path_join(&a, dir, "HEAD")))
		ret = err_set(err, ERR_REFUSED, "'%s' is a store already", dir);
	else if (!ret)
		ret = check_unborn(s, &a, err) ||
		      write_genesis(s, who, key, &a, err) ? -1 : 0;
	/* HEAD comes last: with it the folder is a store. */
	if (ret >= 0 && !fault("init.head", err))
		ret = init_file(&a, dir, "HEAD", "ref: refs/heads/main\n",
				err);
	else
		ret = -1;
out:
	store_close(s);
	arena_release(&a);
	return ret;
}

/* What git says of the repository that we could not read.  What else stands
 * in its configuration is not looked at. */
static int check_format(const char *dir, struct arena *a, struct err *err)
{
	static const char *const known[] = {
		"extensions.noop", "extensions.partialclone",
		"extensions.preciousobjects", "extensions.worktreeconfig",
		"extensions.objectformat=sha1", "extensions.refstorage=files",
	};
	struct err odd = ERR_INIT;
	struct conf c;

	if (conf_read(&c, path_join(a, dir, "config"), a, &odd))
		return 0;
	for (size_t i = 0; i < c.n; i++) {
		char *value = arena_printf(a, "%s=%s", c.v[i].key,
					   c.v[i].value);
		bool found = !str_starts(c.v[i].key, "extensions.");

		for (size_t k = 0; k < ARRAY_LEN(known) && !found; k++)
			found = !strcmp(known[k], c.v[i].key) ||
				!strcmp(known[k], value);
		if (found)
			continue;
		err_set(err, ERR_REFUSED, "the repository '%s' has git's "
			"extension '%s', which is not known here", dir,
			value + strlen("extensions."));
		return err_hint(err, "a store has SHA-1 objects, and refs in "
				"files");
	}
	return 0;
}

int store_open(struct store **out, const char *dir, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct store *s;
	int ret = -1;

	if (!dir_exists(dir)) {
		err_set(err, ERR_USAGE, "there is no store in '%s'", dir);
		err_hint(err, "run 'schemastore init'");
		goto out;
	}
	if (access(dir, R_OK | X_OK)) {
		err_errno(err, "cannot open the store in '%s'", dir);
		goto out;
	}
	if (!file_exists(path_join(&a, dir, "HEAD")) ||
	    !dir_exists(path_join(&a, dir, "objects")) ||
	    !dir_exists(path_join(&a, dir, "refs"))) {
		err_set(err, ERR_USAGE, "'%s' is not a store", dir);
		err_hint(err, "if 'schemastore init' was interrupted here, or "
			 "its HEAD is lost, run it again");
		goto out;
	}
	if (check_format(dir, &a, err))
		goto out;
	s = store_new(dir);
	if (odb_open(&s->odb, dir, err)) {
		store_close(s);
		goto out;
	}
	*out = s;
	ret = 0;
out:
	arena_release(&a);
	return ret;
}

/* ---- the lock --------------------------------------------------------- */

/* A lock file of git's that nobody holds any more.  We hold our own lock, so
 * it is no writer of ours; git's own writers are quicker than this. */
static void remove_stale(struct store *s, struct arena *a, const char *path)
{
	struct stat st;

	if (stat(path, &st) || time(NULL) - st.st_mtime < STALE_S)
		return;
	if (s->warn)
		s->warn(arena_printf(a, "removing '%s', which a program that "
				     "died has left", path));
	unlink(path);
}

static void remove_stale_in(struct store *s, struct arena *a, const char *dir,
			    unsigned depth)
{
	struct list names = { NULL, 0 };
	struct err none = ERR_INIT;

	if (!dir_exists(dir) || depth > 32 || dir_list(&names, dir, a, &none))
		return;
	for (size_t i = 0; i < names.n; i++) {
		char *path = path_join(a, dir, names.v[i]);

		if (is_symlink(path))
			continue;
		if (dir_exists(path))
			remove_stale_in(s, a, path, depth + 1);
		else if (str_ends(path, ".lock"))
			remove_stale(s, a, path);
	}
}

static int wait_lock(int fd, unsigned seconds)
{
	struct timespec pause = { 0, 10 * 1000 * 1000 };

	for (unsigned i = 0; i <= seconds * 100; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* Lock files that a writer of ours made and did not live to rename: their
 * names, as seen from the store, are lines of the file that we now hold the
 * lock of. */
static void remove_noted(struct store *s, struct arena *a)
{
	char text[4096];
	ssize_t n = pread(s->lock_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	for (char *p = text, *nl; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		*nl = '\0';
		if (str_ends(p, ".lock") && *p != '/' && !strstr(p, ".."))
			unlink(path_join(a, s->dir, p));
	}
	store_note(s, NULL);
}

void store_note(struct store *s, const char *path)
{
	size_t dir = strlen(s->dir);
	struct buf line = BUF_INIT;
	struct stat st;

	if (s->lock_fd < 0)
		return;
	if (!path) {
		(void)!ftruncate(s->lock_fd, 0);
		return;
	}
	if (!strncmp(path, s->dir, dir) && path[dir] == '/')
		path += dir + 1;
	buf_addf(&line, "%s\n", path);
	/* Where this fails, the lock file will just be waited for. */
	if (!fstat(s->lock_fd, &st))
		(void)!pwrite(s->lock_fd, line.ptr, line.len, st.st_size);
	buf_release(&line);
}

int store_lock(struct store *s, struct err *err)
{
	return store_lock_for(s, LOCK_WAIT_S, err);
}

int store_lock_for(struct store *s, unsigned seconds, struct err *err)
{
	struct arena a = ARENA_INIT;
	int ret = -1;

	if (s->lock_depth++)
		return 0;
	s->lock_fd = open(path_join(&a, s->dir, "schemastore.lock"),
			  O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock_fd < 0) {
		err_errno(err, "cannot write in store '%s'", s->dir);
		goto out;
	}
	if (wait_lock(s->lock_fd, seconds)) {
		err_set(err, ERR_BUSY, "another schemastore is writing to "
			"'%s'", s->dir);
		err_hint(err, "try again when it has finished");
		goto out;
	}
	remove_noted(s, &a);
	remove_stale(s, &a, path_join(&a, s->dir, "packed-refs.lock"));
	remove_stale(s, &a, path_join(&a, s->dir, "HEAD.lock"));
	remove_stale_in(s, &a, path_join(&a, s->dir, "refs"), 0);
	ret = 0;
out:
	if (ret)
		store_unlock(s);
	arena_release(&a);
	return ret;
}

void store_on_warning(struct store *s, warn_fn fn)
{
	s->warn = fn;
}

void store_unlock(struct store *s)
{
	if (--s->lock_depth)
		return;
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
}

/* ---- commits ----------------------------------------------------------- */

int store_commit_raw(struct commit *out, struct buf *raw, struct store *s,
		     const struct oid *id, struct arena *a, struct err *err)
{
	struct bytes bytes;
	char hex[OID_HEX];

	if (odb_read(raw, s->odb, id, OBJECT_COMMIT, err))
		return -1;
	bytes.ptr = raw->ptr;
	bytes.len = raw->len;
	if (!commit_parse_named(out, id, &bytes, a, err))
		return 0;
	oid_hex(hex, id);
	return err_wrap(err, "version %.10s", hex);
}

static int read_commit(struct commit *out, struct store *s,
		       const struct oid *id, struct arena *a, struct err *err)
{
	struct buf raw = BUF_INIT;
	int ret = store_commit_raw(out, &raw, s, id, a, err);

	buf_release(&raw);
	return ret;
}

int store_commit(struct commit *out, struct store *s, const struct oid *id,
		 struct arena *a, struct err *err)
{
	const struct commit *known = map_find_bytes(&s->commits, id->b,
						    SHA1_LEN);
	struct commit *kept;

	if (known) {
		*out = *known;
		return 0;
	}
	if (s->ncommits >= COMMITS_KEPT)
		return read_commit(out, s, id, a, err);
	if (read_commit(out, s, id, &s->commits_arena, err))
		return -1;
	kept = arena_memdup(&s->commits_arena, out, sizeof(*out));
	map_set_bytes(&s->commits, id->b, SHA1_LEN, kept);
	s->ncommits++;
	return 0;
}

int store_project(struct commit *out, struct store *s, struct arena *a,
		  struct err *err)
{
	struct oid id;
	int ret = ref_read(&id, s, POLICY_REF, err);

	if (ret < 0)
		return -1;
	if (!ret)
		return no_policy(s, err);
	do {
		if (store_commit(out, s, &id, a, err))
			return -1;
		if (out->nparents)
			id = out->parents[0].oid;
	} while (out->nparents);
	if (!out->genesis)
		return err_set(err, ERR_DAMAGED, "the store's policy does not "
			       "begin with a genesis");
	return 0;
}
