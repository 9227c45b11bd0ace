#!/bin/sh
# What a conflict is settled with, several bases, and keys that go along with
# the columns that they name.
. "${srcdir:?}/tests/t/lib.sh"

# two BASE OURS THEIRS: a project with a branch each.
two () {
	rm -rf p
	mkdir p
	cd p
	printf "%s\n" "$1" >schema.sql
	schemastore init -q
	schemastore commit -q -m base
	schemastore branch -q topic
	printf "%s\n" "$2" >schema.sql
	# shellcheck disable=SC2086 # options
	schemastore commit -q -m ours --no-rename $ours_options
	schemastore checkout -q topic
	printf "%s\n" "$3" >schema.sql
	schemastore commit -q -m theirs --no-rename
	schemastore checkout -q main
}

t='CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT'

test_expect 'the texts of both sides are all there' '
	two "$t, b INT);" "$t, b REAL, c INT);" "$t, b BLOB, d INT);"
	test_must_fail code=4 schemastore merge topic
	test_must_fail code=4 schemastore conflicts --json >json
	test_grep "\"ours\": \"REAL\"" json
	test_grep "\"theirs\": \"BLOB\"" json
	test_grep "column c" json
	test_grep "column d" json
'

test_expect 'as somebody writes it' '
	two "$t, b INT);" "$t, b REAL);" "$t, b BLOB);"
	test_must_fail code=4 schemastore merge topic
	echo "CREATE TABLE other (x);" >sql
	test_must_fail code=3 schemastore resolve t --sql sql
	echo "$t, b NUMERIC, c INT); CREATE TABLE other (x);" >sql
	test_must_fail code=3 schemastore resolve t --sql sql 2>err
	test_grep "makes table other" err
	echo "$t, b NUMERIC, c INT);" >sql
	schemastore resolve -q t --sql sql
	schemastore merge -q --continue
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "b NUMERIC" text
	test_grep "c INT" text
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'the part alone, and what is not to be there' '
	two "$t, b INT);" "$t, b REAL); CREATE TABLE n (x);" \
		"$t, b BLOB); CREATE TABLE n (y);"
	test_must_fail code=4 schemastore merge topic
	echo "$t, b NUMERIC, c INT);" | schemastore resolve -q t.b --sql -
	schemastore resolve -q n --sql ""
	schemastore merge -q --continue
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "b NUMERIC" text
	test_not grep "c INT" text
	test_not grep "TABLE n" text
'

test_expect 'what does not fit together: either side, or what it needs' '
	for how in "index i on t:--drop" "t.b:--theirs" "t.b:--base"
	do
		(two "$t, b INT);" "$t);" "$t, b INT); CREATE INDEX i ON t (b);"
		test_must_fail code=4 schemastore merge topic
		schemastore resolve "${how%:*}" "${how#*:}" >out
		test_grep "^all conflicts are settled" out
		schemastore merge -q --continue)
	done
'

test_expect 'a branch that has moved, and a file that is damaged' '
	two "$t, b INT);" "$t, b REAL);" "$t, b BLOB);"
	test_must_fail code=4 schemastore merge topic
	git -C .schemastore update-ref refs/heads/main HEAD~1
	test_must_fail code=3 schemastore merge --continue 2>err
	test_grep "has moved since the merge" err
	test_must_fail code=3 schemastore resolve t.b --ours
	schemastore status >out
	test_grep "has moved since" out
	echo "more" >>.schemastore/merge
	test_must_fail code=6 schemastore conflicts 2>err
	test_grep "^hint: .*--abort" err
	schemastore merge --abort
	test_must_fail code=2 schemastore conflicts
'

test_expect 'two bases: both have it alike, or it is in conflict' '
	two "$t, b INT);" "$t, b REAL);" "$t, b BLOB);"
	main=$(git -C .schemastore rev-parse main)
	schemastore merge -q --ours t.b topic
	schemastore checkout -q topic
	schemastore merge -q --ours t.b "$main"
	schemastore checkout -q main
	test_must_fail code=4 schemastore merge --dry-run topic >out
	test_grep "^altered/altered column t.b: type$" out
	test_grep "several bases" out
	test_must_fail code=4 schemastore merge --dry-run --base t.b topic
	schemastore merge -q --theirs t.b topic
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "b BLOB" text
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'two bases that agree are one' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	main=$(git -C .schemastore rev-parse main)
	schemastore merge -q topic
	schemastore checkout -q topic
	schemastore merge -q "$main"
	printf "%s\n" "$t, b INT, c INT, d INT);" >schema.sql
	schemastore commit -q -m more
	schemastore checkout -q main
	schemastore merge -q topic
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "d INT" text
'

test_expect 'one renames a column that the other has in keys' '
	ours_options="--rename t.a=z"
	two "$t);" "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT);" \
		"$t UNIQUE); CREATE INDEX i ON t (a DESC);
		CREATE TABLE c (x TEXT REFERENCES t (a));"
	schemastore merge -q topic
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "REFERENCES .*t.* (.*z.*)" text
	test_grep "ON .*t.* (.*z.* DESC)" text
	test_not grep "(a)" text
'

test_expect 'one drops a column that the other refers to' '
	two "$t UNIQUE);" "CREATE TABLE t (id INTEGER PRIMARY KEY);" \
		"$t UNIQUE); CREATE TABLE c (x TEXT REFERENCES t (a));"
	test_must_fail code=4 schemastore merge --dry-run topic >out
	test_grep "^meaning foreign-key of table c: key$" out
	test_grep "t.a. is dropped on the other side" out
	schemastore merge -q --ours "foreign-key of table c" topic
	git -C .schemastore show HEAD:source/schema.sql >text
	test_not grep "REFERENCES" text
'

test_done
