/*
 * Commits, as a version's is, written so many times: signed with a key where
 * its file is named.
 *
 *	part-sign COUNT [KEY]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "ss/commit.h"
#include "ss/key.h"

static int write_all(unsigned long count, struct key *key, struct err *err)
{
	struct commit_parent parent = { .oid.b = { 1 } };
	struct commit_state state = {
		"sqlite", "s1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca"
		"495991b7852b855"
	};
	struct commit_edge edge = { .engine = "sqlite", .has_down = true };
	struct commit c = {
		.kind = COMMIT_SCHEMA, .ref = "refs/heads/main",
		.author = { "Ann", "ann@example.org", 1750000000 },
		.committer = { "Ann", "ann@example.org", 1750000000 },
		.subject = "One more column", .parents = &parent,
		.nparents = 1, .states = &state, .nstates = 1, .edges = &edge,
		.nedges = 1,
	};

	for (unsigned long i = 0; i < count; i++) {
		struct arena a = ARENA_INIT;
		struct buf raw = BUF_INIT;
		int ret;

		c.seq = i + 1;
		ret = commit_sign(&c, key, &a, err) ||
		      commit_format(&raw, &c, err);
		buf_release(&raw);
		arena_release(&a);
		if (ret)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	struct key_places places = { .home = NULL };
	struct err err = ERR_INIT;
	struct key *key = NULL;
	int ret = 0;

	if (argc > 2) {
		places.at[KEY_NAMED] = argv[2];
		ret = key_find(&key, &places, &err) > 0 ? 0 : -1;
	}
	if (!ret)
		ret = write_all(count, key, &err);
	if (ret)
		fprintf(stderr, "part-sign: %s\n", err.text);
	key_close(key);
	return ret ? 1 : 0;
}
