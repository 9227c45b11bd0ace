#!/bin/sh
# log --graph, and which versions: as git says it of the same repository.
. "${srcdir:?}/tests/t/lib.sh"

# commit BRANCH TABLE: a version of that branch, a second after the last one
now=1767225600
commit () {
	now=$((now + 1))
	SCHEMASTORE_DATE=$now
	export SCHEMASTORE_DATE
	schemastore checkout -q "$1"
	schemastore show --schema >schema.sql
	echo "CREATE TABLE $2 (a INT);" >>schema.sql
	schemastore commit -q -m "$2"
}

merge () {
	now=$((now + 1))
	SCHEMASTORE_DATE=$now
	export SCHEMASTORE_DATE
	schemastore checkout -q "$1"
	schemastore merge -q "$2"
}

git_log () {
	git --git-dir=.schemastore log --abbrev=10 --decorate --oneline \
		--decorate-refs=HEAD --decorate-refs='refs/heads/*' \
		--decorate-refs='refs/tags/*' "$@"
}

# The policy's first commit is behind all versions, and is none.
no_genesis () {
	printf '^%s\n' "$(git --git-dir=.schemastore rev-list \
		--max-parents=0 HEAD)"
}

SCHEMASTORE_DATE=$now
export SCHEMASTORE_DATE
: >schema.sql
schemastore init -q
echo 'CREATE TABLE one (a INT);' >schema.sql
schemastore commit -q -m one
schemastore branch -q side
commit main two
commit side three
schemastore branch -q other HEAD
merge main side
# Criss-cross: side takes what main was before.
schemastore tag -q v1 main^
commit side four
merge side v1
commit other five
merge main side
commit main six
schemastore checkout -q main
genesis=$(no_genesis)
export genesis

test_expect 'a picture' '
	schemastore log --graph --oneline --all |
		sed "s/[0-9a-f]\{10\} //; s/ *$//" >out
	cat >want <<-\END
	* (HEAD -> main) six
	*   Merge branch '\''side'\''
	|\
	| *   (side) Merge version '\''v1'\''
	| |\
	| * | four
	* | | Merge branch '\''side'\''
	|\| |
	| |/
	|/|
	* | (tag: v1) two
	| | * (other) five
	| |/
	| * three
	|/
	* one
	END
	test_cmp want out
'

test_expect 'the whole of each version' '
	schemastore log --graph -n 2 |
		sed "s/[0-9a-f]\{10,40\}/ID/g; s/ *$//" >out
	cat >want <<-\END
	* version ID (HEAD -> main)
	| Author: NAME
	| Date:   2026-01-01 00:00:08 +0000
	|
	|     six
	|
	*   version ID
	|\  Merge: ID ID
	| | Author: NAME
	| | Date:   2026-01-01 00:00:07 +0000
	| |
	| |     Merge branch '\''side'\''
	END
	sed "s/Author: .*/Author: NAME/" out >got
	test_cmp want got
'

test_expect 'any versions, and what is behind none of others' '
	for what in HEAD side "side other" main..other other..main \
		main...other "^v1 main" "^other main side" "v1.." "..other" \
		"^main" "-n 4 main" "--reverse main"
	do
		echo "# $what"
		case $what in
		--reverse*)
			schemastore log --oneline $what >out
			git_log --topo-order $genesis $what >want
			;;
		*)
			schemastore log --graph --oneline $what >out
			git_log --graph $genesis $what >want
			;;
		esac
		test_cmp want out
	done
	schemastore log --graph --oneline --all >out
	git_log --graph --branches --tags HEAD $genesis >want
	test_cmp want out
'

test_expect 'merges, their first parents, and by whom' '
	for what in --merges --no-merges --first-parent "--grep ^t" \
		"--author nobody" "--first-parent --no-merges" \
		"--since 1767225604" "--until 1767225604" \
		"--first-parent main..side" "--first-parent main side other"
	do
		echo "# $what"
		schemastore log --graph --oneline $what >out
		git_log --graph $genesis HEAD $what >want
		test_cmp want out
	done
	schemastore log --merges --oneline >out
	test "$(wc -l <out)" -eq 3
	test_must_fail code=2 schemastore log --merges --no-merges
	schemastore log --first-parent -1 HEAD~1 >out
	test_grep "^Merge: " out
	schemastore log --graph --oneline -p HEAD~1 -3 >out
	test_grep "^\* .*Merge branch" out
	test_grep "^| .*+ table four$" out
'

test_expect 'of one table: past the versions that leave it alone' '
	tables=schema/sqlite/table
	for table in one two three four five six
	do
		schemastore log --graph --oneline --all -- $table >out
		git_log --graph --branches --tags HEAD $genesis -- \
			$tables/$table >want
		test_cmp want out
		schemastore log --oneline -- $table >out
		git_log HEAD $genesis -- $tables/$table >want
		test_cmp want out
	done
	schemastore log --graph --oneline -- two four five six >out
	git_log --graph HEAD $genesis -- $tables/two $tables/four \
		$tables/five $tables/six >want
	test_cmp want out
	test_grep "|" out
'

test_expect 'a HEAD at no branch' '
	cp .schemastore/HEAD keep
	git --git-dir=.schemastore rev-parse v1 >id
	cp id .schemastore/HEAD
	schemastore log --graph --oneline --all >out
	cp keep .schemastore/HEAD
	test_grep "(HEAD, tag: v1) two" out
'

test_expect 'what git refuses' '
	test_must_fail code=2 schemastore log --graph --reverse 2>err
	test_grep "options .--reverse. and .--graph. cannot be used together" \
		err
	test_must_fail code=2 schemastore log --graph main..nothing
	test_must_fail code=2 schemastore log ^nothing
'

test_done
