#!/bin/sh
# The main job on PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

cat >one.sql <<'END'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, mail varchar(20) NOT NULL UNIQUE,
  m mood DEFAULT 'ok', s varchar(10) CHECK (s IN ('a', 'b')));
CREATE INDEX ON users (lower(mail) text_pattern_ops DESC, id) WHERE id > 3;
CREATE VIEW mails AS SELECT id, mail FROM users;
CREATE FUNCTION f(a int DEFAULT 3) RETURNS int LANGUAGE sql AS 'select a';
COMMENT ON TABLE users IS 'people';
GRANT SELECT ON users TO PUBLIC;
END
cat >two.sql <<'END'
CREATE TYPE mood AS ENUM ('ok', 'happy');
CREATE TABLE users (id serial PRIMARY KEY, mail text NOT NULL UNIQUE,
  m mood DEFAULT 'ok', age int CHECK (age > 0),
  s varchar(10) CHECK (s IN ('a', 'b')));
CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author int REFERENCES users (id) ON DELETE CASCADE, "Odd" text);
CREATE VIEW mails AS SELECT id, mail, age FROM users;
CREATE VIEW grown AS SELECT * FROM mails WHERE age > 17;
CREATE FUNCTION f(a int DEFAULT 3) RETURNS int LANGUAGE sql AS 'select a + 1';
END

test_expect 'init, commit, upgrade, change, upgrade, downgrade' '
	pg_new app
	cp one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q --yes
	pg app -c "INSERT INTO users (mail, m, s) VALUES (\$\$a@b\$\$, \
		\$\$ok\$\$, \$\$a\$\$)"
	cp two.sql schema.sql
	schemastore commit -q -m two
	schemastore upgrade -q --yes --allow-data-loss
	pg app -c "TABLE users" >out
	echo "1|a@b|ok|a|" >want
	test_cmp want out
	schemastore downgrade -q --yes --allow-data-loss
	pg app -c "TABLE users" >out
	echo "1|a@b|ok|a" >want
	test_cmp want out
	schemastore drift
	schemastore history >out
	test_grep "rollback .* two -> .* one" out
	schemastore fsck -q
'

test_expect 'what pg_dump prints is the same as of the source' '
	pg_new plain
	pg plain -f one.sql
	pg_dump --schema-only --no-owner --exclude-schema=schemastore plain |
		grep -v "^.\(un\)*restrict" >want
	pg_dump --schema-only --no-owner --exclude-schema=schemastore app |
		grep -v "^.\(un\)*restrict" >out
	test_cmp want out
'

test_expect 'psql runs a printed plan as it stands' '
	schemastore plan --engine postgres one.sql two.sql >up.sql 2>err
	test ! -s err
	pg plain -c "INSERT INTO users (mail, m) VALUES (\$\$x\$\$, \$\$ok\$\$)"
	psql -Xq -d plain -f up.sql
	pg plain -c "SELECT id, mail, m, age FROM users" >out
	echo "1|x|ok|" >want
	test_cmp want out
	pg_url plain
	schemastore diff --exit-code "$url" two.sql
'

test_expect 'a value that is in use cannot be left out: nothing happens' '
	schemastore plan --engine postgres two.sql one.sql >down.sql
	pg plain -c "UPDATE users SET m = \$\$happy\$\$"
	test_not psql -Xq -d plain -f down.sql
	pg plain -c "SELECT m FROM users" >out
	echo happy >want
	test_cmp want out
	pg_url plain
	schemastore diff --exit-code "$url" two.sql
'

test_expect 'drift is seen, named, and stops an upgrade' '
	pg app -c "CREATE TABLE extra (a int)"
	test_must_fail code=1 schemastore drift >out
	test_grep "table public.extra" out
	test_must_fail code=3 schemastore upgrade --yes --allow-data-loss 2>err
	test_grep "is not that of the version" err
	pg app -c "DROP TABLE extra"
	schemastore drift
'

test_expect 'a dry run leaves nothing' '
	schemastore upgrade -q --yes --allow-data-loss --dry-run
	schemastore drift
	pg app -c "SELECT to_regclass(\$\$posts\$\$) IS NULL" >out
	echo t >want
	test_cmp want out
'

test_expect 'a comment that alone changes is a change, but no drift' '
	sed "s/people/persons/" one.sql >other.sql
	schemastore plan --engine postgres one.sql other.sql >out
	test_grep "^COMMENT ON TABLE public.users IS .persons.;$" out
	pg app -c "COMMENT ON TABLE users IS \$\$humans\$\$"
	schemastore drift
'

test_expect 'a statement that the server refuses: file, line and column' '
	printf "CREATE TABLE a (\n  b integer,\n  c nosuch\n);\n" >bad.sql
	test_must_fail code=5 schemastore plan --engine postgres one.sql \
		bad.sql 2>err
	test_grep "bad.sql:3:5: .*type .nosuch. does not exist" err
'

test_expect 'what is the server'"'"'s has no place in a source' '
	echo "CREATE DATABASE other;" >bad.sql
	test_must_fail code=3 schemastore plan --engine postgres one.sql \
		bad.sql 2>err
	test_grep "bad.sql:1:1: a database is not part of a schema" err
'

test_expect 'no server: it is said, and what to do' '
	test_must_fail code=5 schemastore inspect \
		"postgres://nobody@/none?host=/nonexistent" 2>err
	test_grep "cannot connect" err
	test_grep "^hint: is the server running" err
'

test_expect 'two runners: one waits, or is told' '
	pg app -c "BEGIN; SELECT pg_advisory_xact_lock(8315167647266992244); \
		SELECT pg_sleep(3)" >/dev/null &
	sleep 0.7
	test_must_fail code=3 schemastore upgrade --yes --allow-data-loss \
		--wait 0 2>err
	test_grep "another schemastore is changing this database" err
	wait
	schemastore upgrade -q --yes --allow-data-loss
'

test_expect 'who holds a lock is named' '
	pg app -c "BEGIN; LOCK TABLE users IN ACCESS SHARE MODE; \
		SELECT pg_sleep(4)" >/dev/null &
	sleep 0.7
	test_must_fail code=3 schemastore downgrade --yes --allow-data-loss \
		--wait 1 2>err
	test_grep "it waited for pid [0-9]* (psql), active: .*LOCK TABLE" err
	wait
	schemastore drift
'

test_expect 'a serial keeps its place where table and column are renamed' '
	echo "CREATE TABLE a (id serial PRIMARY KEY, n int);" >a.sql
	echo "CREATE TABLE b (nr serial, n int, \
		CONSTRAINT a_pkey PRIMARY KEY (nr));" >b.sql
	pg_new kept
	pg kept -f a.sql
	pg kept -c "INSERT INTO a (n) VALUES (1), (2)"
	schemastore plan --engine postgres --rename a=b --rename a.id=nr \
		a.sql b.sql >up.sql
	psql -Xq -d kept -f up.sql
	pg kept -c "INSERT INTO b (n) VALUES (3) RETURNING nr" >out
	echo 3 >want
	test_cmp want out
	schemastore diff --exit-code "$url" b.sql
'

test_expect 'a text that is too long is not cut' '
	echo "CREATE TABLE a (n text);" >a.sql
	echo "CREATE TABLE a (n varchar(3));" >b.sql
	pg_new short
	pg short -f a.sql
	pg short -c "INSERT INTO a VALUES (\$\$four\$\$), (\$\$two\$\$)"
	schemastore plan --engine postgres a.sql b.sql >up.sql
	test_grep "^-- hazard type-rejects: column public.a.n" up.sql
	test_not psql -Xq -d short -f up.sql
	pg short -c "UPDATE a SET n = left(n, 3)"
	psql -Xq -d short -f up.sql
	schemastore diff --exit-code "$url" b.sql
'

test_expect 'a column without a way between its types must be empty' '
	echo "CREATE TABLE a (n int);" >a.sql
	echo "CREATE TABLE a (n uuid);" >b.sql
	pg_new typed
	pg typed -f a.sql
	pg typed -c "INSERT INTO a VALUES (1)"
	schemastore plan --engine postgres a.sql b.sql >up.sql
	test_not psql -Xq -d typed -f up.sql 2>err
	test_grep "holds values that its new type does not take" err
	pg typed -c "UPDATE a SET n = NULL"
	psql -Xq -d typed -f up.sql
	schemastore diff --exit-code "$url" b.sql
'

test_expect 'what is ignored is left out, with what it owns' '
	mkdir "$TMPDIR/ignore"
	cd "$TMPDIR/ignore"
	pg_new ign
	pg ign -c "CREATE TABLE alembic_version (id serial, n int)"
	echo "CREATE TABLE t (a int);" >schema.sql
	schemastore init --engine postgres --database dev="$url" >out 2>err
	test_grep "another tool.s bookkeeping.*postgres.ignore" err
	schemastore config --add postgres.ignore alembic_version
	schemastore commit -q -m one
	schemastore upgrade -q --yes 2>err
	schemastore drift 2>err
	pg ign -c "CREATE VIEW v AS SELECT n FROM alembic_version"
	test_must_fail code=3 schemastore drift 2>err
	test_grep "view public.v depends on what" err
'

test_expect 'what inspect prints is a source' '
	pg_new insp
	pg insp -c "CREATE TABLE b (x int); CREATE FUNCTION a() RETURNS \
		bigint LANGUAGE sql AS \$\$SELECT count(*) FROM public.b\$\$"
	schemastore inspect "$url" >insp.sql
	schemastore diff --exit-code "$url" insp.sql
'

test_expect 'names of every shape stay names' '
	cat >odd.sql <<-\END
	CREATE SCHEMA "a.b";
	CREATE TABLE "a.b"."x""; DROP TABLE users; --" ("c''d" int PRIMARY KEY,
	  "select" int REFERENCES "a.b"."x""; DROP TABLE users; --");
	COMMENT ON COLUMN "a.b"."x""; DROP TABLE users; --"."c''d"
	  IS E'\\'' \n';
	CREATE INDEX "Ü%" ON "a.b"."x""; DROP TABLE users; --" ("select");
	END
	pg_new odd
	schemastore plan --engine postgres - odd.sql >up.sql </dev/null
	psql -Xq -d odd -f up.sql
	schemastore diff --exit-code "$url" odd.sql
	schemastore plan --engine postgres odd.sql - >down.sql </dev/null
	psql -Xq -d odd -f down.sql
	pg odd -c "SELECT count(*) FROM pg_class WHERE oid >= 16384" >out
	echo 0 >want
	test_cmp want out
'

test_done
