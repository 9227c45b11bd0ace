#!/bin/sh
# schemastore.mirror = none: the store is only read, the table has it all.
. "${srcdir:?}/tests/t/lib.sh"

# Every file of the store, but what is only remembered to be faster.
store_sums () {
	find .schemastore -type f -not -path "*/cache/*" |
		LC_ALL=C sort | xargs sha256sum
}

version () {
	echo "$2" >>schema.sql
	schemastore commit -q -m "$1"
}

# Not as root, who may write everywhere.
somebody () {
	if test "$(id -u)" -ne 0
	then
		./program "$@"
	elif command -v setpriv >/dev/null
	then
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			./program "$@"
	else
		test_skip "there is no setpriv"
	fi
}

version_of () {
	schemastore status "$1" >status
	grep "^database" status
}

schemastore init -q --source schema.sql --database kept=sqlite:kept.db
version one 'CREATE TABLE a (x);'
version two 'CREATE TABLE b (x);'
version three 'CREATE TABLE c (x);'
schemastore config schemastore.mirror none
schemastore config database.kept.mirror keep
rm -f .schemastore/schemastore.lock
store_sums >before

test_expect 'up from nothing, on, back, and all the way back' '
	schemastore upgrade -q sqlite:app.db HEAD~2
	version_of sqlite:app.db | grep "one, 2 versions behind$"
	schemastore upgrade -q sqlite:app.db
	version_of sqlite:app.db | grep "at the tip$"
	schemastore downgrade --yes -q sqlite:app.db
	schemastore drift sqlite:app.db >out
	test_grep " two$" out
	schemastore downgrade --yes -q sqlite:app.db 2
	schemastore upgrade -q sqlite:app.db
	schemastore history sqlite:app.db >out
	test "$(grep -c "  ok  " out)" -eq 5
	store_sums >after
	test_cmp before after
'

test_expect 'the rows are a chain that git takes' '
	schemastore history --json sqlite:app.db >out
	python3 -c "
import json, sqlite3, subprocess
rows = sqlite3.connect(\"app.db\").execute(
    \"SELECT id, entry FROM schemastore_ledger ORDER BY seq\").fetchall()
assert len(rows) == 11 == len(json.load(open(\"out\")))
last = None
for id, entry in rows:
    if last:
        assert b\"Schemastore-Parent: \" + last in entry
    last = id.hex().encode()
dbs = {line for _, entry in rows for line in entry.split(b\"\\n\")
       if line.startswith(b\"Schemastore-Db: \")}
assert len(dbs) == 1"
'

test_expect 'a file that was moved keeps the name of its ledger' '
	mkdir elsewhere
	cp app.db elsewhere/renamed.db
	schemastore downgrade --yes -q sqlite:elsewhere/renamed.db
	sqlite3 elsewhere/renamed.db "SELECT DISTINCT
		substr(entry, instr(entry, '\''Schemastore-Db: '\''), 60)
		FROM schemastore_ledger" | grep -c "Schemastore-Db" >out
	echo 1 >want
	test_cmp want out
'

test_expect 'baseline, drift and what is refused are as ever' '
	sqlite3 old.db "CREATE TABLE a (x)"
	test_must_fail code=3 schemastore upgrade sqlite:old.db
	schemastore baseline -q sqlite:old.db HEAD~2
	schemastore upgrade -q sqlite:old.db
	sqlite3 old.db "CREATE TABLE drift (x)"
	cp old.db before.db
	test_must_fail code=3 schemastore downgrade --yes sqlite:old.db
	cmp before.db old.db
	schemastore baseline -q --restored sqlite:app.db
	store_sums >after
	test_cmp before after
'

test_expect 'a ledger of another project is refused' '
	cp app.db nothing.db
	schemastore downgrade --yes -q sqlite:nothing.db 3
	mkdir "$TMPDIR/other"
	cp schema.sql app.db nothing.db "$TMPDIR/other"
	cd "$TMPDIR/other"
	SCHEMASTORE_AUTHOR_NAME=Other schemastore init -q
	schemastore commit -q -m three
	schemastore config schemastore.mirror none
	cp app.db before.db
	test_must_fail code=3 schemastore upgrade sqlite:app.db
	cmp before.db app.db
	test_must_fail code=3 schemastore upgrade sqlite:nothing.db 2>err
	test_grep "belongs to another project" err
'

test_expect 'a database of its own word keeps one' '
	schemastore upgrade -q kept HEAD~1
	test -f .schemastore/refs/schemastore/ledger/kept
	schemastore config --unset database.kept.mirror
	schemastore upgrade -q kept
	schemastore config database.kept.mirror keep
	test_must_fail code=3 schemastore downgrade --yes kept 2>err
	test_grep "changed from another copy" err
	test_grep "^hint: .*schemastore.mirror to none" err
	schemastore config database.kept.mirror none
	schemastore downgrade --yes -q kept
'

test_expect 'a mirror that is there must not be ahead' '
	schemastore upgrade -q kept
	schemastore config database.kept.mirror keep
	rm -f kept.db .schemastore/refs/schemastore/ledger/kept
	schemastore upgrade -q kept HEAD~1
	cp kept.db earlier.db
	schemastore upgrade -q kept
	cp earlier.db kept.db
	schemastore config database.kept.mirror none
	test_must_fail code=3 schemastore upgrade kept 2>err
	test_grep "lacks entries that the store has seen" err
'

test_expect 'nothing else is a value' '
	schemastore config schemastore.mirror no
	test_must_fail code=2 schemastore status sqlite:app.db 2>err
	test_grep "schemastore.mirror is .no.$" err
	test_grep "^hint: it is keep or none$" err
'

test_expect 'a store that cannot be written says what to do' '
	schemastore config schemastore.mirror keep
	rm -f .schemastore/schemastore.lock
	chmod -R a-w .schemastore
	mkdir users
	cp "$builddir/schemastore" program
	chmod 755 "$(dirname "$PWD")" program
	chmod 777 users
	test_must_fail code=5 somebody upgrade sqlite:users/new.db 2>err
	test_grep "^hint: .*schemastore.mirror to none" err
	test_not test -f users/new.db
	schemastore config schemastore.mirror none
	somebody upgrade sqlite:users/new.db
	somebody downgrade --yes sqlite:users/new.db
	somebody upgrade sqlite:users/new.db
	schemastore status sqlite:users/new.db >out
	test_grep "at the tip$" out
	chmod -R u+w .schemastore
'

test_done
