#!/bin/sh
# verify --replay: PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-replay.sh"
. "$srcdir/tests/t/lib-second.sh"

pg_start

# differs TEXT: nothing but --replay finds that
differs () {
	schemastore verify --signed
	test_must_fail code=1 schemastore verify --replay >out
	test_grep "^replay [0-9a-f]*: edge 0 of postgres, $1" out
	test_grep ", 1 finding$" out
}

schemastore key new >/dev/null
pg_new app
cat >schema.sql <<-END
CREATE TABLE a (id integer PRIMARY KEY, name text);
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql
    AS 'SELECT n * 2';
END
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
cat >>schema.sql <<-END
CREATE TABLE b (id integer PRIMARY KEY, a integer REFERENCES a);
CREATE INDEX b_a ON b (a);
END
echo "UPDATE a SET name = 'x' WHERE name IS NULL" >fill.sql
schemastore commit -q -m two --data fill=fill.sql:
sed 's/SELECT n . 2/SELECT n + n/' schema.sql >new
cp new schema.sql
schemastore commit -q -m three
cp -R .schemastore good

test_expect 'honest ones' '
	replays 6
	schemastore upgrade -q dev
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~2
	schemastore upgrade -q --online dev
	replays "[0-9]*" --all
	restore
'

test_expect 'an edge that leads elsewhere, there or back' '
	insider postgres.up.sql "CREATE OR REPLACE FUNCTION
public.twice(n integer) RETURNS integer LANGUAGE sql AS '\''SELECT n * 3'\'';
"
	differs "up: .*twice"
	restore
	insider postgres.down.sql "DROP FUNCTION public.twice(integer);
"
	differs "down: .*twice"
	restore
	insider postgres.up.sql "COMMIT; DROP TABLE public.a;
"
	differs "up: .*it may not begin or end a transaction"
	restore
'

test_expect 'where there is no server for it' '
	unset SCHEMASTORE_SCRATCH
	SCHEMASTORE_PGBIN=$PWD/nowhere
	export SCHEMASTORE_PGBIN
	test_must_fail code=6 schemastore verify --replay >out
	test_grep "^replay [0-9a-f]*: edge 0 of postgres, up cannot be run: " \
		out
	test_grep ", 6 findings$" out
	schemastore verify --signed
'

test_second

test_done
