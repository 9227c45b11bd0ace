#!/bin/sh
# A fixed sample of Tortoise's own tables, recorded.
. "${srcdir:?}/tests/t/lib.sh"

if test -z "$SCHEMASTORE_SHARED"
then
	test_skip 'SCHEMASTORE_SHARED is not set'
fi

test_expect 'a sample of recorded projects: read, and described' '
	python3 -B "$srcdir/tests/golden" sample sqlite
'

test_expect 'the same on PostgreSQL' '
	python3 -B "$srcdir/tests/golden" sample postgres >out || :
	cat out
	test_grep "recorded, 0 wrong\|is skipped" out
'

test_done
