#!/bin/sh
# merge-file on PostgreSQL, as git's merge driver.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

loads () {
	pg_new loaded
	pg loaded -f "$1"
}

mkdir "$test_root/code"
cd "$test_root/code" || exit 1
git config --global user.name n
git config --global user.email e
git init -q -b main
git config merge.schemastore.driver \
	'schemastore merge-file --engine postgres %O %A %B'
echo 'schema.sql merge=schemastore' >.gitattributes
cat >schema.sql <<-'END'
	-- people

	CREATE TABLE t (id int PRIMARY KEY, a text);

	CREATE TABLE u (t int REFERENCES t (id));
END
git add -A
git commit -q -m one
# change BRANCH SED-SCRIPT
change () {
	git checkout -q -b "$1" main
	sed "$2" schema.sql >new
	mv new schema.sql
	git commit -q -a -m "$1"
}
change same-line-x 's/a text/&, x int/'
change same-line-y 's/a text/&, y int/'
change apart 's/people/& and more/; s/(id)/& ON DELETE CASCADE/'
change comment "\$aCOMMENT ON TABLE t IS 'people';"
change int 's/a text/a int/'
change dropped 's/, a text//'

test_expect 'the lines merge: comments stay' '
	git checkout -q -b m1 same-line-x
	git merge -q --no-edit apart
	cat >want <<-END
	-- people and more

	CREATE TABLE t (id int PRIMARY KEY, a text, x int);

	CREATE TABLE u (t int REFERENCES t (id) ON DELETE CASCADE);
	END
	test_cmp want schema.sql
'

test_expect 'the lines collide, the schemas do not' '
	git merge -q --no-edit same-line-y
	loads schema.sql
	pg loaded -c "SELECT id, a, x, y FROM t"
	test_grep CASCADE schema.sql
'

test_expect 'what is only a comment of the schema is kept, too' '
	git merge -q --no-edit comment
	loads schema.sql
	pg loaded -c "SELECT obj_description(\$\$t\$\$::regclass)" >out
	echo people >want
	test_cmp want out
'

test_expect 'a conflict, around the lines or the statements' '
	git checkout -q -b m2 int
	test_not git merge -q --no-edit dropped
	git status --porcelain schema.sql >out
	test_grep "^UU schema.sql$" out
	test_grep "^<<<<<<< ours$" schema.sql
	sed "/^<<<<<<</d; /^=======/,/^>>>>>>>/d" schema.sql >solved
	loads solved
	pg loaded -c "SELECT a + 1 FROM t"
	git merge --abort
	git checkout -q -b gone main
	echo "DROP TABLE u; DROP TABLE t;" >>schema.sql
	git commit -q -a -m gone
	git checkout -q m2
	test_not git merge -q --no-edit gone
	test_grep "^<<<<<<< ours$" schema.sql
	sed "/^<<<<<<</d; /^=======/,/^>>>>>>>/d" schema.sql >solved
	loads solved
	pg loaded -c "SELECT a + 1 FROM t"
	git merge --abort
'

test_done
