#!/bin/sh
# Random histories: wherever a database is taken, it has what the version has.
. "${srcdir:?}/tests/t/lib.sh"

command -v python3 >/dev/null || test_skip 'there is no python3'
python3 -c 'import sqlite3' || test_skip 'python3 has no sqlite3'

for seed in 8 21
do
	test_expect "seed $seed: 200 versions, 60 moves" "
		rm -rf h
		mkdir h
		cd h
		echo 'CREATE TABLE log (a INT);' >schema.sql
		schemastore init -q
		python3 -B $srcdir/tests/dag.py $seed 200 60 sqlite:x.db >out
		cat out
		test_grep '^2[0-9]* versions, [1-9][0-9]* merges' out
		test_grep '^[1-9][0-9]* lines drawn' out
	"
done

test_done
