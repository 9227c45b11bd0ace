#!/bin/sh
# Rows: what a rebuild must keep.
. "${srcdir:?}/tests/t/lib.sh"

cat >old.sql <<'END'
CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT,
  old TEXT);
CREATE INDEX parent_name ON parent (lower(name)) WHERE name IS NOT NULL;
CREATE TABLE child (id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES parent(id) ON DELETE CASCADE);
CREATE TABLE log (what TEXT);
CREATE TRIGGER parent_log AFTER UPDATE ON parent BEGIN
  INSERT INTO log VALUES ('parent ' || NEW.id);
END;
CREATE TRIGGER child_touches AFTER INSERT ON child BEGIN
  UPDATE parent SET name = name WHERE id = NEW.parent_id;
END;
CREATE VIEW names AS SELECT id, name FROM parent;
CREATE TABLE bare (a, b);
END
sed -e 's/name TEXT,/name VARCHAR(80) NOT NULL DEFAULT "none",/' \
	-e 's/  old TEXT)/  age INT CHECK (age > 0))/' \
	-e 's/bare (a, b)/bare (b NOT NULL, c TEXT)/' old.sql >new.sql

fill () {
	sqlite3 "$1" <old.sql
	sqlite3 "$1" "INSERT INTO parent (id, name) VALUES (1, 'a'), (7, 'b'),
		(9, 'c');
		DELETE FROM parent WHERE id = 9;
		INSERT INTO child VALUES (1, 1), (2, 1), (3, 7);
		DELETE FROM log;
		INSERT INTO bare (rowid, a, b) VALUES (5, 1, 2), (50, 3, 4);
		PRAGMA user_version = 77;
		PRAGMA application_id = 99;"
}

kept () {
	sqlite3 "$1" 'SELECT id, name FROM parent; SELECT * FROM child;
		SELECT count(*) FROM log; SELECT rowid, b FROM bare;
		SELECT seq FROM sqlite_sequence WHERE name = "parent";
		PRAGMA foreign_key_check; PRAGMA integrity_check;
		PRAGMA user_version; PRAGMA application_id'
	sqlite3 "$1" "SELECT type, name, tbl_name FROM sqlite_schema
		WHERE name NOT LIKE 'schemastore%'
		AND tbl_name NOT LIKE 'schemastore%' ORDER BY 1, 2"
}

test_expect 'a printed script keeps rows, children, counters, triggers' '
	fill one.db
	kept one.db >before
	schemastore plan old.sql new.sql >up.sql
	(echo "PRAGMA foreign_keys = ON;"; cat up.sql) >script.sql
	sqlite3 one.db <script.sql
	kept one.db >after
	test_cmp before after
	schemastore diff --exit-code one.db new.sql
'

test_expect 'and so it does on the way back' '
	schemastore plan new.sql old.sql >down.sql
	sqlite3 one.db <down.sql
	kept one.db >after
	test_cmp before after
	schemastore diff --exit-code one.db old.sql
'

test_expect 'upgrade does the same, and says what it loses' '
	cp old.sql schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m old
	fill app.db
	schemastore baseline >/dev/null
	kept app.db >before
	cp new.sql schema.sql
	schemastore commit -q --no-rename -m new
	sqlite3 app.db "UPDATE parent SET old = id; DELETE FROM log"
	test_must_fail code=3 schemastore upgrade >out 2>err
	test_grep "column parent.old: the column.s values are lost (2 rows)" out
	kept app.db >after
	test_cmp before after
	schemastore upgrade -q --allow-data-loss
	kept app.db >after
	test_cmp before after
	schemastore drift
'

test_expect 'the trigger, the index and the view work behind it' '
	sqlite3 app.db "INSERT INTO child VALUES (9, 7)"
	sqlite3 app.db "SELECT * FROM log" >out
	echo "parent 7" >want
	test_cmp want out
	sqlite3 app.db "SELECT count(*) FROM names" >out
	echo 2 >want
	test_cmp want out
	sqlite3 app.db "EXPLAIN QUERY PLAN SELECT 1 FROM parent
		WHERE lower(name) = 1 AND name IS NOT NULL" >out
	test_grep parent_name out
	sqlite3 app.db "INSERT INTO parent (name) VALUES (1); SELECT max(id)
		FROM parent" >out
	echo 10 >want
	test_cmp want out
'

test_expect 'statistics come back' '
	sqlite3 app.db ANALYZE
	sqlite3 app.db "SELECT tbl, idx FROM sqlite_stat1 ORDER BY 1, 2" >before
	schemastore downgrade -q --yes --allow-data-loss
	sqlite3 app.db "SELECT tbl, idx FROM sqlite_stat1 ORDER BY 1, 2" >after
	test_cmp before after
'

test_expect 'rows that break what is new are counted before it runs' '
	cat >schema.sql <<-END
	CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE,
	  need TEXT NOT NULL, n INT CHECK (n < 2));
	CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id TEXT);
	END
	schemastore init -q --database two=sqlite:two.db
	schemastore commit -q --no-rename -m narrow
	sqlite3 three.db "CREATE TABLE parent (id INTEGER PRIMARY KEY,
		name TEXT, n INT);
		INSERT INTO parent VALUES (1, 1, 5), (2, 1, 1)"
	schemastore plan sqlite:three.db HEAD >out
	test_grep "hazard new-not-null: column parent.need" out
	test_grep "hazard new-unique" out
	test_grep "hazard new-check" out
	test_must_fail sqlite3 three.db <out
	sqlite3 three.db "SELECT count(*) FROM parent" >out
	echo 2 >want
	test_cmp want out
'

test_expect 'a dry run leaves every byte as it was' '
	sha256sum app.db >before
	schemastore upgrade --dry-run --allow-data-loss dev HEAD~1 >out
	test_grep "^dry run: it works" out
	sha256sum app.db >after
	test_cmp before after
'

test_done
