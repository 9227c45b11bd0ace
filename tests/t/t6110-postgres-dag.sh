#!/bin/sh
# Random histories of both engines: wherever a database is taken, it has what
# the version has.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

command -v python3 >/dev/null || test_skip 'there is no python3'
python3 -c 'import sqlite3' || test_skip 'python3 has no sqlite3'
pg_start

moves () {
	pg_new app
	mkdir h
	cd h
	echo 'CREATE TABLE log (a INT);' >schema.sql
	schemastore init -q --engine sqlite,postgres
	python3 -B "$srcdir/tests/dag.py" 5 200 25 sqlite:x.db "$url" >out
	cat out
}
test_expect '200 versions, 25 moves' moves

test_done
