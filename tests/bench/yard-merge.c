/*
 * yard-merge STORE OURS THEIRS: two versions' files merged, by libgit2.
 */
#include "config.h"

#include <git2.h>
#include <stdio.h>

static git_commit *commit_of(git_repository *repo, const char *revision)
{
	git_object *found = NULL;
	git_object *commit = NULL;

	if (!git_revparse_single(&found, repo, revision))
		git_object_peel(&commit, found, GIT_OBJECT_COMMIT);
	git_object_free(found);
	return (git_commit *)commit;
}

int main(int argc, char **argv)
{
	git_repository *repo = NULL;
	git_commit *ours = NULL, *theirs = NULL;
	git_index *merged = NULL;
	int ret = 1;

	if (argc != 4)
		return 2;
	git_libgit2_init();
	if (git_repository_open_bare(&repo, argv[1]))
		goto out;
	ours = commit_of(repo, argv[2]);
	theirs = commit_of(repo, argv[3]);
	if (!ours || !theirs ||
	    git_merge_commits(&merged, repo, ours, theirs, NULL))
		goto out;
	printf("%zu files\n", git_index_entrycount(merged));
	ret = 0;
out:
	if (ret)
		fprintf(stderr, "yard-merge: '%s' cannot be read\n", argv[1]);
	git_index_free(merged);
	git_commit_free(ours);
	git_commit_free(theirs);
	git_repository_free(repo);
	git_libgit2_shutdown();
	return ret;
}
