#!/bin/sh
# Data steps on branches: each is run once, on whatever way a database comes.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-notes.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

rows () {
	sqlite3 "$1.db" "$2" | paste -s -d, -
}

add () {
	echo "CREATE TABLE $1 (a);" >>schema.sql
	schemastore commit -q -m "table $1"
}

log_is () {
	got=$(sqlite3 "$1.db" "SELECT a FROM log ORDER BY a" | paste -s -d, -)
	test "$got" = "$2"
	schemastore drift -q "$1"
}

test_expect 'a step on each side: once each, from everywhere' '
	notes sqlite base ours theirs
	note one
	add m
	schemastore upgrade -q ours
	to topic
	add t
	note two
	schemastore upgrade -q theirs
	to main
	schemastore merge -q topic
	for db in base ours theirs
	do
		schemastore upgrade -q $db
		log_is $db one,two
	done
	schemastore upgrade -q sqlite:new.db
	test "$(rows new "SELECT a FROM log ORDER BY a")" = one,two
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'and back to either side: what the other one did is undone' '
	cd p
	schemastore checkout -q --db theirs topic --yes
	log_is theirs two
	schemastore checkout -q --db ours HEAD~1 --yes
	log_is ours one
	schemastore checkout -q --db ours topic --yes
	log_is ours two
	schemastore upgrade -q ours
	log_is ours one,two
	schemastore downgrade -q --yes --allow-data-loss base HEAD~3
	log_is base ""
'

test_expect 'expand and contract there, another column here' '
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT, b TEXT);" \
		>schema.sql
	schemastore init -q --database ours=sqlite:ours.db
	schemastore config database.theirs.url sqlite:theirs.db
	schemastore commit -q -m p
	schemastore branch -q topic
	for db in ours theirs
	do
		schemastore upgrade -q $db
		sqlite3 $db.db "INSERT INTO p VALUES (1, 1, 2)"
	done
	echo "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT, b TEXT,
		note TEXT DEFAULT 7);" >schema.sql
	schemastore commit -q -m note
	schemastore upgrade -q ours
	schemastore checkout -q topic
	echo "CREATE TABLE p (id INTEGER PRIMARY KEY, ab TEXT NOT NULL);" \
		>schema.sql
	echo "UPDATE p SET ab = a || b" >ab.sql
	echo "UPDATE p SET a = substr(ab, 1, 1), b = substr(ab, 2)" >ba.sql
	schemastore commit -q -m ab --no-rename --data ab=ab.sql:ba.sql
	schemastore upgrade -q --allow-data-loss theirs
	schemastore checkout -q main
	schemastore merge -q topic
	for db in ours theirs
	do
		schemastore upgrade -q --allow-data-loss $db
		test "$(rows $db "SELECT ab, note FROM p")" = "12|7"
		schemastore drift -q $db
	done
	schemastore downgrade -q --yes --allow-data-loss ours HEAD~1
	test "$(rows ours "SELECT a, b, note FROM p")" = "1|2|7"
	schemastore upgrade -q --allow-data-loss sqlite:new.db
'

test_expect 'merged into each other: neither undone nor run again' '
	notes sqlite base ours theirs
	note one
	to topic
	note two
	schemastore branch -q topic0
	schemastore merge -q main
	schemastore upgrade -q theirs topic
	to main
	schemastore merge -q topic0
	schemastore upgrade -q ours
	log_is ours one,two
	log_is theirs one,two
	sqlite3 ours.db "INSERT INTO log VALUES (\"own\")"
	schemastore checkout -q --db ours topic --yes
	log_is ours one,own,two
	note three
	schemastore checkout -q --db ours main --yes
	log_is ours one,own,three,two
	to topic
	note four
	schemastore upgrade -q theirs topic
	schemastore checkout -q --db ours topic --yes
	log_is ours four,one,own,two
	to main
	schemastore merge -q topic
	for db in base ours theirs
	do
		schemastore upgrade -q $db
	done
	log_is base four,one,three,two
	log_is ours four,one,own,three,two
	log_is theirs four,one,three,two
'

test_expect 'a step that was picked is not run by the merge' '
	notes sqlite base ours theirs
	to topic
	note one
	to main
	add m
	schemastore cherry-pick topic
	schemastore upgrade -q ours
	log_is ours one
	schemastore merge -q topic
	schemastore upgrade -q ours
	log_is ours one
	schemastore upgrade -q theirs topic
	schemastore upgrade -q theirs
	log_is theirs one
'

test_expect 'revert runs the way back, and its way back runs the step' '
	notes sqlite base ours theirs
	note one
	add m
	schemastore upgrade -q ours
	schemastore revert -q HEAD~1
	schemastore upgrade -q ours
	log_is ours ""
	schemastore upgrade -q base
	log_is base ""
	schemastore downgrade -q --yes ours
	log_is ours one
	echo "INSERT INTO log VALUES (9)" >nine.sql
	schemastore commit -q -m nine --data nine=nine.sql
	test_must_fail code=4 schemastore revert HEAD >out 2>err
	test_grep "step data step nine" out
	test_grep "no way back" out
'

test_expect 'a step that says where it stands is reverted, and that again' '
	notes sqlite base ours theirs
	for when in before between after
	do
		printf "%s\n" "-- schemastore: $when" \
			"-- schemastore: ensure SELECT count(*) > 0 FROM log" \
			"INSERT INTO log VALUES (\"$when\")" >w.sql
		echo "DELETE FROM log WHERE a = \"$when\"" >w.back
		schemastore commit -q -m $when --data w=w.sql:w.back
		schemastore upgrade -q ours
		log_is ours $when
		schemastore revert -q HEAD
		schemastore fsck -q
		schemastore upgrade -q ours
		log_is ours ""
		schemastore revert -q HEAD
		schemastore upgrade -q ours
		log_is ours $when
		schemastore downgrade -q --yes ours
		log_is ours ""
		schemastore upgrade -q ours
		schemastore revert -q HEAD
		schemastore upgrade -q ours
	done
	schemastore upgrade -q base
	log_is base ""
'

test_expect 'a step that cannot be run with what is here is a conflict' '
	notes sqlite base ours theirs
	echo "CREATE TABLE log (b TEXT);" >schema.sql
	schemastore commit -q -m b --rename log.a=b
	to topic
	note two
	to main
	schemastore merge topic >out 2>err || code=$?
	test -n "$code"
	cat err >>out
	test_grep "data step two" out
	schemastore upgrade -q --allow-data-loss ours
'

test_done
