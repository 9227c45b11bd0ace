#!/bin/sh
# What a change destroys is parked, and comes back: PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# begin: a project and a database at its first version, schema.sql.
begin () {
	rm -rf p
	mkdir p
	cd p
	cat >schema.sql
	pg_new app
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
}

# next: schema.sql is another version.
next () {
	cat >schema.sql
	schemastore commit -q --no-rename -m "$1"
}

# dump: every row; columns' order does not count.
dump () {
	pg app -c "SELECT format('SELECT %L, to_jsonb(t) FROM ONLY %s t
		ORDER BY 2;', c.oid::regclass, c.oid::regclass) FROM pg_class c
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
		ORDER BY 1" >each.sql
	psql -XqAt -f each.sql "$url"
}

there_and_back () {
	dump >before
	test_must_fail code=3 schemastore upgrade 2>err
	schemastore upgrade -q --park
	schemastore drift -q
	schemastore downgrade -q --yes
	schemastore drift -q
	dump >after
	test_cmp before after
}

everything () {
	begin <<-\SQL
	CREATE TYPE mood AS ENUM ('good', 'bad');
	CREATE TYPE pair AS (a int, b text);
	CREATE DOMAIN word AS text CHECK (VALUE <> '');
	CREATE TABLE users (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		name text NOT NULL, mail text NOT NULL UNIQUE,
		size numeric(10,2), raw bytea, at timestamptz,
		mood mood NOT NULL DEFAULT 'good', pair pair, words word[],
		f double precision,
		twice int GENERATED ALWAYS AS (n * 2) STORED,
		n int, j jsonb, bit bit(3), i interval(2), c "char");
	CREATE TABLE "Odd 'n" (id serial PRIMARY KEY,
		"u.s" bigint REFERENCES users, c char(5) COLLATE "C");
	CREATE TABLE log (what text);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN INSERT INTO public.log VALUES (TG_OP); RETURN NEW; END $$;
	CREATE TRIGGER t AFTER INSERT OR UPDATE ON users
		FOR EACH ROW EXECUTE FUNCTION note();
	CREATE TRIGGER t AFTER INSERT OR UPDATE ON "Odd 'n"
		FOR EACH ROW EXECUTE FUNCTION note();
	CREATE MATERIALIZED VIEW moods AS SELECT mood, count(*) FROM users
		GROUP BY mood;
	CREATE MATERIALIZED VIEW a AS SELECT * FROM moods;
	SQL
	pg app -c "INSERT INTO users (name, mail, size, raw, at, mood, pair,
		words, f, n, j, bit, i, c) VALUES
		('ann', 'a@x', 1.5, '\\x00ff', '2026-01-01 00:00:00.123456+02',
		'bad', ROW(NULL, NULL), '{a,\"b c\"}', 0.1::float8 + 0.2, 3,
		'{\"a\": [1, null]}', '101', '1 day 2.345 s', 'x'),
		('bo', 'b@x', NULL, NULL, 'infinity', 'good', NULL, NULL, 'NaN',
		NULL, NULL, NULL, NULL, NULL);
		INSERT INTO users (name, mail) SELECT 'n', i FROM
			generate_series(1, 9) i;
		DELETE FROM users WHERE mail > '2' AND mail < '9a';
		INSERT INTO \"Odd 'n\" (\"u.s\", c) VALUES (1, 'a'), (2, NULL);
		DELETE FROM \"Odd 'n\" WHERE id = 2;
		TRUNCATE log"
	pg app -c "REFRESH MATERIALIZED VIEW moods;
		REFRESH MATERIALIZED VIEW a"
	pg app -c "SELECT * FROM a ORDER BY 1" >seen
	next two <<-\SQL
	CREATE TABLE users (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		name text NOT NULL);
	CREATE TABLE log (what text);
	SQL
	there_and_back
	pg app -c "SELECT * FROM a ORDER BY 1" >now
	test_cmp seen now
	pg app -c "SELECT count(*) FROM log" >fired
	test "$(cat fired)" = 0
	pg app -c "INSERT INTO \"Odd 'n\" DEFAULT VALUES RETURNING id" >id
	test "$(cat id)" = 3
	pg app -c "INSERT INTO users (name, mail) VALUES ('z', 'z')
		RETURNING id" >id
	test "$(cat id)" = 12
}
test_expect 'values of every kind, keys, counters, triggers, views' \
	everything

keyed () {
	begin <<-\SQL
	CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, k text NOT NULL,
		l text NOT NULL, PRIMARY KEY (k, l));
	CREATE TABLE nokey (a int, b int NOT NULL);
	SQL
	pg app -c "INSERT INTO t (k, l) VALUES ('a', 'b'), ('c', 'd'),
		('e', 'f'); INSERT INTO nokey VALUES (1, 2)"
	next two <<-\SQL
	CREATE TABLE t (k text NOT NULL, l text NOT NULL, PRIMARY KEY (k, l));
	CREATE TABLE nokey (a int, b int NOT NULL);
	SQL
	schemastore upgrade -q --park
	pg app -c "DELETE FROM t WHERE k = 'c'; UPDATE t SET l = 'g' WHERE
		k = 'e'; INSERT INTO t VALUES ('n', 'n')"
	schemastore downgrade -q --yes
	pg app -c "SELECT k, l, id = 1 FROM t ORDER BY k" >rows
	printf "%s\n" "a|b|t" "e|g|f" "n|n|f" >want
	test_cmp want rows
	next three <<-\SQL
	CREATE TABLE t (k text NOT NULL, l text NOT NULL, PRIMARY KEY (k, l));
	CREATE TABLE nokey (a int);
	SQL
	schemastore upgrade -q --park HEAD~1
	test_must_fail code=3 schemastore upgrade --park 2>err
	test_grep "cannot be parked: its table has no key that stays" err
	schemastore upgrade -q --park --allow-data-loss
}
test_expect 'by key: rows changed meanwhile, tables without one' keyed

partitioned () {
	begin <<-\SQL
	CREATE TABLE m (id int NOT NULL, at date NOT NULL, v text NOT NULL,
		w text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
	CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01')
		TO ('2026-07-01');
	CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-07-01')
		TO ('2027-01-01');
	CREATE TABLE up (id int PRIMARY KEY, v text NOT NULL);
	CREATE TABLE down (x int, PRIMARY KEY (id)) INHERITS (up);
	CREATE TABLE gone (id int NOT NULL, at date NOT NULL, v text NOT NULL)
		PARTITION BY LIST (id);
	CREATE TABLE gone1 PARTITION OF gone FOR VALUES IN (1);
	CREATE TABLE gone2 PARTITION OF gone DEFAULT;
	SQL
	pg app -c "INSERT INTO m SELECT i, '2026-01-01'::date + i, i, i
		FROM generate_series(1, 300) i;
		INSERT INTO up SELECT i, i FROM generate_series(1, 5) i;
		INSERT INTO down SELECT i, i, i FROM generate_series(11, 15) i;
		INSERT INTO gone VALUES (1, now(), 'a'), (2, now(), 'b')"
	next two <<-\SQL
	CREATE TABLE m (id int NOT NULL, at date NOT NULL, w text,
		PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
	CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01')
		TO ('2026-07-01');
	CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-07-01')
		TO ('2027-01-01');
	CREATE TABLE up (id int PRIMARY KEY);
	CREATE TABLE down (x int, PRIMARY KEY (id)) INHERITS (up);
	SQL
	there_and_back
}
test_expect 'partitions and children keep their own' partitioned

many () {
	begin <<-\SQL
	CREATE TABLE t (id bigint PRIMARY KEY, v text, b bytea NOT NULL);
	SQL
	pg app -c "INSERT INTO t SELECT i, CASE WHEN i % 7 > 0 THEN
		repeat(md5(i::text), (i % 5)::int) END, sha256(i::text::bytea)
		FROM generate_series(1, 100000) i"
	next two <<-\SQL
	CREATE TABLE t (id bigint PRIMARY KEY);
	SQL
	sum="SELECT md5(string_agg(ROW(id, v, b)::text, '' ORDER BY id)) FROM t"
	pg app -c "$sum" >before
	schemastore upgrade -q --park
	schemastore parked >out
	test_grep "^1  column public\.t\.b  100000 rows, [0-9.]* MiB  .* one$" \
		out
	schemastore downgrade -q --yes
	pg app -c "$sum" >after
	test_cmp before after
}
test_expect '100,000 rows, byte for byte' many

owner () {
	begin <<-\SQL
	CREATE TABLE t (id int PRIMARY KEY, v text);
	CREATE INDEX i ON t (v);
	SQL
	pg app -c "INSERT INTO t VALUES (1, 'a')"
	next two <<-\SQL
	CREATE TABLE t (id int PRIMARY KEY);
	SQL
	test_must_fail code=2 schemastore upgrade --park --online 2>err
	test_grep "in one transaction" err
	schemastore upgrade -q --park
	test_must_fail code=3 schemastore downgrade --yes --online 2>err
	test_grep "brought back" err
	schemastore drift -q
	test_must_fail code=2 schemastore parked --drop 9 2>err
	test_must_fail code=3 schemastore parked --no-input --drop 1 2>err
	schemastore parked --yes --drop 1 >out
	schemastore parked >out
	test_grep "nothing parked" out
	schemastore downgrade -q --yes --online
	pg app -c "SELECT v IS NULL FROM t" >out
	test "$(cat out)" = t
}
test_expect 'not in steps; given up' owner

keys () {
	begin <<-\SQL
	CREATE EXTENSION citext;
	CREATE TABLE t (id text PRIMARY KEY, a text);
	CREATE TABLE u (id numeric(9,2) PRIMARY KEY, a text);
	CREATE TABLE ci (k citext PRIMARY KEY, v int);
	CREATE TABLE odd ("id x" int PRIMARY KEY, id int, "v""v" varchar(3));
	SQL
	pg app -c "INSERT INTO t VALUES ('1', 'a'), ('2', 'b');
		INSERT INTO u VALUES (1, 'a'), (2, 'b');
		INSERT INTO ci VALUES ('Xx', 1), ('y', 2);
		INSERT INTO odd VALUES (1, 5, 'abc'), (2, 5, 'def')"
	next two <<-\SQL
	CREATE EXTENSION citext;
	CREATE TABLE t (id text PRIMARY KEY);
	CREATE TABLE u (id numeric(9,2) PRIMARY KEY);
	CREATE TABLE ci (k citext PRIMARY KEY);
	CREATE TABLE odd ("id x" int PRIMARY KEY, id int);
	SQL
	schemastore upgrade -q --park
	pg app -c "UPDATE ci SET k = 'XX' WHERE k = 'xx'"
	next three <<-\SQL
	CREATE EXTENSION citext;
	CREATE TABLE t (id int PRIMARY KEY);
	CREATE TABLE u (id text PRIMARY KEY);
	CREATE TABLE ci (k citext PRIMARY KEY);
	CREATE TABLE odd ("id x" int PRIMARY KEY, id int);
	SQL
	schemastore upgrade -q --allow-data-loss
	schemastore revert -q HEAD~1
	schemastore upgrade -q
	pg app -c "SELECT a FROM t ORDER BY id; SELECT a FROM u ORDER BY id;
		SELECT k, v FROM ci ORDER BY k; SELECT \"id x\", \"v\"\"v\"
		FROM odd ORDER BY 1" >out
	test "$(paste -sd, out)" = "a,b,a,b,XX|1,y|2,1|abc,2|def"
}
test_expect 'keys of another type, of users types, and of odd names' keys

test_done
