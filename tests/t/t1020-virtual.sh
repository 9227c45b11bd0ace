#!/bin/sh
# Virtual tables: what their modules hold is kept, and nobody else's tables are
# taken for theirs.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/odd-lib.sh"

# ---- what a module holds ----------------------------------------------------

odd 'full-text tables keep columns that their arguments do not name' <<'END'
CREATE VIRTUAL TABLE f USING fts4;
CREATE VIRTUAL TABLE g USING fts4(a, languageid="lid");
CREATE VIRTUAL TABLE h USING fts3;
---
CREATE VIRTUAL TABLE f USING FTS4(tokenize=porter);
CREATE VIRTUAL TABLE g USING fts4(a, b, languageid="lid", tokenize=porter);
CREATE VIRTUAL TABLE h USING fts5(content);
---
INSERT INTO f (docid, content) VALUES (7, 'running');
INSERT INTO g (docid, a, lid) VALUES (9, 'jumping', 5), (4, 'jumped', 0);
INSERT INTO h (docid, content) VALUES (3, 'old');
---
SELECT docid, * FROM f WHERE f MATCH 'run';
SELECT docid, lid, a FROM g WHERE g MATCH 'jump' AND lid = 5;
SELECT docid, lid, a FROM g WHERE g MATCH 'jump' AND lid = 0;
SELECT rowid, * FROM h WHERE h MATCH 'old';
---
7|running
9|5|jumping
4|0|jumped
3|old
END

odd 'what FTS5 and FTS4 were told is kept' <<'END'
CREATE VIRTUAL TABLE f USING fts5(a, b);
CREATE VIRTUAL TABLE g USING fts4(a);
CREATE TABLE doc (id INTEGER PRIMARY KEY, a);
CREATE VIRTUAL TABLE x USING fts5(a, content=doc, content_rowid=id);
---
s/(a, b)/(a, b, c)/; s/(a)/(a, tokenize=porter)/; s/(a, con/(a, prefix=2, con/
---
INSERT INTO f VALUES ('q', 'q'), ('r', 'q');
INSERT INTO f (f, rank) VALUES ('rank', 'bm25(10.0, 1.0)'), ('pgsz', 512),
  ('automerge', 7), ('crisismerge', 9), ('usermerge', 6);
INSERT INTO g (g) VALUES ('automerge=4');
INSERT INTO doc VALUES (1, 'y');
INSERT INTO x (x, rank) VALUES ('rank', 'bm25(3.0)'), ('rebuild', NULL);
---
SELECT k, v FROM f_config WHERE k <> 'version' ORDER BY k;
SELECT value FROM g_stat WHERE id = 2;
SELECT v FROM x_config WHERE k = 'rank';
SELECT rowid FROM x WHERE x MATCH 'y';
INSERT INTO f (f) VALUES ('integrity-check');
---
automerge|7
crisismerge|9
pgsz|512
rank|bm25(10.0, 1.0)
usermerge|6
4
bm25(3.0)
1
END

odd 'full-text options of every kind' <<'END'
CREATE VIRTUAL TABLE a USING fts5(t, u UNINDEXED, prefix='2 3');
CREATE VIRTUAL TABLE b USING fts5(t, columnsize=0, detail=none);
CREATE VIRTUAL TABLE c USING fts5(t, detail=column);
CREATE VIRTUAL TABLE d USING fts4(t, u, notindexed=u, matchinfo=fts3);
CREATE VIRTUAL TABLE e USING fts4(t, compress=lower, uncompress=upper);
CREATE VIRTUAL TABLE f USING fts4(t, order=desc, prefix="1,2");
---
CREATE VIRTUAL TABLE a USING fts5(t, u, columnsize=0);
CREATE VIRTUAL TABLE b USING fts5(t, u UNINDEXED, prefix = 1);
CREATE VIRTUAL TABLE c USING fts5(t, detail=none, tokenize = porter);
CREATE VIRTUAL TABLE d USING fts4(t, u, notindexed=t);
CREATE VIRTUAL TABLE e USING fts4(t, compress=lower, uncompress=upper,
  tokenize=porter);
CREATE VIRTUAL TABLE f USING fts4(t, order=asc);
---
INSERT INTO a (rowid, t, u) VALUES (11, 'abc', 'def');
INSERT INTO b (rowid, t) VALUES (12, 'abc');
INSERT INTO c (rowid, t) VALUES (13, 'runs');
INSERT INTO d (docid, t, u) VALUES (14, 'abc', 'def');
INSERT INTO e (docid, t) VALUES (15, 'runs');
INSERT INTO f (docid, t) VALUES (16, 'abc');
---
SELECT rowid, * FROM a WHERE a MATCH 'def';
SELECT rowid, * FROM b WHERE b MATCH 'abc';
SELECT rowid, * FROM c WHERE c MATCH 'run';
SELECT docid, * FROM d WHERE d MATCH 'def';
SELECT docid, * FROM e WHERE e MATCH 'run';
SELECT docid, * FROM f WHERE f MATCH 'a*';
---
11|abc|def
12|abc|
13|runs
14|abc|def
15|RUNS
16|abc
END

odd 'R-Trees keep auxiliary columns, and get some' <<'END'
CREATE VIRTUAL TABLE r USING RTREE(id, x0, x1, +label TEXT);
CREATE VIRTUAL TABLE i USING Rtree_I32(id, x0, x1, +"odd name", +b);
---
s/x1/x1, y0, y1/; s/TEXT/TEXT, +more BLOB/; s/(id/(pk/
---
INSERT INTO r VALUES (5, 1, 2, 'home'), (6, 3, 4, NULL);
INSERT INTO i VALUES (7, 8, 9, 'x', x'00');
---
SELECT pk, x0, x1, label, more IS NULL FROM r ORDER BY pk;
SELECT pk, x0, x1, "odd name", hex(b) FROM i;
---
5|1.0|2.0|home|1
6|3.0|4.0||1
7|8|9|x|00
END

test_expect 'what cannot be kept is said' '
	cat >old.sql <<-\END
	CREATE VIRTUAL TABLE g USING fts4(a, languageid="lid");
	CREATE VIRTUAL TABLE f USING fts5(a, b, c);
	CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +label);
	END
	cat >new.sql <<-\END
	CREATE VIRTUAL TABLE g USING fts4(a);
	CREATE VIRTUAL TABLE f USING fts5(a, c);
	CREATE VIRTUAL TABLE r USING rtree_i32(id, x0, x1);
	END
	schemastore plan --prove old.sql new.sql >plan
	test_grep "hazard drops-column: column g.lid" plan
	test_grep "hazard drops-column: column f.b" plan
	test_grep "hazard drops-column: column r.label" plan
	test_grep "hazard converts-type: virtual r" plan
	grep -c drops-column plan >count
	test_grep "^3$" count
'

# ---- whose table is it ------------------------------------------------------

odd 'a table of the user that is named like one of a module' <<'END'
CREATE TABLE f_content (id INTEGER PRIMARY KEY, a);
CREATE VIRTUAL TABLE f USING fts5(a, content='f_content', content_rowid='id');
CREATE TABLE docs_stat (id INTEGER PRIMARY KEY, n INT);
CREATE INDEX docs_stat_n ON docs_stat (n);
CREATE VIRTUAL TABLE docs USING fts3(a);
CREATE TABLE r_extra (a);
CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);
---
s/KEY, a)/KEY, a, b INT NOT NULL DEFAULT 3)/; s/n INT/n BIGINT/
s/'id'/'id', tokenize='porter'/; s/r_extra (a/& INT/
---
INSERT INTO f_content VALUES (7, 'running');
INSERT INTO f (f) VALUES ('rebuild');
INSERT INTO docs_stat VALUES (1, 2);
---
SELECT * FROM f_content, docs_stat;
SELECT rowid, * FROM f WHERE f MATCH 'run';
---
7|running|3|1|2
7|running
END

test_expect 'it is shown, and stays when the virtual table goes' '
	cat >one.sql <<-\END
	CREATE TABLE f_content (id INTEGER PRIMARY KEY, a);
	CREATE VIRTUAL TABLE f USING fts5(a, content="f_content",
		content_rowid="id");
	END
	rm -f odd.db
	quick odd.db <one.sql
	quick odd.db "INSERT INTO f_content VALUES (1, 2)"
	schemastore inspect odd.db >got
	test_grep "TABLE f_content" got
	echo "CREATE TABLE f_content (id INTEGER PRIMARY KEY, a);" >two.sql
	schemastore plan --prove odd.db two.sql >plan.sql
	quick odd.db <plan.sql
	schemastore diff --exit-code odd.db two.sql
	quick odd.db "SELECT count(*) FROM f_content" >got
	test_grep "^1$" got
'

test_expect 'a table that FTS3 made later is not shown' '
	rm -f odd.db
	echo "CREATE VIRTUAL TABLE docs USING fts3(a);" >one.sql
	quick odd.db <one.sql
	quick odd.db "INSERT INTO docs (docs) VALUES (\"automerge=8\")"
	quick odd.db "SELECT name FROM sqlite_schema" >got
	test_grep docs_stat got
	schemastore diff --exit-code odd.db one.sql
	quick odd.db "ALTER TABLE docs RENAME TO d"
	echo "CREATE VIRTUAL TABLE d USING fts3(a);" >one.sql
	schemastore diff --exit-code odd.db one.sql
'

test_expect 'what SQLite would drop or rename along is not given up' '
	cat >one.sql <<-\END
	CREATE VIRTUAL TABLE docs USING fts3(a);
	CREATE TABLE docs_stat (x);
	END
	echo "CREATE TABLE docs_stat (x);" >two.sql
	test_must_fail code=3 schemastore plan one.sql two.sql 2>err
	test_grep "table .docs_stat." err
	echo "CREATE VIRTUAL TABLE d USING fts3(a);" >>two.sql
	test_must_fail code=3 schemastore plan --rename docs=d \
		one.sql two.sql 2>err
	test_grep "table .docs_stat." err
	echo >two.sql
	schemastore plan --prove one.sql two.sql >plan
	test_grep "DROP TABLE docs_stat" plan
'

# ---- an index over what stands elsewhere ------------------------------------

cat >doc.sql <<'END'
CREATE TABLE doc (id INTEGER PRIMARY KEY, a TEXT);
CREATE VIEW v AS SELECT id, a FROM doc;
END
cat >fts.sql <<'END'
CREATE VIRTUAL TABLE f USING fts5(a, content='doc', content_rowid='id');
CREATE VIRTUAL TABLE g USING fts4(a, content="doc");
CREATE VIRTUAL TABLE h USING fts5(a, content=v, content_rowid=id);
CREATE VIRTUAL TABLE i USING fts4(content="v");
CREATE VIRTUAL TABLE n USING fts5(a, content='');
CREATE TRIGGER ad AFTER DELETE ON doc BEGIN
  INSERT INTO f (f, rowid, a) VALUES ('delete', old.id, old.a);
  INSERT INTO h (h, rowid, a) VALUES ('delete', old.id, old.a);
END;
CREATE TRIGGER bd BEFORE DELETE ON doc BEGIN
  DELETE FROM g WHERE docid = old.id;
END;
END

test_expect 'a new index over rows that are there finds them' '
	cat doc.sql fts.sql >all.sql
	rm -f odd.db
	quick odd.db <doc.sql
	quick odd.db "INSERT INTO doc VALUES (5, \"one\"), (6, \"two\")"
	schemastore plan --prove odd.db all.sql >plan.sql
	quick odd.db <plan.sql
	schemastore diff --exit-code odd.db all.sql
	quick odd.db "SELECT f.rowid, g.docid, h.rowid FROM f, g, h WHERE
		f MATCH \"two\" AND g MATCH \"two\" AND h MATCH \"two\"" >got
	test_grep "^6|6|6$" got
	quick odd.db "DELETE FROM doc WHERE id = 6"
	quick odd.db "INSERT INTO f (f) VALUES (\"integrity-check\")"
	quick odd.db "SELECT count(*) FROM f WHERE f MATCH \"two\"" >got
	test_grep "^0$" got
	schemastore plan --prove - all.sql >plan.sql
	test_not grep rebuild plan.sql
'

test_expect 'an index over what is not there is made, and said to be empty' '
	echo "CREATE TABLE t (a);" >one.sql
	cp one.sql two.sql
	echo "CREATE VIRTUAL TABLE f USING fts5(a, content=no);" >>two.sql
	echo "CREATE VIRTUAL TABLE g USING fts5(a, b, content=t);" >>two.sql
	schemastore plan --prove one.sql two.sql >plan
	test_grep "^-- virtual table f is empty.*.no. is not in" plan
	test_grep "^-- virtual table g is empty.*.t. has no column b" plan
	test_not grep rebuild plan
'

odd 'an index over a view that changes with it' <<'END'
CREATE TABLE doc (id INTEGER PRIMARY KEY, a TEXT);
CREATE VIEW v AS SELECT id, id AS rowid, a FROM doc;
CREATE VIRTUAL TABLE f USING fts5(a, content='v', content_rowid='id');
CREATE VIRTUAL TABLE g USING fts4(a, content="v");
---
s/, a FROM/, a || ' more' AS a, 1 AS b FROM/; s/'id'/'id', tokenize=porter/
s/"v"/"v", tokenize=porter/
---
INSERT INTO doc VALUES (1, 'x');
INSERT INTO f (f) VALUES ('rebuild');
INSERT INTO g (g) VALUES ('rebuild');
---
SELECT rowid, a FROM f WHERE f MATCH 'more';
SELECT docid FROM g WHERE g MATCH 'more';
---
1|x more
1
END

test_expect 'versions, foreign keys on: up, a dry run, down' '
	mkdir app
	cd app
	cp ../doc.sql schema.sql
	schemastore init
	schemastore commit -m one
	schemastore upgrade sqlite:app.db
	quick app.db "INSERT INTO doc VALUES (5, \"one\"), (6, \"two\")"
	cat ../doc.sql ../fts.sql >schema.sql
	schemastore commit -m two
	schemastore upgrade --dry-run sqlite:app.db >got
	test_grep builds-index got
	schemastore upgrade sqlite:app.db
	quick app.db "DELETE FROM doc WHERE id = 6"
	quick app.db "SELECT rowid FROM f WHERE f MATCH \"one\"" >got
	test_grep "^5$" got
	sed "s/content=v,/content=v, tokenize=porter,/" schema.sql >new.sql
	mv new.sql schema.sql
	schemastore commit -m three
	schemastore upgrade sqlite:app.db
	quick app.db "SELECT rowid FROM h WHERE h MATCH \"ones\"" >got
	test_grep "^5$" got
	schemastore downgrade --yes sqlite:app.db
	schemastore downgrade --yes --allow-data-loss sqlite:app.db
	quick app.db "SELECT count(*) FROM doc" >got
	test_grep "^1$" got
	schemastore drift sqlite:app.db
'

# ---- names and text ---------------------------------------------------------

odd 'a full-text table gets another name' --rename f=g <<'END'
CREATE TABLE doc (id INTEGER PRIMARY KEY, a TEXT);
CREATE VIRTUAL TABLE f USING fts5(a, content='doc', content_rowid='id');
CREATE TRIGGER ai AFTER INSERT ON doc BEGIN
  INSERT INTO f (rowid, a) VALUES (new.id, new.a); END;
CREATE TRIGGER ad AFTER DELETE ON doc BEGIN
  INSERT INTO f (f, rowid, a) VALUES ('delete', old.id, old.a); END;
---
s/\<f\>/g/g
---
INSERT INTO doc VALUES (5, 'one'), (6, 'two');
---
DELETE FROM doc WHERE id = 6;
INSERT INTO doc VALUES (7, 'six');
SELECT rowid, * FROM g WHERE g MATCH 'one OR two OR six';
INSERT INTO g (g) VALUES ('integrity-check');
SELECT name FROM sqlite_schema WHERE name LIKE 'g!_%' ESCAPE '!' ORDER BY 1;
---
5|one
7|six
g_config
g_data
g_docsize
g_idx
END

odd 'a full-text table with rows of its own, likewise' --rename f=g <<'END'
CREATE VIRTUAL TABLE f USING fts5(a, b UNINDEXED);
CREATE VIRTUAL TABLE v USING fts5vocab(f, row);
CREATE VIRTUAL TABLE h USING fts4(a);
---
s/\<f\>/g/; s/(f/(g/
---
INSERT INTO f (rowid, a, b) VALUES (9, 'one', 'two');
---
SELECT rowid, * FROM g WHERE g MATCH 'one';
SELECT * FROM v;
---
9|one|two
one|1|1
END

odd 'arguments are text, whose case counts' <<'END'
CREATE VIRTUAL TABLE f USING fts4(a, tokenize=unicode61 [separators=X]);
CREATE VIRTUAL TABLE g USING fts5(a, tokenize = "unicode61 separators 'X'");
---
s/=X/=x/; s/'X'/'x'/
---
INSERT INTO f VALUES ('oneXtwo'), ('onextwo');
INSERT INTO g VALUES ('oneXtwo'), ('onextwo');
---
SELECT * FROM f WHERE f MATCH 'two';
SELECT * FROM g WHERE g MATCH 'two';
---
onextwo
onextwo
END

test_expect 'blanks and comments between arguments do not count' '
	echo "CREATE VIRTUAL TABLE f USING fts5(a, b, prefix=2);" >one.sql
	cat >two.sql <<-\END
	create virtual table F using FTS5 ( a -- the first
		,/* x */ b
		, prefix =  2 );
	END
	schemastore diff --exit-code one.sql two.sql
	schemastore plan --prove - two.sql >plan
	test_grep "(a, b, prefix=2);" plan
	echo "CREATE VIRTUAL TABLE f USING fts4();" >one.sql
	echo "CREATE VIRTUAL TABLE f USING fts4;" >two.sql
	schemastore diff --exit-code one.sql two.sql
'

# ---- modules ----------------------------------------------------------------

odd 'tables that hold nothing are made anew' <<'END'
CREATE VIRTUAL TABLE f USING fts5(a);
CREATE VIRTUAL TABLE g USING fts4(a);
CREATE VIRTUAL TABLE h USING fts4(a);
CREATE VIRTUAL TABLE a5 USING FTS5VOCAB(f, row);
CREATE VIRTUAL TABLE a4 USING fts4aux(g);
CREATE VIRTUAL TABLE t3 USING fts3tokenize(simple);
---
s/row/col/; s/USING fts4aux(g)/USING FTS4AUX(h)/; s/simple/porter/
---
INSERT INTO f VALUES ('x');
INSERT INTO h VALUES ('running');
---
SELECT * FROM a5;
SELECT term FROM a4 WHERE col = '*';
SELECT token FROM t3 WHERE input = 'running';
---
x|a|1|1
running
run
END

test_expect 'nothing is lost where such a table goes' '
	cat old.sql >one.sql
	sed "/a5\|a4\|t3/d" one.sql >two.sql
	schemastore plan --prove one.sql two.sql >plan
	test_grep "DROP TABLE a5" plan
	test_not grep drops-virtual plan
'

test_expect 'what has no content cannot be built again' '
	for content in "\"\"" "'\'''\''"
	do
		for module in fts4 FTS5
		do
			head="CREATE VIRTUAL TABLE f USING $module(a"
			echo "$head, content=$content);" >one.sql
			echo "$head, b, content=$content);" >two.sql
			test_must_fail code=3 schemastore plan one.sql \
				two.sql 2>err
			test_grep "table .f. cannot.*no content" err
		done
	done
'

test_expect 'text that only another program can read' '
	head="CREATE VIRTUAL TABLE f USING fts4(a, compress=zip,"
	echo "$head uncompress=unzip);" >one.sql
	echo "$head uncompress=unzip, tokenize=porter);" >two.sql
	test_must_fail code=3 schemastore plan one.sql two.sql 2>err
	test_grep "table .f. cannot be changed.*.unzip., which is not" err
	schemastore plan --prove - one.sql >plan
	test_grep uncompress=unzip plan
'

test_expect 'a module that is not known: made and dropped, not changed' '
	echo "CREATE VIRTUAL TABLE s USING dbstat(main);" >one.sql
	echo "CREATE VIRTUAL TABLE s USING dbstat;" >two.sql
	echo "CREATE TABLE t (a);" >none.sql
	schemastore plan --prove none.sql one.sql >plan
	test_grep "USING dbstat(main)" plan
	schemastore plan --prove one.sql none.sql >plan
	test_grep "drops-virtual" plan
	test_must_fail code=3 schemastore plan one.sql two.sql 2>err
	test_grep "table .s. cannot be changed.*not known" err
'

test_expect 'a module that is not there: read as it stands, and left alone' '
	rm -f odd.db
	quick odd.db "CREATE TABLE t (a)"
	quick odd.db "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema
		VALUES (\"table\", \"s\", \"s\", 0,
		\"CREATE VIRTUAL TABLE s USING Spell(X = 1 , y)\")"
	schemastore inspect odd.db >got
	test_grep "VIRTUAL TABLE s USING Spell(X = 1, y);" got
	echo "CREATE TABLE t (a INT);" >one.sql
	test_must_fail code=5 schemastore plan --prove odd.db one.sql 2>err
	test_grep "no such module: Spell" err
	test_grep "^hint: " err
	grep VIRTUAL got >>one.sql
	test_must_fail code=5 schemastore plan odd.db one.sql 2>err
	test_grep "one.sql:2:1: no such module: Spell" err
	test_grep "^hint: " err
'

test_done
