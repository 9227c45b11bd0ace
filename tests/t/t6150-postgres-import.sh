#!/bin/sh
# Migrations of another tool's, taken over on PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

put () {
	printf "%s\n" "$2" >"m/$1"
}

migrations () {
	rm -rf p
	mkdir p
	cd p
	mkdir m
	schemastore init -q --engine postgres
	put 1_users.sql "-- migrate:up
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, age text);
CREATE FUNCTION shout(t text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	-- a semicolon; here
	RETURN upper(t) || ';';
END \$\$;
-- migrate:down
DROP FUNCTION shout(text);
DROP TABLE users;
DROP TYPE mood;"
	put 2_seed.sql "-- migrate:up
SET lock_timeout = 0;
INSERT INTO users (name, age) VALUES ('root', '40');
-- migrate:down
DELETE FROM users WHERE name = 'root';"
	put 3_mail.sql "-- migrate:up
ALTER TABLE users RENAME TO people;
ALTER TABLE people RENAME COLUMN name TO nick;
ALTER TABLE people ADD COLUMN mail text;
UPDATE people SET mail = shout(nick);
ALTER TABLE people ALTER COLUMN mail SET NOT NULL;
-- migrate:down
ALTER TABLE people DROP COLUMN mail;
ALTER TABLE people RENAME COLUMN nick TO name;
ALTER TABLE people RENAME TO users;"
	put 4_age.sql "-- migrate:up
ALTER TABLE people ALTER COLUMN age TYPE int USING age::int * 2;
-- migrate:down
ALTER TABLE people ALTER COLUMN age TYPE text USING (age / 2)::text;"
	put 5_index.sql "-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY people_mail ON people (mail);"
}

takes_over () {
	migrations
	schemastore import sql m >out
	cat out
	grep "dbmate: 5 versions, 3 of them" out
	test_must_fail code=1 schemastore commit -m nothing
	pg_new app
	sed "/migrate:down/,\$d" m/1_users.sql | pg app
	pg app -c "CREATE TABLE schema_migrations (version text PRIMARY KEY);
		INSERT INTO schema_migrations VALUES ('1');
		INSERT INTO users (name, age) VALUES ('ann', '7')"
	schemastore baseline "$url" 2>note || cat note
	grep "schema_migrations says at which version" note
	schemastore upgrade -q --allow-data-loss "$url"
	schemastore drift -q "$url"
	test "$(pg app -c "SELECT nick, mail, age FROM people ORDER BY id" |
		paste -s -d, -)" = "ann|ANN;|14,root|ROOT;|80"
	schemastore downgrade -q --yes --allow-data-loss "$url" HEAD~4
	test "$(pg app -c "SELECT name, age FROM users" |
		paste -s -d, -)" = "ann|7"
	schemastore upgrade -q --allow-data-loss "$url"
	schemastore drift -q "$url"
}
test_expect 'renames, rows and conversions, there and back' takes_over

fails () {
	migrations
	put 6_wrong.sql "-- migrate:up

ALTER TABLE people
	ADD COLUMN nick text;"
	test_must_fail code=5 schemastore import sql m 2>err
	grep "m/6_wrong.sql:3:1: " err
	test_must_fail schemastore log
	rm m/6_wrong.sql
	put 6_wrong.sql "-- migrate:up
DO \$\$ BEGIN EXECUTE 'ALTER TABLE people ADD COLUMN more int'; END \$\$;"
	schemastore import sql m
	git -C .schemastore show HEAD:edge/0/postgres.steps >steps
	grep "sql edited" steps
	pg_new app
	schemastore upgrade -q --allow-data-loss "$url"
	schemastore drift -q "$url"
}
test_expect 'an error has its line; what cannot be told apart is kept whole' \
	fails

test_done
