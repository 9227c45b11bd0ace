# Sourced behind lib-postgres.sh by tests in which schemastore, or its session
# on the server, dies in the database `app`.

mkdir probe
if (cd probe && SS_FAULT='*:1:fail' schemastore init -q) 2>/dev/null
then
	test_skip 'built without --enable-faults'
fi

# until_yes SQL
until_yes () {
	tries=0
	until test "$(pg postgres -c "$1")" = t
	do
		tries=$((tries + 1))
		test $tries -lt 400
		sleep 0.03
	done
}

no_session () {
	until_yes "SELECT count(*) = 0 FROM pg_stat_activity
		WHERE datname = 'app'"
}

# stopped PID: until it is.
stopped () {
	tries=0
	until grep '^State:	T' "/proc/$1/status" >/dev/null
	do
		kill -0 "$1"
		tries=$((tries + 1))
		test $tries -lt 400
		sleep 0.03
	done
}

# ended POINT N COMMAND...: the session on the server is ended while schemastore
# stands there.
ended () {
	fault=$1:$2:stop
	shift 2
	SS_FAULT=$fault schemastore "$@" 2>err &
	run=$!
	stopped $run
	pg postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = 'app'"
	no_session
	kill -CONT $run
	code=0
	wait $run || code=$?
	test $code -eq 5
	test_grep '^schemastore: .*terminating connection' err
}
