#!/bin/sh
# squash: one version for several; databases and branches in the middle.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

t="CREATE TABLE t (id INTEGER PRIMARY KEY, n INT"
dbs="first one two last"

# version NAME SCHEMA STEP: which adds that much to n.
version () {
	echo "$2" >schema.sql
	if test -z "$3"
	then
		schemastore commit -q --no-rename -m "$1"
		return
	fi
	echo "UPDATE t SET n = n + $3" >up.sql
	echo "UPDATE t SET n = n - $3" >down.sql
	schemastore commit -q --no-rename -m "$1" --data "step=up.sql:down.sql"
}

# A run of three versions behind `first`, and a database at each.
run () {
	rm -rf p
	mkdir p
	cd p
	schemastore init -q --engine sqlite --source schema.sql
	version first "$t);"
	for db in $dbs
	do
		schemastore config "database.$db.url" "sqlite:$db.db"
		schemastore upgrade -q $db
		sqlite3 $db.db "INSERT INTO t VALUES (1, 1)"
	done
	schemastore tag -q first
	version one "$t, x INT);" 10
	schemastore upgrade -q one
	schemastore upgrade -q two
	schemastore upgrade -q last
	version two "$t, x INT, y INT); CREATE TABLE u (a);" 100
	schemastore upgrade -q two
	schemastore upgrade -q last
	schemastore tag -q two
	version last "$t, x INT, y INT); CREATE TABLE u (a, b);"
	schemastore upgrade -q last
	git -C .schemastore rev-parse HEAD >old
}

# n WANT: in every database.
n () {
	for db in $dbs
	do
		test "$(sqlite3 $db.db "SELECT n FROM t")" = "$1"
		schemastore drift -q $db
	done
}

everywhere () {
	run
	git -C .schemastore rev-parse "HEAD^{tree}:schema" >tree
	schemastore squash first.. -m "all

of it" >out
	test_grep "^squashed: [0-9a-f]* all$" out
	git -C .schemastore rev-parse "HEAD^{tree}:schema" >now
	test_cmp tree now
	git -C .schemastore log --format=%s HEAD >log
	printf "%s\n" all first >want
	head -2 log >got
	test_cmp want got
	schemastore log >out
	test_grep "^Replaces: " out
	schemastore fsck -q
	schemastore status >out
	test_grep "^database first: .* 1 version behind" out
	test_grep "^database last: .* 1 version behind" out
	schemastore heads one >out
	test_grep " all$" out
	grep -c . out >lines
	test "$(cat lines)" = 1
	for db in $dbs
	do
		schemastore upgrade -q $db
	done
	n 111
	for db in $dbs
	do
		schemastore checkout -q --db $db two --yes --allow-data-loss
	done
	n 111
	schemastore gc -q
	for db in $dbs
	do
		schemastore checkout -q --db $db two~1 --yes --allow-data-loss
	done
	n 11
	for db in $dbs
	do
		schemastore upgrade -q $db
		schemastore downgrade -q --yes --allow-data-loss $db
	done
	n 1
}
test_expect 'a database at every version of the run, up and down' everywhere

branches () {
	run
	schemastore branch -q topic two
	schemastore squash -q first..HEAD -m all
	schemastore checkout -q topic
	version topic "$t, x INT, y INT, z INT); CREATE TABLE u (a);" 1000
	schemastore upgrade -q two
	schemastore checkout -q main
	schemastore merge -q topic
	git -C .schemastore merge-base HEAD topic >git
	for db in $dbs
	do
		schemastore upgrade -q $db
	done
	n 1111
	schemastore fsck -q
	version more "$t, x INT, y INT, zz INT); CREATE TABLE u (a);" 10000
	schemastore squash -q first.. -m again
	for db in $dbs
	do
		schemastore upgrade -q --allow-data-loss $db
	done
	n 11111
	schemastore checkout -q --db one --yes --allow-data-loss two
	schemastore checkout -q --db one --yes --allow-data-loss first
	test "$(sqlite3 one.db "SELECT n FROM t")" = 1
	schemastore fsck -q
}
test_expect 'a branch from the middle is merged; squashed again' branches

refusals () {
	run
	test_must_fail code=2 schemastore squash first.. 2>err
	test_grep "m TEXT" err
	test_must_fail code=2 schemastore squash first -m x 2>err
	test_must_fail code=2 schemastore squash first...two -m x 2>err
	test_must_fail code=2 schemastore squash HEAD.. -m x 2>err
	test_grep "no run of versions" err
	test_must_fail code=3 schemastore squash first..two -m x 2>err
	test_grep "not the branch.s newest" err
	schemastore squash -n first.. -m x >out
	git -C .schemastore rev-parse HEAD >now
	test_cmp old now
	echo "$t, x INT, y INT); CREATE TABLE u (a, b, c);" >schema.sql
	EDITOR="sed -i s/COLUMN.c/c/" schemastore commit -q -m edited --edit
	git -C .schemastore rev-parse HEAD >old
	test_must_fail code=3 schemastore squash first.. -m x 2>err
	test_grep "edited SQL of " err
	git -C .schemastore rev-parse HEAD >now
	test_cmp old now
}
test_expect 'what cannot be one version' refusals

dies () {
	run
	for at in merging.flush:1 ref.update:1 ref.update:2
	do
		SS_FAULT=$at:kill schemastore squash first.. -m all 2>err || :
		git -C .schemastore rev-parse HEAD >now
		test_cmp old now
		schemastore fsck -q
	done
	schemastore squash -q first.. -m all
	schemastore upgrade -q one
}
test_expect 'killed before the branch moves: it is as it was' dies

# drop_refs: as in a store that was copied without them.
drop_refs () {
	git -C .schemastore for-each-ref --format="delete %(refname)" \
		refs/schemastore/squash >refs
	git -C .schemastore update-ref --stdin <refs
	rm -f .schemastore/cache/versions
}

missing () {
	run
	schemastore squash -q first.. -m all
	schemastore tag -q -d two
	git -C .schemastore for-each-ref refs/schemastore/squash \
		--format="create %(refname) %(objectname)" >kept
	drop_refs
	test_must_fail schemastore fsck >out
	test_grep "^replaced .* are not kept by" out
	schemastore show >out
	test_grep "^Replaces: versions that are not here" out
	test_must_fail schemastore upgrade one 2>err
	test_grep "^hint: fetch" err
	schemastore upgrade -q first
	git -C .schemastore update-ref --stdin <kept
	for db in $dbs
	do
		schemastore upgrade -q $db
	done
	n 111
	schemastore fsck -q
}
test_expect 'copied without what it stands for' missing

misnamed () {
	run
	schemastore squash -q first.. -m all
	git -C .schemastore for-each-ref refs/schemastore/squash \
		--format="update %(refname) $(git -C .schemastore rev-parse \
			two)" >kept
	git -C .schemastore update-ref --stdin <kept
	test_must_fail schemastore fsck >out
	test_grep "is not the version that" out
}
test_expect 'a ref that names another version' misnamed

# strong VERSION
strong () {
	{
		printf "commit %s\\0" "$(git -C .schemastore cat-file -s "$1")"
		git -C .schemastore cat-file commit "$1"
	} | sha256sum | cut -d" " -f1
}

elsewhere () {
	run
	schemastore squash -q two.. -m all
	schemastore checkout -q -b side first
	version side "$t, x INT, y INT); CREATE TABLE u (a, b);"
	git -C .schemastore cat-file commit main |
		sed "s/^Schemastore-Replaces: .*/Schemastore-Replaces: $(
			strong side)/" >raw
	git -C .schemastore hash-object -t commit -w --stdin <raw >made
	git -C .schemastore update-ref refs/heads/main "$(cat made)"
	git -C .schemastore update-ref \
		"refs/schemastore/squash/$(strong main)" side
	test_must_fail schemastore fsck >out
	test_grep "^replaces .* does not follow its parent" out
}
test_expect 'what does not begin at its parent' elsewhere

# The branch begins before the run: its step is the run's, too.
outside () {
	run
	schemastore checkout -q -b side first
	version side "$t); CREATE TABLE s (a);" 1000
	schemastore upgrade -q first
	schemastore checkout -q main
	schemastore merge -q side
	schemastore squash -q two.. -m all
	schemastore fsck -q
	for db in $dbs
	do
		schemastore upgrade -q $db
	done
	n 1111
	schemastore checkout -q --db first --yes --allow-data-loss side
	test "$(sqlite3 first.db "SELECT n FROM t")" = 1001
	schemastore branch -q -d side
}
test_expect 'a merge of what began before the run' outside

# A data step that changes no schema: is it at `two`, or at the end?
adopted () {
	run
	version data "$t, x INT, y INT); CREATE TABLE u (a, b);" 1000
	schemastore squash -q two.. -m all
	sqlite3 new.db <schema.sql
	test_must_fail code=3 schemastore baseline sqlite:new.db 2>err
	test_grep "have one schema" err
	schemastore baseline -q sqlite:new.db HEAD
}
test_expect 'baseline: a data step of the run lies between' adopted

test_done
