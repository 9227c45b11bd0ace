#!/bin/sh
# A fixed sample of other projects' schemas and histories.
. "${srcdir:?}/tests/t/lib.sh"

if test -z "$SCHEMASTORE_SHARED"
then
	test_skip 'SCHEMASTORE_SHARED is not set'
fi

test_expect 'a sample of the corpus: every direction arrives' '
	python3 -B "$srcdir/tests/corpus" sample sqlite
'

test_done
