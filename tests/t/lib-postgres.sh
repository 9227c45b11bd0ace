# Sourced behind lib.sh by tests that need a PostgreSQL server: a cluster of
# the test's own on a unix socket, run as another user where we are root,
# stopped by its process id when the script ends.
#
#	pg_start			or the rest of the script is skipped
#	pg_new app			a new database, and $url of it
#	pg app -c 'SELECT 1'		psql, quiet, unaligned
#	pg_keep, pg_back		the store, and the database app
#	pg_quit; pg_launch; pg_ready	it crashes, and comes again
#
# What initdb is given besides: $pg_initdb.
#
# Scratch databases are made there, too.

pg_find () {
	for pg_bin in "$SS_PGBIN" "$(pg_config --bindir 2>/dev/null)" \
		/usr/lib/postgresql/*/bin /usr/pgsql-*/bin
	do
		if test -x "$pg_bin/initdb"
		then
			return 0
		fi
	done
	return 1
}

pg_user () {
	if test "$(id -u)" -ne 0
	then
		"$@"
		return
	fi
	setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}

# At once, and without a word to anybody, wherever it was launched.
pg_quit () {
	pg_pid=$(head -n 1 "$pg_dir/data/postmaster.pid" 2>/dev/null) || :
	if test -n "$pg_pid"
	then
		kill -QUIT "$pg_pid" 2>/dev/null || :
	fi
	while test -n "$pg_pid" && kill -0 "$pg_pid" 2>/dev/null
	do
		wait "$pg_pid" 2>/dev/null || :
		sleep 0.02
	done
	rm -f "$pg_dir/data/postmaster.pid"
}

pg_stop () {
	pg_quit
	rm -rf "$pg_dir"
	test_at_exit
}

# The server of that data, in the background; what it says is appended.
pg_launch () {
	(
		cd /
		exec 2>>"$test_root/server.log"
		set -- -D "$pg_dir/data" -k "$pg_dir" -c listen_addresses= \
			-c fsync=off -c autovacuum=off -c jit=off \
			-c full_page_writes=off -c synchronous_commit=off \
			-c max_locks_per_transaction=1024 \
			-c unix_socket_permissions=0777 -c wal_level=logical
		if test "$(id -u)" -ne 0
		then
			exec "$pg_bin/postgres" "$@"
		fi
		exec setpriv --reuid=postgres --regid=postgres --clear-groups \
			"$pg_bin/postgres" "$@"
	) </dev/null >/dev/null &
}

pg_ready () {
	pg_tries=0
	until psql -Xqtc 'SELECT' >/dev/null 2>&1
	do
		pg_tries=$((pg_tries + 1))
		if test $pg_tries -gt 200
		then
			cat "$test_root/server.log"
			exit 1
		fi
		sleep 0.05
	done
}

pg_start () {
	if ! pg_find
	then
		test_skip 'no PostgreSQL server is installed'
	fi
	if test "$(id -u)" -eq 0 && ! id postgres >/dev/null 2>&1
	then
		test_skip 'root cannot run PostgreSQL, and no user postgres'
	fi
	pg_dir=$(mktemp -d "${SS_PGTMP:-/tmp}/ss-pg.XXXXXX") || exit 1
	trap 'pg_stop' EXIT
	if test "$(id -u)" -eq 0
	then
		chown postgres "$pg_dir"
	fi
	(
		cd /
		pg_user "$pg_bin/initdb" -D "$pg_dir/data" -U postgres \
			-A trust -E UTF8 --locale=C.UTF-8 -N $pg_initdb
	) >"$test_root/initdb.log" 2>&1 || {
		cat "$test_root/initdb.log"
		exit 1
	}
	pg_launch
	chmod 711 "$pg_dir"
	PGHOST=$pg_dir
	PGUSER=postgres
	PGDATABASE=postgres
	SCHEMASTORE_SCRATCH="postgres://postgres@/postgres?host=$pg_dir"
	export PGHOST PGUSER PGDATABASE SCHEMASTORE_SCRATCH
	pg_ready
}

pg_url () {
	url="postgres://postgres@/$1?host=$PGHOST"
}

# pg DATABASE PSQL-OPTION...
pg () {
	pg_name=$1
	shift
	psql -XqAt -v ON_ERROR_STOP=1 -d "$pg_name" "$@"
}

pg_new () {
	pg postgres -c "DROP DATABASE IF EXISTS $1" 2>/dev/null
	pg postgres -c "CREATE DATABASE $1 TEMPLATE template0"
	pg_url "$1"
}

# The store and the database app as they stand, as often as they are wanted:
# pg_keep, pg_back.
pg_keep () {
	rm -rf kept.store
	cp -R .schemastore kept.store
	pg postgres -c 'CREATE DATABASE kept TEMPLATE app'
}

pg_back () {
	pg postgres -c 'DROP DATABASE app WITH (FORCE)'
	pg postgres -c 'CREATE DATABASE app TEMPLATE kept'
	rm -rf .schemastore
	cp -R kept.store .schemastore
}
