#!/bin/sh
# squash on PostgreSQL: databases at every version of the run.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
dbs="first one two last"

# version NAME SCHEMA STEP: which adds that much to n.
version () {
	echo "$2" >schema.sql
	echo "UPDATE t SET n = n + $3" >up.sql
	echo "UPDATE t SET n = n - $3" >down.sql
	schemastore commit -q --no-rename -m "$1" --data "step=up.sql:down.sql"
}

n () {
	for db in $dbs
	do
		test "$(pg $db -c "SELECT n FROM t")" = "$1"
		schemastore drift -q $db
	done
}

squashed () {
	mkdir p
	cd p
	echo "CREATE TABLE t (id int PRIMARY KEY, n int);" >schema.sql
	schemastore init -q --engine postgres
	schemastore commit -q -m first
	schemastore tag -q first
	for db in $dbs
	do
		pg_new $db
		schemastore config "database.$db.url" "$url"
		schemastore upgrade -q $db
		pg $db -c "INSERT INTO t VALUES (1, 1)"
	done
	version one "CREATE TABLE t (id int PRIMARY KEY, n int, x text);" 10
	schemastore upgrade -q one
	version two "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t
		(id int PRIMARY KEY, n int, x text, m m DEFAULT 'a');" 100
	schemastore tag -q two
	schemastore upgrade -q two
	version last "CREATE TYPE m AS ENUM ('a', 'b'); CREATE TABLE t
		(id int PRIMARY KEY, n bigint, m m DEFAULT 'b');" 1000
	schemastore upgrade -q --allow-data-loss last
	schemastore squash -q first.. -m all
	for db in $dbs
	do
		schemastore upgrade -q --allow-data-loss $db
	done
	n 1111
	for db in $dbs
	do
		schemastore checkout -q --db $db --yes --allow-data-loss two
	done
	n 111
	for db in $dbs
	do
		schemastore upgrade -q --allow-data-loss $db
		schemastore downgrade -q --yes --allow-data-loss $db
	done
	n 1
	schemastore fsck -q
}
test_expect 'each data step once, wherever a database was' squashed

test_done
