#!/bin/sh
# Renames over paths and merges, declared in time or late, on PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

engine=postgres

new_db () {
	pg_new "$1"
}

ask () {
	pg "$1" -c "$2"
}

. "$srcdir/tests/t/lib-renames.sh"

test_done
