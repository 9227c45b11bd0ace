#!/bin/sh
# A sample of databases that other tools have left half-way, adopted.
. "${srcdir:?}/tests/t/lib.sh"

if test -z "$SCHEMASTORE_SHARED"
then
	test_skip 'SCHEMASTORE_SHARED is not set'
fi

test_expect 'adopted, and brought to the end' '
	python3 -B "$srcdir/tests/adopt" sample
'

test_done
