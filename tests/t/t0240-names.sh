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
	test_grep "there already" err
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
	test_grep "^deleted feature2 (was [0-9a-f]*)$" out
	test_must_fail code=3 schemastore branch -d feature 2>err
	test_grep "has versions that the current branch has not" err
	test_grep "^hint: " err
	test_must_fail code=3 schemastore branch -d main 2>err
	test_grep "is the current branch" err
	test_must_fail code=2 schemastore branch -d nothing
'

test_expect 'tags' '
	schemastore tag v1 HEAD~1
	schemastore tag v2
	schemastore tag >out
	printf "v1\nv2\n" >want
	test_cmp want out
	test_must_fail code=3 schemastore tag v1
	schemastore log -n 1 --oneline v1 >out
	test_grep "(old, tag: v1) one$" out
	schemastore tag -d v2 >out
	test_grep "^deleted v2 " out
	test_must_fail code=2 schemastore tag -d v2
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
