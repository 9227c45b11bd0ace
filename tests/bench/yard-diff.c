/*
 * yard-diff STORE A B: which files differ between two versions, by libgit2.
 */
#include "config.h"

#include <git2.h>
#include <stdio.h>

static git_tree *tree_of(git_repository *repo, const char *revision)
{
	git_object *found = NULL;
	git_object *tree = NULL;

	if (!git_revparse_single(&found, repo, revision))
		git_object_peel(&tree, found, GIT_OBJECT_TREE);
	git_object_free(found);
	return (git_tree *)tree;
}

int main(int argc, char **argv)
{
	git_repository *repo = NULL;
	git_tree *from = NULL, *to = NULL;
	git_diff *diff = NULL;
	int ret = 1;

	if (argc != 4)
		return 2;
	git_libgit2_init();
	if (git_repository_open_bare(&repo, argv[1]))
		goto out;
	from = tree_of(repo, argv[2]);
	to = tree_of(repo, argv[3]);
	if (!from || !to || git_diff_tree_to_tree(&diff, repo, from, to, NULL))
		goto out;
	printf("%zu\n", git_diff_num_deltas(diff));
	ret = 0;
out:
	if (ret)
		fprintf(stderr, "yard-diff: '%s' cannot be read\n", argv[1]);
	git_diff_free(diff);
	git_tree_free(from);
	git_tree_free(to);
	git_repository_free(repo);
	git_libgit2_shutdown();
	return ret;
}
