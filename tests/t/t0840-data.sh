#!/bin/sh
# Data steps: SQL by hand on an edge, and its way back; once on whatever way.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

rows () {
	sqlite3 "$1.db" "$2" | paste -s -d, -
}

step () {
	printf '%s\n' "$2" >"$1.sql"
}

# A table of people, and two rows.
people () {
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE p (id INTEGER PRIMARY KEY, first TEXT NOT NULL,
		last TEXT NOT NULL);" >schema.sql
	schemastore init -q --database dev=sqlite:dev.db
	schemastore commit -q -m people
	schemastore upgrade -q dev
	sqlite3 dev.db "INSERT INTO p VALUES (1, 'ann', 'lee'), (2, 'bo', 'xi')"
	step up "UPDATE p SET name = first || ' ' || last"
	step down "UPDATE p SET first = substr(name, 1, instr(name, ' ') - 1),
		last = substr(name, instr(name, ' ') + 1)"
}

one_name () {
	echo "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL);" \
		>schema.sql
	schemastore commit -q -m name --no-rename --data "$@"
}

test_expect 'expand, fill and contract are one edge, up and down' '
	people
	one_name fill=up.sql:down.sql
	schemastore upgrade -q --allow-data-loss dev
	test "$(rows dev "SELECT name FROM p")" = "ann lee,bo xi"
	schemastore downgrade -q --yes --allow-data-loss dev
	test "$(rows dev "SELECT first || last FROM p")" = "annlee,boxi"
	schemastore drift -q dev
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'the ledger has the step, and which way it ran' '
	people
	one_name fill=up.sql:down.sql
	schemastore upgrade -q --allow-data-loss dev
	schemastore downgrade -q --yes --allow-data-loss dev
	id=$(git -C .schemastore show HEAD:edge/0/sqlite.steps |
		sed -n "s/^within 1 fill id=//p")
	git -C .schemastore log --format=%B refs/schemastore/ledger/dev >log
	test_grep "^Schemastore-Step: $id up$" log
	test_grep "^Schemastore-Step: $id down$" log
'

test_expect 'show names it' '
	people
	one_name fill=up.sql
	schemastore show >out
	test_grep "^+ data step fill (no way back)$" out
	schemastore show --json >json
	test_grep "\"name\": \"fill\"" json
	test_grep "\"reversible\": false" json
'

test_expect 'a printed script has the same effect' '
	people
	one_name fill=up.sql:down.sql
	schemastore plan HEAD~1 HEAD >up
	schemastore plan HEAD HEAD~1 >down
	schemastore plan dev HEAD >live
	cmp up live
	sqlite3 dev.db <up
	test "$(rows dev "SELECT name FROM p")" = "ann lee,bo xi"
	sqlite3 dev.db <down
	test "$(rows dev "SELECT last FROM p")" = "lee,xi"
'

test_expect 'between is the default; after finds no old column, before no new' '
	people
	for when in before after
	do
		step $when "-- schemastore: $when
UPDATE p SET name = first"
		test_must_fail one_name fill=$when.sql 2>err
		test_grep "data step fill: .*no such column" err
		schemastore log >log
		test "$(wc -l <log)" -lt 8
	done
'

test_expect 'without a way back one does not go below it' '
	people
	one_name fill=up.sql
	schemastore upgrade -q --allow-data-loss dev
	test_must_fail code=3 schemastore downgrade --yes --allow-data-loss \
		dev 2>err
	test_grep "name.*: data step fill has no way back" err
	test "$(rows dev "SELECT name FROM p")" = "ann lee,bo xi"
'

test_expect 'nothing to undo: the way back goes on without it' '
	people
	step note "UPDATE p SET last = upper(last)"
	schemastore commit -q -m shout --data shout=note.sql:
	schemastore upgrade -q dev
	test "$(rows dev "SELECT last FROM p")" = LEE,XI
	schemastore downgrade -q --yes dev
	test "$(rows dev "SELECT last FROM p")" = LEE,XI
	schemastore upgrade -q dev
'

test_expect 'what it requires is looked at before, what it ensures behind' '
	people
	step few "-- schemastore: require SELECT count(*) > 2 FROM p
UPDATE p SET last = 1"
	schemastore commit -q -m few --data few=few.sql:
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "few: .*what it requires is not true: SELECT count" err
	sqlite3 dev.db "INSERT INTO p VALUES (3, 1, 1)"
	schemastore upgrade -q dev
	step none "-- schemastore: ensure SELECT count(*) = 0 FROM p
UPDATE p SET last = 2"
	schemastore commit -q -m none --data none=none.sql:
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "none: .*what it ensures is not true: SELECT count" err
	test "$(rows dev "SELECT last FROM p")" = 1,1,1
'

test_expect 'it cannot leave its transaction, nor touch what is ours' '
	people
	while read -r text
	do
		step bad "$text"
		test_must_fail schemastore commit -m bad \
			--data bad=bad.sql 2>err
		test_grep "data step bad: " err
	done <<-\EOT
	COMMIT
	SELECT 1; ROLLBACK
	SAVEPOINT x
	ATTACH "x.db" AS x
	PRAGMA user_version = 5
	DELETE FROM schemastore_ledger
	SELECT 1; SELECT nope FROM p
	-- schemastore: later
	EOT
	test ! -e x.db
'

test_expect 'the ledger itself is out of reach' '
	people
	name=$(rows dev "SELECT min(name) FROM sqlite_master
		WHERE type = \"trigger\"")
	step bad "DROP TRIGGER IF EXISTS $name"
	schemastore commit -q -m bad --data bad=bad.sql
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "data step bad: .*the ledger is schemastore" err
	schemastore status >out
'

test_expect 'tables of its own, while it runs' '
	people
	step temp "CREATE TEMP TABLE t (a); INSERT INTO t SELECT id FROM p;
		UPDATE p SET last = (SELECT count(*) FROM t); DROP TABLE t"
	schemastore commit -q -m temp --data temp=temp.sql
	schemastore upgrade -q dev
	test "$(rows dev "SELECT last FROM p")" = 2,2
'

test_expect 'rows without a parent: refused, and nothing has happened' '
	people
	echo "CREATE TABLE c (p INT REFERENCES p ON DELETE CASCADE);" \
		>>schema.sql
	schemastore commit -q -m child
	schemastore upgrade -q dev
	sqlite3 dev.db "INSERT INTO c VALUES (1)"
	step purge "DELETE FROM p WHERE id = 1"
	schemastore commit -q -m purge --data purge=purge.sql
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "purge: .*without a parent" err
	test "$(rows dev "SELECT count(*) FROM p")" = 2
'

test_expect 'what is counted on the way is counted there' '
	people
	step half "UPDATE p SET name = first WHERE id = 1"
	one_name half=half.sql
	test_must_fail code=3 schemastore upgrade --allow-data-loss dev 2>err
	test_grep "p.name: 1 rows without a value" err
	test "$(rows dev "SELECT first FROM p")" = ann,bo
	schemastore upgrade -q sqlite:fresh.db
	schemastore drift -q sqlite:fresh.db
'

test_expect 'plain edges around are one difference; each step runs once' '
	people
	echo "CREATE TABLE log (a);" >>schema.sql
	schemastore commit -q -m log
	step add "INSERT INTO log VALUES (1)"
	step del "DELETE FROM log WHERE a = 1"
	schemastore commit -q -m one --data one=add.sql:del.sql
	for t in a b c
	do
		echo "CREATE TABLE $t (a);" >>schema.sql
		schemastore commit -q -m $t
	done
	step add "INSERT INTO log VALUES (2)"
	step del "DELETE FROM log WHERE a = 2"
	schemastore commit -q -m two --data two=add.sql:del.sql
	echo "CREATE TABLE d (a);" >>schema.sql
	schemastore commit -q -m d
	schemastore plan --explain HEAD~7 HEAD >out
	test "$(grep -c "^-- runs data step" out)" = 2
	test "$(grep -c "^CREATE TABLE" out)" = 5
	schemastore upgrade -q dev
	test "$(rows dev "SELECT a FROM log")" = 1,2
	schemastore upgrade -q dev HEAD
	schemastore downgrade -q --yes dev HEAD~3
	test "$(rows dev "SELECT a FROM log")" = 1
	schemastore upgrade -q sqlite:new.db
	test "$(rows new "SELECT a FROM log")" = 1,2
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~6
	test "$(rows dev "SELECT a FROM log")" = ""
'

test_expect 'a database that is made anew loses nothing of anybody' '
	people
	echo "INSERT INTO p VALUES (9, 1, 1)" >seed.sql
	schemastore commit -q -m seed --data seed=seed.sql:
	one_name fill=up.sql
	schemastore upgrade -q sqlite:anew.db
	test "$(rows anew "SELECT name FROM p")" = "1 1"
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep "p.first: the column.s values are lost" err
'

test_expect 'a renamed column has its new name, a new key its columns' '
	people
	echo "CREATE TABLE p (uid TEXT NOT NULL PRIMARY KEY,
		forename TEXT NOT NULL, last TEXT NOT NULL,
		both TEXT NOT NULL UNIQUE);
	CREATE TRIGGER tr AFTER UPDATE ON p BEGIN SELECT 1; END;
	CREATE VIEW v AS SELECT both FROM p;" >schema.sql
	echo "UPDATE p SET uid = \"u\" || id, both = forename || last" >up.sql
	echo "UPDATE p SET id = substr(uid, 2)" >down.sql
	schemastore commit -q -m more --rename p.first=forename --no-rename \
		--data more=up.sql:down.sql
	schemastore upgrade -q --allow-data-loss dev
	test "$(rows dev "SELECT uid, both FROM p")" = "u1|annlee,u2|boxi"
	schemastore drift -q dev
	schemastore downgrade -q --yes --allow-data-loss dev
	test "$(rows dev "SELECT id, first FROM p")" = "1|ann,2|bo"
	schemastore drift -q dev
'

test_expect 'which step a foreign database has run is asked, not guessed' '
	people
	step note "UPDATE p SET last = upper(last)"
	schemastore commit -q -m shout --data shout=note.sql:
	cp schema.sql schema.sql.one
	sqlite3 other.db <schema.sql.one
	sqlite3 other.db "INSERT INTO p VALUES (1, \"ann\", \"lee\")"
	test_must_fail code=3 schemastore baseline sqlite:other.db 2>err
	test_grep "people. and .shout. have one schema, and data steps" err
	test_grep "^hint: name the version" err
	schemastore baseline -q sqlite:other.db HEAD~1
	schemastore upgrade -q sqlite:other.db
	test "$(rows other "SELECT last FROM p")" = LEE
'

test_expect 'two engines: a step for all, another one for one' '
	people
	step up "SELECT 1"
	step lite "SELECT 2"
	schemastore commit -q -m x --data a=up.sql --data a.sqlite=lite.sql
	git -C .schemastore show HEAD:edge/0/data/a.sqlite.up.sql >out
	test_grep "SELECT 2" out
	test_must_fail code=2 schemastore commit -m x --data a=up.sql \
		--data a=lite.sql 2>err
	test_grep "two data steps named" err
	for bad in a a= =up.sql a.nope=up.sql "a b=up.sql" a=nope.sql
	do
		test_must_fail schemastore commit -m x --data "$bad" 2>err
		test -s err
	done
'

test_expect 'a step that was changed in the store is found' '
	people
	one_name fill=up.sql:down.sql
	cd .schemastore
	git show HEAD:edge/0/data/fill.sqlite.up.sql >text
	echo "-- more" >>text
	blob=$(git hash-object -w text)
	GIT_INDEX_FILE=index.tmp git read-tree HEAD
	GIT_INDEX_FILE=index.tmp git update-index --cacheinfo \
		100644,$blob,edge/0/data/fill.sqlite.up.sql
	tree=$(GIT_INDEX_FILE=index.tmp git write-tree)
	git cat-file commit HEAD | sed "s/^tree .*/tree $tree/" >c
	git update-ref refs/heads/main "$(git hash-object -t commit -w c)"
	cd ..
	test_must_fail schemastore upgrade --allow-data-loss dev 2>err
	test_grep "its steps are not what its files say" err
	test_must_fail schemastore fsck >out
	test_grep "steps" out
'

test_done
