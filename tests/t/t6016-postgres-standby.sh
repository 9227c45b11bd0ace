#!/bin/sh
# A standby of PostgreSQL: whatever only reads works there, and what would write
# is refused before it has begun.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start

# The standby stands in a folder of the cluster's own.
second_stop () {
	pid=$(head -n 1 "$pg_dir/second/data/postmaster.pid")
	kill -QUIT "$pid" 2>/dev/null
	pg_stop
}

second_start () {
	mkdir "$pg_dir/second"
	chmod 755 "$pg_dir/second"
	if test "$(id -u)" -eq 0
	then
		chown postgres "$pg_dir/second"
	fi
	pg_user "$pg_bin/pg_basebackup" -h "$pg_dir" -U postgres -R \
		-c fast -D "$pg_dir/second/data"
	trap second_stop EXIT
	(
		cd /
		pg_user "$pg_bin/postgres" -D "$pg_dir/second/data" \
			-k "$pg_dir/second" -c listen_addresses= \
			-c fsync=off -c max_locks_per_transaction=1024 \
			-c unix_socket_permissions=0777
	) </dev/null >"$test_root/second.log" 2>&1 &
}

# seen SQL: until it is true on the standby.
seen () {
	tries=0
	until test "$(PGHOST=$pg_dir/second psql -XqAt -d "$1" -c "$2" \
		2>/dev/null)" = t
	do
		tries=$((tries + 1))
		test $tries -lt 400
		sleep 0.05
	done
}

(
	set -e
	fresh app
) >"$test_root/log" 2>&1
second_start >"$test_root/log" 2>&1
cd "$test_root/work/app" || exit 1
standby="postgres://postgres@/app?host=$pg_dir/second"

test_expect 'what reads' '
	seen app "SELECT count(*) = 2 FROM users"
	schemastore config database.standby.url "$standby"
	schemastore config database.standby.mirror none
	schemastore status standby >out
	test_grep "one, 1 version behind" out
	schemastore drift standby
	schemastore inspect standby >out
	schemastore diff --exit-code standby out
	schemastore history standby >out
	test_grep "apply" out
	schemastore heads standby >out
	test_grep two out
	schemastore plan standby HEAD >standby.sql
	schemastore plan dev HEAD >dev.sql
	test_cmp dev.sql standby.sql
'

test_expect 'what writes' '
	for command in "upgrade standby" "upgrade --dry-run standby" \
		"upgrade --wait 0 standby HEAD~1" "downgrade --yes standby" \
		"baseline --restored standby"
	do
		refused 3 "is on a standby" app schemastore $command
		hint "connect to the primary"
	done
'

test_expect 'it follows, and is no standby any more when it is promoted' '
	schemastore upgrade -q dev
	seen app "SELECT to_regclass(\$\$public.grown\$\$) IS NOT NULL"
	schemastore status standby >out
	test_grep "at [0-9a-f]* two" out
	schemastore drift standby
	PGHOST=$pg_dir/second psql -XqAt -c "SELECT pg_promote()" >out
	schemastore downgrade -q --yes --allow-data-loss standby
	schemastore drift standby
	schemastore status standby >out
	test_grep "one, 1 version behind" out
'

test_done
