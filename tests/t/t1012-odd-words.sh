#!/bin/sh
# Odd schemas: words that SQLite reads in its own way.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/odd-lib.sh"

# violated SCHEMA ROW: what SQLite calls the check that the row breaks, as the
# schema stands and as we print it.
violated () {
	rm -f as-is.db printed.db
	quick as-is.db <"$1"
	schemastore plan - "$1" >printed.sql
	quick printed.db <printed.sql
	for database in as-is.db printed.db
	do
		quick "$database" "INSERT INTO t VALUES ($2)" 2>&1 |
			sed -n 's/.*\(CHECK constraint failed.*\)/\1/p'
	done
}

# ---- defaults ---------------------------------------------------------------

odd 'a bare word as a default is a string, and its case counts' <<'END'
CREATE TABLE t (x, a DEFAULT Abc, b DEFAULT [Foo], c DEFAULT `q Q`,
  d DEFAULT "true", e DEFAULT it$, f DEFAULT abort);
---
s/Abc/aBC/; s/Foo/foo/; s/q Q/Q q/; s/"true"/TRUE/; s/it\$/It$/; s/abort/-1/
---
INSERT INTO t (x) VALUES (1);
---
INSERT INTO t (x) VALUES (2);
SELECT * FROM t;
---
1|Abc|Foo|q Q|true|it$|abort
2|aBC|foo|Q q|1|It$|-1
END

test_expect 'a default in any quotes is the same, and no keyword' '
	cat >a.sql <<-\END
	CREATE TABLE t (a DEFAULT Abc, b DEFAULT "n", c DEFAULT current_time);
	END
	cat >b.sql <<-\END
	CREATE TABLE t (a DEFAULT [Abc], b DEFAULT n, c DEFAULT CURRENT_TIME);
	END
	schemastore diff --exit-code a.sql b.sql
	for edit in s/Abc/aBC/ s/\"n\"/N/ s/Abc/[abc]/ "s/current_time/[&]/"
	do
		sed "$edit" <a.sql >c.sql
		test_must_fail code=1 schemastore diff --exit-code \
			a.sql c.sql
	done
'

# ---- types ------------------------------------------------------------------

odd 'a comment in a type is part of it where it says how values are kept' <<'E'
CREATE TABLE t (x, a TEXT /* INT */ FOO, b FOO /* CHAR */ BAR,
  c VARCHAR(20), d INTEGER PRIMARY KEY);
---
s/x,/x INT,/
---
INSERT INTO t VALUES (1, '5', 5, 6, 7);
---
SELECT a, typeof(a), typeof(b), typeof(c), rowid FROM t;
---
5|integer|text|text|7
E

test_expect 'a comment in a type, and none, are two types where they differ' '
	echo "CREATE TABLE t (a TEXT /* INT */ FOO, b BIG /* x */ INT);" >a.sql
	echo "CREATE TABLE t (a TEXT FOO, b BIG INT);" >b.sql
	test_must_fail code=1 schemastore diff --exit-code a.sql b.sql >out
	test_grep "column a" out
	test_not grep "column b" out
'

odd 'GENERATED ALWAYS is the type, but for its end' <<'END'
CREATE TABLE t (x, a GENERATED ALWAYS INT, b INT GENERATED ALWAYS,
  c VARYING CHARS ALWAYS, d GENERATED ALWAYS, e LONG LONG LONG ALWAYS ALWAYS,
  f INTEGER GENERATED ALWAYS NOT NULL DEFAULT 3, g ALWAYS, h GENERATED);
---
s/x,/x INT,/
---
INSERT INTO t VALUES (1, '2', '3', 4, '5', '6', '7', '8', '9');
---
SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f),
typeof(g), typeof(h) FROM t;
---
integer|integer|text|text|integer|integer|integer|integer
END

test_expect 'a comment between GENERATED and ALWAYS leaves a type' '
	cat >old.sql <<-\END
	CREATE TABLE t (x, a GENERATED -- c
	ALWAYS AS (x || 1) STORED, b GENERATED ALWAYS AS (x || 1) STORED,
	c INTEGER /* c */ ALWAYS PRIMARY KEY);
	END
	rm -f odd.db
	schemastore plan --prove - old.sql >out.sql
	quick odd.db <out.sql
	quick odd.db "INSERT INTO t (rowid, x, c) VALUES (7, 1, 2);
		SELECT typeof(a), typeof(b), rowid FROM t" >got
	echo "integer|text|7" >want
	test_cmp want got
'

# ---- constraints ------------------------------------------------------------

test_expect 'DEFERRABLE belongs to the last foreign key, in any column' '
	cat >a.sql <<-\END
	CREATE TABLE p (id INTEGER PRIMARY KEY);
	CREATE TABLE c (a REFERENCES p, b INT DEFERRABLE INITIALLY DEFERRED);
	CREATE TABLE d (a REFERENCES p DEFERRABLE INITIALLY DEFERRED,
	  b REFERENCES p, c INT DEFERRABLE INITIALLY DEFERRED NOT DEFERRABLE,
	  FOREIGN KEY (c) REFERENCES p);
	CREATE TABLE e (a DEFERRABLE INITIALLY DEFERRED, b REFERENCES p);
	END
	cat >b.sql <<-\END
	CREATE TABLE p (id INTEGER PRIMARY KEY);
	CREATE TABLE c (a REFERENCES p DEFERRABLE INITIALLY DEFERRED, b INT);
	CREATE TABLE d (a REFERENCES p DEFERRABLE INITIALLY DEFERRED,
	  b REFERENCES p, c INT REFERENCES p);
	CREATE TABLE e (a, b REFERENCES p);
	END
	schemastore diff --exit-code a.sql b.sql
'

test_expect 'rows in the wrong order go in where SQLite takes them' '
	rm -f a.db
	schemastore plan - a.sql >out.sql
	quick a.db <out.sql
	quick a.db "PRAGMA foreign_keys = ON; BEGIN;
		INSERT INTO c VALUES (1, 1); INSERT INTO p VALUES (1); COMMIT;
		SELECT * FROM c" >out
	test_grep "^1|1$" out
	test_not quick a.db "BEGIN; INSERT INTO e VALUES (2, 2);
		INSERT INTO p VALUES (2); COMMIT"
'

test_expect 'a comma drops a name without a constraint' '
	cat >t.sql <<-\END
	CREATE TABLE t (a, b, CONSTRAINT nm, CHECK (a > 0));
	END
	violated t.sql "-1, 1" >got
	echo "CHECK constraint failed: a > 0 (19)" >one
	cat one one >want
	test_cmp want got
'

test_expect 'but not the comma behind the columns' '
	cat >t.sql <<-\END
	CREATE TABLE t (a CONSTRAINT gone, b CONSTRAINT nm, CHECK (a > 0));
	END
	violated t.sql "-1, 1" >got
	echo "CHECK constraint failed: nm (19)" >one
	cat one one >want
	test_cmp want got
'

test_expect 'of two names the second counts, one at the end does not' '
	cat >t.sql <<-\END
	CREATE TABLE t (a CONSTRAINT x CONSTRAINT y CHECK (a > 0), b,
	  CONSTRAINT c1 CONSTRAINT c2 CHECK (b > 0) CONSTRAINT last);
	END
	violated t.sql "-1, 1" >got
	violated t.sql "1, -1" >>got
	echo "CHECK constraint failed: y (19)" >y
	echo "CHECK constraint failed: c2 (19)" >c2
	cat y y c2 c2 >want
	test_cmp want got
'

# ---- text -------------------------------------------------------------------

odd 'a string in double quotes as a term of an index' <<'END'
CREATE TABLE t (a, 'b' INT, PRIMARY KEY ('a' COLLATE nocase, "b" DESC));
CREATE INDEX i ON t ("lit", 'a');
CREATE INDEX j ON t ("Lit" COLLATE NOCASE DESC, ("lit"), [A], "lit" || b);
CREATE UNIQUE INDEX k ON t (`b`) WHERE a = "lit";
CREATE TABLE u (a, g AS ("lit"), CHECK (a <> "foo"), UNIQUE ('A'));
---
s/'b' INT/'b' BIGINT/; s/(a, g/(a INT, g/; s/"Lit"/"LIT"/
---
INSERT INTO t VALUES ('lit', 1);
INSERT INTO u VALUES (1);
---
SELECT t.*, u.*, (SELECT count(*) FROM t WHERE a = 'lit' AND b = 1) FROM t, u;
---
lit|1|1|lit|1
END

odd 'byte order marks and form feeds between words are blanks' <<'END'
CREATE TABLE t (a ﻿INT﻿, b﻿ TEXTNOT NULL DEFAULT 'x', c CHECK (c <﻿9));
---
s/INT/BIGINT/
---
INSERT INTO t (a, b﻿) VALUES (1, 2);
---
SELECT a, b﻿ FROM t;
---
1|2
END

test_done
