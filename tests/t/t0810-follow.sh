#!/bin/sh
# A database follows: checkout --db, upgrade --all, the hook, and what the path
# of a plan is.
. "${srcdir:?}/tests/t/lib.sh"

# The database's schema and rows, without the ledger.
content () {
	sqlite3 "$1" .dump | grep -v "schemastore_"
}

# at VERSION: the database has that version's schema, and says so.
at () {
	schemastore drift -q
	schemastore diff --exit-code "$1" dev
	test "$(schemastore log -n 1 --json "@dev" | grep "\"id\"")" = \
		"$(schemastore log -n 1 --json "$1" | grep "\"id\"")"
}

users='CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT);'
echo "$users" >schema.sql
schemastore init -q --database dev=sqlite:app.db
schemastore commit -q -m one
schemastore checkout -q -b feature
printf '%s\n' "$users" 'CREATE TABLE f (a);' >schema.sql
schemastore commit -q -m 'feature one'
printf '%s\n' "$users" 'CREATE TABLE f (a, b);' >schema.sql
schemastore commit -q -m 'feature two'
schemastore checkout -q main
printf '%s\n' "$users" 'CREATE TABLE m (a);' >schema.sql
schemastore commit -q -m two

test_expect 'from nothing, to a branch that is not checked out' '
	schemastore checkout --db dev feature >out
	sed "s/[0-9a-f]\{10\}/ID/; s/, [0-9.]* s$//" out >plain
	cat >want <<-END
	dev: nothing -> ID feature two
	  enters ID one
	  enters ID feature one
	  enters ID feature two
	done: 2 statements over 3 versions
	END
	test_cmp want plain
	at feature
	schemastore checkout --db dev feature >out
	test_grep "^dev is at [0-9a-f]* feature two already$" out
	schemastore status >out
	test_grep "^on branch main$" out
'

test_expect 'aside: it asks, goes down and up, and rows that both have stay' '
	sqlite3 app.db "INSERT INTO users VALUES (1, \"ann\")"
	cp app.db before.db
	test_must_fail code=3 schemastore checkout --db dev --no-input 2>err
	test_grep "^hint: add --yes" err
	cmp before.db app.db
	schemastore checkout --db dev --yes >out
	sed "s/[0-9a-f]\{10\}/ID/g; s/, [0-9.]* s$//" out >plain
	cat >want <<-END
	dev: ID feature two -> ID two
	  leaves ID feature two
	  leaves ID feature one
	  enters ID two
	done: 2 statements over 3 versions
	END
	test_cmp want plain
	at main
	sqlite3 app.db "SELECT * FROM users" >out
	echo "1|ann" >want
	test_cmp want out
'

test_expect 'to any version, and back, whatever the source is' '
	rm schema.sql
	for version in feature main~1 feature~1 main feature main
	do
		schemastore checkout --db dev $version -q --yes
		at $version
	done
	printf "%s\n" "$users" "CREATE TABLE m (a);" >schema.sql
'

test_expect 'what is on a tag alone' '
	schemastore tag -q kept feature
	git -C .schemastore update-ref -d refs/heads/feature
	schemastore checkout --db dev kept -q --yes
	schemastore checkout --db dev -q --yes
	at main
	schemastore branch -q feature kept
'

test_expect 'what loses rows is refused' '
	schemastore checkout --db dev -q --yes feature
	sqlite3 app.db "INSERT INTO f VALUES (1, 2)"
	cp app.db before.db
	test_must_fail code=3 schemastore checkout --db dev --yes 2>err
	test_grep "table f: .*(1 row)$" err
	cmp before.db app.db
	test_must_fail code=3 schemastore checkout --db dev --yes -n
	schemastore checkout --db dev --yes --dry-run --allow-data-loss >out
	test_grep "^dry run: it works" out
	cmp before.db app.db
	schemastore checkout --db dev --yes --allow-data-loss -q
	at main
'

test_expect 'as JSON' '
	schemastore checkout --db dev --yes --json feature >out
	test_grep "\"changed\": true" out
	test_grep "\"subject\": \"feature two\"" out
	test_grep "\"base\": \"[0-9a-f]\{40\}\"" out
	schemastore checkout --db dev --yes --json feature >out
	test_grep "\"changed\": false" out
	schemastore checkout --db dev --yes -q
'

test_expect 'a drifted database is refused' '
	cp app.db before.db
	sqlite3 app.db "CREATE TABLE stray (a)"
	test_must_fail code=3 schemastore checkout --db dev feature --yes 2>err
	test_grep "drift" err
	mv before.db app.db
'

test_expect 'wrong words' '
	test_must_fail code=2 schemastore checkout
	test_must_fail code=2 schemastore checkout --dry-run main 2>err
	test_grep "is for .--db." err
	test_must_fail code=2 schemastore checkout --db dev main feature
	test_must_fail code=2 schemastore checkout --db dev -b new
	test_must_fail code=2 schemastore checkout --db nowhere 2>err
	test_grep "nowhere" err
	test_must_fail code=2 schemastore checkout --db dev none 2>err
	test_grep "none" err
'

test_expect 'many versions: some are told' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13
	do
		echo "CREATE TABLE n$i (a);" >>schema.sql
		schemastore commit -q -m "more $i"
	done
	schemastore checkout --db dev >out
	grep -c "^  enters [0-9a-f]\{10\} more" out >count
	echo 10 >want
	test_cmp want count
	test_grep "^  enters 3 more$" out
	at main
'

test_expect 'plan --explain tells the path, and is the same script' '
	schemastore plan feature main~13 --explain >out
	sed "s/[0-9a-f]\{10\}/ID/; /^[^-]/,\$d" out >plain
	cat >want <<-END
	-- merge base: ID one
	-- leaves ID feature two
	-- leaves ID feature one
	-- enters ID two
	END
	test_cmp want plain
	schemastore plan feature main~13 >script
	sed 1,4d out >rest
	test_cmp script rest
	schemastore checkout --db sqlite:other.db feature -q
	sqlite3 other.db <out
	schemastore diff --exit-code main~13 sqlite:other.db
	schemastore plan --down main~13 feature --explain >out
	test_grep "^-- leaves [0-9a-f]* feature two$" out
	schemastore plan - main --explain >out
	test_grep "^-- enters 5 more$" out
	schemastore plan main main --explain >out
	test_grep "^-- merge base: " out
	schemastore plan main other.db --explain >out
	test_grep "^-- no versions are on the way: .other.db. is none$" out
	schemastore plan main feature --explain --json >out
	test_grep "\"route\": {" out
	schemastore plan main feature --json >out
	test_not grep route out
'

# ---- upgrade --all ----------------------------------------------------------

# Three databases, of which the second one holds rows that the tip would lose.
three () {
	rm -rf ../fleet
	mkdir ../fleet
	cd ../fleet
	printf '%s\n' "$users" 'CREATE TABLE old (a);' >schema.sql
	schemastore init -q --database c=sqlite:c.db
	schemastore config database.a.url sqlite:a.db
	schemastore config database.b.url sqlite:b.db
	schemastore commit -q -m one
	schemastore upgrade -q --all
	sqlite3 a.db 'INSERT INTO old VALUES (1)'
	echo "$users" >schema.sql
	schemastore commit -q -m two
}

test_expect 'upgrade --all: in the order of the conf, one that fails or not' '
	three
	test_must_fail code=3 schemastore upgrade --all >out 2>err
	grep -o "^[abc]: .* ->" out | sed "s/[0-9a-f]\{10\}/ID/" >order
	cat >want <<-END
	c: ID one ->
	a: ID one ->
	b: ID one ->
	END
	test_cmp want order
	test_grep "^schemastore: a: .*(1 row)$" err
	test_grep "^hint: add --park" err
	schemastore status >out
	test_grep "^database c: at the tip$" out
	test_grep "^database a: at [0-9a-f]* one, 1 version behind$" out
	test_grep "^database b: at the tip$" out
	schemastore upgrade --all --allow-data-loss >out
	test_grep "^c is at [0-9a-f]* two already$" out
	test_grep "^done: " out
	schemastore status --check -q
'

test_expect 'upgrade --all --stop' '
	three
	test_must_fail code=3 schemastore upgrade --all --stop >out 2>err
	schemastore status >out
	test_grep "^database c: at the tip$" out
	test_grep "^database b: at [0-9a-f]* one, 1 version behind$" out
'

test_expect 'upgrade --all: the exit status is the first failure'"'"'s' '
	three
	schemastore config database.c.url sqlite:no/such/c.db
	test_must_fail code=5 schemastore upgrade --all 2>err
	test_grep "^schemastore: c: " err
	test_grep "^schemastore: a: " err
	schemastore config database.c.url "\$NOBODY_SETS_THIS"
	test_must_fail code=2 schemastore upgrade --all 2>err
	test_grep "^schemastore: c: .*NOBODY_SETS_THIS" err
'

test_expect 'upgrade --all --json is one array' '
	three
	test_must_fail code=3 schemastore upgrade --all --json >out 2>err
	python3 - out <<-END
	import json, sys
	c, a, b = json.load(open(sys.argv[1]))
	assert [v["database"] for v in (c, a, b)] == ["c", "a", "b"]
	assert c["changed"] and b["changed"]
	assert a["exit"] == 3 and "1 row" in a["error"] and a["hint"]
	END
'

test_expect 'upgrade --all to a version, dry; wrong words' '
	three
	schemastore upgrade --all --yes --dry-run main~1 >out
	grep -c "^[abc] is at [0-9a-f]* one already$" out >count
	echo 3 >want
	test_cmp want count
	test_must_fail code=2 schemastore upgrade --all c main
	test_must_fail code=2 schemastore upgrade --stop c
	test_must_fail code=2 schemastore upgrade --all none
'

# ---- the hook ---------------------------------------------------------------

# A code repository with the branches main and feature, of which the store has
# the same, and the hook.
mkdir "$test_root/code"
cd "$test_root/code" || exit 1
git config --global user.name n
git config --global user.email e
git init -q -b main
echo "$users" >schema.sql
schemastore init -q --database dev=sqlite:dev.db
echo '*.db' >>.gitignore
schemastore commit -q -m one
git add -A
git commit -q -m one
git checkout -q -b feature
schemastore checkout -q -b feature
echo 'CREATE TABLE f (a);' >>schema.sql
schemastore commit -q -m 'the feature'
git commit -q -a -m 'the feature'
schemastore checkout -q main
schemastore upgrade -q
cp "$srcdir/contrib/git-hooks/post-checkout" .git/hooks/

test_expect 'the hook does nothing where no database is named' '
	git checkout main 2>err
	test_not grep schemastore err
'

test_expect 'the hook takes the database to the branch' '
	git config schemastore.follow dev
	git checkout -q feature 2>err
	sed "s/[0-9a-f]\{10\}/ID/g" err >plain
	echo "schemastore: dev: ID one -> ID the feature" >want
	test_cmp want plain
	schemastore status --check -q
	schemastore status >out
	test_grep "^on branch feature$" out
	git checkout -q main
	at main
	git checkout -q main 2>err
	test_grep "^schemastore: dev is at [0-9a-f]* one already$" err
	SCHEMASTORE_FOLLOW= git checkout -q feature 2>err
	test ! -s err
	at main
	SCHEMASTORE_FOLLOW=sqlite:other.db git checkout -q main
	test -f other.db
'

test_expect 'the hook lets file checkouts, versions and strange branches be' '
	git checkout -q feature -- schema.sql 2>err
	test ! -s err
	git checkout -q main -- schema.sql
	git checkout -q --detach feature 2>err
	test ! -s err
	at main
	git checkout -q -b "odd;\$name" 2>err
	test_grep "^schemastore: there is no branch .odd;\$name.: dev stays" err
	at main
	git checkout -q main
'

test_expect 'the hook loses no rows, and tells the command' '
	git checkout -q feature
	sqlite3 dev.db "INSERT INTO f VALUES (1)"
	git checkout -q main 2>err
	grep -c "" err >count
	echo 1 >want
	test_cmp want count
	test_grep "^schemastore: dev stays as it is: table f: .*(1 row);" err
	at feature
	sed -n "s/.*; all the same: //p" err >command
	test_must_fail code=3 sh command
	echo "$(cat command) --yes" >command
	sh command
	at main
	git checkout -q feature
	at feature
'

test_expect 'the hook fails no checkout' '
	sqlite3 dev.db "CREATE TABLE stray (a)"
	git checkout -q main 2>err
	test_grep "^schemastore: dev stays .*: the schema of .*; again:" err
	git config schemastore.directory none
	git checkout -q feature 2>err
	test_grep "^schemastore: .*dev stays as it is" err
	git config --unset schemastore.directory
	mkdir git
	ln -s "$(command -v git)" "$(command -v sh)" git/
	PATH=$PWD/git git checkout -q main 2>err
	echo "schemastore: not in the PATH: dev stays as it is" >want
	test_cmp want err
'

test_expect 'the hook where the project is below the top' '
	rm -rf ../top
	mkdir -p ../top/app
	cd ../top
	git init -q -b main
	cp "$srcdir/contrib/git-hooks/post-checkout" .git/hooks/
	echo "$users" >app/schema.sql
	schemastore -C app init -q --database dev=sqlite:dev.db
	schemastore -C app commit -q -m one
	git add -A
	git commit -q -m one
	git config schemastore.follow dev
	git config schemastore.directory app
	git checkout -q main 2>err
	test_grep "^schemastore: dev: nothing -> [0-9a-f]* one$" err
	test -f app/dev.db
'

test_done
