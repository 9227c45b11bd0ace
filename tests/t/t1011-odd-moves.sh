#!/bin/sh
# Odd schemas: renames, moves, virtual tables, and files of every setting.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/odd-lib.sh"

# ---- renames ----------------------------------------------------------------

odd 'a table and a column renamed and altered, with all that hangs on them' \
	--rename users=members --rename users.mail=email <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT,
  mail TEXT COLLATE NOCASE UNIQUE, age INT CHECK (users.age > 0),
  full AS (mail || age));
CREATE INDEX ui ON users (lower(mail)) WHERE age > 1;
CREATE TABLE posts (id INTEGER PRIMARY KEY, u INT REFERENCES users (id)
  ON DELETE CASCADE, m TEXT REFERENCES users (mail) ON UPDATE CASCADE);
CREATE VIEW vu AS SELECT u.mail, p.* FROM users u JOIN posts p ON p.u = u.id;
CREATE TRIGGER tg AFTER UPDATE OF mail ON users WHEN new.age > 2 BEGIN
  INSERT INTO posts (u, m) SELECT id, mail FROM users WHERE id = new.id;
END;
CREATE TRIGGER tv INSTEAD OF INSERT ON vu BEGIN
  INSERT INTO users (mail, age) VALUES (new.mail, 1);
  SELECT RAISE(IGNORE);
END;
---
s/users/members/g; s/mail/email/g; s/INT CHECK/BIGINT NOT NULL DEFAULT 7 CHECK/
---
INSERT INTO users (id, mail, age) VALUES (1, 'a', 5), (2, 'b', 6), (50, 'z', 1);
DELETE FROM users WHERE id = 50;
INSERT INTO posts VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 1, NULL);
---
SELECT count(*), count(m), max(seq) FROM posts, sqlite_sequence;
SELECT * FROM members;
---
3|2|50
1|a|5|a5
2|b|6|b6
END

odd 'two columns change places' --rename t.a=b --rename t.b=a <<'END'
CREATE TABLE t (a INT, b TEXT, c REFERENCES t (k), k UNIQUE);
CREATE INDEX i ON t (a DESC, b);
---
CREATE TABLE t (b INT NOT NULL, a TEXT CHECK (a <> ''), c REFERENCES t (k),
  k UNIQUE);
CREATE INDEX i ON t (b DESC, a);
---
INSERT INTO t VALUES (1, 'x', 5, 5);
---
SELECT b, a, c FROM t;
---
1|x|5
END

odd 'three tables in a circle, with counters' \
	--rename a=b --rename b=c --rename c=a <<'END'
CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE b (y INTEGER PRIMARY KEY AUTOINCREMENT, f REFERENCES a);
CREATE TABLE c (z, f REFERENCES b);
---
CREATE TABLE b (x INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE c (y INTEGER PRIMARY KEY AUTOINCREMENT, f REFERENCES b);
CREATE TABLE a (z NOT NULL, f REFERENCES c);
---
INSERT INTO a VALUES (100);
INSERT INTO b VALUES (7, 100), (9, NULL);
DELETE FROM b WHERE y = 9;
INSERT INTO c VALUES (3, 7);
---
SELECT b.*, c.*, a.* FROM a, b, c;
SELECT * FROM sqlite_sequence ORDER BY name;
---
100|7|100|3|7
b|100
c|9
END

odd 'a new name that a dropped view had, an old one that a new view has' \
	--rename a=b <<'END'
CREATE TABLE a (x);
CREATE VIEW b AS SELECT 1 AS one;
---
CREATE TABLE b (x);
CREATE VIEW a AS SELECT 2 AS two;
---
INSERT INTO a VALUES (1);
---
SELECT * FROM b, a;
---
1|2
END

odd 'a key of WITHOUT ROWID, and two foreign keys to it' \
	--rename t.a=aa --rename t.b=bb <<'END'
CREATE TABLE t (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES t (b, a));
CREATE TABLE d (x, y, FOREIGN KEY (x, y) REFERENCES t ON DELETE CASCADE);
---
s/\<a\>/aa/g; s/\<b\>/bb/g
---
INSERT INTO t VALUES (1, 2);
INSERT INTO c VALUES (2, 1);
INSERT INTO d VALUES (2, 1);
---
SELECT t.aa, t.bb, c.x, d.y FROM t, c, d;
---
1|2|2|1
END

# ---- moves ------------------------------------------------------------------

odd 'an index and a trigger move to another table' <<'END'
CREATE TABLE a (x);
CREATE TABLE b (x);
CREATE INDEX i ON b (x);
CREATE TRIGGER g AFTER INSERT ON b BEGIN SELECT 1; END;
---
s/b (x);/b (x INT);/; s/ON b (x INT)/ON a (x)/; s/ON b/ON a/
---
INSERT INTO b VALUES (1);
---
SELECT * FROM b;
---
1
END

odd 'an index becomes a view, a view an index, a table a view' <<'END'
CREATE TABLE a (x);
CREATE INDEX i ON a (x);
CREATE VIEW v AS SELECT 1;
CREATE TABLE t (y);
CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
---
CREATE TABLE a (x INT);
CREATE VIEW i AS SELECT 1;
CREATE INDEX v ON a (x);
CREATE VIEW t (y) AS SELECT x FROM a;
CREATE TRIGGER g INSTEAD OF INSERT ON t BEGIN SELECT 1; END;
---
INSERT INTO a VALUES (1);
---
SELECT * FROM t;
---
1
END

odd 'the order of columns, where something depends on it' <<'END'
CREATE TABLE t (a, b, c);
CREATE VIEW v AS SELECT * FROM t;
CREATE TABLE log (x, y);
CREATE TRIGGER g AFTER INSERT ON t BEGIN
  REPLACE INTO log SELECT new.a, new.b;
END;
---
s/a, b, c/a, n, b, c/; s/x, y/y, x/
---
INSERT INTO t VALUES (1, 2, 3);
---
INSERT INTO t VALUES (4, 5, 6, 7);
SELECT * FROM v UNION ALL SELECT x, y, 0, 0 FROM log;
---
1||2|3
4|5|6|7
1|2|0|0
6|4|0|0
END

odd 'triggers do not fire while rows are copied' <<'END'
CREATE TABLE t (id INTEGER PRIMARY KEY, a);
CREATE TABLE l (n);
CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO l VALUES (new.a); END;
CREATE TRIGGER h BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'no;'); END;
CREATE TRIGGER u AFTER UPDATE ON t WHEN new.a < 9 BEGIN
  UPDATE t SET a = CASE WHEN 1 THEN new.a + 1 END WHERE id = new.id; END;
---
s/KEY, a/KEY, a INT/; s/(n)/(n INT)/; s/no/NO/; s/9/8/
---
INSERT INTO t VALUES (1, 1);
---
SELECT t.*, l.* FROM t, l;
---
1|1|1
END

odd 'views and triggers that do not resolve stay as they are' <<'END'
CREATE TABLE t (a);
CREATE VIEW v AS SELECT bad FROM t;
CREATE VIEW w (a, b) AS SELECT * FROM missing;
CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET nocol = 1; END;
CREATE TABLE u (x);
CREATE TRIGGER h AFTER INSERT ON u BEGIN INSERT INTO nope VALUES (1); END;
---
s/(a)/(a INT, b)/; s/(x)/(x, y)/
---
SELECT 1;
---
SELECT count(*) FROM t;
---
0
END

odd 'a stack of views with CTEs, windows, column lists, and a trigger' <<'END'
CREATE TABLE t (a, b);
CREATE VIEW v ("x y", 'z', [w]) AS WITH RECURSIVE c (n) AS (SELECT 1
  UNION ALL SELECT n + 1 FROM c WHERE n < 3) SELECT n, a, b FROM c, t;
CREATE VIEW u AS SELECT sum(z) OVER w AS s, "x y" FROM v
  WINDOW w AS (PARTITION BY w ORDER BY "x y" NULLS LAST);
CREATE TRIGGER g INSTEAD OF UPDATE OF s ON u BEGIN UPDATE t SET a = 1; END;
---
s/(a, b)/(a INT, b NOT NULL DEFAULT 2)/; s/n < 3/n < 4/; s/LAST/FIRST/
---
INSERT INTO t VALUES (5, 6);
---
SELECT * FROM u;
---
5|1
10|2
15|3
20|4
END

# ---- virtual tables ---------------------------------------------------------

odd 'FTS5, FTS4 and FTS3 keep their rows under other arguments' <<'END'
CREATE VIRTUAL TABLE f USING fts5("a b", [c d] UNINDEXED);
CREATE VIRTUAL TABLE g USING fts4(a, b TEXT, notindexed=b);
CREATE VIRTUAL TABLE h USING fts3(a, b, tokenize=porter);
---
CREATE VIRTUAL TABLE f USING fts5("a b", [c d] UNINDEXED, e,
  tokenize = "unicode61 tokenchars '-,('", prefix='2 3', columnsize=0);
CREATE VIRTUAL TABLE g USING fts4(a, b TEXT, notindexed=b,
  tokenize=porter, prefix="2,3");
CREATE VIRTUAL TABLE h USING fts3(a, b);
---
INSERT INTO f (rowid, "a b", "c d") VALUES (7, 'x-y z', 'u');
INSERT INTO g (docid, a, b) VALUES (9, 'running', 'q');
INSERT INTO h (docid, a, b) VALUES (5, 'jump', 'y');
---
SELECT rowid, * FROM f WHERE f MATCH '"x-y"';
SELECT docid, * FROM g WHERE g MATCH 'run';
SELECT docid, * FROM h WHERE h MATCH 'jump';
---
7|x-y z|u|
9|running|q
5|jump|y
END

odd 'FTS5 over a table that is rebuilt and renamed' --rename doc=paper <<'END'
CREATE TABLE doc (id INTEGER PRIMARY KEY, a TEXT);
CREATE VIRTUAL TABLE f USING fts5(a, content='doc', content_rowid='id');
CREATE TRIGGER ai AFTER INSERT ON doc BEGIN
  INSERT INTO f (rowid, a) VALUES (new.id, new.a); END;
CREATE TRIGGER ad AFTER DELETE ON doc BEGIN
  INSERT INTO f (f, rowid, a) VALUES ('delete', old.id, old.a); END;
---
s/doc/paper/; s/TEXT/TEXT NOT NULL/; s/='id'/='id', tokenize='porter'/
---
INSERT INTO doc VALUES (5, 'running'), (6, 'bye');
---
DELETE FROM paper WHERE id = 6;
SELECT rowid, * FROM f WHERE f MATCH 'run';
INSERT INTO f (f) VALUES ('integrity-check');
---
5|running
END

odd 'an R-Tree gets a dimension, and a new name' --rename r=s <<'END'
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);
CREATE VIRTUAL TABLE i USING rtree_i32(id, x0, x1);
---
s/TABLE r/TABLE s/; s/x1/x1, y0, y1/
---
INSERT INTO r VALUES (5, 1, 2);
INSERT INTO i VALUES (6, 3, 4);
---
SELECT * FROM s UNION ALL SELECT * FROM i;
---
5|1.0|2.0|0.0|0.0
6|3|4|0|0
END

# ---- the file ---------------------------------------------------------------

cat >old.sql <<'END'
CREATE TABLE t (a INT, b TEXT UNIQUE);
END
cat >new.sql <<'END'
CREATE TABLE t (a INT NOT NULL, b TEXT UNIQUE);
CREATE TABLE "tä" ("ö" INT CHECK ("ö" > 0));
END
cat >more.sql <<'END'
CREATE TABLE t (a INT NOT NULL, b TEXT UNIQUE, c AS (a), d TEXT DEFAULT 'ß');
CREATE TABLE "tä" ("ö" INT CHECK ("ö" > 0), "ü" TEXT DEFAULT 'ß');
END

settings () {
	sqlite3 "$file" 'PRAGMA encoding; PRAGMA auto_vacuum; PRAGMA page_size;
		PRAGMA user_version; PRAGMA application_id; PRAGMA journal_mode;
		SELECT a, b FROM t; PRAGMA integrity_check'
}

test_expect 'versions to go to' '
	cp old.sql schema.sql
	schemastore init -q
	schemastore commit -q -m old
	cp new.sql schema.sql
	schemastore commit -q -m new
	cp more.sql schema.sql
	schemastore commit -q -m more
'

number=0
for pragma in 'encoding = "UTF-16le"' 'encoding = "UTF-16be"' \
	'page_size = 65536' 'auto_vacuum = FULL' 'journal_mode = WAL' \
	'user_version = -5' 'application_id = 252006673'
do
	number=$((number + 1))
	file=file$number.db
	test_expect "a file with $pragma stays one" '
		(echo "PRAGMA $pragma;"; cat old.sql) >script.sql
		echo "INSERT INTO t VALUES (1, '\''ä€😀'\'');" >>script.sql
		sqlite3 $file <script.sql
		settings >before
		schemastore baseline -q sqlite:$file HEAD~2
		schemastore upgrade --dry-run sqlite:$file >out
		test_grep "dry run: it works" out
		schemastore upgrade -q sqlite:$file
		settings >after
		test_cmp before after
		schemastore downgrade -q --yes --allow-data-loss \
			sqlite:$file HEAD~2
		settings >after
		test_cmp before after
		schemastore drift sqlite:$file
	'
done

test_done
