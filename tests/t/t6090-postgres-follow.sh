#!/bin/sh
# A database follows on PostgreSQL: checkout --db, upgrade --all, the hook, and
# versions without a common ancestor.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# at VERSION [DATABASE]: it has that version's schema, and says so.
at () {
	schemastore drift -q "${2:-dev}"
	schemastore diff --exit-code "$1" "${2:-dev}"
	test "$(schemastore log -n 1 --json "@${2:-dev}" | grep "\"id\"")" = \
		"$(schemastore log -n 1 --json "$1" | grep "\"id\"")"
}

plain () {
	sed 's/[0-9a-f]\{10\}/ID/g; s/, [0-9.]* s$//' out >plain
	test_cmp want plain
}

# All but the ledger, whose tables are ours.
content () {
	"$pg_bin/pg_dump" -N schemastore --no-comments "$1" |
		grep -v '^.\(un\)\{0,1\}restrict ' >"$2"
}

users='CREATE TABLE users (id int PRIMARY KEY, mail text);'
mood='CREATE TYPE mood AS ENUM'
mkdir p
cd p || exit 1
printf '%s\n' "$users" "$mood ('low', 'high');" >schema.sql
pg_new dev
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
schemastore checkout -q -b feature
printf '%s\n' "$users" "$mood ('low', 'mid', 'high');" \
	'CREATE TABLE f (a int, m mood);' >schema.sql
schemastore commit -q -m 'feature one'
echo 'CREATE INDEX f_a ON f (a);' >>schema.sql
schemastore commit -q -m 'feature two'
schemastore checkout -q main
printf '%s\n' "$users" "$mood ('low', 'high');" \
	'CREATE VIEW mails AS SELECT mail FROM users;' >schema.sql
schemastore commit -q -m two

test_expect 'from nothing, to a branch that is not checked out' '
	schemastore checkout --db dev feature >out
	sed "s/: [0-9]* statements/: N statements/" out >o
	mv o out
	cat >want <<-END
	dev: nothing -> ID feature two
	  enters ID one
	  enters ID feature one
	  enters ID feature two
	done: N statements over 3 versions
	END
	plain
	at feature
	schemastore status >out
	test_grep "^on branch main$" out
	test_grep "^database dev: at [0-9a-f]* feature two, 3 .* aside$" out
'

test_expect 'aside: it asks, goes down and up, and rows that both have stay' '
	pg dev -c "INSERT INTO users VALUES (1, \$\$ann\$\$)"
	content dev before
	test_must_fail code=3 schemastore checkout --db dev --no-input 2>err
	test_grep "^hint: add --yes" err
	content dev after
	test_cmp before after
	schemastore checkout --db dev --yes >out
	test_grep "^  leaves [0-9a-f]* feature one$" out
	test_grep "^  enters [0-9a-f]* two$" out
	at main
	pg dev -c "SELECT mail FROM mails" >out
	echo ann >want
	test_cmp want out
'

test_expect 'to any version, and back, whatever the source is' '
	mv schema.sql kept.sql
	for version in feature main~1 feature~1 main feature main
	do
		schemastore checkout --db dev $version -q --yes \
			--allow-data-loss
		at $version
	done
	mv kept.sql schema.sql
'

test_expect 'on a branch whose files are gone, and that is a tag now' '
	schemastore checkout --db dev feature -q --yes
	schemastore tag -q kept feature
	git -C .schemastore update-ref -d refs/heads/feature
	schemastore status >out
	test_grep "^database dev: at [0-9a-f]* feature two, .* aside$" out
	schemastore checkout --db dev -q --yes --allow-data-loss
	at main
	schemastore checkout --db dev kept -q --yes
	at kept
	schemastore branch -q feature kept
'

test_expect 'what loses rows is refused, and a dry run changes nothing' '
	pg dev -c "INSERT INTO f VALUES (1, \$\$mid\$\$)"
	content dev before
	test_must_fail code=3 schemastore checkout --db dev --yes 2>err
	test_grep "table public.f: .*(1 row)$" err
	schemastore checkout --db dev feature~1 --yes --dry-run >out
	test_grep "^dry run: it works" out
	content dev after
	test_cmp before after
	schemastore checkout --db dev --yes --allow-data-loss -q
	at main
'

test_expect 'a value that rows have is not taken away' '
	pg_new other
	schemastore checkout --db "$url" feature -q
	pg other -c "INSERT INTO f VALUES (1, \$\$mid\$\$)"
	printf "%s\n" "$users" "$mood (\$\$low\$\$, \$\$high\$\$);" \
		"CREATE TABLE f (a int, m mood);" >schema.sql
	schemastore checkout -q feature
	schemastore commit -q -m "feature three"
	content other before
	test_must_fail schemastore checkout --db "$url" feature --yes \
		--allow-data-loss 2>err
	content other after
	test_cmp before after
	pg other -c "UPDATE f SET m = \$\$low\$\$"
	schemastore checkout --db "$url" feature -q --yes
	pg other -c "SELECT m FROM f" >out
	echo low >want
	test_cmp want out
	schemastore checkout -q main
'

test_expect 'a drifted database is refused' '
	pg dev -c "CREATE TABLE stray (a int)"
	test_must_fail code=3 schemastore checkout --db dev feature --yes 2>err
	test_grep "drift" err
	pg dev -c "DROP TABLE stray"
	at main
'

test_expect 'in steps, to the side' '
	schemastore checkout --db dev feature --online -q --yes
	at feature
	schemastore checkout --db dev main --online -q --yes --allow-data-loss
	at main
'

# ---- without a common ancestor ----------------------------------------------

test_expect 'to an unrelated version: refused, unless it is allowed' '
	cp schema.sql kept.sql
	git -C .schemastore symbolic-ref HEAD refs/heads/island
	printf "%s\n" "CREATE TABLE users (id int PRIMARY KEY, mail text,
		age int);" "CREATE TABLE island (a int);" >schema.sql
	schemastore commit -q -m "one of its own"
	schemastore checkout -q main
	mv kept.sql schema.sql
	content dev before
	for command in "upgrade dev island" "downgrade dev island" \
		"checkout --db dev island"
	do
		test_must_fail code=3 schemastore $command --yes 2>err
		test_grep "^schemastore: .*have no common ancestor$" err
		test_grep "^hint: .*--allow-unrelated" err
	done
	test_must_fail code=3 schemastore upgrade dev island --no-input \
		--allow-unrelated --allow-data-loss
	content dev after
	test_cmp before after
	for command in "upgrade dev island" "downgrade dev main" \
		"checkout --db dev island" "checkout --db dev main"
	do
		schemastore $command --yes --allow-unrelated \
			--allow-data-loss >out
		test_grep "^  the two have no common ancestor: no data step" out
		at "${command##* }"
		pg dev -c "SELECT mail FROM users" >out
		echo ann >want
		test_cmp want out
	done
'

# ---- upgrade --all ----------------------------------------------------------

# Three databases, of which the second one holds rows that the tip would lose.
three () {
	rm -rf ../fleet
	mkdir ../fleet
	cd ../fleet
	printf '%s\n' "$users" 'CREATE TABLE old (a int);' >schema.sql
	pg_new c
	schemastore init -q --engine postgres --database c="$url"
	for name in a b
	do
		pg_new $name
		schemastore config database.$name.url "$url"
	done
	schemastore commit -q -m one
	schemastore upgrade -q --all
	pg a -c 'INSERT INTO old VALUES (1)'
	echo "$users" >schema.sql
	schemastore commit -q -m two
}

test_expect 'upgrade --all: in the order of the conf, one that fails or not' '
	three
	test_must_fail code=3 schemastore upgrade --all >out 2>err
	grep -o "^[abc]: .* ->" out | sed "s/[0-9a-f]\{10\}/ID/" >order
	printf "%s: ID one ->\n" c a b >want
	test_cmp want order
	test_grep "^schemastore: a: .*(1 row)$" err
	schemastore status >out
	test_grep "^database c: at the tip$" out
	test_grep "^database a: at [0-9a-f]* one, 1 version behind$" out
	test_grep "^database b: at the tip$" out
	schemastore upgrade --all --allow-data-loss >out
	test_grep "^c is at [0-9a-f]* two already$" out
	schemastore status --check -q
'

test_expect 'upgrade --all --stop; one that is not there' '
	three
	test_must_fail code=3 schemastore upgrade --all --stop 2>err
	schemastore status >out
	test_grep "^database c: at the tip$" out
	test_grep "^database b: at [0-9a-f]* one, 1 version behind$" out
	pg postgres -c "DROP DATABASE c"
	test_must_fail code=5 schemastore upgrade --all 2>err
	test_grep "^schemastore: c: " err
	test_grep "^schemastore: a: " err
	schemastore status b >out
	test_grep "^database b: at the tip$" out
'

test_expect 'upgrade --all --json is one array' '
	three
	pg b -c "CREATE TABLE stray (a int)"
	test_must_fail code=3 schemastore upgrade --all --json >out 2>err
	python3 - out <<-END
	import json, sys
	c, a, b = json.load(open(sys.argv[1]))
	assert [v["database"] for v in (c, a, b)] == ["c", "a", "b"]
	assert c["changed"]
	assert a["exit"] == 3 and "1 row" in a["error"] and a["hint"]
	assert b["exit"] == 3 and b["error"]
	END
'

# ---- the hook ---------------------------------------------------------------

mkdir "$test_root/code"
cd "$test_root/code" || exit 1
git config --global user.name n
git config --global user.email e
git init -q -b main
echo "$users" >schema.sql
pg_new hooked
schemastore init -q --engine postgres --database dev="$url"
schemastore commit -q -m one
git add -A
git commit -q -m one
git checkout -q -b feature
schemastore checkout -q -b feature
echo 'CREATE TABLE f (a int);' >>schema.sql
schemastore commit -q -m 'the feature'
git commit -q -a -m 'the feature'
schemastore checkout -q main
schemastore upgrade -q
cp "$srcdir/contrib/git-hooks/post-checkout" .git/hooks/
git config schemastore.follow dev

test_expect 'the hook takes the database to the branch' '
	git checkout -q feature 2>err
	sed "s/[0-9a-f]\{10\}/ID/g" err >plain
	echo "schemastore: dev: ID one -> ID the feature" >want
	test_cmp want plain
	at feature
	git checkout -q main
	at main
'

test_expect 'the hook loses no rows, and tells the command' '
	git checkout -q feature
	pg hooked -c "INSERT INTO f VALUES (1)"
	git checkout -q main 2>err
	test_grep "^schemastore: dev stays as it is: .*public.f: .*(1 row);" err
	at feature
	sed -n "s/.*; all the same: //p" err >command
	echo "$(cat command) --yes" >command
	sh command
	at main
'

test_expect 'the hook fails no checkout' '
	pg hooked -c "CREATE TABLE stray (a int)"
	git checkout -q feature 2>err
	test_grep "^schemastore: dev stays .*: the schema of .*; again:" err
	pg postgres -c "DROP DATABASE hooked"
	git checkout -q main 2>err
	test_grep "^schemastore: .*dev stays as it is" err
'

test_done
