#!/bin/sh
# merge on PostgreSQL: databases with rows on either side arrive.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# two BASE OURS THEIRS: a branch each, and a database that stands there.
two () {
	rm -rf "p$test_count"
	mkdir "p$test_count"
	cd "p$test_count"
	printf "%s\n" "$1" >schema.sql
	pg_new "ours$test_count"
	schemastore init -q --engine postgres --database ours="$url"
	pg_new "theirs$test_count"
	schemastore config database.theirs.url "$url"
	schemastore commit -q -m base
	schemastore branch -q topic
	for db in ours theirs
	do
		schemastore upgrade -q --yes $db
		pg "$db$test_count" -c "INSERT INTO t (a) VALUES (1)"
	done
	printf "%s\n" "$2" >schema.sql
	# shellcheck disable=SC2086 # options
	schemastore commit -q -m ours --no-rename $ours_options
	schemastore upgrade -q --yes --allow-data-loss ours
	schemastore checkout -q topic
	printf "%s\n" "$3" >schema.sql
	schemastore commit -q -m theirs --no-rename
	schemastore upgrade -q --yes --allow-data-loss theirs
	schemastore checkout -q main
}

arrive () {
	for db in ours theirs
	do
		schemastore upgrade -q --yes --allow-data-loss $db
		schemastore drift -q $db
		pg "$db$test_count" -c "SELECT count(*) FROM t" >out
		echo 1 >want
		test_cmp want out
	done
	schemastore fsck >out
	test_grep " 0 findings" out
}

test_expect 'both add a value to an enum, and a column' '
	two "CREATE TYPE m AS ENUM (\$\$low\$\$, \$\$high\$\$);
		CREATE TABLE t (a int, s m);" \
		"CREATE TYPE m AS ENUM (\$\$low\$\$, \$\$mid\$\$, \$\$high\$\$);
		CREATE TABLE t (a int, s m, b int);" \
		"CREATE TYPE m AS ENUM (\$\$low\$\$, \$\$high\$\$, \$\$top\$\$);
		CREATE TABLE t (a int, s m, c int); GRANT SELECT ON t TO PUBLIC"
	schemastore merge topic >out
	test_grep "^merged: " out
	arrive
	echo "{low,mid,high,top}" >want
	for db in ours theirs
	do
		pg "$db$test_count" -c "SELECT enum_range(NULL::m)" >out
		test_cmp want out
	done
'
rm -rf p

test_expect 'one renames a column, the other alters it, and a view needs it' '
	ours_options="--rename t.a=z"
	two "CREATE TABLE t (a int);" "CREATE TABLE t (z int);" \
		"CREATE TABLE t (a bigint NOT NULL); CREATE TABLE u (x int);
		CREATE VIEW v AS SELECT x FROM u;"
	schemastore merge -q topic
	arrive
	pg "ours$test_count" -c "SELECT z, pg_typeof(z) FROM t" >out
	echo "1|bigint" >want
	test_cmp want out
'
rm -rf p

test_expect 'one drops what a view of the other shows' '
	two "CREATE TABLE t (a int, b int);" "CREATE TABLE t (a int);" \
		"CREATE TABLE t (a int, b int);
		CREATE VIEW v AS SELECT b FROM t;"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^meaning " out
	test_grep "column .*b.* does not exist" out
'

t="CREATE TABLE t (a int"

test_expect 'one drops what the other indexes' '
	two "$t, b int)" "$t)" "$t, b int); CREATE INDEX i ON t (b)"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "i" out
	schemastore conflicts --json >json || code=$?
	test "$code" = 4
	schemastore merge --abort
	schemastore drift -q ours
	schemastore drift -q theirs
'

test_expect 'both add a table: alike, and unlike' '
	two "$t)" "$t); CREATE TABLE n (x int); CREATE TABLE k (y int)" \
		"$t); CREATE TABLE n (x int); CREATE TABLE k (z int)"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^added/added table public.k$" out
	test_not grep "public.n" out
	schemastore resolve -q public.k --theirs
	schemastore merge -q --continue
	arrive
	pg "ours$test_count" -c "SELECT z FROM k; SELECT x FROM n" >out
'

test_expect 'both change one view' '
	two "$t); CREATE VIEW v AS SELECT a FROM t" \
		"$t); CREATE VIEW v AS SELECT a AS x FROM t" \
		"$t); CREATE VIEW v AS SELECT a AS y FROM t"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^altered/altered view public.v" out
	echo "CREATE VIEW v AS SELECT a AS x, a AS y FROM t;" >v.sql
	schemastore resolve -q public.v --sql v.sql
	schemastore merge -q --continue
	arrive
	pg "theirs$test_count" -c "SELECT x + y FROM v" >out
	echo 2 >want
	test_cmp want out
'

test_expect 'a short key here, a long one that refers to it there' '
	two "CREATE TABLE p (k varchar(20) PRIMARY KEY); $t, k varchar(20))" \
		"CREATE TABLE p (k varchar(10) PRIMARY KEY);
		$t, k varchar(20))" \
		"CREATE TABLE p (k varchar(20) PRIMARY KEY);
		$t, k varchar(100) REFERENCES p)"
	schemastore merge -q topic
	arrive
	for db in ours theirs
	do
		pg "$db$test_count" -c "SELECT conname FROM pg_constraint
			WHERE contype = \$\$f\$\$" >out
		test "$(wc -l <out)" = 1
	done
'

test_done
