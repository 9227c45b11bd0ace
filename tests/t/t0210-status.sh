#!/bin/sh
# status, heads and history: where everything stands.
. "${srcdir:?}/tests/t/lib.sh"

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db

test_expect 'before the first version' '
	schemastore status >out
	test_grep "^on branch main, no version yet$" out
	test_grep "schemastore commit -m" out
	test_must_fail code=2 schemastore log 2>err
	test_grep "^schemastore: there is no version yet$" err
	test_grep "^hint: make the first one" err
'

test_expect 'no database yet' '
	schemastore commit -q -m one
	schemastore status >out
	test_grep "^on branch main$" out
	test_grep "^at [0-9a-f]* one$" out
	test_grep "^source: as committed$" out
	test_grep "^database dev: no database yet$" out
	test ! -f app.db
	test_must_fail code=1 schemastore status --check
	schemastore heads >out
	test_grep "^[0-9a-f]* one$" out
'

test_expect 'at the tip' '
	schemastore upgrade -q
	schemastore status --check >out
	test_grep "^database dev: at the tip$" out
	schemastore heads >out
	test ! -s out
'

test_expect 'the source differs' '
	echo "CREATE TABLE posts (a);" >>schema.sql
	schemastore status >out
	test_grep "^source: 1 added$" out
	test_must_fail code=1 schemastore status --check
'

test_expect 'the text differs, and the schema does not' '
	cp schema.sql real.sql
	echo "CREATE  TABLE users (id integer PRIMARY KEY); -- x" >schema.sql
	schemastore status >out
	test_grep "^source: as committed$" out
	cp real.sql schema.sql
'

test_expect 'the source is missing' '
	rm schema.sql
	schemastore status >out
	test_grep "^source: .* is missing$" out
	cp real.sql schema.sql
'

test_expect 'behind, ahead, aside' '
	schemastore commit -q -m two
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* one, 1 version behind$" out
	echo "CREATE TABLE more (a);" >>schema.sql
	schemastore commit -q -m three
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* one, 2 versions behind$" out
	schemastore heads | sed "s/.* //" >out
	printf "two\nthree\n" >want
	test_cmp want out
	schemastore upgrade -q
	schemastore checkout -q -b old HEAD~1
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* three, 1 version ahead$" out
	echo "CREATE TABLE other (a);" >>schema.sql
	schemastore commit -q -m four
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* three, .* aside$" out
	schemastore checkout -q main
'

test_expect 'a database that has no ledger' '
	sqlite3 foreign.db "CREATE TABLE x (a)"
	schemastore status sqlite:foreign.db >out
	test_grep "^database foreign-[0-9a-f]*: no ledger" out
	schemastore history sqlite:foreign.db >out
	test_grep "has no ledger yet$" out
'

test_expect 'a database of another project' '
	mkdir "$TMPDIR/other"
	echo "CREATE TABLE alien (a);" >"$TMPDIR/other/schema.sql"
	schemastore -C "$TMPDIR/other" init -q
	schemastore -C "$TMPDIR/other" commit -q -m alien
	schemastore -C "$TMPDIR/other" upgrade -q sqlite:alien.db
	cp "$TMPDIR/other/alien.db" alien.db
	schemastore status sqlite:alien.db >out
	test_grep "belongs to another project$" out
	for command in upgrade downgrade drift heads "baseline --copied" \
		"baseline --restored" baseline
	do
		test_must_fail code=3 schemastore $command sqlite:alien.db 2>err
		test_grep "belongs to another project$" err
		test_grep "^hint: use that project" err
	done
	schemastore history sqlite:alien.db >out
	test_grep "(not in this store)" out
	cmp "$TMPDIR/other/alien.db" alien.db
'

test_expect '--json' '
	schemastore status --json >out
	python3 -c "
import json
s = json.load(open(\"out\"))
assert s[\"branch\"] == \"main\"
assert s[\"tip\"][\"subject\"] == \"three\"
d = s[\"databases\"][0]
assert d[\"name\"] == \"dev\" and d[\"at_tip\"] is True"
'

test_expect 'status does not need to start libgit2' '
	command -v strace >/dev/null || test_skip "there is no strace"
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
		strace -f -e trace=openat -o trace schemastore status >out
	test_not grep libgit2 trace
	test_not grep -E "schema/sqlite" trace
'

test_expect 'history: when, what, from where to where, how, who' '
	SCHEMASTORE_AUTHOR_NAME=Eve schemastore downgrade -q --yes
	schemastore history >out
	test_grep "the ledger begins$" out
	test_grep " apply  *nothing -> [0-9a-f]* one  ok  " out
	test_grep " apply  *[0-9a-f]* one -> [0-9a-f]* three  ok  " out
	tail -n 1 out >last
	test_grep "three -> [0-9a-f]* two  ok  Eve$" last
'

test_expect 'history --sql: the statements, too' '
	schemastore history --sql >out
	test_grep "^CREATE TABLE posts ($" out
	test_grep "^DROP TABLE more;$" out
'

test_done
