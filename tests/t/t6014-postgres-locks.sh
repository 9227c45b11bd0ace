#!/bin/sh
# Locks that somebody else holds while we read PostgreSQL or change it: who that
# is, is told; ^C ends the waiting, with nothing changed.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

# waited PATTERN COMMAND: it names whom it waited for.
waited () {
	pattern=$1
	shift
	fails 3 "$@"
	test_grep "^schemastore: .*it waited for $pattern" err
	hint "wait until that one is done, or end it"
}

# interrupts DATABASE COMMAND: ^C, when it waits for a lock.
interrupts () {
	name=$1
	shift
	python3 -c "import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execvp(sys.argv[1], sys.argv[1:])" "$@" >out 2>err 9>&- &
	run=$!
	wait_for "$name" "wait_event_type = 'Lock'"
	kill -INT $run
	rc=0
	wait $run || rc=$?
	test $rc -eq 130
	echo "schemastore: interrupted: nothing was changed" >want
	test_cmp want err
}

for lock in "LOCK grown" "CREATE OR REPLACE VIEW grown AS SELECT * FROM users" \
	"LOCK pg_catalog.pg_constraint" "LOCK pg_catalog.pg_rewrite" \
	"LOCK pg_catalog.pg_depend"
do
	test_expect "it cannot be read: $lock" "
		fresh reading
		schemastore upgrade -q
		hold reading \"SET application_name = 'the one'; $lock\"
		who=\"pid \$(cat held.pid) (the one), idle in transaction: .*\"
		for command in inspect 'drift dev' 'diff HEAD dev' \
			'upgrade --wait 0 dev HEAD~1' \
			'downgrade --yes --wait 1'
		do
			waited \"\$who\" schemastore \$command
		done
		for command in inspect 'drift dev' 'downgrade --yes --wait 20'
		do
			interrupts reading schemastore \$command
		done
		release
		schemastore status --check
	"
done

test_expect 'the ledger is locked' '
	fresh rows
	hold rows "LOCK schemastore.ledger"
	for command in status history "drift dev" "upgrade --wait 0"
	do
		waited "pid $(cat held.pid) (psql), idle" schemastore $command
	done
	interrupts rows schemastore history
	release
	hold rows "LOCK schemastore.ledger IN SHARE MODE"
	waited "pid $(cat held.pid) (psql), idle" schemastore upgrade --wait 0
	interrupts rows schemastore upgrade --wait 20
	release
	arrives
'

test_expect 'a statement waits, without patience and with' '
	fresh waits
	hold waits "LOCK TABLE posts IN SHARE MODE"
	for wait in 0 1
	do
		waited "pid $(cat held.pid) (psql), idle" \
			schemastore upgrade --wait $wait
	done
	interrupts waits schemastore upgrade --wait 20
	release
	arrives
'

test_expect 'catalogs that nobody can log in without' '
	fresh login
	hold login "LOCK pg_catalog.pg_class"
	url=$(schemastore config database.dev.url)
	fails 5 schemastore upgrade "$url&connect_timeout=2"
	test_grep "^schemastore: cannot connect: .*timeout expired" err
	release
	hold login "SELECT pg_advisory_lock(8315167647266992244)"
	remember login
	schemastore upgrade --wait 2 >out 2>err 9>&- &
	run=$!
	wait_for login "query ~ \$\$advisory\$\$ AND \
		application_name = \$\$schemastore\$\$"
	echo "LOCK pg_catalog.pg_class;" >&9
	echo "SELECT pg_advisory_unlock(8315167647266992244);" >&9
	rc=0
	wait $run || rc=$?
	test $rc -eq 3
	test_grep "^schemastore: .*lock timeout" err
	release
	same_as_before login
	arrives
'

test_done
