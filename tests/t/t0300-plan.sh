#!/bin/sh
# plan: the SQL, and nothing else on stdout.
. "${srcdir:?}/tests/t/lib.sh"

cat >old.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT, note TEXT);
CREATE TABLE gone (a);
END
cat >new.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY,
  author INTEGER REFERENCES users (id));
END

test_expect 'two files, without any store' '
	schemastore plan --engine sqlite old.sql new.sql >up.sql 2>err
	test ! -s err
	test ! -d .schemastore
	head -n 1 up.sql >first
	test_grep "^-- not proven$" first
	test_grep "^\.bail on$" up.sql
	test_grep "^BEGIN IMMEDIATE;$" up.sql
	tail -n 1 up.sql >last
	test_grep "^COMMIT;$" last
'

test_expect 'sqlite3 runs it as it stands' '
	sqlite3 a.db <old.sql
	sqlite3 a.db "INSERT INTO users VALUES (7, \"x\", \"y\")"
	sqlite3 a.db <up.sql >out
	test ! -s out
	schemastore diff --exit-code a.db new.sql
	sqlite3 a.db "SELECT id, mail FROM users" >out
	echo "7|x" >want
	test_cmp want out
'

test_expect 'a statement that fails leaves the database alone' '
	sqlite3 b.db <old.sql
	sqlite3 b.db "INSERT INTO users VALUES (7, NULL, \"y\")"
	cp b.db before.db
	test_not sqlite3 b.db <up.sql
	schemastore diff --exit-code b.db old.sql
'

test_expect 'hazards are comments, and refuse nothing' '
	test_grep "^-- hazard drops-table: table gone: " up.sql
	test_grep "^-- hazard drops-column: column users.note: " up.sql
	test_grep "^-- hazard new-not-null: column users.mail: " up.sql
	schemastore plan --allow-data-loss old.sql new.sql >same.sql
	test_cmp up.sql same.sql
'

test_expect '--down: the way back' '
	schemastore plan --down old.sql new.sql >down.sql
	sqlite3 a.db <down.sql
	schemastore diff --exit-code a.db old.sql
	sqlite3 a.db "SELECT id, mail FROM users" >out
	test_cmp want out
'

test_expect '--prove' '
	schemastore plan --prove old.sql new.sql >out
	test_not grep "not proven" out
	grep -v "not proven" up.sql >want
	test_cmp want out
'

test_expect 'the same schema: a comment, and no statement' '
	schemastore plan old.sql old.sql >out
	test_grep "^-- nothing to do" out
	test_not grep -v "^--" out
	schemastore plan - - >out
	test_not grep -v "^--" out
'

test_expect 'a rename is not assumed, and said in a comment' '
	sed "s/mail TEXT/email TEXT/" old.sql >renamed.sql
	schemastore plan old.sql renamed.sql >out
	test_grep "^-- .*--rename users.mail=email" out
	test_grep "drops-column: column users.mail" out
	schemastore plan --no-rename old.sql renamed.sql >out
	test_not grep "\-\-rename" out
	schemastore plan --rename users.mail=email old.sql renamed.sql >out
	test_grep "^ALTER TABLE users RENAME COLUMN mail TO email;$" out
	test_not grep "drops-column" out
'

test_expect 'a name cannot become SQL' '
	printf "CREATE TABLE \"a\nDROP TABLE users; --\" (x);\n" >evil.sql
	schemastore plan evil.sql - >out
	sqlite3 evil.db <evil.sql
	sqlite3 evil.db "CREATE TABLE users (a)"
	sqlite3 evil.db <out
	sqlite3 evil.db .tables >out
	test_grep "^users *$" out
'

test_expect 'versions, and the only database' '
	cp old.sql schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m one
	schemastore upgrade -q
	cp new.sql schema.sql
	schemastore commit -q --no-rename -m two
	schemastore plan HEAD~1 HEAD >one
	schemastore plan @dev HEAD >two
	schemastore plan HEAD >three
	test_cmp one two
	test_cmp one three
	test_not grep "not proven" one
	schemastore plan HEAD~1 HEAD --down >down
	schemastore plan HEAD HEAD~1 >back
	test_cmp back down
'

test_expect 'plan and upgrade come to the same schema and rows' '
	sqlite3 app.db "INSERT INTO users VALUES (1, \"x\", \"y\")"
	cp app.db hand.db
	sqlite3 hand.db <one
	schemastore upgrade -q --allow-data-loss
	schemastore diff --exit-code app.db hand.db
	sqlite3 app.db "SELECT * FROM users" >out
	sqlite3 hand.db "SELECT * FROM users" >want
	test_cmp want out
'

test_expect 'between versions nothing is taken for a rename' '
	schemastore branch gone
	schemastore checkout -q gone
	echo "CREATE TABLE other (x);" >schema.sql
	schemastore commit -q --no-rename -m gone
	cp new.sql schema.sql
	schemastore commit -q --no-rename -m again
	schemastore plan HEAD~2 HEAD >out
	test_grep "DROP TABLE users" out
	test_not grep -e "--rename" out
	schemastore plan HEAD~3 HEAD~2 >out
	test_not grep -e "--rename" out
	schemastore checkout -q main
'

test_expect '--json' '
	schemastore plan --json old.sql new.sql >out
	python3 -c "
import json
p = json.load(open(\"out\"))
assert p[\"engine\"] == \"sqlite\"
codes = {h[\"code\"] for s in p[\"statements\"] for h in s[\"hazards\"]}
assert {\"drops-table\", \"drops-column\", \"new-not-null\"} <= codes, codes"
'

test_expect 'an engine that is not known' '
	test_must_fail code=2 schemastore plan --engine oracle - - 2>err
	test_grep "engine .oracle. is not known" err
'

test_done
