# Sourced by every shell test:
#
#	. "${srcdir:?}/tests/t/lib.sh"
#	test_expect 'init makes a store' '
#		schemastore init
#		test -d .schemastore
#	'
#	test_done
#
# A body runs under `set -e` in a subshell outside any condition, so the first
# command that fails ends it: one command a line, no `!`, no && or || at line
# ends.  Files survive a body, variables do not.  Every script stands in a new
# empty folder, with a HOME of its own.
#
# builddir holds the program.  SS_TEST_KEEP=1 keeps the folder.

srcdir=$(cd "${srcdir:?}" && pwd) || exit 1
builddir=$(cd "${builddir:?}" && pwd) || exit 1
export srcdir builddir

test_root=$(mktemp -d "${TMPDIR:-/tmp}/ss-test.XXXXXX") || exit 1
test_count=0
test_failed=0
test_is_done=
test_in_body=

test_at_exit () {
	test_status=$?
	cd /
	if test -n "$SS_TEST_KEEP"
	then
		echo "# kept: $test_root"
	else
		chmod -R u+rwx "$test_root" 2>/dev/null
		rm -rf "$test_root"
	fi
	if test -z "$test_is_done"
	then
		echo "not ok - the script ended before test_done"
		exit 1
	fi
	exit $test_status
}
trap test_at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- nothing from outside ---------------------------------------------------

for test_var in $(env | sed -n 's/^\([A-Z][A-Z_0-9]*\)=.*/\1/p')
do
	case $test_var in
	SCHEMASTORE_SHARED)
		;;
	GIT_*|SCHEMASTORE_*|SS_FAULT*|SS_MAJOR|SS_COLLIDE|XDG_*|PG*|LC_*|LANG*|\
	SSH_*|DISPLAY)
		unset "$test_var"
		;;
	esac
done
unset EDITOR VISUAL PAGER NO_COLOR CDPATH

mkdir "$test_root/home" "$test_root/work" "$test_root/tmp" || exit 1
HOME=$test_root/home
TMPDIR=$test_root/tmp
XDG_CONFIG_HOME=$HOME/.config
XDG_CACHE_HOME=$HOME/.cache
XDG_DATA_HOME=$HOME/.local/share
XDG_STATE_HOME=$HOME/.local/state
SCHEMASTORE_READERS=$srcdir/contrib/readers
LC_ALL=C
TZ=UTC
GIT_CONFIG_NOSYSTEM=1
PATH=$builddir:$PATH
export HOME TMPDIR XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME
export SCHEMASTORE_READERS XDG_STATE_HOME LC_ALL TZ GIT_CONFIG_NOSYSTEM PATH
# A sanitizer's report is a crash, not an exit 1.
ASAN_OPTIONS=exitcode=98${ASAN_OPTIONS:+:$ASAN_OPTIONS}
UBSAN_OPTIONS=exitcode=98:print_stacktrace=1
LSAN_OPTIONS=exitcode=98${LSAN_OPTIONS:+:$LSAN_OPTIONS}
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
cd "$test_root/work" || exit 1

# What is not about signing does without: init makes no key.
printf '[schemastore]\n\tsign = no\n' >"$HOME/.gitconfig" || exit 1

# test_signs: it is about that
test_signs () {
	rm "$HOME/.gitconfig"
}

# unseen: verify has never seen a store
unseen () {
	rm -f "$XDG_STATE_HOME"/schemastore/*/seen
}

# ---- the frame --------------------------------------------------------------

# test_expect TITLE BODY
test_expect () {
	test_count=$((test_count + 1))
	rm -f "$test_root/skip"
	(
		test_in_body=1
		trap - EXIT
		set -e
		eval "$2"
	) >"$test_root/log" 2>&1 </dev/null
	test_status=$?
	if test -f "$test_root/skip"
	then
		echo "ok $test_count - $1 # SKIP $(cat "$test_root/skip")"
	elif test $test_status -eq 0
	then
		echo "ok $test_count - $1"
	else
		test_failed=$((test_failed + 1))
		echo "not ok $test_count - $1"
		echo "# exit $test_status; the body:"
		printf '%s\n' "$2" | sed 's/^/#/'
		echo "# it said:"
		sed 's/^/#	/' <"$test_root/log"
	fi
}

# test_skip WHY: in a body skips that body, outside the rest of the script.
test_skip () {
	if test -n "$test_in_body"
	then
		printf '%s\n' "$1" >"$test_root/skip"
		exit 0
	fi
	test_count=$((test_count + 1))
	echo "ok $test_count - the rest # SKIP $1"
	test_done
}

test_done () {
	test_is_done=1
	echo "1..$test_count"
	if test $test_failed -ne 0
	then
		exit 1
	fi
	exit 0
}

# ---- what bodies call -------------------------------------------------------

# test_must_fail [code=N] COMMAND: our program refuses, and does not crash.
test_must_fail () {
	test_code=
	case $1 in
	code=*)
		test_code=${1#code=}
		shift
		;;
	esac
	test_rc=0
	"$@" || test_rc=$?
	if test -n "$test_code"
	then
		test "$test_rc" -eq "$test_code" && return 0
		echo >&2 "test_must_fail: exit $test_rc, not $test_code: $*"
		return 1
	fi
	case $test_rc in
	0)
		echo >&2 "test_must_fail: it succeeded: $*"
		return 1
		;;
	98|99|126|127|12[89]|1[3-9][0-9]|2[0-9][0-9])
		echo >&2 "test_must_fail: it died with $test_rc: $*"
		return 1
		;;
	esac
	return 0
}

# test_not COMMAND: the platform's command says no.
test_not () {
	test_rc=0
	"$@" || test_rc=$?
	if test $test_rc -eq 0 || test $test_rc -ge 126
	then
		echo >&2 "test_not: exit $test_rc: $*"
		return 1
	fi
	return 0
}

# test_cmp EXPECTED ACTUAL
test_cmp () {
	diff -u "$1" "$2"
}

# test_grep PATTERN FILE
test_grep () {
	if grep -e "$1" -- "$2" >/dev/null
	then
		return 0
	fi
	echo >&2 "test_grep: no '$1' in $2, which is:"
	cat >&2 -- "$2"
	return 1
}
