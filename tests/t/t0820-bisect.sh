#!/bin/sh
# bisect: the first bad version, by halves.
. "${srcdir:?}/tests/t/lib.sh"

schemastore init -q --engine sqlite --source schema.sql
for i in 1 2 3 4 5 6 7 8
do
	echo "CREATE TABLE t$i (a);" >>schema.sql
	schemastore commit -q -m "v$i"
	schemastore tag -q "v$i"
done

lacks () {
	echo "SELECT count(*) = 0 FROM sqlite_master WHERE name = '$1'"
}

test_expect '--sql: the first one, with what it changed' '
	schemastore bisect v1 v8 --sql "$(lacks t6)" >out
	test_grep "^first bad version: [0-9a-f]* v6$" out
	test_grep "^ 1 added$" out
	test_grep "^+ table t6$" out
	sed -n "s/^\(good\|bad \) [0-9a-f]* /\1 /p" out >steps
	printf "%s\n" "good v1" "bad  v8" "good v4" "bad  v6" "good v5" >want
	test_cmp want steps
'

test_expect 'what the engine refuses is bad' '
	test_must_fail code=2 schemastore bisect v5 v8 \
		--sql "SELECT 1 FROM none" 2>err
	test_grep "should be good" err
'

test_expect '--run: it finds the database, and what it prints is apart' '
	cat >check <<-\END
	echo asked
	sqlite3 "${SCHEMASTORE_BISECT_URL#sqlite:}" .tables >tables
	schemastore show --json "$SCHEMASTORE_BISECT_VERSION" >>shown
	if grep -w t3 tables
	then
		exit 7
	fi
	END
	schemastore bisect v1 v8 --run "sh ./check" >out 2>err
	test_grep "^first bad version: [0-9a-f]* v3$" out
	test_grep "^bad  [0-9a-f]* v3: exit 7$" out
	test_not grep asked out
	test_grep asked err
	grep -c "\"subject\"" shown >n
	grep -c "^good\|^bad" out >want
	test_cmp want n
	ls "$TMPDIR" >left
	test_not grep ss-bisect left
'

test_expect 'skipped: one of several' '
	cat >check <<-\END
	sqlite3 "${SCHEMASTORE_BISECT_URL#sqlite:}" .tables >tables
	case $(wc -w <tables) in
	4|5) exit 125 ;;
	esac
	test $(wc -w <tables) -lt 5
	END
	test_must_fail code=1 schemastore bisect v1 v8 --run "sh ./check" >out
	sed "1,/^the first bad/d; s/^  [0-9a-f]* //" out >list
	printf "v4\nv5\nv6\n" >want
	test_cmp want list
'

test_expect 'as JSON' '
	schemastore bisect v1 v8 --sql "$(lacks t6)" --json >out
	test_grep "\"subject\": \"v6\"" out
	test_grep "\"verdict\": \"good\"" out
'

test_expect 'wrong words' '
	test_must_fail code=2 schemastore bisect v8 v1 --sql "SELECT 1"
	test_must_fail code=2 schemastore bisect v1 v1 --sql "SELECT 1"
	test_must_fail code=2 schemastore bisect v1 v8
	test_must_fail code=2 schemastore bisect v1 v8 --sql x --run x
	test_must_fail code=2 schemastore bisect v1 v8 --sql "SELECT 1"
	test_must_fail code=2 schemastore bisect v1 v8 --run no-such-program
	test_must_fail code=2 schemastore bisect v1 v8 --run "exit 128" 2>err
	test_grep "which is no answer" err
'

# Branches of branches, merged into each other; each version adds a table.
add () {
	echo "CREATE TABLE $1 (a);" >>schema.sql
	schemastore commit -q -m "$1"
	schemastore tag -q "is-$1"
}

go () {
	schemastore checkout -q "$1"
	git -C .schemastore show HEAD:source/schema.sql >schema.sql
}

criss_cross () {
	mkdir ../dag
	cd ../dag
	schemastore init -q --engine sqlite --source schema.sql
	add a
	schemastore branch -q x
	schemastore branch -q y
	go x
	add b
	add c
	schemastore branch -q z
	go y
	add d
	add e
	schemastore merge -q -m m1 x
	go y
	add f
	go z
	add g
	go x
	add h
	schemastore merge -q -m m2 z
	go x
	add i
	go y
	schemastore merge -q -m m3 x
	go y
	add j
	add k
}

test_expect 'across merges: the same one as git bisect finds' '
	criss_cross
	git clone -q --branch y .schemastore clone
	for t in b c d e f g h i j k
	do
		schemastore bisect is-a y --sql "$(lacks $t)" >out
		sed -n "s/^first bad version: \([0-9a-f]*\) .*/\1/p" out >got
		git -C clone bisect start y is-a >run
		git -C clone bisect run sh -c \
			"test ! -e schema/sqlite/table/$t" >run
		git -C clone rev-parse --short=10 refs/bisect/bad >want
		test_cmp want got
		git -C clone bisect reset 2>err
	done
'

test_expect 'a good version on another branch' '
	cd ../dag
	schemastore bisect is-f is-g --sql "$(lacks g)" >out
	test_grep "^good [0-9a-f]* c$" out
	test_grep "^first bad version: [0-9a-f]* g$" out
	test_must_fail code=3 schemastore bisect is-f is-g --sql \
		"SELECT count(*) = 0 FROM e" 2>err
	test_grep "was put right on the way" err
	test_must_fail code=2 schemastore bisect is-i is-c \
		--sql "SELECT 1" 2>err
	test_grep "is an ancestor of the good one" err
'

test_done
