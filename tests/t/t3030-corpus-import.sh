#!/bin/sh
# Other projects' histories, imported: each ends where its files lead, and a
# database that their files have brought half-way is adopted and goes on.
. "${srcdir:?}/tests/t/lib.sh"

if test -z "$SCHEMASTORE_SHARED"
then
	test_skip 'SCHEMASTORE_SHARED is not set'
fi

histories=$SCHEMASTORE_SHARED/corpus/histories/sqlite

table='CREATE TABLE __diesel_schema_migrations (version TEXT PRIMARY KEY,
	run_on TIMESTAMP DEFAULT CURRENT_TIMESTAMP);'

# run DATABASE FILE: as the tool does
run () {
	name=$(basename "$(dirname "$2")")
	sqlite3 -bail "$1" <"$2" >/dev/null
	sqlite3 "$1" "INSERT INTO __diesel_schema_migrations (version)
		VALUES ('${name%%_*}')"
}

# take_over HISTORY: by way of its files to the half, and to the end.
take_over () {
	rm -rf p
	mkdir p
	cd p
	schemastore init -q
	schemastore import sql -q "$histories/$1"
	n=$(ls "$histories/$1" | grep -c ^[0-9])
	test "$(schemastore log --json | grep -c "\"subject\"")" -eq "$n"
	sqlite3 run.db "$table"
	i=0
	for up in "$histories/$1"/*/up.sql
	do
		run run.db "$up"
		i=$((i + 1))
		if test $i -eq $((n / 2))
		then
			cp run.db half.db
		fi
	done
	for db in half run
	do
		schemastore baseline -q sqlite:$db.db
		schemastore upgrade -q --yes --allow-data-loss sqlite:$db.db
		schemastore drift -q sqlite:$db.db
	done
}

for history in atuin authelia homarr hydra
do
	test_expect "$history" "take_over $history"
done

test_done
