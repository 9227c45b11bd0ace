#!/bin/sh
# Ledgers and their mirrors: what was lost, altered, copied or moved is said,
# and the hint that comes with it works.
. "${srcdir:?}/tests/t/lib.sh"

refs () {
	git --git-dir=.schemastore for-each-ref
}

# Store and databases as they were.
restore () {
	rm -rf .schemastore ./*.db
	cp -R good .schemastore
	cp good.db.keep app.db
}

# refused PATTERN COMMAND: twice, for a refusal must not be the cure
refused () {
	pattern=$1
	shift
	refs >before.refs
	for again in 1 2
	do
		test_must_fail code=3 "$@" 2>err
		test_grep "^schemastore: .*$pattern" err
		refs >after.refs
		test_cmp before.refs after.refs
	done
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
cp app.db old.db.keep
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two
schemastore upgrade -q
cp -R .schemastore good
cp app.db good.db.keep

test_expect 'an older database: refused until it is said' '
	restore
	cp old.db.keep app.db
	refused "lacks entries that the store has seen" schemastore upgrade
	test_grep "^hint: .*schemastore baseline --restored dev" err
	schemastore baseline --restored dev
	schemastore upgrade -q
	schemastore status --check
	schemastore fsck
'

test_done
