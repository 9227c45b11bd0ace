#!/bin/sh
# Odd schemas: constraints, keys, columns and text.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/odd-lib.sh"

# ---- constraints ------------------------------------------------------------

odd 'constraint names in odd places, and no commas' <<'END'
CREATE TABLE t (a INT CONSTRAINT x CONSTRAINT y NOT NULL CONSTRAINT z
  DEFAULT 1, b TEXT CONSTRAINT lone, CONSTRAINT c1 CONSTRAINT 'c 2'
  CHECK (a > 0) UNIQUE (b) CONSTRAINT q PRIMARY KEY (a) CONSTRAINT dangling);
---
s/DEFAULT 1/DEFAULT 2/
---
INSERT INTO t VALUES (1, 'x'), (2, NULL);
---
SELECT * FROM t;
---
1|x
2|
END

odd 'one name for three constraints, and constraints that are there twice' <<'E'
CREATE TABLE t (a UNIQUE UNIQUE, b, CONSTRAINT u UNIQUE (a),
  CONSTRAINT u UNIQUE (b), CONSTRAINT u CHECK (a > 0), CHECK (b) CHECK (b));
---
s/a UNIQUE/a INT UNIQUE/; s/a > 0/a > 1/
---
INSERT INTO t VALUES (2, 3);
---
SELECT * FROM t;
---
2|3
E

odd 'conflict clauses do not drop rows while they are copied' <<'END'
CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT,
  b INT UNIQUE ON CONFLICT IGNORE, c NOT NULL ON CONFLICT REPLACE DEFAULT 5,
  d, UNIQUE (c, d) ON CONFLICT ROLLBACK, CHECK (c <> 7) ON CONFLICT IGNORE);
---
s/REPLACE/x/g; s/IGNORE/REPLACE/g; s/x/IGNORE/g; s/ROLLBACK/FAIL/
---
INSERT INTO t VALUES (1, 1, 1, 'x'), (9, 2, 1, 'y');
DELETE FROM t WHERE a = 9;
---
SELECT *, (SELECT seq FROM sqlite_sequence) FROM t;
---
1|1|1|x|9
END

odd 'composite and deferrable foreign keys, MATCH, ON INSERT' <<'END'
CREATE TABLE p (a, b, c, PRIMARY KEY (a, b), UNIQUE (a));
CREATE TABLE k (x, y REFERENCES p (a) ON INSERT CASCADE NOT DEFERRABLE
  INITIALLY DEFERRED, FOREIGN KEY (x, y) REFERENCES p ON DELETE CASCADE ON
  UPDATE SET DEFAULT MATCH FULL DEFERRABLE INITIALLY DEFERRED);
---
CREATE TABLE p (a, b, c INT, PRIMARY KEY (a, b), UNIQUE (a));
CREATE TABLE k (x, y REFERENCES p (a) ON DELETE RESTRICT DEFERRABLE,
  z INT, FOREIGN KEY (x, y) REFERENCES 'p' ('a', [b]) ON DELETE CASCADE
  MATCH "full" DEFERRABLE INITIALLY IMMEDIATE);
---
INSERT INTO p VALUES (1, 1, 3), (4, 4, 6);
INSERT INTO k VALUES (1, 1), (4, 4), (NULL, 1);
---
SELECT x, y FROM k;
---
1|1
4|4
|1
END

odd 'a parent that is missing, and rows without theirs' <<'END'
CREATE TABLE a (x REFERENCES nowhere (id), y);
CREATE TABLE p (id INTEGER PRIMARY KEY, n);
CREATE TABLE c (p REFERENCES p, y);
---
s/y)/y NOT NULL DEFAULT 1)/; s/n)/n INT)/
---
INSERT INTO a VALUES (1, 2);
INSERT INTO c VALUES (3, 4);
---
SELECT * FROM a, c;
---
1|2|3|4
END

odd 'circles and self references, ON DELETE CASCADE all around' <<'END'
CREATE TABLE n (id INTEGER PRIMARY KEY, up INT REFERENCES n ON DELETE CASCADE,
  o INT REFERENCES m (id) ON DELETE CASCADE);
CREATE TABLE m (id INTEGER PRIMARY KEY, n INT DEFAULT 7 REFERENCES n (id)
  ON DELETE SET DEFAULT);
---
s/ INT / BIGINT /
---
INSERT INTO n VALUES (1, NULL, 1), (2, 1, NULL);
INSERT INTO m VALUES (1, 2);
---
SELECT n.*, m.* FROM n, m;
---
1||1|1|2
2|1||1|2
END

# ---- keys and rowids --------------------------------------------------------

odd 'the forms of INTEGER PRIMARY KEY, with their rowids' <<'END'
CREATE TABLE a (x INTEGER PRIMARY KEY DESC, y);
CREATE TABLE b (x INTEGER, y, PRIMARY KEY (x DESC));
CREATE TABLE c (x INT PRIMARY KEY, y);
CREATE TABLE d (x INTEGER PRIMARY KEY ASC, y);
CREATE TABLE e (x "INTEGER" PRIMARY KEY, y);
CREATE TABLE g (x INTEGER, y, PRIMARY KEY ("x" AUTOINCREMENT));
---
s/y/y INT/
---
INSERT INTO a (rowid, x, y) VALUES (7, 1, 1), (8, 5, 2);
INSERT INTO b VALUES (9, 2);
INSERT INTO c (rowid, x, y) VALUES (70, 1, 1);
INSERT INTO d VALUES (9223372036854775807, 1), (-9223372036854775808, 2);
INSERT INTO e VALUES (44, 1);
INSERT INTO g VALUES (100, 1);
DELETE FROM g;
---
SELECT rowid, * FROM a UNION ALL SELECT rowid, * FROM b UNION ALL
SELECT rowid, * FROM c UNION ALL SELECT rowid, * FROM d UNION ALL
SELECT rowid, * FROM e UNION ALL SELECT 0, * FROM sqlite_sequence;
---
7|1|1
8|5|2
9|9|2
70|1|1
-9223372036854775808|-9223372036854775808|2
9223372036854775807|9223372036854775807|1
44|44|1
0|g|100
END

odd 'a rowid alias is lost, one is won, one comes as a new column' <<'END'
CREATE TABLE lost (id INTEGER PRIMARY KEY, b);
CREATE TABLE won (id INTEGER, b);
CREATE TABLE new (b);
---
s/KEY/KEY DESC/; s/won (id INTEGER/& PRIMARY KEY/
s/new (b/&, id INTEGER PRIMARY KEY/
---
INSERT INTO lost VALUES (10, 1), (5, 2);
INSERT INTO won VALUES (10, 1), (5, 2);
INSERT INTO new (rowid, b) VALUES (10, 1), (50, 2);
---
SELECT rowid, id, b FROM lost UNION ALL SELECT rowid, id, b FROM won
UNION ALL SELECT rowid, id, b FROM new;
---
5|5|2
10|10|1
5|5|2
10|10|1
10|10|1
50|50|2
END

odd 'columns that are named like the rowid' <<'END'
CREATE TABLE a (rowid TEXT, _rowid_ TEXT, oid TEXT, x);
CREATE TABLE b (oid TEXT, rowid INT);
CREATE TABLE c (rowid INTEGER PRIMARY KEY, x);
CREATE TABLE d (x);
---
s/(x/(x INT, rowid TEXT/; s/x)/x INT)/; s/INT)/BIGINT)/
---
INSERT INTO a VALUES ('a', 'b', 'c', 4);
INSERT INTO b (_rowid_, oid, rowid) VALUES (99, 'a', 5);
INSERT INTO c VALUES (33, 1);
INSERT INTO d (rowid, x) VALUES (77, 1);
---
SELECT * FROM a;
SELECT _rowid_, * FROM b UNION ALL SELECT rowid, 0, x FROM c UNION ALL
SELECT _rowid_, x, rowid FROM d;
---
a|b|c|4
99|a|5
33|0|1
77|1|
END

odd 'WITHOUT ROWID comes and goes' <<'END'
CREATE TABLE a (id TEXT PRIMARY KEY, b);
CREATE TABLE c (x TEXT, y, PRIMARY KEY (x COLLATE NOCASE, y DESC))
  WITHOUT ROWID;
---
s/b);/b) WITHOUT ROWID;/; s/^  WITHOUT ROWID//; s/ y,/ y, z DEFAULT 5,/
---
INSERT INTO a VALUES ('k', 1), ('j', 2);
INSERT INTO c VALUES ('p', 'q');
---
SELECT a.*, c.* FROM a, c;
---
j|2|p|q|5
k|1|p|q|5
END

odd 'no column is common: the rows stay, as many as they were' <<'END'
CREATE TABLE t (a);
---
s/a/b INT DEFAULT 9, c AS (b + 1) STORED/
---
INSERT INTO t (rowid, a) VALUES (77, 1), (3, 1);
---
SELECT rowid, * FROM t;
---
3|9|10
77|9|10
END

odd 'AUTOINCREMENT counters, of an odd table and of one that names itself' <<'E'
CREATE TABLE "it's" (id INTEGER PRIMARY KEY AUTOINCREMENT, c CHECK (c > 0));
CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT, c CHECK (u.c > 0));
---
s/0/1/
---
INSERT INTO u VALUES (5, 2);
INSERT INTO "it's" VALUES (7, 1);
UPDATE sqlite_sequence SET seq = 1000;
DELETE FROM "it's";
---
INSERT INTO "it's" (c) VALUES (2);
INSERT INTO u (c) VALUES (3);
SELECT id FROM "it's" UNION ALL SELECT id FROM u;
---
1001
5
1001
E

# ---- columns ----------------------------------------------------------------

odd 'generated columns become ordinary ones, and virtual stored' <<'END'
CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED,
  c AS (a + 1), d TEXT AS (a || ')') VIRTUAL);
CREATE INDEX i ON t (d) WHERE c > 0;
---
s/GENERATED.*STORED//; s/c AS (a + 1)/c/; s/VIRTUAL/STORED/; s/(d)/(d, c + b)/
---
INSERT INTO t (a) VALUES (1), (2);
---
SELECT * FROM t;
---
1|2|2|1)
2|4|3|2)
END

odd 'columns are added, with constraints in their lines' <<'END'
CREATE TABLE t (a INT UNIQUE -- the first
);
---
s/^)/, b INT NOT NULL GENERATED ALWAYS AS (a * 2) VIRTUAL CHECK (b > 0) -- b\
, c TEXT COLLATE NOCASE CONSTRAINT n DEFAULT 'x' CHECK (c <> '')\
, d INT CONSTRAINT f REFERENCES t (a) DEFERRABLE)/
---
INSERT INTO t (a) VALUES (1);
---
SELECT * FROM t;
---
1|2|x|
END

odd 'types that are none' <<'END'
CREATE TABLE t (a generated always, b GENERATED, c int generated always,
  d "my type", e [INT x], f `VARCHAR`(20), g 'TEXT', h DECIMAL( 10 , -2 ),
  j key, k UNSIGNED BIG INT, m "a ""b"" c", n "x" 'y', o BLOB(+16));
---
s/(a/(z INT NOT NULL DEFAULT 0, a/; s/);/, CHECK (z >= 0));/
---
INSERT INTO t (a, b, c, d, e, f) VALUES (1, '2', 3, '4', 5.5, '6');
---
SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f), z
FROM t;
---
integer|integer|integer|integer|real|text|0
END

odd 'defaults of every form fill the rows' <<'END'
CREATE TABLE t (a INT);
---
s/)/, b DEFAULT -5, c DEFAULT +5, d DEFAULT x'00ff', e DEFAULT 'it''s'&/
s/)/, f DEFAULT abc, g DEFAULT "q q", h DEFAULT TRUE, i DEFAULT 0x1F&/
s/)/, j DEFAULT NULL, k DEFAULT [br], l DEFAULT `bt`, n DEFAULT ''&/
s/)/, m DEFAULT -9223372036854775808, o NOT NULL DEFAULT (1 + 2 -- x\
) , p NOT NULL DEFAULT Abc, q DEFAULT .5)/
---
INSERT INTO t VALUES (1);
---
SELECT quote(b), c, quote(d), e, f, g, h, i, quote(j), k, l, m, quote(n), o,
p, q FROM t;
---
-5|5|X'00FF'|it's|abc|q q|1|31|NULL|br|bt|-9223372036854775808|''|3|Abc|0.5
END

odd 'a default takes the place of NULL, as SQLite reads it' <<'END'
CREATE TABLE t (a, b, c, d);
---
s/(a,/(a NOT NULL DEFAULT Abc,/; s/ b,/ b NOT NULL DEFAULT "x y",/
s/ c,/ c NOT NULL DEFAULT (1 + 1),/; s/ d)/ d NOT NULL DEFAULT [z"z])/
---
INSERT INTO t VALUES (NULL, NULL, NULL, NULL), (1, 2, 3, 4);
---
SELECT * FROM t;
---
Abc|x y|2|z"z
1|2|3|4
END

odd 'a table becomes STRICT, with rows that fit' <<'END'
CREATE TABLE t (a ANY, b TEXT, c REAL, d BLOB, e INT);
---
s/INT/INT NOT NULL DEFAULT 3/; s/);/) STRICT;/
---
INSERT INTO t VALUES ('abc', '008', 1, x'00', 1), (1.5, NULL, 1e300, NULL, 2);
---
SELECT a, b, c, quote(d), e FROM t;
---
abc|008|1.0|X'00'|1
1.5||1.0e+300|NULL|2
END

odd 'values with NULs, infinity, and a megabyte' <<'END'
CREATE TABLE t (a, b);
---
s/b/b, CHECK (t.a > 0)/
---
INSERT INTO t VALUES (1, zeroblob(1000000)), (2, char(0, 65, 0)),
  (3, x'c328'), (4, 9e999), (5, -9e999);
---
SELECT a, typeof(b), length(b), hex(substr(CAST(b AS BLOB), 1, 3)) FROM t;
---
1|blob|1000000|000000
2|text|0|004100
3|blob|2|C328
4|real|3|496E66
5|real|4|2D496E
END

# ---- text -------------------------------------------------------------------

odd 'strings in double quotes' <<'END'
CREATE TABLE t (a CHECK (a <> "bad"), b DEFAULT "x");
CREATE INDEX i ON t (b) WHERE a <> "lit";
CREATE VIEW v AS SELECT a FROM t WHERE a = "str";
CREATE TRIGGER g AFTER INSERT ON t WHEN new.a = "q" BEGIN SELECT "z"; END;
---
s/a CHECK/a INT CHECK/; s/lit/LIT/; s/str/STR/; s/"q"/"Q"/
---
INSERT INTO t (a) VALUES ('ok');
---
SELECT * FROM t;
---
ok|x
END

odd 'strings in double quotes, and a rename, which rewrites them' \
	--rename t.a=aa <<'END'
CREATE TABLE t (a CHECK (a <> "bad"), b DEFAULT "x");
CREATE INDEX i ON t (b) WHERE a <> "lit";
CREATE VIEW v AS SELECT a FROM t WHERE a = "str";
---
s/\<a\>/aa/g
---
INSERT INTO t (a) VALUES ('ok');
---
SELECT aa, b FROM t;
---
ok|x
END

odd 'names with quotes, line breaks, comment marks, and none' <<'END'
CREATE TABLE "we""ird
name" ("a
b" INT DEFAULT 'x
y', "é" TEXT, "" INT, " " INT, "'" INT, "%s" TEXT, "A.B" INT, "--" INT,
  "/*" INT, ";" INT, "1a" INT);
CREATE INDEX "in'dex" ON "we""ird
name" ("a
b", "é" DESC, "", "--", ";");
CREATE TABLE "" (x INT);
CREATE TRIGGER "tr;ig" AFTER INSERT ON "we""ird
name" BEGIN SELECT ';', "é"; END;
CREATE TABLE [a/b] (x INT);
CREATE TABLE ".." ([x y] INT, `z``z`, 'w' DEFAULT 3);
---
s/INT/BIGINT/
---
INSERT INTO "we""ird
name" ("") VALUES (4);
INSERT INTO "" VALUES (5);
---
SELECT length("a
b"), "" FROM "we""ird
name" UNION ALL SELECT x, x FROM "";
---
3|4
5|5
END

odd 'names that are keywords' <<'END'
CREATE TABLE "table" ("order" INT, "group" TEXT, "check" INT, key, no, begin,
  "foreign" INT, PRIMARY KEY ("order"), UNIQUE ("group", "check"),
  CONSTRAINT "select" CHECK ("check" > 0),
  FOREIGN KEY ("foreign") REFERENCES "table" ("order"));
CREATE INDEX "index" ON "table" (key);
CREATE VIEW "view" AS SELECT "order" FROM "table";
CREATE TRIGGER "trigger" AFTER DELETE ON "table" BEGIN DELETE FROM "table";
END;
---
s/no,/no INT,/; s/(key)/(key DESC)/; s/SELECT "order"/SELECT "group"/
---
INSERT INTO "table" ("order", "check", "foreign") VALUES (1, 1, 1);
---
SELECT count(*) FROM "table";
---
1
END

odd 'comments everywhere' <<'END'
CREATE /*x*/ TABLE -- y
 t /*z*/ ( -- c1
 a /*1*/ INT /*2*/ NOT /*3*/ NULL --4
 DEFAULT -- 5
 3 /*8*/ CHECK /*10*/ ( a /* ) */ > -- )
 0 -- last
 ) , -- c
 b TEXT COLLATE /*x*/ NOCASE -- d
 , c AS /* e */ ( a -- f
 + 1 ) -- g
 , /*h*/ PRIMARY /*i*/ KEY /*j*/ ( a /*k*/ , b -- l
 DESC -- m
 ) -- n
 ) -- o
 ; -- p
CREATE INDEX -- q
 i ON /*r*/ t ( a --s
 , lower( b ) -- t
 ) WHERE -- u
 a > /* v */ 1 -- w
;
CREATE TRIGGER g AFTER -- 1
INSERT ON t BEGIN -- 2;
SELECT 1; /* ; END; */ -- END;
END -- x
;
---
CREATE TABLE t (a INT NOT NULL DEFAULT 3 CHECK (a > 0), b TEXT COLLATE NOCASE,
  c AS (a + 1), d INT -- the d
 , PRIMARY KEY (a, b DESC));
CREATE INDEX i ON t (a, lower(b)) WHERE a > 1;
CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
---
INSERT INTO t (b) VALUES ('x');
---
SELECT * FROM t;
---
3|x|4|
END

test_done
