#!/bin/sh
# Data steps that cannot be run with what the other side has, on PostgreSQL and
# in a project of both engines.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"
. "$srcdir/tests/t/lib-notes.sh"

pg_start
new_database=pg_new

# project ENGINES: main calls the column b; topic notes two.
project () {
	notes "$1" ours theirs
	note one
	column_b
	to topic
	note two
	schemastore upgrade -q theirs topic
	to main
	echo "INSERT INTO log (b) VALUES ('two')" >two.here
	echo "DELETE FROM log WHERE b = 'two'" >two.gone
}

log_is () {
	test "$(pg "$1" -c "SELECT * FROM log ORDER BY 1" |
		paste -s -d, -)" = "$2"
	schemastore drift -q "$1"
}

settles () {
	project postgres
	test_must_fail code=4 schemastore merge --dry-run topic >out
	test_grep "^step data step two$" out
	test_grep "^    INSERT INTO log (a) VALUES (.two.)$" out
	test_must_fail code=4 schemastore merge -q topic
	test_must_fail code=3 schemastore resolve "data step two" \
		--sql two.sql 2>err
	test_grep "in the place of data step two .*column \"a\"" err
	schemastore resolve -q "data step two" --sql two.here:two.gone
	schemastore merge -q --continue
	for db in ours theirs
	do
		schemastore upgrade -q $db
		log_is $db one,two
		once $db one two
	done
	schemastore fsck -q
}
test_expect 'settled, a database on either side runs each once' settles

moves () {
	cd p
	schemastore checkout -q --db ours topic --yes
	log_is ours two
	schemastore downgrade -q --yes ours HEAD~3
	log_is ours ""
	once ours
	schemastore upgrade -q --online ours
	log_is ours one,two
	schemastore checkout -q --db theirs HEAD~1 --yes
	log_is theirs one
	once theirs one
	schemastore checkout -q --db theirs topic --yes
	log_is theirs two
	once theirs two
	schemastore upgrade -q theirs
	once theirs one two
}
test_expect 'down across the merge, and up the other side' moves

criss_cross () {
	cd p
	ours=$(git -C .schemastore rev-parse HEAD~1)
	to topic
	test_must_fail code=4 schemastore merge -q "$ours"
	schemastore resolve -q "data step two" --skip
	schemastore merge -q --continue
	for db in ours theirs
	do
		for branch in topic main
		do
			schemastore checkout -q --db $db $branch --yes
			log_is $db one,two
			once $db one two
		done
	done
	to main
	schemastore merge -q topic
	schemastore upgrade -q ours
	once ours one two
	schemastore fsck -q
}
test_expect 'merged into each other: counted once all the same' criss_cross

# Step three can be run by one engine, and not by the other.
both_engines () {
	project sqlite,postgres
	to topic
	echo "SELECT 1" >three.sql
	echo "INSERT INTO log (a) VALUES ('three')" >three.pg
	schemastore commit -q -m three --data three=three.sql: \
		--data three.postgres=three.pg:
	to main
	test_must_fail code=4 schemastore merge topic >out
	test "$(grep -c "^step data step two$" out)" = 2
	test "$(grep -c "^step data step three$" out)" = 1
	schemastore resolve -q "data step three" --skip
	echo "INSERT INTO log (b) VALUES ('lite'::text)" >pg.here
	test_must_fail code=3 schemastore resolve "data step two" \
		--sql pg.here:two.gone 2>err
	schemastore resolve "data step two" --engine postgres \
		--sql pg.here:two.gone >out
	test_grep "^1 conflict left" out
	schemastore resolve "data step two" --engine sqlite \
		--sql two.here:two.gone >out
	test_grep "^all conflicts are settled" out
	schemastore merge -q --continue
	while read -r step file
	do
		git -C .schemastore show "HEAD:edge/0/data/$step.up.sql" >out
		test_cmp "$file" out
	done <<-\EOT
	two.postgres pg.here
	two.sqlite two.here
	three.postgres /dev/null
	three.sqlite three.sql
	EOT
	schemastore upgrade -q ours
	log_is ours lite,one
	schemastore upgrade -q theirs
	log_is theirs one,three,two
	schemastore fsck -q
}
test_expect 'for each engine what it needs' both_engines

test_done
