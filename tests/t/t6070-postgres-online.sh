#!/bin/sh
# upgrade --online: in steps, each committed before the next, that hold up
# nobody; what fails half-way goes on, or back.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

cat >schema.sql <<'SQL'
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE users (id int PRIMARY KEY, mail text, mood mood, old int);
CREATE TABLE posts (id int, author int, body text);
CREATE INDEX posts_author ON posts (author);
CREATE INDEX users_old ON users (old);
SQL
pg_new app
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
schemastore upgrade -q
pg app -c "INSERT INTO users SELECT n, 'm' || n, 'good', n
	FROM generate_series(1, 5) n;
	INSERT INTO posts SELECT n, n, 'b' FROM generate_series(1, 5) n"
cat >schema.sql <<'SQL'
CREATE TYPE mood AS ENUM ('good', 'bad', 'ugly');
CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, mood mood
	DEFAULT 'ugly', CONSTRAINT users_mail UNIQUE (mail));
CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL REFERENCES users,
	body text CHECK (body <> ''));
CREATE INDEX posts_author ON posts (author DESC, id);
CREATE INDEX posts_body ON posts (body);
SQL
schemastore commit -q -m two

# what is asked for, whatever it loses
online () {
	schemastore upgrade --online --allow-data-loss "$@"
}

says_where () {
	schemastore plan --online HEAD~1 HEAD >plan.sql
	grep -c '^BEGIN;$' plan.sql >begins
	grep -c '^COMMIT;$' plan.sql >commits
	test_cmp begins commits
	test_grep '^ALTER TABLE public.users ADD CONSTRAINT users_mail ' \
		plan.sql
	test_grep '^CREATE UNIQUE INDEX CONCURRENTLY users_mail ' plan.sql
	test_grep '^CREATE INDEX CONCURRENTLY posts_author_ss_next ' plan.sql
	test_grep '^DROP INDEX CONCURRENTLY public.posts_author_ss_last' \
		plan.sql
	test_grep '^ALTER TABLE public.posts VALIDATE CONSTRAINT ' plan.sql
	test_not grep blocks- plan.sql
	schemastore plan HEAD~1 HEAD >plan.sql
	test_grep 'hazard blocks-reads: column public.users.mail: ' plan.sql
	test_grep 'hazard blocks-writes: index posts_body on public.p' plan.sql
	test "$(grep -c "^COMMIT;" plan.sql)" = 1
}
test_expect 'a plan says where transactions begin and end' says_where

printed () {
	schemastore plan --online HEAD~1 HEAD >plan.sql
	pg postgres -c 'CREATE DATABASE printed TEMPLATE app'
	psql -q -X -h "$pg_dir" -U postgres printed -f plan.sql
	schemastore diff --exit-code \
		"postgres://postgres@/printed?host=$pg_dir" HEAD
}
test_expect 'the printed script does what upgrade does' printed

pg_keep

# until a row of pg_stat_activity has it
wait_for () {
	for i in $(seq 100)
	do
		if test "$(pg app -c "SELECT count(*) FROM pg_stat_activity
			WHERE pid <> pg_backend_pid() AND $1")" -gt 0
		then
			return 0
		fi
		sleep 0.1
	done
	return 1
}
invalid () {
	pg app -c 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'
}
leftovers () {
	pg app -c "SELECT relname FROM pg_class WHERE relname LIKE '%\_ss\_%'
		UNION ALL SELECT conname FROM pg_constraint
		WHERE conname LIKE '%\_ss\_%' OR NOT convalidated"
}

up_and_down () {
	online >out
	test_grep '^done: ' out
	schemastore drift
	test "$(pg app -c 'SELECT count(*) FROM posts')" = 5
	test "$(pg app -c 'SELECT count(*) FROM schemastore.journal')" = 0
	test "$(invalid)" = 0
	test -z "$(leftovers)"
	schemastore history >out
	test_grep 'apply .* one -> .* two  ok' out
	schemastore downgrade --online --yes --allow-data-loss
	schemastore drift
	test -z "$(leftovers)"
}
test_expect 'up and down again' up_and_down

nothing_happened () {
	pg_back
	pg app -c "UPDATE users SET mail = NULL WHERE id = 1"
	test_must_fail code=3 online 2>err
	test_grep 'rows without a value' err
	schemastore status >out
	test_grep '1 version behind' out
}
test_expect 'where the first step fails nothing has happened' nothing_happened

# lock DATABASE TABLE: a session that reads it and does not go, until unlock.
lock () {
	pg "$1" -c "BEGIN; LOCK $2 IN ACCESS SHARE MODE; SELECT pg_sleep(60)" \
		>/dev/null 2>&1 &
	locker=$!
	wait_for "query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'"
}
unlock () {
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE query LIKE '%pg_sleep(60)%' AND
		pid <> pg_backend_pid()" >/dev/null
	wait "$locker" || :
}

waits () {
	pg_back
	lock app posts
	test_must_fail code=3 online \
		--lock-timeout 1 --retries 1 2>err
	test_grep 'it waited for pid [0-9]* (psql)' err
	test_grep '^hint: .*; 1 of [0-9]* statements are done' err
	unlock
	test_must_fail code=3 schemastore resume 2>err
	test_grep '^hint: add --allow-data-loss if that is meant; ' err
	schemastore resume --allow-data-loss
	schemastore drift
}
test_expect 'a lock that somebody holds is waited for shortly' waits

goes_on () {
	pg_back
	cat >>schema.sql <<'SQL'
ALTER TABLE users ADD COLUMN more int;
CREATE UNIQUE INDEX users_lower ON users (lower(mail));
SQL
	schemastore commit -q -m three
	rm -rf kept.store
	cp -R .schemastore kept.store
	pg app -c "UPDATE users SET mail = 'M1' WHERE id = 2"
	test_must_fail code=5 online 2>err
	test_grep 'users_lower' err
	test_grep "'schemastore resume dev' goes on" err
	test "$(invalid)" = 0
	test_must_fail code=3 schemastore upgrade dev 2>err
	test_grep 'in steps has not come to its end' err
	schemastore status >out
	test_grep 'in steps has not come to its end' out
	test_must_fail code=5 schemastore resume 2>err
	test "$(invalid)" = 0
	pg app -c "UPDATE users SET mail = 'm2' WHERE id = 2"
	schemastore resume >out
	test_grep 'dev is at .* three' out
	schemastore drift
	schemastore resume >out
	test_grep 'no run is open' out
	schemastore history >out
	test_grep 'three  ok' out
}
test_expect 'what stops half-way goes on when the cause is gone' goes_on

goes_back () {
	pg_back
	pg app -c "UPDATE users SET mail = 'M1' WHERE id = 2"
	test_must_fail code=5 online 2>err
	pg app -c 'UPDATE users SET more = 1 WHERE id = 1'
	test_must_fail code=3 schemastore resume --undo 2>err
	test_grep 'public.users.more' err
	schemastore resume --undo --yes --allow-data-loss
	schemastore drift
	schemastore status >out
	test_grep 'at [0-9a-f]* one, 2 versions behind' out
	test "$(pg app -c 'SELECT mail FROM users WHERE id = 2')" = M1
	schemastore history >out
	test_grep 'partial [0-9]*/[0-9]*' out
	pg app -c "UPDATE users SET mail = 'm2' WHERE id = 2"
	schemastore upgrade -q --online --allow-data-loss
	schemastore drift
}
test_expect 'or back' goes_back

comes_late () {
	pg_back
	pg app -c "UPDATE users SET mail = 'M1' WHERE id = 2;
		UPDATE users SET old = NULL"
	lock app users
	schemastore upgrade --online >out 2>err &
	run=$!
	wait_for "query LIKE 'DROP INDEX CONCURRENTLY%' AND
		wait_event_type = 'Lock'"
	pg app -c 'UPDATE users SET old = 1 WHERE id = 1'
	unlock
	code=0
	wait $run || code=$?
	test $code -eq 3
	test_grep 'public.users.old: the column.s values are lost (1 row)' err
	test_must_fail code=3 schemastore resume 2>err
	test_grep 'public.users.old' err
	pg app -c "UPDATE users SET mail = 'm2' WHERE id = 2"
	schemastore resume --allow-data-loss
	schemastore drift
}
test_expect 'values that come while it runs are not lost' comes_late

interrupted () {
	pg_back
	lock app users
	schemastore upgrade --online --allow-data-loss >out 2>err &
	run=$!
	wait_for "query LIKE '$1%' AND wait_event_type = 'Lock'"
	kill -INT $run
	code=0
	wait $run || code=$?
	test $code -eq 130
	test_grep "'schemastore resume dev' goes on" err
	unlock
	test "$(invalid)" = "$2"
	schemastore resume --allow-data-loss
	schemastore drift
}
# An index that is half dropped is invalid until that is done.
test_expect '^C ends it between two steps' \
	"interrupted 'DROP INDEX CONCURRENTLY' 1"

hostile () {
	pg_back
	pg app -c "UPDATE users SET mail = 'M1' WHERE id = 2"
	test_must_fail code=5 online 2>err
	pg app -c "UPDATE schemastore.journal SET sql = 'DROP TABLE users'
	WHERE done IS NULL"
	test_must_fail code=3 schemastore resume 2>err
	test_grep 'is not that of the run' err
	test "$(pg app -c 'SELECT count(*) FROM users')" = 5
	schemastore resume -q --undo --yes
	schemastore drift
}
test_expect 'a journal that is not the run is not run' hostile

usage () {
	test_must_fail code=2 schemastore upgrade --online --dry-run 2>err
	test_must_fail code=2 schemastore upgrade --retries 3 2>err
	test_grep "are for '--online'" err
	printf 'CREATE TABLE t (a);\n' >one.sql
	printf 'CREATE TABLE t (a, b);\n' >two.sql
	test_must_fail code=2 schemastore plan --online \
		--engine sqlite one.sql two.sql 2>err
	test_grep 'engine sqlite has no online forms' err
}
test_expect 'what --online does not go with is refused' usage

first_lock () {
	rm -rf .schemastore schemastore.conf
	echo 'CREATE TABLE t (a int);' >schema.sql
	pg_new small
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	echo 'CREATE TABLE t (a int, b int);' >schema.sql
	schemastore commit -q -m two
	echo 'CREATE TABLE t (a int, b int); CREATE INDEX t_b ON t (b);' \
		>schema.sql
	schemastore commit -q -m three
	lock small t
	for to in HEAD~1 HEAD
	do
		test_must_fail code=3 schemastore upgrade --online dev $to \
			--lock-timeout 1 --retries 1 2>err
		test_grep 'it waited for pid' err
		test_not grep resume err
		schemastore status >out
		test_grep 'one, 2 versions behind' out
	done
	unlock
	schemastore history >out
	test_grep 'failed busy' out
	schemastore upgrade -q --online
	schemastore drift
}
test_expect 'a lock that never comes free leaves all as it was' first_lock

no_window () {
	cat >one.sql <<-\SQL
	CREATE TABLE p (id int, code int, CONSTRAINT key UNIQUE (code));
	CREATE TABLE c (code int,
		CONSTRAINT fk FOREIGN KEY (code) REFERENCES p (code));
	SQL
	sed 's/UNIQUE (code)/UNIQUE (code) INCLUDE (id)/' one.sql >two.sql
	schemastore plan --engine postgres --online --prove one.sql two.sql |
		grep -o 'CONCURRENTLY\|DROP CONSTRAINT [a-z]*' >order
	printf '%s\n' CONCURRENTLY 'DROP CONSTRAINT fk' \
		'DROP CONSTRAINT key' >want
	test_cmp want order
}
test_expect 'a key and what hangs on it stay until the new one is there' \
	no_window

test_done
