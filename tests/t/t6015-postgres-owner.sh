#!/bin/sh
# A role that may not make schemas: the database's owner makes the ledger with
# what `ledger init --sql` prints, and the role upgrades.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-refused.sh"

pg_start
pg postgres -c 'CREATE ROLE owner LOGIN'

# without_rights ROLE DATABASE: the owner has made a schema for it, and that is
# all that it may change.  Three versions; the first one has no more than that.
without_rights () {
	pg_new "$2"
	pg postgres -c "ALTER DATABASE $2 OWNER TO owner"
	printf 'CREATE ROLE :"role" LOGIN;
		CREATE SCHEMA app AUTHORIZATION :"role";' >role.sql
	psql -Xq -v ON_ERROR_STOP=1 -v role="$1" -d "$2" -f role.sql
	at=$(python3 -c 'import sys, urllib.parse
print(urllib.parse.quote(sys.argv[1], safe=""))' "$1")
	rm -rf "$test_root/work/$2"
	mkdir "$test_root/work/$2"
	cd "$test_root/work/$2"
	echo 'CREATE SCHEMA app;' >schema.sql
	schemastore init -q --engine postgres \
		--database dev="postgres://$at@/$2?host=$PGHOST"
	schemastore commit -q -m zero
	echo 'CREATE TABLE app.users (id serial PRIMARY KEY);' >>schema.sql
	schemastore commit -q -m one
	echo 'CREATE VIEW app.ids AS SELECT id FROM app.users;' >>schema.sql
	schemastore commit -q -m two
}

works () {
	schemastore baseline -q dev HEAD~2
	schemastore upgrade -q dev HEAD~1
	arrives
	schemastore downgrade -q --yes --allow-data-loss
	schemastore history >out
	test_grep rollback out
	schemastore drift -q
	arrives
}

for role in deploy 'The "Role"; DROP TABLE x; --' "o'hara" 'rôle\' 'public '
do
	export role
	test_expect "the role $role" '
		without_rights "$role" mine
		refused 3 "making the ledger: .*permission denied for data" \
			mine schemastore baseline dev HEAD~2
		hint "needs CREATE on database mine: .*ledger init --sql"
		schemastore ledger init --sql --role "$role" >ledger.sql
		schemastore ledger init --sql --role "$role" dev >again.sql
		test_cmp ledger.sql again.sql
		psql -Xq -v ON_ERROR_STOP=1 -U owner -d mine -f ledger.sql
		schemastore status >out
		works
		schemastore downgrade -q --yes --park
		schemastore upgrade -q
		schemastore fsck -q
		echo "UPDATE schemastore.ledger SET seq = 9;" >bad.sql
		psql -Xq -U "$role" -d mine -f bad.sql 2>err
		test_grep "permission denied for table ledger" err
		cd ..
		pg postgres -c "DROP DATABASE mine WITH (FORCE)"
	'
done

test_expect 'several roles' '
	pg postgres -c "CREATE ROLE third LOGIN"
	without_rights first shared
	pg shared -c "CREATE ROLE second LOGIN IN ROLE first"
	schemastore ledger init --sql --role first --role second >ledger.sql
	psql -Xq -v ON_ERROR_STOP=1 -U owner -d shared -f ledger.sql
	schemastore baseline -q dev HEAD~2
	schemastore config database.dev.url \
		"postgres://second@/shared?host=$PGHOST"
	arrives
	schemastore history >out
	refused 3 "permission denied for schema schemastore" shared \
		schemastore status "postgres://third@/shared?host=$PGHOST"
'

test_expect 'it is run as one transaction, once' '
	without_rights solo once
	schemastore ledger init --sql --role nobody_there >ledger.sql
	test_not psql -Xq -U owner -d once -f ledger.sql
	schemastore ledger init --sql --role solo >ledger.sql
	psql -Xq -v ON_ERROR_STOP=1 -U owner -d once -f ledger.sql
	pg_dump once | grep -v "^.\(un\)*restrict" >one.dump
	test_not psql -Xq -U owner -d once -f ledger.sql
	pg_dump once | grep -v "^.\(un\)*restrict" >two.dump
	test_cmp one.dump two.dump
	works
'

test_expect 'in steps, too' '
	without_rights steps online
	schemastore ledger init --sql --role steps >ledger.sql
	psql -Xq -v ON_ERROR_STOP=1 -U owner -d online -f ledger.sql
	works
	echo "CREATE INDEX ON app.users (id);" >>schema.sql
	schemastore commit -q -m three
	schemastore upgrade -q --online
	schemastore downgrade -q --online --yes
	arrives
'

test_expect 'wrong usage' '
	fresh usage
	fails 2 schemastore ledger init
	hint "add --sql"
	fails 2 schemastore ledger
	fails 2 schemastore ledger make --sql
	fails 2 schemastore ledger init --sql sqlite:app.db
	hint "first .schemastore upgrade. makes it"
	fails 2 schemastore ledger init --sql nosuch
'

test_done
