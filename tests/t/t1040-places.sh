#!/bin/sh
# Where columns stand, and under which names: what a version does not say.
. "${srcdir:?}/tests/t/lib.sh"

# version NAME: schema.sql, from standard input, becomes the next version.
version () {
	cat >schema.sql
	schemastore commit -q --no-input --no-rename -m "$1"
}

test_expect 'a column in the middle, then a trigger that counts places' '
	: >schema.sql
	schemastore init -q --database dev=sqlite:app.db
	echo "CREATE TABLE t (a, b);" | version one
	schemastore upgrade -q
	echo "CREATE TABLE t (a, c, b);" | version two
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO t (a, b, c) VALUES (1, 2, 3)"
	version three <<-END
	CREATE TABLE t (a, c, b);
	CREATE TABLE l (x, y, z);
	CREATE TRIGGER g AFTER INSERT ON l BEGIN
	  INSERT INTO t VALUES (new.x, new.y, new.z);
	END;
	CREATE VIEW v AS SELECT * FROM t;
	END
	schemastore plan HEAD~1 HEAD >script.sql
	cp app.db copy.db
	test_not sqlite3 copy.db <script.sql 2>err
	test_grep "columns stand in another order here" err
	schemastore upgrade
	schemastore drift
	sqlite3 app.db "INSERT INTO l VALUES (10, 30, 20)"
	sqlite3 app.db "SELECT a, b, c FROM t; SELECT * FROM v" >out
	printf "1|2|3\n10|20|30\n1|3|2\n10|30|20\n" >want
	test_cmp want out
	schemastore downgrade -q --yes --allow-data-loss
	schemastore drift
'

test_expect 'where the order is as it was, a script runs' '
	schemastore plan --engine sqlite - schema.sql >all.sql
	sqlite3 fresh.db <all.sql
	schemastore plan ./schema.sql fresh.db >out
	test_grep "^-- nothing to do" out
	echo "CREATE TABLE t (a, b);" >old.sql
	echo "CREATE VIEW v AS SELECT * FROM t;" | cat old.sql - >new.sql
	sqlite3 old.db <old.sql
	schemastore plan old.sql new.sql >up.sql
	sqlite3 old.db <up.sql
	schemastore diff --exit-code old.db new.sql
'

test_expect 'a column that was dropped and made again is another one' '
	rm -rf .schemastore schemastore.conf app.db
	schemastore init -q --source schema.sql --database dev=sqlite:app.db
	echo "CREATE TABLE t (a, b);" | version one
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO t VALUES (1, 2)"
	echo "CREATE TABLE t (b);" | version two
	echo "CREATE TABLE u (b, a TEXT);" >schema.sql
	schemastore commit -q --rename t=u -m three
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "column t.a: the column.s values are lost (1 row)" err
	schemastore upgrade -q --allow-data-loss
	sqlite3 app.db "SELECT b, a IS NULL FROM u" >out
	echo "2|1" >want
	test_cmp want out
'

test_expect 'swapped columns are counted under their own names' '
	rm -rf .schemastore schemastore.conf app.db
	schemastore init -q --source schema.sql --database dev=sqlite:app.db
	echo "CREATE TABLE t (a INT, b TEXT);" | version one
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO t VALUES (1, \"007\")"
	echo "CREATE TABLE t (b INT, a INT);" >schema.sql
	schemastore commit -q --rename t.a=b --rename t.b=a -m two
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "column t.a: values may be stored differently .*(1 row)" err
'

test_expect 'what a type loses is counted' '
	rm -rf .schemastore schemastore.conf app.db
	schemastore init -q --source schema.sql --database dev=sqlite:app.db
	version one <<-END
	CREATE TABLE t (r REAL, n, i INT);
	CREATE TABLE s (a ANY) STRICT;
	END
	schemastore upgrade -q
	sqlite3 app.db "INSERT INTO t VALUES (0.1 + 0.2, 5, 9007199254740993);
		INSERT INTO s VALUES (\"007\")"
	version two <<-END
	CREATE TABLE t (r TEXT, n TEXT, i REAL);
	CREATE TABLE s (a ANY);
	END
	test_must_fail code=3 schemastore upgrade >out 2>err
	test_grep "converts-type: column t.r: .*(1 row)" out
	test_grep "converts-type: column t.n: .*(1 row)" out
	test_grep "converts-type: column t.i: .*(1 row)" out
	test_grep "converts-type: column s.a: .*(1 row)" out
'

test_expect 'a new column holds in old rows what it holds in new ones' '
	cat >old.sql <<-END
	CREATE TABLE t (a);
	CREATE TABLE s (a INT) STRICT;
	END
	cat >new.sql <<-END
	CREATE TABLE t (a, b TEXT DEFAULT TRUE, c DEFAULT 1.0, d DEFAULT 5,
	  e TEXT DEFAULT -1.5e3, f REAL DEFAULT 1, g BLOB DEFAULT 5.);
	CREATE TABLE s (a INT, b REAL DEFAULT 1.5, c INT DEFAULT 7) STRICT;
	END
	sqlite3 d.db <old.sql
	sqlite3 d.db "INSERT INTO t VALUES (1); INSERT INTO s VALUES (1)"
	schemastore plan old.sql new.sql >up.sql
	sqlite3 d.db <up.sql
	sqlite3 d.db "INSERT INTO t (a) VALUES (1);
		INSERT INTO s (a) VALUES (1)"
	sqlite3 d.db "SELECT count(DISTINCT quote(b) || quote(c) || quote(d)
		|| quote(e) || quote(f) || quote(g)) FROM t;
		SELECT count(DISTINCT quote(b) || quote(c)) FROM s;
		PRAGMA integrity_check" >out
	printf "1\n1\nok\n" >want
	test_cmp want out
'

test_expect 'a string in an index that becomes a column' '
	cat >old.sql <<-END
	CREATE TABLE t (a);
	CREATE INDEX i ON t ("lit", a);
	END
	cat >new.sql <<-END
	CREATE TABLE t (a, lit DEFAULT 5);
	CREATE INDEX i ON t ("lit", a);
	END
	sqlite3 lit.db <old.sql
	sqlite3 lit.db "INSERT INTO t VALUES (1), (2)"
	schemastore plan --engine sqlite old.sql new.sql >up.sql
	sqlite3 lit.db <up.sql
	sqlite3 lit.db "PRAGMA integrity_check; SELECT * FROM t" >out
	printf "ok\n1|5\n2|5\n" >want
	test_cmp want out
'

test_expect 'a renamed table, though the connection has the old ALTER' '
	cat >old.sql <<-END
	CREATE TABLE p (id INTEGER PRIMARY KEY);
	CREATE TABLE c (p REFERENCES p);
	END
	sed "s/TABLE p/TABLE q/; s/REFERENCES p/REFERENCES q/" old.sql >new.sql
	sqlite3 l.db <old.sql
	schemastore plan --rename p=q old.sql new.sql >up.sql
	sqlite3 -cmd "PRAGMA legacy_alter_table = ON" l.db <up.sql
	schemastore diff --exit-code l.db new.sql
'

test_done
