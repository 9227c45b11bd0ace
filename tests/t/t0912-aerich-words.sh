#!/bin/sh
# What a user of Aerich's types: init-db, migrate, downgrade -v and -d.
. "${srcdir:?}/tests/t/lib.sh"

files='CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);'

# at SUBJECT: there the database is
at () {
	schemastore status | grep "^database dev: $1"
}

# column NAME
column () {
	files=$(echo "$files" | sed "s/);$/, $1 TEXT);/")
	echo "$files" >schema.sql
}

begin () {
	rm -rf p
	mkdir p
	cd p
	echo "$files" >schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore init-db >out
	grep '^\[main .*\] init$' out
	grep '^done: ' out
	at 'at the tip'
}

words () {
	begin
	schemastore migrate >out
	grep 'nothing to commit' out
	column mail
	schemastore migrate --name add_mail >out
	grep '^\[main .*\] add_mail$' out
	schemastore heads | grep add_mail
	column town
	schemastore migrate --offline
	schemastore upgrade -q
	schemastore migrate --empty --name nothing
	schemastore init-db >out
	at 'at the tip'
	sqlite3 old.db 'CREATE TABLE t (a)'
	test_must_fail code=3 schemastore init-db sqlite:old.db 2>err
	grep 'hint: .*baseline' err
}
test_expect 'init-db, migrate, heads, upgrade' words

back () {
	begin
	column a
	schemastore migrate -q --name a
	column b
	schemastore migrate -q --name b
	schemastore upgrade -q
	test_must_fail code=2 schemastore downgrade --yes -v 7 2>err
	grep "no version has the number 7" err
	grep "hint: the last one is models/2_[0-9]*_b" err
	test_must_fail code=2 schemastore downgrade --yes -v x
	test_must_fail code=2 schemastore downgrade --yes -v 1 dev 2
	test_must_fail code=3 schemastore downgrade -v 1
	schemastore downgrade -q --yes --allow-data-loss -v 1
	test "$(schemastore heads | wc -l)" = 2
	schemastore upgrade -q
	schemastore downgrade -q --yes --allow-data-loss
	test_must_fail code=3 schemastore downgrade -q --yes -d 2>err
	grep 'what it does not have is not deleted' err
	schemastore upgrade -q
	test_must_fail code=2 schemastore downgrade -d --dry-run
	test_must_fail code=2 schemastore downgrade -d dev HEAD~1
	schemastore downgrade --yes --allow-data-loss -d >out
	grep '^the branch is at [0-9a-f]* a (was [0-9a-f]*)$' out
	test -z "$(schemastore heads)"
	test "$(schemastore log --json | grep -c '"subject"')" = 2
	schemastore downgrade --yes --allow-data-loss -v 0 --delete >out
	grep '^the branch is at nothing' out
	test_must_fail code=2 schemastore log
	schemastore fsck
	schemastore init-db -q
	at 'at the tip'
}
test_expect 'downgrade -v N, and -d' back

numbers () {
	rm -rf p
	mkdir -p p/m/app
	cd p
	echo '-- upgrade --
CREATE TABLE users (id INTEGER PRIMARY KEY);' >m/app/0_20200101000000_init.sql
	echo '-- upgrade --
ALTER TABLE users ADD a TEXT;' >m/app/4_20200102000000_a.sql
	schemastore init -q --engine sqlite --database dev=sqlite:app.db
	schemastore import aerich -q --gaps m
	sed 's/users (/&z TEXT, /; s/users(/&z TEXT, /' schema.sql >new
	mv new schema.sql
	schemastore migrate -q --name z
	schemastore upgrade -q
	test_must_fail code=2 schemastore downgrade --yes -v 1
	test_must_fail code=2 schemastore downgrade --yes -v 6 2>err
	grep 'hint: the last one is app/5_[0-9]*_z' err
	schemastore downgrade -q --yes --allow-data-loss -v 4
	test "$(schemastore heads | wc -l)" = 2
}
test_expect 'numbers of what was imported count on' numbers

test_done
