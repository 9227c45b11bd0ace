#!/bin/sh
# A merge that stays open: conflicts, resolve, merge --continue, --abort.
. "${srcdir:?}/tests/t/lib.sh"

command -v sqlite3 >/dev/null || test_skip 'there is no sqlite3'

# Both alter users.name, both add a table n, unlike.
open_merge () {
	rm -rf p
	mkdir p
	cd p
	echo "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);" \
		>schema.sql
	schemastore init -q --database ours=sqlite:ours.db
	schemastore config database.theirs.url sqlite:theirs.db
	schemastore commit -q -m base
	schemastore branch -q topic
	echo "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(20));
		CREATE TABLE n (x INT);" >schema.sql
	schemastore commit -q -m ours
	schemastore upgrade -q ours
	sqlite3 ours.db "INSERT INTO users VALUES (1, 'ann')"
	schemastore checkout -q topic
	echo "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40));
		CREATE TABLE n (y INT);" >schema.sql
	schemastore commit -q -m theirs
	schemastore upgrade -q theirs
	sqlite3 theirs.db "INSERT INTO users VALUES (2, 'bo')"
	schemastore checkout -q main
	test_must_fail code=4 schemastore merge topic >out 2>err
}

columns () {
	sqlite3 "$1.db" "SELECT name || ' ' || type FROM pragma_table_info('$2')
		ORDER BY name" | paste -s -d, -
}

test_expect 'conflicts lists them, with the texts of all sides' '
	open_merge
	test_grep "2 conflicts; the merge is open" err
	test_must_fail code=4 schemastore conflicts >out
	test_grep "^altered/altered column users.name: type$" out
	test_grep "^  ours  *VARCHAR(20)$" out
	test_grep "^  theirs  *VARCHAR(40)$" out
	test_grep "^  base  *TEXT$" out
	test_grep "^added/added table n$" out
	test_must_fail code=4 schemastore conflicts --json >json
	test_grep "column x" json
	test_grep "column y" json
	schemastore status >out
	test_grep "merge" out
'

test_expect 'while it is open nothing else moves the branch' '
	cd p
	test_must_fail code=3 schemastore commit -m x --allow-empty 2>err
	test_grep "merge of .topic. into .main. is not finished" err
	test_must_fail code=3 schemastore merge topic 2>err
	test_must_fail code=3 schemastore checkout topic 2>err
	test_must_fail code=4 schemastore merge --continue >out 2>err
	test_grep "altered/altered column users.name" out
'

test_expect 'each is settled, taken back, settled again; then a version' '
	cd p
	schemastore resolve users.name --theirs >out
	test_grep "1 conflict left" out
	schemastore resolve --undo users.name
	test_must_fail code=4 schemastore conflicts >out
	test_grep "users.name" out
	schemastore resolve -q users.name --theirs
	echo "CREATE TABLE n (x INT, y INT, z INT);" >n.sql
	schemastore resolve n --sql n.sql >out
	test_grep "merge --continue" out
	schemastore conflicts >out
	test_grep "^settled users.name: theirs$" out
	test_grep "^settled n: sql$" out
	schemastore merge --continue >out
	test_grep "^merged: [0-9a-f]* Merge branch .topic.$" out
	test_must_fail code=2 schemastore conflicts 2>err
	test_grep "no merge is open" err
	for db in ours theirs
	do
		schemastore upgrade -q --allow-data-loss $db
		schemastore drift -q $db
		test "$(columns $db n)" = "x INT,y INT,z INT"
		test "$(columns $db users)" = "id INTEGER,name VARCHAR(40)"
		test "$(sqlite3 $db.db "SELECT count(*) FROM users")" = 1
	done
	schemastore fsck -q
'

test_expect 'abort forgets it' '
	open_merge
	git -C .schemastore rev-parse main >before
	schemastore resolve -q n --drop
	schemastore merge --abort
	git -C .schemastore rev-parse main >after
	test_cmp before after
	test_must_fail code=2 schemastore merge --abort 2>err
	test_must_fail code=2 schemastore merge --continue 2>err
	schemastore commit -q -m x --no-rename
'

test_expect 'a dry run tells, and leaves nothing open' '
	open_merge
	schemastore merge --abort
	test_must_fail code=4 schemastore merge --dry-run topic >out 2>err
	test_grep "2 conflicts; nothing was written" err
	test_must_fail code=2 schemastore conflicts
'

test_expect 'what is not in conflict, or no SQL, is not settled' '
	open_merge
	test_must_fail code=2 schemastore resolve users.id --ours 2>err
	test_grep "users.id. is in no conflict" err
	test_must_fail code=2 schemastore resolve users.name 2>err
	test_must_fail code=2 schemastore resolve users.name --ours --base 2>err
	echo "CREATE TABLE other (a);" >o.sql
	test_must_fail schemastore resolve n --sql o.sql 2>err
	test_grep "does not make .n." err
	echo "CREATE TABLE n (a); CREATE TABLE other (a);" >o.sql
	test_must_fail schemastore resolve n --sql o.sql 2>err
	test_grep "makes table other" err
	echo "CREATE TABLE n (" >o.sql
	test_must_fail code=5 schemastore resolve n --sql o.sql 2>err
	test_grep "o.sql:1:" err
'

test_expect 'the branch has moved meanwhile: it is refused' '
	open_merge
	git -C .schemastore update-ref refs/heads/main refs/heads/main~1
	test_must_fail code=3 schemastore conflicts 2>err
	test_must_fail code=3 schemastore merge --continue 2>err
	schemastore merge --abort
'

test_expect 'killed at any point it is open, or it is not' '
	for point in merge.forget merging.flush file.rename
	do
		open_merge
		schemastore resolve -q n --ours
		schemastore resolve -q users.name --ours
		SS_FAULT=$point:1:crash test_not schemastore merge --continue
		if schemastore conflicts >out 2>err
		then
			schemastore merge -q --continue
		fi
		test "$(git -C .schemastore rev-list --count --merges main)" = 1
		schemastore status >out
		schemastore fsck -q
		cd ..
	done
'

test_done
