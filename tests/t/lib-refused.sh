# Sourced behind lib-postgres.sh by tests of what goes wrong: a refusal has a
# message, a documented exit code, and leaves store and database as they were.
#
#	fresh app		a project at its first version, the second one
#				committed
#	hold app 'LOCK TABLE t'	another session, until `release`
#	refused 3 'it waited for' app schemastore upgrade --wait 1
#	hint 'wait until'
#	arrives

# Whatever can be told of a database, but for what pg_dump draws by lot.
dump () {
	pg_dump "$1" | grep -v "^.\(un\)*restrict"
}

# fails CODE COMMAND
fails () {
	fails_with=$1
	shift
	test_must_fail "code=$fails_with" "$@" >out 2>err || {
		cat err
		return 1
	}
}

# refused CODE PATTERN DATABASE COMMAND: it says so, and nothing has changed.
refused () {
	code=$1
	pattern=$2
	name=$3
	shift 3
	remember "$name"
	fails "$code" "$@"
	head -n 1 err >first
	test_grep "^schemastore: .*$pattern" first
	same_as_before "$name"
}

same_as_before () {
	dump "$1" >after.dump
	cmp before.dump after.dump
	diff -r -x objects -x proofs -x versions before.store .schemastore
	schemastore fsck -q
}

remember () {
	dump "$1" >before.dump
	rm -rf before.store
	cp -R .schemastore before.store
}

hint () {
	test_grep "^hint: .*$1" err
}

# wait_for DATABASE CONDITION: until a row of pg_stat_activity has it.
wait_for () {
	tries=0
	until pg postgres -c "SELECT 'yes' FROM pg_stat_activity
		WHERE datname = '$1' AND $2" | grep yes >/dev/null
	do
		tries=$((tries + 1))
		test $tries -lt 200
		sleep 0.05
	done
}

# hold DATABASE SQL: another session that holds what it has locked until
# release, which ends it.
hold () {
	rm -f holding held holds
	mkfifo holding
	psql -XqAt -d "$1" <holding >held 2>&1 &
	exec 9>holding
	printf "BEGIN;\nSELECT pg_backend_pid();\n%s;\n" "$2" >&9
	echo "\! echo >holds" >&9
	tries=0
	until test -f holds
	do
		tries=$((tries + 1))
		test $tries -lt 200
		sleep 0.05
	done
	head -n 1 held >held.pid
}

# What runs beside it has the pipe as well, and so it is told to end.
release () {
	echo "COMMIT;" >&9
	exec 9>&-
}

cat >one.sql <<'SQL'
CREATE TABLE users (id serial PRIMARY KEY, mail text NOT NULL);
CREATE TABLE posts (id int PRIMARY KEY, author int);
SQL
cat >two.sql <<'SQL'
CREATE TABLE users (id serial PRIMARY KEY, mail text NOT NULL, age int);
CREATE TABLE posts (id int PRIMARY KEY, author int REFERENCES users (id));
CREATE VIEW grown AS SELECT * FROM users WHERE age > 17;
SQL

# fresh DATABASE [OWNER]: at the first version, the second one is committed.
fresh () {
	pg_new "$1"
	test -z "$2" || pg postgres -c "ALTER DATABASE $1 OWNER TO $2"
	test -z "$2" || url="postgres://$2@/$1?host=$PGHOST"
	rm -rf "$test_root/work/$1"
	mkdir "$test_root/work/$1"
	cd "$test_root/work/$1"
	cp ../one.sql schema.sql
	schemastore init -q --engine postgres --database dev="$url"
	schemastore commit -q -m one
	schemastore upgrade -q
	pg "$1" -c "INSERT INTO users (mail) VALUES ('a'), ('b');
		INSERT INTO posts VALUES (1, 1)"
	cp ../two.sql schema.sql
	schemastore commit -q -m two
}

arrives () {
	schemastore upgrade -q
	schemastore status --check
	schemastore drift -q
	schemastore fsck -q
}
