#!/bin/sh
# The PostgreSQL server crashes, or has no room left, in the middle of an
# upgrade: the database is at the old version or at the new one, and the next
# run arrives.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

disk_end () {
	pg_quit
	for disk in wal space
	do
		umount "$disks/$disk" 2>/dev/null
	done
	rm -rf "$disks"
	pg_stop
}

# Two small file systems; root alone can have them.
disks=$(mktemp -d /tmp/ss-disk.XXXXXX) || exit 1
mkdir "$disks/wal" "$disks/space" || exit 1
chmod 755 "$disks"
small=
small_disks () (
	set -e
	test "$(id -u)" -eq 0
	for disk in wal space
	do
		mount -t tmpfs -o size=40m,mode=700 tmpfs "$disks/$disk"
	done
)

small_disks 2>/dev/null
if test $? -eq 0
then
	small=yes
	chown postgres "$disks/wal" "$disks/space"
	pg_initdb="--wal-segsize=1 -X $disks/wal/pg"
fi
pg_start
trap disk_end EXIT

# fill FOLDER: but for some hundred kilobytes.
fill () {
	dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null || :
	truncate -s -256K "$1/filler"
}

# many DATABASE ROWS: more than there is room for twice; the next version
# rewrites them.
many () {
	fresh "$1"
	schemastore upgrade -q
	pg "$1" -c "INSERT INTO posts SELECT i, 1
		FROM generate_series(2, $2) i"
	sed "s/author int/author bigint/" schema.sql >next.sql
	mv next.sql schema.sql
	echo "CREATE INDEX by_author ON posts (author);" >>schema.sql
	schemastore commit -q -m three
	schemastore upgrade --dry-run -q --allow-data-loss
}

# old_or_new DATABASE ROWS: as the ledger says, and with all rows.
old_or_new () {
	schemastore drift -q
	schemastore status >out
	test_grep "two, 1 version behind\|at [0-9a-f]* three" out
	pg "$1" -c "SELECT count(*) FROM posts" >out
	echo "$2" >want
	test_cmp want out
}

crashes () {
	pg_quit
	pg_launch
	pg_ready
}

test_expect 'it crashes while a statement waits' '
	fresh waits
	hold waits "LOCK TABLE posts IN SHARE MODE"
	schemastore upgrade --wait 20 >out 2>err 9>&- &
	run=$!
	wait_for waits "wait_event_type = \$\$Lock\$\$"
	crashes
	rc=0
	wait $run || rc=$?
	test $rc -eq 5
	test_grep "^schemastore: .*statement [0-9]* of .*connection lost" err
	hint "nothing was committed: try again"
	exec 9>&-
	schemastore drift -q
	schemastore status >out
	test_grep "one, 1 version behind" out
	arrives
'

for point in apply.statement:1 apply.statement:3 ledger.row:1 apply.commit:1
do
	test_expect "it crashes at $point" "
		fresh crash
		SS_FAULT='apply.statement:1:fail' schemastore upgrade \
			>out 2>err || :
		grep 'fault point' err || test_skip 'built without faults'
		SS_FAULT=$point:stop schemastore upgrade >out 2>err &
		run=\$!
		tries=0
		until grep '^State:	T' /proc/\$run/status >state
		do
			tries=\$((tries + 1))
			test \$tries -lt 400
			sleep 0.03
		done
		crashes
		kill -CONT \$run
		rc=0
		wait \$run || rc=\$?
		test \$rc -eq 5
		test_grep '^schemastore: .*connection lost' err
		schemastore drift -q
		schemastore status >out
		test_grep 'one, 1 version behind' out
		arrives
	"
done

test_expect 'it crashes behind COMMIT' '
	fresh behind
	schemastore upgrade -q
	crashes
	schemastore status --check
	schemastore drift -q
	schemastore downgrade -q --yes --allow-data-loss
	crashes
	schemastore drift -q
	arrives
'

test_expect 'no room for the rows' '
	test -n "$small" || test_skip "a small disk takes root, and mount"
	pg postgres -c "CREATE TABLESPACE small LOCATION \
		\$\$$disks/space\$\$"
	many room 60000
	pg postgres -c "ALTER DATABASE room SET TABLESPACE small"
	fill "$disks/space"
	fails 5 schemastore upgrade --allow-data-loss
	test_grep "^schemastore: .*statement .*No space left on device" err
	hint "the server.s disk is full: make room, and try again"
	old_or_new room 60000
	schemastore status >out
	test_grep "two, 1 version behind" out
	rm "$disks/space/filler"
	schemastore upgrade -q --allow-data-loss
	old_or_new room 60000
	schemastore status --check
	schemastore fsck -q
'

test_expect 'no room for the log: the server panics' '
	test -n "$small" || test_skip "a small disk takes root, and mount"
	pg postgres -c "ALTER SYSTEM SET max_wal_size = \$\$4MB\$\$"
	pg postgres -c "ALTER SYSTEM SET min_wal_size = \$\$2MB\$\$"
	pg postgres -c "SELECT pg_reload_conf()"
	many log 150000
	pg postgres -c "CHECKPOINT"
	pg postgres -c \
		"SELECT pg_create_physical_replication_slot(\$\$all\$\$, true)"
	fill "$disks/wal"
	fails 5 schemastore upgrade --allow-data-loss
	test_grep "^schemastore: .*\(connection lost\|No space left\)" err
	rm "$disks/wal/filler"
	crashes
	old_or_new log 150000
	schemastore status >out
	test_grep "two, 1 version behind" out
	schemastore upgrade -q --allow-data-loss
	old_or_new log 150000
	schemastore status --check
	schemastore fsck -q
	grep PANIC "$test_root/server.log"
'

test_done
