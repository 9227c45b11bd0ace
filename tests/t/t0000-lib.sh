#!/bin/sh
# The frame itself: it cannot lose a failure.
. "${srcdir:?}/tests/t/lib.sh"

cat >"$TMPDIR/script.sh" <<'END'
. "$srcdir/tests/t/lib.sh"
test_expect "a failure in the middle" "
	false
	true
"
test_expect "a success" "true"
test_expect "skipped" "
	test_skip because
	false
"
test_expect "variables do not leave" "
	test_failed=77
"
test_done
END

test_expect 'a body ends at its first failure' '
	test_not sh "$TMPDIR/script.sh" >out
	test_grep "^not ok 1 - a failure in the middle" out
	test_grep "^ok 2 - a success" out
	test_grep "^ok 3 - skipped # SKIP because" out
	test_grep "^ok 4 - " out
	test_grep "^1..4" out
'

test_expect 'a script without test_done fails' '
	echo ". \"\$srcdir/tests/t/lib.sh\"" >short.sh
	echo "test_expect x true" >>short.sh
	test_not sh short.sh >out
	test_grep "^not ok - the script ended" out
'

test_expect 'must_fail tells refusal from crash' '
	test_must_fail sh -c "exit 3"
	test_must_fail code=3 sh -c "exit 3"
	test_must_fail code=99 sh -c "exit 99"
	test_not test_must_fail true
	test_not test_must_fail sh -c "exit 99"
	test_not test_must_fail sh -c "kill -SEGV \$\$"
	test_not test_must_fail no-such-command
	test_not test_must_fail code=2 sh -c "exit 3"
'

test_expect 'nothing leaks in from outside' '
	test -d "$HOME"
	test "$(dirname "$HOME")" = "$(dirname "$(pwd)")"
	test "$LC_ALL" = C
	test "$TZ" = UTC
	test -z "$GIT_DIR$SS_FAULT$SCHEMASTORE_DATE"
'

test_done
