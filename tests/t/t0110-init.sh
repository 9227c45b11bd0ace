#!/bin/sh
# init and config: a project begins.
. "${srcdir:?}/tests/t/lib.sh"

test_expect 'in a folder with schema.sql init needs no option' '
	mkdir plain
	echo "CREATE TABLE t (a);" >plain/schema.sql
	schemastore -C plain init >out
	test_grep "^Made a store" out
	test_grep "^project [0-9a-f]\{64\}$" out
	test_grep "^Next: schemastore commit" out
	test_grep "source = schema.sql" plain/schemastore.conf
	test_grep "^\.schemastore/$" plain/.gitignore
	schemastore -C plain commit -m First >out
	test_grep "^\[main [0-9a-f]*\] First$" out
'

test_expect 'without a schema.sql it says what to do' '
	mkdir bare
	schemastore -C bare init >out
	test_grep "^Next: write schema.sql" out
	test_must_fail code=2 schemastore -C bare commit -m x 2>err
	test_grep "^schemastore: no source is configured" err
	test_grep "^hint: .*schemastore config schemastore.source" err
'

test_expect 'twice changes nothing' '
	cp -R plain before
	schemastore -C plain init >out
	test_grep "^There is already a store" out
	diff -r before plain
'

test_expect 'the id is the same the second time' '
	schemastore -C bare init | grep "^project" >one
	schemastore -C bare init | grep "^project" >two
	test_cmp one two
'

test_expect 'options go into schemastore.conf' '
	mkdir opts
	schemastore -C opts init --engine sqlite --source db/schema.sql \
		--database dev=sqlite:a.db --database prod=sqlite:///srv/b.db \
		-q
	cat >want <<-\END
	schemastore.engines=sqlite
	schemastore.source=db/schema.sql
	database.dev.url=sqlite:a.db
	database.prod.url=sqlite:///srv/b.db
	END
	schemastore -C opts config --list >out
	test_cmp want out
	git config -f opts/schemastore.conf database.dev.url >out
	test_grep "^sqlite:a.db$" out
'

test_expect 'wrong options leave no store' '
	mkdir wrong
	test_must_fail code=2 schemastore -C wrong init --engine oracle 2>err
	test_grep "^schemastore: engine .oracle." err
	test_grep "^hint: this build knows: sqlite" err
	test_must_fail code=2 schemastore -C wrong init --database dev 2>err
	test_grep "^hint: write dev=sqlite:" err
	test_must_fail code=2 schemastore -C wrong init --database d=ftp:x
	test ! -d wrong/.schemastore
'

test_expect 'a .gitignore that is there is kept' '
	mkdir ignore
	printf "build" >ignore/.gitignore
	schemastore -C ignore init -q
	printf "build\n.schemastore/\n" >want
	test_cmp want ignore/.gitignore
'

test_expect 'the store is a bare git repository' '
	git --git-dir=plain/.schemastore fsck --strict
	git --git-dir=plain/.schemastore rev-parse --is-bare-repository >out
	test_grep true out
	git --git-dir=plain/.schemastore log --stat >out
	test_grep "schema/sqlite/table/t " out
	git --git-dir=plain/.schemastore show HEAD:source/schema.sql >out
	test_cmp plain/schema.sql out
'

test_expect 'config: set, get, add, unset' '
	cd bare
	schemastore config database.dev.url sqlite:x.db
	schemastore config database.dev.url >out
	echo sqlite:x.db >want
	test_cmp want out
	schemastore config database.dev.url "sqlite:y z.db"
	schemastore config --list >out
	test_grep "^database.dev.url=sqlite:y z.db$" out
	test_not grep x.db out
	schemastore config --add sqlite.ignore one
	schemastore config --add sqlite.ignore two
	schemastore config -l >out
	test_grep "^sqlite.ignore=one$" out
	test_grep "^sqlite.ignore=two$" out
	schemastore config --unset database.dev.url
	test_must_fail code=1 schemastore config database.dev.url 2>err
	test_grep "is not set" err
	test_must_fail code=2 schemastore config --unset database.dev.url
	test_must_fail code=2 schemastore config word value 2>err
	test_grep "is not section.name" err
'

test_expect 'config keeps comments and layout' '
	cd bare
	printf "# ours\n[schemastore]\n    engines = sqlite   ; one\n" >want
	printf "[database \"dev\"]\n\turl = sqlite:a.db\n" >>want
	cp want schemastore.conf
	schemastore config database.dev.url sqlite:b.db
	sed -i "s/a.db/b.db/" want
	test_cmp want schemastore.conf
'

test_expect 'a configuration that cannot be read: file and line' '
	mkdir bad
	printf "[schemastore]\n[database\n" >bad/schemastore.conf
	test_must_fail code=2 schemastore -C bad config -l 2>err
	test_grep "schemastore.conf:2: " err
	printf "[schemastore]\n\tengines = oracle\n" >bad/schemastore.conf
	test_must_fail code=2 schemastore -C bad config -l 2>err
	test_grep "engine .oracle. is not known" err
'

test_expect 'a value may come from the environment' '
	cd plain
	schemastore config database.env.url \$SOME_DATABASE
	test_must_fail code=2 schemastore upgrade env 2>err
	test_grep "SOME_DATABASE" err
	SOME_DATABASE=sqlite:e.db schemastore upgrade env -q
	test -f e.db
'

test_expect 'who: ours, git, git config' '
	mkdir who
	echo "CREATE TABLE t (a);" >who/schema.sql
	schemastore -C who init -q
	git config --global user.name Gina
	git config --global user.email gina@example.org
	schemastore -C who commit -q -m one
	schemastore -C who log -n 1 >out
	test_grep "^Author: Gina <gina@example.org>$" out
	echo "CREATE TABLE u (a);" >>who/schema.sql
	GIT_AUTHOR_NAME=Gus GIT_AUTHOR_EMAIL=gus@example.org \
		schemastore -C who commit -q -m two
	schemastore -C who log -n 1 >out
	test_grep "^Author: Gus <gus@example.org>$" out
	echo "CREATE TABLE v (a);" >>who/schema.sql
	SCHEMASTORE_AUTHOR_NAME=Sam SCHEMASTORE_AUTHOR_EMAIL=sam@example.org \
		GIT_AUTHOR_NAME=Gus schemastore -C who commit -q -m three
	schemastore -C who log -n 1 >out
	test_grep "^Author: Sam <sam@example.org>$" out
'

test_expect 'SCHEMASTORE_DATE makes it come out the same twice' '
	for d in same1 same2
	do
		mkdir $d
		echo "CREATE TABLE t (a);" >$d/schema.sql
		SCHEMASTORE_DATE=1767225600 schemastore -C $d init -q
		SCHEMASTORE_DATE=1767225601 schemastore -C $d commit -q -m one
		schemastore -C $d log >$d.log
	done
	test_cmp same1.log same2.log
	test_grep "^Date:   2026-01-01 00:00:01 +0000$" same1.log
	test_must_fail code=2 env SCHEMASTORE_DATE=today \
		schemastore -C same1 log
'

test_expect 'init: who has no key gets one, and signs from the first day' '
	test_signs
	own=$XDG_CONFIG_HOME/schemastore/key
	mkdir first second third fourth fifth
	echo "CREATE TABLE t (a);" >first/schema.sql
	schemastore -C first init 2>err
	test_grep "^note: made the key SHA256:[^ ]* in $own; it signs" err
	test "$(stat -c %a "$own")" = 600
	schemastore -C first commit -q -m one
	schemastore -C first verify --signed
	cp "$own" kept
	schemastore -C second init 2>err
	test ! -s err
	test_cmp kept "$own"
	schemastore -C second verify --signed
	rm -r "$XDG_CONFIG_HOME/schemastore"
	schemastore -C second init -q
	test ! -e "$own"
	XDG_CONFIG_HOME= HOME=/dev/null/home schemastore -C third init 2>err
	test_grep "^note: nothing is signed: there is no key" err
	test_must_fail code=1 schemastore -C third verify --signed
	schemastore -C third verify
	git config --global schemastore.sign no
	schemastore -C fourth init 2>err
	test ! -s err
	test ! -e "$own"
	git config --global schemastore.sign maybe
	test_must_fail code=2 schemastore -C fifth init 2>err
	test_grep "git.s configuration: schemastore.sign is .maybe." err
	git config --global schemastore.sign yes
	test_must_fail code=3 schemastore -C fifth init 2>err
'

test_done
