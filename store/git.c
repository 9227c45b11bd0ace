/*
 * libgit2, for making packs: it indexes and checks those that we stream.  And
 * for merging texts.  It costs 6 ms to start, so it is loaded when that is
 * asked for.  It never reads an object that is not in the stream, and no
 * configuration.
 */
#include "config.h"

#include "store/odb.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <git2.h>

#include "ss/fault.h"
#include "ss/file.h"
#include "ss/text-merge.h"

#define GIT_FUNCTIONS(F) \
	F(git_libgit2_init) F(git_libgit2_shutdown) F(git_libgit2_opts) \
	F(git_error_last) F(git_indexer_new) F(git_indexer_append) \
	F(git_indexer_commit) F(git_indexer_hash) F(git_indexer_free) \
	F(git_merge_file) F(git_merge_file_result_free)

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
		return -1;
	}
	return 0;
}

int index_finish(struct git_index *ix, char name[OID_HEX], struct err *err)
{
	struct oid id;

	if (fault("pack.finish", err))
		return -1;
	if (ix->git.git_indexer_commit(ix->indexer, &ix->progress) < 0) {
		git_err(&ix->git, "cannot finish a pack", err);
		return -1;
	}
	memcpy(id.b, ix->git.git_indexer_hash(ix->indexer)->id, SHA1_LEN);
	if (name)
		oid_hex(name, &id);
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

/* ---- texts -------------------------------------------------------------- */

static git_merge_file_input input_of(const struct bytes *text)
{
	return (git_merge_file_input){
		.version = GIT_MERGE_FILE_INPUT_VERSION,
		.ptr = text->ptr, .size = text->len,
	};
}

int text_merge(struct buf *out, const struct bytes *base,
	       const struct bytes *ours, const struct bytes *theirs,
	       enum text_favor favor, struct err *err)
{
	static const git_merge_file_favor_t favors[] = {
		[TEXT_MARKS] = GIT_MERGE_FILE_FAVOR_NORMAL,
		[TEXT_OURS] = GIT_MERGE_FILE_FAVOR_OURS,
		[TEXT_THEIRS] = GIT_MERGE_FILE_FAVOR_THEIRS,
	};
	const git_merge_file_input in[] = {
		input_of(base), input_of(ours), input_of(theirs),
	};
	const git_merge_file_options opts = {
		.version = GIT_MERGE_FILE_OPTIONS_VERSION,
		.ancestor_label = "base", .our_label = "ours",
		.their_label = "theirs", .favor = favors[favor],
	};
	git_merge_file_result result = { 0 };
	struct git_api git = { NULL };
	int ret = -1;

	if (api_load(&git, err))
		goto out;
	if (git.git_merge_file(&result, &in[0], &in[1], &in[2], &opts) < 0) {
		git_err(&git, "cannot merge the texts", err);
		goto out;
	}
	buf_add(out, result.ptr, result.len);
	ret = result.automergeable ? 1 : 0;
	git.git_merge_file_result_free(&result);
out:
	api_unload(&git);
	return ret;
}
