#!/bin/sh
# Versions as other tools' migrations: imported again they are the same, and
# so is the database that their files make.
. "${srcdir:?}/tests/t/lib.sh"

mkdir p
cd p
schemastore init -q --engine sqlite --source schema.sql
commit () {
	cat >schema.sql
	message=$1
	shift
	schemastore commit -q -m "$message" "$@"
}
commit 'First: tables' <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY, by INTEGER REFERENCES users (id)
	ON DELETE CASCADE, body TEXT DEFAULT '${x} ; --');
END
echo "UPDATE users SET mail = name || '@example.org';" >up.sql
echo "UPDATE users SET name = mail;" >down.sql
commit 'Mail' --data mails=up.sql:down.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, mail TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, by INTEGER REFERENCES users (id)
	ON DELETE CASCADE, body TEXT DEFAULT '${x} ; --');
CREATE TRIGGER t AFTER INSERT ON posts BEGIN
	UPDATE users SET name = name; DELETE FROM posts WHERE 0; END;
END
commit 'Checked' <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL
	CHECK (name <> ''), mail TEXT);
CREATE TABLE posts (id INTEGER PRIMARY KEY, by INTEGER REFERENCES users (id)
	ON DELETE CASCADE, body TEXT DEFAULT '${x} ; --');
CREATE TRIGGER t AFTER INSERT ON posts BEGIN
	UPDATE users SET name = name; DELETE FROM posts WHERE 0; END;
END
schemastore commit -q --allow-empty -m 'nothing'
sed 's/mail TEXT/post TEXT/' schema.sql >new
commit 'Renamed' --rename users.mail=post <new

# What each version's schema is; one that changes nothing counts once.
schemas () {
	schemastore log --reverse --json | sed -n 's/^ *"id": "\(.*\)".*/\1/p' |
	while read -r id
	do
		schemastore show --schema "$id" | tr '\n' ' '
		echo
	done | uniq
}
schemas >want

# again FORMAT FOLDER [OPTION...]: a project of what is there
again () {
	rm -rf ../again
	mkdir ../again
	cd ../again
	schemastore init -q --engine sqlite --source schema.sql
	schemastore import sql -q --format "$1" "../p/$2"
	schemas >../p/got
	cd ../p
	test_cmp want got
}

# make_db FILE...: by the shell of SQLite, with foreign keys on
make_db () {
	rm -f made.db
	for file in "$@"
	do
		echo 'PRAGMA foreign_keys = ON;' | cat - "$file" >run.sql
		sqlite3 -bail made.db <run.sql
		if test "$(sqlite3 made.db 'SELECT count(*) FROM users')" = 0
		then
			sqlite3 made.db "INSERT INTO users (id, name)
				VALUES (1, 'ann');
				INSERT INTO posts (by) VALUES (1)"
		fi
	done
	schemastore diff --exit-code HEAD sqlite:made.db
	test "$(sqlite3 made.db "SELECT post FROM users, posts
		WHERE by = users.id")" = ann@example.org
}

migrate () {
	schemastore export sql --format golang-migrate m >out 2>note
	test_grep "^golang-migrate: 4 migrations; 1 version left out" out
	test_grep "x-no-tx-wrap" note
	ls m >out
	test_grep "^000003_Checked.down.sql$" out
	test "$(wc -l <out)" = 8
	again golang-migrate m
	make_db m/*.up.sql
	for file in $(ls -r m/*.down.sql)
	do
		sqlite3 -bail made.db <"$file"
	done
	schemastore diff --exit-code - sqlite:made.db
}
test_expect 'golang-migrate, there and back' migrate

sections () {
	schemastore export sql --format goose goose
	test_grep "^-- +goose NO TRANSACTION" goose/00003_Checked.sql
	test_not grep 'NO TRANSACTION' goose/00004_Renamed.sql
	again goose goose
	schemastore export sql --format dbmate dbmate
	test_grep "^-- migrate:up transaction:false" dbmate/*_Checked.sql
	again dbmate dbmate
	for file in goose/* dbmate/*
	do
		sed '/^-- +goose Down/,$d; /^-- migrate:down/,$d' "$file" \
			>new
		mv new "$file"
	done
	make_db goose/*
	make_db dbmate/*
}
test_expect 'goose, dbmate' sections

ups () {
	for format in plain atlas prisma
	do
		schemastore export sql --format $format $format 2>note
		test_grep "$format has no way back" note
		again $format $format
	done
	make_db plain/*
	make_db atlas/*.sql
	test_grep '^-- atlas:txmode none' atlas/*_Checked.sql
	make_db prisma/*/migration.sql
	test_grep 'provider = "sqlite"' prisma/migration_lock.toml
	schemastore export sql --format flyway flyway
	again flyway flyway
	make_db flyway/V*.sql
	test_grep placeholderReplacement=false flyway/V1__First_tables.sql.conf
	test_grep executeInTransaction=false flyway/U3__Checked.sql.conf
}
test_expect 'plain, Atlas, Prisma, Flyway' ups

folders () {
	schemastore export sql --format diesel diesel
	ls diesel >out
	test_grep "^[0-9]*-[0-9]*-[0-9]*-[0-9]*_Checked$" out
	test_grep "run_in_transaction = false" diesel/*_Checked/metadata.toml
	again diesel diesel
	make_db diesel/*/up.sql
	schemastore export sql --format sqitch sqitch
	test_grep "^0003_Checked [-0-9]*T[:0-9]*Z .* <.*@.*> # Checked$" \
		sqitch/sqitch.plan
	again sqitch sqitch
	make_db sqitch/deploy/*
}
test_expect 'Diesel, Sqitch' folders

parts () {
	for format in atlas sqitch golang-migrate
	do
		schemastore export sql -q --format $format part HEAD~2
		schemastore export sql -q --format $format part HEAD~2..
		schemastore export sql -q --format $format whole
		diff -r part whole
		rm -r part whole
	done
	schemastore export sql --json --format goose part HEAD~3..HEAD >out
	test_grep '"00004_Renamed"' out
	schemastore export sql -q --format flyway whole
	schemastore export sql -q --format flyway whole
	echo >>whole/V1__First_tables.sql
	test_must_fail code=3 schemastore export sql --format flyway whole \
		2>err
	test_grep 'V1__.*is there already, and says' err
}
test_expect 'a range, and what comes behind it' parts

kept () {
	mkdir ../k
	cd ../k
	mkdir m
	SCHEMASTORE_DATE=1577934000
	export SCHEMASTORE_DATE
	echo 'CREATE TABLE a (x);' >m/7_one.up.sql
	echo 'ALTER TABLE a ADD y;' >m/20200102030405_two.up.sql
	schemastore init -q --engine sqlite
	schemastore import sql -q --gaps m
	sed 's/y/y, z/' schema.sql >new
	mv new schema.sql
	schemastore commit -q -m Three
	schemastore export sql -q --format golang-migrate n
	ls n/*.up.sql >out
	printf '%s\n' n/20200102030405_two.up.sql \
		n/20200102030406_Three.up.sql n/7_one.up.sql >want
	test_cmp want out
	schemastore export sql -q --format goose g
	ls g >out
	test_grep '^00003_Three.sql$' out
}
test_expect 'what was imported keeps its number and its name' kept

refused () {
	test_must_fail code=2 schemastore export sql x 2>err
	test_grep 'hint: say it with --format: atlas, dbmate' err
	test_must_fail code=2 schemastore export sql --format what x
	test_must_fail code=2 schemastore export what x
	test_must_fail code=2 schemastore export sql --format goose x \
		HEAD..HEAD~1
	echo 'INSERT INTO users (name) VALUES (1
-- migrate:up
);' >up.sql
	schemastore commit -q --allow-empty -m marked --data m=up.sql
	test_must_fail code=3 schemastore export sql --format dbmate x 2>err
	test_grep "'marked' cannot be written for dbmate: .*-- migrate:up" err
	test_must_fail code=2 ls x
	schemastore export sql --format goose x 2>note
	test_grep "note: 00005_marked: there is no way back" note
}
test_expect 'what cannot be written' refused

test_done
