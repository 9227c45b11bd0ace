#!/bin/sh
# Several runners on one store and on its databases: each does its work or says
# why not, nobody waits for what is not his, and nothing is lost.
. "${srcdir:?}/tests/t/lib.sh"

command -v python3 >/dev/null || test_skip 'there is no python3'

echo 'CREATE TABLE users (id INTEGER PRIMARY KEY);' >schema.sql
schemastore init -q --database dev=sqlite:app.db --database b=sqlite:b.db
schemastore commit -q -m one
schemastore upgrade -q dev
schemastore upgrade -q b

# again N COMMAND: and how often it did what
again () {
	n=0
	while test $n -lt $1
	do
		n=$((n + 1))
		rc=0
		"$2" $n >"out.$2" 2>&1 || rc=$?
		echo "$2 $rc $(head -n 1 "out.$2")" >>log
	done
}

commit_a () {
	echo "CREATE TABLE a$1 (x);" >>a.sql
	cat schema.sql a.sql >whole-a.sql
	schemastore commit -q --no-rename -m "a $1" whole-a.sql
}

commit_b () {
	echo "CREATE TABLE b$1 (x);" >>b.sql
	cat schema.sql b.sql >whole-b.sql
	schemastore commit -q --no-rename -m "b $1" whole-b.sql
}

branch_and_back () {
	schemastore branch "x/$1"
	schemastore branch -d "x/$1"
}

pack () {
	schemastore gc -q
}

git_pack () {
	git --git-dir=.schemastore pack-refs --all
	git --git-dir=.schemastore gc -q
}

read_all () {
	schemastore log
	schemastore show --schema HEAD~1
	schemastore plan HEAD~1 HEAD
	schemastore fsck
}

upgrade_dev () {
	schemastore upgrade -q --allow-data-loss dev
}

upgrade_dev_too () {
	upgrade_dev
}

upgrade_b () {
	schemastore upgrade -q --allow-data-loss b
}

test_expect 'all at once' '
	: >log
	again 8 commit_a &
	again 8 commit_b &
	again 4 branch_and_back &
	again 12 pack &
	again 4 git_pack &
	again 8 read_all &
	again 20 upgrade_dev &
	again 20 upgrade_dev_too &
	again 20 upgrade_b &
	wait
	# What git says beside us is its own business.
	grep -v "^git_pack \|^[a-z_]* 0 " log >odd || :
	grep -v "^upgrade_dev.* 3 schemastore: somebody else" odd |
		grep -v "^pack 3 schemastore: another program has packed" |
		test_not grep -v " 3 schemastore: another schemastore is "
	schemastore log --oneline >out
	test "$(wc -l <out)" -eq $((1 + $(grep -c "^commit_. 0 " log)))
	schemastore upgrade -q --allow-data-loss dev
	schemastore upgrade -q --allow-data-loss b
	schemastore status >out
	test "$(grep -c "^database .*: at the tip$" out)" -eq 2
	schemastore drift dev
	schemastore drift b
	schemastore history dev >out
	test_not grep "open\|failed" out
	schemastore fsck >out
	test_grep ", 0 findings$" out
	git --git-dir=.schemastore fsck --strict >out 2>&1
	test_not grep -v "^dangling" out
'

test_expect 'who waits for a database keeps the store from nobody' '
	echo "CREATE TABLE more (a);" >more.sql
	schemastore commit -q --no-rename -m more more.sql
	mkfifo locked done
	python3 -c "
import sqlite3
c = sqlite3.connect(\"app.db\", isolation_level=None)
c.execute(\"BEGIN EXCLUSIVE\")
open(\"locked\", \"w\").close()
open(\"done\").read()" &
	cat locked
	# It cannot even read the database now: its lock is taken behind that.
	schemastore upgrade --wait 20 --allow-data-loss dev >out 2>&1 &
	waiting=$!
	schemastore commit -q --allow-empty -m "while it waits"
	schemastore upgrade -q --allow-data-loss b
	schemastore gc -q
	echo >done
	rc=0
	wait $waiting || rc=$?
	test $rc -eq 0 || test_grep "is locked" out
'

test_expect 'many make one database: it is there afterwards' '
	for round in 1 2 3 4 5
	do
		for runner in 1 2 3 4
		do
			{
				rc=0
				schemastore upgrade -q "sqlite:new$round.db" \
					>"out$runner" 2>&1 || rc=$?
				echo $rc >rc$runner
			} &
		done
		wait
		cat rc[1-4] >codes
		test_grep "^0$" codes
		test_not grep -v "^[03]$" codes
		schemastore status "sqlite:new$round.db" >out
		test_grep ": at the tip$" out
	done
'

test_expect 'a database that is made and fails leaves no file' '
	echo "CREATE TABLE t (a, b CHECK (b > 1));" >two.sql
	test_must_fail code=5 schemastore upgrade sqlite:none/new.db
	ln -s target.db link.db
	schemastore upgrade -q sqlite:link.db
	test -f target.db
	test -h link.db
	mkfifo locked2 done2
	python3 -c "
import sqlite3
c = sqlite3.connect(\"held.db\", isolation_level=None)
c.execute(\"BEGIN EXCLUSIVE\")
open(\"locked2\", \"w\").close()
open(\"done2\").read()
c.execute(\"CREATE TABLE theirs (a)\")
c.execute(\"COMMIT\")" &
	cat locked2
	test_must_fail code=3 schemastore upgrade --wait 0 sqlite:held.db
	echo >done2
	wait
	sqlite3 held.db .tables >out
	test_grep theirs out
'

test_expect 'many change the configuration: all of it is there' '
	for n in 1 2 3 4 5 6 7 8 9
	do
		schemastore config "many.key$n" "value $n" &
	done
	wait
	grep "key[1-9] = value" schemastore.conf | sort -u >out
	test "$(wc -l <out)" -eq 9
	test_grep "engines = sqlite" schemastore.conf
'

test_done
