#!/bin/sh
# The auditor's page: every command of it, with an empty home and no store.
. "${srcdir:?}/tests/t/lib.sh"

test_signs
command -v ssh-keygen >/dev/null || test_skip "there is no ssh-keygen"
command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'
command -v python3 >/dev/null || test_skip "there is no python3"
git init -q --bare --object-format=sha256 probe 2>/dev/null
test -d probe || test_skip "git has no SHA-256"

keys=$PWD

# as PERSON COMMAND...
as () {
	who=$1
	shift
	SCHEMASTORE_KEY=$keys/$who SCHEMASTORE_AUTHOR_NAME=$who \
		SCHEMASTORE_AUTHOR_EMAIL=$who@example.org schemastore "$@"
}

test_expect 'a project with two persons, and a protected branch' '
	mkdir given project
	for person in ann bob
	do
		ssh-keygen -q -t ed25519 -N "" -C $person -f $person
	done
	cd project
	echo "CREATE TABLE users (id INTEGER PRIMARY KEY);" >schema.sql
	as ann init -q --database prod=sqlite:prod.db
	as ann commit -q -m "Add users"
	as ann trust init -q
	as ann trust propose -q -m "Bob joins" \
		--add "person bob Bob bob@example.org" \
		--add "key bob $(cut -d " " -f 1,2 ../bob.pub)" \
		--add "author ann bob" --add "approver ann bob" \
		--add "protect refs/heads/main approve 1 ann bob"
	as ann trust land -q
	as ann upgrade -q
	as ann checkout -q -b dev
	echo "CREATE TABLE posts (id INTEGER PRIMARY KEY);" >>schema.sql
	as ann commit -q -m "Add posts"
	as bob approve -q -m "Looks right"
	as ann land -q
	as ann checkout -q main
	as ann upgrade -q
	as ann branch -q -d dev
	as ann audit export -q ../given/project.bundle --all
	as ann verify --json | sed -n "s/^  \"project\": \"\(.*\)\",$/\1/p" \
		>../given/id
	cp -R "$srcdir/contrib/verifier" ../given
'

test_expect 'the page is what its commands say' '
	env -i PATH="$PATH" HOME=/nonexistent TMPDIR="$test_root" \
		python3 -B "$srcdir/tests/tour.py" check \
		"$srcdir/doc/AUDITOR.md" given
'

test_done
