#!/bin/sh
# What others do on PostgreSQL between our first look and our lock: a plan runs
# on the catalog that it was made for, or not at all, and no row is lost that
# nobody has counted.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

key=8315167647266992244

# begins DATABASE COMMAND: until it waits for the lock, which another session
# holds; the plan is made by then.
begins () {
	name=$1
	shift
	hold "$name" "SELECT pg_advisory_lock($key)"
	"$@" >out 2>err 9>&- &
	run=$!
	wait_for "$name" "query ~ 'advisory' AND
		application_name = 'schemastore'"
}

# goes_on CODE: the lock is free.
goes_on () {
	release
	rc=0
	wait $run || rc=$?
	test $rc -eq "$1" || {
		cat err
		return 1
	}
}

# Another session, whose transaction stays open over what others do.
early () {
	rm -f early early.out
	mkfifo early
	psql -XqAt -v ON_ERROR_STOP=1 -d "$1" <early >early.out 2>&1 9>&- &
	exec 8>early
	early_says "BEGIN; $2;"
}

# early_says SQL: and it is done when this returns.
early_says () {
	rm -f said
	printf "%s\n\\! echo >said\n" "$1" >&8
	tries=0
	until test -f said
	do
		tries=$((tries + 1))
		test $tries -lt 200
		sleep 0.05
	done
}

early_ends () {
	early_says "$1;"
	exec 8>&-
}

test_expect 'it waits for the lock, and goes on' '
	fresh waits
	begins waits schemastore upgrade --wait 20
	sleep 0.2
	goes_on 0
	schemastore status --check
'

test_expect 'the catalog is changed behind the plan' '
	fresh behind
	begins behind schemastore upgrade --wait 20
	pg behind -c "ALTER TABLE posts ADD more int"
	remember behind
	goes_on 3
	test_grep "^schemastore: the schema of .* is not that of the" err
	hint "schemastore drift dev"
	same_as_before behind
	pg behind -c "ALTER TABLE posts DROP more"
	arrives
'

test_expect 'and by a session that began before others ended' '
	fresh old
	early old "SELECT pg_current_xact_id()"
	pg old -c "SELECT pg_current_xact_id()"
	begins old schemastore upgrade --wait 20
	pg old -c "SELECT pg_snapshot_xmax(pg_current_snapshot())" >xmax
	early_ends "CREATE INDEX more ON posts (author); COMMIT"
	pg old -c "SELECT pg_snapshot_xmax(pg_current_snapshot())" >xmax.now
	test_cmp xmax xmax.now
	remember old
	goes_on 3
	test_grep "^schemastore: the schema of .* is not that of the" err
	same_as_before old
	pg old -c "DROP INDEX more"
	arrives
'

test_expect 'and by one that had changed it already when we looked' '
	fresh open
	early open "CREATE INDEX more ON posts (author)"
	pg open -c "SELECT pg_current_xact_id()"
	begins open schemastore upgrade --wait 20
	early_ends "COMMIT"
	remember open
	goes_on 3
	test_grep "^schemastore: the schema of .* is not that of the" err
	same_as_before open
	pg open -c "DROP INDEX more"
	early open "CREATE INDEX more ON posts (author)"
	begins open schemastore upgrade --wait 20
	early_ends "ROLLBACK"
	goes_on 0
	schemastore status --check
	schemastore drift -q
'

test_expect 'another run ends behind our plan' '
	fresh ran
	begins ran schemastore upgrade --wait 20
	remember ran
	pg ran -c "INSERT INTO schemastore.ledger SELECT seq + 1, \
		sha256(entry), entry FROM (SELECT seq, \
		entry || convert_to(concat(\$\$Schemastore-Parent: \$\$, \
		encode(id, \$\$hex\$\$)), \$\$UTF8\$\$) entry \
		FROM schemastore.ledger ORDER BY seq DESC LIMIT 1) x"
	goes_on 3
	test_grep "^schemastore: " err
	diff -r -x objects -x proofs -x versions before.store .schemastore
'

# With nothing in it, a column goes without --allow-data-loss.
empty_age () {
	fresh "$1"
	schemastore upgrade -q
}

test_expect 'values that somebody commits behind the count' '
	empty_age values
	early values "UPDATE users SET age = 20"
	pg values -c "SELECT pg_current_xact_id()"
	begins values schemastore downgrade --yes --wait 20
	early_ends "COMMIT"
	remember values
	goes_on 3
	test_grep "^schemastore: .*age: the column.s values are lost (2" err
	hint "allow-data-loss"
	same_as_before values
'

test_expect 'and behind the lock, which they do not wait for' '
	empty_age writes
	early writes "UPDATE users SET age = 20 WHERE id = 1"
	schemastore downgrade --yes --wait 20 >out 2>err 8>&- &
	run=$!
	wait_for writes "wait_event_type = \$\$Lock\$\$"
	early_ends "COMMIT"
	remember writes
	rc=0
	wait $run || rc=$?
	test $rc -eq 3
	test_grep "^schemastore: .*age: the column.s values are lost (1" err
	same_as_before writes
	schemastore downgrade --yes --allow-data-loss
'

test_expect 'a count that fails spoils no other one' '
	empty_age counts
	sed "s/, age int//; /VIEW/d" schema.sql >next.sql
	cp next.sql schema.sql
	echo "ALTER TABLE posts ADD CHECK (10 / author > 1);" >>schema.sql
	schemastore commit -q -m three
	pg counts -c "INSERT INTO users VALUES (0, \$\$zero\$\$);
		INSERT INTO posts VALUES (2, 0)"
	fails 5 schemastore upgrade
	test_grep "division by zero" err
	early counts "UPDATE users SET mail = mail"
	begins counts schemastore upgrade --wait 20
	early_ends "COMMIT"
	goes_on 5
	test_grep "division by zero" err
	pg counts -c "DELETE FROM posts WHERE author = 0"
	arrives
'

test_done
