#!/bin/sh
# revert and cherry-pick: what one version has changed, back or again.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

# start TEXT...: a version of each, tagged v1, v2 ..., and a database at the
# first one, with a row.  What the second is committed with: $second.
start () {
	rm -rf p
	mkdir p
	cd p
	schemastore init -q --source schema.sql --database db=sqlite:app.db
	n=0
	for text
	do
		n=$((n + 1))
		options=
		test $n != 2 || options=$second
		printf "%s\n" "$text" >schema.sql
		# shellcheck disable=SC2086 # options
		schemastore commit -q -m "v$n" $options
		schemastore tag -q v$n
	done
	schemastore upgrade -q db v1
	sqlite3 app.db "INSERT INTO t (id, a) VALUES (1, 'kept')"
}

source_of () {
	git -C .schemastore show "$1:source/schema.sql"
}

tree_of () {
	git -C .schemastore rev-parse "$1:schema/sqlite/table"
}

columns () {
	sqlite3 app.db "SELECT name FROM pragma_table_info('$1')" |
		paste -s -d, -
}

t='CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT'

test_expect 'revert: as it was, with the text as it was' '
	start "$t);" "$t, b INT); -- with b"
	schemastore upgrade -q db
	schemastore revert HEAD >out
	test_grep "^reverted: [0-9a-f]* Revert \"v2\"$" out
	test_grep "^ 1 altered$" out
	source_of HEAD >text
	source_of v1 >want
	test_cmp want text
	test "$(tree_of HEAD)" = "$(tree_of v1)"
	git -C .schemastore log -1 --format=%B >message
	id=$(git -C .schemastore rev-parse v2)
	test_grep "^This reverts version $id\.$" message
	git -C .schemastore log -1 --format=%P >parents
	git -C .schemastore rev-parse v2 >want
	test_cmp want parents
	schemastore plan v2 HEAD >plan
	test_not grep "not proven" plan
	schemastore plan HEAD v2 >plan
	test_not grep "not proven" plan
	schemastore upgrade -q --allow-data-loss db
	schemastore drift -q db
	test "$(columns t)" = id,a
	schemastore downgrade -q --yes db v2
	test "$(columns t)" = id,a,b
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'revert of the revert' '
	cd p
	schemastore revert -q HEAD
	test "$(tree_of HEAD)" = "$(tree_of v2)"
	git -C .schemastore log -1 --format=%s >subject
	echo "Revert \"Revert \"v2\"\"" >want
	test_cmp want subject
'

test_expect 'what came later is kept' '
	start "$t);" "$t, b INT);" "$t, b INT, c INT); CREATE TABLE u (x);"
	schemastore upgrade -q db
	schemastore revert v2 >out
	test_grep "its source is the merged schema, printed" out
	source_of HEAD >text
	test_grep "c INT" text
	test_not grep "b INT" text
	cp text schema.sql
	test_must_fail code=1 schemastore commit -m again
	schemastore upgrade -q --allow-data-loss db
	schemastore drift -q db
	test "$(columns t)" = id,a,c
	test "$(sqlite3 app.db "SELECT a FROM t")" = kept
'

test_expect 'a dropped column comes back as the same one' '
	second="--rename t.a=z"
	start "$t);" "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT);" \
		"CREATE TABLE t (id INTEGER PRIMARY KEY);" \
		"CREATE TABLE t (id INTEGER PRIMARY KEY, y INT);"
	schemastore revert -q v3
	schemastore show --json HEAD >out
	git -C .schemastore show HEAD:schema/sqlite/table/t >text
	test_grep "origin a$" text
	schemastore plan v1 HEAD >plan
	test_grep "RENAME COLUMN" plan
	schemastore upgrade -q db
	schemastore drift -q db
	test "$(sqlite3 app.db "SELECT z FROM t")" = kept
'

test_expect 'a conflict, and who holds' '
	second=
	u="CREATE TABLE u (b"
	start "$t);" "$t); $u INT);" "$t); $u REAL);" "$t); $u BLOB);"
	git -C .schemastore rev-parse HEAD >before
	test_must_fail code=4 schemastore revert v3 >out 2>err
	printf "%s\n" "altered/altered column u.b: type" "  base    REAL" \
		"  ours    BLOB" "  theirs  INT" >want
	test_cmp want out
	test_grep "1 conflict; nothing was written" err
	git -C .schemastore rev-parse HEAD >after
	test_cmp before after
	test_must_fail code=4 schemastore revert --json v3 >out
	test_grep "\"outcome\": \"conflicts\"" out
	test_must_fail code=2 schemastore revert --ours t --theirs u.b v3
	schemastore revert -q --theirs u.b v3
	test "$(tree_of HEAD)" = "$(tree_of v2)"
'

test_expect 'what would change nothing' '
	cd p
	test_must_fail code=1 schemastore revert v3 >out
	test_grep "^nothing to do: the schema would be as it is$" out
	test_must_fail code=1 schemastore revert v3 --json >out
	test_grep "\"outcome\": \"up to date\"" out
'

test_expect 'a merge: since which parent' '
	second=
	start "$t);" "$t, b INT);"
	schemastore branch -q topic v1
	schemastore checkout -q topic
	echo "$t); CREATE TABLE u (x);" >schema.sql
	schemastore commit -q -m topic
	schemastore checkout -q main
	schemastore merge -q topic
	schemastore tag -q both
	test_must_fail code=2 schemastore revert HEAD 2>err
	test_grep "^hint: .*-m 1" err
	test_must_fail code=2 schemastore revert -m 3 HEAD
	test_must_fail code=2 schemastore revert -m 0 HEAD
	test_must_fail code=2 schemastore revert -m x HEAD
	schemastore revert -q -m 1 HEAD
	test "$(tree_of HEAD)" = "$(tree_of v2)"
	git -C .schemastore log -1 --format=%B >message
	test_grep "^This reverts version [0-9a-f]*, reversing$" message
	id=$(git -C .schemastore rev-parse v2)
	test_grep "^changes made to $id\.$" message
	schemastore revert -q HEAD
	test "$(tree_of HEAD)" = "$(tree_of both)"
	schemastore revert -q -m 2 both
	test "$(tree_of HEAD)" = "$(tree_of topic)"
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'the first version' '
	start "$t);" "$t); CREATE TABLE u (x);"
	schemastore revert -q v1
	git -C .schemastore ls-tree --name-only HEAD:schema/sqlite/table >out
	echo u >want
	test_cmp want out
	schemastore revert -q v2
	schemastore upgrade -q --allow-data-loss db
	schemastore drift -q db
	test_must_fail code=1 schemastore revert v2 >out
	test_grep "^nothing to do" out
'

test_expect 'cherry-pick: what one version of another branch has changed' '
	start "$t);" "$t, b INT);"
	schemastore branch -q topic v1
	schemastore checkout -q topic
	echo "$t); CREATE TABLE u (x);" >schema.sql
	schemastore commit -q -m "one"
	echo "$t, c INT); CREATE TABLE u (x);" >schema.sql
	SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.com \
		schemastore commit -q -m "two

because"
	schemastore checkout -q main
	schemastore cherry-pick topic >out
	test_grep "^picked: [0-9a-f]* two$" out
	git -C .schemastore log -1 --format="%an %ae %at%n%B" topic >want
	git -C .schemastore log -1 --format="%an %ae %at%n%B" >got
	test_grep "^Ann ann@example.com " want
	sed "/^Schemastore-/d" want >want.text
	sed "/^Schemastore-/d" got >got.text
	test_cmp want.text got.text
	schemastore upgrade -q db
	schemastore drift -q db
	test "$(columns t)" = id,a,b,c
	test_must_fail code=1 schemastore cherry-pick topic
	schemastore merge -q topic
	schemastore upgrade -q db
	schemastore drift -q db
	test "$(columns t)" = id,a,b,c
	test "$(sqlite3 app.db "SELECT a FROM t")" = kept
'

test_expect '-x, --message, --dry-run, --json' '
	start "$t);" "$t, b INT);" "$t, b INT, c INT);"
	schemastore branch -q side v1
	schemastore checkout -q side
	schemastore cherry-pick -n v3 >out
	test_grep "^would be picked: v3$" out
	test "$(tree_of HEAD)" = "$(tree_of v1)"
	schemastore cherry-pick --json -x v3 >out
	test_grep "\"outcome\": \"picked\"" out
	git -C .schemastore log -1 --format=%B >message
	id=$(git -C .schemastore rev-parse v3)
	test_grep "^(cherry picked from version $id)$" message
	schemastore revert -q --message "not yet

says Ann" HEAD
	git -C .schemastore log -1 --format=%B >message
	test_grep "^not yet$" message
	test_grep "^says Ann$" message
	test_must_fail code=2 schemastore cherry-pick none
'

test_expect 'killed on the way: the branch is where it was, or there' '
	start "$t);" "$t, b INT);"
	n=1
	while test_not env SS_FAULT=merging.flush:$n:crash \
		schemastore revert -q v2
	do
		test "$(tree_of HEAD)" = "$(tree_of v2)"
		n=$((n + 1))
	done
	test $n -gt 1
	test "$(tree_of HEAD)" = "$(tree_of v1)"
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'a rename that was declared late is picked' '
	rm -rf late
	mkdir late
	cd late
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT);" >schema.sql
	schemastore init -q --database dev=sqlite:dev.db
	schemastore commit -q -m one
	schemastore upgrade -q
	sqlite3 dev.db "INSERT INTO t VALUES (1, 5)"
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT);" \
		>schema.sql
	schemastore commit -q --no-rename -m two
	schemastore branch -q topic
	schemastore commit -q --rename t.mail=email -m late
	schemastore checkout -q topic
	schemastore cherry-pick -q main
	schemastore upgrade -q
	test "$(sqlite3 dev.db "SELECT email FROM t")" = 5
	test_must_fail code=1 schemastore cherry-pick main
'

test_done
