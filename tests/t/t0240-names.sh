#!/bin/sh
# branch, checkout and tag: names for versions.
. "${srcdir:?}/tests/t/lib.sh"

echo 'CREATE TABLE t (a);' >schema.sql
schemastore init -q

test_expect 'before the first version there is nothing to name' '
	test_must_fail code=2 schemastore tag x 2>err
	test_grep "there is no version yet" err
	test_must_fail code=2 schemastore branch x
	schemastore branch >out
	test ! -s out
'

test_expect 'branches' '
	schemastore commit -q -m one
	echo "CREATE TABLE u (a);" >>schema.sql
	schemastore commit -q -m two
	schemastore branch feature
	schemastore branch old HEAD~1
	schemastore branch >out
	printf "  feature\n* main\n  old\n" >want
	test_cmp want out
	test_must_fail code=3 schemastore branch feature 2>err
	test_grep "a branch named .feature. already exists" err
'

test_expect 'checkout: the next commit is on that branch' '
	schemastore checkout feature >out
	test_grep "^on branch feature, at [0-9a-f]*$" out
	echo "CREATE TABLE v (a);" >>schema.sql
	schemastore commit -m three >out
	test_grep "^\[feature [0-9a-f]*\] three$" out
	schemastore log --oneline main >out
	test_not grep three out
	schemastore checkout -b feature2 HEAD~1 >out
	test_grep "^on branch feature2" out
	schemastore checkout -q main
'

test_expect 'checkout of what is no branch' '
	test_must_fail code=2 schemastore checkout nothing 2>err
	test_grep "^schemastore: there is no branch .nothing." err
	test_grep "^hint: .*schemastore checkout -b nothing" err
	test_must_fail code=2 schemastore checkout HEAD~1
	test_must_fail code=2 schemastore checkout ../x
	schemastore branch >out
	test_grep "^\* main$" out
'

test_expect 'deleting loses no version' '
	schemastore branch -d feature2 >out
	test_grep "^Deleted branch feature2 (was [0-9a-f]\{10\}).$" out
	test_must_fail code=3 schemastore branch -d feature 2>err
	test_grep "has versions that the current branch has not" err
	test_grep "^hint: .*schemastore branch -D feature" err
	test_must_fail code=3 schemastore branch -d main 2>err
	test_grep "is the current branch" err
	test_must_fail code=2 schemastore branch -d nothing 2>err
	test_grep "branch .nothing. not found" err
	test_must_fail code=2 schemastore branch -d
'

test_expect '-D deletes what nothing else has' '
	schemastore branch gone feature
	test_must_fail code=2 schemastore branch -D gone nothing
	test_must_fail code=3 schemastore branch -D gone main 2>err
	test_grep "cannot delete branch .main.: it is the current" err
	schemastore branch --show-current >out
	echo main >want
	test_cmp want out
	schemastore branch -D gone >out
	test_grep "^Deleted branch gone (was [0-9a-f]*).$" out
	schemastore branch gone1 feature
	schemastore branch gone2 feature
	schemastore branch -q -d --force gone1 gone2
	schemastore branch >out
	printf "  feature\n* main\n  old\n" >want
	test_cmp want out
	schemastore log -n 1 --oneline feature
'

test_expect '-m renames, and HEAD follows' '
	schemastore branch -m old older
	test_must_fail code=2 schemastore show old
	schemastore branch -m trunk
	schemastore branch >out
	printf "  feature\n  older\n* trunk\n" >want
	test_cmp want out
	git --git-dir=.schemastore symbolic-ref HEAD >out
	echo refs/heads/trunk >want
	test_cmp want out
	schemastore status
	git --git-dir=.schemastore fsck
	schemastore branch -m trunk trunk
	schemastore branch -m trunk main
	schemastore branch -m older old
	schemastore branch --show-current >out
	echo main >want
	test_cmp want out
'

test_expect '-m refuses, -M takes a name from another branch' '
	test_must_fail code=3 schemastore branch -m old feature 2>err
	test_grep "a branch named .feature. already exists" err
	test_grep "^hint: .*-M" err
	test_must_fail code=2 schemastore branch -m nothing x 2>err
	test_grep "branch .nothing. not found" err
	test_must_fail code=2 schemastore branch -m old "a b"
	test_must_fail code=2 schemastore branch -m
	test_must_fail code=2 schemastore branch -m a b c
	test_must_fail code=2 schemastore branch -m -d a
	test_must_fail code=3 schemastore branch -M old main 2>err
	test_grep "it is the current branch" err
	schemastore branch one old
	schemastore branch two feature
	git --git-dir=.schemastore rev-parse two >want
	schemastore branch -M two one
	git --git-dir=.schemastore rev-parse one >out
	test_cmp want out
	test_must_fail code=2 schemastore show two
	schemastore branch -D -q one
'

test_expect '-m where there are packed refs, logs of git, and no version' '
	schemastore branch x/one old
	mkdir -p .schemastore/logs/refs/heads/x
	echo log >.schemastore/logs/refs/heads/x/one
	git --git-dir=.schemastore pack-refs --all
	schemastore branch -m x/one y/one
	grep log .schemastore/logs/refs/heads/y/one
	test_must_fail code=3 schemastore branch -m y/one old/x 2>err
	test_grep "refs/heads/old. is there" err
	schemastore branch -d -q y/one
	test ! -e .schemastore/logs/refs/heads/y/one
	rm -r .schemastore/logs
	new=$HOME/new
	mkdir "$new"
	echo "CREATE TABLE t (a);" >"$new/schema.sql"
	schemastore -C "$new" init -q
	schemastore -C "$new" branch -m trunk
	schemastore -C "$new" commit -q -m one
	schemastore -C "$new" branch >out
	echo "* trunk" >want
	test_cmp want out
'

test_expect '-f moves, -l looks for, -v says where' '
	schemastore branch move old
	test_must_fail code=3 schemastore branch move main
	schemastore branch -f move main
	schemastore log --oneline -n 1 move >out
	test_grep "(HEAD -> main, move) two$" out
	test_must_fail code=3 schemastore branch -f main old
	schemastore branch -l "m*" "o?d" >out
	printf "* main\n  move\n  old\n" >want
	test_cmp want out
	schemastore branch -v -l "m*" | sed "s/[0-9a-f]\{10\}/ID/" >out
	printf "* main ID two\n  move ID two\n" >want
	test_cmp want out
	schemastore branch -q -d move
'

test_expect '--contains, --merged and --no-merged are git'\''s' '
	for version in main old feature
	do
		for option in contains merged no-merged
		do
			schemastore branch --$option $version >out
			git --git-dir=.schemastore branch --$option $version \
				>want
			test_cmp want out
		done
	done
	test_must_fail code=2 schemastore branch --merged nothing
	test_must_fail code=2 schemastore branch --merged main -d old
	schemastore tag has old
	schemastore tag --contains main >out
	test ! -s out
	schemastore tag --contains old >out
	echo has >want
	test_cmp want out
	schemastore tag -q -d has
'

test_expect 'tags' '
	schemastore tag v1 HEAD~1
	schemastore tag v2
	schemastore tag >out
	printf "v1\nv2\n" >want
	test_cmp want out
	test_must_fail code=3 schemastore tag v1 2>err
	test_grep "a tag named .v1. already exists" err
	schemastore log -n 1 --oneline v1 >out
	test_grep "(tag: v1, old) one$" out
	schemastore tag -d v2 >out
	test_grep "^Deleted tag .v2. (was [0-9a-f]*)$" out
	test_must_fail code=2 schemastore tag -d v2
	test_must_fail code=2 schemastore tag -d v1 v2
	schemastore tag v10
	schemastore tag w1
	schemastore tag --list "v*" >out
	printf "v1\nv10\n" >want
	test_cmp want out
	schemastore tag -f v10 HEAD~1
	schemastore log --oneline -n 1 v10 >out
	test_grep "tag: v10, tag: v1, old) one$" out
	schemastore tag -q -d v10 w1
	test_must_fail code=2 schemastore tag -d
	test_must_fail code=2 schemastore tag -l -d v1
'

test_expect 'names that cannot be' '
	for name in "a b" "a..b" "a~1" "a^" "a:b" "x.lock" ".x" "a//b" "" \
		"@{x" "a\\b" "x/"
	do
		test_must_fail code=2 schemastore tag "$name" HEAD
		test_must_fail code=2 schemastore branch "$name" HEAD
		test_must_fail code=2 schemastore checkout -b "$name"
	done
	schemastore tag >out
	echo v1 >want
	test_cmp want out
'

test_expect 'git sees the same' '
	git --git-dir=.schemastore branch --list >out
	schemastore branch >want
	test_cmp want out
	git --git-dir=.schemastore tag --list >out
	schemastore tag >want
	test_cmp want out
	git --git-dir=.schemastore tag from-git HEAD
	schemastore show from-git >out
	test_grep "^    two$" out
'

test_done
