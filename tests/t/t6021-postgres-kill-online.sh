#!/bin/sh
# Death at every point of an upgrade --online: of schemastore by SIGKILL, of its
# session on the server, and of that in the middle of CREATE INDEX CONCURRENTLY.
# Afterwards the database is at the old version, at the new one, or a resume
# takes it to the new one, and a resume --undo to the old one; no row is lost
# and no invalid index is left.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-postgres-kill.sh"

pg_start

cat >schema.sql <<'SQL'
CREATE TABLE users (id int PRIMARY KEY, mail text, old text);
CREATE TABLE posts (id int, author int);
CREATE INDEX posts_author ON posts (author);
CREATE INDEX users_old ON users (old);
SQL
pg_new app
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
schemastore upgrade -q
pg app -c "INSERT INTO users SELECT n, 'm' || n, n FROM generate_series(1, 5) n;
	INSERT INTO posts SELECT n, n FROM generate_series(1, 5) n"
cat >schema.sql <<'SQL'
CREATE TABLE users (id int PRIMARY KEY, mail text NOT NULL, old text,
	CONSTRAINT users_mail UNIQUE (mail));
CREATE TABLE people (id int PRIMARY KEY);
CREATE TABLE posts (id int, writer int REFERENCES users);
CREATE INDEX posts_author ON posts (writer DESC, id);
SQL
schemastore commit -q -m two --rename posts.author=writer
schemastore plan --prove --online HEAD~1 HEAD >/dev/null
schemastore upgrade -q --dry-run
pg_keep

check () {
	schemastore drift -q
	pg app -c "SELECT count(*), sum(id), count(old) FROM users
		UNION ALL SELECT count(*), sum(id), NULL FROM posts" >rows
	printf '5|15|5\n5|15|\n' >want
	test_cmp want rows
	pg app -c "SELECT indexrelid::regclass FROM pg_index
		WHERE NOT indisvalid UNION ALL
		SELECT oid::regclass FROM pg_class
		WHERE relname LIKE '%\\_ss\\_%'" >left
	test ! -s left
	schemastore fsck -q
}

# The old version, the new one, or one between that is taken to the end
# (arrives on) or to the start (arrives back).
arrives () {
	schemastore status >status || :
	if grep 'has not come to its end' status
	then
		test_must_fail code=3 schemastore upgrade -q
		case $1 in
		on) schemastore resume -q ;;
		back) schemastore resume -q --yes --undo ;;
		esac
		schemastore status >status || :
		case $1 in
		on) test_grep 'at the tip' status ;;
		back) test_grep 'one, 1 version behind' status ;;
		esac
	elif test "$1" = back
	then
		test_grep 'one, 1 version behind\|at the tip' status
	fi
	check
	schemastore upgrade -q --online
	schemastore status >status
	test_grep 'at the tip' status
	check
}

# run FAULT COMMAND...: $code says what came of it.
run () {
	fault=$1
	shift
	code=0
	SS_FAULT=$fault schemastore "$@" || code=$?
}

# kills POINT TIMES: at each pass over it, of which there are more than TIMES;
# on from there and back in turns.
kills () {
	n=1
	way=on
	while true
	do
		pg_back
		run "$1:$n:kill" upgrade -q --online
		test $code -eq 0 && break
		test $code -eq 137
		no_session
		arrives $way
		case $way in
		on) way=back ;;
		back) way=on ;;
		esac
		n=$((n + 1))
	done
	test $n -gt "$2"
}

# Where going back dies, it goes on.
kills_back () {
	n=1
	while true
	do
		pg_back
		run steps.commit:2:kill upgrade -q --online
		no_session
		run "$1:$n:kill" resume -q --undo --yes
		test $code -eq 0 && break
		test $code -eq 137
		no_session
		arrives back
		n=$((n + 1))
	done
	test $n -gt "$2"
}

# ends POINT N WAY
ends () {
	pg_back
	ended "$1" "$2" upgrade -q --online
	arrives $3
}

# An index whose building waits for a session, and is ended there.
ends_building () {
	pg_back
	pg app -c 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM pg_am;
		SELECT pg_sleep(60)' >/dev/null 2>&1 &
	other=$!
	until_yes "SELECT count(*) > 0 FROM pg_stat_activity
		WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'"
	schemastore upgrade -q --online 2>err &
	run=$!
	until_yes "SELECT count(*) > 0 FROM pg_stat_activity
		WHERE query LIKE 'CREATE%INDEX CONCURRENTLY%' AND
		wait_event_type = 'Lock'"
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE query LIKE 'CREATE%INDEX CONCURRENTLY%' AND
		pid <> pg_backend_pid()"
	code=0
	wait $run || code=$?
	test $code -eq 5
	test "$(pg app -c 'SELECT count(*) FROM pg_index
		WHERE NOT indisvalid')" -gt 0
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE query LIKE '%pg_sleep(60)%' AND
		pid <> pg_backend_pid()"
	wait $other || :
	arrives "$1"
}

for point in apply.statement:8 steps.begin:1 steps.commit:4 steps.alone:3 \
	ledger.intend:1 ledger.row:2 apply.commit:1 ledger.settle:1
do
	test_expect "SIGKILL at each ${point%:*}" \
		"kills ${point%:*} ${point#*:}"
done

for point in apply.statement:2 steps.begin:1 steps.commit:1 ledger.intend:1 \
	ledger.row:2
do
	test_expect "SIGKILL at each ${point%:*} on the way back" \
		"kills_back ${point%:*} ${point#*:}"
done

test_expect 'the session is ended' 'ends apply.statement 2 on'
test_expect 'the session is ended, and back' 'ends apply.statement 5 back'
test_expect 'the session is ended before a commit' 'ends steps.commit 2 on'
test_expect 'the session is ended behind an index' 'ends steps.alone 1 back'
test_expect 'the session is ended while it builds an index' 'ends_building on'
test_expect 'the same, and back' 'ends_building back'

test_done
