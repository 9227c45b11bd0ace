#!/bin/sh
# merge: two branches, a database with rows on either of them, and both arrive.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

# two BASE OURS THEIRS: a project with a branch each, and databases that stand
# there, with a row from before.  OLD=NEW in ours_rename is declared.
two () {
	rm -rf p
	mkdir p
	cd p
	printf "%s\n" "$1" >schema.sql
	schemastore init -q --database ours=sqlite:ours.db
	schemastore config database.theirs.url sqlite:theirs.db
	schemastore commit -q -m base
	schemastore branch -q topic
	schemastore upgrade -q ours
	schemastore upgrade -q theirs
	for db in ours theirs
	do
		sqlite3 $db.db "INSERT INTO t (id, a) VALUES (1, 'kept')"
	done
	printf "%s\n" "$2" >schema.sql
	# shellcheck disable=SC2086 # options
	schemastore commit -q -m ours --no-rename $ours_options
	schemastore upgrade -q --allow-data-loss ours
	schemastore checkout -q topic
	printf "%s\n" "$3" >schema.sql
	schemastore commit -q -m theirs --no-rename
	schemastore upgrade -q --allow-data-loss theirs
	schemastore checkout -q main
}

# Both databases come to the merged version, and are as it says.
arrive () {
	for db in ours theirs
	do
		schemastore upgrade -q --allow-data-loss $db
		schemastore drift -q $db
		sqlite3 $db.db "PRAGMA foreign_key_check" >out
		test ! -s out
	done
	schemastore fsck >out
	test_grep " 0 findings" out
}

columns () {
	sqlite3 "$1.db" "SELECT name || ' ' || type FROM pragma_table_info('$2')
		ORDER BY name" | paste -s -d, -
}

t='CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT'

test_expect 'both add a column' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	sqlite3 ours.db "UPDATE t SET b = 5"
	sqlite3 theirs.db "UPDATE t SET c = 6"
	schemastore merge topic >out
	test_grep "^merged: [0-9a-f]* Merge branch .topic.$" out
	test_grep "its source is the merged schema, printed" out
	git -C .schemastore show HEAD:source/schema.sql >text
	test_grep "c INT" text
	arrive
	for db in ours theirs
	do
		test "$(columns $db t)" = "a TEXT,b INT,c INT,id INTEGER"
	done
	test "$(sqlite3 ours.db "SELECT id, a, b, c FROM t")" = "1|kept|5|"
	test "$(sqlite3 theirs.db "SELECT id, a, b, c FROM t")" = "1|kept||6"
	git -C .schemastore log -1 --format=%P >parents
	test "$(wc -w <parents)" = 2
	schemastore downgrade -q --yes --allow-data-loss theirs topic
	test "$(columns theirs t)" = "a TEXT,c INT,id INTEGER"
	schemastore downgrade -q --yes --allow-data-loss ours HEAD~1
	test "$(columns ours t)" = "a TEXT,b INT,id INTEGER"
'

test_expect 'one renames a column, the other alters it' '
	ours_options="--rename t.a=z"
	two "$t);" "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT);" \
		"$t NOT NULL);"
	schemastore merge -q -m "both
why" topic
	schemastore log -n 1 >out
	test_grep "^ *both$" out
	test_grep "^ *why$" out
	arrive
	for db in ours theirs
	do
		test "$(sqlite3 $db.db "SELECT z FROM t")" = kept
		test "$(sqlite3 $db.db "SELECT \"notnull\" FROM
			pragma_table_info(\"t\") WHERE name = \"z\"")" = 1
	done
'

test_expect 'one drops what the other indexes' '
	two "$t, b INT);" "$t);" "$t, b INT); CREATE INDEX i ON t (b);"
	git -C .schemastore rev-parse HEAD >before
	test_must_fail code=4 schemastore merge topic >out 2>err
	test_grep "^meaning " out
	test_grep "no such column\|has no column" out
	test_grep "1 conflict; the merge is open" err
	test_grep "^hint: " err
	git -C .schemastore rev-parse HEAD >after
	test_cmp before after
'

test_expect 'one drops what the other refers to' '
	two "$t); CREATE TABLE p (id INTEGER PRIMARY KEY);" "$t);" \
		"$t); CREATE TABLE p (id INTEGER PRIMARY KEY);
		CREATE TABLE c (p INT REFERENCES p);"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^meaning foreign-key of table c: references$" out
	test_grep "is dropped on the other side" out
'

test_expect 'one drops what a view, a trigger, a key of the other needs' '
	two "$t, b INT UNIQUE, c INT);" "$t, b INT);" "$t, b INT UNIQUE, c INT);
		CREATE TABLE k (y INT REFERENCES t (b));
		CREATE VIEW v AS SELECT c FROM t;
		CREATE VIEW w AS SELECT c FROM v;
		CREATE VIEW fine AS SELECT b FROM t;
		CREATE VIEW none AS SELECT * FROM nowhere;
		CREATE TRIGGER tr AFTER INSERT ON k
			BEGIN UPDATE t SET c = 1; END;
		CREATE TRIGGER other AFTER UPDATE ON t
			BEGIN INSERT INTO k VALUES (NULL); END;"
	test_must_fail code=4 schemastore merge topic >out
	sed -n "/^meaning/{p;n;p;}" out >said
	cat >want <<-\END
	meaning view v
	  no such column: c
	meaning trigger tr on k
	  no such column: c
	meaning foreign-key of table k
	  foreign key mismatch - "k" referencing "t"
	END
	test_cmp want said
	echo "CREATE VIEW v AS SELECT b AS c FROM t;" >v.sql
	schemastore resolve -q v --sql v.sql
	schemastore resolve -q "tr on k" --ours
	echo "CREATE TABLE k (y INT);" >k.sql
	schemastore resolve -q k --sql k.sql
	schemastore merge -q --continue
	arrive
	test "$(sqlite3 ours.db "SELECT count(*) FROM w")" = 1
'

test_expect 'one renames what the other refers to' '
	ours_options="--rename p=q"
	two "$t); CREATE TABLE p (id INTEGER PRIMARY KEY);" \
		"$t); CREATE TABLE q (id INTEGER PRIMARY KEY);" \
		"$t); CREATE TABLE p (id INTEGER PRIMARY KEY);
		CREATE TABLE c (p INT REFERENCES p);"
	schemastore merge -q topic
	arrive
	sqlite3 ours.db .schema >sql
	test_grep "REFERENCES q" sql
'

test_expect 'both add a table, alike' '
	two "$t);" "$t); CREATE TABLE n (x INT);" "$t); CREATE TABLE n (x INT);"
	schemastore merge topic >out
	test_grep "^merged: " out
	test_not grep "printed" out
	arrive
'

test_expect 'both add a table, unlike, and one is chosen' '
	two "$t);" "$t); CREATE TABLE n (x INT);" "$t); CREATE TABLE n (y INT);"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^added/added table n$" out
	test_grep "^      column x$" out
	test_grep "^      column y$" out
	test_must_fail code=4 schemastore conflicts --json >json
	test_grep "\"type\": \"added/added\"" json
	schemastore merge --abort
	test_must_fail code=2 schemastore merge --ours n --theirs t topic 2>err
	test_grep "is in no conflict" err
	schemastore merge -q --theirs n topic
	arrive
	test "$(columns ours n)" = "y INT"
'

test_expect 'both change one view' '
	two "$t); CREATE VIEW v AS SELECT a FROM t;" \
		"$t); CREATE VIEW v AS SELECT a AS x FROM t;" \
		"$t); CREATE VIEW v AS SELECT a AS y FROM t;"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^altered/altered view v: as$" out
	test_grep "^  ours  *SELECT a AS x FROM t$" out
	test_grep "^  theirs  *SELECT a AS y FROM t$" out
	test_grep "^  base  *SELECT a FROM t$" out
	schemastore resolve "view v" --base
	schemastore merge -q --continue
	arrive
	test "$(sqlite3 ours.db "SELECT a FROM v")" = kept
'

test_expect 'a short key here, a long one that refers to it there' '
	two "$t, k VARCHAR(20));
		CREATE TABLE p (k VARCHAR(20) PRIMARY KEY);" \
		"$t, k VARCHAR(20));
		CREATE TABLE p (k VARCHAR(10) PRIMARY KEY);" \
		"$t, k VARCHAR(100) REFERENCES p);
		CREATE TABLE p (k VARCHAR(20) PRIMARY KEY);"
	schemastore merge -q topic
	arrive
	for db in ours theirs
	do
		test "$(columns $db t)" = \
			"a TEXT,id INTEGER,k VARCHAR(100)"
		test "$(columns $db p)" = "k VARCHAR(10)"
	done
'

test_expect 'one alters what the other drops' '
	two "$t, b INT);" "$t);" "$t, b TEXT);"
	test_must_fail code=4 schemastore merge topic >out
	test_grep "^altered/dropped column t.b$" out
	test_grep "^  ours  *(none)$" out
	schemastore resolve --theirs t.b
	schemastore merge -q --continue
	arrive
	test "$(columns ours t)" = "a TEXT,b TEXT,id INTEGER"
'

test_expect 'what depends on the order of columns is one of the sides' '
	two "$t);" "$t); CREATE VIEW v AS SELECT * FROM t;" "$t, c INT);"
	schemastore merge -q topic
	arrive
'

test_expect 'one drops the view that the order counts for, the other adds one' '
	two "$t); CREATE VIEW w AS SELECT * FROM t;" "$t);" \
		"$t); CREATE VIEW w AS SELECT * FROM t;
		CREATE VIEW v AS SELECT * FROM t;"
	schemastore merge -q topic
	arrive
'

test_expect 'forward, and nothing to do' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	schemastore checkout -q -b next
	echo "CREATE TABLE u (a);" >>schema.sql
	schemastore commit -q -m next --no-rename
	schemastore checkout -q main
	schemastore merge --dry-run next >out
	test_grep "^would be fast-forward to [0-9a-f]* next$" out
	schemastore log --oneline -n 1 main >log
	test_grep " ours$" log
	schemastore merge next >out
	test_grep "^fast-forward to [0-9a-f]* next$" out
	schemastore merge next >out
	test_grep "^already up to date$" out
	schemastore merge HEAD~1 >out
	test_grep "^already up to date$" out
	schemastore merge --json next >out
	test_grep "\"outcome\": \"up to date\"" out
'

test_expect 'a version of two parents, though it could go forward' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	schemastore checkout -q -b next
	echo "CREATE TABLE u (a);" >>schema.sql
	schemastore commit -q -m next --no-rename
	schemastore checkout -q main
	schemastore merge --no-ff next >out
	test_grep "^merged: [0-9a-f]* Merge branch .next.$" out
	schemastore upgrade -q --allow-data-loss ours
	schemastore drift -q ours
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'dry-run writes nothing' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	git -C .schemastore rev-parse HEAD >before
	schemastore merge --dry-run topic >out
	test_grep "^would be merged: Merge branch .topic.$" out
	git -C .schemastore rev-parse HEAD >after
	test_cmp before after
	schemastore checkout -q topic
	printf "%s\n" "$t, b TEXT, c INT);" >schema.sql
	schemastore commit -q -m more
	schemastore checkout -q main
	test_must_fail code=4 schemastore merge --dry-run topic >out
	test_grep "^added/added column t.b$" out
'

test_expect 'what cannot be merged' '
	two "$t);" "$t, b INT);" "$t, c INT);"
	test_must_fail code=2 schemastore merge topic main 2>err
	test_grep "more than one version to merge" err
	test_must_fail code=2 schemastore merge nothing
	test_must_fail code=2 schemastore merge
'

test_done
