#!/bin/sh
# Stores that git has cloned, pushed to, or keeps in another way.
. "${srcdir:?}/tests/t/lib.sh"

# clone OPTION...: the store as another folder has it
clone () {
	rm -rf clone
	mkdir clone
	git clone -q "$@" .schemastore clone/.schemastore
	cp schema.sql schemastore.conf app.db clone/
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two

test_expect 'a clone of branches alone is a part, and is said to be' '
	clone --bare
	cd clone
	schemastore log --oneline >out
	test "$(wc -l <out)" -eq 2
	git --git-dir=.schemastore for-each-ref >before
	cp app.db before.db
	for command in upgrade fsck init
	do
		test_must_fail code=6 schemastore $command >out 2>&1
		test_grep "refs/schemastore/policy" out
		git --git-dir=.schemastore for-each-ref >after
		test_cmp before after
		cmp before.db app.db
	done
	sed -n "s/^hint: fetch the rest: //p" out >command
	. ./command
	schemastore upgrade -q
	schemastore fsck
	schemastore history
'

test_expect 'a mirror is a store, and can be pushed back' '
	clone --mirror
	schemastore -C clone upgrade -q
	schemastore -C clone commit -q --allow-empty -m three
	schemastore -C clone gc -q
	git --git-dir=clone/.schemastore push -q
	cp clone/app.db app.db
	schemastore log --oneline >out
	test_grep "(HEAD -> main) three$" out
	schemastore upgrade -q
	schemastore status --check
	schemastore fsck
	git --git-dir=.schemastore fsck --strict
'

test_expect 'a database that another copy of the store has changed' '
	clone --bare --no-local
	git --git-dir=clone/.schemastore fetch -q origin \
		refs/schemastore/policy:refs/schemastore/policy
	schemastore -C clone commit -q --allow-empty -m four
	cp clone/app.db before.db
	test_must_fail code=3 schemastore -C clone upgrade 2>err
	test_grep "was changed from another copy of the store" err
	test_grep "^hint: fetch refs/schemastore/ledger/dev from there" err
	cmp before.db clone/app.db
	schemastore -C clone status >out
	test_grep "1 version behind" out
	git --git-dir=clone/.schemastore fetch -q origin \
		refs/schemastore/ledger/dev:refs/schemastore/ledger/dev
	schemastore -C clone upgrade -q
'

test_expect 'repositories of another format' '
	clone --mirror
	git --git-dir=clone/.schemastore config extensions.refstorage reftable
	test_must_fail code=3 schemastore -C clone log 2>err
	test_grep "extension .refstorage=reftable." err
	git --git-dir=clone/.schemastore config extensions.refstorage files
	git --git-dir=clone/.schemastore config extensions.noop true
	schemastore -C clone log
'

test_done
