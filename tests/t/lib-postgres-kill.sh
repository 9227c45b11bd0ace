# Sourced behind lib-postgres.sh by tests in which schemastore, or its session
# on the server, dies in the database `app`.

mkdir probe
if (cd probe && SS_FAULT='*:1:fail' schemastore init -q) 2>/dev/null
then
	test_skip 'built without --enable-faults'
fi

# The store and the database app as they stand, as often as they are wanted:
# back.
keep () {
	rm -rf kept.store
	cp -R .schemastore kept.store
	pg postgres -c 'CREATE DATABASE kept TEMPLATE app'
}

back () {
	pg postgres -c 'DROP DATABASE app WITH (FORCE)'
	pg postgres -c 'CREATE DATABASE app TEMPLATE kept'
	rm -rf .schemastore
	cp -R kept.store .schemastore
}

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
