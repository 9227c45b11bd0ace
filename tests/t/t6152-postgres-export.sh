#!/bin/sh
# PostgreSQL's versions as other tools' migrations.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
mkdir p again
cd p
schemastore init -q --engine postgres --source schema.sql
cat >schema.sql <<'END'
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, age text);
CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql AS $$
	SELECT upper(t) || ';' $$;
END
schemastore commit -q -m 'First'
sed 's/, age text/, age text, mail text NOT NULL/' schema.sql >new
mv new schema.sql
echo 'UPDATE users SET mail = shout(name);' >up.sql
echo 'UPDATE users SET name = name;' >down.sql
schemastore commit -q -m 'Mail' --data mails=up.sql:down.sql
sed "s/mail text/post text/; s/'bad'/'bad', 'so so'/" schema.sql >new
mv new schema.sql
schemastore commit -q -m 'Post' --rename users.mail=post
# One that a merge has brought.
schemastore branch -q side
schemastore checkout -q side
echo 'CREATE VIEW names AS SELECT name FROM users;' >>schema.sql
schemastore commit -q -m 'Names'
schemastore checkout -q main
sed '/VIEW/d' schema.sql >new
mv new schema.sql
echo 'CREATE INDEX by_age ON users (age);' >>schema.sql
schemastore commit -q -m 'By age'
schemastore merge -q side

schemas () {
	schemastore log --first-parent --reverse --json |
	sed -n 's/^ *"id": "\(.*\)".*/\1/p' |
	while read -r id
	do
		schemastore show --schema "$id" | tr '\n' ' '
		echo
	done
}
schemas >want

there () {
	for format in golang-migrate goose sqitch prisma
	do
		schemastore export sql -q --format $format $format
		rm -rf ../again/* ../again/.s*
		cd ../again
		schemastore init -q --engine postgres --source schema.sql
		schemastore import sql -q ../p/$format
		schemas >../p/got
		cd ../p
		test_cmp want got
	done
}
test_expect 'imported again they are the same, merges among them' there

run () {
	pg_new made
	for file in golang-migrate/*.up.sql
	do
		pg made -1 -v ON_ERROR_STOP=1 -f "$file"
		if test "$file" = golang-migrate/000001_First.up.sql
		then
			pg made -c "INSERT INTO users (name) VALUES ('ann')"
		fi
	done
	schemastore diff --exit-code HEAD "$url"
	test "$(pg made -c 'SELECT post FROM users')" = 'ANN;'
	for file in $(ls -r golang-migrate/*.down.sql)
	do
		pg made -1 -v ON_ERROR_STOP=1 -f "$file"
	done
	schemastore diff --exit-code - "$url"
	for file in $(sed -n 's/^\([0-9].*\) [0-9]*-.*/\1/p' sqitch/sqitch.plan)
	do
		pg made -v ON_ERROR_STOP=1 -f "sqitch/deploy/$file.sql"
	done
	schemastore diff --exit-code HEAD "$url"
	test_grep 'engine = pg' sqitch/sqitch.conf
	test_grep 'provider = "postgresql"' prisma/migration_lock.toml
}
test_expect 'run by psql they make the same database, and unmake it' run

test_done
