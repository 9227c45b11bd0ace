#!/bin/sh
# revert and cherry-pick on PostgreSQL.
. "${srcdir:?}/tests/t/lib.sh"
. "$srcdir/tests/t/lib-postgres.sh"

pg_start

# start TEXT...: a version of each, tagged v1, v2 ..., and a database at the
# first one.
start () {
	rm -rf p
	mkdir p
	cd p
	pg_new "db$test_count"
	schemastore init -q --engine postgres --source schema.sql \
		--database db="$url"
	n=0
	for text
	do
		n=$((n + 1))
		printf "%s\n" "$text" >schema.sql
		schemastore commit -q -m "v$n"
		schemastore tag -q v$n
	done
	schemastore upgrade -q --yes db v1
}

# The source that the version has is read as what the version has.
check_source () {
	git -C .schemastore show HEAD:source/schema.sql >schema.sql
	test_must_fail code=1 schemastore commit -m again
}

test_expect 'comments: they are in the source, if not in the digest' '
	t="CREATE TABLE t (a int); COMMENT ON TABLE t IS"
	a="COMMENT ON COLUMN t.a IS"
	start "$t \$\$one\$\$;" "$t \$\$two\$\$;" \
		"$t \$\$two\$\$; $a \$\$of a\$\$;"
	schemastore revert v2 >out
	test_grep "its source is the merged schema, printed" out
	git -C .schemastore show HEAD:schema/postgres/table/public.t >text
	test_grep "comment one" text
	test_grep "comment of a" text
	check_source
	schemastore revert -q HEAD
	check_source
	git -C .schemastore show HEAD:schema/postgres/table/public.t >text
	test_grep "comment two" text
'

test_expect 'a table with all that hangs on it, and rows before and after' '
	u="CREATE TABLE u (id int PRIMARY KEY);"
	t="CREATE TYPE m AS ENUM (\$\$x\$\$);
		CREATE TABLE t (id serial PRIMARY KEY, m m, u int REFERENCES u);
		CREATE VIEW v AS SELECT m FROM t; CREATE INDEX i ON t (u);"
	start "$u $t" "$u" "$u CREATE TABLE w (a int);"
	pg "db$test_count" -c "INSERT INTO t (m) VALUES (\$\$x\$\$)"
	schemastore revert -q v2
	check_source
	schemastore plan v1 HEAD >plan
	test_not grep "TABLE t" plan
	schemastore upgrade -q --yes db
	schemastore drift -q db
	pg "db$test_count" -c "SELECT m FROM v" >out
	echo x >want
	test_cmp want out
	schemastore downgrade -q --yes --allow-data-loss db v3
	schemastore upgrade -q --yes db
	schemastore drift -q db
	schemastore fsck >out
	test_grep " 0 findings" out
'

test_expect 'cherry-pick of a value and of what uses it' '
	start "CREATE TYPE m AS ENUM (\$\$x\$\$); CREATE TABLE t (m m);" \
		"CREATE TYPE m AS ENUM (\$\$x\$\$, \$\$y\$\$);
		CREATE TABLE t (m m DEFAULT \$\$y\$\$);"
	schemastore branch -q side v1
	schemastore checkout -q side
	cat >schema.sql <<-\END
	CREATE TYPE m AS ENUM ($$w$$, $$x$$);
	CREATE TABLE t (m m);
	END
	schemastore commit -q -m w
	schemastore cherry-pick main >out
	test_grep "^picked: " out
	check_source
	schemastore upgrade -q --yes db
	schemastore drift -q db
	pg "db$test_count" -c "SELECT enum_range(NULL::m)" >out
	echo "{w,x,y}" >want
	test_cmp want out
'

test_done
