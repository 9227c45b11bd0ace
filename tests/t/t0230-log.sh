#!/bin/sh
# log, show and blame: what was, who did it, and where a line comes from.
. "${srcdir:?}/tests/t/lib.sh"

commit () {
	SCHEMASTORE_AUTHOR_NAME=$1 SCHEMASTORE_AUTHOR_EMAIL=$1@example.org \
		SCHEMASTORE_DATE=$2 schemastore commit -q "$3" "$4" $5 $6
}

SCHEMASTORE_DATE=1767225600
export SCHEMASTORE_DATE
echo 'CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);' >schema.sql
schemastore init -q
commit ann 1767225601 -m one
echo 'CREATE TABLE posts (a);' >>schema.sql
commit bob 1767225602 -m two
sed 's/mail TEXT/email TEXT, age INT/' schema.sql >x
mv x schema.sql
commit eve 1767225603 -m three --rename users.mail=email

test_expect 'log: newest first' '
	schemastore log --oneline | sed "s/^[0-9a-f]\{10\} //" >out
	printf "(HEAD -> main) three\ntwo\none\n" >want
	test_cmp want out
	schemastore log >out
	test_grep "^version [0-9a-f]\{40\} (HEAD -> main)$" out
	test_grep "^Author: bob <bob@example.org>$" out
	test_grep "^Date:   2026-01-01 00:00:02 +0000$" out
	test_grep "^    two$" out
'

test_expect 'log -n, and from a version' '
	schemastore log --oneline -n 2 | sed "s/.* //" >out
	printf "three\ntwo\n" >want
	test_cmp want out
	schemastore log --oneline HEAD~1 | sed "s/.* //" >out
	printf "two\none\n" >want
	test_cmp want out
	schemastore log -n 0 >out
	test ! -s out
'

test_expect 'log -- OBJECT: the versions that changed it' '
	schemastore log --oneline -- posts | sed "s/.* //" >out
	echo two >want
	test_cmp want out
	schemastore log --oneline -- users | sed "s/.* //" >out
	printf "three\none\n" >want
	test_cmp want out
	schemastore log --oneline -- users posts >out
	test "$(wc -l <out)" -eq 3
	schemastore log --oneline -- nothing >out
	test ! -s out
'

test_expect 'log --json' '
	schemastore log --json >out
	python3 -c "
import json
v = json.load(open(\"out\"))
assert [x[\"subject\"] for x in v] == [\"three\", \"two\", \"one\"]
assert v[0][\"parents\"] == [v[1][\"id\"]]
assert v[1][\"author\"] == \"bob\" and v[1][\"time\"] == 1767225602
assert v[1][\"states\"][\"sqlite\"].startswith(\"s1:\")"
'

test_expect 'log --all, --graph and names' '
	schemastore branch -q side HEAD~1
	schemastore tag -q first HEAD~2
	schemastore checkout -q side
	echo "CREATE TABLE s (a);" >>schema.sql
	schemastore commit -q --no-rename -m side
	schemastore log --oneline >out
	test_not grep three out
	schemastore log --oneline --all >out
	test_grep "(main) three$" out
	test_grep "(HEAD -> side) side$" out
	test_grep "(tag: first) one$" out
	test "$(wc -l <out)" -eq 4
	schemastore log --graph --all >out
	test_grep "^[*|] " out
	test "$(grep -c "^\(| \)*\* " out)" -eq 4
	schemastore checkout -q main
'

test_expect 'log -p and --stat: what changed' '
	schemastore log -p -1 >out
	schemastore show >want
	test_cmp want out
	schemastore log --stat -n 2 >out
	test_grep "^ ~ table users$" out
	test_grep "^ + table posts$" out
	test "$(grep -c "^ 1 a[dl][a-z]*$" out)" -eq 2
	schemastore log --oneline --graph -p -- users >out
	test_grep "^\* [0-9a-f]* (HEAD -> main) three$" out
	test_grep "^| ~ table users$" out
	test_grep "^  + table users$" out
	test_not grep posts out
	test_not grep "ALTER TABLE" out
	schemastore log -p --json >out
	schemastore log --json >want
	test_cmp want out
'

test_expect 'log --since and --until' '
	subjects () {
		schemastore log --oneline "$@" | sed "s/.* //"
	}
	subjects --since 1767225602 >out
	printf "three\ntwo\n" >want
	test_cmp want out
	subjects --until "2026-01-01 00:00:02" >out
	printf "two\none\n" >want
	test_cmp want out
	subjects --since "2026-01-01 00:00:02 +0000" --until 2026-01-02 >out
	printf "three\ntwo\n" >want
	test_cmp want out
	subjects --since 2026-01-01T01:00:02+0100 >out
	test_cmp want out
	SCHEMASTORE_DATE=1767312002 subjects --since "1 day ago" >out
	test_cmp want out
	SCHEMASTORE_DATE=1767312002 subjects --since yesterday >out
	test_cmp want out
	SCHEMASTORE_DATE=1767312002 subjects --since 1440.minutes.ago >out
	test_cmp want out
	for date in "" soon 2026-02-30 2026-13-01 "2026-01-01 25:00" \
		"2 fortnights ago" "2 days" 2026-01-01x
	do
		test_must_fail code=2 schemastore log --since "$date" 2>err
		test_grep "is no date" err
	done
	SCHEMASTORE_DATE=1767225700 subjects --since now >out
	test ! -s out
'

test_expect 'log --author and --grep' '
	schemastore log --oneline --author "^bob <" | sed "s/.* //" >out
	echo two >want
	test_cmp want out
	schemastore log --oneline --grep "^t" | sed "s/.* //" >out
	printf "three\ntwo\n" >want
	test_cmp want out
	schemastore log -1 --oneline --grep "^t" --author "b.b" >out
	test_grep "two$" out
	schemastore log --oneline --grep "four" >out
	test ! -s out
	test_must_fail code=2 schemastore log --grep "\(" 2>err
	test_grep "is no pattern" err
	test_must_fail code=2 schemastore log users 2>err
	test_grep "^hint: .*schemastore log -- users" err
'

test_expect 'show: who, what, with which SQL' '
	schemastore show >out
	test_grep "^version [0-9a-f]\{40\} (HEAD -> main)$" out
	test_grep "^Author: eve <eve@example.org>$" out
	test_grep "^~ table users$" out
	test_grep "^  ~ column email (was mail)$" out
	test_grep "^  + column age$" out
	test_grep "^ALTER TABLE users RENAME COLUMN mail TO email;$" out
'

test_expect 'show names a version as git does' '
	for name in HEAD~1 main~1 main^ side~1 first~0 \
		"$(git --git-dir=.schemastore rev-parse HEAD~1)" \
		"$(git --git-dir=.schemastore rev-parse --short=7 HEAD~1)" \
		refs/heads/side~1
	do
		schemastore show "$name" >out
		git --git-dir=.schemastore log -1 --format="    %s" "$name" \
			>want
		grep -F -x -f want out
	done
'

test_expect 'show --schema makes the same schema' '
	schemastore show --schema HEAD~1 >made.sql
	schemastore diff --exit-code HEAD~1 made.sql >out
	test ! -s out
'

test_expect 'show -- OBJECT: the text form, as git shows it' '
	schemastore show -- users >out
	git --git-dir=.schemastore show HEAD:schema/sqlite/table/users >want
	test_cmp want out
	test_must_fail code=2 schemastore show -- nothing 2>err
	test_grep "has no object .nothing." err
'

test_expect 'blame: the version of each line' '
	schemastore blame users | sed "s/^[0-9a-f]\{10\} //" >out
	cat >want <<-\END
	(ann              2026-01-01) table users
	(ann              2026-01-01)   column id
	(ann              2026-01-01)     type INTEGER
	(eve              2026-01-01)   column email
	(ann              2026-01-01)     type TEXT
	(eve              2026-01-01)     origin mail
	(eve              2026-01-01)   column age
	(eve              2026-01-01)     type INT
	(ann              2026-01-01)   primary-key
	(ann              2026-01-01)     key id
	END
	test_cmp want out
	schemastore blame users first >out
	test_not grep eve out
	test_must_fail code=2 schemastore blame nothing 2>err
	test_grep "no table or view .nothing." err
'

test_expect 'blame follows a table that was renamed' '
	sed "s/users/people/; /TABLE s /d" schema.sql >x
	mv x schema.sql
	commit zoe 1767225604 -m four --rename users=people
	schemastore blame people >out
	test_grep "(zoe .*) table people$" out
	test_grep "(ann .*)     type INTEGER$" out
'

test_done
