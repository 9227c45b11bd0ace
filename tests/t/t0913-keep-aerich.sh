#!/bin/sh
# Aerich's table kept in step, for those that still ask it.
. "${srcdir:?}/tests/t/lib.sh"

mkdir -p m/app
cat >m/app/0_20200101000000_init.sql <<'END'
-- upgrade --
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE aerich (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
	version VARCHAR(255) NOT NULL, app VARCHAR(100) NOT NULL,
	content JSON NOT NULL);
END
cat >m/app/1_20200102000000_mail.sql <<'END'
-- upgrade --
ALTER TABLE users ADD mail TEXT;
-- downgrade --
ALTER TABLE users DROP COLUMN mail;
END
schemastore init -q --engine sqlite --database dev=sqlite:app.db
schemastore import aerich -q m
sed 's/name TEXT/&, town TEXT/' schema.sql >new
mv new schema.sql
schemastore migrate -q --name 'a town'

# keeps ROW...: what Aerich thinks is done
keeps () {
	sqlite3 app.db 'SELECT app, version FROM aerich ORDER BY id' |
		sed 's/_2[0-9]*_/_/' >out
	printf '%s\n' "$@" >want
	test_cmp want out
}

in_step () {
	schemastore upgrade -q --keep-aerich dev HEAD~1
	keeps 'app|0_init.py' 'app|1_mail.py'
	schemastore upgrade -q --keep-aerich
	keeps 'app|0_init.py' 'app|1_mail.py' 'app|2_a_town.py'
	test "$(sqlite3 app.db 'SELECT content FROM aerich WHERE id = 3')" = {}
	sqlite3 app.db "UPDATE aerich SET version =
		replace(version, '.py', '.sql') WHERE id = 2"
	schemastore downgrade -q --yes --allow-data-loss --keep-aerich dev 2
	keeps 'app|0_init.py'
	schemastore upgrade -q
	keeps 'app|0_init.py'
	schemastore downgrade -q --yes --allow-data-loss dev HEAD~2
	schemastore checkout --db dev --keep-aerich --yes -q HEAD
	keeps 'app|0_init.py' 'app|1_mail.py' 'app|2_a_town.py'
	schemastore drift -q dev
}
test_expect 'there and back, in the names of its files' in_step

one_transaction () {
	schemastore downgrade -q --yes --allow-data-loss --keep-aerich dev 1
	sqlite3 app.db 'CREATE TRIGGER aerich_no BEFORE INSERT ON aerich BEGIN
		SELECT raise(ABORT, "no"); END'
	schemastore config --add sqlite.ignore aerich_no
	test_must_fail schemastore upgrade --keep-aerich 2>err
	cat err
	keeps 'app|0_init.py' 'app|1_mail.py'
	test "$(schemastore heads | wc -l)" = 1
}
test_expect 'in one transaction: both, or neither' one_transaction

refused () {
	mkdir ../q
	cd ../q
	echo 'CREATE TABLE t (a);' >schema.sql
	schemastore init -q --database dev=sqlite:app.db
	schemastore commit -q -m one
	test_must_fail code=3 schemastore upgrade --keep-aerich 2>err
	test_grep 'hint: schemastore config --add sqlite.ignore aerich' err
	test_must_fail code=2 schemastore upgrade --keep-aerich --online
	test -z "$(schemastore history -q)"
}
test_expect 'a table that nothing is said of' refused

test_done
