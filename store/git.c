/*
 * libgit2, for making packs: it indexes and checks those that we stream
 * (commit --batch), and finds the deltas for gc.  It costs 6 ms to start, so it
 * is loaded when that is asked for.  It never reads an object by itself, and
 * no configuration but the store's own.
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
	F(git_odb_add_backend) F(git_error_set_str) \
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

	return err_set(err, e && e->klass == GIT_ERROR_OS ? ERR_IO :
		       ERR_DAMAGED, "%s: %s", what,
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

/* Our own reader, as libgit2's only backend: it never opens a file itself. */
struct reader {
	git_odb_backend base;
	struct git_api *git;
	struct odb *odb;
};

static int reader_read(void **out, size_t *len, git_object_t *type,
		       git_odb_backend *base, const git_oid *g)
{
	struct reader *r = (struct reader *)base;
	struct buf data = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type t;
	struct oid id;
	int ret = GIT_ERROR;

	memcpy(id.b, g->id, SHA1_LEN);
	if (odb_read_any(&data, &t, r->odb, &id, &err)) {
		r->git->git_error_set_str(GIT_ERROR_ODB, err.text);
		goto out;
	}
	*out = r->git->git_odb_backend_data_alloc(base, data.len + 1);
	if (!*out)
		goto out;
	memcpy(*out, data.ptr, data.len + 1);
	*len = data.len;
	*type = (git_object_t)t;
	ret = 0;
out:
	buf_release(&data);
	return ret;
}

static int reader_header(size_t *len, git_object_t *type,
			 git_odb_backend *base, const git_oid *g)
{
	struct reader *r = (struct reader *)base;
	struct buf data = BUF_INIT;
	struct err err = ERR_INIT;
	enum object_type t;
	struct oid id;
	int ret;

	memcpy(id.b, g->id, SHA1_LEN);
	ret = odb_read_any(&data, &t, r->odb, &id, &err);
	if (ret) {
		r->git->git_error_set_str(GIT_ERROR_ODB, err.text);
	} else {
		*len = data.len;
		*type = (git_object_t)t;
	}
	buf_release(&data);
	return ret ? GIT_ERROR : 0;
}

static int reader_exists(git_odb_backend *base, const git_oid *g)
{
	struct oid id;

	memcpy(id.b, g->id, SHA1_LEN);
	return odb_has(((struct reader *)base)->odb, &id);
}

static void reader_free(git_odb_backend *base)
{
	free(base);
}

static git_odb_backend *reader_new(struct git_api *git, struct odb *odb)
{
	struct reader *r = xmalloc(sizeof(*r));

	memset(r, 0, sizeof(*r));
	r->base.version = GIT_ODB_BACKEND_VERSION;
	r->base.read = reader_read;
	r->base.read_header = reader_header;
	r->base.exists = reader_exists;
	r->base.free = reader_free;
	r->git = git;
	r->odb = odb;
	return &r->base;
}

struct build {
	struct git_api git;
	git_odb *odb;
	git_repository *repo;
	git_packbuilder *pb;
};

static int build_pack(char name[OID_HEX], struct build *b, struct odb *odb,
		      const struct gc_object *v, size_t n)
{
	struct buf path = BUF_INIT;
	struct oid id;
	int code = b->git.git_repository_open_bare(&b->repo, odb->dir);

	if (code >= 0)
		code = b->git.git_odb_new(&b->odb);
	if (code >= 0)
		code = b->git.git_repository_set_odb(b->repo, b->odb);
	if (code >= 0)
		code = b->git.git_odb_add_backend(b->odb,
						  reader_new(&b->git, odb),
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
	buf_addf(&path, "%s/objects/pack", odb->dir);
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
	if (api_load(&b.git, err))
		goto out;
	if (build_pack(name, &b, odb, v, n) < 0)
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
