#!/bin/sh
# A fixed sample of what Aerich did, recorded, and imported.
. "${srcdir:?}/tests/t/lib.sh"

if test -z "$SCHEMASTORE_SHARED"
then
	test_skip 'SCHEMASTORE_SHARED is not set'
fi

test_expect 'a sample of recorded migrations: there, and back' '
	python3 -B "$srcdir/tests/golden-aerich" sample sqlite
'

test_done
