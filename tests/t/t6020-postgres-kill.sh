#!/bin/sh
# Death at every point of an upgrade on PostgreSQL: of schemastore by SIGKILL,
# and of its session on the server.  Afterwards the database is at the old
# version or at the new one, running the command again arrives, and nothing
# stays on the scratch server.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-postgres-kill.sh"

pg_start

cat >schema.sql <<'SQL'
CREATE TABLE users (id serial PRIMARY KEY, mail varchar(20));
CREATE VIEW mails AS SELECT mail FROM users;
SQL
pg_new app
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
schemastore upgrade -q
pg app -c "INSERT INTO users (mail) VALUES ('a'), ('b')"
cat >schema.sql <<'SQL'
CREATE TABLE users (id serial PRIMARY KEY, mail varchar(20), age int);
CREATE VIEW mails AS SELECT mail FROM users;
CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users (id));
CREATE INDEX ON users (age);
SQL
schemastore commit -q -m two
schemastore upgrade -q --dry-run

pg_keep

# The old version or the new one, as the ledger says.
old_or_new () {
	schemastore drift -q
	schemastore status >status
	pg app -c "SELECT count(*), to_regclass('public.posts') FROM users" >out
	if grep 'at [0-9a-f]* one, 1 version behind' status
	then
		echo '2|' >want
	else
		test_grep 'at [0-9a-f]* two$' status
		echo '2|posts' >want
	fi
	test_cmp want out
}

arrives () {
	schemastore upgrade -q
	old_or_new
	test_grep 'at [0-9a-f]* two$' status
	schemastore fsck -q
}

# kills POINT TIMES: at each pass over it, of which there are more than TIMES.
kills () {
	n=1
	while true
	do
		pg_back
		code=0
		SS_FAULT="$1:$n:kill" schemastore upgrade -q || code=$?
		test $code -eq 0 && break
		test $code -eq 137
		no_session
		old_or_new
		arrives
		n=$((n + 1))
	done
	test $n -gt "$2"
}

# ends POINT N
ends () {
	pg_back
	ended "$1" "$2" upgrade -q
	test_grep '^hint: .*\(nothing was committed\|schemastore status\)' err
	old_or_new
	arrives
}

for point in apply.statement:4 apply.commit:1 ledger.intend:1 ledger.row:2 \
	ledger.settle:1
do
	test_expect "SIGKILL at each ${point%:*}" \
		"kills ${point%:*} ${point#*:}"
done

for point in apply.statement:1 apply.statement:3 apply.statement:5 \
	ledger.row:1 apply.commit:1
do
	test_expect "the session is ended at ${point%:*} ${point#*:}" \
		"ends ${point%:*} ${point#*:}"
done

test_expect 'no scratch database of a dead process stays' '
	pg postgres -c "CREATE DATABASE ss_1_00000000_0011223344556677"
	rm -rf .schemastore/cache
	echo "CREATE TABLE another (a int);" >more.sql
	echo "SELECT pg_sleep(20); CREATE TABLE another (a int);" >slow.sql
	schemastore plan HEAD slow.sql >/dev/null &
	run=$!
	until_yes "SELECT count(*) > 0 FROM pg_stat_activity \
		WHERE datname ~ \$\$^ss_${run}_\$\$ AND \
		query ~ \$\$pg_sleep\$\$"
	kill -KILL $run
	wait $run || code=$?
	pg postgres -c "SELECT datname FROM pg_database \
		WHERE datname ~ \$\$^ss_${run}_\$\$" >left
	test -s left
	schemastore plan HEAD more.sql >/dev/null
	pg postgres -c "SELECT datname FROM pg_database \
		WHERE datname ~ \$\$^ss_\$\$" >left
	echo ss_1_00000000_0011223344556677 >want
	test_cmp want left
'

test_done
