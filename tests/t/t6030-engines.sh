#!/bin/sh
# One store for both engines: SQLite and PostgreSQL in one version.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start
pg_new prod

cat >schema.sqlite.sql <<'END'
CREATE TABLE users (id INTEGER PRIMARY KEY, mail TEXT NOT NULL);
END
cat >schema.postgres.sql <<'END'
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mail text NOT NULL);
END

# git of the store
store_git () {
	git --git-dir=.schemastore "$@"
}

# Everything below fails to reach a server.
no_server () {
	SCHEMASTORE_SCRATCH='postgres:///none?host=/nonexistent' "$@"
}

test_expect 'init finds a source for each engine' '
	schemastore init --engine "sqlite, postgres" --source \
		sqlite=schema.sqlite.sql >out
	test_grep "^Next: .*config postgres.source schema.postgres.sql" out
	rm -r .schemastore schemastore.conf
	schemastore init -q --engine "sqlite, postgres" \
		--database lite=sqlite:app.db --database prod="$url"
	git config -f schemastore.conf schemastore.engines >out
	git config -f schemastore.conf sqlite.source >>out
	git config -f schemastore.conf postgres.source >>out
	printf "%s\n" "sqlite, postgres" schema.sqlite.sql \
		schema.postgres.sql >want
	test_cmp want out
'

test_expect 'engines that are not known, twice there, or none' '
	cp schemastore.conf good.conf
	for engines in "sqlite, oracle" "sqlite postgres sqlite" ,
	do
		git config -f schemastore.conf schemastore.engines "$engines"
		test_must_fail code=2 schemastore status 2>err
		test_grep "schemastore.conf: engine " err
	done
	cp good.conf schemastore.conf
'

test_expect 'one version has both, each in its place' '
	schemastore commit -m one >out
	test_grep "^ postgres: 1 added$" out
	test_grep "^ sqlite: 1 added$" out
	store_git ls-tree -r --name-only HEAD >out
	cat >want <<-\END
	edge/0/postgres.down.sql
	edge/0/postgres.up.sql
	edge/0/sqlite.down.sql
	edge/0/sqlite.up.sql
	schema/postgres/engine
	schema/postgres/table/public.users
	schema/sqlite/engine
	schema/sqlite/table/users
	source/postgres/schema.postgres.sql
	source/sqlite/schema.sqlite.sql
	END
	test_cmp want out
	store_git show HEAD:source/postgres/schema.postgres.sql >out
	test_cmp schema.postgres.sql out
	store_git log -1 --format=%B >out
	test "$(grep -c "^Schemastore-State: postgres s1:" out)" = 1
	test "$(grep -c "^Schemastore-State: sqlite s1:" out)" = 1
	test "$(grep -c "^Schemastore-Edge: 0 postgres " out)" = 1
	test "$(grep -c "^Schemastore-Edge: 0 sqlite " out)" = 1
	schemastore fsck -q
	schemastore status >out
	test_grep "^source postgres: as committed$" out
	test_grep "^source sqlite: as committed$" out
	test_must_fail code=1 schemastore commit -m again
'

test_expect 'both databases go up' '
	schemastore upgrade -q lite
	schemastore upgrade -q prod
	schemastore drift lite
	schemastore drift prod
	sqlite3 app.db "INSERT INTO users (mail) VALUES (\"a@b\")"
	pg prod -c "INSERT INTO users (mail) VALUES (\$\$a@b\$\$)"
	schemastore status --check
'

test_expect 'a rename is for each engine that has the node' '
	sed -i s/mail/email/ schema.sqlite.sql schema.postgres.sql
	echo "CREATE TABLE only_here (a INTEGER, b TEXT);" >>schema.sqlite.sql
	test_must_fail code=3 schemastore commit -m two --no-input 2>err
	test_grep "2 nodes dropped and one like it added" err
	test_grep "rename public.users.mail=email .*rename users.mail=email" err
	test_must_fail code=2 schemastore commit -m two \
		--rename users.mail=email --rename users.nosuch=x 2>err
	test_grep "users.nosuch=x. matches nothing" err
	schemastore commit -q -m two --rename users.mail=email
	sed -i "s/only_here (a/only_here (z/" schema.sqlite.sql
	schemastore commit -q -m three --rename only_here.a=z
'

test_expect 'one declared for each of them by its own name' '
	schemastore checkout -q -b own-names HEAD~2
	schemastore commit -q -m two --rename users.mail=email \
		--rename public.users.mail=email
	schemastore checkout -q main
'

test_expect 'rows are kept both ways' '
	schemastore upgrade -q lite
	schemastore upgrade prod >out
	test_grep "^done: 1 statement over 2 versions" out
	sqlite3 app.db "SELECT email FROM users" >out
	pg prod -c "SELECT email FROM users" >>out
	schemastore downgrade -q --yes --allow-data-loss lite 2
	schemastore downgrade -q --yes prod 2
	sqlite3 app.db "SELECT mail FROM users" >>out
	pg prod -c "SELECT mail FROM users" >>out
	printf "a@b\na@b\na@b\na@b\n" >want
	test_cmp want out
	schemastore upgrade -q lite
	schemastore upgrade -q prod
	schemastore drift lite
	schemastore drift prod
'

test_expect 'where one engine alone changed the other moves without SQL' '
	store_git cat-file -s HEAD:edge/0/postgres.up.sql >out
	echo 0 >want
	test_cmp want out
	schemastore downgrade -q --yes prod
	schemastore upgrade prod >out
	test_grep "two -> [0-9a-f]* three$" out
	test_grep "^done: 0 statements over 1 version" out
	schemastore history prod >out
	test_grep "apply .* two -> .* three  ok" out
	schemastore drift prod
'

test_expect 'it needs no scratch for that' '
	rm -f .schemastore/cache/proofs
	schemastore downgrade -q --yes prod
	no_server schemastore upgrade -q prod
'

test_expect 'diff, show and blame: each under its name' '
	schemastore diff HEAD~2 HEAD~1 >out
	cat >want <<-\END
	engine postgres
	~ table public.users
	  ~ column email (was mail)
	engine sqlite
	+ table only_here
	  + column a
	      type: INTEGER
	  + column b
	      type: TEXT
	~ table users
	  ~ column email (was mail)
	END
	test_cmp want out
	schemastore diff HEAD~1 HEAD >out
	test_not grep postgres out
	schemastore diff --engine postgres HEAD~2 HEAD~1 >out
	test_not grep engine out
	test_not grep only_here out
	schemastore diff --sql HEAD~2 HEAD~1 >out
	test_grep "^-- engine postgres$" out
	schemastore show HEAD~1 >out
	test_grep "^engine postgres$" out
	test_grep "^ALTER TABLE public.users RENAME" out
	test_grep "^ALTER TABLE users RENAME" out
	schemastore show -- only_here >out
	test_not grep postgres out
	test_must_fail code=2 schemastore show --engine postgres -- only_here
	schemastore show --schema --engine sqlite >out
	test_not grep public out
	schemastore blame users >out
	test_grep "^engine postgres$" out
	schemastore blame --engine sqlite users >out
	test_not grep public out
	test_must_fail code=2 schemastore blame nosuch
	schemastore log --oneline -- only_here >out
	test "$(grep -c . out)" = 2
	schemastore log --oneline --engine postgres -- only_here >out
	test ! -s out
'

test_expect 'as JSON: an object with a value for each engine' '
	cat >check.py <<-\END
	import json, subprocess
	def run(*words):
	    return json.loads(subprocess.run(("schemastore",) + words,
	        stdout=subprocess.PIPE, check=True).stdout)
	both = ["postgres", "sqlite"]
	assert sorted(run("diff", "--json", "HEAD~2", "HEAD~1")) == both
	one = run("diff", "--json", "--engine", "sqlite", "HEAD~2", "HEAD~1")
	assert len(one) == 2
	plan = run("plan", "--json", "HEAD~2", "HEAD~1")
	assert plan["postgres"]["engine"] == "postgres"
	assert run("plan", "--json", "--engine", "sqlite", "HEAD~2",
	           "HEAD~1")["engine"] == "sqlite"
	show = run("show", "--json", "HEAD")
	assert sorted(show["states"]) == both
	assert sorted(show["changes"]) == both and sorted(show["up"]) == both
	assert show["up"]["postgres"] == ""
	status = run("status", "--json")
	assert status["source"] == {"postgres": None, "sqlite": None}
	assert sorted(run("blame", "--json", "users")) == both
	END
	python3 check.py
'

test_expect 'a database says the engine, a strange file does not' '
	cp schema.sqlite.sql file.sql
	schemastore plan lite file.sql >out
	test_grep "nothing to do" out
	schemastore diff --exit-code @prod schema.postgres.sql
	schemastore diff --exit-code HEAD schema.sqlite.sql
	test_must_fail code=2 schemastore diff HEAD file.sql 2>err
	test_grep "of which engine is .file.sql.?" err
	test_grep "^hint: say --engine postgres or --engine sqlite" err
	schemastore diff --exit-code --engine sqlite HEAD file.sql
	test_must_fail code=2 schemastore diff lite prod 2>err
	test_grep "of another engine" err
	test_must_fail code=2 schemastore plan --engine postgres lite HEAD
'

test_expect 'a plan for both is a script for no shell' '
	schemastore plan HEAD~2 HEAD~1 >both.sql
	test_grep "^-- engine postgres$" both.sql
	test_grep "^-- engine sqlite$" both.sql
	pg_new plain
	pg plain -f schema.postgres.sql
	sqlite3 plain.db <schema.sqlite.sql
	test_not psql -Xq -d plain -f both.sql 2>/dev/null
	test_not sqlite3 plain.db <both.sql 2>/dev/null
	schemastore diff --exit-code "$url" schema.postgres.sql
	schemastore diff --exit-code sqlite:plain.db schema.sqlite.sql
	schemastore plan --engine postgres HEAD HEAD~2 >one.sql
	psql -Xq -d plain -f one.sql
	schemastore diff --exit-code "$url" HEAD~2
'

test_expect 'one source for both' '
	mkdir "$TMPDIR/shared"
	cd "$TMPDIR/shared"
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);" >schema.sql
	pg_new shared
	schemastore init -q --engine postgres,sqlite --database l=sqlite:l.db \
		--database p="$url"
	schemastore commit -q -m one
	git --git-dir=.schemastore ls-tree -r --name-only HEAD source >out
	echo source/schema.sql >want
	test_cmp want out
	schemastore upgrade -q l
	schemastore upgrade -q p
	echo "CREATE TABLE u (a INTEGER PRIMARY KEY) STRICT;" >>schema.sql
	test_must_fail code=5 schemastore commit -m two 2>err
	test_grep "^schemastore: postgres: schema.sql:2:" err
	schemastore log --oneline >out
	test "$(grep -c . out)" = 1
	sed -i "s/ STRICT//" schema.sql
	schemastore commit -q -m two schema.sql
	schemastore upgrade -q l
	schemastore upgrade -q p
	schemastore status --check
	schemastore fsck -q
'

test_expect 'no server: it is said of which engine, and what can be done' '
	echo "CREATE TABLE more (a INTEGER);" >>schema.sqlite.sql
	echo "-- a comment" >>schema.postgres.sql
	test_must_fail code=5 no_server schemastore commit -m four 2>err
	test_grep "^schemastore: postgres: .*cannot connect" err
	test_grep "commit --engine sqlite. leaves postgres as it was" err
	schemastore log --oneline >out
	test_not grep four out
	no_server schemastore commit --engine sqlite -m four >out
	test_grep "^ postgres: no change$" out
	test_grep "^ sqlite: 1 added$" out
	schemastore fsck -q
	schemastore status >out
	test_grep "^source postgres: as committed$" out
	test_grep "^source sqlite: as committed$" out
	schemastore log --oneline >out
	test_grep four out
	no_server schemastore upgrade -q prod
'

test_expect 'a source that has not changed needs no engine' '
	echo "-- a comment" >>schema.sqlite.sql
	sed -i "/a comment/d" schema.postgres.sql
	echo "CREATE TABLE last (a INTEGER);" >>schema.sqlite.sql
	no_server schemastore commit -q -m last
	test_must_fail code=1 no_server schemastore commit -m again
	echo "CREATE TABLE \"new\" (a INTEGER);" >>schema.sqlite.sql
	schemastore config postgres.ignore nothing
	test_must_fail code=5 no_server schemastore commit -m again
	schemastore config --unset postgres.ignore
	sed -i "/new/d" schema.sqlite.sql
'

test_expect 'status tells of the engine whose source differs' '
	echo "CREATE TABLE pg_only (a int);" >>schema.postgres.sql
	schemastore status >out
	test_grep "^source postgres: 1 added$" out
	test_grep "^source sqlite: as committed$" out
	test_must_fail code=1 schemastore status --check
	schemastore upgrade -q lite
	schemastore status --engine sqlite --check >out
	test_not grep prod out
	test_must_fail code=5 no_server schemastore status 2>err
	test_grep "^schemastore: postgres: .*cannot connect" err
'

test_expect 'a path is of the engine that has it as its source' '
	schemastore commit -m five schema.postgres.sql >out
	test_grep "^ postgres: 1 added$" out
	test_grep "^ sqlite: no change$" out
	cp schema.sqlite.sql other.sql
	test_must_fail code=2 schemastore commit -m six other.sql 2>err
	test_grep "of which engine is .other.sql.?" err
'

test_expect 'a way back that one engine lacks' '
	echo "CREATE TYPE mood AS ENUM (\$\$a\$\$);" >>schema.postgres.sql
	schemastore commit -q -m six
	schemastore upgrade -q lite
	schemastore upgrade -q prod
	schemastore drift prod
'

test_expect 'an engine that is left out' '
	cp schemastore.conf good.conf
	schemastore config schemastore.engines sqlite
	test_must_fail code=3 schemastore commit -m seven --allow-empty 2>err
	test_grep "has a schema for postgres, which .*schemastore.conf" err
	test_grep "^hint: name it in schemastore.engines; to end it" err
	cp good.conf schemastore.conf
	schemastore checkout -q -b ended
	cp schema.postgres.sql kept.sql
	: >schema.postgres.sql
	test_must_fail code=3 schemastore commit -m end 2>err
	test_grep "^schemastore: postgres: the source is empty" err
	schemastore commit -q --allow-empty -m end
	schemastore config schemastore.engines sqlite
	schemastore commit -q --allow-empty -m after
	store_git ls-tree -r --name-only HEAD >out
	test_not grep postgres out
	test_must_fail code=2 schemastore upgrade prod 2>err
	test_grep "version .after. has no schema for postgres" err
	schemastore upgrade -q lite
	schemastore downgrade -q --yes lite 2
	cp good.conf schemastore.conf
	cp kept.sql schema.postgres.sql
	schemastore checkout -q main
	schemastore fsck -q
'

test_expect 'an engine that comes later: from nothing, and back to it' '
	mkdir "$TMPDIR/later"
	cd "$TMPDIR/later"
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY);" >lite.sql
	echo "CREATE TABLE t (a int PRIMARY KEY);" >pg.sql
	pg_new later
	schemastore init -q --source sqlite=lite.sql --database l=sqlite:l.db
	schemastore commit -q -m one
	schemastore upgrade -q
	schemastore config schemastore.engines "sqlite, postgres"
	test_must_fail code=2 schemastore commit -m two 2>err
	test_grep "no source is configured for postgres" err
	schemastore config postgres.source pg.sql
	schemastore config database.p.url "$url"
	schemastore status >out
	test_grep "^source postgres: 1 added$" out
	test_must_fail code=2 schemastore upgrade p 2>err
	test_grep "version .one. has no schema for postgres" err
	pg later -c "SELECT to_regclass(\$\$t\$\$) IS NULL" >out
	echo t >want
	test_cmp want out
	schemastore commit -m two >out
	test_grep "^ postgres: 1 added$" out
	test_grep "^ sqlite: no change$" out
	schemastore heads p | sed "s/.* //" >out
	echo two >want
	test_cmp want out
	schemastore upgrade -q p
	schemastore upgrade -q l
	schemastore drift p
	pg later -c "INSERT INTO t VALUES (1)"
	schemastore downgrade --yes --allow-data-loss p >out
	test_grep "two -> nothing$" out
	schemastore drift p
	schemastore upgrade -q p
	schemastore downgrade -q --yes l
	schemastore fsck -q
'

test_expect 'one that comes with an empty source is there all the same' '
	mkdir "$TMPDIR/empty"
	cd "$TMPDIR/empty"
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY);" >lite.sql
	: >pg.sql
	schemastore init -q --source sqlite=lite.sql
	schemastore commit -q -m one
	schemastore config schemastore.engines "sqlite, postgres"
	schemastore config postgres.source pg.sql
	schemastore status >out
	test_grep "^source postgres: not in the version yet$" out
	schemastore commit -q -m two
	test_must_fail code=1 schemastore commit -m three
	store_git log -1 --format=%B >out
	test_grep "^Schemastore-State: postgres s1:" out
'

test_expect 'the first version may be of one' '
	mkdir "$TMPDIR/first"
	cd "$TMPDIR/first"
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY);" >schema.sqlite.sql
	sed "s/INTEGER/int/" schema.sqlite.sql >schema.postgres.sql
	pg_new first
	schemastore init -q --engine "sqlite, postgres" --database p="$url"
	no_server schemastore commit -q --engine sqlite -m one
	store_git ls-tree -r --name-only HEAD source >out
	echo source/schema.sqlite.sql >want
	test_cmp want out
	schemastore status >out
	test_grep "^source postgres: 1 added$" out
	test_must_fail code=2 schemastore commit --engine oracle -m x
	schemastore commit -q -m two
	schemastore upgrade -q
	schemastore drift
	schemastore baseline --restored
	schemastore fsck -q
'

test_expect 'many versions at once, shared or each its own' '
	mkdir "$TMPDIR/batch"
	cd "$TMPDIR/batch"
	mkdir -p v/3/sqlite v/3/postgres v/4
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY);" >v/1.sql
	sed "p; s/TABLE t/TABLE u/" v/1.sql >v/2.sql
	cp v/1.sql v/3/sqlite/a.sql
	echo "CREATE TABLE u (a INTEGER PRIMARY KEY, c text);" \
		>v/3/sqlite/b.sql
	echo "CREATE TABLE t (a int PRIMARY KEY, b jsonb);" \
		>v/3/postgres/a.sql
	echo "CREATE TABLE t (a int PRIMARY KEY, b json);" >v/4/postgres.sql
	cat v/3/sqlite/*.sql >v/4/sqlite.sql
	pg_new batch
	schemastore init -q --engine "sqlite, postgres" \
		--database l=sqlite:l.db --database p="$url"
	schemastore commit --batch v >out
	echo "4 versions" >want
	test_cmp want out
	schemastore fsck -q
	schemastore diff HEAD~1 HEAD >out
	test_not grep sqlite out
	store_git ls-tree -r --name-only HEAD~2 source >out
	echo source/schema.sql >want
	test_cmp want out
	store_git ls-tree -r --name-only HEAD source >out
	cat >want <<-\END
	source/postgres/schema.sql
	source/sqlite/schema.sql
	END
	test_cmp want out
	store_git ls-tree -r --name-only HEAD~1 source >out
	test_grep source/sqlite/b.sql out
	schemastore upgrade -q l
	schemastore upgrade -q --allow-data-loss p
	schemastore drift l
	schemastore drift p
	schemastore downgrade -q --yes --allow-data-loss l 4
	schemastore downgrade -q --yes --allow-data-loss p 4
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT;" >v/5.sql
	test_must_fail code=5 schemastore commit --batch v 2>err
	test_grep "^schemastore: postgres: v/5.sql:1:" err
	rm v/5.sql v/4/sqlite.sql
	test_must_fail code=2 schemastore commit --batch v 2>err
	test_grep "v/4: neither sqlite.sql nor sqlite/ is there" err
'

test_expect 'what is ignored is ignored in its engine' '
	mkdir "$TMPDIR/ign"
	cd "$TMPDIR/ign"
	echo "CREATE TABLE t (a INTEGER PRIMARY KEY);" >schema.sql
	pg_new ign
	pg ign -c "CREATE TABLE alembic_version (n int)"
	sqlite3 l.db "CREATE TABLE goose_db_version (n int)"
	schemastore init -q --engine "sqlite, postgres" \
		--database l=sqlite:l.db --database p="$url" 2>err
	schemastore config postgres.ignore alembic_version
	schemastore config sqlite.ignore goose_db_version
	schemastore commit -q -m one
	schemastore upgrade -q l 2>err
	schemastore upgrade -q p 2>err
	schemastore drift l 2>err
	schemastore drift p 2>err
	schemastore downgrade -q --yes --allow-data-loss l 2>err
	schemastore downgrade -q --yes --allow-data-loss p 2>err
'

test_done
