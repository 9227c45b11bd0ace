#!/bin/sh
# Renames over paths and merges, declared in time or late, on SQLite.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

engine=sqlite

new_db () {
	url=sqlite:$1.db
}

ask () {
	sqlite3 "$1.db" "$2"
}

. "$srcdir/tests/t/lib-renames.sh"

test_done
