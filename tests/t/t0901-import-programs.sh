#!/bin/sh
# Alembic's and Django's migrations, by the SQL that they print.
. "${srcdir:?}/tests/t/lib.sh"

data=$srcdir/tests/data

project () {
	rm -rf p
	mkdir p
	cd p
	schemastore init -q --engine sqlite
}

alembic () {
	project
	cp -r "$data/alembic" m
	sqlite3 app.db <m/up.sql
	schemastore import sql m >out
	test_grep "^alembic: 4 versions, 1 of them" out
	schemastore log --reverse --json | grep -o 'alembic sqlite .*[0-9]' \
		>log
	printf 'alembic sqlite %s\n' aaa111 ccc333 bbb222 ddd444 >want
	test_cmp want log
	schemastore diff --exit-code HEAD sqlite:app.db
	schemastore baseline app.db 2>note
	test_grep "alembic_version says at which version" note
	schemastore downgrade -q --yes --allow-data-loss app.db HEAD~3
	schemastore upgrade -q app.db
	echo 'SELECT 1;' | cat - m/up.sql >up.sql
	test_must_fail code=2 schemastore import sql --format alembic up.sql \
		2>err
	test_grep "up.sql:1: a statement before any '-- Running upgrade" err
	cp m/up.sql m/z.sql
	test_must_fail code=2 schemastore import sql m 2>err
	test_grep "two migrations have the number 'aaa111'" err
}
test_expect 'alembic upgrade --sql, downgrade --sql' alembic

# On PostgreSQL it begins and ends its transaction.
brackets () {
	project
	(
		echo 'BEGIN;'
		cat "$data/alembic/up.sql"
		echo 'COMMIT;'
	) | sed 's/^INSERT.*alembic.*;$/& RETURNING alembic_version.x;/;
		s/;\( RETURNING\)/\1/' >up.sql
	schemastore import sql up.sql >out
	test_grep "^alembic: 4 versions" out
}
test_expect 'one file, with a transaction around it' brackets

django () {
	project
	cp "$data/django/all.sql" .
	schemastore import sql all.sql >out 2>note
	test_grep "^django: 4 versions" out
	test_grep "note: polls.0003_data: part of it is no SQL" note
	test "$(grep -c 'no SQL' note)" = 1
	schemastore log --reverse --json >log
	test_grep 'django sqlite polls.0001_first' log
	schemastore show --schema HEAD~2 | sqlite3 app.db
	sqlite3 app.db 'CREATE TABLE django_migrations (id INTEGER PRIMARY KEY,
		app, name);
		INSERT INTO django_migrations (app, name) VALUES
		("polls", "0001_first"), ("polls", "0002_votes")'
	schemastore baseline app.db 2>note
	test_grep "django_migrations says" note
	test "$(schemastore heads app.db | wc -l)" = 2
	schemastore upgrade -q app.db
	schemastore downgrade -q --yes --allow-data-loss app.db HEAD~3
	schemastore diff --exit-code HEAD~3 sqlite:app.db
}
test_expect 'django sqlmigrate, one after the other' django

test_done
