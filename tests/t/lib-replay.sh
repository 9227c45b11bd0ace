# A store in good/, and an insider with a key, for tests of verify --replay.
# Sourced behind lib.sh.

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"
command -v python3 >/dev/null || test_skip "there is no python3"

export SCHEMASTORE_AUTHOR_NAME=Ann SCHEMASTORE_AUTHOR_EMAIL=ann@example.org

restore () {
	unseen
	rm -rf .schemastore
	cp -R good .schemastore
}

# insider FILE SQL: of the newest edge, signed
insider () {
	python3 -S "$srcdir/tests/t/insider.py" \
		"$XDG_CONFIG_HOME/schemastore/key" "$@"
}

# replays N [OPTION...]: all of them, and finds nothing
replays () {
	count=$1
	shift
	schemastore verify --replay --signed --json "$@" >out
	test_grep "\"replayed\": $count,\$" out
	test_grep '"findings": \[\]' out
}
