#!/bin/sh
# upgrade and downgrade: a database goes to a version, or stays as it was.
. "${srcdir:?}/tests/t/lib.sh"

# The database's schema and rows, without the ledger.
content () {
	sqlite3 "$1" .dump | grep -v "schemastore_"
}

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one

test_expect 'the file is made' '
	schemastore upgrade >out
	test_grep "^dev: nothing -> [0-9a-f]* one$" out
	test_grep "^done: 1 statement" out
	test -f app.db
	schemastore drift
'

test_expect 'again: nothing to do' '
	cp app.db before.db
	schemastore upgrade >out
	test_grep "^dev is at [0-9a-f]* one already$" out
	cmp before.db app.db
'

test_expect '--dry-run runs it on a copy' '
	sqlite3 app.db "INSERT INTO users VALUES (1, \"ann\"), (2, \"bob\")"
	echo "CREATE TABLE posts (a UNIQUE);" >>schema.sql
	schemastore commit -q -m two
	cp app.db before.db
	schemastore upgrade --dry-run >out
	test_grep "^dry run: it works" out
	cmp before.db app.db
	schemastore upgrade -n sqlite:none.db >out
	test ! -f none.db
'

test_expect 'what loses rows is refused, with the number' '
	schemastore upgrade -q
	sed -i "s/, mail TEXT//" schema.sql
	schemastore commit -q -m three
	cp app.db before.db
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "^schemastore: column users.mail: .*(2 rows)$" err
	test_grep "^hint: add --park" err
	test_must_fail code=3 schemastore upgrade --yes
	test_must_fail code=3 schemastore upgrade --dry-run
	cmp before.db app.db
	schemastore upgrade --allow-data-loss >out
	test_grep "drops-column: column users.mail" out
	sqlite3 app.db "SELECT * FROM users" >out
	printf "1\n2\n" >want
	test_cmp want out
'

test_expect 'what would lose no row is not refused' '
	echo "CREATE TABLE empty (a);" >>schema.sql
	schemastore commit -q -m four
	schemastore upgrade -q
	schemastore downgrade -q --yes
'

test_expect 'rows that do not fit are counted before anything runs' '
	sqlite3 app.db "INSERT INTO posts VALUES (NULL), (NULL), (3)"
	sed -i "s/posts (a UNIQUE)/posts (a UNIQUE NOT NULL)/" schema.sql
	schemastore commit -q --no-rename -m five
	cp app.db before.db
	test_must_fail code=3 schemastore upgrade --allow-data-loss 2>err
	test_grep "^schemastore: column posts.a: 2 rows without a value" err
	test_grep "^hint: put the rows right first" err
	cmp before.db app.db
	sqlite3 app.db "DELETE FROM posts WHERE a IS NULL"
	schemastore upgrade -q
'

test_expect 'one argument: a database, else a version' '
	schemastore upgrade dev >out
	test_grep "already$" out
	schemastore tag first HEAD~4
	schemastore upgrade sqlite:second.db first -q
	schemastore status sqlite:second.db >out
	test_grep "4 versions behind$" out
	test_must_fail code=2 schemastore upgrade nothing 2>err
	test_grep "nothing" err
	test_must_fail code=2 schemastore upgrade nothing HEAD 2>err
	test_grep "^hint: configured: dev" err
'

test_expect 'a path and a name are the same database' '
	schemastore upgrade app.db >out
	test_grep "^dev is at " out
	schemastore upgrade sqlite:app.db >out
	test_grep "^dev is at " out
	schemastore upgrade "sqlite:$PWD/app.db" >out
	test_grep "^dev is at " out
'

test_expect 'downgrade asks: --yes where nobody is there' '
	cp app.db before.db
	test_must_fail code=3 schemastore downgrade 2>err
	test_grep "^hint: add --yes" err
	cmp before.db app.db
	schemastore downgrade --yes >out
	test_grep "^dev: [0-9a-f]* five -> [0-9a-f]* four$" out
	sqlite3 app.db "SELECT * FROM posts" >out
	echo 3 >want
	test_cmp want out
'

test_expect 'downgrade by steps and to a version' '
	schemastore downgrade dev 2 --yes -q --allow-data-loss
	schemastore status >out
	test_grep "two, 3 versions behind" out
	schemastore upgrade -q --allow-data-loss
	schemastore downgrade first --yes -q --allow-data-loss
	schemastore status >out
	test_grep "one, 4 versions behind" out
	schemastore upgrade -q --allow-data-loss
	schemastore downgrade 3 --yes -q --allow-data-loss
	schemastore status >out
	test_grep "two, 3 versions behind" out
	test_must_fail code=2 schemastore downgrade dev 9 --yes 2>err
	test_grep "cannot go back 9 versions: from .two. back to nothing" err
	test_grep "^hint: .schemastore downgrade dev 2. takes it back" err
	test_must_fail code=2 schemastore downgrade dev 0
	test_must_fail code=2 schemastore downgrade dev first~1 2>err
	test_grep "no version .first~1.: there is no version before" err
'

test_expect 'all the way back to nothing, and up again' '
	schemastore downgrade dev 2 --yes --allow-data-loss >out
	test_grep "two -> nothing$" out
	schemastore inspect >out
	test ! -s out
	test_must_fail code=2 schemastore downgrade --yes 2>err
	test_grep "database .dev. is at nothing: there is no version to" err
	test_grep "^hint: .schemastore upgrade dev. takes it to a" err
	: >empty.db
	test_must_fail code=2 schemastore downgrade --yes sqlite:empty.db 2>err
	test_grep "empty.db. is at nothing" err
	sqlite3 objects.db "CREATE TABLE t (a)"
	test_must_fail code=2 schemastore downgrade --yes sqlite:objects.db \
		2>err
	test_grep "has objects, but no ledger" err
	test_grep "^hint: .*schemastore baseline sqlite:objects.db" err
	schemastore upgrade -q
	schemastore drift
	schemastore history >out
	test "$(grep -c " ok " out)" -ge 8
'

test_expect 'drift stops both ways' '
	sqlite3 app.db "CREATE INDEX by_hand ON users (id)"
	test_must_fail code=1 schemastore drift >out
	test_grep "^  + index by_hand$" out
	cp app.db before.db
	echo "CREATE TABLE more (a);" >>schema.sql
	schemastore commit -q -m six
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "table .users.: index .by_hand. should not be there$" err
	test_grep "^hint: .*schemastore drift dev" err
	test_must_fail code=3 schemastore downgrade --yes --allow-data-loss
	cmp before.db app.db
	sqlite3 app.db "DROP INDEX by_hand"
	schemastore drift >out
	test_grep "^dev has the schema of [0-9a-f]* five$" out
	schemastore upgrade -q
'

test_expect 'user_version, application_id and foreign tables stay' '
	sqlite3 app.db "PRAGMA user_version = 77"
	sqlite3 app.db "PRAGMA application_id = 99"
	schemastore downgrade -q --yes
	schemastore upgrade -q
	sqlite3 app.db "PRAGMA user_version" >out
	sqlite3 app.db "PRAGMA application_id" >>out
	printf "77\n99\n" >want
	test_cmp want out
'

test_expect 'ignored tables are neither read nor touched' '
	schemastore config --add sqlite.ignore bookkeeping
	sqlite3 kept.db "CREATE TABLE bookkeeping (a)"
	schemastore inspect kept.db >out
	test ! -s out
	schemastore config --unset sqlite.ignore
'

test_expect '--json' '
	schemastore downgrade --yes --json >out
	python3 -c "
import json
a = json.load(open(\"out\"))
assert a[\"changed\"] is True and a[\"database\"] == \"dev\"
assert a[\"from\"][\"subject\"] == \"six\"
assert a[\"to\"][\"subject\"] == \"five\"
assert a[\"plan\"][\"statements\"][0][\"sql\"] == \"DROP TABLE more\""
	schemastore upgrade --json -q >out
	schemastore upgrade --json >out
	test_grep "\"changed\": false" out
'

test_expect 'parent, child, trigger and view keep every row' '
	mkdir family
	cd family
	cat >schema.sql <<-\END
	CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
	CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL
	  REFERENCES parent (id) ON DELETE CASCADE);
	CREATE INDEX child_parent ON child (parent);
	CREATE TRIGGER noted AFTER DELETE ON parent BEGIN
	  SELECT raise(ABORT, "a parent was deleted");
	END;
	CREATE VIEW families AS SELECT p.name, c.id
	  FROM parent AS p JOIN child AS c ON c.parent = p.id;
	END
	cp schema.sql "$TMPDIR/family.sql"
	sed "s/name TEXT/name TEXT NOT NULL CHECK (name <> 0)/" schema.sql >new
	cp new schema.sql
	cd ..
	cp "$TMPDIR/family.sql" schema.sql
	schemastore commit -q --no-rename -m family
	schemastore upgrade -q sqlite:family.db
	sqlite3 family.db "INSERT INTO parent VALUES (1, 10), (2, 20)"
	sqlite3 family.db "INSERT INTO child VALUES (5, 1), (6, 1), (7, 2)"
	cp family/schema.sql schema.sql
	schemastore commit -q -m "names are needed"
	schemastore upgrade sqlite:family.db >out
	test_grep "rebuilds-table: table parent" out
	sqlite3 family.db "SELECT id FROM child" >out
	printf "5\n6\n7\n" >want
	test_cmp want out
	sqlite3 family.db "SELECT count(*) FROM families" >out
	test_grep "^3$" out
	sqlite3 family.db "SELECT name FROM sqlite_master" >out
	test_grep "^child_parent$" out
	test_grep "^noted$" out
	test_not sqlite3 family.db "DELETE FROM parent"
'

test_done
