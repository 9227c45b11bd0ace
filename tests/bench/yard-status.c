/*
 * yard-status STORE DATABASE: the least that tells where a SQLite database
 * stands, by the usual libraries: the store's tip, and the newest row of the
 * ledger.  Without arguments: which libraries these are.
 */
#include "config.h"

#include <git2.h>
#include <sqlite3.h>
#include <stdio.h>

static int read_tip(const char *store)
{
	git_repository *repo = NULL;
	git_reference *head = NULL;
	git_commit *tip = NULL;
	int ret = -1;

	git_libgit2_init();
	if (git_repository_open_bare(&repo, store) ||
	    git_repository_head(&head, repo) ||
	    git_commit_lookup(&tip, repo, git_reference_target(head)))
		goto out;
	printf("%s %s\n", git_reference_name(head), git_commit_summary(tip));
	ret = 0;
out:
	git_commit_free(tip);
	git_reference_free(head);
	git_repository_free(repo);
	git_libgit2_shutdown();
	return ret;
}

static int read_ledger(const char *path)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int ret = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db, "SELECT seq, id, entry FROM "
			       "schemastore_ledger ORDER BY seq DESC LIMIT 1",
			       -1, &stmt, NULL) ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		goto out;
	printf("%lld %d\n", (long long)sqlite3_column_int64(stmt, 0),
	       sqlite3_column_bytes(stmt, 2));
	ret = 0;
out:
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return ret;
}

int main(int argc, char **argv)
{
	int major, minor, rev;

	if (argc != 3) {
		git_libgit2_version(&major, &minor, &rev);
		printf("sqlite %s, libgit2 %d.%d.%d\n", sqlite3_libversion(),
		       major, minor, rev);
		return 0;
	}
	if (read_tip(argv[1]) || read_ledger(argv[2])) {
		fprintf(stderr, "yard-status: '%s' or '%s' cannot be read\n",
			argv[1], argv[2]);
		return 1;
	}
	return 0;
}
