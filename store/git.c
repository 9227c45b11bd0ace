/*
 * libgit2, for making packs: it indexes and checks those that we stream
 * (commit --batch), and finds the deltas for gc.  It costs 6 ms to start, so it
 * is loaded when that is asked for.  It never reads a loose object by itself,
 * and no configuration but the store's own.
 */
#include "config.h"

#include "store/odb.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "ss/fault.h"
#include "ss/file.h"

#define GIT_FUNCTIONS(F) \
	F(git_libgit2_init) F(git_libgit2_shutdown) F(git_libgit2_opts) \
	F(git_error_last) F(git_odb_new) F(git_odb_free) \
	F(git_odb_add_backend) F(git_odb_backend_pack) \
	F(git_odb_backend_data_alloc) \
	F(git_indexer_new) F(git_indexer_append) F(git_indexer_commit) \
	F(git_indexer_free) F(git_repository_open_bare) \
	F(git_repository_set_odb) F(git_repository_free) \
	F(git_packbuilder_new) F(git_packbuilder_set_threads) \
	F(git_packbuilder_insert) F(git_packbuilder_write) \
	F(git_packbuilder_hash) F(git_packbuilder_free)

struct git_api {
	void *library;
#define GIT_MEMBER(name) __typeof__(name) *name;
	GIT_FUNCTIONS(GIT_MEMBER)
#undef GIT_MEMBER
};

struct git_index {
	struct git_api git;
	git_indexer *indexer;
	git_indexer_progress progress;
};

static int git_err(const struct git_api *git, const char *what,
		   struct err *err)
{
	const git_error *e = git->git_error_last();

	return err_set(err, ERR_DAMAGED, "%s: %s", what,
		       e && e->message ? e->message : "libgit2 failed");
}

static int api_load(struct git_api *git, struct err *err)
{
	git->library = dlopen(LIBGIT2_SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!git->library) {
		err_set(err, ERR_IO, "cannot load libgit2: %s", dlerror());
		return err_hint(err, "install the package that has "
				LIBGIT2_SONAME);
	}
#define GIT_LOAD(name) \
	*(void **)&git->name = dlsym(git->library, #name); \
	if (!git->name) \
		return err_set(err, ERR_IO, "libgit2 has no %s", #name);
	GIT_FUNCTIONS(GIT_LOAD)
#undef GIT_LOAD
	if (git->git_libgit2_init() < 0)
		return git_err(git, "libgit2 does not start", err);
	git->git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA;
	     level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
		git->git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
	return 0;
}

static void api_unload(struct git_api *git)
{
	if (git->library && git->git_libgit2_shutdown)
		git->git_libgit2_shutdown();
	if (git->library)
		dlclose(git->library);
}

/* libgit2 1.5 trusts an index blindly; its last 20 bytes say whether it is
 * what was written. */
static int check_index(const char *path, struct err *err)
{
	struct buf b = BUF_INIT;
	unsigned char sum[SHA1_LEN];
	struct sha1 h;
	int ret = -1;

	if (file_read(&b, path, (size_t)1 << 30, err))
		goto out;
	ret = 0;
	if (b.len < 1072) {
		ret = err_set(err, ERR_DAMAGED, "pack index '%s' is cut short",
			      path);
		goto out;
	}
	sha1_start(&h);
	sha1_add(&h, b.ptr, b.len - SHA1_LEN);
	sha1_end(&h, sum);
	if (memcmp(sum, b.ptr + b.len - SHA1_LEN, SHA1_LEN)) {
		err_set(err, ERR_DAMAGED, "pack index '%s' is damaged", path);
		ret = err_hint(err, "remove it and run 'git index-pack' on "
			       "the pack beside it");
	}
out:
	buf_release(&b);
	return ret;
}

static int check_indexes(const char *dir, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct list names = { NULL, 0 };
	char *packs = arena_printf(&a, "%s/objects/pack", dir);
	int ret = 0;

	if (dir_exists(packs))
		ret = dir_list(&names, packs, &a, err);
	for (size_t i = 0; i < names.n && !ret; i++)
		if (str_ends(names.v[i], ".idx"))
			ret = check_index(path_join(&a, packs, names.v[i]),
					  err);
	arena_release(&a);
	return ret;
}

static int open_odb(git_odb **out, struct git_api *git, const char *dir,
		    struct err *err)
{
	git_odb_backend *backend;
	struct buf path = BUF_INIT;
	int ret = -1;

	buf_addf(&path, "%s/objects", dir);
	if (git->git_odb_new(out) < 0 ||
	    git->git_odb_backend_pack(&backend, path.ptr) < 0 ||
	    git->git_odb_add_backend(*out, backend, 2) < 0)
		git_err(git, "cannot open the store's packs", err);
	else
		ret = 0;
	buf_release(&path);
	return ret;
}

static git_oid git_id(const struct oid *id)
{
	git_oid g;

	memcpy(g.id, id->b, SHA1_LEN);
	return g;
}

/* ---- a pack that arrives as a stream ------------------------------------ */

int index_open(struct git_index **out, const char *dir, struct err *err)
{
	struct git_index *ix = xmalloc(sizeof(*ix));
	struct buf path = BUF_INIT;
	int ret = -1;

	memset(ix, 0, sizeof(*ix));
	buf_addf(&path, "%s/objects/pack", dir);
	if (dir_make(path.ptr, err) || api_load(&ix->git, err))
		goto out;
	if (ix->git.git_indexer_new(&ix->indexer, path.ptr, 0444, NULL,
				    NULL) < 0) {
		git_err(&ix->git, "cannot begin a pack", err);
		goto out;
	}
	*out = ix;
	ret = 0;
out:
	if (ret)
		index_close(ix);
	buf_release(&path);
	return ret;
}

int index_add(struct git_index *ix, const void *p, size_t n, struct err *err)
{
	if (ix->git.git_indexer_append(ix->indexer, p, n, &ix->progress) < 0) {
		git_err(&ix->git, "cannot write a pack", err);
		err->code = ERR_IO;
		return -1;
	}
	return 0;
}

int index_finish(struct git_index *ix, struct err *err)
{
	if (fault("pack.finish", err))
		return -1;
	if (ix->git.git_indexer_commit(ix->indexer, &ix->progress) < 0) {
		git_err(&ix->git, "cannot finish a pack", err);
		err->code = ERR_IO;
		return -1;
	}
	return 0;
}

void index_close(struct git_index *ix)
{
	if (!ix)
		return;
	if (ix->indexer)
		ix->git.git_indexer_free(ix->indexer);
	api_unload(&ix->git);
	free(ix);
}

/* ---- one pack of everything ------------------------------------------- */

/* Our own reader of loose objects, as libgit2's backend. */
struct loose_backend {
	git_odb_backend base;
	struct git_api *git;
	const char *dir;
};

static int backend_read(void **out, size_t *len, git_object_t *type,
			git_odb_backend *base, const git_oid *g)
{
	struct loose_backend *b = (struct loose_backend *)base;
	struct buf data = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type t;
	struct oid id;
	int ret;

	memcpy(id.b, g->id, SHA1_LEN);
	ret = loose_read(&data, &t, b->dir, &id, &err);
	if (ret <= 0)
		return ret ? GIT_ERROR : GIT_ENOTFOUND;
	*out = b->git->git_odb_backend_data_alloc(base, data.len + 1);
	if (!*out)
		return GIT_ERROR;
	memcpy(*out, data.ptr, data.len + 1);
	*len = data.len;
	*type = (git_object_t)t;
	buf_release(&data);
	return 0;
}

static int backend_header(size_t *len, git_object_t *type,
			  git_odb_backend *base, const git_oid *g)
{
	struct loose_backend *b = (struct loose_backend *)base;
	struct buf data = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type t;
	struct oid id;
	int ret;

	memcpy(id.b, g->id, SHA1_LEN);
	ret = loose_read(&data, &t, b->dir, &id, &err);
	*len = data.len;
	*type = (git_object_t)t;
	buf_release(&data);
	return ret > 0 ? 0 : ret ? GIT_ERROR : GIT_ENOTFOUND;
}

static int backend_exists(git_odb_backend *base, const git_oid *g)
{
	struct oid id;

	memcpy(id.b, g->id, SHA1_LEN);
	return loose_has(((struct loose_backend *)base)->dir, &id);
}

static void backend_free(git_odb_backend *base)
{
	free(base);
}

static git_odb_backend *backend_new(struct git_api *git, const char *dir)
{
	struct loose_backend *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->base.version = GIT_ODB_BACKEND_VERSION;
	b->base.read = backend_read;
	b->base.read_header = backend_header;
	b->base.exists = backend_exists;
	b->base.free = backend_free;
	b->git = git;
	b->dir = dir;
	return &b->base;
}

struct build {
	struct git_api git;
	git_odb *odb;
	git_repository *repo;
	git_packbuilder *pb;
};

static int build_pack(char name[OID_HEX], struct build *b, const char *dir,
		      const struct gc_object *v, size_t n)
{
	struct buf path = BUF_INIT;
	struct oid id;
	int code = b->git.git_repository_open_bare(&b->repo, dir);

	if (code >= 0)
		code = b->git.git_repository_set_odb(b->repo, b->odb);
	if (code >= 0)
		code = b->git.git_odb_add_backend(b->odb,
						  backend_new(&b->git, dir),
						  1);
	if (code >= 0)
		code = b->git.git_packbuilder_new(&b->pb, b->repo);
	if (code < 0)
		return code;
	b->git.git_packbuilder_set_threads(b->pb, 1);
	for (size_t i = 0; i < n && code >= 0; i++) {
		git_oid g = git_id(&v[i].oid);

		code = b->git.git_packbuilder_insert(b->pb, &g, v[i].path);
	}
	buf_addf(&path, "%s/objects/pack", dir);
	if (code >= 0)
		code = b->git.git_packbuilder_write(b->pb, path.ptr, 0444,
						    NULL, NULL);
	buf_release(&path);
	if (code < 0)
		return code;
	memcpy(id.b, b->git.git_packbuilder_hash(b->pb)->id, SHA1_LEN);
	oid_hex(name, &id);
	return 0;
}

int packs_build(char name[OID_HEX], struct odb *odb,
		const struct gc_object *v, size_t n, struct err *err)
{
	struct build b = { 0 };
	int ret = -1;

	name[0] = '\0';
	if (!n)
		return 0;
	odb_close_packs(odb);
	if (check_indexes(odb->dir, err) || api_load(&b.git, err) ||
	    open_odb(&b.odb, &b.git, odb->dir, err))
		goto out;
	if (build_pack(name, &b, odb->dir, v, n) < 0)
		git_err(&b.git, "cannot pack the store", err);
	else
		ret = 0;
out:
	if (b.pb)
		b.git.git_packbuilder_free(b.pb);
	if (b.repo)
		b.git.git_repository_free(b.repo);
	if (b.odb)
		b.git.git_odb_free(b.odb);
	api_unload(&b.git);
	return ret;
}
