#!/bin/sh
# What hangs on what is in a database as it came about there, and need not be
# as it is where the version's source was loaded.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
pg_new app

hangs_on () {
	pg app -c "SELECT conindid::regclass FROM pg_constraint
		WHERE conname = 'owner'"
}

test_expect 'a foreign key that hangs on another index than its version says' '
	cat >schema.sql <<-\SQL
	CREATE TABLE users (id int NOT NULL, CONSTRAINT first UNIQUE (id));
	CREATE TABLE pets (user_id int,
		CONSTRAINT owner FOREIGN KEY (user_id) REFERENCES users (id));
	SQL
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	pg app -c "INSERT INTO users VALUES (1); INSERT INTO pets VALUES (1)"
	cat >schema.sql <<-\SQL
	CREATE TABLE users (id int NOT NULL);
	CREATE UNIQUE INDEX second ON users (id);
	ALTER TABLE users ADD CONSTRAINT first UNIQUE (id);
	CREATE TABLE pets (user_id int,
		CONSTRAINT owner FOREIGN KEY (user_id) REFERENCES users (id));
	SQL
	schemastore commit -q -m two
	schemastore upgrade -q
	test "$(hangs_on)" = first
	sed -i "/first/d" schema.sql
	schemastore commit -q -m three
	schemastore upgrade -q
	test "$(hangs_on)" = second
	schemastore drift
	schemastore downgrade -q --yes dev 2
	schemastore drift
	test "$(pg app -c "SELECT count(*) FROM pets")" = 1
'

test_done
