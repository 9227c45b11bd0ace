#!/bin/sh
# Bad input: each has a message that says what to do, a documented exit code,
# and leaves store and database as they were.
. "${srcdir:?}/tests/t/lib.sh"

# refused CODE PATTERN COMMAND: it says so, and nothing has changed
refused () {
	cp app.db before.db
	rm -rf before.store
	cp -R .schemastore before.store
	code=$1
	pattern=$2
	shift 2
	test_must_fail "code=$code" "$@" >out 2>err
	head -n 1 err >first
	test_grep "^schemastore: .*$pattern" first
	cmp before.db app.db
	diff -r -x cache before.store .schemastore
}

hint () {
	test_grep "^hint: .*$1" err
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore upgrade -q
echo 'CREATE TABLE posts (id INTEGER PRIMARY KEY);' >>schema.sql
schemastore commit -q -m two

test_expect 'a missing database file' '
	for command in "inspect" "drift" "history" "downgrade --yes" \
		"baseline" "diff HEAD" "plan HEAD"
	do
		refused 2 "database .nofile.db. does not exist" \
			schemastore $command sqlite:nofile.db
		hint "schemastore upgrade. makes it"
		test ! -f nofile.db
	done
	refused 5 "nodir/x.db" schemastore upgrade sqlite:nodir/x.db
'

test_expect 'a locked database file' '
	command -v python3 >/dev/null || test_skip "there is no python3"
	mkfifo locked done
	python3 -c "
import sqlite3
c = sqlite3.connect(\"app.db\", isolation_level=None)
c.execute(\"BEGIN EXCLUSIVE\")
open(\"locked\", \"w\").close()
open(\"done\").read()" &
	cat locked
	test_must_fail code=3 schemastore upgrade --wait 0 >out 2>err
	test_grep "^schemastore: .*database .app.db. is locked" err
	hint "try again"
	echo >done
	wait
	schemastore upgrade -q --dry-run
'

test_expect 'a file that is not a database' '
	echo "these words are no database, however many of them" >text.db
	for command in "upgrade" "inspect" "drift" "history" "baseline" \
		"diff HEAD" "plan HEAD" "downgrade --yes"
	do
		refused 5 "text.db. is not an SQLite database" \
			schemastore $command sqlite:text.db
	done
	mkdir folder.db
	refused 2 "folder.db. is not a regular file" \
		schemastore upgrade sqlite:folder.db
	refused 2 "no database" schemastore upgrade ftp:x HEAD
	refused 2 "no path" schemastore upgrade sqlite: HEAD
	refused 2 ".:memory:. would be gone" schemastore upgrade sqlite::memory:
	refused 2 ".:memory:. would be gone" schemastore plan sqlite::memory: -
	hint "sqlite:PATH"
'

test_expect 'a database that is damaged' '
	cp app.db hurt.db
	printf "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX" |
		dd of=hurt.db bs=1 seek=100 conv=notrunc 2>/dev/null
	refused 5 "database .hurt.db. is damaged" \
		schemastore upgrade sqlite:hurt.db
	hint "integrity_check"
'

# sql EXPECTED TEXT: the error of a source
sql () {
	printf "$2" >bad.sql
	refused 5 "bad.sql:$1" schemastore commit -m bad bad.sql
	test_must_fail code=5 schemastore plan - bad.sql 2>err
	test_grep "^schemastore: bad.sql:$1" err
}

test_expect 'SQL that does not parse: file, line and column' '
	sql "4:13: near \",\"" \
		"CREATE TABLE a (id);\n\nCREATE TABLE b (\n  name TEXT,,\n);"
	sql "2:14: table a already exists" \
		"CREATE TABLE a (id);\nCREATE TABLE a (id);"
	sql "1:1: incomplete input" "CREATE TABLE a (id"
	sql "1:26: unrecognized token" "CREATE TABLE a (b CHECK (\047x"
	sql "2:3: no such table: x" "\n  INSERT INTO x VALUES (1);"
	sql " a NUL byte" "CREATE TABLE a (b);\\000"
	sql " a transaction is begun" "BEGIN;\nCREATE TABLE a (b);"
	sql "1:" "\\377\\376 garbage"
'

test_expect 'SQL that a source may not hold' '
	echo "ATTACH \"x.db\" AS y;" >bad.sql
	refused 3 "bad.sql:1:1: a source may not attach" \
		schemastore commit -m bad bad.sql
	test ! -f x.db
	echo "CREATE TABLE schemastore_mine (a);" >bad.sql
	refused 3 "bad.sql:1:1: names that begin with schemastore_" \
		schemastore commit -m bad bad.sql
'

test_expect 'what would be lost from a source without a word' '
	echo "CREATE TABLE a (b);" >lost.sql
	cp lost.sql bad.sql
	echo " ALTER TABLE a RENAME TO SchemaStore_y;" >>bad.sql
	refused 3 "bad.sql:2:2: names that begin with schemastore_" \
		schemastore commit -m bad bad.sql
	for what in "TEMP TABLE x (a)" "TEMPORARY VIEW x AS SELECT 1" \
		"TABLE temp.x (a)" "TEMP TABLE x AS SELECT 1" \
		"TEMP TRIGGER x AFTER INSERT ON a BEGIN SELECT 1; END" \
		"VIRTUAL TABLE temp.x USING fts5(b)"
	do
		cp lost.sql bad.sql
		echo "CREATE $what; CREATE TABLE c (d);" >>bad.sql
		refused 3 "bad.sql:2:1: a temporary object" \
			schemastore commit -m bad bad.sql
		hint "drop it in the same file"
	done
	echo "CREATE TEMP TABLE x (a);" >>lost.sql
	echo "INSERT INTO temp.x SELECT 1; DROP TABLE x;" >>lost.sql
	schemastore plan - lost.sql >out
	test_grep "^CREATE TABLE a (" out
'

test_expect 'what is no part of a schema is left out, and said once' '
	cat >rows.sql <<-\END
	PRAGMA foreign_keys = OFF;
	BEGIN;
	CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b);
	CREATE TRIGGER g AFTER INSERT ON a BEGIN DELETE FROM a; END;
	CREATE VIRTUAL TABLE f USING fts5(b);
	CREATE TABLE gone (a);
	DROP TABLE gone;
	CREATE TABLE copy AS SELECT * FROM a;
	ALTER TABLE a RENAME COLUMN b TO c;
	DELETE FROM sqlite_sequence;
	PRAGMA user_version;
	COMMIT;
	END
	schemastore plan - rows.sql >want 2>err
	test ! -s err
	cat >>rows.sql <<-\END
	-- these rows
	  INSERT INTO a VALUES (1, 2);
	UPDATE a SET c = 1;
	WITH w AS (SELECT 1) DELETE FROM a;
	PRAGMA user_version = 3;
	PRAGMA application_id = 4;
	END
	cat >said <<-\END
	note: rows.sql:14:3: rows are not part of a schema: left out
	note: rows.sql:17:1: user_version is not part of a schema: left out
	note: rows.sql:18:1: application_id is not part of a schema: left out
	END
	schemastore plan - rows.sql >out 2>err
	test_cmp said err
	test_cmp want out
	schemastore diff - rows.sql >out 2>err
	test_cmp said err
	schemastore diff -q - rows.sql >out 2>err
	test ! -s err
	cp -R .schemastore kept
	schemastore commit -m rows --no-rename rows.sql >out 2>err
	test_cmp said err
	rm -rf .schemastore
	mv kept .schemastore
'

test_expect 'a source that is not there' '
	refused 2 "no such file .none.sql" schemastore commit -m x none.sql
	mkdir nosql
	refused 2 "no .sql file in folder .nosql" \
		schemastore commit -m x nosql
'

test_expect 'an empty schema' '
	: >empty.sql
	refused 3 "the source is empty" schemastore commit -m x empty.sql
	hint "add --allow-empty"
	schemastore commit -q -m empty --allow-empty empty.sql
	schemastore upgrade -q sqlite:empty.db
	schemastore drift sqlite:empty.db
	schemastore show --schema >out
	test ! -s out
	schemastore plan - empty.sql >out
	test_not grep -v "^--" out
	schemastore commit -q -m "full again"
	schemastore upgrade -q sqlite:empty.db
'

test_expect 'a circular foreign key' '
	cat >circle.sql <<-\END
	CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id));
	CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));
	END
	schemastore commit -q --no-rename -m circle circle.sql
	schemastore upgrade -q sqlite:circle.db
	sqlite3 circle.db "INSERT INTO a VALUES (1, 1)"
	sqlite3 circle.db "INSERT INTO b VALUES (1, 1)"
	sed "s/b INTEGER/b INTEGER NOT NULL/; s/a INTEGER/a INTEGER NOT NULL/" \
		circle.sql >tight.sql
	schemastore commit -q -m tight tight.sql
	schemastore upgrade -q sqlite:circle.db
	schemastore drift sqlite:circle.db
	sqlite3 circle.db "SELECT * FROM a, b" >out
	echo "1|1|1|1" >want
	test_cmp want out
	schemastore commit -q --no-rename -m back
'

test_expect 'a store that is not one' '
	mkdir -p "$TMPDIR/none/.schemastore"
	test_must_fail code=2 schemastore -C "$TMPDIR/none" status 2>err
	test_grep "^schemastore: .*is not a store$" err
	hint "run it again"
	mkdir "$TMPDIR/nothing"
	test_must_fail code=2 schemastore -C "$TMPDIR/nothing" status 2>err
	test_grep "^schemastore: there is no store" err
	hint "schemastore init"
'

test_expect 'a version that does not exist' '
	for command in "show nope" "show abcdef0" "show HEAD~99" "show @" \
		"upgrade dev nope" "downgrade dev nope --yes" "log nope" \
		"tag x nope" "branch x nope" "checkout -b x nope" \
		"blame users nope" "diff nope HEAD" "plan nope HEAD" \
		"show refs/schemastore/policy" "baseline dev nope" \
		"downgrade dev 99 --yes"
	do
		refused 2 "" schemastore $command
	done
	test_must_fail code=2 schemastore show nope 2>err
	test_grep "^schemastore: no version .nope." err
	hint "schemastore log"
'

test_expect 'a version that is ambiguous' '
	mkdir many
	n=0
	while test $n -lt 600
	do
		echo "CREATE TABLE t$n (a);" >many/$(printf %04d $n).sql
		n=$((n + 1))
	done
	schemastore -C many init -q
	SCHEMASTORE_DATE=1767225600
	SCHEMASTORE_AUTHOR_NAME=x
	SCHEMASTORE_AUTHOR_EMAIL=x
	export SCHEMASTORE_DATE SCHEMASTORE_AUTHOR_NAME SCHEMASTORE_AUTHOR_EMAIL
	mkdir "$TMPDIR/many"
	schemastore -C "$TMPDIR/many" init -q
	schemastore -C "$TMPDIR/many" commit -q --no-rename \
		--batch "$PWD/many"
	git --git-dir="$TMPDIR/many/.schemastore" rev-list HEAD |
		cut -c1-4 | sort | uniq -d | head -n 1 >twice
	test -s twice
	test_must_fail code=2 schemastore -C "$TMPDIR/many" \
		show "$(cat twice)" 2>err
	test_grep "^schemastore: .$(cat twice). is ambiguous$" err
	test_grep "^hint: it may be $(cat twice)[0-9a-f]*, $(cat twice)" err
'

# full COMMAND: no file can grow beyond 1 KiB, as on a disk that is full
full () {
	(
		trap "" XFSZ
		ulimit -f 2
		"$@"
	)
}

test_expect 'a full disk' '
	echo "CREATE TABLE big (" >big.sql
	n=0
	while test $n -lt 300
	do
		echo "  column_$n TEXT CHECK (column_$n <> $n)," >>big.sql
		n=$((n + 1))
	done
	echo "  last TEXT);" >>big.sql
	cp app.db before.db
	git --git-dir=.schemastore for-each-ref >before.refs
	test_must_fail code=5 full schemastore commit --no-rename -m x big.sql
	test_must_fail code=5 full schemastore upgrade
	test_must_fail code=5 full schemastore upgrade sqlite:full.db
	test_must_fail full schemastore gc
	cmp before.db app.db
	test ! -f full.db
	git --git-dir=.schemastore for-each-ref >refs
	test_cmp before.refs refs
	schemastore fsck
	schemastore upgrade -q --dry-run
	schemastore commit -q --no-rename -m x big.sql
'

test_expect 'a folder that cannot be written' '
	test "$(id -u)" -ne 0 || test_skip "root may write everywhere"
	chmod -R a-w .schemastore
	test_must_fail code=5 schemastore commit -m x --allow-empty 2>err
	test_grep "Permission denied" err
	test_must_fail code=5 schemastore upgrade
	schemastore status
	schemastore log >out
	chmod -R u+w .schemastore
	chmod a-w .
	test_must_fail code=5 schemastore upgrade sqlite:new.db
	chmod u+w .
	test ! -f new.db
'

test_expect 'two runners at once: one does it, none does harm' '
	schemastore upgrade -q
	n=0
	while test $n -lt 5
	do
		echo "CREATE TABLE more$n (a);" >>schema.sql
		schemastore commit -q -m "more $n"
		for runner in 1 2 3 4
		do
			{
				schemastore upgrade >out$runner 2>&1
				echo $? >rc$runner
			} &
		done
		wait
		cat rc[1-4] | sort -u >codes
		test_grep "^0$" codes
		test_not grep -v "^[03]$" codes
		schemastore drift
		schemastore status --check
		n=$((n + 1))
	done
	schemastore history >out
	test "$(grep -c "more [0-4]  ok " out)" -eq 5
	schemastore fsck
'

test_done
