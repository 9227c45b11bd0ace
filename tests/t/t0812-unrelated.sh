#!/bin/sh
# Versions without a common ancestor: refused, unless somebody allows it.
. "${srcdir:?}/tests/t/lib.sh"

echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a);' >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
echo 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);' >schema.sql
schemastore commit -q -m two
git -C .schemastore symbolic-ref HEAD refs/heads/island
printf '%s\n' 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, c);' \
	'CREATE TABLE u (x);' >schema.sql
schemastore commit -q -m 'one of its own'
schemastore checkout -q main
schemastore upgrade -q dev
sqlite3 app.db "INSERT INTO t VALUES (1, 'kept', NULL)"

test_expect 'each way there is refused, and the hint names the flag' '
	cp app.db before.db
	for command in "upgrade dev island" "downgrade dev island" \
		"checkout --db dev island"
	do
		# shellcheck disable=SC2086 # words
		test_must_fail code=3 schemastore $command --yes 2>err
		test_grep "^schemastore: .*have no common ancestor$" err
		test_grep "^hint: .*--allow-unrelated" err
		cmp before.db app.db
	done
'

test_expect 'it asks, and what would be lost is still refused' '
	test_must_fail code=3 schemastore upgrade dev island --no-input \
		--allow-unrelated --allow-data-loss 2>err
	test_grep "^hint: add --yes" err
	sqlite3 app.db "UPDATE t SET b = 2"
	test_must_fail code=3 schemastore upgrade dev island --yes \
		--allow-unrelated 2>err
	test_grep "^hint: add --park" err
	sqlite3 app.db "UPDATE t SET b = NULL"
	schemastore upgrade dev island --dry-run --allow-unrelated \
		--allow-data-loss
	schemastore drift -q
	schemastore diff --exit-code main dev
'

test_expect 'the plan is the difference, whichever command takes it' '
	for command in "upgrade dev island" "downgrade dev main" \
		"checkout --db dev island" "checkout --db dev main"
	do
		# shellcheck disable=SC2086 # words
		schemastore $command --yes --allow-unrelated \
			--allow-data-loss >out
		test_grep "^  the two have no common ancestor: no data" out
		test_grep "^done: .* over 3 versions, " out
		schemastore drift -q
		schemastore diff --exit-code "${command##* }" dev
		sqlite3 app.db "SELECT a FROM t" >out
		echo kept >want
		test_cmp want out
	done
	schemastore upgrade dev >out
	test_grep "already$" out
'

test_expect 'status says where it stands all the same' '
	schemastore checkout --db dev island -q --yes --allow-unrelated \
		--allow-data-loss
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* one of its own, 3 .* aside$" out
	schemastore upgrade --all --yes --allow-unrelated --allow-data-loss -q
	schemastore status >out
	test_grep "^database dev: at the tip$" out
	schemastore history dev >out
	test_grep "one of its own" out
'

test_expect 'no data step is run on the way, and the plan says so' '
	schemastore checkout -q island
	echo "INSERT INTO u VALUES (1)" >seed.sql
	schemastore commit -q -m seed --data seed=seed.sql:
	schemastore checkout -q --db dev main --yes --allow-unrelated \
		--allow-data-loss
	schemastore plan main island >out
	head -n 1 out >first
	test_grep "^-- .*no common ancestor: .* no data step is run$" first
	test_not grep "INSERT INTO u" out
	schemastore plan dev island >out
	test_grep "^-- .*no common ancestor" out
	schemastore checkout -q --db dev island --yes --allow-unrelated \
		--allow-data-loss
	test "$(sqlite3 app.db "SELECT count(*) FROM u")" = 0
	sed -i s/1/2/ seed.sql
	schemastore commit -q -m more --data seed=seed.sql:
	schemastore upgrade -q dev
	test "$(sqlite3 app.db "SELECT x FROM u")" = 2
	schemastore plan main~1 main >out
	test_not grep "ancestor" out
	schemastore checkout -q main
'

test_expect 'an unrelated branch is not merged' '
	test_must_fail code=3 schemastore merge island 2>err
	test_grep "no version in common" err
'

test_done
