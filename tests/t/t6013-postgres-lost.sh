#!/bin/sh
# The connection is lost while PostgreSQL commits, or the whole server is: what
# is said is true, the database is at the old version or at the new one, and the
# next run arrives, with rows and mirror alike.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

# through WHEN DATABASE: what dev is from now on.
through () {
	rm -rf "$test_root/proxy"
	mkdir "$test_root/proxy"
	python3 "$srcdir/tests/proxy.py" "$PGHOST" "$test_root/proxy" "$1" \
		>proxy.log 2>&1 &
	proxy=$!
	tries=0
	until test -S "$test_root/proxy/.s.PGSQL.5432"
	do
		tries=$((tries + 1))
		test $tries -lt 200
		sleep 0.05
	done
	schemastore config database.dev.url \
		"postgres://postgres@/$2?host=$test_root/proxy"
}

# cut WHEN DATABASE COMMAND
cut_off () {
	name=$2
	through "$1" "$name"
	shift 2
	fails 5 "$@"
	test -f "$test_root/proxy/cut"
	test_grep "^schemastore: .*connection lost" err
	test_not grep "nothing was" err
	hint "schemastore status"
	kill $proxy
	wait_for_none "$name"
	schemastore config database.dev.url \
		"postgres://postgres@/$name?host=$PGHOST"
}

# wait_for_none DATABASE: until nobody is connected.
wait_for_none () {
	tries=0
	until test "$(pg postgres -c "SELECT count(*) FROM pg_stat_activity
		WHERE datname = '$1'")" = 0
	do
		tries=$((tries + 1))
		test $tries -lt 200
		sleep 0.05
	done
}

# The newest row is the mirror's tip, and what is behind it is there.
mirror_is_whole () {
	pg "$1" -c "SELECT convert_from(entry, 'UTF8')
		FROM schemastore.ledger ORDER BY seq DESC LIMIT 1" >row
	git -C .schemastore cat-file commit refs/schemastore/ledger/dev >tip
	echo >>tip
	test_cmp row tip
	schemastore fsck -q
}

test_expect 'behind COMMIT: it is there, and the next run says so' '
	fresh behind
	cut_off behind behind schemastore upgrade
	schemastore status >out
	test_grep "at [0-9a-f]* two" out
	schemastore upgrade >out
	test_grep "is at [0-9a-f]* two already" out
	mirror_is_whole behind
	schemastore drift -q
'

test_expect 'before COMMIT: it is not, and the next run arrives' '
	fresh before
	cut_off before before schemastore upgrade
	schemastore status >out
	test_grep "one, 1 version behind" out
	schemastore upgrade >out
	test_grep "^done: " out
	mirror_is_whole before
	schemastore drift -q
'

for when in before behind
do
	test_expect "a first upgrade, $when COMMIT" "
		fresh first_$when
		pg postgres -c 'DROP DATABASE first_$when'
		pg_new first_$when
		git -C .schemastore update-ref -d refs/schemastore/ledger/dev
		cut_off $when first_$when schemastore upgrade
		arrives
		mirror_is_whole first_$when
	"

	test_expect "a downgrade, $when COMMIT" "
		fresh down_$when
		schemastore upgrade -q
		cut_off $when down_$when schemastore downgrade --yes \
			--allow-data-loss
		schemastore downgrade -q --yes --allow-data-loss dev HEAD~1
		mirror_is_whole down_$when
		schemastore drift -q
		arrives
	"

	test_expect "baseline, $when COMMIT" "
		fresh base_$when
		pg base_$when -c 'DROP SCHEMA schemastore CASCADE'
		git -C .schemastore update-ref -d refs/schemastore/ledger/dev
		cut_off $when base_$when schemastore baseline dev HEAD~1
		test $when = behind || schemastore baseline dev HEAD~1
		arrives
		mirror_is_whole base_$when
	"
done

test_expect 'in the middle of a statement nothing was committed' '
	fresh middle
	hold middle "LOCK TABLE posts IN SHARE MODE"
	remember middle
	schemastore upgrade --wait 20 >out 2>err 9>&- &
	run=$!
	wait_for middle "wait_event_type = \$\$Lock\$\$"
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
		WHERE datname = \$\$middle\$\$ AND \
		wait_event_type = \$\$Lock\$\$"
	rc=0
	wait $run || rc=$?
	test $rc -eq 5
	test_grep "^schemastore: .*connection lost: terminating" err
	hint "nothing was committed: try again"
	same_as_before middle
	release
	arrives
'

test_done
