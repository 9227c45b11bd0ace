#!/bin/sh
# Other tools' folders of migrations, taken over: every format, what is kept of
# their SQL, databases that their runners left, and what is refused.
. "${srcdir:?}/tests/t/lib.sh"

one='CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);'
two='ALTER TABLE users RENAME COLUMN name TO mail;'
three='CREATE INDEX users_mail ON users (mail);'

# project: an empty one, and the folder m in it.
project () {
	rm -rf p
	mkdir p
	cd p
	mkdir m
	schemastore init -q "$@"
}

put () {
	mkdir -p "$(dirname "m/$1")"
	printf "%s\n" "$2" >"m/$1"
}

# adopted AT TABLE INSERT...: a database after the first AT migrations, as the
# tool leaves it, comes to the end, its row with it.
adopted () {
	rm -f app.db
	sqlite3 app.db "$one INSERT INTO users VALUES (1, 'ann')"
	test "$1" -lt 2 || sqlite3 app.db "$two"
	test "$1" -lt 3 || sqlite3 app.db "$three"
	shift
	for sql
	do
		sqlite3 app.db "$sql"
	done
	schemastore baseline sqlite:app.db 2>note
	grep "says at which version" note
	schemastore upgrade -q sqlite:app.db
	schemastore drift -q sqlite:app.db
	test "$(sqlite3 app.db "SELECT mail FROM users")" = ann
}

# imported FORMAT: three versions, whose schema is the one that the SQL makes.
imported () {
	schemastore import sql m >out
	grep "^$1: 3 versions" out
	test_must_fail code=1 schemastore commit -m nothing
	rm -f all.db raw.db
	schemastore upgrade -q sqlite:all.db
	schemastore downgrade -q --yes sqlite:all.db HEAD~1
	schemastore upgrade -q sqlite:all.db
	sqlite3 raw.db "$one $two $three"
	schemastore diff --exit-code sqlite:all.db sqlite:raw.db
	schemastore log --json >log
	test "$(grep -c "\"subject\"" log)" = 3
}

golang_migrate () {
	project
	put 000001_users.up.sql "$one"
	put 000001_users.down.sql "DROP TABLE users;"
	put 000002_mail.up.sql "$two"
	put 000010_index.up.sql "$three"
	put 000010_index.down.sql "DROP INDEX users_mail;"
	imported golang-migrate
	adopted 2 "CREATE TABLE schema_migrations (version INT, dirty BOOL)" \
		"INSERT INTO schema_migrations VALUES (2, 0)"
	rm app.db
	sqlite3 app2.db "$one $two
		CREATE TABLE schema_migrations (version INTEGER, dirty BOOL);
		INSERT INTO schema_migrations VALUES (2, 1)"
	test_must_fail code=3 schemastore baseline app2.db 2>err
	grep "no migration is done" err
}
test_expect 'golang-migrate' golang_migrate

dbmate () {
	project
	put 20200101_users.sql "-- migrate:up
$one

-- migrate:down
DROP TABLE users;"
	put 20200102_mail.sql "-- migrate:up transaction:false
$two"
	put 20200103_index.sql "-- migrate:up
$three
-- migrate:down"
	imported dbmate
	adopted 1 "CREATE TABLE schema_migrations (version TEXT PRIMARY KEY)" \
		"INSERT INTO schema_migrations VALUES ('20200101')"
}
test_expect 'dbmate' dbmate

goose () {
	project
	put 00001_users.sql "-- +goose Up
-- +goose StatementBegin
$one
-- +goose StatementEnd
-- +goose Down
DROP TABLE users;"
	put 00002_mail.sql "-- +goose NO TRANSACTION
-- +goose up
$two"
	put 00003_index.sql "--+goose Up
$three
-- +goose Down
DROP INDEX users_mail;"
	imported goose
	adopted 2 "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY,
			version_id INTEGER, is_applied INTEGER)" \
		"INSERT INTO goose_db_version (version_id, is_applied)
			VALUES (0, 1), (1, 1), (2, 1), (3, 1), (3, 0)"
}
test_expect 'goose' goose

flyway () {
	project
	put V1__users.sql "$one"
	put V1.10__index.sql "$three"
	put V1_9__mail.sql "$two"
	put U1.10__index.sql "DROP INDEX users_mail;"
	imported flyway
	adopted 2 "CREATE TABLE flyway_schema_history (installed_rank INTEGER,
			version TEXT, script TEXT, success BOOL)" \
		"INSERT INTO flyway_schema_history VALUES
			(1, '1', 'V1__users.sql', 1),
			(2, '1.9', 'V1_9__mail.sql', 1)"
}
test_expect 'Flyway' flyway

repeatable () {
	project
	put V1__users.sql "$one"
	put R__names.sql "CREATE VIEW names AS SELECT name FROM users;"
	schemastore import sql m >out
	grep "flyway: 2 versions" out
	schemastore log --json | head -20 | grep "\"subject\": \"R__names\""
	sqlite3 app.db "$one CREATE VIEW names AS SELECT name FROM users;
		CREATE TABLE flyway_schema_history (installed_rank INTEGER,
			version TEXT, script TEXT, success BOOL);
		INSERT INTO flyway_schema_history VALUES
			(1, '1', 'V1__users.sql', 1),
			(2, NULL, 'R__names.sql', 1)"
	schemastore baseline app.db >out
	grep "R__names" out
	put beforeMigrate.sql "SELECT 1;"
	test_must_fail code=3 schemastore import sql m 2>err
	grep "m/beforeMigrate.sql: callbacks" err
}
test_expect 'Flyway: what is repeated comes last, a callback is refused' \
	repeatable

diesel () {
	project
	put 2020-01-01-000000_users/up.sql "$one"
	put 2020-01-01-000000_users/down.sql "DROP TABLE users;"
	put 2020-01-02-000000_mail/up.sql "$two"
	put 2020-01-03-000000_index/up.sql "$three"
	imported diesel
	adopted 1 "CREATE TABLE __diesel_schema_migrations
			(version VARCHAR(50) PRIMARY KEY)" \
		"INSERT INTO __diesel_schema_migrations
			VALUES ('20200101000000')"
}
test_expect 'Diesel' diesel

prisma () {
	project
	put migration_lock.toml "provider = \"sqlite\""
	put 20200101000000_users/migration.sql "$one"
	put 20200102000000_mail/migration.sql "$two"
	put 20200103000000_index/migration.sql "$three"
	imported prisma
	adopted 2 "CREATE TABLE _prisma_migrations (migration_name TEXT,
			finished_at TEXT, rolled_back_at TEXT)" \
		"INSERT INTO _prisma_migrations VALUES
			('20200101000000_users', 1, NULL),
			('20200102000000_mail', NULL, 1),
			('20200102000000_mail', 1, NULL)"
}
test_expect 'Prisma' prisma

# The sums are those that Atlas has: each file's goes over all before it.
sums () {
	python3 - <<-\PY
	import base64, hashlib, os
	def b64(h):
	    return base64.b64encode(h.digest()).decode()
	h, lines = hashlib.sha256(), []
	whole = hashlib.sha256()
	for n in sorted(os.listdir("m")):
	    if n.endswith(".sql"):
	        h.update(n.encode() + open("m/" + n, "rb").read())
	        lines.append(n + " h1:" + b64(h))
	        whole.update((n + b64(h)).encode())
	open("m/atlas.sum", "w").write(
	    "h1:" + b64(whole) + "\n" + "".join(l + "\n" for l in lines))
	PY
}

atlas () {
	project
	put 20200101000000_users.sql "$one"
	put 20200102000000_mail.sql "$two"
	put 20200103000000_index.sql "$three"
	sums
	imported atlas
	adopted 2 "CREATE TABLE atlas_schema_revisions (version TEXT,
			applied INTEGER, total INTEGER)" \
		"INSERT INTO atlas_schema_revisions VALUES
			('20200101000000', 1, 1), ('20200102000000', 1, 1)"
	echo "-- more" >>m/20200102000000_mail.sql
	test_must_fail code=3 schemastore import sql m 2>err
	grep "m/atlas.sum:3: '20200102000000_mail.sql' is not as" err
	put 20200104000000_more.sql "SELECT 1;"
	test_must_fail code=3 schemastore import sql m
	rm m/20200102000000_mail.sql
	test_must_fail code=3 schemastore import sql m
}
test_expect 'Atlas, and its sums' atlas

sqitch () {
	project
	put sqitch.plan "%syntax-version=1.0.0
%project=app

users 2020-01-01T00:00:00Z Ann <ann@example.com> # the first
@v1 2020-01-01T00:00:01Z Ann <ann@example.com> # tag
mail [users] 2020-01-02T00:00:00Z Ann <ann@example.com> # b
users [users@v1] 2020-01-03T00:00:00Z Ann <ann@example.com> # again"
	put deploy/users@v1.sql "BEGIN;
$one
COMMIT;"
	put revert/users@v1.sql "DROP TABLE users;"
	put deploy/mail.sql "$two"
	put deploy/users.sql "$three"
	imported sqitch
	rm m/deploy/mail.sql
	test_must_fail code=2 schemastore import sql m 2>err
	grep "m/sqitch.plan names 'mail', and there is no m/deploy/mail.sql" \
		err
}
test_expect 'Sqitch, by its plan' sqitch

plain () {
	project
	put 1.sql "$one"
	put 2-mail.sql "$two"
	put 3_index.sql "$three"
	imported plain
	test_must_fail code=2 schemastore import sql --format goose m 2>err
	grep "m/1.sql:1: a statement before" err
	test_must_fail code=2 schemastore import sql --format nix m 2>err
	grep "sqitch, prisma, golang-migrate" err
	test_must_fail code=2 schemastore import schema m 2>err
	grep "did you mean .import sql" err
}
test_expect 'files with a number; a format that is named' plain

again () {
	project
	put 1.sql "$one"
	schemastore import sql --json m >out
	grep "\"versions\": 1" out
	put 2.sql "$two"
	put 3.sql "$three"
	schemastore import sql m >out
	grep "plain: 2 versions; 1 had been imported before" out
	schemastore import sql m >out
	grep "plain: 0 versions; 3 had been imported before" out
	schemastore log --json >before
	mv m/2.sql m/2_5.sql
	put 3.sql "DROP TABLE users;"
	test_must_fail code=3 schemastore import sql m 2>err
	grep "not what the migrations up to .3. lead to" err
	mv m/1.sql m/0.sql
	test_must_fail code=2 schemastore import sql m
	test_must_fail code=3 schemastore import sql --gaps m 2>err
	grep "migration .1. (plain) was imported before" err
	schemastore log --json | cmp - before
	cd ..
	project
	echo "$one" >schema.sql
	schemastore config schemastore.source schema.sql
	schemastore commit -qm own
	put 1.sql "$two"
	test_must_fail code=3 schemastore import sql m 2>err
	grep "the branch has a schema for sqlite already" err
}
test_expect 'what is new is imported later, what was changed is refused' again

refused () {
	project
	mkdir empty
	test_must_fail code=2 schemastore import sql empty
	test_must_fail code=2 schemastore import sql nowhere
	put 1.sql "$one"
	put 2.sql "$two"
	put 4.sql "$three"
	test_must_fail code=2 schemastore import sql m 2>err
	grep "no migration has the number 3: m/4.sql comes behind m/2.sql" err
	put 02_more.sql "SELECT 1;"
	test_must_fail code=2 schemastore import sql --gaps m 2>err
	grep "two migrations have the number .*: m/.*2.*.sql and m/" err
	rm m/02_more.sql
	put seed.sql "SELECT 1;"
	test_must_fail code=2 schemastore import sql --gaps m 2>err
	grep "m/seed.sql: its name has no number" err
	rm m/seed.sql
	put 5.sql "-- what follows is wrong
CREATE TABLE t (id int);
CREATE TABLE t (id int);"
	test_must_fail code=5 schemastore import sql --gaps m 2>err
	grep "m/5.sql:3:14: table t already exists" err
	test_must_fail schemastore log
	test_must_fail grep ignore schemastore.conf
	test_path_missing schema.sql
	cd ..
	project
	put 1_a.down.sql "$one"
	put 2_b.up.sql "$one"
	test_must_fail code=2 schemastore import sql m 2>err
	grep "m/1_a.down.sql: there is a way back, and no way there" err
	cd ..
	project
	put 1_a.sql "-- +goose Up
$one
-- +goose Down
DROP TABLE users;"
	put 2_b.sql "SELECT 1;
-- +goose Up"
	test_must_fail code=2 schemastore import sql m 2>err
	grep "m/2_b.sql:1: a statement before '-- +goose up'" err
	put 2_b.sql "

-- +goose Up
CREATE TABLE;"
	test_must_fail code=5 schemastore import sql m 2>err
	grep "m/2_b.sql:4:13: " err
	put 2_b.go "package m"
	test_must_fail code=3 schemastore import sql m 2>err
	grep "m/2_b.go: a migration in Go" err
}
test_path_missing () {
	test ! -e "$1"
}
test_expect 'what is wrong is said with file and line; nothing is half done' \
	refused

rows () {
	project
	put 1.up.sql "$one"
	put 1.down.sql "DROP TABLE users;"
	put 1_users.up.sql "$one"
	rm m/1.up.sql m/1.down.sql
	put 2_seed.up.sql "-- who is always there
INSERT INTO users VALUES (0, 'root');"
	put 2_seed.down.sql "DELETE FROM users WHERE id = 0;"
	put 3_mail.up.sql "ALTER TABLE users ADD COLUMN mail TEXT;
UPDATE users SET mail = name || '@example.com';"
	put 3_mail.down.sql "ALTER TABLE users DROP COLUMN mail;"
	# A rebuild by hand, in which a value is made up.
	put 4_must.up.sql "PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL,
	mail TEXT NOT NULL, age INTEGER NOT NULL);
INSERT INTO new_users SELECT id, name, mail, 40 FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;
COMMIT;"
	put 4_must.down.sql "ALTER TABLE users DROP COLUMN age;"
	schemastore import sql m >out 2>err
	cat out err
	grep "4 versions, 3 of them with SQL of the migration" out
	grep "m/4_must.down.sql: no way back" err
	git -C .schemastore show HEAD~2:edge/0/sqlite.steps >steps
	grep "after 2_seed" steps
	git -C .schemastore show HEAD:edge/0/sqlite.steps >steps
	grep "sql edited" steps
	sqlite3 app.db "$one INSERT INTO users VALUES (7, 'ann')"
	schemastore baseline -q app.db HEAD~3
	schemastore upgrade -q --allow-data-loss sqlite:app.db
	schemastore drift -q sqlite:app.db
	test "$(sqlite3 app.db "SELECT * FROM users" | paste -s -d, -)" = \
		"0|root|root@example.com|40,7|ann|ann@example.com|40"
	test_must_fail code=3 schemastore downgrade --yes sqlite:app.db HEAD~3
	rm -f new.db
	schemastore upgrade -q --allow-data-loss sqlite:new.db HEAD~1
	test "$(sqlite3 new.db "SELECT mail FROM users")" = root@example.com
	schemastore downgrade -q --yes --allow-data-loss sqlite:new.db HEAD~3
	test "$(sqlite3 new.db "SELECT count(*) FROM users")" = 0
}
test_expect 'what a migration does to rows is kept, and done once' rows

many () {
	project
	i=1
	while test $i -le 200
	do
		if test $((i % 4)) -eq 1
		then
			put $i.sql "CREATE TABLE t$i (id INTEGER PRIMARY KEY,
				a TEXT NOT NULL, b INTEGER);"
		else
			put $i.sql "ALTER TABLE t$((i - (i - 1) % 4))
				ADD COLUMN c$i TEXT;"
		fi
		i=$((i + 1))
	done
	start=$(date +%s)
	schemastore import sql m >out
	grep "plain: 200 versions" out
	test $(($(date +%s) - start)) -le 5
}
test_expect '200 migrations take no more than 5 seconds' many

engines () {
	project --engine sqlite,postgres
	put 1.sql "$one"
	test_must_fail code=2 schemastore import sql m 2>err
	grep "hint: say it: --engine postgres" err
	schemastore import sql --engine sqlite m >out
	grep "schema.sqlite.sql has the schema" out
	schemastore upgrade -q sqlite:app.db
}
test_expect 'of several engines one is named' engines

test_done
