#!/bin/sh
# What the server prints of a source reads back as it is, or is named.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

objects () {
	wc -c <.schemastore/cache/objects
}

cat >zoo.sql <<'END'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN code AS varchar(4)
  CHECK (VALUE IN ('a', 'b'))
  CHECK (VALUE BETWEEN 'a' AND 'b' AND VALUE <> 'c');
CREATE TABLE t (a int, b text, c varchar(4), d date, n numeric, m mood,
  g boolean GENERATED ALWAYS AS (a BETWEEN 1 AND 5 AND c IN ('x', 'y')) STORED,
  e int DEFAULT CASE WHEN now() BETWEEN '2000-01-01' AND '2001-01-01'
    AND current_user = 'x' THEN 1 END,
  k text[] DEFAULT ARRAY['a'::varchar, 'b'],
  CONSTRAINT c01 CHECK (n BETWEEN 0 AND 10 AND a > 0),
  CONSTRAINT c02 CHECK (n NOT BETWEEN 0 AND 10 OR a > 0),
  CONSTRAINT c03 CHECK ((a, n) = (1, 2) AND a > 0),
  CONSTRAINT c04 CHECK ((a, n) <> (1, 2) OR a > 0),
  CONSTRAINT c05 CHECK (c IN (b, 'x', c, 'it''s', NULL) OR a > 0),
  CONSTRAINT c06 CHECK (b IN (c, lower(b), c)),
  CONSTRAINT c07 CHECK (b NOT IN (c, lower(b), c)),
  CONSTRAINT c08 CHECK ((a, n) IN ((1, 2), (3, 4), (5, 6))),
  CONSTRAINT c09 CHECK (c = ANY (ARRAY['a', 'b']::varchar(4)[])),
  CONSTRAINT c10 CHECK (c::char(3) = ANY (ARRAY['a', NULL]::char(3)[])),
  CONSTRAINT c11 CHECK (m IN ('sad', 'ok') AND d > '2000-01-01'),
  CONSTRAINT c12 CHECK (n BETWEEN 0 AND 1 AND d BETWEEN '2000-01-01' AND
    '2001-01-01' AND (a = 1 OR a = 2 OR (a = 3 OR a = 4))));
CREATE INDEX i ON t ((n BETWEEN 1 AND 2 AND a > 1), lower(c))
  WHERE (a, b) > (1, 'x') AND c IN ('a', 'b') AND n BETWEEN 1 AND 2;
CREATE STATISTICS s (mcv) ON a, (c IN ('a', 'b')), (n BETWEEN 1 AND 2 OR a = 1)
  FROM t;
CREATE VIEW v AS
  SELECT a, (a, b) = (1, 'x') AND n > 0 AS x, 1 AS "?column?" FROM t
    WHERE n BETWEEN 1 AND 2 AND c IN ('a', 'b') AND
      NOT (a BETWEEN 1 AND 2 AND a BETWEEN 3 AND 4)
  UNION ALL (SELECT 1, true, 2 EXCEPT SELECT 2, false, 3 ORDER BY 1 LIMIT 1);
CREATE TABLE u (a int, z int, "o O" text);
CREATE VIEW w (one, two) AS
  SELECT a, j."o O" FROM t JOIN u AS j (a, zz, "o O") USING (a) JOIN u q (b, z)
    ON (q.b, q.z) = (j.a, j.zz) AND q.z BETWEEN 1 AND 2 AND j.zz > 0;
CREATE FUNCTION f(a varchar(5) DEFAULT 'x', b text[] DEFAULT ARRAY['a', 'b'],
  c boolean DEFAULT 1 BETWEEN 0 AND 2 AND true) RETURNS int LANGUAGE sql
  BEGIN ATOMIC SELECT count(*)::int FROM t
    WHERE t.a BETWEEN 1 AND 2 AND t.c IN ('a', f.a) AND f.c; END;
CREATE FUNCTION big(bigint[], text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW x AS SELECT big(ARRAY[a, 1], ARRAY['x'::varchar, 'y']) AS y,
  big(ARRAY[1, 2], '{}') AS z FROM t;
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW
  WHEN (OLD.a BETWEEN 1 AND 2 AND OLD.c NOT IN ('a', 'b'))
  EXECUTE FUNCTION tf();
CREATE RULE r AS ON DELETE TO u
  WHERE old.a BETWEEN 1 AND 2 AND old."o O" IN ('a', 'b')
  DO ALSO INSERT INTO t (a, c) SELECT old.a, 'x' WHERE old.z BETWEEN 1 AND 2
    AND old.a > 0;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a BETWEEN 1 AND 2 AND c IN ('x', 'y'))
  WITH CHECK ((b, a) = ('x', 1) AND n > 0);
CREATE TABLE part (a int, c varchar(4)) PARTITION BY
  RANGE ((a BETWEEN 1 AND 5 AND c = 'x'), lower(c));
CREATE TABLE part1 PARTITION OF part
  FOR VALUES FROM (false, 'a') TO (true, 'b');
CREATE PUBLICATION pub FOR TABLE u WHERE (a > 1 AND a < 9 AND "o O" = 'x');
END

test_expect 'a source of whatever is printed otherwise' '
	pg_new zoo
	mkdir zoo
	cd zoo
	cp ../zoo.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m zoo
	schemastore upgrade -q --yes
	schemastore drift
	schemastore plan --prove - schema.sql >out
	test_grep "(n <= (10)::numeric))::boolean AND (a > 0)" out
'

test_expect 'what has come back is remembered' '
	cd zoo
	objects >one
	schemastore plan - schema.sql >out
	objects >two
	test_cmp one two
	echo "CREATE TABLE new (a int);" >>schema.sql
	schemastore plan - schema.sql >out
	objects >two
	echo $(($(cat one) + 32)) >want
	test "$(cat two)" -eq "$(cat want)"
	schemastore plan - schema.sql >out
	objects >three
	test_cmp two three
	: >.schemastore/cache/objects
	schemastore plan - schema.sql >out
	objects >three
	test "$(cat three)" -ge "$(cat two)"
'

cat >bad.sql <<'END'
CREATE TABLE t (a int, b varchar(3));
CREATE FUNCTION f(text[]) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
ALTER TABLE t ADD CONSTRAINT k CHECK (f(ARRAY[b, b]) > 1);
END

test_expect 'what does not come back is named, with what does' '
	mkdir bad
	cp bad.sql bad/schema.sql
	cd bad
	schemastore init -q --engine postgres
	echo "SELECT;" >empty.sql
	test_must_fail code=3 schemastore plan empty.sql schema.sql >out 2>err
	test_grep "check k on public.t: what the server prints" err
	test_grep "hint: .* expression (public.f(ARRAY..b.::text" err
	test_must_fail code=3 schemastore plan --prove empty.sql schema.sql \
		>out 2>err
	test_grep "check k on public.t" err
	test_must_fail code=3 schemastore commit -m bad >out 2>err
	test_grep "check k on public.t" err
	test_must_fail schemastore log -n 1 >out 2>err
	sed "s/ARRAY.b, b./ARRAY[b::text, b::text]/" schema.sql >good.sql
	cp good.sql schema.sql
	schemastore commit -q -m good
'

test_expect 'what is alike on both sides is not looked at' '
	cp bad.sql more.sql
	echo "CREATE TABLE new (a int);" >>more.sql
	schemastore plan --engine postgres bad.sql more.sql >out
	test_grep "CREATE TABLE public.new" out
	schemastore plan --engine postgres --down bad.sql more.sql >out
	test_grep "DROP TABLE public.new" out
'

test_done
