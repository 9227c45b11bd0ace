#!/bin/sh
# What a change destroys is parked, and comes back.
. "${srcdir:?}/tests/t/lib.sh"

# begin: a project and a database at its first version, schema.sql.
begin () {
	rm -rf p
	mkdir p
	cd p
	cat >schema.sql
	schemastore init -q --engine sqlite --source schema.sql
	schemastore config database.dev.url sqlite:dev.db
	schemastore commit -q -m one
	schemastore upgrade -q dev
}

# next: schema.sql is another version.
next () {
	cat >schema.sql
	schemastore commit -q --no-rename -m "$1"
}

db () {
	sqlite3 dev.db "$1"
}

# rows: every value as it is stored; columns' order does not count.
rows () {
	for t in $(db "SELECT name FROM sqlite_schema WHERE type = 'table' AND
		name NOT LIKE 'schemastore%' ORDER BY name")
	do
		columns=$(db "SELECT group_concat(name, ', ') FROM
			(SELECT name FROM pragma_table_info('$t')
			ORDER BY name)")
		echo "$t ($columns)"
		sqlite3 -cmd ".mode quote" dev.db "SELECT $columns FROM \"$t\""
	done
}

everything () {
	begin <<-\SQL
	CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
		mail TEXT NOT NULL UNIQUE COLLATE NOCASE, any, r REAL,
		n NUMERIC CHECK (n > 0), twice AS (n * 2));
	CREATE INDEX by_any ON users (any) WHERE any IS NOT NULL;
	CREATE TABLE log (at TEXT, what BLOB);
	CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT,
		u INT NOT NULL REFERENCES users (id), n NUMERIC DEFAULT 5);
	CREATE TABLE plain (a, rowid TEXT, UNIQUE (a));
	CREATE TABLE w (k TEXT, v BLOB NOT NULL, PRIMARY KEY (k, v))
		WITHOUT ROWID;
	CREATE TABLE st (id INT PRIMARY KEY, a ANY, i INTEGER NOT NULL) STRICT;
	CREATE TRIGGER t1 AFTER UPDATE ON users
		BEGIN INSERT INTO log VALUES ('update', NEW.id); END;
	CREATE TRIGGER t2 AFTER INSERT ON counted
		BEGIN INSERT INTO log VALUES ('insert', NEW.id); END;
	CREATE VIEW v AS SELECT u.mail, c.n FROM users u JOIN counted c
		ON c.u = u.id;
	SQL
	db "INSERT INTO users VALUES (1, 'a', 'A@x', 1, 2, 3.50),
			(2, 'b', 'b@x', x'00ff', 1e300, NULL),
			(9, 'c', x'00', '12', -0.0, 'text');
		INSERT INTO counted (u, n) VALUES (1, 1.5), (2, NULL), (9, 'x');
		DELETE FROM counted WHERE id = 3;
		INSERT INTO plain VALUES (3, 1), (1, NULL), (NULL, 'x');
		UPDATE plain SET _rowid_ = 77 WHERE a = 3;
		INSERT INTO w VALUES ('a', x'01'), ('a', 2), ('b', '3');
		INSERT INTO st VALUES (1, 1.0, 1), (2, '1', 2);
		DELETE FROM log"
	next two <<-\SQL
	CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
	CREATE TABLE log (at TEXT, what BLOB);
	CREATE TABLE st (id INT PRIMARY KEY) STRICT;
	SQL
	rows >before
	db "SELECT _rowid_, a FROM plain; SELECT * FROM sqlite_sequence" \
		>numbers
	test_must_fail code=3 schemastore upgrade 2>err
	test_grep "add --park to keep it" err
	schemastore upgrade -q --park
	schemastore drift -q
	schemastore downgrade -q --yes
	schemastore drift -q
	rows >after
	test_cmp before after
	db "SELECT _rowid_, a FROM plain; SELECT * FROM sqlite_sequence" >now
	test_cmp numbers now
	test "$(db "PRAGMA integrity_check")" = ok
}
test_expect 'values of every kind, row numbers, counters; triggers rest' \
	everything

many () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB NOT NULL);
	SQL
	db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
			WHERE i < 100000)
		INSERT INTO t SELECT i * 3, CASE WHEN i % 7 THEN hex(i) END,
			randomblob(i % 40) FROM n"
	next two <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY);
	SQL
	sqlite3 -cmd ".mode quote" dev.db "SELECT id, v, b FROM t" >before
	schemastore upgrade -q --park
	schemastore parked >out
	test_grep "^1  column t\.b  100000 rows, [0-9.]* MiB  .* one$" out
	schemastore downgrade -q --yes
	sqlite3 -cmd ".mode quote" dev.db "SELECT id, v, b FROM t" >after
	cmp before after
}
test_expect '100,000 rows, byte for byte' many

stories () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT NOT NULL);
	CREATE TABLE nokey (a, b);
	CREATE TABLE loose (k TEXT PRIMARY KEY, v);
	SQL
	db "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');
		INSERT INTO nokey VALUES (1, 2);
		INSERT INTO loose VALUES (NULL, 1), ('a', 2)"
	next two <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT NOT NULL);
	CREATE TABLE nokey (a);
	CREATE TABLE loose (k TEXT PRIMARY KEY);
	SQL
	test_must_fail code=3 schemastore upgrade --park --allow-data-loss \
		2>err
	test_grep "column loose.v: 1 rows without a key" err
	db "DELETE FROM loose WHERE k IS NULL"
	test_must_fail code=3 schemastore upgrade --park 2>err
	test_grep "its table has no key that stays" err
	schemastore upgrade -q --park --allow-data-loss
	next three <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY);
	SQL
	schemastore upgrade -q --park
	cat >schema.sql <<-\SQL
	CREATE TABLE people (nr INTEGER PRIMARY KEY, mail TEXT);
	SQL
	schemastore commit -q -m four --rename t=people --rename t.id=nr
	schemastore upgrade -q
	db "INSERT INTO people VALUES (1, 'new'), (4, 'd')
		ON CONFLICT DO UPDATE SET mail = excluded.mail;
		DELETE FROM people WHERE nr = 2"
	test_must_fail code=3 schemastore downgrade --yes --park dev 3 2>err
	test_grep "column t.mail: 1 rows without a value" err
	db "DELETE FROM people WHERE nr = 4"
	schemastore downgrade -q --yes --park dev 3
	test "$(db "SELECT * FROM t" | paste -sd,)" = "1|a,3|c"
	test "$(db "SELECT * FROM loose" | paste -sd,)" = "a|2"
	schemastore upgrade -q --park --allow-data-loss dev
	test "$(db "SELECT * FROM people" | paste -sd,)" = "1|new,3|"
}
test_expect 'over renames, and a new one of the same name' stories

jump () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x', b, c);
	CREATE TABLE w (k INT PRIMARY KEY, note) WITHOUT ROWID;
	SQL
	db "INSERT INTO t VALUES (1, 'a', 2, 3), (7, NULL, x'00', -0.5);
		INSERT INTO w VALUES (5, NULL)"
	rows >one
	next two <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, c);
	CREATE TABLE w (j INT PRIMARY KEY) WITHOUT ROWID;
	SQL
	echo "CREATE TABLE z (id INTEGER PRIMARY KEY);" |
		next three
	schemastore upgrade -q --park
	test_must_fail code=3 schemastore downgrade --yes --park >out 2>err
	test_grep "column w\.k: the column's values are lost" err
	test_grep "no key that the copy has" err
	test_must_fail grep "w\.note" out
	schemastore downgrade -q --yes --allow-data-loss
	test "$(db "SELECT * FROM t" | paste -sd,)" = "1|3,7|-0.5"
	schemastore parked -q --drop restored
	db "UPDATE t SET c = 4 WHERE id = 1"
	schemastore downgrade -q --yes
	db "UPDATE t SET c = 3 WHERE id = 1; INSERT INTO w VALUES (5, NULL)"
	rows >out
	test_cmp one out
}
test_expect 'at once, and back step by step' jump

keys () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, n INT NOT NULL UNIQUE, a);
	CREATE TABLE c (k TEXT COLLATE NOCASE, a,
		PRIMARY KEY (k COLLATE BINARY));
	CREATE TABLE d (k TEXT COLLATE NOCASE, a,
		PRIMARY KEY (k COLLATE nocase));
	SQL
	db "INSERT INTO t VALUES (1, 10, 'a'), (5, 20, 'b');
		INSERT INTO c VALUES ('a', 1), ('A', 2);
		INSERT INTO d VALUES ('a', 1), ('b', 2)"
	rows >one
	next two <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, n INT NOT NULL UNIQUE);
	CREATE TABLE c (k TEXT COLLATE NOCASE, PRIMARY KEY (k COLLATE BINARY));
	CREATE TABLE d (k TEXT COLLATE NOCASE, PRIMARY KEY (k COLLATE nocase));
	SQL
	next three <<-\SQL
	CREATE TABLE t (n INT NOT NULL UNIQUE);
	CREATE TABLE c (k TEXT COLLATE NOCASE, PRIMARY KEY (k COLLATE BINARY));
	CREATE TABLE d (k TEXT COLLATE NOCASE, PRIMARY KEY (k COLLATE nocase));
	SQL
	test_must_fail code=3 schemastore upgrade --park dev HEAD~1 2>err
	test_grep "column c\.a: the column's values are lost" err
	schemastore upgrade -q --park --allow-data-loss dev HEAD~1
	schemastore upgrade -q --park
	schemastore downgrade -q --yes dev HEAD~2
	db "UPDATE c SET a = 1 WHERE k = 'a' COLLATE BINARY;
		UPDATE c SET a = 2 WHERE k = 'A' COLLATE BINARY"
	rows >out
	test_cmp one out
}
test_expect 'keys that went later, and that compare by another collation' keys

registry () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, a);
	SQL
	db "INSERT INTO t VALUES (1, 'a'), (5, 'b')"
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY);" |
		next two
	schemastore upgrade -q --park
	for bad in "keys = NULL" "keys = ''" "held = NULL" "n = 0" \
		"n = 9223372036854775807" "what = 'table'" "part = NULL"
	do
		cp dev.db good.db
		db "UPDATE schemastore_parked SET $bad"
		test_must_fail code=3 schemastore downgrade --yes 2>err
		test_grep "is not what schemastore wrote" err
		cp good.db dev.db
	done
}
test_expect 'a registry that somebody has edited' registry

data () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, first, last);
	CREATE TABLE gone (a PRIMARY KEY, t REFERENCES t (id));
	SQL
	db "INSERT INTO t VALUES (1, 'ann', 'lee'), (2, 'bo', 'xi');
		INSERT INTO gone VALUES ('x', 1), ('y', 2)"
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY, name);" >schema.sql
	echo "UPDATE t SET name = first || ' ' || last" >up.sql
	echo "UPDATE t SET first = upper(first)" >down.sql
	schemastore commit -q --no-rename -m two --data n=up.sql:down.sql
	schemastore upgrade -q --park
	test "$(db "SELECT * FROM t" | paste -sd,)" = "1|ann lee,2|bo xi"
	db "DELETE FROM t WHERE id = 2"
	test_must_fail code=3 schemastore downgrade --yes --park 2>err
	test_grep "rows whose parent does not exist" err
	db "INSERT INTO t VALUES (2, 'z')"
	schemastore downgrade -q --yes --park
	test "$(db "SELECT * FROM t" | paste -sd,)" = "1|ANN|lee,2|BO|xi"
	test "$(db "SELECT * FROM gone" | paste -sd,)" = "x|1,y|2"
	schemastore upgrade -q --park
	schemastore parked --json >out
	grep -c "\"node\"" out >n
	test "$(cat n)" = 7
	test_must_fail code=3 schemastore parked --no-input --drop all 2>err
	schemastore parked -q --drop restored
	schemastore parked >out
	test_not grep "brought back" out
	test_must_fail code=2 schemastore parked --drop 1 2>err
	test_must_fail code=2 schemastore parked --drop x 2>err
	schemastore parked -q --yes --drop all
	test "$(db "SELECT count(*) FROM sqlite_schema WHERE name LIKE
		'schemastore_parked_%'")" = 0
	schemastore parked >out
	test_grep "^dev has nothing parked$" out
}
test_expect 'beside data steps; parked --drop' data

dies () {
	begin <<-\SQL
	CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);
	CREATE TABLE u (x);
	SQL
	db "INSERT INTO t VALUES (1, 2, 3); INSERT INTO u VALUES (1)"
	echo "CREATE TABLE t (id INTEGER PRIMARY KEY);" |
		next two
	rows >one
	for at in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18
	do
		SS_FAULT=apply.statement:$at:kill \
			schemastore upgrade -q --park 2>err || :
		schemastore upgrade -q --park
		rows >out
		test_not grep "a, b" out
		SS_FAULT=apply.statement:$at:kill \
			schemastore downgrade -q --yes dev HEAD~1 2>err || :
		schemastore downgrade -q --yes dev HEAD~1
		rows >out
		test_cmp one out
	done
	schemastore parked >out
	schemastore upgrade -q --park
	SS_FAULT=parking.free:1:kill \
		schemastore parked --yes -q --drop all 2>err || :
	schemastore downgrade -q --yes
	rows >out
	test_cmp one out
}
test_expect 'killed between any two statements' dies

test_done
