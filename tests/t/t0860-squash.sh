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
	test_grep "it was edited" err
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
	git -C .schemastore update-ref -d \
		"$(git -C .schemastore for-each-ref --format="%(refname)" \
			--contains "$(cat old)" refs/schemastore/squash |
			head -1)"
	schemastore fsck >out || :
	schemastore log >log
	test_grep "^Replaces: " log
}
test_expect 'killed before the branch moves: it is as it was' dies

test_done
